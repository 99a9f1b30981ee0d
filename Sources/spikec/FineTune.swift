// `spikec finetune`

import ArgumentParser
import Diagnostics
import Driver
import Kernels
import SpikeTraining

/// Trains a model for some more epochs as its neurons will spike.
struct FineTune: ParsableCommand {

  static let configuration = CommandConfiguration(
    commandName: "finetune",
    abstract: "Train a model for some epochs as its neurons will spike.",
    usage: "spikec finetune <model> --data <data> -o <file> [--labels <labels>] [<options>]",
    discussion: """
      The model's batch normalizations are folded into weights, its rectifiers become what they \
      will be in spikes, and weights and biases are trained on until the network says again what \
      the model itself says of images. No classes are needed for that; with --distill below 1 \
      those of --labels are learned too.

      Neurons in training:
        lif  the rates of leaky neurons, fitted channel by channel as 'compile --neuron lif' does, \
      with the noise of spikes (--noise); evaluated with a sharp threshold and without noise
        if   the steps of the spike code (--code, --timesteps), whose gradient is that of the line \
      that the steps follow

      A part of the images is held out (--validation): the weights of the epoch that is nearest \
      to the model on them are written, or, with --distill 0, that classifies them best. An \
      interrupted run writes nothing.

      The result is a network as text (.sir), in which leaky neurons keep the responses that they \
      were trained with, or, for Keras models in HDF5, the model's own file with new weights (.h5): \
      batch normalizations become biases, everything else stays, and Keras loads it.

      EXAMPLES
        spikec finetune model.h5 --data x_train.npy -o lif.sir
        spikec compile lif.sir -o lif.spk --neuron lif --calibration x_train.npy
        spikec finetune model.h5 --data x_train.npy --labels y_train.npy -o tuned.h5 \\
          --neuron if --code rate --timesteps 8
      """)

  @Argument(help: "The model: .keras, .h5, .onnx, or .sir.")
  var model: String

  @Option(
    help: ArgumentHelp(
      "The training images: .npy, .npz:name, .h5:/dataset, idx, or a folder of .png.",
      discussion: "Once for each input of the network.", valueName: "data"))
  var data: [String]

  @Option(
    help: ArgumentHelp(
      "The class of each image: .npy, or idx (-idx1-ubyte, also .gz).", valueName: "labels"))
  var labels: String?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Where to write: the network as text (.sir), or a Keras model (.h5).", valueName: "file"))
  var output: String

  @OptionGroup var modelOptions: ModelOptions

  @Option(help: "The neuron model: leaky integrate-and-fire, or integrate-and-fire.")
  var neuron = NeuronName.leaky

  @Option(help: "The spike code, for --neuron if. Default: \(ConversionRequest.defaultCode).")
  var code: CodeName?

  @Option(
    help: ArgumentHelp(
      "Time steps of a window, or spikes of a value under 'weighted', for --neuron if.",
      valueName: "n"))
  var timesteps: Int?

  @OptionGroup(title: "Training") var training: TrainingOptionGroup

  @OptionGroup(title: "Preprocessing: (x · scale − mean) / std") var preprocessing:
    PreprocessingOptions

  @Option(help: ArgumentHelp("How many images to take, from the first on.", valueName: "n"))
  var limit: Int?

  @Option(
    help: ArgumentHelp("How many threads to use. Default: all processors.", valueName: "n"))
  var threads: Int?

  @Flag(help: "Print the result as one JSON object.")
  var json = false

  func validate() throws {
    for (value, option) in [
      (timesteps, "--timesteps"), (limit, "--limit"), (threads, "--threads"),
    ] {
      try checkPositive(value, option)
    }
    if let threads, threads > 4096 { throw ValidationError("'--threads' is at most 4096") }
    if neuron == .leaky && (code != nil || timesteps != nil) {
      throw ValidationError(
        "'--code' and '--timesteps' are for '--neuron if': leaky neurons are trained as rates")
    }
  }

  func run() throws {
    var request = FineTuneRequest(model: model, output: output)
    request.importing = modelOptions.options
    request.data.data = data
    request.data.labels = labels
    request.data.limit = limit
    request.data.option = "--data"
    request.data.preprocessing = try preprocessing.request()
    request.conversion.neuron = neuron.kind
    request.conversion.code = code?.rawValue
    request.conversion.timesteps = timesteps
    request.training = try training.options(neuron)
    request.held = training.validation
    request.threads = threads
    let session = session
    let report = try session.fineTune(request)
    if let remark = report.remark { session.console.report(remark) }
    try session.console.print(json ? report.json.text : report.text)
  }
}

/// The noise of spikes in training.
enum NoiseName: String, CaseIterable, ExpressibleByArgument {
  case none
  case gaussian
  case alpha
  case alphaMembrane = "alpha-rc"
}

extension OptimizerKind: ExpressibleByArgument {}

/// How a network is trained.
struct TrainingOptionGroup: ParsableArguments {

  @Option(help: ArgumentHelp("How often each image is seen.", valueName: "n"))
  var epochs = 3

