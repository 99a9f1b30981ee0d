// The command `inspect`: a network as text, as a summary, as a drawing.

package import Diagnostics
package import PluginAPI
package import SpikeIR
internal import SpikeText

/// How a network is printed.
package enum InspectFormat: String, Hashable, Sendable, CaseIterable {
  /// The text form.
  case text
  /// A summary as one JSON object.
  case json
  /// A drawing in Graphviz's language.
  case dot
}

extension Session {

  /// Returns the network in the file at `path` in the given format.
  ///
  /// - Parameters:
  ///   - path: a model, an artefact, or the text form.
  ///   - options: how a model file is read.
  ///   - level: the level that is expected, if any.
  ///   - format: the format.
  ///   - weights: whether the text form holds the elements of tensors.
  /// - Returns: the text.
  /// - Throws: what loading throws; `driver.wrong-level` if the level is another.
  package func inspect(
    _ path: String, _ options: ImportOptions = ImportOptions(), level: Level?,
    format: InspectFormat, weights: Bool
  ) throws(CompileError) -> String {
    let found = try inspected(path, options, format, weights: weights)
    let program = found.program
    if let level, level != program.level {
      let hint =
        program.level == .ann
        ? "'spikec compile' leads to the level snn"
        : "the network of tensor operators is in the model that was compiled"
      throw CompileError(.wrongLevel(path, found: program.level, hint: hint))
    }
    switch format {
    case .text: return text(of: program, weights: weights)
    case .dot: return dot(of: program)
    case .json: return summary(of: program, path: path, provenance: found.provenance).text
    }
  }

  private func inspected(
    _ path: String, _ options: ImportOptions, _ format: InspectFormat, weights: Bool
  ) throws(CompileError) -> (program: Program, provenance: [(String, String)]) {
    let file = try liftingDiagnostic { () throws(Diagnostic) in try InputFile(path: path) }
    if file.isText {
      try refuse(options, for: path, "the text form describes its network itself")
      return (try loadText(path, needsTensors: weights).program, [])
    }
    if Artefact.recognizes(file) {
      try refuse(options, for: path, "a compiled network describes itself")
      let artefact = try Artefact.read(path)
      return (.snn(artefact.graph), artefact.provenance)
    }
    // The text names the hash of each tensor.
    return (try loadModel(path, options, needsTensors: format == .text).program, [])
  }

  private func summary(
    of program: Program, path: String, provenance: [(String, String)]
  ) -> JSON {
    let layers = LayerRow.rows(of: program)
    let inputs = program.interface.inputs.map { input -> JSON in
      [
        "name": .string(input.name), "shape": JSON(input.shape.extents),
        "preprocessing": input.stored.map { stored -> JSON in
          [
            "scale": JSON(stored.scale), "mean": JSON(stored.mean), "std": JSON(stored.std),
          ]
        } ?? .null,
      ]
    }
    return [
      "schema": "spikec-inspect/1",
      "file": .string(path),
      "name": .string(program.name),
      "level": .string(program.level.rawValue),
      "code": JSON(program.code?.keyword),
      "timesteps": JSON(program.code?.timesteps),
      "inputs": .array(inputs),
      "outputs": .array(
        program.outputs.map { ["name": .string($0.0), "shape": JSON($0.1.extents)] }),
      "layers": .array(layers.map(\.json)),
      "weights": .integer(layers.reduce(0) { $0 + $1.weights }),
      "weightBytes": .integer(layers.reduce(0) { $0 + $1.weightBytes }),
      "provenance": provenance.isEmpty
        ? .null : .object(provenance.map { JSON.Member($0.0, .string($0.1)) }),
    ]
  }
}

extension Program {

  /// The spike code of the populations, `nil` without any.
  var code: SpikeCode? {
    if case .snn(let graph) = self { graph.populations.elements.first?.code } else { nil }
  }

  /// The names and shapes of the outputs, in order.
  fileprivate var outputs: [(String, Shape)] {
    switch self {
    case .ann(let graph): graph.outputs.map { (graph[$0].name, graph[$0].shape) }
    case .snn(let graph):
      graph.decoders.map { (graph[$0.population].name, graph[$0.population].shape) }
    }
  }
}
