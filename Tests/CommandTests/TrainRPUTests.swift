import Foundation
import Testing

/// Training on emulated arrays, on a few of the example's test images.
@Suite("Training on arrays", .serialized) struct TrainRPUTests {

  let spikec: Command

  init() throws {
    spikec = try Command()
  }

  /// A small machine whose arrays learn; its device's numbers are `device`.
  private func machine(_ device: String, mapping: String = "signed-abstract") -> String {
    """
    {
      "schema": "spikec-target/1", "id": "learner", "title": "arrays that learn",
      "family": "analog-crossbar", "time": {"model": "single-pass"},
      "topology": {
        "levels": [
          {"name": "chip", "count": 1, "assumed": true},
          {"name": "array", "count": 64, "assumed": true}
        ],
        "noc": {"kind": "none", "delivery": "dense-vector", "grade": "user"}
      },
      "cores": [
        {
          "class": "array", "count": 64,
          "resources": {
            "rows": {"value": 128, "grade": "user"}, "cols": {"value": 64, "grade": "user"}
          },
          "accounting": {
            "algorithm": "tiles", "params": {"rows": 128, "cols": 64}, "grade": "user"
          },
          "analog": {
            "grade": "user", "rows": 128, "cols": 64, "mapping": "\(mapping)",
            "input": {"bound": 1, "steps": 126, "signed": true},
            "output": {"bound": 12, "steps": 510, "noise": 0.06},
            "noiseManagement": "abs-max",
            "boundManagement": {"mode": "iterative"},
            "update": {"pulses": 10},
            "device": {\(device)}
          }
        }
      ],
      "energy": {"model": "none"}, "sources": {}
    }
    """
  }

  private static let device = """
    "dwMin": 0.001, "dwMinDtod": 0.3, "dwMinStd": 0.3, "upDownDtod": 0.01, "wMin": -0.6,
    "wMax": 0.6, "wMinDtod": 0.3, "wMaxDtod": 0.3
    """

  private func train(_ more: String...) throws -> CommandResult {
    if !spikec.names.contains("learner.json") {
      try spikec.write("learner.json", Data(machine(Self.device).utf8))
    }
    return try spikec(
      [
        "train-rpu", "lenet", "--data", WorkflowTests.images, "--labels", WorkflowTests.labels,
        "--limit", "150", "--epochs", "2", "--target", "learner.json",
      ] + more)
  }

  @Test("says what arrays did and how errors fell") func trains() throws {
    let result = try train(
      "--test-data", WorkflowTests.images, "--test-labels", WorkflowTests.labels, "--test-limit",
      "50", "--update-management", "--pulses", "1", "--devices-per-weight", "conv2=2", "--json",
      "--plot", "errors.svg", "-o", "trained.sir")
    #expect(result.status == 0, "\(result.messages)")
    let object = try result.json()
    #expect(object["schema"] as? String == "spikec-train-rpu/1")
    #expect(object["images"] as? Int == 150 && object["testImages"] as? Int == 50)
    let epochs = try #require(object["epochs"] as? [[String: Any]])
    let errors = epochs.compactMap { $0["error"] as? Double }
    #expect(errors.count == 2 && errors[1] < errors[0])
    #expect(epochs.allSatisfy { $0["testError"] as? Double != nil })
    let layers = try #require(object["layers"] as? [[String: Any]])
    #expect(layers.compactMap { $0["name"] as? String } == ["conv1", "conv2", "dense3", "dense4"])
    #expect(layers.compactMap { $0["vectorsPerImage"] as? Int } == [576, 64, 1, 1])
    // 401 rows are cut in 4; 32 outputs on 2 devices each fit 64 columns; 513 rows by 128 columns.
    #expect(layers.compactMap { $0["arrays"] as? Int } == [1, 4, 10, 2])
    #expect(layers.compactMap { $0["devicesPerWeight"] as? Int } == [1, 2, 1, 1])
    #expect(layers.compactMap { $0["coincidences"] as? Int }.allSatisfy { $0 > 0 })
    let drawing = try String(contentsOfFile: "\(spikec.folder)/errors.svg", encoding: .utf8)
    #expect(drawing.hasPrefix("<svg xmlns=") && drawing.contains("polyline"))
    let run = try spikec(
      "infer", "trained.sir", "--input", WorkflowTests.images, "--labels", WorkflowTests.labels,
      "--limit", "150", "--json")
    #expect(run.status == 0, "\(run.messages)")
  }

