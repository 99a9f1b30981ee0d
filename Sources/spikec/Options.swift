// Options that several commands share.

import ArgumentParser
import DataIO
import Diagnostics
import Driver
import PluginAPI
import SpikeIR

/// How raw data become the network's input.
struct PreprocessingOptions: ParsableArguments {

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The factor applied to raw values: a number or a fraction such as 1/255.",
      discussion: "Default: as compiled; for models 1/255 for 8-bit, 1/65535 for 16-bit unsigned "
        + "data, 1 for others and where the model's file asks for integers.",
      valueName: "number"))
  var scale: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "What is subtracted then: one number, or one for each channel, as in 0.5,0.4,0.4.",
      discussion: "Default: as compiled; for models 0.", valueName: "numbers"))
  var mean: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "What is divided by then: one number, or one for each channel.",
      discussion: "Default: as compiled; for models 1.", valueName: "numbers"))
  var std: String?

  /// The request that the options make.
  func request() throws(CompileError) -> PreprocessingRequest {
    try liftingDiagnostic { () throws(Diagnostic) in
      try PreprocessingRequest(scale: scale, mean: mean, std: std)
    }
  }
}

/// How a model file is read.
struct ModelOptions: ParsableArguments {

  @Option(
    help: ArgumentHelp(
      "The network's description, for a model file that holds weights alone.",
      discussion: "Keras writes it so: open('model.json', 'w').write(model.to_json()).",
      valueName: "file.json"))
  var architecture: String?

  /// The options that were given.
  var options: ImportOptions { ImportOptions(architecture: architecture) }
}

/// What a spiking network should be like.
struct ConversionOptions: ParsableArguments {

  @Option(help: "The spike code. Default: \(ConversionRequest.defaultCode).")
  var code: CodeName?

  @Option(help: "The neuron model: integrate-and-fire, or leaky integrate-and-fire.")
  var neuron = NeuronName.integrateAndFire

  @Option(
    help: ArgumentHelp(
      "Time steps of a window, or spikes of a value under 'weighted'. Default: "
        + ConversionRequest.defaultTimesteps.map { "\($0.timesteps) (\($0.code))" }
        .joined(separator: ", ")
        + ", \(ConversionRequest.defaultLeakyTimesteps) with --neuron lif.",
      valueName: "n"))
  var timesteps: Int?

  @Option(
    help: "Bits of weights; ternary: −1, 0, 1; binary: −1, 1. Default: 8, or what cores hold.")
  var weightBits: WeightWidth?

  @Option(
    help: """
      How inputs are said under the code 'rate': a graded current, random spikes, or spikes that \
      begin the earlier the larger the value. Default: constant.
      """)
  var encoder: EncoderName?

  @Option(
    help: """
      What is read of the outputs: potentials, counts of spikes, or who fires first, the last \
      under 'rate' only. Default: potential.
      """)
  var decoder: DecoderName?

  @Option(
    help: ArgumentHelp(
      "Where the random numbers of encoders begin. Default: 0.", valueName: "n"))
  var seed: Int?

  func validate() throws {
    try checkPositive(timesteps, "--timesteps")
    try checkSeed(seed)
  }

  /// The request that the options make.
  var request: ConversionRequest {
    var request = ConversionRequest()
    request.neuron = neuron.kind
    request.code = code?.rawValue
    request.timesteps = timesteps
    request.weightBits = weightBits?.rawValue
    request.encoder = encoder?.rawValue
    request.decoder = decoder?.rawValue
    request.seed = seed
    return request
  }
}

/// What is to be seen of passes.
struct PassOptions: ParsableArguments {

  @Option(
    name: .customLong("print-ir-before"),
    help: ArgumentHelp(
      "Print the network before this pass, or before each with 'all'.", valueName: "pass"))
  var printBefore: [String] = []

  @Option(
    name: .customLong("print-ir-after"),
    help: ArgumentHelp(
      "Print the network after this pass, or after each with 'all'.", valueName: "pass"))
  var printAfter: [String] = []

  @Flag(help: "Check the network's soundness after each pass.")
  var verifyEach = false

  @Flag(help: "Print the time that each pass took.")
  var timePasses = false

  @Flag(help: "Print what passes counted.")
  var stats = false

  /// The request that the options make for the given passes.
  func request(pipeline: String?) -> PassRequest {
    var request = PassRequest()
    request.pipeline = pipeline
    request.printBefore = printBefore
    request.printAfter = printAfter
    request.verifiesEach = verifyEach
    request.timesPasses = timePasses
    request.printsStatistics = stats
    return request
  }
}

