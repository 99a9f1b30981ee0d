import Foundation
import Testing

/// Model files of other layouts than the example's, and what is said about models.
@Suite("Model files") struct ModelFileTests {

  let spikec: Command

  init() throws {
    spikec = try Command()
  }

  static let folder = repositoryFile("Tests/Fixtures/keras/generations/k3")

  @Test("says what a model is, without its weights") func summary() throws {
    let result = try spikec("inspect", "\(Self.folder)/residual.keras")
    #expect(result.status == 0, "\(result.messages)")
    for words in ["Keras archive (.keras)", "Keras 3.15.1", "in spikes", "becomes spikes"] {
      #expect(result.output.contains(words), "\(words)")
    }
    let json = try spikec("inspect", "\(Self.folder)/residual.keras", "--json").json()
    #expect(json["schema"] as? String == "spikec-inspect/1")
    #expect(json["convertsToSpikes"] as? Bool == true)
    let provenance = try #require(json["provenance"] as? [String: Any])
    #expect(provenance["version"] as? String == "3.15.1")
    let layers = try #require(json["layers"] as? [[String: Any]])
    #expect(layers.first?["inSpikes"] as? String == "encoder")
    #expect(layers.contains { $0["inSpikes"] as? String == "neurons" })
  }

  @Test("says where the file has axes in another order") func axes() throws {
    let model = repositoryFile("Tests/Fixtures/onnx/operators/resize_tensorflow.onnx")
    let result = try spikec("inspect", model)
    #expect(result.output.contains("in the file [N,3,9,7]"), "\(result.output)")
    #expect(result.output.contains("in the file [N,4,14,15]"))
    let json = try spikec("inspect", model, "--json").json()
    let inputs = try #require(json["inputs"] as? [[String: Any]])
    #expect(inputs.first?["shapeInFile"] as? String == "[N,3,9,7]")
    #expect(inputs.first?["takesIntegers"] as? Bool == false)
  }

  @Test("counts shared parameters once and says that they are shared") func shared() throws {
    let model = repositoryFile("Tests/Fixtures/keras/k3/shared_layer_chain.keras")
    let lines = try spikec("inspect", model).output.split(separator: "\n")
    #expect(lines.contains { $0.contains("#2") && $0.contains("shared") }, "\(lines)")
  }

  @Test("says what stands in the way of spikes, as compiling does") func obstacles() throws {
    let model = repositoryFile("Tests/Fixtures/keras/k3/merge_multiply.h5")
    let json = try spikec("inspect", model, "--json").json()
    #expect(json["convertsToSpikes"] as? Bool == false)
    let obstacles = try #require(json["obstacles"] as? [[String: Any]])
    #expect(obstacles.contains { ($0["reason"] as? String)?.contains("product") == true })
    let text = try spikec("inspect", model).output
    #expect(text.contains("does not become spikes"))
  }

  @Test("takes the description of a network from a file of its own") func architecture() throws {
    for layout in ["weights.h5", "legacy-weights.h5"] {
      let weights = "\(Self.folder)/mlp.\(layout)"
      let bare = try spikec("inspect", weights)
      #expect(bare.status == 65 && bare.messages.contains("[keras.weights-only]"))
      let arguments = [weights, "--architecture", "\(Self.folder)/mlp.json"]
      #expect(try spikec(["inspect"] + arguments).status == 0)
      let run = try spikec(
        ["infer"] + arguments + ["--input", "\(Self.folder)/mlp.input.npy", "--output", "o.npy"])
      #expect(run.status == 0, "\(run.messages)")
    }
    let unused = try spikec(
      "infer", "\(Self.folder)/mlp.keras", "--architecture", "\(Self.folder)/mlp.json", "--input",
      "\(Self.folder)/mlp.input.npy")
    #expect(unused.status == 64 && unused.messages.contains("[keras.unused-architecture]"))
  }

  @Test("shows a model that cannot be imported, and why", arguments: [true, false])
  func rejected(isKeras: Bool) throws {
    let model = repositoryFile(
      isKeras ? "Tests/Fixtures/keras/bad/lambda_layer.h5" : "Tests/Fixtures/onnx/refused/lstm.onnx"
    )
    let kind = isKeras ? "Lambda" : "LSTM"
    let result = try spikec("inspect", model)
    #expect(result.status == 65)
    #expect(result.messages.contains(isKeras ? "[keras.unsupported" : "[onnx.unsupported"))
    for words in ["format", "writer", "input", "output", kind, "not supported: "] {
      #expect(result.output.contains(words), "\(words)")
    }
    let json = try spikec("inspect", model, "--json")
    #expect(json.status == 65)
    let object = try json.json()
    #expect(object["level"] is NSNull)
    #expect((object["errors"] as? [[String: Any]])?.first?["id"] is String)
    let layers = try #require(object["layers"] as? [[String: Any]])
    #expect(layers.contains { $0["kind"] as? String == kind && $0["problem"] is String })
    #expect(layers.count > 1 || !isKeras)
  }

  @Test("writes all outputs of a network into one archive") func outputs() throws {
    let model = repositoryFile("Tests/Fixtures/keras/k3/two_outputs")
    let all = try spikec(
      "infer", model + ".keras", "--input", model + ".input.npy", "--output", "o.npz")
    #expect(all.status == 0 && !all.messages.contains("several-outputs"), "\(all.messages)")
    let first = try spikec(
      "infer", model + ".keras", "--input", model + ".input.npy", "--output", "o.npy")
    #expect(first.status == 0 && first.messages.contains("driver.several-outputs"))
    let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(spikec.folder)/o.npz"))
    let array = try Data(contentsOf: URL(fileURLWithPath: "\(spikec.folder)/o.npy"))
    #expect(bytes.range(of: array) != nil && bytes.count > array.count)
  }
}
