// The pass `discretize-leaky`: leaky neurons in the whole numbers and ticks of digital cores.

internal import Diagnostics
package import PluginAPI
package import SpikeIR

extension Pass {

  /// Makes leaky neurons of cores from those in floating point.
  package static let discretizeLeaky = Pass.snn(
    name: "discretize-leaky",
    summary: "make whole-numbered neurons of digital cores from leaky ones",
    details: """
      Each population of lif neurons becomes one of cuba-lif neurons, whose current u and potential v
      lose δu and δv of 4096 in each tick:
        δv = round(4096 · (1 − e^(−1/τrc))),  δu = round(4096 · (1 − e^(−1/τs))), 4096 without synapse.
      In the long run a constant input makes a potential of I / (kv · ku), with kv = δv/4096 and
      ku = δu/4096. So with 2^p times the weights, by their shifts, the threshold and the bias are
        Θ = θ · 2^p / (kv · ku), rounded to a multiple of 2^threshold-exponent,
        B = (θ + b) · 2^p / ku,
      with the unit of the bias as the population's unit. p is the largest for which thresholds and
      biases fit their bits, an eighth of the largest bias being left to 'correct-bias', shifts are at
      most 'weight-exponent', and interval analysis proves that currents do not wrap around; where
      nothing is small enough for that, p is the least possible, and this is a warning
      (legalize.current-range).

      Neurons wait r = max(1, round(τref + 1/2)) ticks after a spike, that of the spike included:
      potentials are looked at once a tick, half a tick late on average, so that the time from spike
      to spike of such a neuron, r − 1 + ⌈τ · ln(1 + 1/J)⌉, is on average that of a refractory time of
      r − 1/2. 'soften' with a tau-ref of half a tick fits the curve that neurons with r = 1 have;
      'correct-bias' then measures what rounding to ticks is left to do.

      Counted are the populations and those whose currents may wrap. The constants have to be integers.
      Refused are constant currents (legalize.current), alpha synapses (legalize.synapse), and
      thresholds, biases and shifts that are too large even so (legalize.threshold, legalize.bias,
      legalize.shift).
      Before: %p2 lif {threshold=[8.2], tau-rc=100, tau-ref=0.5, synapse=exponential, tau-synapse=20}
      After:  %p2 cuba-lif {threshold=[134208], current-decay=200, potential-decay=41}     shift=3

      With decay=shift they become shift-lif neurons, which lose the 2^s-th part of a current and the
      2^m-th part of a potential in a tick, reset by subtraction and do not wait: 2^s and 2^m are
      the powers of two nearest to τs and τrc, by their ratio (s = 1 without synapse), and a remark
      says how far they are off, a warning beyond a tenth (legalize.time-constant). A constant input I
      makes a current of (2^s − 1) · I and a potential of 2^m times that in the long run, so that
        Θ = θ · 2^p · (2^s − 1) · 2^m,  B = (θ + b) · 2^p · (2^s − 1),
      with the largest p for which both take at most half a register of 16 bits. What a tick exceeds the
      threshold by is kept, so that the time between spikes is τrc · ln(1 + 1/J), the curve of
      'soften' with tau-ref=0, with τrc = 2^m ticks.
      Integrate-and-fire outputs that a decoder counts become such neurons, too, with at most
      'output-spikes' spikes a tick: their range from −R to R becomes the straight part of the
      curve, and the decoder gets the offset that this takes.
      Before: %p3 if {threshold=[300], signed=true} quantum [10]   decode {reading=count}
      After:  %p3 shift-lif {threshold=[4716], current-shift=3, potential-shift=5} quantum [22.456]
              decode {reading=count, offset=-11.754}
      Source: scales and truncation as in the discretization of nengo-loihi, here with powers of two
      common to a population; neurons: Davies et al. (2018), table 1, and xylosim 0.1.3.
      """,
    options: DiscreteFormats.options
  ) { (graph, arguments, context) throws(CompileError) in
    guard graph.isQuantized else { throw CompileError(.notQuantized("discretize-leaky")) }
    if arguments.word("decay") == "shift" {
      var discretizer = ShiftDiscretizer(graph, ShiftFormats(arguments))
      try liftingDiagnostic { () throws(Diagnostic) in try discretizer.run() }
      for remark in discretizer.remarks { context.sink.report(remark) }
      if !discretizer.problems.isEmpty { throw CompileError(discretizer.problems) }
      graph = discretizer.graph
      graph.dropUnusedTensors()
      context.count("populations", of: "discretize-leaky", by: discretizer.count)
      context.count(
        "populations whose currents may saturate", of: "discretize-leaky",
        by: discretizer.saturating)
      return
    }
    var discretizer = LeakyDiscretizer(graph, DiscreteFormats(arguments))
    try liftingDiagnostic { () throws(Diagnostic) in try discretizer.run() }
    for warning in discretizer.warnings { context.sink.report(warning) }
    if !discretizer.problems.isEmpty { throw CompileError(discretizer.problems) }
    graph = discretizer.graph
    graph.dropUnusedTensors()
    context.count("populations", of: "discretize-leaky", by: discretizer.count)
    context.count(
      "populations whose currents may wrap", of: "discretize-leaky", by: discretizer.wrapping)
  }
}

