// Descriptions of models: the ways to write the same graph, and the order of calls.

import Diagnostics
import JSONReading
import Testing

@testable import KerasFrontend

@Suite("Keras model descriptions") struct ModelParserTests {

  private func parse(_ text: String, _ generation: Generation = .two) throws -> ModelSpec {
    try ModelParser(
      origin: ConfigPlace(file: "m.h5", part: "model_config"), generation: generation
    ).parse(try JSON(parsing: text))
  }

  private func id(_ text: String, _ generation: Generation = .two) -> String? {
    #expect(throws: Diagnostic.self) { _ = try parse(text, generation) }?.id
  }

  /// Returns a layer of a Functional model as text.
  private func layer(_ name: String, _ calls: String, className: String = "ReLU") -> String {
    #"{"class_name": "\#(className)", "name": "\#(name)", "config": {"name": "\#(name)"}, "#
      + #""inbound_nodes": [\#(calls)]}"#
  }

  /// Returns a Functional model as text.
  private func functional(_ layers: [String], outputs: String) -> String {
    #"{"class_name": "Functional", "config": {"name": "m", "layers": ["#
      + ([layer("in", "", className: "InputLayer")] + layers).joined(separator: ", ")
      + #"], "input_layers": [["in", 0, 0]], "output_layers": \#(outputs)}}"#
  }

  @Test("a chain in both generations' words") func generations() throws {
    let two = functional([layer("a", #"[["in", 0, 0, {}]]"#)], outputs: #"[["a", 0, 0]]"#)
    let tensor = #"{"class_name": "__keras_tensor__", "config": {"keras_history": ["in", 0, 0]}}"#
    let three = functional(
      [layer("a", #"{"args": [\#(tensor)], "kwargs": {"mask": null}}"#)],
      outputs: #"["a", 0, 0]"#)
    let expected = [Reference(layer: "in", call: 0, result: 0)]
    for (text, generation) in [(two, Generation.two), (three, .three)] {
      let model = try parse(text, generation)
      #expect(model.inputs == expected)
      #expect(model.outputs == [Reference(layer: "a", call: 0, result: 0)])
      #expect(model.layers[1].calls.map(\.operands) == [expected])
      #expect(model.order.map(\.layer) == [0, 1])
    }
  }

  @Test("a Sequential without an input layer gets one") func sequential() throws {
    let model = try parse(
      #"{"class_name": "Sequential", "config": [{"class_name": "Dense", "config": {"#
        + #""name": "d", "batch_input_shape": [null, 6]}}, "#
        + #"{"class_name": "ReLU", "config": {"name": "r"}}]}"#)
    #expect(model.layers.map(\.name) == ["d_input", "d", "r"])
    #expect(model.layers[0].isInput)
    #expect(model.outputs == [Reference(layer: "r", call: 0, result: 0)])
  }

  @Test("constants and tensors among the arguments of a TensorFlow function") func constants()
    throws
  {
    let model = try parse(
      functional(
        [
          layer("a", #"["in", 0, 0, {"y": 2.5, "name": null}]"#),
          layer("b", #"["_CONSTANT_VALUE", -1, 1.0, {"y": ["a", 0, 0]}]"#),
        ], outputs: #"[["b", 0, 0]]"#))
    #expect(model.layers[1].calls[0].options["y"] == .number(2.5))
    #expect(
      model.layers[2].calls[0].arguments == [
        .constant(.number(1)), .tensor(Reference(layer: "a", call: 0, result: 0)),
      ])
    #expect(model.layers[2].calls[0].tensorNames == ["y"])
  }

  @Test("layers in any order come out operands first") func order() throws {
    let model = try parse(
      functional(
        [
          layer("c", #"[["b", 0, 0, {}], ["a", 0, 0, {}]]"#, className: "Add"),
          layer("b", #"[["a", 0, 0, {}]]"#), layer("a", #"[["in", 0, 0, {}]]"#),
        ], outputs: #"[["c", 0, 0]]"#))
    #expect(model.order.map { model.layers[$0.layer].name } == ["in", "a", "b", "c"])
  }

  @Test("a chain of 20,000 layers does not need the stack") func deepChain() throws {
    let layers = (0..<20_000).map { i in
      layer("l\(i)", #"[["\#(i == 0 ? "in" : "l\(i - 1)")", 0, 0, {}]]"#)
    }
    let model = try parse(functional(layers, outputs: #"[["l19999", 0, 0]]"#))
    #expect(model.order.count == 20_001)
  }

  @Test("references that lead nowhere") func badReferences() {
    let good = layer("a", #"[["in", 0, 0, {}]]"#)
    for outputs in [#"[["x", 0, 0]]"#, #"[["a", 1, 0]]"#, #"[["a", 0, 1]]"#, #"[["a", -1, 0]]"#] {
      #expect(id(functional([good], outputs: outputs)) == "keras.bad-graph")
    }
    let loop = layer("a", #"[["a", 0, 0, {}]]"#)
    #expect(id(functional([loop], outputs: #"[["a", 0, 0]]"#)) == "keras.bad-graph")
    #expect(id(functional([good, good], outputs: #"[["a", 0, 0]]"#)) == "keras.bad-graph")
  }
}
