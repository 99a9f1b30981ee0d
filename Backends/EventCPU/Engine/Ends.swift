// The ends of a network: encoders that turn numbers into units, decoders that read potentials.

internal import SpikeIR

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// An encoder made ready to run.
struct SourceEnd: Sendable {
  /// The step that is driven.
  var step: Int
  /// The number of neurons.
  var count: Int
  /// The encoder.
  var encoder: Encoder
  /// The position of the encoder in the whole network.
  var position: Int
  /// The ticks of the code.
  var timesteps: Int
  /// The largest magnitude of a level.
  var levels: Int32
  /// The resolution, one or one a channel.
  var resolution: [Float]

  /// `true` iff the units differ from tick to tick.
  var spikes: Bool { encoder.kind != .constant }

  /// Returns the levels that say `values`, which are x' of `Encoder`: preprocessed numbers.
  func encode(_ values: [Float]) -> [Int32] {
    let limit = Float(levels)
    var units = [Int32](repeating: 0, count: values.count)
    for i in units.indices {
      let quotient = values[i] / resolution[i % resolution.count]
      let rounded = quotient.rounded(.toNearestOrAwayFromZero)
      // Compared before the conversion, because Float(levels) may round up to 2^31.
      units[i] =
        rounded >= limit ? levels : rounded <= -limit ? -levels : Int32(rounded)
    }
    return units
  }
}

/// A decoder made ready to run.
struct OutputEnd: Sendable {
  /// The step that is read.
  var step: Int
  /// The number of outputs.
  var count: Int
  /// The number of channels, over which a softmax runs.
  var channels: Int
  /// What is read.
  var reading: Decoder.Reading
  /// The real value of a unit of potential or of an emitted unit, one or one a channel.
  var unit: [Float]
  /// The thresholds, where first spikes are read, one or one a channel or a neuron.
  var threshold: [Int32]
  /// The ticks of the code.
  var timesteps: Int
  /// The function applied.
  var function: Decoder.Function
  /// The ticks that are left out.
  var start: Int

  /// Returns the outputs after `ticks` ticks, 1 unless `rate`.
  ///
  /// - Parameters:
  ///   - potentials: [neurons].
  ///   - record: what was noted of the output so far.
  ///   - ticks: the ticks executed.
  /// - Returns: [outputs].
  func decode(_ potentials: [Int32], _ record: OutputRecord, ticks: Int) -> [Float] {
    let isLate = start > 0 && ticks > start
    let duration = Double(isLate ? ticks - start : ticks)
    let y = potentials.indices.map { i in
      switch reading {
      case .potential:
        let before = isLate ? record.potentials[i] : 0
        return (Double(potentials[i]) - Double(before)) * Double(unit[i % unit.count]) / duration
      case .count:
        let before = isLate ? record.skipped[i] : 0
        return Double(record.counts[i] - before) * Double(unit[i % unit.count]) / duration
      case .firstSpike:
        return firstSpike(of: i, potentials[i], isLate ? record.lateFirst : record.first)
      }
    }
    return applied(to: y)
  }

  /// Returns when neuron `i` fired first, as `Decoder` says.
  private func firstSpike(
    of i: Int, _ potential: Int32, _ first: [OutputRecord.FirstSpike?]
  ) -> Double {
    let (theta, window) = (Double(threshold[i % threshold.count]), Double(timesteps))
    guard let spike = first[i] else {
      return (min(Double(potential) / theta, 1) - 1) / window
    }
    return (window - Double(spike.tick) + min(Double(spike.potential) / theta, 1)) / window
  }

  /// Returns the function of `y`.
  private func applied(to y: [Double]) -> [Float] {
    switch function {
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

/// Returns the position of the largest element, the first of equals.
func largestPosition(_ values: ArraySlice<Float>) -> Int {
  var best = values.startIndex
  for i in values.indices where values[i] > values[best] { best = i }
  return best - values.startIndex
}
