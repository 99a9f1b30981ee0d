// `spikec opt`

import ArgumentParser
import Diagnostics
import Driver

/// Applies passes to a network in the text form.
struct Opt: ParsableCommand {

  static let configuration = CommandConfiguration(
    abstract: "Apply passes to a network in the text form.",
    usage: "spikec opt <file> --passes <pipeline> [-o <file.sir>] [<options>]",
    discussion: """
      The tensors of FILE.sir are in FILE.sir.h5. Without -o the text is printed, with hashes in \
      place of tensors.

      EXAMPLES
        spikec opt model.sir --passes simplify,fold-batchnorm
        spikec opt folded.sir -o spiking.sir \\
          --passes 'convert{code=rate,timesteps=32},quantize'
      """)

  @Argument(help: "The network as text (.sir).")
  var file: String

  @Option(
    help: ArgumentHelp("The passes: 'spikec list passes'.", valueName: "pipeline"))
  var passes: String

  @Option(name: .shortAndLong, help: ArgumentHelp("Where to write.", valueName: "file.sir"))
  var output: String?

  @OptionGroup(title: "Calibration") var calibration: CalibrationOptions

  @OptionGroup(title: "Passes") var passOptions: PassOptions

  func run() throws {
    var request = OptimizeRequest(input: file, passes: passOptions.request(pipeline: passes))
    request.calibration = try calibration.request()
    request.output = output
    try session.optimize(request)
  }
}
