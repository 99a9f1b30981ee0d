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

  /// Creates the description of a network of tensor operators, `nil` for other networks.
  init?(path: String, program: Program, provenance: Provenance?) {
    guard case .ann(let graph) = program else { return nil }
    (self.path, self.graph) = (path, graph)
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
    ([heading, ends, layers, conclusion]).joined(separator: "\n\n")
  }

  private var heading: String {
    var writer = provenance.writer ?? "an unknown program"
    if let version = provenance.version { writer += " \(version)" }
    var table = Table(["", ""])
    table.add(["model", graph.name])
    table.add(["format", provenance.format])
    table.add(["writer", writer])
    for property in provenance.properties { table.add([property.name, property.value]) }
    return path + "\n" + table.text
  }

  private var ends: String {
    var table = Table(["", "", ""])
    for id in graph.inputs { table.add(["input", graph[id].name, "\(graph[id].shape)"]) }
    for id in graph.outputs { table.add(["output", graph[id].name, "\(graph[id].shape)"]) }
    return table.text
  }

  private var layers: String {
    var table = Table(["layer", "kind", "output", ">parameters", "in spikes"])
    for (row, fate) in zip(LayerRow.rows(of: .ann(graph)), check.fates) {
      table.add([
        row.name, row.kind, "\(row.shape)", row.weights == 0 ? "" : grouped(row.weights),
        fate.words,
      ])
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
  var provenanceObject: JSON {
    .object(
      [
        JSON.Member("format", .string(provenance.format)),
        JSON.Member("writer", JSON(provenance.writer)),
        JSON.Member("version", JSON(provenance.version)),
      ] + provenance.properties.map { JSON.Member($0.name, .string($0.value)) })
  }

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
