// The networks of the measurements: what `spikec compile --target` wrote, and synthetic ones.

import DataIO
import Diagnostics
import EventCPU
import HardwareTargets
import NeuroCore
import PluginAPI
import SpikeIR
import TestSupport

/// A network that is legal for a machine.
struct LegalNetwork {

  /// Its name.
  var name: String

  /// The network.
  var graph: SpikingGraph

  /// The images that it was compiled for; `nil` for synthetic networks.
  var images: ImageSet?

  /// A synthetic network, each of whose neurons is taken to spike once.
  init(_ graph: SpikingGraph) {
    (name, self.graph) = (graph.name, graph)
  }

  /// Reads the network in a folder of tables, with the images of `data`.
  init(readingAt folder: String, data: String) throws(CompileError) {
    name = folder.split(separator: "/").last.map { String($0) } ?? folder
    graph = try EventArtefact(readingAt: folder + "/network.spk").graph
    let (encoder, shape) = (graph.encoders[0], graph[graph.encoders[0].population].shape)
    var sink = DiagnosticSink()
    images = try liftingDiagnostic { () throws(Diagnostic) in
      let source = try DataSource(opening: data, sink: &sink)
      let preprocessing = try PreprocessingRequest().resolved(
        for: source.kind, shape: shape, stored: encoder.preprocessing, sink: &sink)
      return try ImageSet(source, matching: shape, preprocessing: preprocessing)
    }
  }

  /// Returns image i, for the network's encoder; images begin again after the last one.
  func image(_ i: Int) -> [[Float]] {
    guard let images else { return [] }
    let none = [Float](repeating: 0, count: images.shape.count)
    return [(try? images.sample(i % images.count)) ?? none]
  }

  /// Returns the spikes of every neuron for an image, on average over the first 64, by population;
  /// empty for synthetic networks.
  func spikesPerNeuron() throws(CompileError) -> [[Float]] {
    guard let images else { return [] }
    let inputs = CalibrationInputs(count: min(64, images.count)) { image($0) }
    return try EventSimulator().spikesPerNeuron(of: graph, over: inputs, threads: 2)
  }
}

extension LegalNetwork {

  /// Returns the tables of the network, laid out as it is done for users.
  func allocation(on target: TargetDescription) throws(CompileError) -> Allocation {
    let spikes = try spikesPerNeuron()
    var options = Partition.Options()
    if !spikes.isEmpty { options.spikesPerNeuron = spikes }
    let unplaced = try Allocation(of: Partition.make(graph, target, options), on: target)
    return try liftingDiagnostic { () throws(Diagnostic) in try unplaced.placed(spikes: spikes) }
  }
}

/// Returns the built-in machine `id`.
///
/// - Precondition: there is one.
func machine(_ id: String) -> TargetDescription {
  guard let target = TargetDescription.builtIn(id) else {
    preconditionFailure("there is no built-in machine '\(id)'")
  }
  return target
}
