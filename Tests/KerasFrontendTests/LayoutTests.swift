// Every network computes the same in every layout of files that the frameworks write.

import Diagnostics
import FoundationEssentials
import PluginAPI
import SpikeIR
import TestSupport
import Testing

@Suite("Layouts of Keras files") struct LayoutTests {

  /// The layouts: the ending of the file, and what its format is called.
  static let layouts = [
    "h5": "Keras whole model, HDF5", "keras": "Keras archive (.keras)",
    "deflated.keras": "Keras archive (.keras)",
    "weights.h5": "Keras weights by layer number (.weights.h5), HDF5",
    "legacy-weights.h5": "Keras weights by layer name, HDF5",
  ]

  /// The networks in the layouts of each version of Keras.
  static let networks = Fixture.all(
    [
      "k1.2.2", "k1.2.2-theano", "k2", "k2.1.6", "k2.2.4", "k2.3.1", "k2.4.0", "k2.12.0", "k3",
      "k3.0.5",
    ].map { "generations/\($0)" })

  /// The layer fixtures in several layouts.
  static let layers = Fixture.all(["k2", "k3"]).filter { $0.exists("keras") }

  @Test("there are networks of all generations") func exist() {
    #expect(LayoutTests.networks.count >= 30)
    #expect(LayoutTests.layers.count >= 10)
  }

  @Test(
    "a network computes what the framework computed", arguments: networks + layers,
    layouts.keys.sorted())
  func matches(_ fixture: Fixture, _ layout: String) throws {
    let isBare = layout.contains("weights")
    guard fixture.exists(layout), !isBare || fixture.exists("json") else { return }
    let (model, warnings) = try load(
      fixture.path(layout), architecture: isBare ? fixture.path("json") : nil)
    #expect(warnings == [])
    #expect(model.provenance.format == LayoutTests.layouts[layout])
    #expect(model.provenance.writer == "Keras")
    let folder = fixture.name.split(separator: "/").dropLast().last ?? ""
    let versions = ["k2": "2.15.0", "k3": "3.15.1"]
    let written =
      versions[String(folder)] ?? String(folder.dropFirst().split(separator: "-").first ?? "")
    // The description alone does not say the version of Keras 3.
    let isVague = layout == "weights.h5" && written.hasPrefix("3")
    #expect(model.provenance.version?.hasPrefix(isVague ? "3" : written) == true)
    try expectSameOutputs(model.graph, fixture)
  }

  @Test("weights alone ask for the description of the network", arguments: ["k2", "k3"])
  func withoutArchitecture(_ generation: String) {
    for layout in ["weights.h5", "legacy-weights.h5"] {
      let error = loadingError("\(fixtures)/generations/\(generation)/plain.\(layout)")
      #expect(error?.diagnostics.map(\.id) == ["keras.weights-only"])
      #expect(error?.diagnostics.first?.notes.first?.contains("to_json()") == true)
    }
  }

  @Test("a model that describes itself takes no other description", arguments: ["h5", "keras"])
  func withArchitecture(_ layout: String) {
    let path = "\(fixtures)/generations/k3/plain"
    let error = loadingError("\(path).\(layout)", architecture: "\(path).json")
    #expect(error?.diagnostics.map(\.id) == ["keras.unused-architecture"])
    #expect(error?.exitCode == .usage)
  }

  @Test("a description alone is not a model") func onlyArchitecture() {
    let error = loadingError("\(fixtures)/generations/k3/plain.json")
    #expect(error?.diagnostics.map(\.id) == ["keras.architecture-only"])
  }

  @Test("each difference between a description and the weights is named", arguments: ["k2", "k3"])
  func mismatch(_ generation: String) {
    let folder = "\(fixtures)/generations/\(generation)"
    for layout in ["weights.h5", "legacy-weights.h5"] {
      let error = loadingError("\(folder)/residual.\(layout)", architecture: "\(folder)/plain.json")
      let ids = Set(error?.diagnostics.map(\.id) ?? [])
      #expect(!ids.isEmpty)
      #expect(
        ids.isSubset(of: [
          "keras.missing-weights", "keras.unmatched-weights", "keras.bad-weights",
        ]))
      #expect((error?.diagnostics.count ?? 0) > 3)
    }
  }

  @Test("all weights of a wrong shape are named in one run") func wrongShapes() throws {
    let path = "\(fixtures)/generations/k3/mlp"
    let text = try String(contentsOf: URL(filePath: path + ".json"), encoding: .utf8)
    var wrong = text
    var count = 0
    for units in [64, 32, 24, 20, 16, 12, 10] where text.contains("\"units\": \(units),") {
      wrong = wrong.replacing("\"units\": \(units),", with: "\"units\": \(units + 1),")
      count += 1
    }
    try #require(count >= 2)
    let json = try TemporaryFile(Array(wrong.utf8))
    let error = loadingError(path + ".weights.h5", architecture: json.path)
    #expect(Set(error?.diagnostics.map(\.id) ?? []) == ["keras.bad-weights"])
    #expect((error?.diagnostics.count ?? 0) >= 4)
  }
}
