// The way back from a folded and trained network to the layers of the Keras model that it was.

internal import Diagnostics
internal import SpikeIR
internal import SpikeInterpreter

/// A Keras model as imported, and the same network folded, with other weights.
struct KerasWeights {

  /// The network as imported, with its tensors.
  let original: ANNGraph

  /// The network with normalizations folded into kernels and biases.
  let folded: ANNGraph

  /// Returns the elements that make `original` compute what `folded` computes.
  ///
  /// A layer gets the folded kernel. Where a normalization followed, it becomes the identity plus
  /// the folded bias: γ = 1, β = bias, mean 0, and the variance 1 − ε, whose root with ε is 1. Other
  /// normalizations that were folded become the identity.
  ///
  /// - Throws: `finetune.no-keras-layer` if a kernel or bias has no place in the model.
  func elements() throws(Diagnostic) -> [TensorID: [Float]] {
    var result: [TensorID: [Float]] = [:]
    var nodes: [String: NodeID] = [:]
    for id in original.ids { nodes[original[id].name] = id }
    let names = Set(folded.nodes.elements.map(\.name))
    for id in original.ids where !names.contains(original[id].name) {
      if case .batchNorm(let norm) = original[id].op {
        try set(norm, offset: nil, original[id], &result)
      }
    }
    for node in folded.nodes.elements {
      guard let (kernel, bias) = node.op.weights else { continue }
      guard let id = nodes[node.name] else { throw .noLayer(node.name) }
      let offset = try bias.map { (id) throws(Diagnostic) in try folded.tensors.floats(id) }
      var layer = original[id]
      var rest = offset
      if case .batchNorm(let norm) = layer.op, let operand = layer.inputs.first {
        try set(norm, offset: offset, layer, &result)
        layer = original[operand]
        rest = nil
      }
      guard let own = layer.op.weights else { throw .noLayer(node.name) }
      try set(own.kernel, try folded.tensors.floats(kernel), node, &result)
      if let bias = own.bias {
        let zeros = [Float](repeating: 0, count: original.tensors[bias].shape.count)
        try set(bias, rest ?? zeros, node, &result)
      } else if let rest, rest.contains(where: { $0 != 0 }) {
        throw .noLayer(node.name)
      }
    }
    return result
  }

  /// Makes a normalization the identity plus `offset`.
  private func set(
    _ norm: BatchNorm, offset: [Float]?, _ node: Node, _ result: inout [TensorID: [Float]]
  ) throws(Diagnostic) {
    let channels = node.shape.channels
    let zeros = [Float](repeating: 0, count: channels)
    let shift = offset ?? zeros
    try set(norm.variance, .init(repeating: 1 - norm.epsilon, count: channels), node, &result)
    if let scale = norm.scale {
      try set(scale, .init(repeating: 1, count: channels), node, &result)
    }
    if let own = norm.offset {
      try set(own, shift, node, &result)
      try set(norm.mean, zeros, node, &result)
    } else {
      try set(norm.mean, shift.map { -$0 }, node, &result)
    }
  }

  /// Takes note of the elements of a tensor, which layers that share it must agree on.
  private func set(
    _ id: TensorID, _ values: [Float], _ node: Node, _ result: inout [TensorID: [Float]]
  ) throws(Diagnostic) {
    guard values.count == original.tensors[id].shape.count, result[id] ?? values == values else {
      throw .noLayer(node.name)
    }
    result[id] = values
  }

  /// Checks on samples that `original` with other elements computes what `folded` computes.
  ///
  /// - Throws: `finetune.keras-differs` if an output differs by more than 1e-4 of the largest.
  func check(_ elements: [TensorID: [Float]], on samples: [[[Float]]]) throws(CompileError) {
    var changed = original
    for (id, values) in elements { changed.tensors[id].data = .float32(values) }
    let (a, b) = (try ANNExecutor(changed), try ANNExecutor(folded))
    try liftingDiagnostic { () throws(Diagnostic) in
      for sample in samples {
        let (x, y) = (try a.run(sample), try b.run(sample))
        let largest = y.joined().reduce(0) { max($0, abs($1)) }
        let worst = zip(x.joined(), y.joined()).reduce(0) { max($0, abs($1.0 - $1.1)) }
        guard worst <= 1e-4 * largest else { throw .kerasDiffers(worst, largest) }
      }
    }
  }
}

extension Op {

  /// The kernel and the bias of a layer that is trained.
  var weights: (kernel: TensorID, bias: TensorID?)? {
    switch self {
    case .conv2d(let op): (op.kernel, op.bias)
    case .dense(let op): (op.kernel, op.bias)
    default: nil
    }
  }
}

extension Diagnostic {

  /// Returns an error about trained weights for which the Keras model has no place.
  fileprivate static func noLayer(_ name: String) -> Diagnostic {
    .error(
      "finetune.no-keras-layer",
      "the Keras model has no layer of its own for the trained weights of '\(name)'",
      at: .entity(name), notes: ["write the network as text: -o NAME.sir"])
  }

  /// Returns an error about a Keras model that would not compute what was trained.
  fileprivate static func kerasDiffers(_ difference: Float, _ largest: Float) -> Diagnostic {
    .error(
      "finetune.keras-differs",
      "as a Keras model the trained network would differ by \(difference) of \(largest): "
        + "constant factors were folded that Keras has in other layers",
      notes: ["write the network as text: -o NAME.sir"])
  }
}
