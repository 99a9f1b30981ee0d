// The command `inspect`: a network as a summary, as text, as JSON, as a drawing.

package import Diagnostics
package import PluginAPI
package import SpikeIR
internal import SpikePasses
internal import SpikeText

/// How a network is printed.
package enum InspectFormat: String, Hashable, Sendable, CaseIterable {
  /// Where the network comes from, its layers, and what becomes spikes.
  case summary
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
  ///   - path: a model, an artefact, the text form, a folder of tables; or a machine: its name, or a
  ///     file in JSON.
  ///   - options: how a model file is read.
  ///   - level: the level that is expected, if any.
  ///   - format: the format; if absent, the summary of a model or of tables, and the text of other
  ///     networks.
  ///   - weights: whether the text form holds the elements of tensors.
  /// - Returns: the text.
  /// - Throws: what loading throws, after what the file of a model says was printed, with its problems;
  ///   `driver.wrong-level` if the level is another; `driver.not-a-network` if a machine is to be shown
  ///   as only networks can be.
  package func inspect(
    _ path: String, _ options: ImportOptions = ImportOptions(), level: Level?,
    format: InspectFormat?, weights: Bool
  ) throws(CompileError) -> String {
    if isTarget(path) {
      return try inspectTarget(path, options, level: level, format: format, weights: weights)
    }
    if CrossbarFolder.recognizes(path) {
      return try inspectCrossbar(path, options, level: level, format: format, weights: weights)
    }
    if AllocationFolder.recognizes(path) {
      return try inspectTables(path, options, level: level, format: format, weights: weights)
    }
    let file = try liftingDiagnostic { () throws(Diagnostic) in try InputFile(path: path) }
    let isModel = !file.isText && !Artefact.recognizes(file)
    let format = format ?? (isModel && !weights ? .summary : .text)
    let found: Inspected
    do throws(CompileError) {
      found = try inspected(file, options, needsTensors: weights || isModel && format == .text)
    } catch {
      let listing = registry.frontend(for: file)?.listing(path: path, options: options)
      if isModel, format == .summary || format == .json, let listing {
        let model = RejectedModel(path: path, listing: listing, errors: error.diagnostics)
        try console.print(format == .json ? model.json.text : model.text)
      }
      throw error
    }
    let program = found.program
    if let level, level != program.level {
      let hint =
        program.level == .ann
        ? "'spikec compile' leads to the level snn"
        : "the network of tensor operators is in the model that was compiled"
      throw CompileError(.wrongLevel(path, found: program.level, hint: hint))
    }
    let model = ModelSummary(
      path: path, program: program, provenance: found.model, ends: found.ends)
    switch format {
    case .summary: return model?.text ?? table(of: program, found.artefact)
    case .text: return text(of: program, weights: weights)
    case .dot: return dot(of: program)
    case .json:
      return summary(of: program, model, path: path, provenance: found.artefact).text
    }
  }

  /// Returns the machine `name` as tables or as JSON.
  private func inspectTarget(
    _ name: String, _ options: ImportOptions, level: Level?, format: InspectFormat?, weights: Bool
  ) throws(CompileError) -> String {
    try refuse(options, for: name, "a description of a machine has no network")
    if level != nil { throw CompileError(.notANetwork(name, "--level")) }
    if weights { throw CompileError(.notANetwork(name, "--weights")) }
    if format == .dot { throw CompileError(.notANetwork(name, "--format dot")) }
    let target = try namedTarget(name)
    warnOfReads(on: target.description)
    return format == .json ? target.json.text : TargetPage(target: target.description).text
  }

  /// A network with what its file says about it.
  private struct Inspected {
    var program: Program
    var model: Provenance?
    var artefact: [(String, String)] = []
    var ends: (inputs: [FileValue], outputs: [FileValue]) = ([], [])
  }

  private func inspected(
    _ file: InputFile, _ options: ImportOptions, needsTensors: Bool
  ) throws(CompileError) -> Inspected {
    if file.isText {
      try refuse(options, for: file.path, "the text form describes its network itself")
      return Inspected(program: try loadText(file.path, needsTensors: needsTensors).program)
    }
    if Artefact.recognizes(file) {
      try refuse(options, for: file.path, "a compiled network describes itself")
      let artefact = try Artefact.read(file.path)
      return Inspected(program: .snn(artefact.graph), artefact: artefact.provenance)
    }
    let model = try loadModel(file.path, options, needsTensors: needsTensors)
    return Inspected(
      program: model.program, model: model.provenance, ends: (model.inputs, model.outputs))
  }

  /// Returns the populations of a compiled network as a table, and how it was made.
  private func table(of program: Program, _ provenance: [(String, String)]) -> String {
    var table = Table(["population", "neurons", "shape", ">number", ">weights"])
    let rows = LayerRow.rows(of: program)
    for row in rows {
      table.add([row.name, row.kind, "\(row.shape)", grouped(row.neurons), grouped(row.weights)])
    }
    table.add([
      "total", "", "", grouped(rows.reduce(0) { $0 + $1.neurons }),
      grouped(rows.reduce(0) { $0 + $1.weights }),
    ])
    var lines = [table.text]
    if let code = program.code {
      lines.append("spike code: \(code.keyword), \(counted(code.timesteps, "time step"))")
    }
    lines += provenance.map { "\($0.0): \($0.1)" }
    return lines.joined(separator: "\n")
  }

  private func summary(
    of program: Program, _ model: ModelSummary?, path: String, provenance: [(String, String)]
  ) -> JSON {
    let layers = LayerRow.rows(of: program)
    let fates = model?.check.fates ?? []
    let inputs = program.interface.inputs.enumerated().map { i, input -> JSON in
      let object: JSON = [
        "name": .string(input.name), "shape": JSON(input.shape.extents),
        "preprocessing": input.stored.map { stored -> JSON in
          [
            "scale": JSON(stored.scale), "mean": JSON(stored.mean), "std": JSON(stored.std),
          ]
        } ?? .null,
      ]
      return object.adding(model?.inputMembers(i) ?? [])
    }
    let summary: JSON = [
      "schema": "spikec-inspect/1",
      "file": .string(path),
      "name": .string(program.name),
      "level": .string(program.level.rawValue),
      "code": JSON(program.code?.keyword),
      "timesteps": JSON(program.code?.timesteps),
      "inputs": .array(inputs),
      "outputs": .array(
        program.outputs.enumerated().map { i, output in
          let object: JSON = ["name": .string(output.0), "shape": JSON(output.1.extents)]
          return object.adding(model?.outputMembers(i) ?? [])
        }),
      "layers": .array(
        layers.enumerated().map { i, layer in
          fates.indices.contains(i)
            ? layer.json.adding([JSON.Member("inSpikes", .string(fates[i].words))]) : layer.json
        }),
      "weights": .integer(layers.reduce(0) { $0 + $1.weights }),
      "weightBytes": .integer(layers.reduce(0) { $0 + $1.weightBytes }),
      "provenance": model?.provenanceObject
        ?? (provenance.isEmpty
          ? .null : .object(provenance.map { JSON.Member($0.0, .string($0.1)) }))
        ,
    ]
    return summary.adding(model?.members ?? [])
  }
}

extension Program {

  /// The spike code of the populations, `nil` without any.
  var code: SpikeCode? {
    spikingGraph?.populations.elements.first?.code
  }

  /// The names and shapes of the outputs, in order.
  fileprivate var outputs: [(String, Shape)] {
    switch self {
    case .ann(let graph): graph.outputs.map { (graph[$0].name, graph[$0].shape) }
    case .snn(let graph): graph.outputs
    case .mapped(let mapped): mapped.graph.outputs
    }
  }
}

extension SpikingGraph {

  /// The names and shapes of the populations that are read, in order.
  fileprivate var outputs: [(String, Shape)] {
    decoders.map { (self[$0.population].name, self[$0.population].shape) }
  }
}
