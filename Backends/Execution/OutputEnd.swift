// The outputs of a network: decoders that read potentials and units.

package import Diagnostics
package import SpikeIR

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A decoder made ready to run.
package struct OutputEnd: Sendable {

  /// The decoder.
  package let decoder: Decoder

  /// The number of outputs.
  package let count: Int

  /// The number of channels, over which a softmax runs.
  private let channels: Int

  /// The ticks of the code.
  private let timesteps: Int

  /// The real value of a unit of potential or of an emitted unit, one or one a channel.
  private let unit: [Float]

  /// The thresholds, where first spikes are read, one or one a channel or a neuron.
  private let threshold: [Int32]

  /// Prepares a decoder of `graph`, a quantized network.
  ///
  /// - Throws: `ir.elided-tensor` if a tensor is not there.
  package init(_ decoder: Decoder, _ graph: SpikingGraph) throws(Diagnostic) {
    let population = graph[decoder.population]
    self.decoder = decoder
    count = population.shape.count
    channels = population.shape.channels
    timesteps = population.code.timesteps
    let worth = decoder.reading == .potential ? population.membraneUnit : population.quantum
    var unit: [Float] = [1]
    if let worth { unit = try graph.tensors.floats(worth) }
    self.unit = unit
    var threshold: [Int32] = []
    if decoder.reading == .firstSpike, case .integrateAndFire(let model) = population.model {
      threshold = try graph.tensors.integers(model.threshold)
    }
    self.threshold = threshold
  }

  /// Returns the outputs after `ticks` ticks of the population, 1 unless `rate`.
  ///
  /// - Parameters:
  ///   - potentials: [neurons].
  ///   - record: what was noted of the output so far.
  ///   - ticks: the ticks executed.
  /// - Returns: [outputs].
  package func decode(_ potentials: [Int32], _ record: OutputRecord, ticks: Int) -> [Float] {
    let isLate = decoder.start > 0 && ticks > decoder.start
    let duration = Double(isLate ? ticks - decoder.start : max(1, ticks))
    let y = (0..<count).map { i in
      let worth = Double(unit[i % unit.count])
      switch decoder.reading {
      case .potential:
        let before = isLate ? record.potentials[i] : 0
        return (Double(potentials[i]) - Double(before)) * worth / duration
      case .count:
        return Double(record.counts[i] - (isLate ? record.skipped[i] : 0)) * worth / duration
          + Double(decoder.offset)
      case .firstSpike:
        return firstSpike(of: i, potentials[i], isLate ? record.lateFirst[i] : record.first[i])
      }
    }
    return applied(to: y)
  }

  /// Returns when neuron `i` fired first, as `Decoder` says.
  private func firstSpike(
    of i: Int, _ potential: Int32, _ spike: OutputRecord.FirstSpike?
  ) -> Double {
    let (theta, window) = (Double(threshold[i % threshold.count]), Double(timesteps))
    guard let spike else { return (min(Double(potential) / theta, 1) - 1) / window }
    return (window - Double(spike.tick) + min(Double(spike.potential) / theta, 1)) / window
  }

  /// Returns the function of `y`.
  private func applied(to y: [Double]) -> [Float] {
    switch decoder.function {
    case .none: return y.map { Float($0) }
    case .sigmoid: return y.map { Float(1 / (1 + exp(-$0))) }
    case .tanh: return y.map { Float(hyperbolicTangent($0)) }
    case .softmax:
      return stride(from: 0, to: y.count, by: channels).flatMap { start in
        let row = y[start..<start + channels]
        let most = row.max() ?? 0
        let powers = row.map { exp($0 - most) }
        let sum = powers.reduce(0, +)
        return powers.map { Float($0 / sum) }
      }
    }
  }
}

/// Returns tanh `x`; a name of its own, since a case of the functions has the library's.
private func hyperbolicTangent(_ x: Double) -> Double { tanh(x) }
