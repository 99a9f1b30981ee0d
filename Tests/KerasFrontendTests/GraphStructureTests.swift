// The graphs that fixtures become: names, layouts, shared tensors, the table of layers.

import Diagnostics
import HDF5
import JSONReading
import PluginAPI
import SpikeIR
import Testing

@testable import KerasFrontend

@Suite("graphs of Keras models") struct GraphStructureTests {

  private func load(_ name: String) throws -> ANNGraph {
    var sink = DiagnosticSink()
    return try KerasFrontend().load(
      path: "\(fixtures)/\(name).h5", options: ImportOptions(), sink: &sink
    ).graph
  }

  private func names(_ graph: ANNGraph) -> [String] {
    graph.ids.map { graph[$0].name }
  }

  private func mnemonics(_ graph: ANNGraph) -> [String] {
    graph.ids.map { graph[$0].op.mnemonic }
  }

  @Test("an activation becomes a node of its own", arguments: ["k2", "k3"])
  func activation(_ generation: String) throws {
    let graph = try load("\(generation)/conv2d_relu")
    #expect(mnemonics(graph) == ["input", "conv2d", "activation"])
    #expect(names(graph) == ["in", "conv2d", "conv2d/activation"])
    #expect(graph.tensors.ids.map { graph.tensors[$0].name } == ["conv2d/kernel", "conv2d/bias"])
  }

  @Test("a line becomes an image of height 1") func line() throws {
    let graph = try load("k3/conv1d_valid")
    #expect(mnemonics(graph) == ["input", "reshape", "conv2d", "reshape"])
    #expect(graph.ids.map { graph[$0].shape } == [[11, 4], [1, 11, 4], [1, 9, 5], [9, 5]])
  }

  @Test("a separable convolution becomes two, the first depthwise") func separable() throws {
    let graph = try load("k3/separable_conv2d_mult2")
    let groups = graph.ids.compactMap { id in
      if case .conv2d(let conv) = graph[id].op { conv.groups } else { nil }
    }
    #expect(groups == [3, 1])
    #expect(names(graph) == ["in", "separable_conv2d/depthwise", "separable_conv2d"])
  }

  @Test("images stay channels last between layers that have the channels first")
  func channelsFirst() throws {
    let graph = try load("k3/channels_first_to_dense")
    #expect(
      mnemonics(graph)
        == ["input", "transpose", "conv2d", "batch-norm", "pool", "reshape", "dense"])
  }

  @Test("dropout vanishes") func dropout() throws {
    #expect(try mnemonics(load("k2/dropout")) == ["input", "conv2d", "conv2d"])
  }

  @Test("a shared layer has one set of tensors and distinct names", arguments: ["k2", "k3"])
  func shared(_ generation: String) throws {
    let graph = try load("\(generation)/shared_layer_chain")
    #expect(
      names(graph) == ["in", "again", "again/activation", "re_lu", "again#2", "again#2/activation"])
    #expect(graph.tensors.count == 2)
  }

  @Test("a nested model used twice is unfolded twice", arguments: ["k2", "k3"])
  func nested(_ generation: String) throws {
    let graph = try load("\(generation)/nested_twice")
    #expect(names(graph).filter { $0.hasSuffix("/conv2d") } == ["inner/conv2d", "inner#2/conv2d"])
    #expect(graph.tensors.count == 12)
    #expect(graph.inputs.map { graph[$0].name } == ["a", "b"])
  }

  @Test("inputs and outputs are in the model's order") func ends() throws {
    let graph = try load("k3/nested_two_inputs_two_outputs")
    #expect(graph.inputs.map { graph[$0].name } == ["a", "b"])
    #expect(graph.outputs.map { graph[$0].name } == ["conv2d_1", "re_lu"])
  }

  @Test("every layer of the table occurs in a fixture, or is named here") func coverage() throws {
    // Aliases, and an operation that shares its code with the activation of the same name.
    let rare: Set<String> = [
      "BatchNormalizationV1", "BatchNormalizationV2", "SyncBatchNormalization", "Mish",
    ]
    var seen: Set<String> = []
    for fixture in Fixture.all(["k2", "k3"]) {
      let file = try HDF5File(readingAt: fixture.path("h5"))
      collect(try JSON(parsing: try file.string(attribute: "model_config")), into: &seen)
    }
    let unseen = LayerDefinition.all.map(\.className).filter { !seen.contains($0) }
    #expect(Set(unseen) == rare)
    let layers = KerasFrontend().layers
    for layer in layers where layer.name != "InputLayer" {
      #expect(
        layer.sample != nil || ModelParser.modelClasses.contains(layer.name), "\(layer.name)")
    }
    let names = layers.map(\.name)
    #expect(Set(names).count == names.count)
  }

  private func collect(_ json: JSON, into names: inout Set<String>) {
    if let name = json["class_name"]?.string { names.insert(name) }
    for child in (json.elements ?? []) + (json.members ?? [:]).values {
      collect(child, into: &names)
    }
  }
}