/// The number formats of a target.
private struct DiscreteFormats {

  /// The options of the pass.
  static let options = [
    PassOption(
      "decay", .word(["product", "shift"]), default: "product",
      "how currents and potentials decay: by products of 12 bits, or by shifts"),
    PassOption(
      "most-spikes", .integer(1...127), default: "31",
      "the most spikes of a neuron in a tick, with shifts"),
    PassOption(
      "output-spikes", .integer(1...127), default: "1",
      "the most spikes of an output in a tick, with shifts"),
    PassOption(
      "threshold-bits", .integer(1...23), default: "17", "the mantissa of thresholds, bits"),
    PassOption(
      "threshold-exponent", .integer(0...12), default: "6",
      "the power of two by which thresholds are multiplied"),
    PassOption(
      "bias-bits", .integer(1...24), default: "12", "the mantissa of biases, bits without sign"),
    PassOption(
      "bias-exponent", .integer(0...24), default: "7", "the largest power of two of biases"),
    PassOption(
      "weight-exponent", .integer(0...24), default: "24",
      "the largest power of two by which weights are multiplied"),
    PassOption(
      "current-offset", .integer(0...1), default: "0",
      "what the target adds to the 12 bits of a current's decay"),
  ]

  /// The step of thresholds.
  let step: Double
  /// The largest threshold.
  let largestThreshold: Double
  /// The largest bias.
  let largestBias: Double
  let weightExponent: Int
  let currentOffset: Int

  init(_ arguments: PassArguments) {
    step = Double(1 << arguments.integer("threshold-exponent"))
    let mantissa = Double(1 << arguments.integer("threshold-bits") - 1)
    largestThreshold = min(mantissa * step, Double(CurrentBasedLeaky.largest))
    let bias = Double(1 << arguments.integer("bias-bits") - 1)
    largestBias = min(bias * Double(1 << arguments.integer("bias-exponent")), 16_777_216)
    weightExponent = arguments.integer("weight-exponent")
    currentOffset = arguments.integer("current-offset")
  }
}

/// A population in whole numbers but for the power of two of its unit.
private struct DiscreteScales {
  /// What the thresholds, one a channel or one a neuron, are for p = 0.
  var thresholds: [Double]
  /// The shape of the thresholds.
  var thresholdShape: Shape
  /// What the biases, one a channel or one a neuron, are for p = 0.
  var biases: [Double]
  /// The shape of the biases.
  var biasShape: Shape
  /// The dynamics, without constants.
  var model: CurrentBasedLeaky
  /// The least and the largest p.
  var powers: ClosedRange<Int>
  /// The largest p for which currents provably do not wrap around; below that of `powers` if none.
  var proven: Int

  /// ku.
  var currentLoss: Double { Double(model.currentDecay) / Double(CurrentBasedLeaky.wholeDecay) }
}

/// The replacement of leaky neurons.
private struct LeakyDiscretizer {

  private(set) var graph: SpikingGraph
  private(set) var problems: [Diagnostic] = []
  private(set) var warnings: [Diagnostic] = []
  private(set) var count = 0
  private(set) var wrapping = 0
  private let formats: DiscreteFormats

  /// Thresholds of fewer steps are rounded by more than a part of a hundred.
  private static let fewSteps = 50.0

  /// The part of the largest bias that is left to corrections, where the unit allows it.
  private static let reserve = 1.0 / 8

  init(_ graph: SpikingGraph, _ formats: DiscreteFormats) {
    (self.graph, self.formats) = (graph, formats)
  }

