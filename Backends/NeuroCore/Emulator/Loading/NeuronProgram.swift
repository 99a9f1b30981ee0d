// What the neurons of a slice do, with their parameters in registers.

internal import Diagnostics
internal import HardwareTargets
internal import Kernels
internal import SpikeIR

/// The neurons of a slice, made ready to run.
enum NeuronProgram: Sendable {
  /// Integrate and fire.
  case fire(FiringNeurons)
  /// Integrate into a current and a potential that decay, and fire.
  case decay(FiringDecay)
  /// Integrate into a current and a potential that decay by shifts, and fire several times a tick.
  case shift(FiringShift)
  /// Integrate and never fire.
  case integrate
  /// Say the value of the interval in which the potential lies.
  case staircase(StaircaseNeurons)
  /// Say the largest of counts.
  case maximum(MaximumNeurons)
}

/// Integrate-and-fire neurons; all numbers in units of the register, [neurons].
struct FiringNeurons: Sendable {
  /// What a spike takes away.
  var thresholds: [Int32]
  /// The least potentials that fire.
  var limits: [Int32]
  /// Whether negative units are said.
  var isSigned: Bool
  /// How far below 0 a unit is taken back; empty if none is.
  var retractions: [Int32]
}

/// Neurons that decay, in units of the register.
struct FiringDecay: Sendable {
  /// The potentials above which neurons fire, [neurons].
  var thresholds: [Int32]
  /// What the neurons of the population share.
  var constants: DecayConstants
}

/// Neurons that decay by shifts, in units of the register.
struct FiringShift: Sendable {
  /// The least potentials that fire, [neurons].
  var thresholds: [Int32]
  /// What the neurons of the population share.
  var constants: ShiftConstants
}

/// Staircases of code `rate`.
struct StaircaseNeurons: Sendable {
  /// The thresholds of each channel of the slice, ascending.
  var steps: [[Int64]]
  /// The value of each interval.
  var values: [Int64]
  /// T.
  var ticks: Int64

  /// Returns what a neuron emits that has the potential `v` after tick `now`, counted from 1.
  ///
  /// - Complexity: O(log steps).
  func unit(channel: Int, potential v: Int64, now: Int64, said: Int64) -> Int64 {
    let scaled = v * ticks
    var expected = scaled / now
    if scaled % now < 0 { expected -= 1 }
    expected = min(max(expected, Int64(Int32.min)), Int64(Int32.max))
    let own = steps[channel]
    var (low, high) = (0, own.count)
    while low < high {
      let middle = (low + high) / 2
      if own[middle] <= expected { low = middle + 1 } else { high = middle }
    }
    let level = values[low]
    let magnitude = (2 * now * abs(level) + ticks) / (2 * ticks)
    return (level.signum() * magnitude - said).signum()
  }
}

/// Neurons that say the largest count in a window.
struct MaximumNeurons: Sendable {
  /// For each neuron where its list of counts begins, and where the last ends.
  var starts: [Int32]
  /// The places of counts.
  var places: [Int32]
}

/// The parameters of a population, one a neuron, before they are cut into slices.
struct NeuronParameters {

  private let population: Population
  private var bias: [Int64] = []
  private var threshold: [Int64] = []
  private var initial: [Int64] = []
  private var retraction: [Int64] = []
  private var steps: [[Int64]] = []
  private var values: [Int64] = []

  /// Reads the parameters of `population`.
  ///
  /// - Throws: `ir.elided-tensor`, `ir.bad-element-type`.
  init(_ population: Population, _ tensors: TensorStore) throws(Diagnostic) {
    self.population = population
    bias = try Self.expand(population.bias, population, tensors)
    switch population.model {
    case .integrateAndFire(let model):
      threshold = try Self.expand(model.threshold, population, tensors)
      initial = try Self.expand(model.initial, population, tensors)
      if model.initial == nil { initial = threshold.map { $0 / 2 } }
      if model.retraction != nil {
        retraction = try Self.expand(model.retraction, population, tensors)
      }
    case .currentBased(let model):
      threshold = try Self.expand(model.threshold, population, tensors)
      initial = try Self.expand(model.initial, population, tensors)
    case .bitShift(let model):
      threshold = try Self.expand(model.threshold, population, tensors)
    case .staircase(let model):
      let thresholds = try tensors.integers(model.thresholds)
      let columns = thresholds.count / tensors[model.thresholds].shape[0]
      steps = (0..<population.shape.channels).map { c in
        stride(from: c % columns, to: thresholds.count, by: columns).map { Int64(thresholds[$0]) }
      }
      values = try tensors.integers(model.values).map { Int64($0) }
    case .source, .relay, .maximum, .leaky, .integrator: break
    }
  }

