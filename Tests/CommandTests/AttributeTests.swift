import Foundation
import Testing

/// Where the example network loses accuracy.
@Suite("Attribution", .serialized) struct AttributeTests {

  let spikec: Command

  init() throws {
    spikec = try Command()
  }

  private func attribute(_ more: String...) throws -> CommandResult {
    try spikec(
      ["attribute", WorkflowTests.model, "--input", WorkflowTests.images, "--limit", "60"]
        + ["--calibration", WorkflowTests.calibration, "--calibration-limit", "32"] + more)
  }

  private func stages(_ object: [String: Any]) throws -> [[String: Any]] {
    try #require(object["stages"] as? [[String: Any]])
  }

  @Test("follows a network through every stage of 'rate'") func rate() throws {
    let result = try attribute(
      "--labels", WorkflowTests.labels, "--code", "rate", "--timesteps", "8", "--json")
    #expect(result.status == 0, "\(result.messages)")
    let object = try result.json()
    #expect(object["schema"] as? String == "spikec-attribute/1" && object["images"] as? Int == 60)
    let stages = try stages(object)
    let names = stages.compactMap { $0["name"] as? String }
    #expect(names == ["imported", "folded", "leveled", "quantized", "spiking", "corrected"])
    let accuracies = stages.compactMap { $0["accuracy"] as? Double }
    let losses = stages.compactMap { $0["lost"] as? Double }
    #expect(accuracies.count == 6 && losses.count == 5)
    #expect(abs(accuracies[0] - accuracies[5] - losses.reduce(0, +)) < 1e-9)
    // Folding is exact; spikes that come one by one are not.
    #expect(try #require(stages[1]["relativeError"] as? Double) < 1e-4)
    #expect(stages[1]["agreement"] as? Double == 1)
    let errors = stages.compactMap { $0["relativeError"] as? Double }
    #expect(errors[2] > 1e-3 && errors[4] > errors[3])
    let curve = try #require(object["anytime"] as? [[String: Any]])
    #expect(curve.count == 8)
    #expect(curve.last?["accuracy"] as? Double == accuracies[5])
    let spikes = curve.compactMap { $0["spikesPerImage"] as? Double }
    #expect(spikes.count == 8 && zip(spikes, spikes.dropFirst()).allSatisfy { $0 < $1 })
    let run = try spikec(
      "compile", WorkflowTests.model, "-o", "a.spk", "--calibration", WorkflowTests.calibration,
      "--calibration-limit", "32", "--code", "rate", "--timesteps", "8")
    #expect(run.status == 0)
    let same = try spikec(
      "run", "a.spk", "--input", WorkflowTests.images, "--labels", WorkflowTests.labels,
      "--limit", "60", "--json"
    ).json()
    #expect(same["accuracy"] as? Double == accuracies[5])
    #expect(try #require(same["spikesPerImage"] as? Double) == spikes.last)
  }

  @Test("knows sources and outputs that spike", arguments: ["count", "first-spike"])
  func ends(decoder: String) throws {
    let result = try attribute(
      "--labels", WorkflowTests.labels, "--code", "rate", "--timesteps", "8", "--encoder",
      "bernoulli", "--decoder", decoder, "--seed", "3", "--json")
    #expect(result.status == 0, "\(result.messages)")
    let object = try result.json()
    let stages = try stages(object)
    let names = stages.compactMap { $0["name"] as? String }
    #expect(names == ["imported", "folded", "leveled", "quantized", "spiking", "corrected"])
    let curve = try #require(object["anytime"] as? [[String: Any]])
    let accuracies = stages.compactMap { $0["accuracy"] as? Double }
    #expect(curve.last?["accuracy"] as? Double == accuracies.last)
  }

  @Test("compares layers at every stage that changes them") func layers() throws {
    let object = try attribute("--json").json()
    let stages = try stages(object)
    #expect(stages.allSatisfy { $0["accuracy"] is NSNull })
    var errors: [String: [Double]] = [:]
    for stage in stages {
      let name = try #require(stage["name"] as? String)
      let layers = try #require(stage["layers"] as? [[String: Any]])
      errors[name] = layers.compactMap { $0["relativeError"] as? Double }
    }
    #expect(errors["imported"] == [] && errors["folded"] == [])
    let leveled = try #require(errors["leveled"])
    #expect(leveled.count >= 4 && errors["quantized"]?.count == leveled.count)
    #expect(leveled.allSatisfy { $0 > 0 && $0 < 0.2 })
    #expect(object["anytime"] is NSNull && object["sweep"] is NSNull)
  }

