// Walks the description of a model, call by call, and has the definitions build the graph; nested
// models are unfolded in place.

internal import Diagnostics
internal import JSONReading
internal import SpikeIR

/// What was computed so far of one unfolding of a model.
private typealias Results = [Reference: Value]

/// Builds the graph of one model.
struct Importer: ~Copyable {

  private var builder: GraphBuilder
  private var sink = DiagnosticSink()
  private let file: String

  /// The calls that may still be unfolded: models that contain models grow exponentially, even
  /// where they add no nodes.
  private var callsLeft = Importer.callLimit

  /// The largest number of calls that are unfolded.
  private static let callLimit = 2 * GraphBuilder.nodeLimit

  /// Creates an importer of the model called `name` in `file`, with the weights in `arrays`.
  init(name: String, file: String, arrays: ArrayFile) {
    self.file = file
    builder = GraphBuilder(name: name, file: file, arrays: arrays)
  }

  /// Where the weights are of which tensors have the elements as they are.
  var places: [TensorID: WeightPath] { builder.places }

  /// Returns the graph of `model`.
  ///
  /// - Throws: all problems with layers that do not depend on the value of a layer with problems.
  mutating func run(_ model: ModelSpec) throws(CompileError) -> ANNGraph {
    var inputs: [Value?] = []
    for input in model.inputs {
      guard let layer = model.layers.first(where: { $0.name == input.layer }) else { continue }
      inputs.append(addInput(layer))
    }
    let outputs = unfold(model, inputs, scope: "")
    for output in outputs {
      guard let output else { continue }
      append(output, model)
    }
    sink.report(contentsOf: builder.problems.diagnostics)
    try sink.throwIfErrors()
    return builder.graph
  }

  /// Adds a result of the model to the outputs of the graph.
  private mutating func append(_ output: Value, _ model: ModelSpec) {
    let name = builder.graph[output.node].name
    guard let layer = model.layers.last else { return }
    var config = layer.config
    config.options = [:]
    let call = LayerCall(
      config: config, name: name, inputs: [output], arguments: [.tensor(0)], options: [:],
      weights: [])
    do throws(Diagnostic) {
      builder.graph.outputs.append(try builder.plain(output, for: call))
    } catch {
      sink.report(error)
    }
  }

  private mutating func addInput(_ layer: LayerSpec) -> Value? {
    do throws(Diagnostic) {
      let shape = try layer.config.inputShape()
      return Value(node: try builder.addInput(layer.name, shape: shape, layer.config.place))
    } catch {
      sink.report(error)
      return nil
    }
  }

  /// Adds the nodes of one call of `model` and returns its results; those that could not be
  /// computed because of a reported problem are `nil`.
  private mutating func unfold(
    _ model: ModelSpec, _ inputs: [Value?], scope: String
  ) -> [Value?] {
    var results: Results = [:]
    for (reference, value) in zip(model.inputs, inputs) { results[reference] = value }
    for position in model.order {
      guard callsLeft > 0 else { break }
      callsLeft -= 1
      if callsLeft == 0 { sink.report(.tooManyCalls(file, limit: Importer.callLimit)) }
      let layer = model.layers[position.layer]
      guard !layer.isInput else { continue }
      let call = layer.calls[position.call]
      let operands = call.operands.map { results[$0] }
      let suffix = position.call == 0 ? "" : "#\(position.call + 1)"
      let name = scope + layer.name + suffix
      let values: [Value?]
      if let inner = layer.model {
        values = unfoldNested(inner, operands, layer.config.place, name)
      } else {
        values = [build(layer, call, operands, name)]
      }
      for (i, value) in values.enumerated() {
        let result = Reference(layer: layer.name, call: position.call, result: i)
        results[result] = value
      }
    }
    return model.outputs.map { results[$0] }
  }

  private mutating func unfoldNested(
    _ model: ModelSpec, _ operands: [Value?], _ place: LayerPlace, _ name: String
  ) -> [Value?] {
    guard operands.count == model.inputs.count else {
      sink.report(
        .badLayer(place, "has \(operands.count) operands, expected \(model.inputs.count)"))
      return []
    }
    return unfold(model, operands, scope: name + "/")
  }

  /// Adds the nodes of one call of an ordinary layer; `nil` if an operand or the call failed.
  private mutating func build(
    _ layer: LayerSpec, _ call: Call, _ operands: [Value?], _ name: String
  ) -> Value? {
    let inputs = operands.compactMap { $0 }
    guard inputs.count == operands.count else { return nil }
    do throws(Diagnostic) {
      let call = try LayerCall(layer, call, inputs, name)
      guard let definition = LayerDefinition.named(layer.config.className) else {
        throw .unsupportedLayer(
          layer.config.place, className: layer.config.className, advice: "replace it")
      }
      return try definition.build(call, &builder)
    } catch {
      sink.report(error)
      return nil
    }
  }
}

extension LayerCall {

  /// Creates the call of `layer` as its definition sees it.
  fileprivate init(
    _ layer: LayerSpec, _ call: Call, _ inputs: [Value], _ name: String
  ) throws(Diagnostic) {
    let place = layer.config.place
    guard !inputs.isEmpty else { throw .badGraph(place, "layer '\(place.path)' has no operand") }
    guard call.options["training"]?.bool != true else {
      throw .unsupportedOption(
        place, "is called with training=True, expected inference",
        advice: "build the model without the argument 'training'")
    }
    var arguments: [CallArgument] = []
    var count = 0
    for argument in call.arguments {
      switch argument {
      case .tensor:
        arguments.append(.tensor(count))
        count += 1
      case .constant(let json):
        if let array = JSONArray(json) { arguments.append(.constant(array)) }
      }
    }
    self.init(
      config: layer.config, name: name, inputs: inputs, arguments: arguments,
      options: call.options, weights: layer.weights)
  }
}

extension LayerConfig {

  /// Returns the extents of an input of the network, without the batch.
  ///
  /// - Throws: `keras.unknown-input-shape` or `keras.bad-layer`.
  fileprivate func inputShape() throws(Diagnostic) -> Shape {
    let keys = ["batch_input_shape", "batch_shape"]
    guard let key = keys.first(where: { self[$0] != nil }), let value = self[key] else {
      if let shape = self["input_shape"] ?? self["shape"] { return try extents(shape, "shape") }
      throw .unknownInputShape(place, "its shape is not in the file")
    }
    guard let list = value.elements, !list.isEmpty else {
      throw wrong(key, expected: "a list of extents, the batch first")
    }
    return try extents(.list(Array(list.dropFirst())), key)
  }

  private func extents(_ value: JSON, _ key: String) throws(Diagnostic) -> Shape {
    guard let list = value.elements else { throw wrong(key, expected: "a list of extents") }
    guard !list.contains(.null) else {
      throw .unknownInputShape(place, "its shape \(value.excerpt) is not fixed")
    }
    let extents = list.compactMap(\.int)
    guard extents.count == list.count, extents.allSatisfy({ $0 >= 1 }) else {
      throw wrong(key, expected: "extents of 1 or more")
    }
    return Shape(extents)
  }
}
