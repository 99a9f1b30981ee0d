// `spikec infer`

import ArgumentParser
import Diagnostics
import Driver

/// Runs a model as it was imported.
struct Infer: ParsableCommand {

  static let configuration = CommandConfiguration(
    abstract: "Run a model itself, without spikes: the reference for what it becomes.",
    usage: "spikec infer <model> --input <data> [--labels <labels>] [<options>]",
    discussion: """
      Outputs that are images have their channels last, whatever the model's file has; all others have
      the axes in the order of the file.

      EXAMPLES
        spikec infer model.h5 --input x_test.npy --labels y_test.npy
        spikec infer model.onnx --input images/ --scale 1/127.5 --mean 1 \\
          --output logits.npy
      """)

  @Argument(help: "The model: .keras, .h5, .onnx, or .sir.")
  var model: String

  @OptionGroup var modelOptions: ModelOptions

  @OptionGroup var samples: SampleOptions

  func run() throws {
    var request = InferRequest(model: model)
    request.importing = modelOptions.options
    request.data = try samples.request()
    request.threads = samples.threads
    request.output = samples.output
    let session = session
    let report = try session.infer(request)
    try session.console.print(samples.json ? report.json.text : report.text)
  }
}
