// Activations as staircases: every level where the function is nearest to it, to the last digit.

import Diagnostics
import PluginAPI
import SpikeIR
import SpikeInterpreter
import SpikePasses
import TestSupport
import Testing

/// A function with the range of its arguments in a test.
struct Curve: CustomStringConvertible, Sendable {
  var op: Activation
  var reach: Float

  init(_ kind: Activation.Kind, alpha: Float = 0, threshold: Float = 0, reach: Float = 6) {
    op = Activation(kind, alpha: alpha, threshold: threshold)
    self.reach = reach
  }

  var description: String { "\(op.kind.rawValue)(\(op.alpha), \(op.threshold))" }

  /// Every function that becomes a staircase.
  static let all: [Curve] = [
    Curve(.sigmoid), Curve(.tanh), Curve(.softplus), Curve(.elu, alpha: 1), Curve(.elu, alpha: 0.3),
    Curve(.elu, alpha: -0.5), Curve(.selu), Curve(.swish), Curve(.gelu), Curve(.geluTanh),
    Curve(.hardSwish), Curve(.softsign, reach: 40), Curve(.mish), Curve(.exponential, reach: 3),
    Curve(.logSigmoid), Curve(.celu, alpha: 0.7), Curve(.tanhShrink), Curve(.squareplusSparse),
    Curve(.squareplus, alpha: 4), Curve(.erf, reach: 3), Curve(.power, alpha: 2, reach: 2),
    Curve(.power, alpha: 3, reach: 2), Curve(.hardShrink, alpha: 0.5),
    Curve(.thresholded, threshold: 1), Curve(.round), Curve(.floor), Curve(.ceiling),
    // What 'expand-activations' would write as rectifiers.
    Curve(.relu, alpha: 0.2), Curve(.relu, alpha: -0.3), Curve(.absolute), Curve(.hardTanh),
    Curve(.hardSigmoid, alpha: 0.2), Curve(.softShrink, alpha: 0.3),
  ]

  /// Returns the network input → function → readout, and samples that fill the range.
  func network(channels: Int = 3) throws -> (graph: ANNGraph, samples: [[[Float]]]) {
    var graph = ANNGraph(name: "curve")
    let x = try graph.add("x", .input, shape: [channels])
    let factors: [Float] = (0..<channels).map { [1, 0.7, 0.2][$0 % 3] }
    let scale = Scale(
      factor: graph.tensors.add("factor", shape: [channels], floats: factors), offset: nil)
    let scaled = try graph.add("scaled", .scale(scale), [x])
    let y = try graph.add("y", .activation(op), [scaled])
    let one = graph.tensors.add(
      "matrix", shape: [channels, 1], floats: .init(repeating: 1, count: channels))
    graph.outputs = [try graph.add("sum", .dense(Dense(kernel: one)), [y])]
    let samples = (-300...300).map { i in
      [[Float](repeating: Float(i) / 300 * reach, count: channels)]
    }
    return (graph, samples)
  }

  /// Returns the function at `arguments`.
  func values(at arguments: [Float]) throws -> [Float] {
    var graph = ANNGraph(name: "function")
    let x = try graph.add("x", .input, shape: [arguments.count])
    graph.outputs = [try graph.add("y", .activation(op), [x])]
    return try ANNExecutor(graph).run([arguments])[0]
  }
}

/// Returns the spiking network of a curve under a code, without 'expand-activations'.
private func spiking(
  _ curve: Curve, _ code: SpikeCode, method: String = "max", quantizes: Bool = true
) throws -> (graph: SpikingGraph, samples: [[[Float]]], context: PassContext) {
  let (graph, samples) = try curve.network()
  let pipeline =
    "calibrate{method=\(method),levels=\(code.levels)},"
    + "convert{code=\(code.keyword),timesteps=\(code.timesteps),input-levels=4095}"
    + (quantizes ? ",quantize" : "")
  let (program, context) = try compiled(graph, pipeline, samples)
  guard case .snn(let result) = program else { throw TestFailure("not converted") }
  return (result, samples, context)
}

extension SpikingGraph {

  /// The population of the activation.
  fileprivate func staircase() throws -> (id: PopulationID, model: Staircase) {
    for id in populations.ids {
      if case .staircase(let model) = self[id].model { return (id, model) }
    }
    throw TestFailure("no staircase")
  }
}

@Suite("Staircases") struct StaircaseTests {

