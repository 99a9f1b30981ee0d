import Foundation
import Testing

/// What goes wrong, and how it ends: the status, the diagnostic, and no half-written file.
@Suite("Errors of the command", .serialized) struct ErrorTests {

  let spikec: Command

  init() throws {
    spikec = try Command()
  }

  static let example = repositoryFile("Examples/fashion-mnist")
  static let model = "\(example)/fashion_cnn.h5"
  static let images = "\(example)/test1000-images-idx3-ubyte.gz"
  static let calibration = "\(example)/calibration512-images-idx3-ubyte.gz"

  /// Expects that the program ends with `status` and the diagnostic `id`, and leaves `files`.
  private func expect(
    _ arguments: [String], status: Int32, id: String, files: [String] = [],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let result = try spikec(arguments)
    #expect(result.status == status, "\(result.messages)", sourceLocation: sourceLocation)
    #expect(
      result.messages.contains("[\(id)]"), "\(result.messages)", sourceLocation: sourceLocation)
    #expect(result.output.isEmpty, sourceLocation: sourceLocation)
    #expect(spikec.names == files.sorted(), sourceLocation: sourceLocation)
  }

  @Test("a missing model, input or label file ends with 66") func missing() throws {
    try expect(["infer", "no.h5", "--input", "x"], status: 66, id: "driver.missing")
    try expect(["run", "no.spk", "--input", "x"], status: 66, id: "driver.missing")
    try expect(["inspect", "no.h5"], status: 66, id: "driver.missing")
    try expect(["infer", Self.model, "--input", "no.npy"], status: 66, id: "file.missing")
    try expect(
      ["infer", Self.model, "--input", Self.images, "--labels", "no"], status: 66,
      id: "file.missing")
    try expect(
      ["compile", Self.model, "-o", "a.spk", "--calibration", "no.npz:x"], status: 66,
      id: "file.missing")
  }

  @Test("calibration data are asked for") func noCalibration() throws {
    let result = try spikec("compile", Self.model, "-o", "a.spk")
    #expect(result.status == 64 && result.messages.contains("--calibration DATA"))
    #expect(spikec.names.isEmpty)
  }

  @Test("files that are no models end with 65") func notAModel() throws {
    try spikec.write("a.txt", "hello".utf8)
    try expect(
      ["infer", "a.txt", "--input", "x"], status: 65, id: "driver.unknown-model", files: ["a.txt"])
    try expect(
      ["run", "a.txt", "--input", "x"], status: 65, id: "driver.not-artefact", files: ["a.txt"])
    let folder = try spikec("infer", ".", "--input", "x")
    #expect(folder.status == 66)
  }

  @Test("files of other formats are told by their content, and what to do about them")
  func otherFormats() throws {
    let cases: [(name: String, bytes: [UInt8], id: String, words: [String])] = [
      ("a.npy", [0x93] + Array("NUMPY".utf8), "driver.unknown-model", ["NumPy array", "--input"]),
      ("a.gz", [0x1F, 0x8B, 8, 0], "driver.unknown-model", ["gzip", "unpack"]),
      (
        "a.tflite", [28, 0, 0, 0] + Array("TFL3".utf8), "driver.unknown-model",
        ["TensorFlow Lite", "tf2onnx"]
      ),
      ("a", Array("hello world".utf8), "driver.unknown-model", ["text that begins with 'hello"]),
      ("e", [], "driver.unknown-model", ["empty"]),
      ("e.keras", [], "keras.bad-archive", ["an empty file"]),
      ("t.keras", Array("hello".utf8), "keras.bad-archive", ["text that begins with 'hello'"]),
      (
        "a.pt",
        [0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 22) + [16, 0, 0, 0]
          + Array("archive/data.pkl".utf8), "driver.unknown-model", ["PyTorch", "torch.onnx"]
      ),
    ]
    for (name, bytes, id, words) in cases {
      try spikec.write(name, bytes)
      let result = try spikec("inspect", name)
      #expect(result.status == 65 && result.messages.contains("[\(id)]"), "\(name): \(result)")
      for word in words { #expect(result.messages.contains(word), "\(result.messages)") }
    }
    let folder = try spikec("inspect", ".")
    #expect(folder.status == 66 && folder.messages.contains("is a folder"))
  }

  @Test("content counts more than the name of a file") func misnamed() throws {
    let model = repositoryFile("Tests/Fixtures/onnx/operators/resize_tensorflow.onnx")
    try spikec.write("a.h5", Data(contentsOf: URL(fileURLWithPath: model)))
    let result = try spikec("inspect", "a.h5")
    #expect(result.status == 0 && result.output.contains("ONNX, IR version"), "\(result.messages)")
  }

  @Test("a model is not an artefact, and an artefact is not a model") func confused() throws {
    try expect(["run", Self.model, "--input", "x"], status: 65, id: "driver.not-artefact")
    let compiled = try spikec(
      "compile", Self.model, "-o", "a.spk", "--calibration", Self.calibration,
      "--calibration-limit", "16")
    #expect(compiled.status == 0)
    try expect(
      ["infer", "a.spk", "--input", "x"], status: 65, id: "driver.is-artefact", files: ["a.spk"])
    try expect(
      ["opt", "a.spk", "--passes", "quantize"], status: 65, id: "driver.not-text", files: ["a.spk"])
    try expect(
      ["compile", "a.spk", "-o", "b.spk"], status: 65, id: "driver.is-artefact", files: ["a.spk"])
  }

  @Test("damaged artefacts end with 65") func damagedArtefact() throws {
    let compiled = try spikec(
      "compile", Self.model, "-o", "a.spk", "--calibration", Self.calibration,
      "--calibration-limit", "16")
    #expect(compiled.status == 0)
    let whole = try Data(contentsOf: URL(fileURLWithPath: "\(spikec.folder)/a.spk"))
    for length in stride(from: 8, to: whole.count, by: whole.count / 12) {
      try spikec.write("b.spk", whole.prefix(length))
      let result = try spikec("run", "b.spk", "--input", Self.images, "--limit", "1")
      #expect(result.status == 65, "\(length): \(result.messages)")
    }
    var random = SystemRandomNumberGenerator()
    for _ in 0..<30 {
      var changed = whole
      changed[Int.random(in: 0..<whole.count, using: &random)] ^= UInt8.random(in: 1...255)
      try spikec.write("b.spk", changed)
      let result = try spikec("run", "b.spk", "--input", Self.images, "--limit", "1")
      #expect([0, 65].contains(result.status), "\(result.messages)")
    }
  }

  @Test("inputs and labels that do not fit end with 65") func shapes() throws {
    // 3 images of 5 × 5.
    try spikec.write(
      "x", [0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 5, 0, 0, 0, 5] + [UInt8](repeating: 0, count: 75))
    try expect(
      ["infer", Self.model, "--input", "x"], status: 65, id: "data.shape-mismatch", files: ["x"])
    try spikec.write("y", [0, 0, 8, 1, 0, 0, 0, 2, 0, 1])
    try expect(
      ["infer", Self.model, "--input", Self.images, "--labels", "y"], status: 65,
      id: "data.label-count", files: ["x", "y"])
    try spikec.write("z", [0, 0, 8, 1, 0, 0, 3, 232] + [UInt8](repeating: 10, count: 1000))
    try expect(
      ["infer", Self.model, "--input", Self.images, "--labels", "z"], status: 65,
      id: "data.bad-labels", files: ["x", "y", "z"])
    try expect(
      ["infer", Self.model, "--input", Self.images, "--input", Self.images], status: 64,
      id: "data.input-count", files: ["x", "y", "z"])
  }

  @Test("an output that cannot be written ends with 73, before the work") func unwritable() throws {
    try expect(
      ["compile", Self.model, "-o", "no/a.spk", "--calibration", Self.calibration], status: 73,
      id: "output.cannot-write")
    try expect(
      ["infer", Self.model, "--input", Self.images, "--output", "."], status: 73,
      id: "output.cannot-write")
  }

  @Test("an input is not overwritten") func overwrite() throws {
    try FileManager.default.copyItem(atPath: Self.model, toPath: "\(spikec.folder)/m.h5")
    let before = try Data(contentsOf: URL(fileURLWithPath: Self.model))
    for output in ["m.h5", "./m.h5", "\(spikec.folder)/m.h5"] {
      try expect(
        ["compile", "m.h5", "-o", output, "--calibration", Self.calibration], status: 64,
        id: "output.is-input", files: ["m.h5"])
    }
    try expect(
      ["infer", "m.h5", "--input", Self.images, "--output", "m.h5"], status: 64,
      id: "output.is-input", files: ["m.h5"])
    #expect(try Data(contentsOf: URL(fileURLWithPath: "\(spikec.folder)/m.h5")) == before)
  }

  @Test("a failed run leaves the older artefact as it was") func older() throws {
    try spikec.write("a.spk", "older".utf8)
    let result = try spikec("compile", Self.model, "-o", "a.spk")
    #expect(result.status == 64 && spikec.names == ["a.spk"])
    #expect(FileManager.default.contents(atPath: "\(spikec.folder)/a.spk") == Data("older".utf8))
  }

  @Test("an interrupt leaves nothing behind and ends with 130", arguments: [SIGINT, SIGTERM])
  func interrupt(signal: Int32) throws {
    let process = try spikec.process([
      "compile", Self.model, "-o", "a.spk", "--calibration", Self.images, "--calibration-limit",
      "1000", "--passes",
      "simplify,fold-batchnorm" + String(repeating: ",calibrate{method=max}", count: 200),
    ])
    process.standardError = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    let deadline = Date(timeIntervalSinceNow: 30)
    while spikec.names.isEmpty && Date() < deadline { usleep(10_000) }
    #expect(spikec.names.count == 1, "the temporary file is there")
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 128 + signal)
    #expect(spikec.names.isEmpty)
  }

  @Test("a reader that closes the pipe is no error") func closedPipe() throws {
    let process = try spikec.process(["inspect", Self.model, "--weights"])
    let pipe = Pipe()
    process.standardOutput = pipe
    let messages = Pipe()
    process.standardError = messages
    try process.run()
    try pipe.fileHandleForReading.close()
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 0)
    #expect(messages.fileHandleForReading.readDataToEndOfFile().isEmpty)
  }

  @Test("a full disk under the standard output ends with 74") func fullOutput() throws {
    let process = try spikec.process(["list", "layers"])
    process.standardOutput = FileHandle(forWritingAtPath: "/dev/full")
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 74)
  }

  @Test("the passes are checked before the model is loaded") func badPipeline() throws {
    for (passes, id) in [
      ("frobnicate", "pass.unknown"), ("calibrate{frob=1}", "pass.unknown-option"),
      ("calibrate{levels=x}", "pass.bad-option"), ("a{", "pass.bad-pipeline"),
    ] {
      try expect(
        ["compile", Self.model, "-o", "a.spk", "--passes", passes], status: 64, id: id)
    }
    try expect(
      ["compile", Self.model, "-o", "a.spk", "--passes", "quantize"], status: 64,
      id: "pass.wrong-level")
    try expect(
      ["compile", Self.model, "-o", "a.spk", "--passes", "simplify"], status: 64,
      id: "driver.not-spiking")
  }
}
