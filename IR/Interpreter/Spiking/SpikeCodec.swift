// The boundary of a spiking network in the textbook form: real numbers to units, potentials to
// real numbers. Everything between is integers.

internal import Diagnostics
internal import SpikeIR

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension QuantizedConstants {

  /// Returns the units that each source emits for `inputs`, by population; empty elsewhere.
  ///
  /// q = min(max(round(x'/quantum), −levels), levels), halves away from zero.
  ///
  /// - Parameter inputs: one list of preprocessed values for each encoder.
  /// - Returns: [population][neuron].
  /// - Throws: `simulator.bad-input` if a list has the wrong length or holds NaN.
  func encode(_ inputs: [[Float]]) throws(Diagnostic) -> [[Int32]] {
    guard inputs.count == graph.encoders.count else {
      throw .badInput("\(inputs.count) inputs for \(graph.encoders.count) encoders")
    }
    var units = [[Int32]](repeating: [], count: graph.populations.count)
    for (e, encoder) in graph.encoders.enumerated() {
      guard inputs[e].count == quanta[e].count, !inputs[e].contains(where: \.isNaN) else {
        throw .badInput(
          "input \(e) must be \(quanta[e].count) numbers, found \(inputs[e].count) values")
      }
      let limit = Double(encoder.levels)
      units[encoder.population.index] = zip(inputs[e], quanta[e]).map { (x, quantum) in
        let rounded = Double((x / quantum).rounded(.toNearestOrAwayFromZero))
        return Int32(min(max(rounded, -limit), limit))
      }
    }
    return units
  }

  /// Returns the outputs of the network for the final `potentials` of all populations.
  ///
  /// y = f(v · membraneUnit / n); in double precision, rounded once at the end.
  ///
  /// - Parameters:
  ///   - potentials: [population][neuron].
  ///   - ticks: n, the number of ticks under `rate`, 1 otherwise.
  /// - Returns: one list of values for each decoder.
  func decode(_ potentials: [[Int32]], ticks: Int) -> [[Float]] {
    graph.decoders.indices.map { d in
      let decoder = graph.decoders[d]
      let values = zip(potentials[decoder.population.index], membraneUnits[d]).map { (v, unit) in
        Double(v) * Double(unit) / Double(ticks)
      }
      let channels = graph[decoder.population].shape.channels
      return decoder.function.applied(to: values, channels: channels).map { Float($0) }
    }
  }
}

extension Decoder.Function {

  /// Returns the function of `values`, whose last dimension has the given extent.
  fileprivate func applied(to values: [Double], channels: Int) -> [Double] {
    switch self {
    case .none: return values
    case .sigmoid: return values.map { 1 / (1 + exp(-$0)) }
    case .tanh: return values.map(hyperbolicTangent)
    case .softmax:
      return stride(from: 0, to: values.count, by: channels).flatMap { start in
        let row = values[start..<start + channels]
        let largest = row.max() ?? 0
        let powers = row.map { exp($0 - largest) }
        let sum = powers.reduce(0, +)
        return powers.map { $0 / sum }
      }
    }
  }
}

/// Returns tanh `x`; a name of its own, as a case of the same name hides the library's.
private func hyperbolicTangent(_ x: Double) -> Double { tanh(x) }

extension Diagnostic {

  /// Returns an error about values that the network cannot take.
  static func badInput(_ message: String) -> Diagnostic {
    .error("simulator.bad-input", message)
  }
}
