// Leaky neurons whose decays are shifts, from those in floating point: scales, powers of two, outputs.

internal import Diagnostics
internal import PluginAPI
internal import SpikeIR

/// The number formats of a target whose neurons decay by shifts.
struct ShiftFormats {
  /// The most spikes in a tick of neurons between inputs and outputs.
  let most: Int
  /// The most spikes in a tick of outputs.
  let mostOfOutputs: Int
  /// The largest threshold: half a register, so that the other half holds what comes in a tick.
  let largestThreshold: Double
  /// The largest bias: half a register, so that corrections fit.
  let largestBias: Double
  /// The largest power of two by which weights are multiplied.
  let weightExponent: Int

  /// Reads the options of the pass.
  init(_ arguments: PassArguments) {
    most = arguments.integer("most-spikes")
    mostOfOutputs = arguments.integer("output-spikes")
    let register = BitShiftLeaky.register.upperBound
    largestThreshold = Double(min(1 << arguments.integer("threshold-bits") - 1, register / 2))
    largestBias = Double(min(1 << arguments.integer("bias-bits") - 1, register / 2))
    weightExponent = arguments.integer("weight-exponent")
  }
}

/// The replacement of leaky neurons by those that decay by shifts.
struct ShiftDiscretizer {

  private(set) var graph: SpikingGraph
  private(set) var problems: [Diagnostic] = []
  private(set) var remarks: [Diagnostic] = []
  private(set) var count = 0
  /// The populations whose currents may leave their registers.
  private(set) var saturating = 0
  private let formats: ShiftFormats
  private let afferents: [[ProjectionID]]

  /// The dynamics of outputs: those of the last population before.
  private var last = BitShiftLeaky(
    threshold: TensorID(0), currentShift: 3, potentialShift: 5, mostSpikes: 1)

  /// The part of a time constant by which a shift may miss it without a warning.
  private static let bound = 0.1

  /// The current of an output that says the lower end of its range, thresholds in the long run: from there on
  /// rates are straight lines, to 2 parts of a hundred.
  private static let lowest = 3.0

  init(_ graph: SpikingGraph, _ formats: ShiftFormats) {
    (self.graph, self.formats) = (graph, formats)
    afferents = graph.afferents()
  }

  /// Replaces all leaky neurons, and the integrate-and-fire ones that are counted as outputs.
  ///
  /// - Throws: `ir.elided-tensor`.
  mutating func run() throws(Diagnostic) {
    let constant = graph.isConstant
    for id in graph.populations.ids {
      let hearsConstants = afferents[id.index].contains { constant[graph[$0].source.index] }
      switch graph[id].model {
      case .leaky(let model):
        if hearsConstants { problems.append(.constantCurrent(graph[id].name)) }
        if model.synapse == .alpha { problems.append(.alphaSynapse(graph[id].name)) }
        guard !hearsConstants, model.synapse != .alpha else { continue }
        try discretize(id, model)
      case .integrateAndFire(let model):
        let decoder = graph.decoders.indices.first {
          graph.decoders[$0].population == id && graph.decoders[$0].reading == .count
        }
        guard let decoder, !hearsConstants else { continue }
        try discretize(output: id, model, decoder)
      case .source, .relay, .maximum, .currentBased, .bitShift, .staircase, .integrator: break
      }
    }
  }

  /// Makes the leaky neurons of population `id` whole-numbered.
  private mutating func discretize(
    _ id: PopulationID, _ leaky: LeakyIntegrateAndFire
  ) throws(Diagnostic) {
    var model = BitShiftLeaky(
      threshold: leaky.threshold,
      currentShift: leaky.synapse == .none ? 1 : Self.shift(nearest: Double(leaky.tauSynapse)),
      potentialShift: Self.shift(nearest: Double(leaky.tauRC)), mostSpikes: formats.most)
    reportTimes(model, leaky, at: graph[id].name)
    let theta = try graph.tensors.floats(leaky.threshold).map { Double($0).nearlyWhole }
    let shape = graph.tensors[leaky.threshold].shape
    var (bias, biasShape) = ([Double](repeating: 0, count: theta.count), shape)
    if let own = graph[id].bias {
      bias = try graph.tensors.floats(own).map { Double($0) }
      if bias.count >= theta.count { biasShape = graph.tensors[own].shape }
    }
    let biases = (0..<max(bias.count, theta.count)).map {
      (theta[$0 % theta.count] + bias[$0 % bias.count]) * model.currentGain
    }
    let thresholds = theta.map { $0 * model.currentGain * model.potentialGain }
    guard let p = power(thresholds, biases, of: id) else { return }
    try apply(&model, to: id, (thresholds, shape), (biases, biasShape), power: p)
    last = model
  }

