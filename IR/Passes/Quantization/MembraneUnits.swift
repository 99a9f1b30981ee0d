// The real values that one unit of a population's potential, and one unit of its weights, may have.

internal import Diagnostics
internal import Kernels
internal import SpikeIR

/// The steps of a population's weights from which a quantization chooses, channel by channel.
///
/// A step is the value of a weight of 1 where the projection has no shift of its own; it is
/// 2^finer membrane units, so that few-bit weights do not make thresholds, biases and one-to-one
/// weights coarse.
struct MembraneUnits {

  /// The steps to choose from, [candidate][channel]; the first ones clip no weight.
  private(set) var candidates: [[Float]] = []

  /// The binary logarithm of the number of membrane units in a step.
  private(set) var finer = 0

  /// The number of channels.
  let channels: Int

  private let settings: QuantizationSettings
  private let largest: Float
  /// The least threshold of each channel, if the neurons fire.
  private var thresholds: [Float]?
  /// The smallest unit of each channel in which thresholds and one-to-one weights can be said.
  private var least: [Float]
  /// The largest weight of one-to-one projections, by channel.
  private var wide: [Float]

  /// Finds the steps for a population.
  ///
  /// - Parameters:
  ///   - quantizer: the population's weights and what was measured of them.
  ///   - rowSteps: 2^shift of each row of the weights.
  ///   - graph: the network.
  /// - Throws: `ir.elided-tensor`.
  init(
    _ quantizer: PopulationQuantizer, _ rowSteps: [Float], of graph: SpikingGraph
  ) throws(Diagnostic) {
    let population = graph[quantizer.id]
    channels = population.shape.channels
    settings = quantizer.settings
    largest = Float(settings.levels.largest)
    wide = [Float](repeating: 0, count: channels)
    least = wide
    try readIdentities(quantizer.afferents, of: graph)
    try readThresholds(population, of: graph)
    for (c, unit) in try graph.leastUnits(ofStaircases: quantizer.id, range: largestRange)
      .enumerated()
    {
      least[c] = max(least[c], unit)
    }
    let (magnitudes, sums) = quantizer.magnitudes(rowSteps, channels: channels)
    guard magnitudes.contains(where: { $0 > 0 }) else {
      let usual = min(usualIdentityWeight, settings.largestIdentity)
      candidates = [settled(wide.map { $0 > 0 ? $0 / usual : 1 })]
      return
    }
    let usual = magnitudes.reduce(0, max)
    let steps = magnitudes.map { ($0 > 0 ? $0 : usual) / largest }
    chooseFiner(steps, sums, peak: peak(population, of: graph))
    guard settings.clipping == .leastSquares else {
      candidates = [settled(steps)]
      return
    }
    // Where weights are binary, steps start from the mean magnitude rather than the largest.
    let first: Float = settings.levels == .binary ? 1.6 : 1
    for i in 0..<26 {
      let next = settled(steps.map { $0 * first * (1 - Float(i) * 0.032) })
      if next != candidates.last { candidates.append(next) }
    }
  }

  /// Returns the membrane units that belong to steps.
  func units(of steps: [Float]) -> [Float] { steps.map { $0 / Float(1 << finer) } }

  private mutating func readIdentities(
    _ afferents: [ProjectionID], of graph: SpikingGraph
  ) throws(Diagnostic) {
    for id in afferents where graph[id].kind.isIdentity {
      var values: [Float] = [1]
      if let weights = graph[id].kind.weights { values = try graph.tensors.floats(weights) }
      for c in 0..<channels { wide[c] = max(wide[c], abs(values[c % values.count])) }
    }
    for c in 0..<channels { least[c] = wide[c] / settings.largestIdentity }
  }

  private mutating func readThresholds(
    _ population: Population, of graph: SpikingGraph
  ) throws(Diagnostic) {
    let threshold: TensorID
    switch population.model {
    case .integrateAndFire(let model): threshold = model.threshold
    case .leaky(let model):
      try limitDrive(model, population, of: graph)
      // Leaky neurons keep real ones, unless a core holds few of them.
      guard settings.scales == .profile else { return }
      threshold = model.threshold
    case .source, .relay, .maximum, .currentBased, .bitShift, .staircase, .integrator: return
    }
    let values = try graph.tensors.floats(threshold)
    let smallest = (0..<channels).map { c -> Float in
      stride(from: c % values.count, to: values.count, by: channels)
        .reduce(.infinity) { min($0, values[$1]) }
    }
    let levels = Float(population.code.levels)
    for c in 0..<channels { least[c] = max(least[c], smallest[c] * levels / largestRange) }
    thresholds = smallest
  }

  /// Has units be so large that the constants of leaky neurons fit a target, which multiplies them by
  /// factors of its own: thresholds, and what drives a neuron in each tick, bias and threshold.
  private mutating func limitDrive(
    _ model: LeakyIntegrateAndFire, _ population: Population, of graph: SpikingGraph
  ) throws(Diagnostic) {
    let thresholds = try graph.tensors.floats(model.threshold)
    var biases: [Float] = [0]
    if let bias = population.bias { biases = try graph.tensors.floats(bias) }
    for i in 0..<max(channels, thresholds.count, biases.count) {
      let (threshold, c) = (thresholds[i % thresholds.count], i % channels)
      let drive = abs(threshold + biases[i % biases.count])
      least[c] = max(
        least[c], threshold / settings.largestThreshold, drive / settings.largestDrive)
    }
  }

