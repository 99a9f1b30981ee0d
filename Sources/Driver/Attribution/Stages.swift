// The stages of a compilation: the states of a network between the file and its spikes, gathered
// while passes run.

internal import Diagnostics
internal import PluginAPI
internal import SpikeIR
internal import SpikePasses
internal import Synchronization

/// A state of a network at which its errors are measured.
struct Stage: Sendable {

  /// The name: one of the built-in stages, or that of a pass of a plugin.
  var name: String

  /// The network.
  var program: Program

  /// Where the network is on a machine, if it was laid out on one.
  var layout: MachineLayout?

  /// `true` iff the network computes what it did before, up to rounding.
  var isExact = false

  /// Which stages the built-in passes lead to.
  ///
  /// Passes that prepare others, such as `simplify`, lead to none: what they do is measured with
  /// the next stage.
  static let names: [String: String] = [
    "fold-batchnorm": "folded", "equalize": "equalized", "soften": "softened",
    "quantize": "quantized", "correct-bias": "corrected", "check-legal": "legal",
  ]

  /// The stages whose networks are equal to the one before, up to rounding.
  static let exactNames: Set<String> = ["imported", "folded", "equalized"]

  /// What each built-in stage is, for reports.
  static let summaries: [String: String] = [
    "imported": "the model as it is in its file",
    "folded": "normalizations folded into weights",
    "equalized": "ranges of channels made equal",
    "softened": "rectifiers replaced by the response of leaky neurons",
    "leveled": "activations clipped and rounded to what spikes can say",
    "quantized": "weights, biases and thresholds rounded to integers",
    "spiking": "values said by spikes in time",
    "corrected": "biases shifted until the means are right",
    "legal": "fan-in split, weights and parameters as the registers of the cores hold them",
    "mapped": "the tables executed on the emulated machine",
  ]
}

/// Listens to passes and keeps the networks that they leave.
final class StageRecorder: Sendable {

  /// What a pass left.
  private struct Event: Sendable {
    var pass: String
    var isBuiltIn: Bool
    var program: Program
  }

  private let events = Mutex<[Event]>([])

  /// Notes that `pass` left `program`.
  func record(_ pass: Pass, _ program: Program) {
    let isBuiltIn = Pass.builtIn.contains { $0.name == pass.name }
    events.withLock {
      $0.append(Event(pass: pass.name, isBuiltIn: isBuiltIn, program: program))
    }
  }

  /// Returns the stages, beginning with `imported`.
  ///
  /// Between the levels come two networks that no pass leaves: the network of operators whose
  /// activations have the levels of the code, and under `rate` the integer network without time,
  /// which `twin` makes.
  ///
  /// - Parameters:
  ///   - imported: the network before the first pass.
  ///   - twin: returns the network of code `phased` that corresponds to a network of operators.
  /// - Returns: the stages, in order.
  /// - Throws: what `twin` throws.
  func stages(
    after imported: ANNGraph, twin: (ANNGraph) throws(CompileError) -> SpikingGraph?
  ) throws(CompileError) -> [Stage] {
    var stages = [Stage(name: "imported", program: .ann(imported), isExact: true)]
    var last = imported
    for event in events.withLock({ $0 }) {
      switch event.program {
      case .ann(let graph): last = graph
      case .snn(let graph) where event.pass == "convert":
        if let leveled = try last.leveled(as: graph) {
          stages.append(Stage(name: "leveled", program: .ann(leveled)))
        }
      case .snn, .mapped: break
      }
      guard let name = Stage.names[event.pass] ?? (event.isBuiltIn ? nil : event.pass) else {
        continue
      }
      let isRate = event.program.code?.isRate ?? false
      if event.pass == "quantize", isRate, let quantized = try twin(last) {
        stages.append(Stage(name: "quantized", program: .snn(quantized)))
      }
      stages.append(
        Stage(
          name: event.pass == "quantize" && isRate ? "spiking" : name, program: event.program,
          isExact: Stage.exactNames.contains(name)))
    }
    return stages
  }
}

extension ANNGraph {

  /// Returns the network with the levels of `spiking`, `nil` if its neurons have none.
  fileprivate func leveled(as spiking: SpikingGraph) throws(CompileError) -> ANNGraph? {
    let hasLevels = spiking.populations.elements.contains { population in
      switch population.model {
      case .integrateAndFire, .staircase: true
      case .source, .relay, .maximum, .leaky, .currentBased, .bitShift, .integrator: false
      }
    }
    guard hasLevels, let code = Program.snn(spiking).code else { return nil }
    let inputLevels = spiking.encoders.first?.levels ?? 1
    return try liftingDiagnostic { () throws(Diagnostic) in
      try withSpikeLevels(code, inputLevels: inputLevels)
    }
  }
}