  /// Makes the neurons of population `id`, whose units decoder `d` counts, leaky ones.
  ///
  /// From 3 thresholds in the long run on, n = J/Θ − k/2 spikes a tick follow a current of J a
  /// tick, with k = 2^−m. The values from −R to R, R being that of a unit of the neurons as they were, become the
  /// currents from 3kΘ to (1 − k/2)Θ, so that the largest value is said by 1 − k spikes a tick.
  private mutating func discretize(
    output id: PopulationID, _ old: IntegrateAndFire, _ d: Int
  ) throws(Diagnostic) {
    var model = last
    model.mostSpikes = formats.mostOfOutputs
    let loss = 1 / model.potentialGain
    let span = Double(model.mostSpikes) - loss / 2 - Self.lowest * loss
    let middle = (Double(model.mostSpikes) - loss / 2 + Self.lowest * loss) / 2
    let theta = try graph.tensors.integers(old.threshold).map { Double($0) }
    let shape = graph.tensors[old.threshold].shape
    let thresholds = theta.map { 2 * $0 * model.currentGain / span }
    var (bias, biasShape) = ([Double](repeating: 0, count: theta.count), shape)
    if let own = graph[id].bias {
      bias = try graph.tensors.integers(own).map { Double($0) }
      if bias.count >= theta.count { biasShape = graph.tensors[own].shape }
    }
    let biases = (0..<max(bias.count, theta.count)).map {
      bias[$0 % bias.count] * model.currentGain + middle * thresholds[$0 % thresholds.count]
    }
    guard let p = power(thresholds, biases, of: id) else { return }
    try apply(&model, to: id, (thresholds, shape), (biases, biasShape), power: p)
    let ranges = try graph[id].quantum.map { id throws(Diagnostic) in
      try graph.tensors.floats(id).map { Double($0) }
    }
    let quanta = (ranges ?? [1]).map { 2 * $0 / span }
    let quantumShape = graph[id].quantum.map { graph.tensors[$0].shape } ?? [1]
    graph[id].quantum = graph.tensors.add(
      "\(graph[id].name)/quantum", shape: quantumShape, floats: quanta.map { Float($0) })
    let mean = quanta.reduce(0, +) / Double(quanta.count)
    graph.decoders[d].offset = Float(mean * (loss / 2 - middle))
  }

  /// Returns the shift from 1 to 15 whose power of two is nearest to `tau`, ticks, by their ratio.
  private static func shift(nearest tau: Double) -> Int {
    (1..<15).first { tau < Double(1 << $0) * 2.0.squareRoot() } ?? 15
  }

  /// Says how far shifts miss time constants.
  private mutating func reportTimes(
    _ model: BitShiftLeaky, _ leaky: LeakyIntegrateAndFire, at name: String
  ) {
    var times = [("tau-rc", Double(leaky.tauRC), model.potentialShift)]
    if leaky.synapse != .none {
      times.append(("tau-synapse", Double(leaky.tauSynapse), model.currentShift))
    }
    for (what, tau, shift) in times {
      let ratio = Double(1 << shift) / tau
      guard abs(ratio - 1) > 1e-5 else { continue }
      remarks.append(
        .movedTime(name, what, ticks: tau, shift: shift, isFar: abs(ratio - 1) > Self.bound))
    }
    if leaky.tauRef > 0 { remarks.append(.lostRefractory(name, ticks: Double(leaky.tauRef))) }
  }

  /// Returns the p for which constants times 2^p fit registers, `nil` if there is none.
  private mutating func power(
    _ thresholds: [Double], _ biases: [Double], of id: PopulationID
  ) -> Int? {
    let shifts = afferents[id.index].map { graph[$0].shift }
    let least = -(shifts.min() ?? 0)
    let most = formats.weightExponent - (shifts.max() ?? 0)
    let threshold = Self.power(of: thresholds.max() ?? 1, within: formats.largestThreshold)
    let bias = Self.power(of: biases.map(abs).max() ?? 0, within: formats.largestBias)
    let highest = min(most, threshold, bias)
    guard least <= highest else {
      problems.append(
        .tooLarge(graph[id].name, threshold <= bias ? "threshold" : "bias", by: least - highest))
      return nil
    }
    return highest
  }

