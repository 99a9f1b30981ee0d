// From statements to a graph: labels are resolved, and every entity is made from its attributes
// by its own reader, so that an operator more needs nothing here.

internal import Diagnostics
internal import SpikeIR

/// The making of a program from its statements.
struct Lowering {

  /// The text, for positions.
  let source: SourceText

  /// The errors found so far.
  private(set) var sink = DiagnosticSink()

  /// The places of entities, under the names that the verifier gives them.
  private(set) var sites: [String: Site] = [:]

  private var tensors = TensorStore()
  private var tensorIDs: [String: TensorID] = [:]
  private var nodeIDs: [String: NodeID] = [:]
  private var populationIDs: [String: PopulationID] = [:]

  /// Creates a lowering of statements of `source`.
  init(_ source: SourceText) {
    self.source = source
  }

  /// Returns the program; what is wrong with it is in `sink`.
  mutating func lower(_ file: FileSyntax) -> Program {
    var defined: Set<String> = []
    for spot in file.labels where !defined.insert(spot.value).inserted {
      sink.report(.duplicateLabel(spot.value, at: source.site(spot.offset)))
    }
    for syntax in file.tensors {
      let id = tensors.add(syntax.tensor)
      tensorIDs[syntax.label.value] = id
      sites[id.description] = source.site(syntax.label.offset)
    }
    sites[file.name.value] = source.site(file.name.offset)
    return switch file.level {
    case .ann: .ann(lowerGraph(file))
    case .snn: .snn(lowerSpikingGraph(file))
    case .mapped: .mapped(lowerMappedGraph(file))
    }
  }

  // MARK: Level `ann`

  private mutating func lowerGraph(_ file: FileSyntax) -> ANNGraph {
    var graph = ANNGraph(name: file.name.value)
    graph.tensors = tensors
    for (i, syntax) in file.nodes.enumerated() {
      nodeIDs[syntax.entity.label.value] = NodeID(i)
      sites[NodeID(i).description] = source.site(syntax.entity.label.offset)
    }
    for syntax in file.nodes {
      attempt(at: syntax.entity.mnemonic.offset) { (lowering) throws(Diagnostic) in
        graph.nodes.append(try lowering.node(syntax))
      }
    }
    for label in file.outputs {
      attempt(at: label.offset) { (lowering) throws(Diagnostic) in
        graph.outputs.append(try lowering.resolve(label, lowering.nodeIDs, "value"))
      }
    }
    return graph
  }

  private func node(_ syntax: NodeSyntax) throws(Diagnostic) -> Node {
    let entity = syntax.entity
    var inputs: [NodeID] = []
    for label in entity.operands { inputs.append(try resolve(label, nodeIDs, "value")) }
    let op = try Op(
      mnemonic: entity.mnemonic.value, attributes: try attributes(entity.attributes))
    var fields = AttributeReader(try attributes(entity.fields), of: entity.mnemonic.value)
    let threshold = try fields.optionalTensor("threshold")
    try fields.finish()
    return Node(
      name: entity.name, op: op, inputs: inputs, shape: syntax.shape, threshold: threshold)
  }

  // MARK: Level `snn`

  private mutating func lowerSpikingGraph(_ file: FileSyntax) -> SpikingGraph {
    var graph = SpikingGraph(name: file.name.value)
    graph.tensors = tensors
    for (i, syntax) in file.populations.enumerated() {
      populationIDs[syntax.entity.label.value] = PopulationID(i)
      sites[PopulationID(i).description] = source.site(syntax.entity.label.offset)
    }
    for syntax in file.populations {
      attempt(at: syntax.entity.mnemonic.offset) { (lowering) throws(Diagnostic) in
        graph.populations.append(try lowering.population(syntax))
      }
    }
    for (i, syntax) in file.projections.enumerated() {
      sites[ProjectionID(i).description] = source.site(syntax.entity.label.offset)
      attempt(at: syntax.entity.mnemonic.offset) { (lowering) throws(Diagnostic) in
        graph.projections.append(try lowering.projection(syntax))
      }
    }
    for (i, syntax) in file.encoders.enumerated() {
      sites["encoder \(i)"] = source.site(syntax.offset)
      attempt(at: syntax.offset) { (lowering) throws(Diagnostic) in
        graph.encoders.append(try lowering.encoder(syntax))
      }
    }
    for (i, syntax) in file.decoders.enumerated() {
      sites["decoder \(i)"] = source.site(syntax.offset)
      attempt(at: syntax.offset) { (lowering) throws(Diagnostic) in
        graph.decoders.append(try lowering.decoder(syntax))
      }
    }
    return graph
  }

  private func population(_ syntax: PopulationSyntax) throws(Diagnostic) -> Population {
    let entity = syntax.entity
    try requireNoOperands(entity)
    let code: SpikeCode
    do throws(Diagnostic) {
      code = try SpikeCode(keyword: syntax.code.value, timesteps: syntax.timesteps)
    } catch {
      var error = error.located(at: source.site(syntax.code.offset))
      error.exitCode = .badData
      throw error
    }
    var reader = AttributeReader(
      try attributes(entity.attributes), of: entity.mnemonic.value)
    let model = try NeuronModel(mnemonic: entity.mnemonic.value, reading: &reader)
    try reader.finish()
    var fields = AttributeReader(try attributes(entity.fields), of: "population")
    let population = Population(
      name: entity.name, shape: syntax.shape, code: code, model: model,
      bias: try fields.optionalTensor("bias"), quantum: try fields.optionalTensor("quantum"),
      membraneUnit: try fields.optionalTensor("unit"), layer: try fields.optionalText("layer"))
    try fields.finish()
    return population
  }