  @Option(help: ArgumentHelp("The images of a step.", valueName: "n"))
  var batch = 64

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The learning rate at the start; it falls to 0 along a cosine. Default: 0.001 for adam with "
        + "--distill 1, else 0.0001; for sgd 0.001.", valueName: "x"))
  var learningRate: Float?

  @Option(help: "Adam, or gradient descent with Nesterov's momentum 0.9.")
  var optimizer = OptimizerKind.adam

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The part of kernels taken off in a step, times the learning rate.", valueName: "x"))
  var weightDecay: Float = 0

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The largest norm of a step's gradient; 0 for none.", valueName: "x"))
  var clip: Float = 1

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How much of the loss, 0 to 1, is the divergence from what the model itself says instead of "
        + "the cross-entropy of the classes; with 1, --labels may be left out.", valueName: "x"))
  var distill: Float = 1

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "What the logits of both are divided by for --distill. Default: 4.", valueName: "x"))
  var temperature: Float?

  @Option(
    help: """
      What is added to the rates of leaky neurons above threshold: normal numbers, or the ripple of \
      an alpha synapse, alone or behind the membrane. Default: none with --distill 1, else gaussian.
      """)
  var noise: NoiseName?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The standard deviation of gaussian noise, spikes a second. Default: 3.", valueName: "hz"))
  var sigma: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The time constant of the synapse of alpha noise, seconds. Default: 0.005.", valueName: "s"))
  var synapse: Float?

  @Option(help: ArgumentHelp("Shift images at random by up to this much, pixels.", valueName: "n"))
  var shift = 0

  @Flag(help: "Mirror half of the images, left to right.")
  var mirror = false

  @Option(
    help: ArgumentHelp(
      "How many images to hold out. Default: a tenth, at most 5,000.", valueName: "n"))
  var validation: Int?

  @Option(help: ArgumentHelp("Where random numbers start.", valueName: "n"))
  var seed: UInt64 = 0

  func validate() throws {
    try checkPositive(epochs, "--epochs")
    try checkPositive(batch, "--batch")
    if batch > 1 << 16 { throw ValidationError("'--batch' is at most 65536") }
    if !(0...1000).contains(shift) {
      throw ValidationError("'--shift' is 0 to 1000, not \(shift)")
    }
    if let validation, validation < 0 {
      throw ValidationError("'--validation' must be at least 0, not \(validation)")
    }
    for (value, option) in [
      (learningRate ?? 1, "--learning-rate"), (sigma ?? 1, "--sigma"),
      (synapse ?? 1, "--synapse"), (temperature ?? 1, "--temperature"),
    ] where !(value > 0 && value.isFinite) {
      throw ValidationError("'\(option)' must be a positive number, not \(value)")
    }
    if !(0...1 ~= distill) { throw ValidationError("'--distill' is 0 to 1, not \(distill)") }
    for (value, option) in [(weightDecay, "--weight-decay"), (clip, "--clip")]
    where !(value >= 0 && value.isFinite) {
      throw ValidationError("'\(option)' must be 0 or a positive number, not \(value)")
    }
  }

  /// The learning rate if none is given: towards classes a trained network is moved carefully, for it
  /// learns images by heart; towards itself it finds back sooner in large steps.
  private var usualRate: Float { optimizer == .adam && distill < 1 ? 1e-4 : 1e-3 }

  /// Returns the options for neurons of the given model.
  ///
  /// - Throws: `ValidationError` if noise is asked for of neurons that have none.
  func options(_ neuron: NeuronName) throws -> TrainingOptions {
    if neuron != .leaky, let noise, noise != NoiseName.none {
      throw ValidationError("'--noise' is for '--neuron lif': steps have no noise of spikes")
    }
    var result = TrainingOptions()
    result.epochs = epochs
    result.batch = batch
    result.optimizer = optimizer
    result.learningRate = learningRate ?? usualRate
    result.decay = weightDecay
    result.clipNorm = clip > 0 ? clip : nil
    result.distillation = Distillation(weight: distill, temperature: temperature ?? 4)
    result.augmentation.shift = shift
    result.augmentation.mirrors = mirror
    result.seed = seed
    let noise = noise ?? (neuron == .leaky && distill < 1 ? NoiseName.gaussian : NoiseName.none)
    if temperature != nil, distill == 0 {
      throw ValidationError("'--temperature' is for '--distill' above 0")
    }
    if sigma != nil, noise != .gaussian {
      throw ValidationError("'--sigma' is for '--noise gaussian'")
    }
    if synapse != nil, noise != .alpha, noise != .alphaMembrane {
      throw ValidationError("'--synapse' is for '--noise alpha' and '--noise alpha-rc'")
    }
    switch noise {
    case .none: result.noise = .none
    case .gaussian: result.noise = .gaussian(sigma: sigma ?? 3)
    case .alpha: result.noise = .alpha(tau: synapse ?? 0.005)
    case .alphaMembrane: result.noise = .alphaMembrane(tau: synapse ?? 0.005)
    }
    return result
  }
}