  /// The threshold, in membrane units, from which on rounding is fine.
  private var fineThreshold: Float {
    settings.scales == .profile ? max(512, Float(16 << settings.profiles.exponent)) : 512
  }

  /// Replaces the candidates by those steps that make few thresholds of few digits.
  ///
  /// - Parameter steps: those that are best without this limit.
  /// - Returns: whether neurons fire, and so have thresholds.
  mutating func limitThresholds(near steps: [Float]) -> Bool {
    guard let thresholds else { return false }
    let units = units(of: steps)
    // Beyond these, one-to-one weights would be clipped.
    let limits = (0..<channels).map { c -> Double in
      least[c] > 0 ? Double(thresholds[c] / least[c]) * 1.000001 : .infinity
    }
    var counts = settings.profiles.values(
      near: (0..<channels).map { min(Double(thresholds[$0] / units[$0]), limits[$0]) })
    if let lowest = limits.min(), let first = counts.first, Double(first) > lowest {
      counts[0] = settings.profiles.largest(notAbove: lowest)
    }
    let scale = Float(1 << finer)
    candidates = counts.map { count in
      (0..<channels).map { c in
        let own = counts.last { $0 <= count && Double($0) <= limits[c] } ?? counts[0]
        return thresholds[c] / Float(own) * scale
      }
    }
    return true
  }

  /// Returns about the largest number of units that a neuron receives through a connection.
  private func peak(_ population: Population, of graph: SpikingGraph) -> Float {
    Float(max(population.code.levels, graph.encoders.map(\.largestUnit).max() ?? 1))
  }

  /// Chooses how many membrane units a step has: so many that thresholds are at least 512 and
  /// one-to-one weights 256, but not so many that potentials might overflow.
  private mutating func chooseFiner(_ steps: [Float], _ sums: [Float], peak: Float) {
    var wanted: Float = 1
    var possible: Float = 256
    for c in 0..<channels {
      if let thresholds { wanted = max(wanted, fineThreshold * steps[c] / thresholds[c]) }
      if wide[c] > 0 { wanted = max(wanted, 256 * steps[c] / wide[c]) }
      if least[c] > 0 { possible = min(possible, steps[c] / least[c]) }
      if sums[c] > 0 { possible = min(possible, safeSum * steps[c] / (sums[c] * peak)) }
    }
    while finer < 8, Float(1 << finer) < wanted, Float(2 << finer) <= possible { finer += 1 }
  }

  /// Returns the smallest possible steps that are at least as large as `steps`.
  private func settled(_ steps: [Float]) -> [Float] {
    let scale = Float(1 << finer)
    var units = (0..<channels).map { max(steps[$0] / scale, least[$0]) }
    if settings.scales == .tensor, let widest = units.max() {
      return units.map { _ in widest * scale }
    }
    for c in 0..<channels {
      if let thresholds {
        var count = max(1, (thresholds[c] / units[c]).rounded(.down))
        if settings.scales == .powerOfTwo { count = count.powerOfTwoBelow }
        units[c] = thresholds[c] / count
      } else if settings.scales == .powerOfTwo {
        let below = units[c].powerOfTwoBelow
        units[c] = below < units[c] ? 2 * below : below
      }
    }
    return units.map { $0 * scale }
  }
}

/// The largest magnitude of a one-to-one weight that sets the unit: 13 bits leave room for others.
private let usualIdentityWeight: Float = 8191

/// Sums of weights times units stay below this, so that 32 bits hold potentials with a margin.
private let safeSum: Float = 268_435_456

extension Float {

  /// The largest power of two that is not above this positive number.
  fileprivate var powerOfTwoBelow: Float {
    Float(sign: .plus, exponent: exponent, significand: 1)
  }
}

extension PopulationQuantizer {

  /// Returns for each channel the weight that sets the scale, and the largest sum of magnitudes.
  ///
  /// The weight is the largest, or the mean magnitude where weights are binary; magnitudes are
  /// those in steps of their row.
  fileprivate func magnitudes(
    _ rowSteps: [Float], channels: Int
  ) -> (magnitudes: [Float], sums: [Float]) {
    var wanted = weights.values
    for group in moments {
      let width = group.channels.count
      for row in 0..<weights.rows {
        for (i, c) in group.channels.enumerated() {
          wanted[row * weights.outputs + c] = group.weights[row * width + i]
        }
      }
    }
    var largest = [Float](repeating: 0, count: channels)
    var sums = [Float](repeating: 0, count: max(1, weights.outputs))
    var scaled = sums
    for (i, w) in wanted.enumerated() {
      let (row, output) = i.quotientAndRemainder(dividingBy: weights.outputs)
      let c = output % channels
      largest[c] = max(largest[c], abs(w) / rowSteps[row])
      sums[output] += abs(w)
      scaled[output] += abs(w) / rowSteps[row]
    }
    var most = [Float](repeating: 0, count: channels)
    for (output, sum) in sums.enumerated() {
      most[output % channels] = max(most[output % channels], sum)
    }
    if settings.levels == .binary, weights.rows > 0 {
      for c in 0..<channels { largest[c] = scaled[c] / Float(weights.rows) }
    }
    return (largest, most)
  }
}
