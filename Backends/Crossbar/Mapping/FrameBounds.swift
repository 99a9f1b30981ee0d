// How many frames of single bits the arrays of a spiking network read for an image, at most: what
// tables count before any image is known.

internal import SpikeIR

/// The frames that are read for an image along each projection, at most.
///
/// An entry of a source says a number for each neuron: a spike or none, or a sum of units where a
/// population is graded. Converters of inputs have one bit, so that an entry is read once for each
/// bit and each sign that some neuron's unit has. With units in [a, b] that is
/// ⌊log₂ b⌋ + 1 frames for b > 0 and as many of −a for a < 0.
///
/// | source | entries | units of an entry |
/// |---|---|---|
/// | under `rate` | T, less the delay | those of a tick |
/// | graded, with windows | 1 | those of the window |
/// | fires, `phased` | q for the most units q, of each sign | one |
/// | fires, `weighted` | as many as q has bits, of each sign | one bit |
///
/// The bounds hold for inputs of any values; a frame in which no neuron has a bit is not read, which
/// a run finds out.
struct FrameBounds {

  private let graph: SpikingGraph

  /// The units of populations, channel by channel; `nil` if constants are not at hand.
  private let bounds: PotentialBounds?

  /// Prepares the bounds of a verified, quantized graph.
  ///
  /// - Complexity: O(weights + channels · ticks).
  init(_ graph: SpikingGraph) {
    self.graph = graph
    bounds = try? PotentialBounds(graph)
  }

  /// Returns the frames of an image along `projection`, at most.
  func frames(along projection: Projection) -> Int {
    let source = graph[projection.source]
    let (negative, positive) = units(of: projection.source)
    let code = source.code
    switch source.model {
    case .integrateAndFire, .leaky, .currentBased, .bitShift, .staircase:
      switch code {
      case .rate: break
      case .phased(let ticks): return min(ticks, negative) + min(ticks, positive)
      case .weighted(let bits): return min(bits, negative.bits) + min(bits, positive.bits)
      }
    case .source, .relay, .maximum, .integrator: break
    }
    let entries = code.isRate ? max(0, code.timesteps - projection.delay) : 1
    return entries * (negative.bits + positive.bits)
  }

  /// Returns the largest magnitudes of units below and above 0 that a neuron of `id` emits: in a tick
  /// under `rate`, in a window otherwise.
  private func units(of id: PopulationID) -> (negative: Int, positive: Int) {
    if let ranges = bounds?.units[id.index], let first = ranges.first {
      let all = ranges.dropFirst().reduce(first) { $0.hull($1) }
      return (Int.magnitude(-all.low), Int.magnitude(all.high))
    }
    let population = graph[id]
    let most = population.code.isRate ? 1 : population.code.levels
    switch population.model {
    case .source:
      let most = graph.encoders.first { $0.population == id }?.largestUnit ?? Int(Int32.max)
      return (most, most)
    case .integrateAndFire(let model): return (model.emitsNegative ? most : 0, most)
    case .leaky, .currentBased: return (0, 1)
    case .bitShift(let model): return (0, model.mostSpikes)
    case .staircase where population.code.isRate: return (1, 1)
    case .staircase, .relay, .maximum, .integrator: return (Int(Int32.max), Int(Int32.max))
    }
  }
}

extension Int {

  /// Returns a bound of a unit as a whole number; units are checked to fit 32 bits when they run.
  fileprivate static func magnitude(_ bound: Double) -> Int {
    Int(Swift.min(Swift.max(bound, 0), Double(Int32.max)))
  }

  /// The bits of a number that is not negative.
  fileprivate var bits: Int { Int.bitWidth - leadingZeroBitCount }
}
