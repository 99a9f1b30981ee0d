// Drawings: programs as input of Graphviz.

public import SpikeIR

/// Returns `program` as a directed graph in Graphviz's language DOT.
///
/// Nodes show the keyword, the name, parameters and the shape, and tensors by type and shape.
/// Populations are drawn by what their neurons do, and projections are the labelled edges.
///
/// - Parameter program: the program, sound or not.
/// - Returns: the text, with a line break at the end.
/// - Complexity: O(entities).
public func dot(of program: Program) -> String {
  var lines = [
    "digraph \(dotQuoted([program.name])) {",
    "  graph [rankdir=TB, label=\(dotQuoted(["\(program.name) (\(program.level.rawValue))"]))];",
    "  node [fontname=\"Helvetica\", fontsize=10, shape=box, style=\"rounded,filled\", "
      + "fillcolor=\"#f5f5f5\"];",
    "  edge [fontname=\"Helvetica\", fontsize=9];",
  ]
  switch program {
  case .ann(let graph): lines += dotBody(of: graph)
  case .snn(let graph): lines += dotBody(of: graph)
  case .mapped(let mapped): lines += dotBody(of: mapped.graph)
  }
  return lines.joined(separator: "\n") + "\n}\n"
}

// MARK: Level `ann`

private func dotBody(of graph: ANNGraph) -> [String] {
  var lines: [String] = []
  for id in graph.ids {
    let node = graph[id]
    var label = ["\(id) \(node.op.mnemonic)", node.name]
    label += node.op.attributes.map { described($0, graph.tensors) }
    if let threshold = node.threshold {
      label.append(
        described(Attribute(name: "threshold", value: .tensor(threshold)), graph.tensors))
    }
    let style = node.op == .input ? ", fillcolor=\"#d7e8ff\"" : ""
    lines.append("  n\(id.raw) [label=\(dotQuoted(label + [node.shape.description]))\(style)];")
    for (i, input) in node.inputs.enumerated() {
      let label = node.inputs.count > 1 ? "\(i): " : ""
      let shape = graph.nodes.find(input)?.shape.description ?? "?"
      lines.append("  n\(input.raw) -> n\(id.raw) [label=\(dotQuoted([label + shape]))];")
    }
  }
  for (i, output) in graph.outputs.enumerated() {
    lines.append("  out\(i) [label=\"output \(i)\", shape=plaintext, style=\"\"];")
    lines.append("  n\(output.raw) -> out\(i);")
  }
  return lines
}

// MARK: Level `snn`

private func dotBody(of graph: SpikingGraph) -> [String] {
  var lines: [String] = []
  for id in graph.populations.ids {
    lines.append("  p\(id.raw) [\(dotAttributes(of: graph[id], id, graph.tensors))];")
  }
  for id in graph.projections.ids {
    let projection = graph[id]
    var label = ["\(id) \(projection.kind.mnemonic)"]
    label += projection.kind.attributes.map { described($0, graph.tensors) }
    if projection.shift != 0 { label.append("shift=\(projection.shift)") }
    if projection.delay != 0 { label.append("delay=\(projection.delay)") }
    let style = projection.kind.weights == nil ? ", style=dashed" : ""
    lines.append(
      "  p\(projection.source.raw) -> p\(projection.target.raw) "
        + "[label=\(dotQuoted(label))\(style)];")
  }
  for (i, encoder) in graph.encoders.enumerated() {
    let kind = encoder.kind == .constant ? "" : "\\n\(encoder.kind.rawValue)"
    lines.append(
      "  in\(i) [label=\"input \(i)\\nlevels=\(encoder.levels)\(kind)\", shape=plaintext, "
        + "style=\"\"];")
    lines.append("  in\(i) -> p\(encoder.population.raw);")
  }
  for (i, decoder) in graph.decoders.enumerated() {
    var label = "output \(i)"
    if decoder.reading != .potential { label += "\\n\(decoder.reading.rawValue)" }
    if decoder.function != .none { label += "\\n\(decoder.function.rawValue)" }
    if decoder.start != 0 { label += "\\nstart=\(decoder.start)" }
    if decoder.offset != 0 { label += "\\noffset=\(decoder.offset)" }
    if let shape = decoder.shape { label += "\\n\(shape)" }
    lines.append("  out\(i) [label=\"\(label)\", shape=plaintext, style=\"\"];")
    lines.append("  p\(decoder.population.raw) -> out\(i);")
  }
  return lines
}

private func dotAttributes(
  of population: Population, _ id: PopulationID, _ tensors: TensorStore
) -> String {
  var label = ["\(id) \(population.model.mnemonic) \(population.code)", population.name]
  label += population.model.attributes.map { described($0, tensors) }
  if let bias = population.bias {
    label.append(described(Attribute(name: "bias", value: .tensor(bias)), tensors))
  }
  let style =
    switch population.model {
    case .source: "shape=invhouse, style=filled, fillcolor=\"#d7e8ff\""
    case .relay: "shape=box, style=\"dashed\""
    case .maximum: "shape=invtrapezium, style=filled, fillcolor=\"#fff2cc\""
    case .integrateAndFire, .leaky, .currentBased, .bitShift:
      "shape=ellipse, style=filled, fillcolor=\"#e2f0d9\""
    case .staircase: "shape=ellipse, style=filled, fillcolor=\"#e6dff0\""
    case .integrator: "shape=house, style=filled, fillcolor=\"#fbe0d6\""
    }
  return "label=\(dotQuoted(label + [population.shape.description])), \(style)"
}

// MARK: Labels

/// Returns an attribute with its tensor, if it is one, told by type and shape.
private func described(_ attribute: Attribute, _ tensors: TensorStore) -> String {
  guard case .tensor(let id) = attribute.value, let tensor = tensors.find(id) else {
    return assignment(attribute)
  }
  return "\(wordLiteral(attribute.name))=\(tensor.elementType.rawValue)\(tensor.shape)"
}

/// Returns lines as one string of DOT, in which only quotes and backslashes are special.
private func dotQuoted(_ lines: [String]) -> String {
  let escaped = lines.map { line in
    // The text form's escapes make line breaks and control characters visible.
    quoted(line).dropFirst().dropLast().split(separator: "\\\"", omittingEmptySubsequences: false)
      .map { $0.split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "\\\\") }
      .joined(separator: "\\\"")
  }
  return "\"" + escaped.joined(separator: "\\n") + "\""
}
