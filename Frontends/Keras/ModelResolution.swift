// Checking the references of a model and ordering its calls, operands first.

internal import Diagnostics

/// A call by the positions of its layer and of itself.
struct CallPosition: Hashable, Sendable {

  /// The position of the layer in its model.
  var layer: Int

  /// The position of the call in its layer.
  var call: Int
}

extension ModelSpec {

  /// Checks every reference, puts the calls that the outputs need into `order`, operands first.
  ///
  /// - Throws: `keras.bad-graph` about a reference that leads nowhere, or a cycle.
  /// - Complexity: O(calls + references); no recursion.
  mutating func resolve(_ place: LayerPlace) throws(Diagnostic) {
    guard !inputs.isEmpty else { throw .badGraph(place, "the model has no input") }
    guard !outputs.isEmpty else { throw .badGraph(place, "the model has no output") }
    let index = Dictionary(
      uniqueKeysWithValues: layers.indices.map { (layers[$0].name, $0) })
    removeConstructionCalls(index)
    for input in inputs {
      guard let i = index[input.layer] else {
        throw .badGraph(place, "the input '\(input.layer)' does not exist")
      }
      guard layers[i].isInput else {
        throw .badGraph(
          layers[i].config.place,
          "the input '\(input.layer)' is of the class "
            + "\(layers[i].config.className), expected an InputLayer")
      }
    }
    for output in outputs { try check(output, index, "the output", place) }
    for layer in layers {
      for call in layer.calls {
        for operand in call.operands {
          try check(operand, index, "layer '\(layer.name)'", layer.config.place)
        }
      }
    }
    order = try ordered(index)
  }

  /// Keras 2 counts the construction of a nested model as its first call but does not list it:
  /// then all references to the model are one too high.
  private mutating func removeConstructionCalls(_ index: [String: Int]) {
    var range: [String: ClosedRange<Int>] = [:]
    forEachReference { reference in
      let known = range[reference.layer] ?? reference.call...reference.call
      range[reference.layer] =
        min(known.lowerBound, reference.call)...max(known.upperBound, reference.call)
    }
    let shifted = range.filter { name, calls in
      guard let i = index[name], layers[i].model != nil else { return false }
      return calls.lowerBound == 1 && calls.upperBound == layers[i].calls.count
    }
    guard !shifted.isEmpty else { return }
    forEachReference { if shifted[$0.layer] != nil { $0.call -= 1 } }
  }

  private mutating func forEachReference(_ body: (inout Reference) -> Void) {
    for i in outputs.indices { body(&outputs[i]) }
    for i in layers.indices {
      for j in layers[i].calls.indices {
        for k in layers[i].calls[j].arguments.indices {
          guard case .tensor(var reference) = layers[i].calls[j].arguments[k] else { continue }
          body(&reference)
          layers[i].calls[j].arguments[k] = .tensor(reference)
        }
      }
    }
  }

  private func check(
    _ reference: Reference, _ index: [String: Int], _ reader: String, _ place: LayerPlace
  ) throws(Diagnostic) {
    guard let i = index[reference.layer] else {
      throw .badGraph(
        place, "\(reader) reads from a layer '\(reference.layer)', which does not exist")
    }
    let layer = layers[i]
    guard layer.calls.indices.contains(reference.call) else {
      throw .badGraph(
        place,
        "\(reader) reads call \(reference.call) of '\(layer.name)', which has "
          + "\(layer.calls.count)")
    }
    let results = layer.model?.outputs.count ?? 1
    guard 0..<results ~= reference.result else {
      throw .badGraph(
        place,
        "\(reader) reads result \(reference.result) of '\(layer.name)', which has "
          + "\(results)")
    }
    guard !layer.isInput || inputs.contains(where: { $0.layer == layer.name }) else {
      throw .badGraph(
        place, "\(reader) reads the input '\(layer.name)', which is not an input of the model")
    }
  }

  /// Returns the calls that the outputs need, in depth-first order from the outputs.
  private func ordered(_ index: [String: Int]) throws(Diagnostic) -> [CallPosition] {
    var order: [CallPosition] = []
    var isDone: [CallPosition: Bool] = [:]
    for output in outputs {
      guard let root = position(of: output, index), isDone[root] == nil else { continue }
      var stack: [(call: CallPosition, operands: [Reference])] = []
      func enter(_ call: CallPosition) {
        isDone[call] = false
        stack.append((call, layers[call.layer].calls[call.call].operands.reversed()))
      }
      enter(root)
      while let top = stack.last {
        guard let operand = top.operands.last else {
          isDone[top.call] = true
          order.append(top.call)
          stack.removeLast()
          continue
        }
        stack[stack.count - 1].operands.removeLast()
        guard let next = position(of: operand, index), isDone[next] != true else { continue }
        guard isDone[next] == nil else {
          throw cycle(stack.map(\.call).drop { $0 != next }.map { $0 })
        }
        enter(next)
      }
    }
    return order
  }

  private func position(of reference: Reference, _ index: [String: Int]) -> CallPosition? {
    index[reference.layer].map { CallPosition(layer: $0, call: reference.call) }
  }

  private func cycle(_ calls: [CallPosition]) -> Diagnostic {
    let names = calls.prefix(8).map { "'\(layers[$0.layer].name)'" }.joined(separator: ", ")
    let place = layers[calls.first?.layer ?? 0].config.place
    return .badGraph(place, "the graph has a cycle: \(names)" + (calls.count > 8 ? ", …" : ""))
  }
}
