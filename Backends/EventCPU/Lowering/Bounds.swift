// Neurons' parameters for the kernels, and the proof that potentials fit 32 bits.

internal import Diagnostics
internal import Kernels
internal import SpikeIR

extension Node {

  /// Returns a parameter of the neurons; no values mean `padding` everywhere.
  func parameter(_ values: [Int32], _ padding: Int32) -> EventParameter {
    let values = values.isEmpty ? [Int32](repeating: padding, count: grid.channels) : values
    return EventParameter(values, grid: grid, padding: padding)
  }

  /// Returns the potential before the first input, h if unsigned, else 0; under `phased` and
  /// `weighted`, whose kernels add h themselves, 0.
  func initial(_ model: IntegrateAndFire, _ tensors: TensorStore) throws(Diagnostic)
    -> EventParameter
  {
    guard code.isRate, !model.isSigned else { return parameter([], 0) }
    return parameter(try halves(model, tensors), 0)
  }

  /// Returns h: as given, or half the threshold, rounded down.
  private func halves(
    _ model: IntegrateAndFire, _ tensors: TensorStore
  ) throws(Diagnostic) -> [Int32] {
    if let initial = model.initial { return try tensors.integers(initial) }
    return try tensors.integers(model.threshold).map { $0 / 2 }
  }

  /// Returns how neurons of the given model fire.
  func neuron(_ model: IntegrateAndFire, _ tensors: TensorStore) throws(Diagnostic) -> Neuron {
    let thresholds = try tensors.integers(model.threshold)
    let threshold = parameter(thresholds, 1)
    let initial = try halves(model, tensors)
    if code.isRate {
      let compared = model.isSigned ? zip(thresholds, initial).map { $0 &- $1 } : thresholds
      let limits = try model.retraction.map { id throws(Diagnostic) in
        // v < −r as a comparison that the kernel knows; −r − 1 fits, as r is not negative.
        parameter(try tensors.integers(id).map { -$0 - 1 }, .min)
      }
      return .fires(
        EventFire(
          grid: grid, reset: threshold, threshold: parameter(compared, 1),
          isSigned: model.isSigned, retraction: limits))
    }
    return .quantizes(
      EventQuantize(
        grid: grid, threshold: thresholds, initial: initial, levels: code.levels,
        isSigned: model.isSigned, countsDigits: code.isWeighted))
  }

  /// Returns the kernel of leaky neurons of the given model.
  func leaky(
    _ model: LeakyIntegrateAndFire, in graph: SpikingGraph
  ) throws(Diagnostic) -> EventLeaky {
    func reals(_ id: TensorID?) throws(Diagnostic) -> [Float] {
      if let id { return try graph.tensors.floats(id) }
      return [Float](repeating: 0, count: grid.channels)
    }
    let synapse: EventLeaky.Synapse =
      switch model.synapse {
      case .none: .none
      case .exponential: .exponential
      case .alpha: .alpha
      }
    var bias: TensorID?
    if let population { bias = graph[population].bias }
    return EventLeaky(
      grid: grid, inverse: try reals(model.threshold).map { 1 / $0 }, bias: try reals(bias),
      initial: try reals(model.initial),
      constants: EventLeaky.Constants(
        step: model.membraneStep, refractory: model.tauRef, synapse: synapse,
        decay: model.synapseDecay, rate: 1 / model.tauSynapse,
        rests: (0...4096).map { model.membraneDecay(after: $0) }))
  }

  /// Returns the kernel of neurons of the given model, whose currents and potentials decay.
  func decay(_ model: CurrentBasedLeaky, _ tensors: TensorStore) throws(Diagnostic) -> EventDecay {
    var initial = [Int32](repeating: 0, count: grid.channels)
    if let id = model.initial { initial = try tensors.integers(id) }
    return EventDecay(
      grid: grid, threshold: try tensors.integers(model.threshold), initial: initial,
      constants: DecayConstants(
        currentDecay: model.currentDecay, potentialDecay: model.potentialDecay,
        refractory: model.refractory))
  }

  /// Returns the kernel of neurons of the given model, which decay by shifts.
  func shift(_ model: BitShiftLeaky, _ tensors: TensorStore) throws(Diagnostic) -> EventShift {
    EventShift(
      grid: grid, threshold: try tensors.integers(model.threshold),
      constants: ShiftConstants(
        currentShift: model.currentShift, potentialShift: model.potentialShift,
        most: model.mostSpikes))
  }

  /// Returns the kernel of neurons of the given model.
  ///
  /// - Throws: `cpu.too-large`, `ir.elided-tensor`.
  func staircase(_ model: Staircase, _ tensors: TensorStore) throws(Diagnostic) -> EventStaircase {
    let thresholds = try tensors.integers(model.thresholds)
    let values = try tensors.integers(model.values)
    guard values.count * grid.lanes < 1 << 31 else {
      throw .tooLarge(name, bytes: Double(values.count) * Double(grid.lanes) * 4)
    }
    return EventStaircase(
      grid: grid, thresholds: thresholds, values: values, countsDigits: code.isWeighted)
  }

  /// Returns the most ticks for which the potentials provably stay within 32 bits, at least those
  /// of the code; 4,096 for nodes without potential.
  ///
  /// Every tick adds at most the largest sum of inputs of either sign and the bias; a spike moves
  /// the potential towards 0 by θ, at most θ beyond it.
  ///
  /// - Throws: `cpu.overflow`.
  func provenTicks(in graph: SpikingGraph, from nodes: [Node]) throws(Diagnostic) -> Int {
    var limit = Double(Int32.max)
    switch kind {
    case .source, .relay: return 4096
    case .maximum:
      guard code.isRate else { return 4096 }
      return try ticks(perTick: units.magnitude, within: limit)
    case .integrator, .leaky, .staircase: break
    // Beside what arrives a tick adds a current and a potential of 24 bits.
    case .decay: limit -= Double(1 << 24)
    case .shift: limit -= Double(1 << 16)
    case .fire(let model):
      let tensors = graph.tensors
      let threshold = Double(try tensors.integers(model.threshold).max() ?? 0)
      let initial = try halves(model, tensors).map { Double($0).magnitude }.max() ?? 0
      limit -= code.isRate ? threshold + initial : initial
    }
    let channels = inputs(from: nodes)
    var perTick = 0.0
    for (i, input) in channels.enumerated() {
      var range = input
      for j in stride(from: i, to: bias.count, by: channels.count) {
        range = range.hull(input + Interval(low: Double(bias[j]), high: Double(bias[j])))
      }
      perTick = max(perTick, range.magnitude)
    }
    // Neurons with a leak keep no sums from tick to tick.
    switch kind {
    case .leaky, .decay, .shift: break
    case .source, .relay, .maximum, .fire, .staircase, .integrator:
      return try ticks(perTick: perTick, within: limit)
    }
    guard perTick <= limit else { throw .potentialOverflow(name, bound: perTick) }
    return 4096
  }

  private func ticks(perTick: Double, within limit: Double) throws(Diagnostic) -> Int {
    let needed = code.isRate ? Double(code.timesteps) : 1
    guard perTick * needed <= limit else {
      throw .potentialOverflow(name, bound: perTick * needed)
    }
    return code.isRate && perTick > 0 ? Int(min(4096, limit / perTick)) : 4096
  }
}
