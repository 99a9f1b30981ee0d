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
  /// The largest magnitude of a unit.
  var levels: Int32
  /// The real value of a unit, one or one a channel.
  var quantum: [Float]

  /// Returns the units that say `values`, which are x' of `Encoder`: preprocessed numbers.
  func encode(_ values: [Float]) -> [Int32] {
    let limit = Float(levels)
    var units = [Int32](repeating: 0, count: values.count)
    for i in units.indices {
      let quotient = values[i] / quantum[i % quantum.count]
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
  /// The real value of a unit of potential, one or one a channel.
  var unit: [Float]
  /// The function applied.
  var function: Decoder.Function

  /// Returns the outputs that `potentials` mean after `ticks` ticks, 1 unless `rate`.
  func decode(_ potentials: [Int32], ticks: Int) -> [Float] {
    let y = potentials.indices.map { i in
      Double(potentials[i]) * Double(unit[i % unit.count]) / Double(ticks)
    }
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
