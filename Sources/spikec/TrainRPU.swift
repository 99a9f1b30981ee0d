// `spikec train-rpu`

import ArgumentParser
import Diagnostics
import Driver
import SpikeTraining

/// Trains a network on emulated arrays of resistive devices.
struct TrainRPU: ParsableCommand {

  static let configuration = CommandConfiguration(
    commandName: "train-rpu",
    abstract: "Train a network on emulated arrays of resistive devices.",
    usage: "spikec train-rpu [<model>] --data <data> --labels <labels> [<options>]",
    discussion: """
      Each dense layer and convolution lies on an array of devices, which does all three cycles of \
      backpropagation: reads forward, reads backward, and updates by coincident stochastic pulses. \
      Images are learnt one at a time by gradient descent. Devices move by steps of the same mean \
      size and hold weights with their sign: machines whose 'device.model' is another than 'ideal', \
      or whose 'mapping' is another than 'signed-abstract', are refused.

      The model gives the layers and the weights to begin with; 'lenet', without a file, is the \
      network for images of 28 × 28 whose training on such arrays was published, with random \
      weights.

      EXAMPLES
        The baseline, with nothing managed:
          spikec train-rpu lenet --data train.idx --labels train-labels.idx \\
            --test-data test.idx --test-labels test-labels.idx \\
            --noise-management none --bound-management none
        With managed reads and updates, and 13 devices for each weight of a layer:
          spikec train-rpu lenet --data train.idx --labels train-labels.idx \\
            --noise-management abs-max --bound-management iterative --pulses 1 \\
            --update-management --devices-per-weight conv2=13 --plot errors.svg
        The same network in exact arithmetic:
          spikec train-rpu lenet --data train.idx --labels train-labels.idx --exact
      """)

  @Argument(help: "The model: .keras, .h5, .onnx, or .sir; or 'lenet'.")
  var model = TrainRPURequest.builtInModel

  @Option(
    help: ArgumentHelp(
      "The training images: .npy, .npz:name, .h5:/dataset, idx, or a folder of .png.",
      discussion: "Once for each input of the network.", valueName: "data"))
  var data: [String]

  @Option(
    help: ArgumentHelp(
      "The class of each image: .npy, or idx (-idx1-ubyte, also .gz).", valueName: "labels"))
  var labels: String

  @Option(
    help: ArgumentHelp(
      "Images on which the network is tested after each epoch.", valueName: "data"))
  var testData: [String] = []

  @Option(help: ArgumentHelp("The classes of the test images.", valueName: "labels"))
  var testLabels: String?

  @Option(help: ArgumentHelp("How many test images to take.", valueName: "n"))
  var testLimit: Int?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Where to write the network with the weights of the arrays, as text (.sir).",
      valueName: "file"))
  var output: String?

  @Option(
    help: ArgumentHelp("Where to draw the errors by epoch: .svg or .html.", valueName: "file"))
  var plot: String?

  @OptionGroup var modelOptions: ModelOptions

  @OptionGroup(title: "Arrays") var arrays: ArrayOptionGroup

  @OptionGroup(title: "Training") var training: OnlineOptionGroup

  @OptionGroup(title: "Preprocessing: (x · scale − mean) / std") var preprocessing:
    PreprocessingOptions

  @Option(help: ArgumentHelp("How many training images to take.", valueName: "n"))
  var limit: Int?

  @Flag(help: "Print the result as one JSON object.")
  var json = false

  func validate() throws {
    try checkPositive(limit, "--limit")
    try checkPositive(testLimit, "--test-limit")
    if testData.isEmpty != (testLabels == nil) {
      throw ValidationError("'--test-data' and '--test-labels' belong together")
    }
    if testLimit != nil && testData.isEmpty {
      throw ValidationError("'--test-limit' needs '--test-data'")
    }
    if training.fromScratch && model == TrainRPURequest.builtInModel {
      throw ValidationError("'--from-scratch' is for models from files: 'lenet' is new already")
    }
  }

  func run() throws {
    var request = TrainRPURequest()
    request.model = model
    request.importing = modelOptions.options
    request.data.data = data
    request.data.labels = labels
    request.data.limit = limit
    request.data.option = "--data"
    request.data.preprocessing = try preprocessing.request()
    if !testData.isEmpty {
      var test = DataRequest()
      test.data = testData
      test.labels = testLabels
      test.limit = testLimit
      test.option = "--test-data"
      test.preprocessing = try preprocessing.request()
      request.test = test
    }
    (request.output, request.plot) = (output, plot)
    try arrays.set(in: &request)
    training.set(in: &request)
    let report = try session.trainRPU(request)
    try session.console.print(json ? report.json.text : report.text)
  }
}

/// How vectors are scaled.
enum NoiseManagementName: String, CaseIterable, ExpressibleByArgument {
  case none
  case absMax = "abs-max"
}

/// What happens where outputs are clipped.
enum BoundManagementName: String, CaseIterable, ExpressibleByArgument {
  case none
  case iterative
  case worstCase = "worst-case"
}

