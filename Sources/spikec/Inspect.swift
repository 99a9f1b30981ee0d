// `spikec inspect`

import ArgumentParser
import Diagnostics
import Driver
import SpikeIR

extension InspectFormat: ExpressibleByArgument {}

/// Prints a network.
struct Inspect: ParsableCommand {

  static let configuration = CommandConfiguration(
    abstract:
      "Say what a model or a compiled network is, and what of it becomes spikes; or what a machine is.",
    usage: "spikec inspect <file> [<options>]",
    discussion: """
      EXAMPLES
        spikec inspect model.keras
        spikec inspect model.weights.h5 --architecture model.json
        spikec inspect model.h5 --format text
        spikec inspect model.spk --format json
        spikec inspect model.spk --format dot | dot -Tsvg > model.svg
        spikec inspect tables
        spikec inspect loihi1
        spikec inspect my-chip.json
      """)

  @Argument(
    help: ArgumentHelp(
      "A model (.keras, .h5, .onnx), a compiled network (.spk, or a folder of tables), or a network "
        + "as text (.sir).",
      discussion: "Or a machine: a name of 'spikec list targets', or its description (.json)."))
  var file: String

  @OptionGroup var modelOptions: ModelOptions

  @Option(help: "The level that is expected; another one is an error.")
  var level: LevelName?

  @Option(
    help: ArgumentHelp(
      "How to print: a summary, the text form, the summary as JSON, a drawing for Graphviz.",
      discussion: "Default: the summary of a model or of tables, the text form of other networks."
    ))
  var format: InspectFormat?

  @Flag(help: "Print the summary as one JSON object, as '--format json' does.")
  var json = false

  @Flag(help: "Print the elements of tensors too, in the text form.")
  var weights = false

  func validate() throws {
    if weights && (json || format != nil && format != .text) {
      throw ValidationError("'--weights' goes with '--format text'")
    }
    if json && format != nil && format != .json {
      throw ValidationError("'--json' and '--format' ask for different things")
    }
  }

  func run() throws {
    let session = session
    try session.console.print(
      session.inspect(
        file, modelOptions.options, level: level?.level, format: json ? .json : format,
        weights: weights))
  }
}
