// The public face of the printer, and what both levels share.

public import SpikeIR

/// Returns the text form of `program`, complete and the same on every machine.
///
/// The text of a program that the verifier accepts reads back as an equal program; without
/// weights, one whose tensors are elided and which prints the same text again.
///
/// ```
/// sir 1 ann "mnist"
///
/// %0: [28,28,1]  = input  "image"
/// %1: [26,26,16] = conv2d "conv1" (%0) {kernel=%t0, bias=%t1, size=[3,3]}
/// return (%1)
///
/// %t0: f32[3,3,1,16] "conv1/kernel" sha256:5f70bf18…
/// %t1: f32[16]       "conv1/bias"   sha256:4cb5f5b7…
/// ```
///
/// - Parameters:
///   - program: the program, sound or not.
///   - weights: `true` iff elements of tensors are printed, not only their SHA-256.
/// - Returns: the text, with a line break at the end.
/// - Complexity: O(entities + elements of tensors).
public func text(of program: Program, weights: Bool = false) -> String {
  let header = ["sir 1 \(program.level.rawValue) \(quoted(program.name))"]
  let body =
    switch program {
    case .ann(let graph): body(of: graph)
    case .snn(let graph): body(of: graph)
    case .mapped(let mapped): body(of: mapped.graph) + [""] + places(of: mapped)
    }
  let sections = [header, body, table(of: program.tensors, weights: weights)]
  return sections.filter { !$0.isEmpty }.joined(separator: [""]).joined(separator: "\n") + "\n"
}

// MARK: Level `ann`

private func body(of graph: ANNGraph) -> [String] {
  let rows = graph.ids.map { id in
    let node = graph[id]
    return [
      "\(id):", node.shape.description, "=", node.op.mnemonic, quoted(node.name),
      node.inputs.isEmpty ? "" : "(" + node.inputs.map(\.description).joined(separator: ", ") + ")",
      fields(
        braced(node.op.attributes), [Attribute("threshold", node.threshold.map { .tensor($0) })]),
    ]
  }
  let outputs = graph.outputs.map(\.description).joined(separator: ", ")
  return aligned(rows) + (graph.outputs.isEmpty ? [] : ["return (\(outputs))"])
}

// MARK: Level `snn`

/// Returns populations, each followed by the projections whose ends are then defined, and the
/// encoders and decoders.
private func body(of graph: SpikingGraph) -> [String] {
  let populations = aligned(graph.populations.ids.map { row(of: graph[$0], $0) })
  let projections = aligned(graph.projections.ids.map { row(of: graph[$0], $0) }).map { "  " + $0 }
  var lines: [String] = []
  var printed = 0
  for id in graph.populations.ids {
    lines.append(populations[id.index])
    while printed < projections.count {
      let projection = graph[ProjectionID(printed)]
      guard max(projection.source, projection.target) <= id else { break }
      lines.append(projections[printed])
      printed += 1
    }
  }
  lines += projections[printed...]
  lines += graph.encoders.map {
    "encode \($0.population) \(braced(attributes(of: $0)))"
  }
  return lines
    + graph.decoders.map { decoder in
      ["decode \(decoder.population)", braced(attributes(of: decoder))].filter { !$0.isEmpty }
        .joined(separator: " ")
    }
}

// MARK: Level `mapped`

/// Returns the machine and the slices.
private func places(of mapped: MappedGraph) -> [String] {
  let rows = mapped.slices.ids.map { id in
    let slice = mapped.slices[id]
    return [
      "\(id):", slice.population.description, "=", "slice", "\(slice.box)", "core",
      "\(slice.core)", "at", "\(slice.first)",
    ]
  }
  return ["target \(quoted(mapped.target))"] + aligned(rows)
}

private func row(of population: Population, _ id: PopulationID) -> [String] {
  [
    "\(id):", population.shape.description, population.code.description, "=",
    population.model.mnemonic, quoted(population.name),
    fields(
      braced(population.model.attributes),
      [
        Attribute("bias", population.bias.map { .tensor($0) }),
        Attribute("quantum", population.quantum.map { .tensor($0) }),
        Attribute("unit", population.membraneUnit.map { .tensor($0) }),
        Attribute("layer", population.layer.map { .text($0) }),
      ]),
  ]
}

private func row(of projection: Projection, _ id: ProjectionID) -> [String] {
  [
    "\(id):", projection.source.description, "->", projection.target.description, "=",
    projection.kind.mnemonic, quoted(projection.name),
    fields(
      braced(projection.kind.attributes),
      [
        Attribute("shift", projection.shift == 0 ? nil : .integer(projection.shift)),
        Attribute("delay", projection.delay == 0 ? nil : .integer(projection.delay)),
      ]),
  ]
}

private func attributes(of encoder: Encoder) -> [Attribute] {
  let preprocessing = encoder.preprocessing
  return [
    Attribute("levels", .integer(encoder.levels)),
    Attribute("kind", encoder.kind == .constant ? nil : .word(encoder.kind.rawValue)),
    Attribute("seed", encoder.seed == 0 ? nil : .integer(encoder.seed)),
    Attribute("scale", preprocessing.scale == 1 ? nil : .number(preprocessing.scale)),
    Attribute("mean", preprocessing.mean == [0] ? nil : .numbers(preprocessing.mean)),
    Attribute("std", preprocessing.std == [1] ? nil : .numbers(preprocessing.std)),
    Attribute("channels-first", preprocessing.prefersChannelsFirst ? .word("true") : nil),
  ].compactMap { $0 }
}

private func attributes(of decoder: Decoder) -> [Attribute] {
  [
    Attribute(
      "reading", decoder.reading == .potential ? nil : .word(decoder.reading.rawValue)),
    Attribute(
      "function", decoder.function == .none ? nil : .word(decoder.function.rawValue)),
    Attribute("start", decoder.start == 0 ? nil : .integer(decoder.start)),
    Attribute("offset", decoder.offset == 0 ? nil : .number(decoder.offset)),
    Attribute("shape", decoder.shape.map { .integers($0.extents) }),
  ].compactMap { $0 }
}

/// Returns attributes in braces followed by the fields that have a value.
private func fields(_ braced: String, _ fields: [Attribute?]) -> String {
  ([braced] + fields.compactMap { $0.map(assignment) }).filter { !$0.isEmpty }
    .joined(separator: " ")
}