  @Test(
    "say each function to half a level", arguments: Curve.all,
    [SpikeCode.weighted(bits: 5), .phased(timesteps: 12), .weighted(bits: 9)])
  func halfALevel(curve: Curve, code: SpikeCode) throws {
    let (graph, samples, _) = try spiking(curve, code)
    let (id, _) = try graph.staircase()
    let quanta = try graph.tensors.floats(#require(graph[id].quantum))
    let units = try graph.tensors.floats(#require(graph[id].membraneUnit))
    let network = try QuantizedNetwork(graph)
    var said: Set<Int32> = []
    for sample in samples {
      let values = try network.run(sample)
      let arguments = values.potentials[id.index].enumerated().map { Float($1) * units[$0] }
      let wanted = try curve.values(at: arguments)
      for c in wanted.indices {
        let limit = Float(code.levels)
        let exact = min(max(wanted[c] / quanta[c % quanta.count], -limit), limit)
        let q = values.units[id.index][c]
        // Membrane units round thresholds by less than one; jumps may fall to either side.
        #expect(abs(Float(q) - exact) <= 0.5 + 0.02 * limit / 31 || curve.jumps, "\(arguments[c])")
        said.insert(q)
      }
    }
    #expect(said.count >= (curve.jumps ? 4 : min(10, code.levels / 4)))
  }

  @Test("cross the middle between levels at neighbouring numbers", arguments: Curve.all)
  func thresholds(curve: Curve) throws {
    let (graph, _, _) = try spiking(curve, .weighted(bits: 6), quantizes: false)
    let (id, model) = try graph.staircase()
    let quanta = try graph.tensors.floats(#require(graph[id].quantum))
    let thresholds = try graph.tensors.floats(model.thresholds)
    let values = try graph.tensors.integers(model.values).map { Float($0) }
    let columns = thresholds.count / (values.count - 1)
    let reached = thresholds.indices.filter { abs(thresholds[$0]) < 1e29 }
    let (below, at) = (
      try curve.values(at: reached.map { thresholds[$0].nextDown }),
      try curve.values(at: reached.map { thresholds[$0] })
    )
    for (i, k) in reached.enumerated() {
      let quantum = quanta[k % columns % quanta.count]
      let (step, next) = (k / columns, k + columns)
      // Equal thresholds leave values out.
      if next < thresholds.count, thresholds[next] == thresholds[k] { continue }
      if k >= columns, thresholds[k - columns] == thresholds[k] { continue }
      let middle = (values[step] + values[step + 1]) / 2 * quantum
      let rises = values[step + 1] > values[step]
      #expect(rises ? below[i] < middle : below[i] >= middle, "\(curve) \(thresholds[k])")
      #expect(rises ? at[i] >= middle : at[i] < middle, "\(curve) \(thresholds[k])")
    }
    #expect(reached.count >= columns)
  }

  @Test("follow each function under rate", arguments: Curve.all)
  func rate(curve: Curve) throws {
    let code = SpikeCode.rate(timesteps: 40)
    let (graph, samples, _) = try spiking(curve, code)
    let (id, _) = try graph.staircase()
    let quanta = try graph.tensors.floats(#require(graph[id].quantum))
    let units = try graph.tensors.floats(#require(graph[id].membraneUnit))
    let simulator = try ClockSimulator(graph)
    for sample in samples.enumerated().filter({ $0.offset % 40 == 7 }).map(\.element) {
      let trace = try simulator.run(sample).trace
      let arguments = trace.potentials[id.index].enumerated().map { Float($1) * units[$0] / 40 }
      let wanted = try curve.values(at: arguments)
      for c in wanted.indices {
        let exact = min(max(wanted[c] / quanta[c % quanta.count] * 40, -40), 40)
        let said = trace.units[id.index].reduce(0) { $0 + $1[c] }
        #expect(abs(Float(said) - exact) <= 0.6 || curve.jumps, "\(arguments[c])")
      }
    }
  }

  @Test("the error on the samples is reported, and warned of") func residuals() throws {
    let (_, _, fine) = try spiking(Curve(.tanh), .weighted(bits: 6), method: "mmse")
    #expect(fine.sink.diagnostics.map(\.id) == ["calibrate.residual"])
    #expect(fine.sink.diagnostics.map(\.severity) == [.remark])
    let (_, _, coarse) = try spiking(Curve(.tanh), .phased(timesteps: 1), method: "mmse")
    #expect(coarse.sink.diagnostics.map(\.severity) == [.warning])
  }

  @Test(
    "functions with gaps are refused by name",
    arguments: [
      Activation(.squareRoot), Activation(.logarithm), Activation(.reciprocal),
      Activation(.power, alpha: 0.5), Activation(.relu, alpha: 0.1, threshold: -1),
    ])
  func refused(op: Activation) throws {
    var b = NetworkBuilder(seed: 1)
    let y = try b.node(.activation(op), b.dense(b.input([4]), 3))
    let graph = try b.classifier(y)
    let error = #expect(throws: CompileError.self) {
      try compiled(graph, exact + ",calibrate,convert", b.samples(count: 2))
    }
    #expect(error?.diagnostics.map(\.id) == ["convert.unsupported-operator"])
    #expect(error?.diagnostics.first?.message.contains("'\(op.kind.rawValue)'") == true)
  }
}

extension Curve {

  /// `true` iff the function jumps, so that it is away from every level in places.
  fileprivate var jumps: Bool {
    switch op.kind {
    case .hardShrink, .thresholded, .round, .floor, .ceiling: true
    default: false
    }
  }
}
