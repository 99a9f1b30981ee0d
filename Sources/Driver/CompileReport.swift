// The result of a compilation, as JSON and as text (schema `spikec-compile/1`).

internal import PluginAPI
internal import SpikeIR

/// The accuracy of a network at a stage of the compilation.
struct StageAccuracy: Hashable, Sendable {
  /// The stage: `imported`, `transformed` or `spiking`.
  var stage: String
  /// The part of the samples that were classified rightly.
  var accuracy: Double?
}

/// What a compilation gave.
package struct CompileReport: Sendable {

  private let request: CompileRequest
  private let program: Program
  private let timings: [PassTiming]
  private let statistics: [Statistic]
  private let accuracies: [StageAccuracy]
  private let images: Int?
  private let layout: LayoutSummary?
  private let wallSeconds: Double

  init(
    request: CompileRequest, program: Program, timings: [PassTiming], statistics: [Statistic],
    accuracies: [StageAccuracy], images: Int?, layout: LayoutSummary?, wallSeconds: Double
  ) {
    (self.request, self.program, self.timings) = (request, program, timings)
    (self.statistics, self.accuracies, self.images) = (statistics, accuracies, images)
    self.layout = layout
    self.wallSeconds = wallSeconds
  }

  /// The files that were written.
  private var artefacts: [String] {
    request.writesText ? [request.output, containerPath(request.output)] : [request.output]
  }

  private var code: SpikeCode? { program.code }

  /// The report as a JSON object.
  package var json: JSON {
    let layers = LayerRow.rows(of: program)
    return [
      "schema": "spikec-compile/1",
      "model": .string(request.model),
      "artefacts": JSON(artefacts),
      "level": .string(program.level.rawValue),
      "target": .string(request.target),
      "code": JSON(code?.keyword),
      "timesteps": JSON(code?.timesteps),
      "layers": .array(layers.map(\.json)),
      "passes": .array(
        timings.map { ["name": .string($0.name), "seconds": .number($0.seconds)] }),
      "statistics": .array(
        statistics.map {
          ["pass": .string($0.pass), "name": .string($0.name), "value": .integer($0.value)]
        }),
      "calibrationImages": JSON(images),
      "accuracy": accuracies.isEmpty
        ? .null
        : .array(
          accuracies.map { ["stage": .string($0.stage), "accuracy": JSON($0.accuracy)] }),
      "resources": [
        "used": [
          "neurons": .integer(layers.reduce(0) { $0 + $1.neurons }),
          "weights": .integer(layers.reduce(0) { $0 + $1.weights }),
          "weightBytes": .integer(layers.reduce(0) { $0 + $1.weightBytes }),
        ],
        "available": .null,
      ],
      "allocation": layout?.json ?? .null,
      "wallSeconds": .number(wallSeconds),
      "peakMemoryBytes": .integer(peakMemory()),
    ]
  }

  /// The report for people.
  package var text: String {
    var table = Table(["layer", "kind", "shape", ">neurons", ">weights", ">bytes"])
    let layers = LayerRow.rows(of: program)
    for layer in layers {
      table.add([
        layer.name, layer.kind, "\(layer.shape)", grouped(layer.neurons), grouped(layer.weights),
        grouped(layer.weightBytes),
      ])
    }
    table.add([
      "total", "", "", grouped(layers.reduce(0) { $0 + $1.neurons }),
      grouped(layers.reduce(0) { $0 + $1.weights }),
      grouped(layers.reduce(0) { $0 + $1.weightBytes }),
    ])
    var lines = [table.text, ""]
    if let code {
      lines.append("spike code: \(code.keyword), \(counted(code.timesteps, "time step"))")
    }
    for stage in accuracies {
      guard let accuracy = stage.accuracy, let images else { continue }
      lines.append(
        "accuracy of the \(stage.stage) network: \(fixed(accuracy * 100, 2)) % of "
          + "\(counted(images, "calibration image"))")
    }
    if let layout { lines += ["", layout.text, ""] }
    lines.append("wrote \(artefacts.joined(separator: " and "))")
    return lines.joined(separator: "\n")
  }
}

/// A line of the table of layers: a node or a population.
struct LayerRow: Hashable, Sendable {

  /// The name.
  var name: String
  /// The operator or neuron model.
  var kind: String
  /// The shape of the value or population.
  var shape: Shape
  /// The number of weights that lead to it.
  var weights: Int
  /// The memory of these weights, bytes.
  var weightBytes: Int

  /// The number of neurons or elements.
  var neurons: Int { shape.count }

  /// The line as JSON.
  var json: JSON {
    [
      "name": .string(name), "kind": .string(kind), "shape": JSON(shape.extents),
      "neurons": .integer(neurons), "weights": .integer(weights),
      "weightBytes": .integer(weightBytes),
    ]
  }

  /// Returns the lines of `program`, in order.
  static func rows(of program: Program) -> [LayerRow] {
    switch program {
    case .ann(let graph):
      graph.nodes.elements.map { node in
        row(node.name, node.op.mnemonic, node.shape, node.op.tensors, graph.tensors)
      }
    case .snn(let graph): rows(of: graph)
    case .mapped(let mapped): rows(of: mapped.graph)
    }
  }

  private static func rows(of graph: SpikingGraph) -> [LayerRow] {
    zip(graph.populations.elements, graph.afferents()).map { population, projections in
      let weights = projections.compactMap { graph[$0].kind.weights }
      return row(
        population.name, population.model.mnemonic, population.shape, weights, graph.tensors)
    }
  }

  private static func row(
    _ name: String, _ kind: String, _ shape: Shape, _ tensors: [TensorID], _ store: TensorStore
  ) -> LayerRow {
    let found = tensors.compactMap { store.find($0) }
    return LayerRow(
      name: name, kind: kind, shape: shape, weights: found.reduce(0) { $0 + $1.shape.count },
      weightBytes: found.reduce(0) { $0 + $1.shape.count * $1.elementType.byteCount })
  }
}