  /// Returns integers, [channels] or the population's shape or absent, one a neuron.
  private static func expand(
    _ id: TensorID?, _ population: Population, _ tensors: TensorStore
  ) throws(Diagnostic) -> [Int64] {
    let values = try id.map { id throws(Diagnostic) in try tensors.integers(id) } ?? [0]
    return (0..<population.shape.count).map { Int64(values[$0 % values.count]) }
  }

  /// The least potentials at which neurons fire, units of the graph.
  var limits: Set<Int64> {
    guard case .integrateAndFire(let model) = population.model else { return [] }
    return Set(threshold.indices.map { threshold[$0] - (model.isSigned ? initial[$0] : 0) })
  }

  /// Returns the biases of `neurons` in units of the register.
  func bias(_ neurons: [Int32], scale: Int) -> [Int32] {
    neurons.map { Int32(clamping: bias[Int($0)] << Int64(scale)) }
  }

  /// Returns the potentials of `neurons` before the first tick, in units of the register.
  func initial(_ neurons: [Int32], scale: Int) -> [Int32] {
    switch population.model {
    case .integrateAndFire(let model) where !model.isSigned: break
    case .currentBased: break
    case .source, .relay, .maximum, .integrateAndFire, .leaky, .bitShift, .staircase, .integrator:
      return [Int32](repeating: 0, count: neurons.count)
    }
    return neurons.map { Int32(clamping: initial[Int($0)] << Int64(scale)) }
  }

  /// Returns the integrate-and-fire neurons `neurons` in units of the register.
  func firing(_ neurons: [Int32], scale: Int, _ features: NeuronFeatures?) -> FiringNeurons {
    guard case .integrateAndFire(let model) = population.model else {
      preconditionFailure("internal: not integrate-and-fire")
    }
    let limits = neurons.map { n in
      let least = threshold[Int(n)] - (model.isSigned ? initial[Int(n)] : 0)
      let isRaised = features?.raises(population) ?? false
      return Int32(
        clamping: RegisterPlan.limit(least, scale: scale, features, isRaised: isRaised) ?? .max)
    }
    return FiringNeurons(
      thresholds: neurons.map { Int32(clamping: threshold[Int($0)] << Int64(scale)) },
      limits: limits, isSigned: model.isSigned,
      retractions: retraction.isEmpty
        ? [] : neurons.map { Int32(clamping: retraction[Int($0)] << Int64(scale)) })
  }

  /// Returns the neurons `neurons` with decays.
  func decaying(_ neurons: [Int32], _ model: CurrentBasedLeaky) -> FiringDecay {
    FiringDecay(
      thresholds: neurons.map { Int32(clamping: threshold[Int($0)]) },
      constants: DecayConstants(
        currentDecay: model.currentDecay, potentialDecay: model.potentialDecay,
        refractory: model.refractory))
  }

  /// Returns the neurons `neurons` with decays by shifts.
  func shifting(_ neurons: [Int32], _ model: BitShiftLeaky) -> FiringShift {
    FiringShift(
      thresholds: neurons.map { Int32(clamping: threshold[Int($0)]) },
      constants: ShiftConstants(
        currentShift: model.currentShift, potentialShift: model.potentialShift,
        most: model.mostSpikes))
  }

  /// Returns the staircases whose channels are `channels`.
  func staircase(_ channels: Range<Int>) -> StaircaseNeurons {
    StaircaseNeurons(
      steps: Array(steps[channels]), values: values, ticks: Int64(population.code.timesteps))
  }
}

extension MaximumNeurons {

  /// Lists the counts, within their box, at which each neuron of a slice looks.
  init(_ box: NeuronBox, _ window: Window, counts: NeuronBox) {
    (starts, places) = ([0], [])
    for row in box.rows {
      for column in box.columns {
        for channel in box.channels {
          for i in 0..<window.size.height {
            let y = row * window.strides.height - window.padding.top + i * window.dilations.height
            guard counts.rows.contains(y) else { continue }
            for j in 0..<window.size.width {
              let x =
                column * window.strides.width - window.padding.left + j * window.dilations.width
              guard counts.columns.contains(x) else { continue }
              places.append(Int32(counts.offset(row: y, column: x, channel: channel)))
            }
          }
          starts.append(Int32(places.count))
        }
      }
    }
  }
}

extension DecayFeatures {

  /// Returns whether cores have the decays and the refractory time of `model`.
  func include(_ model: CurrentBasedLeaky) -> Bool {
    current.contains(model.currentDecay) && potential.contains(model.potentialDecay)
      && refractory.contains(model.refractory)
  }
}
