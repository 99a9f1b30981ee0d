// A network on a machine, whichever kind of machine it is.

internal import Crossbar
internal import Diagnostics
internal import HardwareTargets
internal import NeuroCore
internal import SpikeIR

/// A network on a machine.
enum MachineLayout: Sendable {
  /// Neurons on cores that send spikes.
  case cores(Allocation)
  /// Weights on analog arrays.
  case arrays(CrossbarLayout)

  /// What the network takes of the machine.
  var summary: LayoutSummary {
    switch self {
    case .cores(let allocation):
      let summary = allocation.summary
      return LayoutSummary(json: summary.json, text: summary.text)
    case .arrays(let layout):
      return LayoutSummary(json: layout.summaryJSON, text: layout.summaryText)
    }
  }
}

/// What a network takes of a machine.
struct LayoutSummary: Sendable {
  /// As JSON.
  var json: JSON
  /// In words.
  var text: String
}

extension TargetDescription {

  /// Whether networks are laid out on the machine's analog arrays.
  var usesArrays: Bool { !hasSpikingCores && hasAnalogArrays }
}

extension NamedTarget {

  /// Returns the passes of a compilation for the machine, as text.
  ///
  /// - Throws: `driver.no-backend` if networks are not laid out on it; what the request is refused
  ///   for.
  func pipeline(_ request: ConversionRequest) throws(Diagnostic) -> String {
    if description.hasSpikingCores {
      return try TargetPipeline(request: request, target: description).text()
    }
    guard description.hasAnalogArrays else { throw .noBackend(description) }
    return try CrossbarPipeline(request: request, target: description).text()
  }

  /// Returns the pass that refuses what cores of the machine do not have, for a network that spikes
  /// already, as text; `nil` for analog arrays.
  func legality(of graph: SpikingGraph, _ request: ConversionRequest) -> String? {
    guard description.hasSpikingCores else { return nil }
    var own = request
    own.neuron = graph.hasLeakyNeurons ? .leaky : .integrateAndFire
    return TargetPipeline(request: own, target: description).legality
  }

  /// Refuses neurons, for a network of tensor operators, that the machine does not have.
  ///
  /// - Throws: `driver.target-neuron`.
  func check(_ request: ConversionRequest) throws(Diagnostic) {
    guard description.hasSpikingCores else { return }
    try TargetPipeline(request: request, target: description).checkChoice()
  }
}

extension SpikingGraph {

  /// Whether neurons leak, in floating point or as cores do.
  fileprivate var hasLeakyNeurons: Bool {
    populations.elements.contains { population in
      switch population.model {
      case .leaky, .currentBased, .bitShift: true
      case .source, .relay, .maximum, .integrateAndFire, .staircase, .integrator: false
      }
    }
  }
}

extension Diagnostic {

  /// Returns an error about a machine whose cores are no arrays, nor neurons that are emulated.
  fileprivate static func noBackend(_ target: TargetDescription) -> Diagnostic {
    let spikes = target.cores.contains { $0.neuron?.codes.contains("rate") ?? false }
    return .error(
      "driver.no-backend",
      "networks are not laid out on '\(target.id)': "
        + (spikes
          ? "there is no emulator for it yet" : "its cores do not send spikes to each other"),
      notes: ["'spikec list targets' names the backend of each machine that has one"],
      exitCode: .usage)
  }
}
