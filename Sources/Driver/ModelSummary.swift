// What `inspect` says about a model: where it comes from, its layers, what becomes spikes.

internal import PluginAPI
internal import SpikeIR
internal import SpikePasses

/// A model as `inspect` describes it; made without reading weights.
struct ModelSummary: Sendable {

  /// The model file.
  let path: String

  /// The network.
  let graph: ANNGraph

  /// Where it comes from.
  let provenance: Provenance

  /// What would become of each node.
  let check: ConversionCheck

  /// What the file says of the inputs and outputs beyond the graph; may be empty.
  private let ends: (inputs: [FileValue], outputs: [FileValue])

  /// Creates the description of a network of tensor operators, `nil` for other networks.
  init?(
    path: String, program: Program, provenance: Provenance?,
    ends: (inputs: [FileValue], outputs: [FileValue]) = ([], [])
  ) {
    guard case .ann(let graph) = program else { return nil }
    (self.path, self.graph, self.ends) = (path, graph, ends)
    self.provenance = provenance ?? Provenance(format: "text form (.sir)", writer: "spikec")
    check = ConversionCheck(graph)
  }

  /// The constants of the network, each counted once though layers may share them.
  private var tensors: [Tensor] {
    Set(graph.ids.flatMap { graph[$0].op.tensors }).sorted { $0.index < $1.index }
      .compactMap { graph.tensors.find($0) }
  }

  private var parameters: Int { tensors.reduce(0) { $0 + $1.shape.count } }

  private var bytes: Int {
    tensors.reduce(0) { $0 + $1.shape.count * $1.elementType.byteCount }
  }

  // MARK: text

  /// The description for people.
  var text: String {
    ([heading, endTable, layers, conclusion]).joined(separator: "\n\n")
  }

  private var heading: String { provenance.heading(path: path, name: graph.name) }

  private var endTable: String {
    var table = Table(["", "", "", ""])
    for (i, id) in graph.inputs.enumerated() {
      table.add(["input", graph[id].name, "\(graph[id].shape)", remark(on: ends.inputs, i)])
    }
    for (i, id) in graph.outputs.enumerated() {
      table.add(["output", graph[id].name, "\(graph[id].shape)", remark(on: ends.outputs, i)])
    }
    return table.text
  }

  private func remark(on values: [FileValue], _ i: Int) -> String {
    guard values.indices.contains(i) else { return "" }
    let shape = values[i].shape.map { "in the file \($0)" }
    return [shape, values[i].isInteger ? "takes integers" : nil].compactMap { $0 }
      .joined(separator: ", ")
  }

  /// What the file says of the inputs beyond their shapes, as members of their JSON objects.
  func inputMembers(_ i: Int) -> [JSON.Member] {
    let value = ends.inputs.indices.contains(i) ? ends.inputs[i] : FileValue()
    return [
      JSON.Member("shapeInFile", JSON(value.shape)),
      JSON.Member("takesIntegers", .bool(value.isInteger)),
    ]
  }

  /// What the file says of the outputs beyond their shapes, as members of their JSON objects.
  func outputMembers(_ i: Int) -> [JSON.Member] {
    [
      JSON.Member(
        "shapeInFile", JSON(ends.outputs.indices.contains(i) ? ends.outputs[i].shape : nil))
    ]
  }

  private var layers: String {
    var table = Table(["layer", "kind", "output", ">parameters", "in spikes"])
    var known: Set<TensorID> = []
    for (id, (row, fate)) in zip(graph.ids, zip(LayerRow.rows(of: .ann(graph)), check.fates)) {
      let tensors = Set(graph[id].op.tensors)
      let isShared = !tensors.isEmpty && tensors.isSubset(of: known)
      known.formUnion(tensors)
      let weights = row.weights == 0 ? "" : isShared ? "shared" : grouped(row.weights)
      table.add([row.name, row.kind, "\(row.shape)", weights, fate.words])
    }
    table.add(["total", "", "", grouped(parameters), ""])
    return table.text
  }

  private var conclusion: String {
    guard !check.converts else { return "The network becomes spikes: 'spikec compile'." }
    var lines = ["The network does not become spikes as it is; 'spikec infer' runs it."]
    for (id, fate) in zip(graph.ids, check.fates) {
      guard case .impossible(let reason) = fate else { continue }
      let node = graph[id]
      lines.append("  \(node.name) (\(node.op.mnemonic)): \(reason)")
    }
    return lines.joined(separator: "\n")
  }

  // MARK: JSON

  /// What the summary of any network does not say, as members of its JSON object.
  var members: [JSON.Member] {
    [
      JSON.Member("parameters", .integer(parameters)),
      JSON.Member("parameterBytes", .integer(bytes)),
      JSON.Member("convertsToSpikes", .bool(check.converts)),
      JSON.Member("obstacles", .array(obstacles)),
    ]
  }

  /// What the file says about itself, as JSON.
  var provenanceObject: JSON { provenance.object }

  private var obstacles: [JSON] {
    zip(graph.ids, check.fates).compactMap { id, fate -> JSON? in
      guard case .impossible(let reason) = fate else { return nil }
      return [
        "layer": .string(graph[id].name), "kind": .string(graph[id].op.mnemonic),
        "reason": .string(reason),
      ]
    }
  }
}

extension Provenance {

  /// What the file at `path` says about itself, for people; the network is called `name`.
  func heading(path: String, name: String) -> String {
    var writer = self.writer ?? "an unknown program"
    if let version { writer += " \(version)" }
    var table = Table(["", ""])
    table.add(["model", name])
    table.add(["format", format])
    table.add(["writer", writer])
    for property in properties { table.add([property.name, property.value]) }
    return path + "\n" + table.text
  }

  /// What the file says about itself, as JSON.
  var object: JSON {
    .object(
      [
        JSON.Member("format", .string(format)),
        JSON.Member("writer", JSON(writer)),
        JSON.Member("version", JSON(version)),
      ] + properties.map { JSON.Member($0.name, .string($0.value)) })
  }
}
