import Diagnostics
import PluginAPI
import SpikeIR
import SpikeInterpreter
import SpikePasses
import Testing

@Suite("Fake quantizations are relaxed") struct RelaxQuantizationTests {

  /// Returns the operators behind the input after the pass, and what it reports.
  private func relaxed(
    _ ops: [Op], _ options: String = ""
  ) throws -> (ops: [Op], diagnostics: [Diagnostic]) {
    var graph = ANNGraph(name: "q")
    var last = try graph.add("x", .input, shape: [4])
    for (i, op) in ops.enumerated() { last = try graph.add("n\(i)", op, [last]) }
    graph.outputs = [last]
    let (program, context) = try compiled(graph, "relax-quantization\(options),simplify", [])
    guard case .ann(let result) = program else { throw TestFailure("level changed") }
    return (result.nodes.elements.dropFirst().map(\.op), context.sink.diagnostics)
  }

  private let unsigned = Op.fakeQuantize(FakeQuantize(scale: 0.5, low: 0, high: 15))
  private let shifted = Op.fakeQuantize(
    FakeQuantize(scale: 0.5, zeroPoint: -8, low: -8, high: 7))
  private let signed = Op.fakeQuantize(FakeQuantize(scale: 0.5, zeroPoint: 1, low: -8, high: 7))

  @Test("a range from 0 is a rectifier") func rectifier() throws {
    let expected = Op.activation(Activation(.relu, maximum: 7.5))
    #expect(try relaxed([unsigned]).ops == [expected])
    #expect(try relaxed([shifted]).ops == [expected])
    #expect(try relaxed([.activation(.relu), unsigned]).ops == [expected])
  }

  @Test("a range that the operand keeps anyway is nothing") func insideRange() throws {
    let six = Op.activation(Activation(.relu, maximum: 6))
    #expect(try relaxed([six, unsigned]).ops == [six])
    #expect(try relaxed([six, signed]).ops == [six])
    let (ops, _) = try relaxed([unsigned, .reshape(Reshape([2, 2])), unsigned])
    #expect(ops == [.activation(Activation(.relu, maximum: 7.5)), .reshape(Reshape([2, 2]))])
    #expect(try relaxed([.softmax(Softmax()), signed]).ops == [.softmax(Softmax())])
    let wide = Op.activation(Activation(.relu, maximum: 9))
    #expect(try relaxed([wide, unsigned]).ops == [.activation(Activation(.relu, maximum: 7.5))])
  }

  @Test("a range with both signs is dropped, or clips if asked") func bothSigns() throws {
    #expect(try relaxed([signed]).ops == [])
    let (ops, _) = try relaxed([signed], "{signed=clip}")
    #expect(ops.count == 3 && ops[1] == .activation(Activation(.relu, maximum: 7.5)))
  }

  @Test("clipping at both ends is exact") func clipsExactly() throws {
    var graph = ANNGraph(name: "q")
    let x = try graph.add("x", .input, shape: [5])
    graph.outputs = [try graph.add("y", signed, [x])]
    let (program, _) = try compiled(graph, "relax-quantization{signed=clip}", [])
    guard case .ann(let result) = program else { throw TestFailure("level changed") }
    let found = try ANNExecutor(result).run([[-10, -4.5, 0.25, 3, 10]])
    #expect(found == [[-4.5, -4.5, 0.25, 3, 3]])
  }

  @Test(
    "a quantized network becomes spikes that say what it says", arguments: ["weighted", "phased"])
  func converts(code: String) throws {
    var b = NetworkBuilder(seed: 31)
    let one = Padding(top: 1, left: 1, bottom: 1, right: 1)
    func quantized(_ x: NodeID, _ scale: Float, signed: Bool = false) throws -> NodeID {
      let zero = signed ? 128 : 0
      return try b.node(
        .fakeQuantize(FakeQuantize(scale: scale, zeroPoint: zero, low: 0, high: 255)), x)
    }
    let x = try quantized(b.input([6, 6, 2]), 1 / 127, signed: true)
    let y = try quantized(b.conv(x, 5, padding: one), 0.01)
    let z = try quantized(b.conv(y, 5, padding: one), 0.02, signed: true)
    let pooled = try b.pool(.maximum, quantized(b.combine(.add, y, z), 0.02))
    let graph = try b.classifier(quantized(pooled, 0.02))
    let inputs = b.samples(count: 4)
    let expected = try ANNExecutor(graph).outputs(of: inputs)
    let pipeline =
      "simplify,relax-quantization,simplify,calibrate{method=max},"
      + "convert{code=\(code),timesteps=\(code == "weighted" ? 10 : 1023),input-levels=1023}"
    let (program, context) = try compiled(graph, pipeline + ",quantize", inputs)
    guard case .snn(let spiking) = program else { throw TestFailure("not converted") }
    let network = try QuantizedNetwork(spiking)
    #expect(largestError(try inputs.map { try network.run($0).outputs }, expected) <= 0.04)
    #expect(context.sink.diagnostics.map(\.id) == ["relax-quantization.dropped"])
    // The conversion needs neurons for the rectifiers, the maxima and the readout only.
    #expect(spiking.populations.count == 5)
  }

  @Test("the user is told, once") func warns() throws {
    let diagnostics = try relaxed([unsigned, signed, unsigned]).diagnostics
    #expect(diagnostics.map(\.id) == ["relax-quantization.dropped"])
    #expect(diagnostics.map(\.severity) == [.warning])
    #expect(diagnostics[0].message.contains("3 quantized activations"))
    #expect(try relaxed([.activation(.relu)]).diagnostics.isEmpty)
  }

  @Test("conversion asks for the pass") func isNeeded() throws {
    var b = NetworkBuilder(seed: 1)
    let x = try b.dense(b.node(unsigned, b.dense(b.input([4]), 5)), 3)
    b.graph.outputs = [x]
    let error = #expect(throws: CompileError.self) {
      try compiled(b.graph, "calibrate,convert", b.samples(count: 2))
    }
    #expect(error?.diagnostics.map(\.id) == ["convert.unsupported-operator"])
    #expect(error?.diagnostics[0].message.contains("relax-quantization") ?? false)
  }
}
