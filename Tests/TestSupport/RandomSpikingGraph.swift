// Random spiking graphs that obey every rule of the verifier, for comparing executors and for
// testing whatever goes through graphs.

public import SpikeIR

/// What random spiking graphs may contain.
public struct SpikingGraphOptions: Sendable {

  /// The codes from which populations choose; if empty, a random family of codes is drawn.
  ///
  /// Either one code `rate`, or any codes other than `rate`.
  public var codes: [SpikeCode]

  /// `true` iff constants are integers, as after the pass `quantize`; otherwise they are f32.
  public var isQuantized: Bool

  /// The number of layers between sources and integrators.
  public var layers: ClosedRange<Int>

  /// The largest delay of a projection, ticks.
  public var maximumDelay: Int

  /// `true` iff encoders preprocess.
  public var hasPreprocessing: Bool

  /// `true` iff under `rate` some of the neurons that fire leak.
  public var hasLeakyNeurons: Bool

  /// `true` iff under `rate` some of the neurons that fire are whole-numbered ones that decay.
  public var hasDecayingNeurons: Bool

  /// `true` iff under `rate` some of the neurons that fire decay by shifts.
  public var hasShiftingNeurons: Bool

  /// `true` iff names contain quotes, line breaks and letters of all alphabets.
  public var hasOddNames: Bool

  /// Creates a set of options.
  public init(
    codes: [SpikeCode] = [], isQuantized: Bool = true, layers: ClosedRange<Int> = 1...8,
    maximumDelay: Int = 0, hasPreprocessing: Bool = false, hasLeakyNeurons: Bool = false,
    hasDecayingNeurons: Bool = false, hasShiftingNeurons: Bool = false, hasOddNames: Bool = false
  ) {
    self.codes = codes
    self.isQuantized = isQuantized
    self.layers = layers
    self.maximumDelay = maximumDelay
    self.hasPreprocessing = hasPreprocessing
    self.hasLeakyNeurons = hasLeakyNeurons
    self.hasDecayingNeurons = hasDecayingNeurons
    self.hasShiftingNeurons = hasShiftingNeurons
    self.hasOddNames = hasOddNames
  }
}

/// Returns a random spiking graph that the verifier accepts.
///
/// There are branches, residual additions (identities with i16 weights), concatenations and moves
/// by wires, average pooling by relays, maximum pooling after every kind of population, plain,
/// grouped and depthwise convolutions with strides, dilations and asymmetric padding, signed
/// populations, staircases, parameters per channel and per neuron, negative inputs, and one or two inputs and
/// outputs. Populations have at most some hundred neurons. No sum over a window, in whatever order
/// it is added up, leaves ±2^30 for inputs of any size, since encoders clamp.
public func randomSpikingGraph(
  using generator: inout SplitMix64, options: SpikingGraphOptions = SpikingGraphOptions()
) -> SpikingGraph {
  var builder = SpikingGraphBuilder(generator, options)
  let graph = builder.build()
  generator = builder.random
  return options.isQuantized ? graph : graph.withFloatingPointConstants()
}

/// Returns the random spiking graph of a seed.
public func randomSpikingGraph(
  seed: UInt64, options: SpikingGraphOptions = SpikingGraphOptions()
) -> SpikingGraph {
  var generator = SplitMix64(seed: seed)
  return randomSpikingGraph(using: &generator, options: options)
}

/// Returns random values for the inputs of `graph`, a list for each encoder, row-major.
///
/// They are what is left after preprocessing; about a third are 0, and some are clamped.
public func randomInputs(
  for graph: SpikingGraph, using generator: inout SplitMix64
) -> [[Float]] {
  graph.encoders.map { encoder in
    let population = graph[encoder.population]
    let quanta = population.quantum.flatMap { try? graph.tensors.floats($0) } ?? [1]
    return (0..<population.shape.count).map { i in
      let quantum = quanta[i % population.shape.channels % quanta.count]
      if generator.chance(0.3) { return 0 }
      let range = encoder.kind == .constant ? Float(encoder.levels) * quantum : quantum
      return generator.float(-1.2...1.2) * range
    }
  }
}

extension SpikingGraph {

  /// Returns the graph as it would look before quantization: f32 constants, and no shifts.
  fileprivate func withFloatingPointConstants() -> SpikingGraph {
    var result = self
    for id in projections.ids {
      guard let weights = projections[id].kind.weights else { continue }
      result.makeFloatingPoint(weights, unit: 0.0625 * Float(1 << projections[id].shift))
      result.projections[id].shift = 0
    }
    for id in populations.ids {
      let population = populations[id]
      if let bias = population.bias { result.makeFloatingPoint(bias, unit: 0.0625) }
      switch population.model {
      case .integrateAndFire(let model):
        result.makeFloatingPoint(model.threshold, unit: 0.0625)
        if let initial = model.initial { result.makeFloatingPoint(initial, unit: 0.0625) }
        if let r = model.retraction { result.makeFloatingPoint(r, unit: 0.0625) }
      case .staircase(let model): result.makeFloatingPoint(model.thresholds, unit: 0.0625)
      case .source, .relay, .maximum, .leaky, .currentBased, .bitShift, .integrator: break
      }
    }
    return result
  }

  /// Replaces the integers of tensor `id` by multiples of `unit`.
  private mutating func makeFloatingPoint(_ id: TensorID, unit: Float) {
    guard tensors[id].elementType != .float32, let x = try? tensors.floats(id) else { return }
    tensors[id].data = .float32(x.map { $0 * unit })
  }
}
