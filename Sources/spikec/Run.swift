// `spikec run`

import ArgumentParser
import Diagnostics
import Driver

/// Runs a compiled network.
struct Run: ParsableCommand {

  static let configuration = CommandConfiguration(
    abstract: "Run a compiled network on images.",
    usage: "spikec run <artefact> --input <data> [--labels <labels>] [<options>]",
    discussion: """
      Counts spikes and synaptic operations, and with labels the accuracy. Images are \
      preprocessed as they were for the compilation.

      EXAMPLES
        spikec run model.spk --input x_test.npy --labels y_test.npy
        spikec run model.spk --input t10k-images-idx3-ubyte.gz \\
          --labels t10k-labels-idx1-ubyte.gz
        spikec run model.spk --input test.npz:x_test --limit 100 --output logits.npy
        spikec run model.spk --input images/ --json > result.json
        spikec run tables --input x_test.npy --labels y_test.npy --limit 100
      On another chip of analog arrays, a day after it was programmed:
        spikec run tables --input x_test.npy --labels y_test.npy --chip-seed 2 --age 86400
      """)

  @Argument(help: "The compiled network (.spk), or a folder of allocation tables.")
  var artefact: String

  @OptionGroup var samples: SampleOptions

  @Option(
    help: ArgumentHelp(
      "The number of time steps; only for the code 'rate'. Default: as compiled.",
      valueName: "n"))
  var timesteps: Int?

  @Option(
    help: ArgumentHelp(
      "End an image when its best output leads by this much; only for the code 'rate'.",
      valueName: "margin"))
  var earlyExit: Float?

  @Option(
    help: ArgumentHelp(
      "Where the random numbers of encoders, or of the reads of analog arrays, begin. Default: as compiled; 1 for arrays.",
      valueName: "n"))
  var seed: Int?

  @Option(
    help: ArgumentHelp(
      "Which chip of analog arrays: where the random numbers of manufacture and programming begin. Default: 1.",
      valueName: "n"))
  var chipSeed: Int?

  @Option(
    help: ArgumentHelp(
      "How long ago analog arrays were programmed; conductances drift. Default: 0.",
      valueName: "seconds"))
  var age: Double?

  @Option(
    help: ArgumentHelp(
      "Measure the columns of analog arrays first, each test vector so often, and take their differences out.",
      valueName: "n"))
  var calibrateColumns: Int?

  func validate() throws {
    try checkSeed(seed)
    try checkSeed(chipSeed, "--chip-seed")
    try checkPositive(calibrateColumns, "--calibrate-columns")
    if let age, !(age >= 0 && age.isFinite) {
      throw ValidationError("'--age' is a number of seconds of at least 0")
    }
    if let earlyExit, !(earlyExit >= 0) {
      throw ValidationError("'--early-exit' is a number of at least 0")
    }
    try checkPositive(timesteps, "--timesteps")
  }

  func run() throws {
    var request = RunRequest(artefact: artefact)
    request.data = try samples.request()
    request.timesteps = timesteps
    request.earlyExitMargin = earlyExit
    request.seed = seed
    request.chipSeed = chipSeed
    request.age = age
    request.calibrationReads = calibrateColumns
    request.threads = samples.threads
    request.output = samples.output
    let session = session
    let report = try session.run(request)
    try session.console.print(samples.json ? report.json.text : report.text)
  }
}