/// The arrays, and how they are read and updated.
struct ArrayOptionGroup: ParsableArguments {

  @Option(
    help: ArgumentHelp("The machine: a name or a description (.json).", valueName: "target"))
  var target = "rpu"

  @Option(
    help: """
      How vectors are scaled before a read, forward and backward: not at all, or by their largest \
      element. Default: as the target has it.
      """)
  var noiseManagement: NoiseManagementName?

  @Option(
    help: """
      What happens where an output of a forward read is clipped: nothing, further reads at half \
      the scale, or one at a safe scale. Default: as the target has it.
      """)
  var boundManagement: BoundManagementName?

  @Option(
    help: ArgumentHelp(
      "The slots for pulses of an update, 1 to 64; the most if they are managed.",
      discussion: "Default: as the target has it.", valueName: "n"))
  var pulses: Int?

  @Flag(help: "Give rows and columns of an update the same largest probability of a pulse.")
  var updateManagement = false

  @Flag(help: "Let the number of slots follow the largest change of an update.")
  var pulseManagement = false

  @Option(
    help: ArgumentHelp(
      "Lay each weight of a layer on several devices.",
      discussion: "Once for each layer, such as conv2=13.", valueName: "layer=n"))
  var devicesPerWeight: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Replace a number of the target's devices.",
      discussion: "dwMin, dwMinDtod, dwMinStd, upDownDtod, wMin, wMax, wMinDtod, wMaxDtod.",
      valueName: "name=x"))
  var device: [String] = []

  @Option(help: ArgumentHelp("Where the differences between devices start.", valueName: "n"))
  var chipSeed: UInt64 = 0

  @Flag(help: "Train matrices in memory with exact arithmetic in place of arrays.")
  var exact = false

  func validate() throws {
    if let pulses, !(1...64).contains(pulses) {
      throw ValidationError("'--pulses' is 1 to 64, not \(pulses)")
    }
    _ = try pairs(devicesPerWeight, "--devices-per-weight") {
      Int($0).flatMap { $0 > 0 ? $0 : nil }
    }
    _ = try pairs(device, "--device") { Double($0).flatMap { $0.isFinite ? $0 : nil } }
    let others =
      noiseManagement != nil || boundManagement != nil || pulses != nil || updateManagement
      || pulseManagement
      || !devicesPerWeight.isEmpty || !device.isEmpty
    if exact && others {
      throw ValidationError("'--exact' trains without arrays: leave out the options of arrays")
    }
  }

  /// Returns the names and values of options of the form name=value.
  private func pairs<T>(
    _ texts: [String], _ option: String, _ value: (Substring) -> T?
  ) throws -> [String: T] {
    var result: [String: T] = [:]
    for text in texts {
      guard let place = text.lastIndex(of: "="), place > text.startIndex,
        let number = value(text[text.index(after: place)...])
      else {
        throw ValidationError("'\(option) \(text)': expected a name, '=' and a number")
      }
      result[String(text[..<place])] = number
    }
    return result
  }

  /// Enters the options.
  func set(in request: inout TrainRPURequest) throws {
    request.target = target
    request.isExact = exact
    request.noiseManagement = noiseManagement.flatMap { .init(rawValue: $0.rawValue) }
    request.boundManagement = boundManagement.flatMap { .init(rawValue: $0.rawValue) }
    request.slots = pulses
    (request.managesGains, request.managesSlots) = (updateManagement, pulseManagement)
    request.devicesPerWeight = try pairs(devicesPerWeight, "--devices-per-weight") { Int($0) }
    request.devices = try pairs(device, "--device") { Double($0) }
    request.chipSeed = chipSeed
  }
}

/// How a network is trained one image at a time.
struct OnlineOptionGroup: ParsableArguments {

  @Option(help: ArgumentHelp("How often each image is seen.", valueName: "n"))
  var epochs = 10

  @Option(help: ArgumentHelp("The learning rate.", valueName: "x"))
  var learningRate: Float = 0.01

  @Option(
    help: ArgumentHelp(
      "What the learning rate is multiplied by after each epoch.", valueName: "x"))
  var rateDecay: Float = 1

  @Flag(help: "Begin with random weights in place of the model's.")
  var fromScratch = false

  @Option(
    help: ArgumentHelp(
      "Where the random numbers of weights, order, reads and pulses start.", valueName: "n"))
  var seed: UInt64 = 0

  func validate() throws {
    try checkPositive(epochs, "--epochs")
    for (value, option) in [(learningRate, "--learning-rate"), (rateDecay, "--rate-decay")]
    where !(value > 0 && value.isFinite) {
      throw ValidationError("'\(option)' must be a positive number, not \(value)")
    }
  }

  /// Enters the options.
  func set(in request: inout TrainRPURequest) {
    request.training.epochs = epochs
    request.training.rate = learningRate
    request.training.decay = rateDecay
    request.training.seed = seed
    request.fromScratch = fromScratch
  }
}
