import Diagnostics
import PluginAPI
import SpikeIR
import SpikePasses
import Testing

@Suite("Calibration and quantization") struct QuantizeTests {

  /// A rectifier on one dense layer, converted and quantized.
  private func spiking(_ pipeline: String) throws -> (float: SpikingGraph, integer: SpikingGraph) {
    var b = NetworkBuilder(seed: 11)
    let graph = try b.classifier(b.relu(b.dense(b.input([6]), 5)))
    let inputs = b.samples(count: 50)
    let (float, _) = try compiled(graph, "calibrate,convert{code=weighted,timesteps=4}", inputs)
    let (integer, _) = try compiled(graph, pipeline, inputs)
    guard case .snn(let first) = float, case .snn(let second) = integer else {
      throw TestFailure("not converted")
    }
    return (first, second)
  }

  @Test(
    "units times integers give back weights and thresholds",
    arguments: [("2", 1), ("ternary", 1), ("3", 3), ("4", 7), ("7", 63), ("8", 127)]
      as [(String, Float)])
  func reconstructs(bits: String, largest: Float) throws {
    let pipeline = "calibrate,convert{code=weighted,timesteps=4},quantize{bits=\(bits)}"
    let (float, integer) = try spiking(pipeline)
    for id in float.projections.ids {
      let target = integer[integer[id].target]
      let unit = try integer.tensors.floats(try #require(target.membraneUnit))
      let wanted = try float.tensors.floats(try #require(float[id].kind.weights))
      let found = try integer.tensors.floats(try #require(integer[id].kind.weights))
      for i in wanted.indices {
        let scale = unit[i % unit.count] * Float(1 << integer[id].shift)
        #expect(abs(found[i] * scale - wanted[i]) <= 0.5 * scale * 1.0001)
        #expect(abs(found[i]) <= largest)
      }
    }
    for id in float.populations.ids {
      guard case .integrateAndFire(let a) = float[id].model,
        case .integrateAndFire(let b) = integer[id].model
      else { continue }
      let unit = try integer.tensors.floats(try #require(integer[id].membraneUnit))
      let wanted = try float.tensors.floats(a.threshold)
      let found = try integer.tensors.floats(b.threshold)
      for c in wanted.indices {
        #expect(abs(found[c] * unit[c] - wanted[c]) <= 1e-6 * wanted[c], "exact by construction")
      }
    }
  }

  @Test("few-bit weights leave thresholds fine", arguments: ["2", "4", "binary"])
  func fineThresholds(bits: String) throws {
    let (_, integer) = try spiking(
      "calibrate,convert{code=weighted,timesteps=4},quantize{bits=\(bits)}")
    for population in integer.populations.elements {
      guard case .integrateAndFire(let model) = population.model else { continue }
      #expect(try integer.tensors.integers(model.threshold).allSatisfy { $0 >= 256 })
    }
  }

  @Test("binary weights are −1 and 1, with the mean magnitude as scale") func binary() throws {
    let (float, integer) = try spiking(
      "calibrate,convert{code=weighted,timesteps=4},quantize{bits=binary}")
    for id in float.projections.ids {
      let weights = try float.tensors.floats(try #require(float[id].kind.weights))
      let found = try integer.tensors.integers(try #require(integer[id].kind.weights))
      #expect(found.allSatisfy { abs($0) == 1 })
      let unit = try integer.tensors.floats(try #require(integer[integer[id].target].membraneUnit))
      for (w, q) in zip(weights, found) where w != 0 { #expect((w < 0) == (q < 0)) }
      for c in unit.indices {
        let own = stride(from: c, to: weights.count, by: unit.count).map { abs(weights[$0]) }
        let mean = own.reduce(0, +) / Float(own.count)
        let scale = unit[c] * Float(1 << integer[id].shift)
        #expect(abs(scale / mean - 1) < 0.01)
      }
    }
  }

  @Test("thresholds are powers of two where scales are", arguments: ["8", "4"])
  func powersOfTwo(bits: String) throws {
    let (_, integer) = try spiking(
      "calibrate,convert{code=weighted,timesteps=4},"
        + "quantize{bits=\(bits),scales=power-of-two,clip=mmse}")
    for population in integer.populations.elements {
      let unit = try population.membraneUnit.map { try integer.tensors.floats($0) } ?? []
      switch population.model {
      case .integrateAndFire(let model):
        let thresholds = try integer.tensors.integers(model.threshold)
        #expect(thresholds.allSatisfy { $0.nonzeroBitCount == 1 })
      case .integrator: #expect(unit.allSatisfy { $0.significand == 1 })
      default: break
      }
    }
  }

  @Test("channels share a unit where tensors have one scale") func perTensor() throws {
    let (float, integer) = try spiking(
      "calibrate,convert{code=weighted,timesteps=4},quantize{scales=tensor}")
    for id in integer.populations.ids {
      guard let membrane = integer[id].membraneUnit else { continue }
      let unit = try integer.tensors.floats(membrane)
      #expect(Set(unit).count == 1)
      guard case .integrateAndFire(let a) = float[id].model,
        case .integrateAndFire(let b) = integer[id].model
      else { continue }
      let wanted = try float.tensors.floats(a.threshold)
      let found = try integer.tensors.integers(b.threshold)
      for c in wanted.indices { #expect(abs(Float(found[c]) * unit[c] - wanted[c]) <= unit[c]) }
    }
  }

  @Test("least-squares scales leave smaller errors than the largest weight's")
  func leastSquaresScales() throws {
    func error(_ options: String) throws -> Float {
      let (float, integer) = try spiking(
        "calibrate,convert{code=weighted,timesteps=4},quantize{\(options)}")
      var sum: Float = 0
      for id in float.projections.ids {
        let unit = try integer.tensors.floats(
          try #require(integer[integer[id].target].membraneUnit))
        let wanted = try float.tensors.floats(try #require(float[id].kind.weights))
        let found = try integer.tensors.floats(try #require(integer[id].kind.weights))
        for i in wanted.indices {
          let scale = unit[i % unit.count] * Float(1 << integer[id].shift)
          sum += (found[i] * scale - wanted[i]) * (found[i] * scale - wanted[i])
        }
      }
      return sum
    }
    // Weights that are spread evenly, as these are, gain by clipping where there are three levels; with
    // two the mean magnitude, from which plain scales come, is the best to begin with.
    for (bits, part) in [("4", 1.0), ("3", 1.0), ("ternary", 0.97), ("binary", 1.01)] {
      let (found, plain) = (try error("bits=\(bits),clip=mmse"), try error("bits=\(bits)"))
      #expect(found <= Float(part) * plain, "\(bits): \(found), \(plain)")
    }
  }

  @Test("feedback needs samples and an executor") func needsData() throws {
    let error = #expect(throws: CompileError.self) {
      try spiking("calibrate,convert{code=weighted,timesteps=4},quantize{rounding=gptq}")
    }
    #expect(error?.diagnostics.map(\.id) == ["pass.no-simulator"])
  }

  @Test("the least-squares threshold beats its neighbours") func leastSquares() throws {
    var builder = NetworkBuilder(seed: 12)
    let values = (0..<4000).map { _ -> Float in
      let x = builder.number(0, 1)
      return x * x * x * 3
    }
    var b = NetworkBuilder(seed: 13)
    let x = try b.input([1])
    b.graph.outputs = [try b.relu(x)]
    let (program, _) = try compiled(
      b.graph, "calibrate{levels=7}", values.map { [[$0]] })
    guard case .ann(let graph) = program else { throw TestFailure("level changed") }
    let id = try #require(graph[graph.outputs[0]].threshold)
    let threshold = Double(try graph.tensors.floats(id)[0])
    func error(_ t: Double) -> Double {
      values.reduce(0) { sum, x in
        let q = min((Double(x) * 7 / t).rounded(), 7) * t / 7
        return sum + (Double(x) - q) * (Double(x) - q)
      }
    }
    for factor in [0.8, 0.9, 0.95, 1.05, 1.1, 1.25] {
      #expect(error(threshold) <= error(threshold * factor) * 1.001, "factor \(factor)")
    }
  }

  @Test("percentile and maximum are what they say") func percentile() throws {
    let values = (1...1000).map { Float($0) / 1000 }
    func threshold(_ pipeline: String) throws -> Float {
      var b = NetworkBuilder(seed: 14)
      let x = try b.input([1])
      b.graph.outputs = [try b.relu(x)]
      let (program, _) = try compiled(b.graph, pipeline, values.map { [[$0]] })
      guard case .ann(let graph) = program else { throw TestFailure("level changed") }
      return try graph.tensors.floats(try #require(graph[graph.outputs[0]].threshold))[0]
    }
    #expect(try threshold("calibrate{method=max}") == 1)
    let found = try threshold("calibrate{method=percentile,percentile=90}")
    #expect(abs(found - 0.9) <= 2 / 1024)
  }

  @Test("a rectifier's maximum bounds its threshold") func maximum() throws {
    var b = NetworkBuilder(seed: 15)
    let x = try b.input([1])
    b.graph.outputs = [try b.relu(x, maximum: 0.25)]
    let (program, _) = try compiled(
      b.graph, "calibrate{method=max}", [[[0.9]], [[0.1]]])
    guard case .ann(let graph) = program else { throw TestFailure("level changed") }
    #expect(try graph.tensors.floats(try #require(graph[graph.outputs[0]].threshold)) == [0.25])
  }

  @Test("silent channels get a usable threshold") func silentChannel() throws {
    var b = NetworkBuilder(seed: 16)
    let x = try b.input([2])
    b.graph.outputs = [try b.relu(x)]
    let (program, _) = try compiled(
      b.graph, "calibrate{method=max}", [[[0.5, -1]], [[0.25, -2]]])
    guard case .ann(let graph) = program else { throw TestFailure("level changed") }
    #expect(
      try graph.tensors.floats(try #require(graph[graph.outputs[0]].threshold)) == [0.5, 0.5])
  }
}
