// From the JSON of a network's description to the description of a model, for all ways in which Keras 2
// and 3 write it.

internal import Diagnostics
internal import JSONReading

/// A reader of the description of models in one file.
struct ModelParser {

  /// The place of the description, for messages.
  let origin: ConfigPlace

  /// Who wrote the file.
  let generation: Generation

  /// The classes of models whose graph is described.
  static let modelClasses: Set<String> = ["Sequential", "Functional", "Model"]

  /// Returns the model that `json`, the whole description, describes.
  ///
  /// - Throws: `keras.bad-config`, `keras.unsupported-model` or `keras.bad-graph`.
  func parse(_ json: JSON) throws(Diagnostic) -> ModelSpec {
    guard let members = json.members else {
      throw .badConfig(origin, "\(origin.words) is \(json.excerpt), expected an object")
    }
    guard let className = members["class_name"]?.string, let config = members["config"] else {
      throw .badConfig(origin, "\(origin.words) has no 'class_name' or no 'config'")
    }
    guard ModelParser.modelClasses.contains(className) else {
      throw .subclassedModel(origin, className)
    }
    let model = try model(className, config, path: "")
    guard model.layers.contains(where: { !$0.isInput }) else {
      throw .badConfig(origin, "the model '\(model.name)' has no layers")
    }
    return model
  }

  /// Returns the model of the given class, found at `path`, empty for the outermost.
  private func model(
    _ className: String, _ config: JSON, path: String
  ) throws(Diagnostic) -> ModelSpec {
    // Sequential models of Keras 2.0 to 2.2 are bare lists.
    guard let entries = config.elements ?? config["layers"]?.elements else {
      let model = path.isEmpty ? "the model" : "the model '\(path)'"
      throw .badConfig(origin, "\(model) has no list 'layers'")
    }
    var layers: [LayerSpec] = []
    var names: Set<String> = []
    for (i, entry) in entries.enumerated() {
      let layer = try layer(entry, index: i, within: path)
      guard names.insert(layer.name).inserted else {
        throw .badGraph(layer.config.place, "two layers are named '\(layer.name)'")
      }
      layers.append(layer)
    }
    guard !layers.isEmpty else { throw .badConfig(origin, "a model has no layers") }
    let name = config["name"]?.string ?? "model"
    var model = ModelSpec(name: name, layers: layers, inputs: [], outputs: [])
    model.isTrainable = config["trainable"]?.bool ?? true
    if className == "Sequential" {
      makeSequential(&model, config)
    } else {
      model.inputs = try ends(config, "input_layers", path)
      model.outputs = try ends(config, "output_layers", path)
      skipBuiltInCalls(&model)
    }
    try model.resolve(LayerPlace(config: origin, path: path.isEmpty ? name : path))
    return model
  }

  /// Among the outputs, but not elsewhere, Keras 3 counts the construction of a nested Functional
  /// model as its first call.
  private func skipBuiltInCalls(_ model: inout ModelSpec) {
    guard generation == .three else { return }
    let nested = Set(model.layers.filter { $0.config.className == "Functional" }.map(\.name))
    for i in model.outputs.indices
    where nested.contains(model.outputs[i].layer) && model.outputs[i].call > 0 {
      model.outputs[i].call -= 1
    }
  }

  // MARK: layers

  private func layer(
    _ entry: JSON, index: Int, within path: String
  ) throws(Diagnostic) -> LayerSpec {
    let container = path.isEmpty ? "" : " of '\(path)'"
    guard let members = entry.members else {
      throw .badConfig(origin, "layer \(index)\(container) is \(entry.excerpt), expected an object")
    }
    guard let className = members["class_name"]?.string else {
      throw .badConfig(origin, "layer \(index)\(container) has no 'class_name'")
    }
    // Sequential models of Keras 2.0 to 2.2 have a list there.
    let isModel = ModelParser.modelClasses.contains(className)
    guard let config = members["config"],
      config.members != nil || isModel && config.elements != nil
    else {
      throw .badConfig(
        origin, "layer \(index)\(container), \(className), has no object 'config'")
    }
    guard let name = (members["name"] ?? config["name"])?.string, !name.isEmpty else {
      throw .badConfig(origin, "layer \(index)\(container), \(className), has no 'name'")
    }
    let place = LayerPlace(config: origin, path: path.isEmpty ? name : "\(path)/\(name)")
    var options = config.members ?? [:]
    options["registered_name"] = members["registered_name"]
    options["module"] = members["module"]
    var layer = LayerSpec(
      name: name,
      config: LayerConfig(
        place: place, className: className, generation: generation, options: options),
      calls: try calls(members["inbound_nodes"] ?? .list([]), place))
    if isModel { layer.model = try model(className, config, path: place.path) }
    if layer.isInput { layer.calls = [Call(arguments: [])] }
    return layer
  }

