// `spikec list`

import ArgumentParser
import Diagnostics
import Driver

extension ListSubject: ExpressibleByArgument {}

/// Lists what the program knows.
struct List: ParsableCommand {

  static let configuration = CommandConfiguration(
    abstract: "List frontends, passes, backends, targets, neuron models or supported layers.",
    discussion: """
      EXAMPLES
        spikec list layers
        spikec list passes
        spikec list passes calibrate
      """)

  @Argument(help: "What to list.")
  var subject: ListSubject

  @Argument(help: "A pass, to read everything about it.")
  var name: String?

  @Flag(help: "Print the list as one JSON object.")
  var json = false

  func validate() throws {
    if name != nil && (subject != .passes || json) {
      throw ValidationError("a name goes with 'list passes' alone")
    }
  }

  func run() throws {
    let session = session
    if let name {
      try session.console.print(session.describe(pass: name))
    } else {
      try session.console.print(session.list(subject, asJSON: json))
    }
  }
}
