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