  /// Returns the largest p up to 24 for which value · 2^p is at most `limit`.
  private static func power(of value: Double, within limit: Double) -> Int {
    guard value > 0, value.isFinite else { return value > 0 ? -64 : 24 }
    var p = 24
    while p > -64, value * Double(sign: .plus, exponent: p, significand: 1) > limit { p -= 1 }
    return p
  }

  /// Makes the neurons of population `id` those of `model`, with constants times 2^p.
  private mutating func apply(
    _ model: inout BitShiftLeaky, to id: PopulationID, _ thresholds: ([Double], Shape),
    _ biases: ([Double], Shape), power p: Int
  ) throws(Diagnostic) {
    let (name, unit) = (graph[id].name, Double(sign: .plus, exponent: p, significand: 1))
    model.threshold = graph.tensors.add(
      Tensor(
        "\(name)/threshold", shape: thresholds.1,
        data: .int32(thresholds.0.map { Int32(max(1, ($0 * unit).rounded())) })))
    graph[id].bias = graph.tensors.add(
      Tensor(
        "\(name)/bias", shape: biases.1,
        data: .int32(biases.0.map { Int32(($0 * unit).rounded()) })))
    graph[id].model = .bitShift(model)
    for projection in afferents[id.index] { graph[projection].shift += p }
    var (shape, units): (Shape, [Float]) = ([1], [1])
    if let own = graph[id].membraneUnit {
      (shape, units) = (graph.tensors[own].shape, try graph.tensors.floats(own))
    }
    graph[id].membraneUnit = graph.tensors.add(
      "\(name)/unit", shape: shape,
      floats: units.map { Float(Double($0) / (model.currentGain * unit)) })
    count += 1
    if try PotentialBounds(graph).mayLeaveRegisters(id, model, afferents[id.index], graph) {
      saturating += 1
      remarks.append(.maySaturate(name))
    }
  }
}

extension BitShiftLeaky {

  /// The current that a constant input of 1 a tick makes in the long run: (1 − k)/k of it.
  fileprivate var currentGain: Double { Double(1 << currentShift) - 1 }

  /// The potential that a constant current of 1 makes in the long run.
  fileprivate var potentialGain: Double { Double(1 << potentialShift) }
}

extension PotentialBounds {

  /// Returns whether currents of population `id` are not proved to fit their registers.
  fileprivate func mayLeaveRegisters(
    _ id: PopulationID, _ model: BitShiftLeaky, _ afferents: [ProjectionID], _ graph: SpikingGraph
  ) throws(Diagnostic) -> Bool {
    try inputs(of: id, in: graph).contains { model.current(under: $0) == nil }
  }
}

extension Diagnostic {

  fileprivate static func movedTime(
    _ name: String, _ what: String, ticks: Double, shift: Int, isFar: Bool
  ) -> Diagnostic {
    let percent = ((Double(1 << shift) / ticks - 1) * 1000).rounded() / 10
    let text =
      "'\(what)' of '\(name)' is \((ticks * 100).rounded() / 100) ticks, and becomes "
      + "\(1 << shift) by a shift of \(shift), \(percent) % off"
    guard isFar else { return .remark("legalize.time-constant", text, at: .entity(name)) }
    return .warning(
      "legalize.time-constant", text, at: .entity(name),
      notes: ["choose a time constant that is a power of two of ticks, dt in 'convert'"])
  }

  fileprivate static func lostRefractory(_ name: String, ticks: Double) -> Diagnostic {
    .warning(
      "legalize.refractory",
      "neurons of '\(name)' wait \((ticks * 100).rounded() / 100) ticks after a spike, the "
        + "target's do not wait", at: .entity(name), notes: ["soften{tau-ref=0}"])
  }

  fileprivate static func maySaturate(_ name: String) -> Diagnostic {
    .remark(
      "legalize.current-range",
      "currents of '\(name)' may exceed 16 bits, and saturate, if all inputs of a sign come at once",
      at: .entity(name))
  }
}