  @Test("gives the same again for a seed, another network for another chip") func deterministic()
    throws
  {
    for (name, seed) in [("a", "1"), ("b", "1"), ("c", "2")] {
      #expect(try train("-o", "\(name).sir", "--chip-seed", seed).status == 0)
    }
    let files = try ["a", "b", "c"].map {
      try Data(contentsOf: URL(fileURLWithPath: "\(spikec.folder)/\($0).sir"))
    }
    #expect(files[0] == files[1] && files[0] != files[2])
  }

  @Test(
    "refuses what cannot be trained",
    arguments: [
      (["--target", "loihi1"], "train-rpu.no-arrays", Int32(64)),
      (["--devices-per-weight", "conv3=2"], "crossbar.no-such-layer", 64),
      (["--devices-per-weight", "conv2=65"], "crossbar.too-many-devices", 69),
      (["--device", "dwmin=1"], "crossbar.no-such-device-number", 64),
      (["--device", "dwMin=0"], "crossbar.bad-device-number", 64),
      (["-o", "x.h5"], "train-rpu.unknown-output", 64),
      (["--plot", "x.png"], "train-rpu.unknown-output", 64),
    ])
  func refusals(options: [String], id: String, status: Int32) throws {
    try spikec.write("learner.json", Data(machine(Self.device).utf8))
    var arguments = [
      "train-rpu", "--data", WorkflowTests.images, "--labels", WorkflowTests.labels, "--limit",
      "20",
    ]
    if !options.contains("--target") { arguments += ["--target", "learner.json"] }
    let result = try spikec(arguments + options)
    #expect(result.status == status && result.messages.contains(id), "\(result.messages)")
    #expect(result.output.isEmpty && spikec.names == ["learner.json"])
  }

  @Test("guesses no number of devices") func unknownNumbers() throws {
    try spikec.write("a.json", Data(machine("\"dwMin\": 0.001, \"wMax\": null").utf8))
    let result = try spikec(
      "train-rpu", "--data", WorkflowTests.images, "--labels", WorkflowTests.labels, "--target",
      "a.json")
    #expect(result.status == 64 && result.messages.contains("crossbar.unknown-device-number"))
  }

  @Test("refuses devices that do not learn before it asks for their numbers") func otherDevices()
    throws
  {
    func train(_ device: String, mapping: String = "signed-abstract", _ more: String...) throws
      -> CommandResult
    {
      try spikec.write("b.json", Data(machine(device, mapping: mapping).utf8))
      return try spikec(
        [
          "train-rpu", "--data", WorkflowTests.images, "--labels", WorkflowTests.labels,
          "--target", "b.json", "--limit", "2",
        ] + more)
    }
    let cell = """
      "onOffRatio": 20, "model": "gated-volatile", "cell": {
        "onThreshold": -0.5, "offThreshold": 0.5, "setVoltage": -1, "setSeconds": 1e-6,
        "retention": 1
      }
      """
    let models = ["\"model\": \"vteam\"", "\"model\": \"pcm\"", "\"model\": \"reram\"", cell]
    for model in models {
      // With and without the numbers of training.
      for device in [model, model + ", " + Self.device] {
        let result = try train(device)
        #expect(result.status == 65 && result.messages.contains("crossbar.cannot-learn"))
        #expect(result.messages.contains("expected 'ideal'"), "\(result.messages)")
        #expect(!result.messages.contains("unknown-device-number"), "\(result.messages)")
      }
      #expect(try train(model, "--exact").status == 0)
    }
    let both = try train("\"model\": \"pcm\"", mapping: "differential")
    #expect(both.messages.components(separatedBy: "--exact trains").count == 2)
    #expect(both.messages.contains("the arrays of class 'array' of 'b.json'"), "\(both.messages)")
    #expect(both.status == 65 && !both.messages.contains("unknown-device-number"))
    #expect(both.messages.contains("'differential'") && both.messages.contains("'pcm'"))
  }

  @Test("says what of a description it does not emulate") func notEmulated() throws {
    let device =
      Self.device
      + ", \"stuckOff\": 0.1, \"variation\": 0, \"drift\": {\"compensation\": \"global\"}"
    try spikec.write("b.json", Data(machine(device).utf8))
    let result = try spikec(
      "train-rpu", "--data", WorkflowTests.images, "--labels", WorkflowTests.labels, "--target",
      "b.json", "--limit", "2", "--epochs", "1")
    #expect(result.status == 0 && result.messages.contains("train-rpu.not-emulated"))
    #expect(
      result.messages.contains("does not emulate 'device.drift.compensation', 'device.stuckOff'"),
      "\(result.messages)")
    #expect(!result.messages.contains("variation"))
  }
}
