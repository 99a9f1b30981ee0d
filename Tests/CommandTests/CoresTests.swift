import Foundation
import JSONReading
import Testing

/// The way of a user who lays networks out on cores: tables, their check, their execution.
@Suite("Machines with cores", .serialized) struct CoresTests {

  let spikec: Command

  init() throws {
    spikec = try Command()
  }

  private static let residual = repositoryFile("Examples/networks/fashion-mnist/residual.h5")
  private static let depthwise = repositoryFile("Examples/networks/fashion-mnist/depthwise.h5")
  private static let unbiased = repositoryFile("Examples/networks/fashion-mnist/unbiased.h5")
  private static let mlp = repositoryFile("Examples/networks/fashion-mnist/mlp.h5")

  /// Networks and machines whose registers are wide enough for them.
  static let pairs = [
    (WorkflowTests.model, "loihi1"), (residual, "loihi1"), (mlp, "loihi1"),
    (mlp, "spinnaker1"), (mlp, "spinnaker2"), (mlp, "loihi2"), (mlp, "truenorth"),
    (depthwise, "loihi1"),
  ]

  /// Lays a network out with few images and steps, and returns the result.
  private func compile(
    _ network: String = mlp, for target: String = "loihi1", to output: String = "tables",
    _ more: String...
  ) throws -> CommandResult {
    try spikec(
      [
        "compile", network, "-o", output, "--target", target, "--timesteps", "12",
        "--calibration", WorkflowTests.calibration, "--calibration-limit", "32",
      ] + more)
  }

  private func run(_ artefact: String, output: String) throws -> CommandResult {
    try spikec(
      "run", artefact, "--input", WorkflowTests.images, "--labels", WorkflowTests.labels, "--limit",
      "6", "--output", output, "--json")
  }

