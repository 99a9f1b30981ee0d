// `spikec attribute`

import ArgumentParser
import Diagnostics
import Driver

/// Finds where accuracy is lost.
struct Attribute: ParsableCommand {

  static let configuration = CommandConfiguration(
    abstract: "Find the stage and the layer at which a compilation loses accuracy.",
    usage: "spikec attribute <model> --input <data> --labels <labels> [<options>]",
    discussion: """
      Compiles the model as 'compile' would and runs the network after every stage on the images: \
      as imported, with normalizations folded, with activations clipped and rounded to what \
      spikes can say, with integer weights, in spikes, with corrected biases. Prints what each \
      stage loses, the error of each layer, the stage to blame and what to try. With a target the \
      last stage is the network on the emulated machine.

      EXAMPLES
        spikec attribute model.h5 --input x_test.npy --labels y_test.npy \\
          --calibration x_train.npy --code rate --timesteps 32
        Try other codes, numbers of steps and widths of weights too, and draw everything:
          spikec attribute model.h5 --input x_test.npy --labels y_test.npy \\
            --calibration x_train.npy --limit 1000 --sweep --page report.html
        On an emulated chip or crossbar:
          spikec attribute model.h5 --input x_test.npy --labels y_test.npy \\
            --calibration x_train.npy --limit 100 --target loihi1 --timesteps 32
      """)

  @Argument(help: "The model: .keras, .h5, .onnx, or .sir.")
  var model: String

  @OptionGroup var modelOptions: ModelOptions

  @Option(
    help: ArgumentHelp(
      "The images on which stages are compared.", discussion: dataFormats, valueName: "data"))
  var input: [String]

  @Option(
    help: ArgumentHelp(
      "The class of each image; without it classifications are compared with the model's.",
      valueName: "labels"))
  var labels: String?

  @Option(help: ArgumentHelp("How many images to take, from the first on.", valueName: "n"))
  var limit: Int?

  @Option(
    help: ArgumentHelp(
      "The machine of the last stage, of 'spikec list targets', or a description (.json).",
      valueName: "name"))
  var target = "cpu"

  @OptionGroup var conversion: ConversionOptions

  @OptionGroup(title: "Calibration") var calibration: CalibrationOptions

  @Option(
    help: ArgumentHelp(
      "Passes to run in place of the standard ones: 'spikec list passes'.",
      valueName: "pipeline"))
  var passes: String?

  @Flag(help: "Try other codes, numbers of time steps and widths of weights too.")
  var sweep = false

  @Option(
    help: ArgumentHelp("Write a page with tables and drawings.", valueName: "file.html"))
  var page: String?

  @Flag(help: "Print the result as one JSON object.")
  var json = false

  func validate() throws {
    try checkPositive(limit, "--limit")
  }

  func run() throws {
    var request = AttributionRequest(model: model)
    request.importing = modelOptions.options
    request.target = target
    request.conversion = conversion.request
    request.passes.pipeline = passes
    request.data.data = input
    request.data.labels = labels
    request.data.limit = limit
    request.calibration = try calibration.request()
    request.data.preprocessing = request.calibration.preprocessing
    request.sweeps = sweep
    request.page = page
    let session = session
    let report = try explaining(model: model, target: target, json: json) {
      () throws(CompileError) in try session.attribute(request)
    }
    try session.console.print(json ? report.json.text : report.text)
  }
}
