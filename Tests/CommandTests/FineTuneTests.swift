import Foundation
import Testing

/// Training the example network on its own test images: what is learned does not matter here.
@Suite("Fine-tuning", .serialized) struct FineTuneTests {

  let spikec: Command

  init() throws {
    spikec = try Command()
  }

  /// Trains on few images, and returns the result.
  private func tune(_ output: String, _ more: String...) throws -> CommandResult {
    try spikec(
      [
        "finetune", WorkflowTests.model, "--data", WorkflowTests.images, "--labels",
        WorkflowTests.labels, "--limit", "300", "--validation", "100", "--epochs", "1",
        "--learning-rate", "1e-4", "-o", output,
      ] + more)
  }

  @Test("a network of leaky neurons keeps its responses") func leaky() throws {
    let result = try tune("lif.sir", "--json")
    #expect(result.status == 0, "\(result.messages)")
    let object = try result.json()
    #expect(object["schema"] as? String == "spikec-finetune/1")
    #expect(object["images"] as? Int == 300 && object["heldOut"] as? Int == 100)
    #expect(try #require(object["modelAccuracy"] as? Double) > 0.85)
    #expect((object["epochs"] as? [Any])?.count == 1)
    #expect(spikec.names == ["lif.sir", "lif.sir.h5"])
    let text = try String(contentsOfFile: "\(spikec.folder)/lif.sir", encoding: .utf8)
    #expect(text.contains("soft-lif") && !text.contains("batch-norm"))
    let run = try spikec(
      "infer", "lif.sir", "--input", WorkflowTests.images, "--labels", WorkflowTests.labels,
      "--limit", "200", "--json")
    #expect(try #require(try run.json()["accuracy"] as? Double) > 0.8)
  }

  @Test("a Keras file takes the weights and stays a Keras file") func keras() throws {
    let result = try tune(
      "tuned.h5", "--neuron", "if", "--code", "weighted", "--timesteps", "4", "--json")
    #expect(result.status == 0, "\(result.messages)")
    #expect(spikec.names == ["tuned.h5"])
    let object = try result.json()
    let original = try Data(contentsOf: URL(fileURLWithPath: WorkflowTests.model))
    let tuned = try Data(contentsOf: URL(fileURLWithPath: "\(spikec.folder)/tuned.h5"))
    #expect(tuned.count == original.count && tuned != original)
    let run = try spikec(
      "infer", "tuned.h5", "--input", WorkflowTests.images, "--labels", WorkflowTests.labels,
      "--limit", "300", "--json")
    #expect(try #require(try run.json()["accuracy"] as? Double) > 0.85)
    #expect(object["keptEpoch"] as? Int != nil)
  }

  @Test("gives the same file again, with any number of threads") func deterministic() throws {
    #expect(try tune("a.sir", "--threads", "1").status == 0)
    #expect(try tune("b.sir", "--threads", "2").status == 0)
    let files = try ["a.sir", "b.sir"].map {
      try Data(contentsOf: URL(fileURLWithPath: "\(spikec.folder)/\($0)"))
    }
    #expect(files[0] == files[1])
  }

  @Test("a .h5 of another format is refused with a reason") func otherFormats() throws {
    #expect(try tune("lif.sir").status == 0)
    let result = try spikec(
      "finetune", "lif.sir", "--data", WorkflowTests.images, "--labels", WorkflowTests.labels,
      "-o", "x.h5")
    #expect(result.status == 64 && result.messages.contains("finetune.not-keras"))
    #expect(spikec.names == ["lif.sir", "lif.sir.h5"])
  }

  @Test("options that would do nothing are refused") func refusals() throws {
    for (options, word) in [
      (["--noise", "alpha", "--sigma", "3"], "--noise gaussian"),
      (["--synapse", "0.01"], "--noise alpha"),
      (["--shift", "40"], "finetune.no-images"),
      (["--distill", "0", "--temperature", "3"], "--distill"),
      (["--distill", "1.5"], "'--distill' is 0 to 1"),
      (["--learning-rate", "-1"], "'--learning-rate' must be a positive number, not -1.0"),
      (["--temperature", "-1"], "'--temperature' must be a positive number"),
    ] {
      let result = try spikec(
        [
          "finetune", WorkflowTests.model, "--data", WorkflowTests.images, "--labels",
          WorkflowTests.labels, "-o", "x.sir",
        ] + options)
      #expect(result.status == 64 && result.messages.contains(word), "\(result.messages)")
    }
    #expect(spikec.names.isEmpty)
  }

  @Test("no classes are needed where the model is the teacher") func unnamed() throws {
    let arguments = [
      "finetune", WorkflowTests.model, "--data", WorkflowTests.images, "--limit", "300",
      "--validation", "100", "--epochs", "1", "--learning-rate", "1e-4", "-o", "lif.sir", "--json",
    ]
    let result = try spikec(arguments)
    #expect(result.status == 0, "\(result.messages)")
    let object = try result.json()
    // Its own answers are what the model is right about.
    #expect(object["modelAccuracy"] as? Double == 1)
    let epochs = try #require(object["epochs"] as? [[String: Any]])
    let heldOut = try #require(epochs.first?["heldOut"] as? [String: Any])
    #expect(heldOut["agreement"] as? Double == heldOut["accuracy"] as? Double)
    #expect(try #require(heldOut["agreement"] as? Double) > 0.9)
    #expect(try #require(heldOut["divergence"] as? Double) > 0)
    // The same weights as with classes, which do not count.
    let named = try tune("named.sir")
    #expect(named.status == 0)
    let files = try ["lif.sir", "named.sir"].map {
      try Data(contentsOf: URL(fileURLWithPath: "\(spikec.folder)/\($0)"))
    }
    #expect(files[0] == files[1])
    let mixed = try spikec(arguments + ["--distill", "0.5"])
    #expect(mixed.status == 64 && mixed.messages.contains("finetune.no-labels"))
    // What is missing is said before anything is calibrated.
    #expect(!mixed.messages.contains("soften.fit"), "\(mixed.messages)")
  }

  @Test("what it leaves is compiled with leaky neurons, and not without") func compiles() throws {
    #expect(try tune("lif.sir").status == 0)
    let wrong = try spikec(
      "compile", "lif.sir", "-o", "a.spk", "--code", "rate", "--calibration", WorkflowTests.images)
    #expect(wrong.status == 64 && wrong.messages.contains("driver.leaky-network"))
    let right = try spikec(
      "compile", "lif.sir", "-o", "a.spk", "--neuron", "lif", "--timesteps", "40",
      "--calibration", WorkflowTests.images, "--calibration-limit", "32")
    #expect(right.status == 0 && !right.messages.contains("soften.nothing"), "\(right.messages)")
  }
}