  private func projection(_ syntax: ProjectionSyntax) throws(Diagnostic) -> Projection {
    let entity = syntax.entity
    try requireNoOperands(entity)
    let source = try resolve(syntax.source, populationIDs, "population")
    let target = try resolve(syntax.target, populationIDs, "population")
    var reader = AttributeReader(
      try attributes(entity.attributes), of: entity.mnemonic.value)
    let kind = try ProjectionKind(mnemonic: entity.mnemonic.value, reading: &reader)
    try reader.finish()
    var fields = AttributeReader(try attributes(entity.fields), of: "projection")
    let projection = Projection(
      name: entity.name, source: source, target: target, kind: kind,
      shift: try fields.integer("shift", default: 0), delay: try fields.integer("delay", default: 0)
    )
    try fields.finish()
    return projection
  }

  private func encoder(_ syntax: CoderSyntax) throws(Diagnostic) -> Encoder {
    let population = try resolve(syntax.population, populationIDs, "population")
    var reader = AttributeReader(try attributes(syntax.attributes), of: "encode")
    let encoder = Encoder(
      population: population, levels: try reader.integer("levels"),
      kind: try reader.keyword("kind", as: Encoder.Kind.self, default: .constant),
      seed: try reader.integer("seed", default: 0),
      preprocessing: Preprocessing(
        scale: try reader.number("scale", default: 1),
        mean: try reader.numbers("mean", default: [0]),
        std: try reader.numbers("std", default: [1]),
        prefersChannelsFirst: try reader.flag("channels-first")))
    try reader.finish()
    return encoder
  }

  private func decoder(_ syntax: CoderSyntax) throws(Diagnostic) -> Decoder {
    let population = try resolve(syntax.population, populationIDs, "population")
    var reader = AttributeReader(try attributes(syntax.attributes), of: "decode")
    let reading = try reader.keyword(
      "reading", as: Decoder.Reading.self, default: .potential)
    let function = try reader.keyword(
      "function", as: Decoder.Function.self, default: Decoder.Function.none)
    let start = try reader.integer("start", default: 0)
    let offset = try reader.number("offset", default: 0)
    let shape = try reader.optionalIntegers("shape")
    try reader.finish()
    return Decoder(
      population: population, reading: reading, function: function, start: start, offset: offset,
      shape: shape.map { Shape($0) })
  }

  // MARK: Level `mapped`

  private mutating func lowerMappedGraph(_ file: FileSyntax) -> MappedGraph {
    var mapped = MappedGraph(lowerSpikingGraph(file), target: file.target?.value ?? "")
    if file.target == nil { sink.report(.missingTarget(at: source.site(file.name.offset))) }
    for (i, syntax) in file.slices.enumerated() {
      sites[SliceID(i).description] = source.site(syntax.label.offset)
      attempt(at: syntax.label.offset) { (lowering) throws(Diagnostic) in
        mapped.slices.append(
          CoreSlice(
            population: try lowering.resolve(
              syntax.population, lowering.populationIDs, "population"),
            box: syntax.box, core: syntax.core, first: syntax.first))
      }
    }
    return mapped
  }

  // MARK: Labels

  /// Runs `body`; reports what it throws, placed at `offset` unless it has a place.
  private mutating func attempt(
    at offset: Int, _ body: (borrowing Lowering) throws(Diagnostic) -> Void
  ) {
    do throws(Diagnostic) {
      try body(self)
    } catch {
      sink.report(error.located(at: source.site(offset)))
    }
  }

  private func requireNoOperands(_ entity: EntitySyntax) throws(Diagnostic) {
    guard let first = entity.operands.first else { return }
    throw .unexpected(
      .label(first.value), expected: "no operands", at: source.site(first.offset))
  }

  private func resolve<ID>(
    _ label: Spot<String>, _ ids: [String: ID], _ kind: String
  ) throws(Diagnostic) -> ID {
    guard let id = ids[label.value] else {
      throw .undefinedLabel(label.value, kind: kind, at: source.site(label.offset))
    }
    return id
  }

  private func attributes(_ syntax: [AttributeSyntax]) throws(Diagnostic) -> [Attribute] {
    var result: [Attribute] = []
    for attribute in syntax {
      switch attribute.value {
      case .literal(let value): result.append(Attribute(name: attribute.name, value: value))
      case .label(let label):
        result.append(
          Attribute(
            name: attribute.name, value: .tensor(try resolve(label, tensorIDs, "tensor"))))
      }
    }
    return result
  }
}

extension FileSyntax {

  /// The labels that are defined.
  fileprivate var labels: [Spot<String>] {
    tensors.map(\.label) + nodes.map(\.entity.label) + populations.map(\.entity.label)
      + projections.map(\.entity.label) + slices.map(\.label)
  }
}