  private func contents(_ name: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: "\(spikec.folder)/\(name)"))
  }

  private func replace(_ name: String, _ change: (String) -> String) throws {
    let text = String(decoding: try contents(name), as: UTF8.self)
    try change(text).write(
      toFile: "\(spikec.folder)/\(name)", atomically: true, encoding: .utf8)
  }

  @Test("emulated cores do what the event engine does", arguments: pairs)
  func equalsEngine(network: String, target: String) throws {
    let compiled = try compile(network, for: target, to: "tables", "--json")
    #expect(compiled.status == 0, "\(compiled.messages)")
    let allocation = try #require(try compiled.json()["allocation"] as? [String: Any])
    #expect(try #require(allocation["cores"] as? Int) >= 1)

    let checked = try spikec("check", "tables", "--json")
    #expect(checked.status == 0)
    #expect(try checked.json()["isRight"] as? Bool == true)

    let cores = try run("tables", output: "cores.npy").json()
    let engine = try run("tables/network.spk", output: "engine.npy").json()
    #expect(try contents("cores.npy") == contents("engine.npy"))
    #expect(cores["spikesPerImage"] as? Double == engine["spikesPerImage"] as? Double)
    #expect(cores["accuracyByTimestep"] as? [Double] == engine["accuracyByTimestep"] as? [Double])
    #expect(cores["target"] as? String == target)
    let emulation = try #require(cores["emulation"] as? [String: Any])
    let counts = try #require(emulation["counts"] as? [String: Any])
    #expect(try #require(counts["packets"] as? Double) > 0)
    #expect(counts["lostArrivals"] as? Double == 0 && counts["overflows"] as? Double == 0)
    #expect(
      counts["synapticOperations"] as? Double == cores["synapticOperationsPerImage"] as? Double)
    // Nobody says how the cores of that chip are joined.
    #expect((counts["hops"] as? Double == nil) == (target == "spinnaker2"))
    let joules = emulation["energyJoules"] as? Double
    let isUnknown = ["spinnaker2", "loihi2"].contains(target)
    #expect(isUnknown ? joules == nil : joules ?? 0 > 0, "unknown constants are no 0")
  }

  @Test(
    "emulated cores do what the engine does where neurons leak",
    arguments: [(mlp, "loihi1"), (mlp, "loihi2"), (residual, "loihi1")])
  func leaky(network: String, target: String) throws {
    let compiled = try compile(network, for: target, to: "tables", "--neuron", "lif")
    #expect(compiled.status == 0, "\(compiled.messages)")
    #expect(try spikec("inspect", "tables/network.spk").output.contains("cuba-lif"))
    #expect(try spikec("check", "tables", "--json").json()["isRight"] as? Bool == true)
    let cores = try run("tables", output: "cores.npy").json()
    let engine = try run("tables/network.spk", output: "engine.npy").json()
    #expect(try contents("cores.npy") == contents("engine.npy"))
    #expect(try #require(cores["spikesPerImage"] as? Double) > 100)
    #expect(cores["spikesPerImage"] as? Double == engine["spikesPerImage"] as? Double)
    let emulation = try #require(cores["emulation"] as? [String: Any])
    let counts = try #require(emulation["counts"] as? [String: Any])
    #expect(counts["lostArrivals"] as? Double == 0 && counts["overflows"] as? Double == 0)
    // Inputs and readouts do not leak: what is said of them is not said of neurons that do.
    let semantics = try #require(emulation["semantics"] as? [String])
    let own = semantics.filter { $0.contains("cuba-lif") }
    #expect(own.count == 1 && own.allSatisfy { $0.contains("truncated towards 0") }, "\(semantics)")
    let forgetting = semantics.filter { $0.contains("forgotten") }
    #expect(forgetting.count == (target == "loihi1" ? 1 : 0), "\(semantics)")
    #expect(forgetting.allSatisfy { $0.hasPrefix("if, integrator: ") }, "\(semantics)")
  }

  /// Over few ticks neurons say how they begin rather than what they hear, and corrections of biases
  /// grow beyond what a machine holds.
  @Test("few ticks of leaky neurons are warned of") func fewTicks() throws {
    let compiled = try compile(
      Self.mlp, for: "loihi1", to: "tables", "--neuron", "lif", "--timesteps", "1",
      "--calibration-limit", "128")
    #expect(compiled.status == 0, "\(compiled.messages)")
    for id in ["delay-readout.few-ticks", "correct-bias.held"] {
      #expect(compiled.messages.contains("[\(id)]"), "\(compiled.messages)")
    }
    #expect(try spikec("check", "tables", "--json").json()["isRight"] as? Bool == true)
  }

  @Test("leaky neurons whose decays are shifts, from a network to its accuracy") func shifts()
    throws
  {
    let (model, images) = (Self.xylo("network.onnx"), Self.xylo("inputs.npy"))
    let compiled = try spikec(
      "compile", model, "--target", "xylo", "--neuron", "lif", "-o", "tables", "--calibration",
      Self.xylo("calibration.npy"))
    #expect(compiled.status == 0, "\(compiled.messages)")
    let text = try spikec("inspect", "tables/network.spk").output
    #expect(text.contains("shift-lif") && !text.contains("integrator"))
    #expect(try spikec("check", "tables", "--json").json()["isRight"] as? Bool == true)
    func run(_ artefact: String, _ output: String) throws -> [String: Any] {
      try spikec(
        "run", artefact, "--input", images, "--labels", Self.xylo("labels.npy"), "--limit", "400",
        "--json", "--output", output
      ).json()
    }
    let (cores, engine) = (
      try run("tables", "cores.npy"), try run("tables/network.spk", "engine.npy")
    )
    #expect(try contents("cores.npy") == contents("engine.npy"))
    #expect(cores["spikesPerImage"] as? Double == engine["spikesPerImage"] as? Double)
    // The network itself recognizes 96.9 % of all 1,000.
    #expect(try #require(cores["accuracy"] as? Double) > 0.94)
    let emulation = try #require(cores["emulation"] as? [String: Any])
    let counts = try #require(emulation["counts"] as? [String: Any])
    #expect(counts["lostArrivals"] as? Double == 0 && counts["overflows"] as? Double == 0)
  }

  @Test("neurons that no core has are refused, wherever they come from") func otherShifts() throws {
    let options = ["--target", "xylo", "--neuron", "lif"]
    let calibration = ["--calibration", Self.xylo("calibration.npy")]
    let standard = try spikec(
      ["compile", Self.xylo("network.onnx"), "-o", "net.sir", "--stop-after", "snn"] + options
        + calibration)
    #expect(standard.status == 0, "\(standard.messages)")
    let same = try spikec(["compile", "net.sir", "-o", "tables"] + options)
    #expect(same.status == 0, "\(same.messages)")
    #expect(try spikec("check", "tables").status == 0)

    try replace("tables/target.json") {
      $0.replacingOccurrences(of: "\"maxSpikesPerStep\": 31", with: "\"maxSpikesPerStep\": 30")
    }
    let checked = try spikec("check", "tables")
    #expect(checked.status == 65 && checked.messages.contains("check.slice-class"))
    let run = try spikec("run", "tables", "--input", Self.xylo("inputs.npy"), "--limit", "1")
    #expect(run.status == 65 && !run.messages.contains("--neuron if"), "\(run.messages)")

    try replace("net.sir") {
      $0.replacingOccurrences(of: "most-spikes=31", with: "most-spikes=32")
    }
    let other = try spikec(["compile", "net.sir", "-o", "t"] + options)
    #expect(
      other.status == 69 && other.messages.contains("legalize.most-spikes"), "\(other.messages)")
    try replace("net.sir") {
      $0.replacingOccurrences(of: "most-spikes=32", with: "most-spikes=30")
    }
    let fewer = try spikec(["compile", "net.sir", "-o", "t"] + options)
    #expect(
      fewer.status == 69 && fewer.messages.contains("no cores of 'xylo'"), "\(fewer.messages)")
    #expect(!FileManager.default.fileExists(atPath: "\(spikec.folder)/t"))
  }

  /// Returns the path of a file of the network for Xylo.
  private static func xylo(_ name: String) -> String {
    repositoryFile("Tests/Fixtures/xylo/\(name)")
  }

  @Test("machines without ticks do one after another what spikes cause") func events() throws {
    let compiled = try compile(Self.unbiased, for: "speck2")
    #expect(compiled.status == 0, "\(compiled.messages)")
    #expect(try spikec("check", "tables", "--json").json()["isRight"] as? Bool == true)
    let report = try run("tables", output: "cores.npy").json()
    #expect(try #require(report["spikesPerImage"] as? Double) > 100)
    let emulation = try #require(report["emulation"] as? [String: Any])
    let semantics = try #require(emulation["semantics"] as? [String])
    #expect(semantics.contains { $0.contains("order") })
    let again = try run("tables", output: "again.npy").json()
    #expect(try contents("cores.npy") == contents("again.npy"))
    // The readout is an image of one pixel there, the output is the model's.
    let header = String(decoding: try contents("cores.npy").prefix(128), as: UTF8.self)
    let shape = header.range(of: #"'shape': \([0-9]+, 10,?\)"#, options: .regularExpression)
    #expect(shape != nil, "\(header)")
    #expect(again["spikesPerImage"] as? Double == report["spikesPerImage"] as? Double)
  }

  @Test("refuses what a machine of convolutions does not build") func convolutionsOnly() throws {
    let result = try compile(Self.mlp, for: "speck2")
    #expect(result.status == 69 && result.messages.contains("[legalize."))
    #expect(spikec.names.isEmpty)
  }

  @Test("says at which operating points cores worked") func operatingPoints() throws {
    var text = try spikec("inspect", "spinnaker2", "--format", "json").output
    // Two levels admit a number of packets each, the third any.
    for most in ["0", "40"] {
      guard let place = text.range(of: "\"maxSpikesPerStep\":{\"value\":null}") else {
        Issue.record("no operating point in \(text.prefix(400))")
        return
      }
      text.replaceSubrange(
        place, with: "\"maxSpikesPerStep\":{\"value\":\(most),\"grade\":\"user\"}")
    }
    try text.write(toFile: "\(spikec.folder)/mine.json", atomically: true, encoding: .utf8)
    #expect(try compile(Self.mlp, for: "mine.json").status == 0)
    let report = try run("tables", output: "cores.npy").json()
    let emulation = try #require(report["emulation"] as? [String: Any])
    let points = try #require(emulation["operatingPoints"] as? [[String: Any]])
    #expect(points.compactMap { $0["name"] as? String } == ["PL1", "PL2", "PL3"])
    let steps = points.compactMap { $0["stepsByTick"] as? [Int] }
    // The first tick is the slowest of all, since nothing has come before it.
    #expect(steps.count == 3 && steps[0][0] > 0 && steps[1][0] == 0 && steps[2][0] == 0)
    #expect(steps[1].reduce(0, +) + steps[2].reduce(0, +) > 0)
    let words = try spikec(
      "run", "tables", "--input", WorkflowTests.images, "--labels", WorkflowTests.labels,
      "--limit", "2")
    #expect(words.output.contains("steps of cores at PL1"))
  }

  @Test("writes a page with a map of the cores") func page() throws {
    #expect(try compile().status == 0)
    let result = try spikec(
      "report", "tables", "-o", "page.html", "--input", WorkflowTests.images, "--limit", "2")
    #expect(result.status == 0, "\(result.messages)")
    let page = String(decoding: try contents("page.html"), as: UTF8.self)
    #expect(page.contains("<svg") && page.contains("inAxons") && page.contains("dense"))
    #expect(page.contains("What cores do in each tick"))
  }

  @Test("allocation.json is what its schema says", arguments: ["loihi1", "spinnaker1"])
  func schema(target: String) throws {
    #expect(try compile(Self.mlp, for: target).status == 0)
    let schema = JSONSchema(
      try JSON(
        parsing: String(
          contentsOfFile: repositoryFile("Targets/allocation-schema.json"), encoding: .utf8)))
    let text = String(decoding: try contents("tables/allocation.json"), as: UTF8.self)
    #expect(schema.problems(in: try JSON(parsing: text)) == [])
    // Wrong in one place, it is not.
    let wrong = text.replacingOccurrences(of: "\"depth\":", with: "\"deep\":")
    #expect(schema.problems(in: try JSON(parsing: wrong)).count == 2)
  }

  @Test("writes the tables of routers, and says keys as digits in JSON too") func routerTables()
    throws
  {
    #expect(try compile(Self.mlp, for: "spinnaker1").status == 0)
    let keys = String(decoding: try contents("tables/keys.csv"), as: UTF8.self)
      .split(separator: "\n").dropFirst().map { $0.split(separator: ",").map(String.init) }
    let object = try JSONSerialization.jsonObject(with: try contents("tables/allocation.json"))
    let tables = try #require((object as? [String: Any])?["tables"] as? [String: Any])
    let table = try #require(tables["keys"] as? [String: Any])
    let rows = try #require(table["rows"] as? [[Any]])
    #expect(!keys.isEmpty && rows.compactMap { $0[1] as? String } == keys.map { $0[1] })
    #expect(try spikec("check", "tables").status == 0)
  }

  @Test("writes the network with the places of its neurons as text") func text() throws {
    let result = try compile(Self.mlp, for: "loihi1", to: "m.sir", "--stop-after", "mapped")
    #expect(result.status == 0, "\(result.messages)")
    let text = String(decoding: try contents("m.sir"), as: UTF8.self)
    #expect(text.hasPrefix("sir 1 mapped ") && text.contains("\ntarget \"loihi1\"\n"))
    #expect(try spikec("inspect", "m.sir", "--level", "mapped").output == text)
  }

  @Test("takes a description of the user's") func ownMachine() throws {
    let loihi = try spikec("inspect", "loihi1", "--format", "json").output
    try loihi.replacingOccurrences(of: "\"id\":\"loihi1\"", with: "\"id\":\"mine\"").write(
      toFile: "\(spikec.folder)/mine.json", atomically: true, encoding: .utf8)
    let result = try compile(Self.mlp, for: "mine.json")
    #expect(result.status == 0, "\(result.messages)")
    #expect(try spikec("check", "tables", "--json").json()["target"] as? String == "mine")
  }

  @Test("says what does not fit, and writes nothing") func doesNotFit() throws {
    let machine = try spikec("inspect", "generic-mesh", "--format", "json").output
    try machine.replacingOccurrences(of: "262144", with: "600").write(
      toFile: "\(spikec.folder)/small.json", atomically: true, encoding: .utf8)
    let result = try compile(Self.mlp, for: "small.json")
    #expect(result.status == 69 && result.messages.contains("fit.layer"))
    #expect(result.messages.contains("600") && spikec.names == ["small.json"])
    #expect(result.output.isEmpty, "results only")
    #expect(result.messages.contains("\nlayer ") && result.messages.contains("  exceeded\n"))
    let advice = result.messages.components(separatedBy: "would fit: ").dropFirst().map {
      $0.prefix { !$0.isNewline }
    }
    #expect(!advice.isEmpty && Set(advice).count == advice.count, "\(result.messages)")

    let report = try compile(Self.mlp, for: "small.json", to: "tables", "--json")
    #expect(report.status == 69)
    let object = try report.json()
    #expect(object["schema"] as? String == "spikec-fit/1")
    #expect(object["target"] as? String == "small.json" && object["shortage"] is NSNull)
    let layer = try #require((object["layers"] as? [[String: Any]])?.first)
    #expect(layer["binding"] as? String == "sramBytes")
    let attempt = try #require((layer["attempts"] as? [[String: Any]])?.first)
    let resources = try #require(attempt["resources"] as? [[String: Any]])
    let memory = try #require(resources.first { $0["name"] as? String == "sramBytes" })
    #expect(try #require(memory["used"] as? Int) > 600 && memory["available"] as? Int == 600)
    #expect(memory["isExceeded"] as? Bool == true)
    let change = try #require((layer["changes"] as? [[String: Any]])?.first)
    #expect(change["kind"] as? String == "fan-in-parts")
    let numbers = try #require(change["numbers"] as? [Int])

    // What it advises makes the network fit.
    let text = String(decoding: try contents("small.json"), as: UTF8.self)
    try text.replacingOccurrences(
      of: "\"resources\":{",
      with: "\"resources\":{\"fanIn\":{\"value\":\(numbers[1]),\"grade\":\"user\"},"
    ).write(toFile: "\(spikec.folder)/small.json", atomically: true, encoding: .utf8)
    let fits = try compile(Self.mlp, for: "small.json")
    #expect(fits.status == 0, "\(fits.messages)")
    #expect(try spikec("check", "tables").status == 0)
  }

  @Test("says everything that no machine of convolutions does, in one run") func allReasons() throws
  {
    let result = try compile(Self.mlp, for: "speck2", to: "tables", "--json")
    #expect(result.status == 69)
    let object = try result.json()
    let ids = try #require(object["findings"] as? [[String: Any]]).compactMap {
      $0["id"] as? String
    }
    #expect(ids.contains("legalize.bias") && ids.contains("legalize.kernel"))
    #expect((object["layers"] as? [Any])?.isEmpty == true)
    #expect(!result.messages.contains("scales=profile"), "the passes have that already")
  }

  @Test("lays out networks without neurons that spike") func readoutAlone() throws {
    let text = """
      sir 1 ann "one"

      %0: [4] = input "x"
      %1: [3] = dense "y" (%0) {kernel=%t0}
      return (%1)

      %t0: f32[4,3] "w" = [1, 2, -1, 0.5, 1, 1, -2, 0, 1, 1, 1, 1]
      """
    try text.write(toFile: "\(spikec.folder)/one.sir", atomically: true, encoding: .utf8)
    let values = (0..<32).map { Float($0 % 7) / 7 }
    try npy(values, shape: "(8, 4)", to: "x.npy")
    for target in ["speck2", "loihi1", "truenorth"] {
      let compiled = try spikec(
        "compile", "one.sir", "-o", target, "--target", target, "--timesteps", "12",
        "--calibration",
        "x.npy")
      #expect(compiled.status == 0, "\(target): \(compiled.messages)")
      #expect(compiled.output.contains(" of 1 chip "))
      // The tables take the data that the network was compiled with.
      let run = try spikec("run", target, "--input", "x.npy", "--output", "y.npy", "--json")
      #expect(run.status == 0, "\(target): \(run.messages)")
    }
  }

  private func npy(_ values: [Float], shape: String, to name: String) throws {
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': \(shape), }"
    let padded = header + String(repeating: " ", count: 117 - header.utf8.count) + "\n"
    var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(padded.utf8)
    for value in values {
      withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
    }
    try spikec.write(name, bytes)
  }

  @Test("reads tables") func inspection() throws {
    #expect(try compile(for: "spinnaker2").status == 0)
    let summary = try spikec("inspect", "tables")
    #expect(summary.status == 0 && summary.output.contains("padding and copies in the synapse"))
    #expect(summary.output.contains("not checked") && summary.output.contains("target: spinnaker2"))
    let json = try spikec("inspect", "tables", "--json")
    #expect(Data(json.output.utf8) == (try contents("tables/allocation.json")))
    let text = try spikec("inspect", "tables", "--format", "text", "--level", "mapped")
    #expect(text.output.hasPrefix("sir 1 mapped "))
    let level = try spikec("inspect", "tables", "--level", "ann")
    #expect(level.status == 65 && level.messages.contains("driver.wrong-level"))
  }

  @Test("refuses folders that are none of tables, alike in all commands") func otherFolders() throws
  {
    let folder = "\(spikec.folder)/letters"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    let checked = try spikec("check", "letters")
    let run = try spikec("run", "letters", "--input", WorkflowTests.images)
    #expect(checked.status == 65 && checked.messages.contains("driver.not-tables"))
    #expect(run.status == 65 && run.messages == checked.messages)
    #expect(
      checked.messages.contains("--target loihi1") && checked.messages.contains("--target rpu"))
  }

  @Test("refuses what cannot be laid out") func refusals() throws {
    let akida = try compile(Self.mlp, for: "akida1000")
    #expect(akida.status == 64 && akida.messages.contains("driver.no-backend"))
    #expect(akida.messages.contains("do not send spikes"))
    let rectifying = try compile(Self.mlp, for: "xylo")
    #expect(rectifying.status == 64 && rectifying.messages.contains("driver.target-neuron"))
    let wide = try compile(Self.mlp, for: "xylo", to: "t", "--neuron", "lif")
    #expect(wide.status == 69 && wide.messages.contains("legalize.inputs"), "\(wide.messages)")
    let counted = try compile(
      Self.mlp, for: "xylo", to: "t", "--neuron", "lif", "--decoder", "potential")
    let constant = try compile(
      Self.mlp, for: "xylo", to: "t", "--neuron", "lif", "--encoder", "constant")
    #expect(constant.status == 64 && constant.messages.contains("driver.target-encoder"))
    #expect(counted.status == 64 && counted.messages.contains("driver.target-decoder"))
    let unknown = try compile(Self.mlp, for: "loihi9")
    #expect(unknown.status == 64 && unknown.messages.contains("driver.unknown-target"))
    let code = try compile(Self.mlp, for: "loihi1", to: "t", "--code", "weighted")
    #expect(code.status == 64 && code.messages.contains("driver.target-code"))
    let leaky = try compile(Self.mlp, for: "truenorth", to: "t", "--neuron", "lif")
    #expect(leaky.status == 64 && leaky.messages.contains("driver.target-neuron"))
    #expect(spikec.names.isEmpty)
  }

  @Test("does not replace a folder of others") func occupied() throws {
    let folder = "\(spikec.folder)/letters"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    try "x".write(toFile: "\(folder)/letter", atomically: true, encoding: .utf8)
    let result = try compile(Self.mlp, for: "loihi1", to: "letters")
    #expect(result.status == 73 && result.messages.contains("output.occupied"))
    #expect(spikec.names == ["letters"])
    #expect(try contents("letters/letter") == Data("x".utf8))
  }

  @Test("finds what is wrong with tables") func wrongTables() throws {
    #expect(try compile().status == 0)
    let routes = try contents("tables/routes.csv")
    try replace("tables/routes.csv") { text in
      text.split(separator: "\n").dropLast().joined(separator: "\n") + "\n"
    }
    let missing = try spikec("check", "tables")
    #expect(missing.status == 65 && missing.messages.contains("check.route-missing"))
    try routes.write(to: URL(fileURLWithPath: "\(spikec.folder)/tables/routes.csv"))
    #expect(try spikec("check", "tables").status == 0)
    try replace("tables/allocation.json") { $0.replacingOccurrences(of: "neuro", with: "nevro") }
    let text = try spikec("check", "tables")
    #expect(text.status == 65 && text.messages.contains("check.text"))
    try FileManager.default.removeItem(atPath: "\(spikec.folder)/tables/axons.csv")
    let gone = try spikec("check", "tables")
    #expect(gone.status == 66 && gone.messages.contains("tables.missing"))
    let nothing = try spikec("check", "nowhere")
    #expect(nothing.status == 66 && nothing.messages.contains("driver.not-tables"))
  }
}
