// `spikec report`

import ArgumentParser
import Diagnostics
import Driver

/// Writes a page on a compiled network.
struct Report: ParsableCommand {

  static let configuration = CommandConfiguration(
    abstract:
      "Write a page on a compiled network, with maps of its cores and links, or of its arrays.",
    usage: "spikec report <artefact> -o <page.html> [--input <data>]",
    discussion: """
      For allocation tables the page shows what cores use and where layers lie; with images, the \
      packets on the links of the machine too. For tables of analog arrays it shows how full tiles \
      are, and what each layer costs.

      EXAMPLES
        spikec report tables -o report.html
        spikec report tables -o report.html --input x_test.npy --limit 100
      """)

  @Argument(help: "The compiled network: a file (.spk), or a folder of tables.")
  var artefact: String

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Where to write the page.", valueName: "page.html"))
  var output: String

  @Option(help: ArgumentHelp("The images to run, one for each input.", valueName: "data"))
  var input: [String] = []

  @Option(help: ArgumentHelp("Take the first n images only.", valueName: "n"))
  var limit: Int?

  func validate() throws {
    try checkPositive(limit, "--limit")
    if limit != nil && input.isEmpty { throw ValidationError("'--limit' needs '--input'") }
  }

  func run() throws {
    var request = ReportRequest(artefact: artefact, output: output)
    if !input.isEmpty {
      var data = DataRequest()
      data.data = input
      data.limit = limit
      request.data = data
    }
    try session.report(request)
  }
}