/// Samples to measure on.
struct CalibrationOptions: ParsableArguments {

  @Option(
    help: ArgumentHelp(
      "Training images on which passes measure the network; some hundred are enough.",
      discussion: dataFormats + " Once for each input of the network.", valueName: "data"))
  var calibration: [String] = []

  @Option(
    help: ArgumentHelp("How many of them to take, from the first on.", valueName: "n"))
  var calibrationLimit = 512

  @OptionGroup(title: "Preprocessing: (x · scale − mean) / std") var preprocessing:
    PreprocessingOptions

  func validate() throws {
    try checkPositive(calibrationLimit, "--calibration-limit")
  }

  /// The request that the options make.
  func request(labels: String? = nil) throws(CompileError) -> DataRequest {
    var request = DataRequest()
    request.data = calibration
    request.labels = labels
    request.limit = calibrationLimit
    request.option = "--calibration"
    request.preprocessing = try preprocessing.request()
    return request
  }
}

/// Samples to run a network on.
struct SampleOptions: ParsableArguments {

  @Option(
    help: ArgumentHelp(
      "The images to run.", discussion: dataFormats + " Once for each input of the network.",
      valueName: "data"))
  var input: [String]

  @Option(
    help: ArgumentHelp(
      "The class of each image: .npy, or idx (-idx1-ubyte, also .gz).", valueName: "labels"))
  var labels: String?

  @Option(help: ArgumentHelp("How many images to take, from the first on.", valueName: "n"))
  var limit: Int?

  @Option(
    help: ArgumentHelp("How many threads to use. Default: all processors.", valueName: "n"))
  var threads: Int?

  @Option(
    help: ArgumentHelp(
      "Write the network's outputs as a NumPy array [images, outputs], or all outputs of a "
        + "network that has several as an archive (.npz).", valueName: "file.npy"))
  var output: String?

  @OptionGroup(title: "Preprocessing: (x · scale − mean) / std") var preprocessing:
    PreprocessingOptions

  @Flag(help: "Print the result as one JSON object.")
  var json = false

  func validate() throws {
    try checkPositive(limit, "--limit")
    try checkPositive(threads, "--threads")
    if let threads, threads > 4096 { throw ValidationError("'--threads' is at most 4096") }
  }

  /// The request for samples that the options make.
  func request() throws(CompileError) -> DataRequest {
    var request = DataRequest()
    request.data = input
    request.labels = labels
    request.limit = limit
    request.preprocessing = try preprocessing.request()
    return request
  }
}

/// The formats of data, for help texts.
let dataFormats =
  ".npy, .npz:name, .h5:/dataset, idx (-idx3-ubyte, also .gz), or a folder of .png; "
  + "channels last or first."

/// Throws if `value` is given and not positive.
func checkPositive(_ value: Int?, _ option: String) throws {
  if let value, value < 1 { throw ValidationError("'\(option)' must be at least 1, not \(value)") }
}

/// Throws if `seed` is given and out of range.
func checkSeed(_ seed: Int?, _ option: String = "--seed") throws {
  if let seed, !(0...Int(Int32.max) ~= seed) {
    throw ValidationError("'\(option)' is 0 to \(Int32.max), not \(seed)")
  }
}

/// The spike codes.
enum CodeName: String, CaseIterable, ExpressibleByArgument {
  case rate
  case phased
  case weighted
}

/// How inputs are said.
enum EncoderName: String, CaseIterable, ExpressibleByArgument {
  case constant
  case poisson
  case bernoulli
  case latency
  case even
}

/// What is read of outputs.
enum DecoderName: String, CaseIterable, ExpressibleByArgument {
  case potential
  case count
  case firstSpike = "first-spike"
}

/// The widths of weights.
enum WeightWidth: String, CaseIterable, ExpressibleByArgument {
  case eight = "8"
  case seven = "7"
  case six = "6"
  case five = "5"
  case four = "4"
  case three = "3"
  case two = "2"
  case ternary
  case binary
}

/// The neuron models.
enum NeuronName: String, CaseIterable, ExpressibleByArgument {
  case integrateAndFire = "if"
  case leaky = "lif"

  /// The neurons of this name.
  var kind: NeuronKind {
    switch self {
    case .integrateAndFire: .integrateAndFire
    case .leaky: .leaky
    }
  }
}

/// The levels of a network.
enum LevelName: String, CaseIterable, ExpressibleByArgument {
  case ann
  case snn
  case mapped

  /// The level of this name.
  var level: Level {
    switch self {
    case .ann: .ann
    case .snn: .snn
    case .mapped: .mapped
    }
  }
}
