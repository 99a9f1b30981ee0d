import Foundation
import Testing

/// The way of a user who lays networks out on analog arrays: tables, their check, their execution.
@Suite("Machines with analog arrays", .serialized) struct CrossbarsTests {

  let spikec: Command

  init() throws {
    spikec = try Command()
  }

  private static let mlp = repositoryFile("Examples/networks/fashion-mnist/mlp.h5")
  private static let lenet = repositoryFile("Examples/networks/fashion-mnist/lenet.h5")
  private static let depthwise = repositoryFile("Examples/networks/fashion-mnist/depthwise.h5")
  private static let compact = repositoryFile("Examples/networks/fashion-mnist/compact.h5")

  private func compile(
    _ network: String = lenet, for target: String = "rpu", to output: String = "tables",
    _ more: String...
  ) throws -> CommandResult {
    try spikec(["compile", network, "-o", output, "--target", target] + more)
  }

  private func text(_ name: String) throws -> String {
    try String(contentsOfFile: "\(spikec.folder)/\(name)", encoding: .utf8)
  }

  /// Returns the lines of a table as values by the names of their columns.
  private func table(_ name: String) throws -> [[String: String]] {
    let lines = try text(name).split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    return lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(lines[0], $0)) }
  }

  @Test("lays a network out, proves it right, runs it", arguments: ["rpu", "isaac"])
  func vectors(target: String) throws {
    let compiled = try compile(for: target, to: "tables", "--json")
    #expect(compiled.status == 0, "\(compiled.messages)")
    let allocation = try #require(try compiled.json()["allocation"] as? [String: Any])
    #expect(try #require(allocation["weights"] as? Int) > 10_000)
    let joules = allocation["joulesOfArrays"] as? Double
    #expect(target == "rpu" ? joules == nil : joules ?? 0 > 0, "unknown constants are no 0")

    let checked = try spikec("check", "tables", "--json")
    #expect(checked.status == 0, "\(checked.messages)")
    #expect(try checked.json()["isRight"] as? Bool == true)

    let run = try spikec(
      "run", "tables", "--input", WorkflowTests.images, "--labels", WorkflowTests.labels, "--limit",
      "4", "--json")
    #expect(run.status == 0, "\(run.messages)")
    let result = try run.json()
    #expect(result["target"] as? String == target && result["accuracy"] is Double)
    let emulation = try #require(result["emulation"] as? [String: Any])
    let counts = try #require(emulation["counts"] as? [String: Double])
    #expect(try #require(counts["reads"]) > 0)
    #expect((emulation["energyJoules"] as? Double == nil) == (target == "rpu"))
  }

  @Test("matrices are repeated against noise, and tables say how often") func repetition() throws {
    let compiled = try compile()
    #expect(compiled.status == 0 && compiled.output.contains("repeat a weight"))
    let layers = try table("tables/layers.csv")
    let copies = layers.map {
      (Int($0["row_copies"] ?? "") ?? 0) * (Int($0["column_copies"] ?? "") ?? 0)
    }
    #expect(copies.allSatisfy { $0 >= 1 } && copies[0] > 1)
    for layer in layers {
      let (once, all) = (Double(layer["utilization"] ?? ""), Double(layer["occupancy"] ?? ""))
      #expect(try #require(once) <= #require(all))
    }
    #expect(try spikec("check", "tables").status == 0)
    // A copy more than there is, in the line of a layer and in that of a block.
    for (name, column) in [("layers.csv", "row_copies"), ("tiles.csv", "column_copies")] {
      let path = "\(spikec.folder)/tables/\(name)"
      let before = try text("tables/\(name)")
      var lines = before.split(separator: "\n").map {
        $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      }
      let place = try #require(lines[0].firstIndex(of: column))
      lines[1][place] = "\((Int(lines[1][place]) ?? 0) + 1)"
      try (lines.map { $0.joined(separator: ",") }.joined(separator: "\n") + "\n").write(
        toFile: path, atomically: true, encoding: .utf8)
      #expect(try spikec("check", "tables").status == 65)
      try before.write(toFile: path, atomically: true, encoding: .utf8)
    }
    #expect(try spikec("check", "tables").status == 0)
  }

  @Test("says where the search for copies stopped early") func doubt() throws {
    #expect(try compile(for: "rpu", to: "tables").status == 0)
    let path = "tables/allocation.json"
    let proved = try text(path)
    #expect(proved.contains("\"isOptimal\":true"))
    #expect(!(try spikec("inspect", "tables").output.contains("stopped early")))
    let doubtful = proved.replacingOccurrences(
      of: "\"isOptimal\":true", with: "\"isOptimal\":false")
    try Data(doubtful.utf8).write(to: URL(fileURLWithPath: "\(spikec.folder)/\(path)"))
    #expect(try spikec("inspect", "tables").output.contains("the search for copies stopped early"))
    #expect(try spikec("check", "tables").status == 0)
    let report = try spikec(
      "report", "tables", "-o", "page.html", "--input", WorkflowTests.images, "--limit", "1")
    #expect(report.status == 0, "\(report.messages)")
    #expect(try text("page.html").contains("The search for copies stopped early"))
  }

  @Test("a chip, its age and a run are chosen apart") func chips() throws {
    #expect(try compile(for: "rpu-pcm", to: "tables").status == 0)
    func outputs(_ options: String...) throws -> Data {
      let run = try spikec(
        ["run", "tables", "--input", WorkflowTests.images, "--limit", "2", "--output", "y.npy"]
          + options)
      #expect(run.status == 0, "\(run.messages)")
      return try Data(contentsOf: URL(fileURLWithPath: "\(spikec.folder)/y.npy"))
    }
    let first = try outputs()
    #expect(try outputs("--chip-seed", "1", "--seed", "1", "--age", "0") == first)
    let others = [
      try outputs("--chip-seed", "2"), try outputs("--seed", "2"), try outputs("--age", "86400"),
    ]
    #expect(Set(others + [first]).count == 4)
    #expect(
      try spikec("run", "tables", "--input", WorkflowTests.images, "--age", "-1").status == 64)
  }

  /// Writes a description: `rpu` with something replaced in it.
  private func describe(_ name: String, _ changes: [(String, String)]) throws {
    var text = try String(
      contentsOfFile: repositoryFile("Targets/rpu.json"), encoding: .utf8)
    for (old, new) in changes {
      #expect(text.contains(old), "no \(old)")
      text = text.replacingOccurrences(of: old, with: new)
    }
    try spikec.write(name, Data(text.utf8))
  }

  @Test("says where outputs stay clipped, and what is of training alone") func clipping() throws {
    try describe("clips.json", [("\"mode\": \"iterative\"", "\"mode\": \"none\"")])
    for (target, clips) in [("clips.json", true), ("rpu", false)] {
      #expect(try compile(for: target).status == 0)
      let run = try spikec("run", "tables", "--input", WorkflowTests.images, "--limit", "4")
      #expect(run.status == 0, "\(run.messages)")
      #expect(run.messages.contains("crossbar.clipped-outputs") == clips, "\(run.messages)")
      #expect(run.messages.contains("the arrays of 'conv2d'") == clips, "\(run.messages)")
      #expect(run.messages.contains("reads such vectors again") == clips, "\(run.messages)")
      #expect(run.output.contains("of training alone: device.dwMin, device.dwMinDtod"))
      #expect(run.output.contains("device.wMaxDtod") && !run.output.contains("device.wMax,"))
    }
    try describe(
      "own.json", [("\"device\": {", "\"device\": {\"programmedBounds\": \"own\", ")])
    #expect(try compile(for: "own.json").status == 0)
    let run = try spikec("run", "tables", "--input", WorkflowTests.images, "--limit", "1")
    #expect(run.output.contains("of training alone: ") && !run.output.contains("wMaxDtod"))
  }

  @Test("what stays clipped with management is told what limits it") func limitedManagement() throws
  {
    try describe(
      "stops.json",
      [
        ("\"bound\": {\"value\": 12", "\"bound\": {\"value\": 0.5"),
        ("\"maxInputResolution\": {\"value\": 0.25", "\"maxInputResolution\": {\"value\": 1e-6"),
      ])
    #expect(try compile(for: "stops.json").status == 0)
    let run = try spikec("run", "tables", "--input", WorkflowTests.images, "--limit", "1")
    #expect(run.status == 0 && run.messages.contains("crossbar.clipped-outputs"), "\(run.messages)")
    #expect(run.messages.contains("as far as 'maxFactor' and 'maxInputResolution' allow"))
    #expect(!run.messages.contains("has read"), "\(run.messages)")
  }

  @Test("frames of spikes that clip are not advised what only vectors have") func clippedFrames()
    throws
  {
    try describe("clips.json", [("\"bound\": {\"value\": 12", "\"bound\": {\"value\": 0.5")])
    #expect(
      try compile(
        Self.lenet, for: "clips.json", to: "tables", "--code", "weighted", "--timesteps", "4",
        "--calibration", WorkflowTests.calibration, "--calibration-limit", "32"
      ).status == 0)
    let run = try spikec("run", "tables", "--input", WorkflowTests.images, "--limit", "1")
    #expect(run.status == 0 && run.messages.contains("crossbar.clipped-outputs"), "\(run.messages)")
    #expect(run.messages.contains("'boundManagement' 'iterative' has no effect"), "\(run.messages)")
    #expect(!run.messages.contains("reads such vectors again"), "\(run.messages)")
  }

  @Test("refuses members of arrays that it does not know, and shows units of those it knows")
  func members() throws {
    try describe("typo.json", [("\"noiseManagement\"", "\"noiseManagment\"")])
    for command in [
      ["inspect", "typo.json"], ["compile", Self.lenet, "-o", "x", "--target", "typo.json"],
    ] {
      let result = try spikec(command)
      #expect(result.status == 65, "\(result.messages)")
      #expect(result.messages.contains("target.unknown-member"))
      #expect(result.messages.contains("did you mean 'noiseManagement'?"))
    }
    #expect(try spikec("inspect", "rpu-pcm").output.contains("25 µS"))
  }

  @Test("cells that pulses write, and that forget") func cells() throws {
    let cell = """
      "model": "gated-volatile", "onOffRatio": 20,
      "cell": {
        "onThreshold": -0.5, "offThreshold": 0.5, "setVoltage": -1, "setSeconds": 1e-6,
        "retention": 1
      },
      """
    try describe(
      "mine.json",
      [("\"device\": {", "\"device\": {\(cell)"), ("\"id\": \"rpu\"", "\"id\": \"mine\"")])
    #expect(try compile(for: "mine.json").status == 0)
    func accuracy(_ age: String) throws -> Double {
      let run = try spikec(
        "run", "tables", "--input", WorkflowTests.images, "--labels", WorkflowTests.labels,
        "--limit", "40", "--age", age, "--json")
      #expect(run.status == 0, "\(run.messages)")
      return try #require(try run.json()["accuracy"] as? Double)
    }
    #expect(try accuracy("0") > 0.7)
    // After thirty retentions nothing is left to tell classes by.
    #expect(try accuracy("30") < 0.4)
  }

  @Test("frames of spikes") func frames() throws {
    let compiled = try compile(
      Self.lenet, for: "generic-crossbar", to: "tables", "--code", "weighted", "--timesteps", "4",
      "--calibration", WorkflowTests.calibration, "--calibration-limit", "32")
    #expect(compiled.status == 0, "\(compiled.messages)")
    #expect(compiled.output.contains("frames of spikes, 4 for an image"))
    #expect(try spikec("check", "tables").status == 0)
    let run = try spikec("run", "tables", "--input", WorkflowTests.images, "--limit", "2", "--json")
    #expect(run.status == 0, "\(run.messages)")
    let result = try run.json()
    #expect(result["code"] as? String == "weighted")
    #expect(try #require(result["spikesPerImage"] as? Double) > 1)
    #expect(try #require(result["synapticOperationsPerImage"] as? Double) > 1)
  }

  @Test("a run's seed reaches encoders that draw spikes") func encoders() throws {
    let compiled = try compile(
      Self.mlp, for: "generic-crossbar", to: "tables", "--code", "rate",
      "--timesteps", "4", "--encoder", "poisson", "--calibration", WorkflowTests.calibration,
      "--calibration-limit", "16")
    #expect(compiled.status == 0, "\(compiled.messages)")
    let spikes = try ["1", "1", "2"].map { seed in
      let run = try spikec(
        "run", "tables", "--input", WorkflowTests.images, "--limit", "2", "--seed", seed, "--json")
      let result = try run.json()
      let emulation = try #require(result["emulation"] as? [String: Any])
      #expect(emulation["runSeed"] as? Int == Int(seed) && emulation["chipSeed"] as? Int == 1)
      return try #require(emulation["counts"] as? [String: Double])["conversions"]
    }
    #expect(spikes[0] == spikes[1] && spikes[0] != spikes[2])
  }

  @Test("does not run wrong tables") func wrongTables() throws {
    #expect(try compile(for: "rpu", to: "tables").status == 0)
    let path = "\(spikec.folder)/tables/tiles.csv"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    try (lines.prefix(1) + lines.dropFirst(2)).joined(separator: "\n").write(
      toFile: path, atomically: true, encoding: .utf8)
    for command in [["run"], ["inspect"]] {
      let input = command == ["run"] ? ["--input", WorkflowTests.images] : []
      let result = try spikec(command + ["tables"] + input)
      #expect(result.status == 65 && result.messages.contains("check."), "\(result.messages)")
    }
  }

  @Test("runs a network on two arrays of BrainScaleS-2, chip by chip") func brainScaleS() throws {
    // The spread of columns is not known: that of a chip of our own.
    let text = try spikec("inspect", "brainscales2", "--format", "json").output
    var mine = text.replacingOccurrences(of: "\"id\":\"brainscales2\"", with: "\"id\":\"mine\"")
    for (name, spread) in [("columnGain", 0.2), ("columnOffset", 8)] {
      mine = mine.replacingOccurrences(
        of: "\"\(name)\":{\"value\":null}",
        with: "\"\(name)\":{\"value\":\(spread),\"grade\":\"user\"}")
    }
    try mine.write(toFile: "\(spikec.folder)/mine.json", atomically: true, encoding: .utf8)
    for (target, folder) in [("brainscales2", "vendor"), ("mine.json", "mine")] {
      let compiled = try compile(Self.compact, for: target, to: folder, "--json")
      #expect(compiled.status == 0, "\(compiled.messages)")
      let allocation = try #require(try compiled.json()["allocation"] as? [String: Any])
      let classes = try #require(allocation["classes"] as? [[String: Any]])
      #expect(classes.compactMap { $0["tiles"] as? Int } == [2])
      #expect(try spikec("check", folder, "--json").json()["isRight"] as? Bool == true)
      #expect(try spikec("inspect", folder).output.contains("each sign on its own"))
    }
    func accuracy(_ folder: String, _ options: String...) throws -> Double {
      let run = try spikec(
        [
          "run", folder, "--input", WorkflowTests.images, "--labels", WorkflowTests.labels,
          "--limit", "200", "--json",
        ] + options)
      #expect(run.status == 0, "\(run.messages)")
      let counts = try #require(
        (try run.json()["emulation"] as? [String: Any])?["counts"] as? [String: Double])
      #expect(try #require(counts["presentations"]) >= #require(counts["reads"]))
      return try #require(try run.json()["accuracy"] as? Double)
    }
    #expect(try accuracy("vendor") > 0.75)
    let raw = try (1...3).map { try accuracy("mine", "--chip-seed", "\($0)") }
    let calibrated = try (1...3).map {
      try accuracy("mine", "--chip-seed", "\($0)", "--calibrate-columns", "16")
    }
    #expect(Set(raw).count > 1)
    #expect(calibrated.allSatisfy { $0 > 0.75 }, "\(calibrated)")
    #expect(calibrated.reduce(0, +) > raw.reduce(0, +) + 0.1, "\(raw), \(calibrated)")
  }

  @Test(
    "refuses options of chips where there are none",
    arguments: [
      "--chip-seed", "--age", "--calibrate-columns",
    ])
  func noChip(option: String) throws {
    let run = try spikec("run", Self.compact, "--input", WorkflowTests.images, option, "3")
    #expect(run.status == 64 && run.messages.contains("driver.no-arrays"), "\(run.messages)")
  }

  @Test("copies of layers within a budget") func copies() throws {
    #expect(try compile(for: "rpu", to: "one").status == 0)
    #expect(try compile(Self.lenet, for: "rpu", to: "many", "--tiles", "60").status == 0)
    func slowest(_ folder: String) throws -> Int {
      try table("\(folder)/layers.csv").compactMap { Int($0["cycles"] ?? "") }.max() ?? 0
    }
    #expect(try slowest("many") * 4 < slowest("one"))
    let tiles = try table("many/layers.csv").compactMap { Int($0["tiles"] ?? "") }
    #expect(tiles.reduce(0, +) <= 60)
    #expect(try spikec("check", "many").status == 0)
  }

  @Test("groups of a depthwise convolution share tiles") func packing() throws {
    #expect(try compile(Self.depthwise).status == 0)
    let layers = try table("tables/layers.csv")
    let blocks = try table("tables/tiles.csv")
    let deep = layers.filter { Int($0["groups"] ?? "") ?? 1 > 1 }
    #expect(!deep.isEmpty)
    // The tiles of one copy with a block each, and the tiles that are taken.
    let single = blocks.count { $0["replica"] == "0" }
    let taken = layers.reduce(0) { $0 + (Int($1["tiles"] ?? "") ?? 0) }
    #expect(single >= 3 * taken, "\(single) blocks on \(taken) tiles")
  }

  @Test("shows layers, and draws tiles") func shows() throws {
    #expect(try compile().status == 0)
    let shown = try spikec("inspect", "tables")
    #expect(shown.status == 0 && shown.output.contains("limits"))
    #expect(shown.output.contains("source-sha256"))
    #expect(try spikec("inspect", "tables", "--format", "text").output.hasPrefix("sir 1 ann "))
    let result = try spikec(
      "report", "tables", "-o", "page.html", "--input", WorkflowTests.images, "--limit", "2")
    #expect(result.status == 0, "\(result.messages)")
    let page = try text("page.html")
    #expect(page.contains("<svg") && page.contains("columns converted"))
  }

  @Test("says what does not fit, and what would") func doesNotFit() throws {
    let result = try compile(Self.lenet, for: "rpu", to: "tables", "--tiles", "2")
    #expect(result.status == 69 && result.messages.contains("fit.tiles"))
    #expect(result.messages.contains("it would fit: a budget of"))
    #expect(!FileManager.default.fileExists(atPath: "\(spikec.folder)/tables"))
    #expect(result.messages.contains("tiles in all, at most 2"))
    let object = try compile(Self.lenet, for: "rpu", to: "tables", "--tiles", "2", "--json").json()
    #expect(object["schema"] as? String == "spikec-fit/1")
    let shortage = try #require(object["shortage"] as? [String: Any])
    #expect(try #require(shortage["tiles"] as? Int) > 2 && shortage["mostTiles"] as? Int == 2)
    #expect((shortage["changes"] as? [Any])?.isEmpty == false)
    #expect((object["layers"] as? [[String: Any]])?.first?["tiles"] is Int)
  }

  @Test("finds a changed table") func damage() throws {
    #expect(try compile().status == 0)
    let path = "\(spikec.folder)/tables/tiles.csv"
    var lines = try text("tables/tiles.csv").split(separator: "\n").map(String.init)
    lines.removeLast()
    try (lines.joined(separator: "\n") + "\n").write(
      toFile: path, atomically: true, encoding: .utf8)
    let checked = try spikec("check", "tables")
    #expect(checked.status == 65, "\(checked.messages)")
    try "x\n".write(toFile: path, atomically: true, encoding: .utf8)
    let unreadable = try spikec("check", "tables")
    #expect(unreadable.status == 65 && unreadable.messages.contains("tables.bad-header"))
  }

  @Test(
    "refuses options without effect",
    arguments: [
      (["--target", "cpu", "--tiles", "9"], "driver.no-tiles"),
      (["--target", "rpu", "--timesteps", "9"], "driver.needs-code"),
      (["--target", "rpu", "--stop-after", "mapped"], "driver.text-expected"),
      (["--target", "rpu", "--tiles", "0"], "expected a number from 1, or 'all'"),
    ])
  func refuses(options: [String], message: String) throws {
    let result = try spikec(["compile", Self.lenet, "-o", "x"] + options)
    #expect(result.status == 64 && result.messages.contains(message), "\(result.messages)")
  }
}
