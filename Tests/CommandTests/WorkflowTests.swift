import Foundation
import Testing

/// The way of a user: the example network, its images and its labels.
@Suite("Compile, run, inspect", .serialized) struct WorkflowTests {

  let spikec: Command

  init() throws {
    spikec = try Command()
  }

  static let example = repositoryFile("Examples/fashion-mnist")
  static let model = "\(example)/fashion_cnn.h5"
  static let images = "\(example)/test1000-images-idx3-ubyte.gz"
  static let labels = "\(example)/test1000-labels-idx1-ubyte.gz"
  static let calibration = "\(example)/calibration512-images-idx3-ubyte.gz"

  /// Compiles the example network with few images, and returns the result.
  private func compile(_ output: String, _ more: String...) throws -> CommandResult {
    try spikec(
      ["compile", Self.model, "-o", output, "--calibration", Self.calibration]
        + ["--calibration-limit", "64"] + more)
  }

  @Test("infers as the framework does") func infer() throws {
    let result = try spikec(
      "infer", Self.model, "--input", Self.images, "--labels", Self.labels, "--limit", "100",
      "--output", "logits.npy", "--json")
    #expect(result.status == 0 && result.messages.contains("data.default-scale"))
    let object = try result.json()
    #expect(object["schema"] as? String == "spikec-run/1" && object["images"] as? Int == 100)
    #expect(try #require(object["accuracy"] as? Double) >= 0.85)
    let expected = try floats("\(Self.example)/fashion_cnn.logits1000.npy", count: 1000)
    let found = try floats("\(spikec.folder)/logits.npy", count: 1000)
    let worst = zip(expected, found).map { abs($0 - $1) }.max() ?? .infinity
    let range = (expected.max() ?? 0) - (expected.min() ?? 0)
    #expect(worst <= 1e-4 * range)
    #expect(spikec.names == ["logits.npy"])
  }

  /// Returns the first `count` elements of a `.npy` file of 32-bit floating point.
  private func floats(_ path: String, count: Int) throws -> [Float] {
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    let start = 10 + Int(bytes[8]) + 256 * Int(bytes[9])
    return (0..<count).map { i in
      bytes[(start + 4 * i)...].prefix(4).withUnsafeBytes { $0.loadUnaligned(as: Float.self) }
    }
  }

  @Test("compiles and runs every code", arguments: ["rate", "phased", "weighted"])
  func codes(code: String) throws {
    let compiled = try compile("a.spk", "--code", code, "--labels", labels64(), "--json").json()
    #expect(compiled["schema"] as? String == "spikec-compile/1")
    #expect(compiled["artefacts"] as? [String] == ["a.spk"] && compiled["code"] as? String == code)
    let stages = try #require(compiled["accuracy"] as? [[String: Any]])
    #expect(stages.compactMap { $0["stage"] as? String } == ["imported", "spiking"])
    let run = try spikec(
      "run", "a.spk", "--input", Self.images, "--labels", Self.labels, "--limit", "100", "--json")
    #expect(run.status == 0)
    let object = try run.json()
    #expect(try #require(object["accuracy"] as? Double) >= 0.8)
    #expect(try #require(object["spikesPerImage"] as? Double) > 0)
    let steps = try #require(object["timesteps"] as? Int)
    if code == "rate" {
      let curve = try #require(object["accuracyByTimestep"] as? [Double])
      #expect(curve.count == steps && curve.last == object["accuracy"] as? Double)
    } else {
      #expect(object["accuracyByTimestep"] is NSNull)
    }
    #expect(spikec.names == ["a.spk", "labels64"])
  }

  /// Writes labels for all calibration images, of any class, and returns their name.
  private func labels64() throws -> String {
    try spikec.write("labels64", [0, 0, 8, 1, 0, 0, 2, 0] + [UInt8](repeating: 1, count: 512))
    return "labels64"
  }

  @Test("gives the same bytes again") func deterministic() throws {
    #expect(try compile("a.spk").status == 0)
    #expect(try compile("b.spk").status == 0)
    let files = try ["a.spk", "b.spk"].map {
      try Data(contentsOf: URL(fileURLWithPath: "\(spikec.folder)/\($0)"))
    }
    #expect(files[0] == files[1])
  }

  @Test("gives the same outputs with any number of threads") func threads() throws {
    #expect(try compile("a.spk", "--code", "rate", "--timesteps", "8").status == 0)
    for threads in ["1", "3"] {
      let result = try spikec(
        "run", "a.spk", "--input", Self.images, "--limit", "20", "--threads", threads,
        "--output", "\(threads).npy")
      #expect(result.status == 0)
    }
    let files = try ["1", "3"].map {
      try Data(contentsOf: URL(fileURLWithPath: "\(spikec.folder)/\($0).npy"))
    }
    #expect(files[0] == files[1])
  }

  @Test("prints networks as text, JSON and drawings") func inspect() throws {
    #expect(try compile("a.spk").status == 0)
    for (file, level) in [(Self.model, "ann"), ("a.spk", "snn")] {
      let text = try spikec("inspect", file, "--format", "text")
      #expect(text.status == 0 && text.output.hasPrefix("sir 1 \(level) "))
      let summary = try spikec("inspect", file, "--format", "json").json()
      #expect(summary["level"] as? String == level)
      #expect(try spikec("inspect", file, "--format", "dot").output.hasPrefix("digraph"))
      let other = level == "ann" ? "snn" : "ann"
      #expect(try spikec("inspect", file, "--level", other).status == 65)
    }
    #expect(try spikec("inspect", "a.spk").output.hasPrefix("sir 1 snn "))
    let weights = try spikec("inspect", "a.spk", "--weights").output
    #expect(weights.count > 3 * (try spikec("inspect", "a.spk").output.count))
  }

