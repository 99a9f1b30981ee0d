import Testing

@Suite("Help and usage") struct HelpTests {

  let spikec: Command

  init() throws {
    spikec = try Command()
  }

  static let commands = [
    "compile", "run", "infer", "attribute", "finetune", "train-rpu", "inspect", "opt", "check",
    "report", "list",
  ]

  @Test("names the commands and shows examples") func overview() throws {
    let result = try spikec("--help")
    #expect(result.status == 0 && result.messages.isEmpty)
    for command in Self.commands { #expect(result.output.contains("\n  \(command) ")) }
    #expect(result.output.contains("EXAMPLES"))
    #expect(try spikec().status == 0)
  }

  @Test("has examples for every command", arguments: commands)
  func command(name: String) throws {
    let result = try spikec(name, "--help")
    #expect(result.status == 0)
    #expect(result.output.contains("EXAMPLES") && result.output.contains("spikec \(name) "))
    for line in result.output.split(separator: "\n") { #expect(line.count <= 100, "\(line)") }
  }

  @Test("says its version") func version() throws {
    #expect(try spikec("--version").output.hasPrefix("spikec "))
  }

  @Test(
    "ends with 64 when the command line is wrong",
    arguments: [
      ["frobnicate"], ["compile"], ["compile", "m.h5"],
      ["compile", "m.h5", "-o", "x", "--code", "morse"],
      ["compile", "m.h5", "-o", "x", "--neuron", "izhikevich"],
      ["compile", "m.h5", "-o", "x", "--timesteps", "0"],
      ["compile", "m.h5", "-o", "x", "--weight-bits", "9"],
      ["compile", "m.h5", "-o", "x", "--labels", "y"],
      ["compile", "m.h5", "-o", "x.spk", "--target", "loihi9"],
      ["compile", "m.h5", "-o", "x.spk", "--stop-after", "ann"],
      ["compile", "m.h5", "-o", "x.spk", "--code", "weighted", "--timesteps", "13"],
      ["compile", "m.h5", "-o", "x.spk", "--passes", "simplify", "--code", "rate"],
      ["run", "a.spk"], ["run", "a.spk", "--input", "x", "--threads", "0"],
      ["run", "a.spk", "--input", "x", "--scale", "1/0"],
      ["run", "a.spk", "--input", "x", "--frob"],
      ["finetune", "m.h5", "-o", "x.sir"],
      ["finetune", "m.h5", "--data", "x", "--labels", "y", "-o", "x.txt"],
      ["finetune", "m.h5", "--data", "x", "--labels", "y", "-o", "x.sir", "--epochs", "0"],
      ["finetune", "m.h5", "--data", "x", "--labels", "y", "-o", "x.sir", "--code", "rate"],
      [
        "finetune", "m.h5", "--data", "x", "--labels", "y", "-o", "x.sir", "--neuron", "if",
        "--noise", "gaussian",
      ],
      ["train-rpu"], ["train-rpu", "--data", "x"],
      ["train-rpu", "--data", "x", "--labels", "y", "--pulses", "65"],
      ["train-rpu", "--data", "x", "--labels", "y", "--test-data", "x"],
      ["train-rpu", "--data", "x", "--labels", "y", "--devices-per-weight", "conv2"],
      ["train-rpu", "--data", "x", "--labels", "y", "--device", "dwMin=a"],
      ["train-rpu", "--data", "x", "--labels", "y", "--exact", "--update-management"],
      ["train-rpu", "--data", "x", "--labels", "y", "--from-scratch"],
      ["infer", "m.h5", "--input", "x", "--limit", "-1"], ["list"], ["list", "colors"],
      ["list", "layers", "x"], ["list", "passes", "frobnicate"],
      ["inspect", "m.h5", "--format", "json", "--weights"], ["opt", "a.sir"],
    ])
  func usage(arguments: [String]) throws {
    try spikec.write("m.h5", "\u{89}HDF".utf8)
    let result = try spikec(arguments)
    #expect(result.status == 64 && result.output.isEmpty && !result.messages.isEmpty)
    #expect(spikec.names == ["m.h5"])
  }
}
