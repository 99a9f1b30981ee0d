// The pass `fold-batchnorm`: normalizations and other constant scales disappear into weights.

internal import Diagnostics
package import PluginAPI
internal import SpikeIR

extension Pass {

  /// Folds batch normalizations and constant scales into the weights around them.
  package static let foldBatchNorm = Pass.ann(
    name: "fold-batchnorm",
    summary: "fold batch normalizations and constant scales into neighbouring weights",
    details: """
      A normalization is first written as a scale with factor g = γ/√(σ² + ε) and offset
      h = β − μ·g. A scale that follows a convolution or dense layer, of which it is the only
      user, is folded into it: kernel[…,k]·g[k], bias[k]·g[k] + h[k]. A scale that only
      convolutions and dense layers use (a normalization behind the activation) is folded into
      those: kernel[…,c,…]·g[c]; its offset contributes Σ kernel·h, which where zero padding cuts
      the window differs from pixel to pixel, so that it becomes an offset per element behind
      the layer. What cannot be folded stays a scale, which conversion takes.
      Before: %2 = conv2d %1 {kernel=%t0}
              %3 = batch-norm %2 {scale=%t1, offset=%t2, mean=%t3, variance=%t4, epsilon=0.001}
      After:  %3 = conv2d %1 {kernel=%t5, bias=%t6}
      Outputs are equal up to rounding. Source: Rueckauer et al. (2017), section 2.2.2.
      """
  ) { (graph, _, context) throws(CompileError) in
    try liftingDiagnostic { () throws(Diagnostic) in
      let norms = graph.nodes.elements.count { if case .batchNorm = $0.op { true } else { false } }
      graph = try graph.withScalesForNorms()
      graph = try graph.foldingScalesBackward().compacted()
      graph = try graph.foldingScalesForward().compacted()
      graph = try graph.foldingScalesBackward().compacted()
      context.count("normalizations folded", of: "fold-batchnorm", by: norms)
    }
  }
}

extension ANNGraph {

  /// Returns the graph with each normalization written as a scale.
  fileprivate func withScalesForNorms() throws(Diagnostic) -> ANNGraph {
    try rewritten { (result, _, node, inputs) throws(Diagnostic) in
      guard case .batchNorm(let norm) = node.op else { return result.keep(node, inputs) }
      let (factor, offset) = try norm.affine(tensors, channels: node.shape.channels)
      let shape: Shape = [node.shape.channels]
      let scale = Scale(
        factor: result.tensors.add("\(node.name)/factor", shape: shape, floats: factor),
        offset: result.tensors.add("\(node.name)/offset", shape: shape, floats: offset))
      return result.keep(
        Node(name: node.name, op: .scale(scale), inputs: inputs, shape: node.shape), inputs)
    }
  }

  /// Returns the graph with scales folded into the linear layer before them.
  fileprivate func foldingScalesBackward() throws(Diagnostic) -> ANNGraph {
    let users = self.users()
    return try rewritten { (result, _, node, inputs) throws(Diagnostic) in
      guard case .scale(let scale) = node.op, users[node.inputs[0].index].count == 1,
        !outputs.contains(node.inputs[0]),
        let factor = try perChannel(scale.factor, default: 1, of: node.shape),
        let offset = try perChannel(scale.offset, default: 0, of: node.shape),
        let folded = try result.scalingOutputs(of: inputs[0], by: factor, plus: offset, node)
      else { return result.keep(node, inputs) }
      return folded
    }
  }

  /// Returns a scale's coefficients, one a channel; `nil` if they differ within a channel.
  private func perChannel(
    _ id: TensorID?, default value: Float, of shape: Shape
  ) throws(Diagnostic) -> [Float]? {
    guard let id else { return [Float](repeating: value, count: shape.channels) }
    let (values, extents) = (try tensors.floats(id), tensors[id].shape)
    if values.count == 1 { return [Float](repeating: values[0], count: shape.channels) }
    return values.count == shape.channels && extents.channels == shape.channels ? values : nil
  }

  /// Adds the linear layer `id` with its outputs scaled; `nil` if it is not a linear layer.
  private mutating func scalingOutputs(
    of id: NodeID, by factor: [Float], plus offset: [Float], _ node: Node
  ) throws(Diagnostic) -> NodeID? {
    let layer = self[id]
    func bias(_ old: TensorID?) throws(Diagnostic) -> [Float] {
      let values = try old.map { (id) throws(Diagnostic) in try tensors.floats(id) }
      return factor.indices.map { (values?[$0] ?? 0) * factor[$0] + offset[$0] }
    }
    let op: Op
    switch layer.op {
    case .conv2d(var conv):
      let newBias = try bias(conv.bias)
      conv.kernel = try scalingKernel(conv.kernel, by: factor, for: node.name) { $0 % factor.count }
      conv.bias = tensors.add("\(node.name)/bias", shape: [factor.count], floats: newBias)
      op = .conv2d(conv)
    case .dense(var dense):
      let newBias = try bias(dense.bias)
      dense.kernel = try scalingKernel(dense.kernel, by: factor, for: node.name) {
        $0 % factor.count
      }
      dense.bias = tensors.add("\(node.name)/bias", shape: [factor.count], floats: newBias)
      op = .dense(dense)
    case .convTranspose2d(var conv) where conv.groups == 1:
      let newBias = try bias(conv.bias)
      let extents = tensors[conv.kernel].shape
      conv.kernel = try scalingKernel(conv.kernel, by: factor, for: node.name) {
        $0 / extents[3] % extents[2]
      }
      conv.bias = tensors.add("\(node.name)/bias", shape: [factor.count], floats: newBias)
      op = .convTranspose2d(conv)
    default: return nil
    }
    var merged = layer
    merged.name = node.name
    merged.op = op
    merged.threshold = node.threshold
    return keep(merged, layer.inputs)
  }