  /// Turns the layers of a Sequential model into a chain of calls.
  private func makeSequential(_ model: inout ModelSpec, _ config: JSON) {
    if let first = model.layers.first, !first.isInput {
      // Without an input layer, the shape stands in the first layer or in the model.
      let keys = ["batch_input_shape", "batch_shape"]
      var shape = keys.compactMap { first.config[$0] }.first ?? config["build_input_shape"]
      if shape == nil, let inner = first.model, let input = inner.inputs.first {
        let layer = inner.layers.first { $0.name == input.layer }
        shape = keys.compactMap { layer?.config[$0] }.first
      }
      let name = "\(first.name)_input"
      var place = first.config.place
      place.path += "_input"
      let options = shape.map { ["batch_input_shape": $0] } ?? [:]
      let input = LayerSpec(
        name: name,
        config: LayerConfig(
          place: place, className: "InputLayer", generation: generation, options: options),
        calls: [Call(arguments: [])])
      model.layers.insert(input, at: 0)
    }
    for i in model.layers.indices.dropFirst() {
      let previous = Reference(layer: model.layers[i - 1].name, call: 0, result: 0)
      model.layers[i].calls = [Call(arguments: [.tensor(previous)])]
    }
    if let first = model.layers.first, let last = model.layers.last {
      model.inputs = [Reference(layer: first.name, call: 0, result: 0)]
      model.outputs = [Reference(layer: last.name, call: 0, result: 0)]
    }
  }

  // MARK: calls

  private func calls(_ json: JSON, _ place: LayerPlace) throws(Diagnostic) -> [Call] {
    guard let nodes = json.elements else {
      throw .badGraph(place, "'inbound_nodes' is \(json.excerpt), expected a list")
    }
    var calls: [Call] = []
    for node in nodes {
      if node.members != nil {
        calls.append(try callOfKeras3(node, place))
      } else {
        calls.append(try callOfKeras2(node, place))
      }
    }
    return calls
  }

  private func callOfKeras3(_ node: JSON, _ place: LayerPlace) throws(Diagnostic) -> Call {
    guard let arguments = node["args"]?.elements else {
      throw .badGraph(place, "a call has no list 'args'")
    }
    var call = Call(arguments: [])
    for argument in arguments where argument != .null {
      call.arguments += try flatten(argument, place)
    }
    for (name, value) in (node["kwargs"]?.members ?? [:]).sorted(by: { $0.key < $1.key }) {
      guard containsTensor(value) else {
        call.options[name] = value
        continue
      }
      let tensors = try flatten(value, place)
      call.arguments += tensors
      call.tensorNames += tensors.map { _ in name }
    }
    return call
  }

  /// Returns the tensors in an argument, or the argument itself if there is none in it.
  private func flatten(_ argument: JSON, _ place: LayerPlace) throws(Diagnostic) -> [Argument] {
    guard containsTensor(argument) else { return [.constant(argument)] }
    if let elements = argument.elements {
      var result: [Argument] = []
      for element in elements { result += try flatten(element, place) }
      return result
    }
    guard let history = argument["config"]?["keras_history"] else {
      throw .badGraph(place, "a tensor has no 'keras_history'")
    }
    return [.tensor(try reference(history, place))]
  }

  private func containsTensor(_ argument: JSON) -> Bool {
    if let elements = argument.elements { return elements.contains { containsTensor($0) } }
    return argument["class_name"]?.string == "__keras_tensor__"
  }

  private func callOfKeras2(_ node: JSON, _ place: LayerPlace) throws(Diagnostic) -> Call {
    guard let elements = node.elements, !elements.isEmpty else {
      throw .badGraph(place, "a call is \(node.excerpt), expected a list of references")
    }
    // A call with a single tensor may be written without the list around it.
    let references = elements[0].string == nil ? elements : [node]
    var call = Call(arguments: [])
    for (i, item) in references.enumerated() {
      call.arguments.append(try argumentOfKeras2(item, place))
      guard i == 0, let last = item.elements?.last, let options = last.members else { continue }
      for (name, value) in options.sorted(by: { $0.key < $1.key }) {
        if let reference = optionalReference(value) {
          call.arguments.append(.tensor(reference))
          call.tensorNames.append(name)
        } else {
          call.options[name] = value
        }
      }
    }
    return call
  }

  private func argumentOfKeras2(_ item: JSON, _ place: LayerPlace) throws(Diagnostic) -> Argument {
    if let elements = item.elements, elements.count >= 3, elements[0] == .text("_CONSTANT_VALUE") {
      return .constant(elements[2])
    }
    return .tensor(try reference(item, place))
  }

  private func reference(_ json: JSON, _ place: LayerPlace) throws(Diagnostic) -> Reference {
    guard let reference = optionalReference(json) else {
      throw .badGraph(
        place, "a reference is \(json.excerpt), expected a layer, a call and a result")
    }
    return reference
  }

  private func optionalReference(_ json: JSON) -> Reference? {
    guard let elements = json.elements, 3...4 ~= elements.count, let layer = elements[0].string,
      let call = elements[1].int, let result = elements[2].int
    else { return nil }
    return Reference(layer: layer, call: call, result: result)
  }

  /// Returns the inputs or outputs of a Functional model: one reference, a list, or a dictionary.
  private func ends(
    _ config: JSON, _ key: String, _ path: String
  ) throws(Diagnostic) -> [Reference] {
    let place = LayerPlace(config: origin, path: path)
    guard let value = config[key] else { return [] }
    if let reference = optionalReference(value) { return [reference] }
    let items = value.elements ?? value.members?.sorted { $0.key < $1.key }.map(\.value)
    guard let items else {
      throw .badGraph(place, "'\(key)' is \(value.excerpt), expected a list of references")
    }
    var references: [Reference] = []
    for item in items { references.append(try reference(item, place)) }
    return references
  }
}
