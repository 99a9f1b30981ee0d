// The result of running a network on samples, as JSON and as text (schema `spikec-run/1`).

internal import Diagnostics

/// What a run on samples gave; `nil` where something is not known or does not apply.
package struct RunReport: Hashable, Sendable {

  /// The file that was run.
  package var artefact: String

  /// The target's name, `nil` for a network of tensor operators.
  package var target: String?

  /// The keyword of the spike code.
  package var code: String?

  /// The number of samples.
  package var images: Int

  /// The number of time steps of a window.
  package var timesteps: Int?

  /// The number of time steps executed for one sample, on average: samples may end early.
  package var meanTimesteps: Double?

  /// The part of the samples that were classified rightly.
  package var accuracy: Double?

  /// The same, had the run ended after each time step.
  package var accuracyByTimestep: [Double]?

  /// The number of spikes for one sample, on average.
  package var spikesPerImage: Double?

  /// The number of additions of a weight for one sample, on average.
  package var synapticOperationsPerImage: Double?

  /// The time that the samples took, seconds; opening files is not counted.
  package var wallSeconds: Double

  /// The number of threads.
  package var threads: Int

  /// The largest amount of memory held, bytes.
  package var peakMemoryBytes: Int

  /// The layers, first to last.
  package var layers: [Layer]

  /// What the machine did, if one was emulated.
  package var emulation: Emulation?

  /// What analog arrays did, if reads were emulated.
  package var arrays: ArrayEmulation?

  /// What is known of a layer.
  package struct Layer: Hashable, Sendable {
    /// The name.
    package var name: String
    /// The number of neurons.
    package var neurons: Int
    /// The number of spikes of a neuron for one sample, on average.
    package var spikesPerNeuron: Double?
    /// The number of additions of a weight for one sample, on average.
    package var synapticOperations: Double?
  }

  /// The samples that were run in a second.
  package var imagesPerSecond: Double { wallSeconds > 0 ? Double(images) / wallSeconds : 0 }

  /// The report as a JSON object.
  package var json: JSON {
    [
      "schema": "spikec-run/1",
      "artefact": .string(artefact),
      "target": JSON(target),
      "code": JSON(code),
      "images": .integer(images),
      "timesteps": JSON(timesteps),
      "meanTimesteps": JSON(meanTimesteps),
      "accuracy": JSON(accuracy),
      "accuracyByTimestep": accuracyByTimestep.map { .array($0.map { .number($0) }) } ?? .null,
      "spikesPerImage": JSON(spikesPerImage),
      "synapticOperationsPerImage": JSON(synapticOperationsPerImage),
      "wallSeconds": .number(wallSeconds),
      "imagesPerSecond": .number(imagesPerSecond),
      "threads": .integer(threads),
      "peakMemoryBytes": .integer(peakMemoryBytes),
      "layers": .array(layers.map(\.json)),
      "emulation": emulation?.json ?? arrays?.json ?? [
        "counts": [:], "energyJoules": .null, "secondsPerImage": .null, "source": .null,
      ],
    ]
  }

  /// The report for people.
  package var text: String {
    var lines = Table(["", ""])
    lines.add(["images", grouped(images)])
    if let accuracy { lines.add(["accuracy", fixed(accuracy * 100, 2) + " %"]) }
    if let code, let timesteps { lines.add(["spike code", "\(code), \(timesteps) time steps"]) }
    if let meanTimesteps, meanTimesteps != timesteps.map({ Double($0) }) {
      lines.add(["time steps per image", fixed(meanTimesteps, 1)])
    }
    if let spikesPerImage { lines.add(["spikes per image", fixed(spikesPerImage, 1)]) }
    if let synapticOperationsPerImage {
      lines.add(["synaptic operations per image", fixed(synapticOperationsPerImage, 0)])
    }
    lines.add([
      "time",
      "\(fixed(wallSeconds, 3)) s on \(threads, of: "thread"), "
        + "\(fixed(imagesPerSecond, 0)) images/s",
    ])
    lines.add(["memory", fixed(Double(peakMemoryBytes) / 1e6, 0) + " MB"])
    let head = lines.text + ((emulation?.text ?? arrays?.text).map { "\n\n" + $0 } ?? "")
    guard layers.contains(where: { $0.spikesPerNeuron != nil || $0.synapticOperations != nil })
    else { return head }
    var table = Table(["layer", ">neurons", ">spikes/neuron", ">synaptic operations"])
    for layer in layers {
      table.add([
        layer.name, grouped(layer.neurons), layer.spikesPerNeuron.map { fixed($0, 3) } ?? "-",
        layer.synapticOperations.map { fixed($0, 0) } ?? "-",
      ])
    }
    return head + "\n\n" + table.text
  }
}

extension RunReport.Layer {

  fileprivate var json: JSON {
    [
      "name": .string(name), "neurons": .integer(neurons),
      "spikesPerNeuron": JSON(spikesPerNeuron), "synapticOperations": JSON(synapticOperations),
    ]
  }
}