  /// Replaces all leaky neurons.
  ///
  /// - Throws: `ir.elided-tensor`.
  mutating func run() throws(Diagnostic) {
    let (constant, afferents) = (graph.isConstant, graph.afferents())
    let bounds = try PotentialBounds(graph)
    for id in graph.populations.ids {
      guard case .leaky(let model) = graph[id].model else { continue }
      let (own, name) = (afferents[id.index], graph[id].name)
      if own.contains(where: { constant[graph[$0].source.index] }) {
        problems.append(.constantCurrent(name))
        continue
      }
      if model.synapse == .alpha {
        problems.append(.alphaSynapse(name))
        continue
      }
      // The bounds of leaky neurons are those of what arrives in a tick.
      let input = bounds.potential(of: id) ?? .zero
      guard let scales = try scales(of: id, model, own, input) else { continue }
      try apply(scales, model, to: id, own)
      count += 1
    }
  }

  /// Returns what becomes of population `id`, `nil` if its constants are too large.
  private mutating func scales(
    of id: PopulationID, _ leaky: LeakyIntegrateAndFire, _ afferents: [ProjectionID],
    _ input: ValueRange
  ) throws(Diagnostic) -> DiscreteScales? {
    let model = leaky.discretized(currentOffset: formats.currentOffset)
    let whole = Double(CurrentBasedLeaky.wholeDecay)
    let (ku, kv) = (Double(model.currentDecay) / whole, Double(model.potentialDecay) / whole)
    let theta = try graph.tensors.floats(leaky.threshold).map { Double($0).nearlyWhole }
    var bias = [Double](repeating: 0, count: theta.count)
    var biasShape = graph.tensors[leaky.threshold].shape
    if let own = graph[id].bias {
      bias = try graph.tensors.floats(own).map { Double($0) }
      if bias.count >= theta.count { biasShape = graph.tensors[own].shape }
    }
    let biases = (0..<max(bias.count, theta.count)).map {
      (theta[$0 % theta.count] + bias[$0 % bias.count]) / ku
    }
    let thresholds = theta.map { $0 / (kv * ku) }
    let shifts = afferents.map { graph[$0].shift }
    let least = -(shifts.min() ?? 0)
    let most = formats.weightExponent - (shifts.max() ?? 0)
    let threshold = powerOfTwo(of: thresholds.max() ?? 1, within: formats.largestThreshold)
    let largest = biases.map(abs).max() ?? 0
    let drive = powerOfTwo(of: largest, within: formats.largestBias)
    let limit = min(most, threshold, drive)
    guard least <= limit else {
      let what = limit == most ? "shift" : limit == threshold ? "threshold" : "bias"
      problems.append(.tooLarge(graph[id].name, what, by: least - limit))
      return nil
    }
    let roomy = powerOfTwo(of: largest, within: formats.largestBias * (1 - Self.reserve))
    let highest = max(least, min(limit, roomy))
    let magnitude = max(-input.low, input.high) / ku
    return DiscreteScales(
      thresholds: thresholds, thresholdShape: graph.tensors[leaky.threshold].shape, biases: biases,
      biasShape: biasShape, model: model, powers: least...highest,
      proven: powerOfTwo(of: magnitude, within: Double(CurrentBasedLeaky.largest)))
  }

  /// Returns the largest p for which value · 2^p is at most `limit`, at most 24.
  private func powerOfTwo(of value: Double, within limit: Double) -> Int {
    guard value > 0, value.isFinite else { return value > 0 ? -64 : 24 }
    var p = 24
    while p > -64, value * Double(sign: .plus, exponent: p, significand: 1) > limit { p -= 1 }
    return p
  }

  /// Makes the neurons of population `id` those of `scales`.
  private mutating func apply(
    _ scales: DiscreteScales, _ leaky: LeakyIntegrateAndFire, to id: PopulationID,
    _ afferents: [ProjectionID]
  ) throws(Diagnostic) {
    let name = graph[id].name
    let p = max(scales.powers.lowerBound, min(scales.powers.upperBound, scales.proven))
    if p > scales.proven {
      wrapping += 1
      warnings.append(.mayWrap(name, by: p - scales.proven))
    }
    let unit = Double(sign: .plus, exponent: p, significand: 1)
    let thresholds = scales.thresholds.map { value in
      let steps = max(1, (value * unit / formats.step).rounded())
      return Int32(min(steps * formats.step, formats.largestThreshold))
    }
    if let least = thresholds.min(), Double(least) < Self.fewSteps * formats.step {
      warnings.append(.coarseSteps(name, least, step: Int(formats.step)))
    }
    var model = scales.model
    let shape = scales.thresholdShape
    model.threshold = graph.tensors.add(
      Tensor("\(name)/threshold", shape: shape, data: .int32(thresholds)))
    if let initial = leaky.initial {
      let parts = try graph.tensors.floats(initial)
      let values = (0..<max(parts.count, thresholds.count)).map { i in
        let threshold = thresholds[i % thresholds.count]
        return min(threshold, Int32(Float(threshold) * parts[i % parts.count]))
      }
      let own = parts.count >= thresholds.count ? graph.tensors[initial].shape : shape
      model.initial = graph.tensors.add(
        Tensor("\(name)/initial", shape: own, data: .int32(values)))
    }
    graph[id].bias = graph.tensors.add(
      Tensor(
        "\(name)/bias", shape: scales.biasShape,
        data: .int32(scales.biases.map { Int32(($0 * unit).rounded()) })))
    graph[id].model = .currentBased(model)
    for projection in afferents { graph[projection].shift += p }
    try setUnit(of: id, times: scales.currentLoss / unit)
  }