  @Test("writes text that goes on through opt to an artefact") func stages() throws {
    #expect(try compile("ann.sir", "--stop-after", "ann").status == 0)
    let text = try spikec("opt", "ann.sir", "--passes", "convert,quantize", "-o", "snn.sir")
    #expect(text.status == 0 && text.messages.contains("data.assumed-scale"), "\(text.messages)")
    #expect(spikec.names == ["ann.sir", "ann.sir.h5", "snn.sir", "snn.sir.h5"])
    let compiled = try spikec("compile", "snn.sir", "-o", "a.spk")
    #expect(compiled.status == 0, "\(compiled.messages)")
    let summary = try spikec("inspect", "a.spk", "--format", "json").json()
    let provenance = try #require(summary["provenance"] as? [String: String])
    #expect(provenance["passes"]?.isEmpty == true && provenance["source-sha256"]?.count == 64)
    let run = try spikec("run", "a.spk", "--input", Self.images, "--limit", "10")
    #expect(run.status == 0 && run.messages.contains("data.stored-scale"))
    let printed = try spikec("opt", "ann.sir", "--passes", "simplify")
    #expect(printed.status == 0 && printed.output.hasPrefix("sir 1 ann"))
  }

  @Test("shows what passes do") func observers() throws {
    let result = try compile(
      "a.spk", "--print-ir-after", "convert", "--print-ir-before", "quantize", "--time-passes",
      "--stats", "--verify-each")
    #expect(result.status == 0)
    #expect(result.messages.contains("// after convert\nsir 1 snn"))
    #expect(result.messages.contains("// before quantize\nsir 1 snn"))
    #expect(result.messages.contains("fold-batchnorm") && result.messages.contains("seconds"))
    #expect(!result.messages.contains("\u{1B}") && !result.messages.contains("\r"))
    #expect(result.output.contains("wrote a.spk"))
  }

  @Test("takes an input for each that the network has, in order") func severalInputs() throws {
    let fixture = repositoryFile("Tests/Fixtures/keras/k3/merge_subtract")
    let result = try spikec(
      "infer", "\(fixture).h5", "--input", "\(fixture).input0.npy", "--input",
      "\(fixture).input1.npy", "--output", "o.npy")
    #expect(result.status == 0, "\(result.messages)")
    let found = try floats("\(spikec.folder)/o.npy", count: 20)
    #expect(found == (try floats("\(fixture).output.npy", count: 20)))
  }

  @Test("takes sequences in the same shape for models and what they are compiled to")
  func sequences() throws {
    let fixture = repositoryFile("Tests/Fixtures/keras/k3/network_1d")
    let input = "\(fixture).input.npy"
    let compiled = try spikec("compile", "\(fixture).h5", "-o", "a.spk", "--calibration", input)
    #expect(compiled.status == 0, "\(compiled.messages)")
    let run = try spikec("run", "a.spk", "--input", input)
    #expect(run.status == 0, "\(run.messages)")
  }

  @Test("ends images early where the answer is clear") func earlyExit() throws {
    #expect(try compile("a.spk", "--code", "rate", "--timesteps", "16").status == 0)
    let object = try spikec(
      "run", "a.spk", "--input", Self.images, "--limit", "20", "--early-exit", "0", "--json"
    ).json()
    #expect(try #require(object["meanTimesteps"] as? Double) < 16)
  }

  @Test("draws the same spikes for a seed, whatever the number of threads") func seeds() throws {
    let compiled = try compile(
      "a.spk", "--code", "rate", "--timesteps", "8", "--encoder", "poisson", "--seed", "5")
    #expect(compiled.status == 0, "\(compiled.messages)")
    func outputs(_ more: String...) throws -> [Float] {
      let result = try spikec(
        ["run", "a.spk", "--input", Self.images, "--limit", "20", "--output", "o.npy"] + more)
      #expect(result.status == 0, "\(result.messages)")
      return try floats("\(spikec.folder)/o.npy", count: 200)
    }
    let first = try outputs("--threads", "1")
    #expect(try outputs("--threads", "2") == first)
    #expect(try outputs("--threads", "2", "--seed", "5") == first)
    #expect(try outputs("--threads", "2", "--seed", "6") != first)
  }

  @Test("reads leaky neurons late, and refuses them what is for others") func leaky() throws {
    #expect(try compile("a.spk", "--neuron", "lif", "--timesteps", "40").status == 0)
    let text = try spikec("inspect", "a.spk", "--format", "text").output
    #expect(text.contains("start="), "\(text.suffix(300))")
    let refused = try compile(
      "b.spk", "--passes",
      "simplify,fold-batchnorm,calibrate,soften,convert{code=rate,timesteps=8,retraction=0},quantize")
    #expect(refused.status == 64 && refused.messages.contains("convert.leaky-option"))
    let needsRate = try compile("b.spk", "--encoder", "poisson")
    #expect(needsRate.status == 64 && needsRate.messages.contains("driver.needs-rate"))
  }
}
