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

  /// Returns the levels that each source says for `inputs`, by population; empty elsewhere.
  ///
  /// q = min(max(round(x'/step), −levels), levels), halves away from zero.
  ///
  /// - Parameter inputs: one list of preprocessed values for each encoder.
  /// - Returns: [population][neuron].
  /// - Throws: `simulator.bad-input` if a list has the wrong length or holds NaN.
  func encode(_ inputs: [[Float]]) throws(Diagnostic) -> [[Int32]] {
    guard inputs.count == graph.encoders.count else {
      throw .badInput("\(inputs.count, of: "input") for \(graph.encoders.count, of: "encoder")")
    }
    var units = [[Int32]](repeating: [], count: graph.populations.count)
    for (e, encoder) in graph.encoders.enumerated() {
      guard inputs[e].count == quanta[e].count, !inputs[e].contains(where: \.isNaN) else {
        throw .badInput(
          "input \(e) must be \(quanta[e].count, of: "number"), found "
            + "\(inputs[e].count, of: "value")")
      }
      let limit = Double(encoder.levels)
      units[encoder.population.index] = zip(inputs[e], quanta[e]).map { (x, quantum) in
        let rounded = Double((x / quantum).rounded(.toNearestOrAwayFromZero))
        return Int32(min(max(rounded, -limit), limit))
      }
    }
    return units
  }

  /// Returns what each source emits in the ticks of `rate`, by population; `nil` elsewhere.
  func spikeTrains(saying levels: [[Int32]], image: Int) -> [SpikeTrain?] {
    var result = [SpikeTrain?](repeating: nil, count: levels.count)
    for (e, encoder) in graph.encoders.enumerated() {
      let p = encoder.population
      result[p.index] = SpikeTrain(
        encoder, at: e, saying: levels[p.index], image: image, timesteps: graph[p].code.timesteps)
    }
    return result
  }

  /// Returns the outputs of the network, in double precision, rounded once at the end.
  ///
  /// - Parameters:
  ///   - run: what happened.
  ///   - ticks: n, the number of ticks under `rate`, 1 otherwise.
  /// - Returns: one list of values for each decoder.
  func decode(_ run: DecodedRun, ticks: Int) -> [[Float]] {
    graph.decoders.indices.map { d in
      let decoder = graph.decoders[d]
      let start = decoder.start < ticks ? decoder.start : 0
      let values =
        switch decoder.reading {
        case .potential: gainedPotentials(d, run, from: start, ticks)
        case .count: countedUnits(d, run, from: start, ticks)
        case .firstSpike: firstSpikes(d, run, from: start)
        }
      let channels = graph[decoder.population].shape.channels
      return decoder.function.applied(to: values, channels: channels).map { Float($0) }
    }
  }

  /// Returns (v(n) − v(t0)) · unit / (n − t0).
  private func gainedPotentials(
    _ d: Int, _ run: DecodedRun, from start: Int, _ ticks: Int
  ) -> [Double] {
    let p = graph.decoders[d].population.index
    return run.potentials[p].indices.map { n in
      let before = start == 0 ? 0 : run.history[p][start - 1][n]
      return (Double(run.potentials[p][n]) - Double(before)) * Double(outputUnits[d][n])
        / Double(ticks - start)
    }
  }

  /// Returns (c(n) − c(t0)) · quantum / (n − t0) + offset.
  private func countedUnits(
    _ d: Int, _ run: DecodedRun, from start: Int, _ ticks: Int
  ) -> [Double] {
    let p = graph.decoders[d].population.index
    return outputUnits[d].indices.map { n in
      let count = run.units[p][start...].reduce(0) { $0 + Int($1[n]) }
      return Double(count) * Double(outputUnits[d][n]) / Double(ticks - start)
        + Double(graph.decoders[d].offset)
    }
  }

  /// Returns who fired first, as `Decoder` says.
  private func firstSpikes(_ d: Int, _ run: DecodedRun, from start: Int) -> [Double] {
    let p = graph.decoders[d].population.index
    let window = Double(graph[graph.decoders[d].population].code.timesteps)
    return outputUnits[d].indices.map { n in
      let theta = Double(populations[p].threshold[n])
      guard let tick = run.units[p][start...].firstIndex(where: { $0[n] > 0 }) else {
        return (min(Double(run.potentials[p][n]) / theta, 1) - 1) / window
      }
      return (window - Double(tick + 1) + min(Double(run.history[p][tick][n]) / theta, 1)) / window
    }
  }
}

/// What decoders look at.
struct DecodedRun {
  /// What was emitted, [population][entry][neuron].
  var units: [[[Int32]]]
  /// The potentials at the end, [population][neuron].
  var potentials: [[Int32]]
  /// Under `rate`, the potentials after each tick, [population][tick][neuron].
  var history: [[[Int32]]] = []
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