  @Test("prints tables, names a stage and draws a page") func page() throws {
    let result = try attribute(
      "--labels", WorkflowTests.labels, "--page", "a.html", "--passes",
      "simplify,fold-batchnorm,calibrate,convert,quantize{bits=2}")
    #expect(result.status == 0, "\(result.messages)")
    #expect(result.output.contains("most is lost at the stage 'quantized'"), "\(result.output)")
    #expect(result.output.contains("--weight-bits"))
    let page = try String(contentsOfFile: "\(spikec.folder)/a.html", encoding: .utf8)
    #expect(page.contains("<svg") && page.contains("leveled") && !page.contains("<script"))
    #expect(spikec.names == ["a.html"])
  }

  @Test("says that it calibrates on the images that it judges by") func remark() throws {
    let result = try spikec(
      "attribute", WorkflowTests.model, "--input", WorkflowTests.images, "--limit", "20",
      "--calibration-limit", "20")
    #expect(result.status == 0 && result.messages.contains("attribute.calibrates-on-input"))
  }

  @Test("tries numbers of steps with leaky neurons, which say rates alone") func leakySweep() throws
  {
    let result = try spikec(
      "attribute", WorkflowTests.model, "--input", WorkflowTests.images, "--limit", "2",
      "--calibration", WorkflowTests.calibration, "--calibration-limit", "4", "--neuron", "lif",
      "--timesteps", "20", "--sweep", "--json")
    #expect(result.status == 0, "\(result.messages)")
    let sweep = try #require(try result.json()["sweep"] as? [[String: Any]])
    #expect(Set(sweep.compactMap { $0["code"] as? String }) == ["rate"] && sweep.count == 8)
  }

  @Test("ends on the cores of a machine, with the accuracy that 'run' finds") func cores() throws {
    let options = ["--target", "loihi1", "--timesteps", "8"]
    let result = try spikec(
      ["attribute", WorkflowTests.model, "--input", WorkflowTests.images, "--limit", "10"]
        + ["--labels", WorkflowTests.labels, "--calibration", WorkflowTests.calibration]
        + ["--calibration-limit", "32", "--json"] + options)
    #expect(result.status == 0, "\(result.messages)")
    let object = try result.json()
    #expect(object["target"] as? String == "loihi1")
    let stages = try stages(object)
    let names = stages.compactMap { $0["name"] as? String }
    #expect(names.starts(with: ["imported", "folded", "leveled"]))
    #expect(names.suffix(2) == ["legal", "mapped"])
    // Spikes on cores are those of the legal network.
    #expect(stages.last?["accuracy"] as? Double == stages.dropLast().last?["accuracy"] as? Double)
    #expect(stages.last?["lost"] as? Double == 0)
    let compiled = try spikec(
      ["compile", WorkflowTests.model, "-o", "tables", "--calibration"]
        + [WorkflowTests.calibration, "--calibration-limit", "32"] + options)
    #expect(compiled.status == 0, "\(compiled.messages)")
    let run = try spikec(
      "run", "tables", "--input", WorkflowTests.images, "--labels", WorkflowTests.labels,
      "--limit", "10", "--json")
    #expect(try run.json()["accuracy"] as? Double == stages.last?["accuracy"] as? Double)
  }

  @Test("ends on analog arrays, whose noise shows in every layer") func arrays() throws {
    let result = try attribute("--labels", WorkflowTests.labels, "--target", "rpu", "--json")
    #expect(result.status == 0, "\(result.messages)")
    let stages = try stages(try result.json())
    #expect(stages.compactMap { $0["name"] as? String } == ["imported", "folded", "mapped"])
    let layers = try #require(stages[2]["layers"] as? [[String: Any]])
    let errors = layers.compactMap { $0["relativeError"] as? Double }
    #expect(errors.count >= 4 && errors.allSatisfy { $0 > 1e-3 && $0 < 0.5 })
    #expect(try #require(stages[2]["relativeError"] as? Double) > 1e-3)
  }

  @Test("does not compare codes on a machine") func sweepOnTarget() throws {
    let result = try attribute("--target", "rpu", "--sweep")
    #expect(result.status == 64 && result.messages.contains("attribute.sweep-on-target"))
  }
}