  /// Has the unit of population `id` stand for `factor` times its value: that of a bias of 1.
  private mutating func setUnit(of id: PopulationID, times factor: Double) throws(Diagnostic) {
    var (shape, values): (Shape, [Float]) = ([1], [1])
    if let unit = graph[id].membraneUnit {
      shape = graph.tensors[unit].shape
      values = try graph.tensors.floats(unit)
    }
    graph[id].membraneUnit = graph.tensors.add(
      "\(graph[id].name)/unit", shape: shape, floats: values.map { $0 * Float(factor) })
  }
}

extension LeakyIntegrateAndFire {

  /// Returns the dynamics in whole numbers, without constants.
  ///
  /// - Parameter currentOffset: what the target adds to the 12 bits of a current's decay.
  /// - Returns: the dynamics, with the thresholds of these.
  package func discretized(currentOffset: Int) -> CurrentBasedLeaky {
    let whole = Double(CurrentBasedLeaky.wholeDecay)
    let potential = Int((whole * Double(membraneStep)).rounded())
    let current =
      synapse == .none ? whole : (whole * (1 - Double(synapseDecay))).rounded()
    let wait = min(Double(4096), (Double(tauRef) + 0.5).rounded())
    return CurrentBasedLeaky(
      threshold: threshold,
      currentDecay: min(max(Int(current), max(1, currentOffset)), 4095 + currentOffset),
      potentialDecay: min(max(potential, 1), 4095), refractory: max(1, Int(wait)))
  }
}

extension Double {

  /// The nearest whole number, if this is one but for the rounding of single precision, else itself.
  ///
  /// Thresholds of which a core holds few are whole numbers of units; equal ones must stay equal.
  var nearlyWhole: Double {
    let whole = rounded()
    return abs(self - whole) <= abs(whole) * 0x1p-20 ? whole : self
  }
}

extension Diagnostic {

  static func constantCurrent(_ name: String) -> Diagnostic {
    .error(
      "legalize.current", "'\(name)' hears constant currents, expected spikes", at: .entity(name),
      notes: ["run 'spike-inputs' before 'quantize'"], exitCode: .doesNotFit)
  }

  static func alphaSynapse(_ name: String) -> Diagnostic {
    .error(
      "legalize.synapse",
      "the synapses of '\(name)' are 'alpha', expected 'exponential' or 'none': one current decays",
      at: .entity(name), notes: ["convert{synapse=exponential}"], exitCode: .doesNotFit)
  }

  static func tooLarge(_ name: String, _ what: String, by bits: Int) -> Diagnostic {
    .error(
      "legalize.\(what)",
      "a \(what) of '\(name)' needs \(bits, of: "bit") more than the target has",
      at: .entity(name),
      notes: [
        what == "shift"
          ? "one-to-one weights of fewer digits have smaller ones: quantize{identity-bits=8}"
          : "a shorter tau-rc or tau-synapse makes it smaller, and so do weights of fewer bits"
      ],
      exitCode: .doesNotFit)
  }

  fileprivate static func mayWrap(_ name: String, by bits: Int) -> Diagnostic {
    .warning(
      "legalize.current-range",
      "currents of '\(name)' may exceed 24 bits by \(bits) if all inputs of a sign come at once",
      at: .entity(name))
  }

  fileprivate static func coarseSteps(_ name: String, _ least: Int32, step: Int) -> Diagnostic {
    .warning(
      "legalize.coarse-threshold",
      "a threshold of '\(name)' is \(Int(least) / step, of: "step") of \(step), and rounded to "
        + "them",
      at: .entity(name), notes: ["quantize to more bits"])
  }
}
