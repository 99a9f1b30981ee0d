// The command: declarations of arguments and help. What commands do is in the module Driver.

import ArgumentParser
import Diagnostics
import Driver

/// The command `spikec`.
@main
struct Spikec: ParsableCommand {

  static let configuration = CommandConfiguration(
    commandName: "spikec",
    abstract: "Compile trained neural networks into spiking ones, and run them.",
    discussion: """
      A model that Keras has saved, or an ONNX file, becomes a spiking network with 8-bit weights, \
      which an event-driven engine runs; nothing is trained again, and neither Python nor a \
      framework is needed.

      EXAMPLES
        How good is the model itself?
          spikec infer model.h5 --input test-images.npy --labels test-labels.npy
        Compile it; some hundred training images set the ranges of its layers.
          spikec compile model.h5 -o model.spk --calibration train-images.npy
        How good is the spiking network, and how many spikes does it take?
          spikec run model.spk --input test-images.npy --labels test-labels.npy
        Where is accuracy lost?
          spikec attribute model.h5 --input test-images.npy --labels test-labels.npy \\
            --calibration train-images.npy
        Does it fit a chip, and what does it do there?
          spikec compile model.h5 -o tables --target loihi1 --calibration train-images.npy
          spikec run tables --input test-images.npy --labels test-labels.npy
        Read what was compiled.
          spikec inspect model.spk

      Results go to the standard output (one JSON object with --json), everything else to the \
      standard error. Exit status: 0 done, 64 wrong command line, 65 bad or unsupported input, \
      66 missing file, 69 does not fit the target, 70 a bug of spikec, 73 cannot write the \
      output, 74 reading or writing failed.
      """,
    version: "spikec \(Driver.version)",
    subcommands: [
      Compile.self, Run.self, Infer.self, Attribute.self, FineTune.self, TrainRPU.self,
      Inspect.self, Opt.self, Check.self, Report.self, List.self,
    ])

  /// The console of the process.
  static let console = Console()

  /// Parses the command line and runs the command that it names.
  static func main() {
    handleSignals()
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let error as CompileError {
      console.report(contentsOf: error.diagnostics)
      if let report = error.report { console.say(report.text) }
      exit(withError: ArgumentParser.ExitCode(error.exitCode.rawValue))
    } catch {
      exit(withError: error)
    }
  }
}

extension ParsableCommand {

  /// The surroundings of the command.
  var session: Session { Session(registry: .builtIn, console: Spikec.console) }

  /// Returns the result of `body`; where it is that something does not fit `target`, programs are told
  /// why (`json`) before the error goes on.
  func explaining<Result>(
    model: String, target: String, json: Bool, _ body: () throws(CompileError) -> Result
  ) throws(CompileError) -> Result {
    do throws(CompileError) {
      return try body()
    } catch {
      if json, let report = error.fitReport(model: model, target: target) {
        try Spikec.console.print(report.text)
      }
      throw error
    }
  }
}
