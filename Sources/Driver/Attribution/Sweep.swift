// A table over codes, numbers of time steps and widths of weights, from which a user picks.

internal import Diagnostics
internal import EventCPU
internal import Kernels
internal import SpikeExecution
internal import SpikeIR

/// What a compilation with other settings gives.
struct SweepPoint: Hashable, Sendable {

  /// The keyword of the spike code.
  var code: String

  /// T of rate and phased, K of weighted.
  var timesteps: Int

  /// The width of weights, bits.
  var weightBits: Int

  /// The part of the samples that were classified rightly, if there are labels.
  var accuracy: Double?

  /// The part of the samples that are classified as by the model.
  var agreement: Double?

  /// The spikes of a neuron for one image, on average.
  var spikesPerNeuron: Double

  /// The number of additions of a weight for one image, on average.
  var synapticOperationsPerImage: Double

  /// The number of images that the engine ran in a second.
  var imagesPerSecond: Double

  /// The settings that are tried with neurons of a kind: leaky ones say rates alone.
  static func grid(_ neuron: NeuronKind) -> [(code: String, timesteps: Int)] {
    switch neuron {
    case .integrateAndFire:
      [
        ("weighted", 3), ("weighted", 4), ("weighted", 6), ("weighted", 8),
        ("phased", 7), ("phased", 15), ("phased", 31),
        ("rate", 16), ("rate", 32), ("rate", 64),
      ]
    case .leaky: [("rate", 50), ("rate", 100), ("rate", 200), ("rate", 400)]
    }
  }

  /// The widths that are tried.
  static let widths = [8, 4]
}

extension Session {

  /// Compiles `graph` with every setting of the grid and runs the results on `samples`.
  ///
  /// - Throws: what passes, lowering, executing and reading samples throw.
  func sweep(
    _ request: AttributionRequest, _ graph: ANNGraph, on samples: Samples
  ) throws(CompileError) -> [SweepPoint] {
    let original = try execute(graph, on: samples, "measuring the original")
    var points: [SweepPoint] = []
    for width in SweepPoint.widths {
      for (code, timesteps) in SweepPoint.grid(request.conversion.neuron) {
        var request = request
        request.passes = PassRequest()
        request.conversion.code = code
        request.conversion.timesteps = timesteps
        request.conversion.weightBits = "\(width)"
        request.conversion.dropEnds(unlessSaidBy: code)
        let stages = try StagedCompilation(request, graph, session: self).stages()
        guard case .snn(let spiking)? = stages.last?.program else { continue }
        let (result, outputs) = try execute(
          spiking, on: samples, RunOptions(threads: processorCount),
          "trying \(code) \(timesteps), \(width, of: "bit")")
        let classifier = spiking.classifier
        let agreement = classifier.flatMap {
          Classifier.accuracy(outputs.predictions($0), original.predictions($0))
        }
        let images = Double(samples.count)
        let neurons = max(1, result.populations.reduce(0) { $0 + $1.neurons })
        points.append(
          SweepPoint(
            code: code, timesteps: timesteps, weightBits: width,
            accuracy: classifier.flatMap { outputs.accuracy($0, samples.labels) },
            agreement: agreement,
            spikesPerNeuron: Double(result.populations.reduce(0) { $0 + $1.spikes })
              / images / Double(neurons),
            synapticOperationsPerImage: Double(
              result.populations.reduce(0) { $0 + $1.synapticOperations }) / images,
            imagesPerSecond: images / result.wallSeconds))
      }
    }
    console.progress("", 1)
    return points
  }
}
