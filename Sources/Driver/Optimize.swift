// The command `opt`: passes over the text form.

package import Diagnostics
internal import Kernels
internal import PluginAPI
internal import SpikeIR
internal import SpikeText

/// What the user asks of `opt`.
package struct OptimizeRequest: Sendable {

  /// The text form.
  package var input: String

  /// The passes.
  package var passes: PassRequest

  /// The samples that passes may measure on.
  package var calibration = DataRequest()

  /// Where to write; the standard output if absent.
  package var output: String?

  /// Creates a request to run `passes` over the file at `input`.
  package init(input: String, passes: PassRequest) {
    self.input = input
    self.passes = passes
  }
}

extension Session {

  /// Applies passes to a program and writes its text form.
  ///
  /// - Throws: what reading, passes and writing throw.
  package func optimize(_ request: OptimizeRequest) throws(CompileError) {
    let sources = [request.input, containerPath(request.input)]
    if let output = request.output {
      for path in [output, containerPath(output)] {
        try refuse(output: path, overwriting: sources + request.calibration.files)
      }
    }
    let (run, output) = try liftingDiagnostic { () throws(Diagnostic) in
      let run = try PassRun(
        request.passes, standard: "", upTo: nil, registry: registry, console: console)
      let output = try request.output.map { path throws(Diagnostic) in
        try TextOutput(creating: path)
      }
      return (run, output)
    }
    let file = try liftingDiagnostic { () throws(Diagnostic) in
      try InputFile(path: request.input)
    }
    guard !file.prefix.contains(0) else { throw CompileError(.notText(request.input)) }
    var program = try loadText(request.input, needsTensors: false).program
    var context = PassContext()
    context.threads = processorCount
    let samples = try calibrationSamples(
      request.calibration, for: run, on: program, in: &context)
    _ = try run.apply(to: &program, &context)
    try samples?.throwIfFailed()
    if let output {
      try liftingDiagnostic { () throws(Diagnostic) in try output.write(program) }
    } else {
      try console.print(text(of: program))
    }
  }
}

extension Diagnostic {

  /// Returns an error about a file that is not text at all.
  fileprivate static func notText(_ path: String) -> Diagnostic {
    .error(
      "driver.not-text", "the file is not a text, expected the text form (.sir)", at: .file(path),
      notes: ["'spikec compile MODEL -o FILE.sir --stop-after ann' makes one of a model"])
  }
}