  /// Adds kernel `id` with the element at position i multiplied by `factor[channel(i)]`.
  private mutating func scalingKernel(
    _ id: TensorID, by factor: [Float], for name: String, channel: (Int) -> Int
  ) throws(Diagnostic) -> TensorID {
    var values = try tensors.floats(id)
    for i in values.indices { values[i] *= factor[channel(i)] }
    return tensors.add("\(name)/kernel", shape: tensors[id].shape, floats: values)
  }

  /// Returns the graph with scales folded into the linear layers that use them.
  fileprivate func foldingScalesForward() throws(Diagnostic) -> ANNGraph {
    let users = self.users()
    var folds: [NodeID: (factor: [Float], offset: [Float])] = [:]
    for id in ids {
      guard case .scale(let scale) = self[id].op, !outputs.contains(id), !users[id.index].isEmpty,
        users[id.index].allSatisfy({ self[$0].isUngroupedLinear }),
        let factor = try perChannel(scale.factor, default: 1, of: self[id].shape),
        let offset = try perChannel(scale.offset, default: 0, of: self[id].shape)
      else { continue }
      folds[id] = (factor, offset)
    }
    return try rewritten { (result, id, node, inputs) throws(Diagnostic) in
      if folds[id] != nil { return inputs[0] }
      guard let operand = node.inputs.first, let fold = folds[operand] else {
        return result.keep(node, inputs)
      }
      return try result.addScalingInputs(of: node, inputs, by: fold.factor, plus: fold.offset)
    }
  }

  /// Adds the linear layer `node`, whose operand is to be scaled, with its kernel scaled instead.
  private mutating func addScalingInputs(
    of node: Node, _ inputs: [NodeID], by factor: [Float], plus offset: [Float]
  ) throws(Diagnostic) -> NodeID {
    let (constant, isUniform) = try node.response(
      to: offset, operand: self[inputs[0]].shape, tensors)
    var layer = node
    switch node.op {
    case .conv2d(var conv):
      let extents = tensors[conv.kernel].shape
      conv.kernel = try scalingKernel(conv.kernel, by: factor, for: node.name) {
        $0 / extents[3] % extents[2]
      }
      if isUniform { conv.bias = try adding(constant, to: conv.bias, node) }
      layer.op = .conv2d(conv)
    case .dense(var dense):
      let columns = tensors[dense.kernel].shape[1]
      dense.kernel = try scalingKernel(dense.kernel, by: factor, for: node.name) { $0 / columns }
      dense.bias = try adding(constant, to: dense.bias, node)
      layer.op = .dense(dense)
    default: preconditionFailure("internal: '\(node.op.mnemonic)' takes no scaled operand")
    }
    guard !isUniform else { return keep(layer, inputs) }
    layer.name = freshName(node.name, "linear")
    let linear = keep(layer, inputs)
    let shift = tensors.add("\(node.name)/offset", shape: node.shape, floats: constant)
    return try add(node.name, .scale(Scale(factor: nil, offset: shift)), [linear])
  }

  /// Adds the tensor `id`, or zeros, plus `constant`, one value a channel.
  private mutating func adding(
    _ constant: [Float], to id: TensorID?, _ node: Node
  ) throws(Diagnostic) -> TensorID {
    var values = [Float](repeating: 0, count: node.shape.channels)
    if let id { values = try tensors.floats(id) }
    for i in values.indices { values[i] += constant[i] }
    return tensors.add("\(node.name)/bias", shape: [values.count], floats: values)
  }
}

extension Node {

  /// `true` iff the node is a convolution without groups or a dense layer.
  fileprivate var isUngroupedLinear: Bool {
    switch op {
    case .conv2d(let conv): conv.groups == 1
    case .dense: true
    default: false
    }
  }

  /// Returns what the linear layer, without its bias, makes of the operand that is `offset` in
  /// each channel: a value a channel if all pixels agree, else a value an element.
  fileprivate func response(
    to offset: [Float], operand: Shape, _ tensors: TensorStore
  ) throws(Diagnostic) -> (values: [Float], isUniform: Bool) {
    switch op {
    case .conv2d(let conv):
      let kernel = try tensors.floats(conv.kernel)
      let extents = tensors[conv.kernel].shape
      let image = LinearMap.constantImage(offset, operand)
      let full = LinearMap.convolve(image, operand, kernel, extents, conv.window, conv.groups)
      return LinearMap.collapsed(full, channels: extents[3])
    case .dense(let dense):
      let kernel = try tensors.floats(dense.kernel)
      return (LinearMap.multiply(offset, kernel, columns: tensors[dense.kernel].shape[1]), true)
    default: preconditionFailure("internal: '\(op.mnemonic)' is not a linear layer")
    }
  }
}
