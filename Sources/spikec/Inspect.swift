// `spikec inspect`

import ArgumentParser
import Diagnostics
import Driver
import SpikeIR

extension InspectFormat: ExpressibleByArgument {}

/// Prints a network.
struct Inspect: ParsableCommand {

  static let configuration = CommandConfiguration(
    abstract: "Print a model or a compiled network.",
    usage: "spikec inspect <file> [<options>]",
    discussion: """
      EXAMPLES
        spikec inspect model.h5
        spikec inspect model.spk --format json
        spikec inspect model.spk --format dot | dot -Tsvg > model.svg
      """)

  @Argument(help: "A model (.h5), a compiled network (.spk), or a network as text (.sir).")
  var file: String

  @OptionGroup var modelOptions: ModelOptions

  @Option(help: "The level that is expected; another one is an error.")
  var level: LevelName?

  @Option(help: "How to print: the text form, a summary as JSON, or a drawing for Graphviz.")
  var format = InspectFormat.text

  @Flag(help: "Print the elements of tensors too, in the text form.")
  var weights = false

  func validate() throws {
    if weights && format != .text { throw ValidationError("'--weights' goes with '--format text'") }
  }

  func run() throws {
    let session = session
    try session.console.print(
      session.inspect(
        file, modelOptions.options, level: level?.level, format: format, weights: weights))
  }
}
