import Foundation
import Testing

@Suite("Machines on the command line") struct TargetTests {

  let spikec: Command

  init() throws {
    spikec = try Command()
  }

  private func text(_ name: String) throws -> String {
    try String(contentsOfFile: repositoryFile("Targets/\(name).json"), encoding: .utf8)
  }

  @Test("lists machines with what their cores hold") func list() throws {
    let lines = try spikec("list", "targets").output.split(separator: "\n")
    #expect(lines.count >= 13)
    let loihi = try #require(lines.first { $0.hasPrefix("loihi1 ") })
    for word in ["digital-mesh", "128", "1,024", "16,384", "per-event"] {
      #expect(loihi.contains(word), "\(word)")
    }
    #expect(lines.contains { $0.hasPrefix("spinnaker2 ") && $0.contains("unknown") })
    #expect(lines.contains { $0.hasPrefix("speck2 ") && $0.contains("16,384–65,536") })
    let items = try #require(
      try spikec("list", "targets", "--json").json()["items"] as? [[String: Any]])
    let named = Dictionary(uniqueKeysWithValues: items.map { ($0["name"] as? String, $0) })
    #expect(named["loihi1"]?["coresPerChip"] as? Int == 128)
    #expect(named["loihi1"]?["neuronsPerCore"] as? [Int] == [1024, 1024])
    #expect(named["spinnaker2"]?["neuronsPerCore"] is NSNull)
    #expect(named["cpu"]?["backend"] as? String == "event-cpu")
  }

  @Test("shows a machine: capacities, features, constants with grade and source") func inspect()
    throws
  {
    let result = try spikec("inspect", "loihi1")
    #expect(result.status == 0 && result.messages.isEmpty)
    for line in [
      "loihi1: Intel Loihi 1", "synMemWords", "16,384", "software", "D18, NL", "23.6 pJ",
      "presilicon", "104.4 mW", "silicon", "F20", "v > threshold", "subtract (2 neurons)",
      "Davies et al.", "113 ns",
    ] {
      #expect(result.output.contains(line), "\(line)")
    }
    let dynamic = try spikec("inspect", "spinnaker2").output
    let levels = dynamic.split(separator: "\n").filter { $0.hasPrefix("PL") }
    #expect(levels.count == 24)
    #expect(levels.contains { $0.contains("PL2, hertz") && $0.contains("333 MHz") })
    #expect(levels.filter { $0.contains("unknown") }.count == 18)
    #expect(try spikec("inspect", "loihi2").output.contains("energy: nothing is known"))
  }

  @Test(
    "shows every machine, as tables and as JSON that describes it again",
    arguments: [
      "akida1000", "brainscales2", "generic-crossbar", "generic-mesh", "isaac", "loihi1",
      "loihi1-nahuku", "loihi2", "rpu", "rpu-pcm", "speck2", "spinnaker1", "spinnaker2",
      "truenorth", "xylo",
    ])
  func all(name: String) throws {
    let shown = try spikec("inspect", name)
    #expect(shown.status == 0 && shown.output.hasPrefix("\(name): "))
    let json = try spikec("inspect", name, "--json")
    let object = try json.json()
    let original = try JSONSerialization.jsonObject(with: Data(try text(name).utf8))
    #expect(object as NSDictionary == original as? NSDictionary)
    try spikec.write("copy.json", json.output.utf8)
    let copy = try spikec("inspect", "copy.json")
    #expect(copy.output == shown.output && copy.status == 0, "\(copy.messages)")
    #expect(try spikec("inspect", "copy.json", "--format", "json").output == json.output)
  }

  @Test("says all that is wrong with a description") func wrong() throws {
    let damaged = try text("loihi1")
      .replacingOccurrences(of: "\"grid\": [8, 4]", with: "\"grid\": [8, 5]")
      .replacingOccurrences(of: "\"subtract\"", with: "\"substract\"")
      .replacingOccurrences(of: "\"source\": \"F20\"", with: "\"source\": \"F21\"")
    try spikec.write("bad.json", damaged.utf8)
    let result = try spikec("inspect", "bad.json")
    #expect(result.status == 65 && result.output.isEmpty)
    for words in [
      "bad.json:/topology/levels/1/grid", "target.grid-mismatch", "target.unknown-word",
      "bad.json:/cores/0/neuron/reset/1/mode", "bad.json:/energy/static/chip/source",
      "target.unknown-source",
    ] {
      #expect(result.messages.contains(words), "\(words)")
    }
    try spikec.write("bad.json", "{\n \"schema\": }".utf8)
    let syntax = try spikec("inspect", "bad.json")
    #expect(syntax.status == 65 && syntax.messages.contains("bad.json:2:12"))
    #expect(syntax.messages.contains("target.syntax"))
    try spikec.write("bad.json", [UInt8](repeating: 32, count: 2 << 20))
    let long = try spikec("inspect", "bad.json")
    #expect(long.status == 65 && long.messages.contains("target.too-long"))
  }

  @Test(
    "a description has no network to print",
    arguments: [["--format", "dot"], ["--level", "snn"], ["--weights"]])
  func notANetwork(options: [String]) throws {
    let result = try spikec(["inspect", "loihi1"] + options)
    #expect(result.status == 64 && result.messages.contains("driver.not-a-network"))
  }

  @Test("a file counts more than a name, and a description of a network is none of a machine")
  func files() throws {
    try spikec.write("loihi1", "x".utf8)
    #expect(try spikec("inspect", "loihi1").messages.contains("driver.unknown-model"))
    try spikec.write("model.json", #"{"class_name": "Functional", "config": {}}"#.utf8)
    #expect(!(try spikec("inspect", "model.json").messages.contains("target.")))
    #expect(try spikec("inspect", "none.json").messages.contains("driver.missing"))
  }
}
