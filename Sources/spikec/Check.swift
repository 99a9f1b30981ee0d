// `spikec check`

import ArgumentParser
import Diagnostics
import Driver

/// Checks allocation tables.
struct Check: ParsableCommand {

  static let configuration = CommandConfiguration(
    abstract:
      "Check that tables of a machine are right: every synapse, every route, every capacity.",
    usage: "spikec check <tables> [--json]",
    discussion: """
      Every neuron has one place, every synapse exists once and acts in the right tick, every spike \
      arrives, and no core holds more than it can. Of tables for analog arrays: every weight is in \
      every copy of its layer once, and no tile holds more than it can. What is wrong is said, and the \
      exit status is 65.

      EXAMPLES
        spikec compile model.h5 --target loihi1 -o tables --calibration images.npy
        spikec check tables
      """)

  @Argument(help: "The folder of tables that 'spikec compile --target' wrote.")
  var tables: String

  @Flag(help: "Print the result as one JSON object.")
  var json = false

  func run() throws {
    let report = try session.check(tables)
    try session.console.print(json ? report.json : report.text)
    if !report.findings.isEmpty { throw CompileError(report.findings) }
  }
}
