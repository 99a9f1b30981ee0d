// The network whose training on arrays was published, with weights to begin from.

package import Diagnostics
internal import Kernels
package import SpikeIR

extension ANNGraph {

  /// Returns a network like LeNet-5 for images of 28 × 28, whose arrays are 26 × 16, 401 × 32,
  /// 513 × 128 and 129 × 10, with 576, 64, 1 and 1 vectors an image.
  ///
  /// Convolutions of 5 × 5, each before a maximum of 2 × 2 and a tanh (which, rising, could as well
  /// come first), then two dense layers. Layers are called conv1, conv2, dense3 and dense4. Kernels
  /// begin uniform within ±√(6 / (terms + terms of the transpose)), offsets at 0.
  ///
  /// - Parameters:
  ///   - classes: the number of outputs.
  ///   - seed: where the kernels' random numbers start.
  /// - Returns: the network.
  /// - Throws: nothing that the shapes here could cause.
  /// - Source: Gokmen, Onen and Haensch (2017), section "Results"; weights: Glorot and Bengio (2010),
  ///   equation 16.
  package static func leNet(classes: Int = 10, seed: UInt64) throws(Diagnostic) -> ANNGraph {
    var graph = ANNGraph(name: "lenet")
    var last = try graph.add("image", .input, shape: [28, 28, 1])
    for (number, channels) in [(1, 16), (2, 32)] {
      let kernel = graph.glorot(
        "conv\(number)", [5, 5, graph[last].shape.channels, channels], seed)
      let bias = graph.zeros("conv\(number)", channels)
      let conv = Conv2D(kernel: kernel, bias: bias, window: Window(size: Pair(5, 5)))
      last = try graph.add("conv\(number)", .conv2d(conv), [last])
      let window = Window(size: Pair(2, 2), strides: Pair(2, 2))
      last = try graph.add("pool\(number)", .pool(Pool(.maximum, window: window)), [last])
      last = try graph.add("tanh\(number)", .activation(Activation(.tanh)), [last])
    }
    last = try graph.add("flat", .reshape(Reshape([graph[last].shape.count])), [last])
    for (number, units) in [(3, 128), (4, classes)] {
      let kernel = graph.glorot("dense\(number)", [graph[last].shape.count, units], seed)
      let dense = Dense(kernel: kernel, bias: graph.zeros("dense\(number)", units))
      last = try graph.add("dense\(number)", .dense(dense), [last])
      if number == 3 {
        last = try graph.add("tanh3", .activation(Activation(.tanh)), [last])
      }
    }
    graph.outputs = [try graph.add("classes", .softmax(Softmax()), [last])]
    return graph
  }

  /// Gives all kernels new random weights, and sets all offsets of layers with kernels to 0.
  ///
  /// - Parameter seed: where the random numbers start.
  package mutating func forget(seed: UInt64) {
    for id in ids {
      switch self[id].op {
      case .conv2d(let conv):
        let shape = tensors[conv.kernel].shape
        let reached = shape[0] * shape[1] * max(1, shape[3] / conv.groups)
        forget(self[id].name, conv.kernel, conv.bias, fanOut: reached, seed)
      case .dense(let dense):
        let reached = tensors[dense.kernel].shape[1]
        forget(self[id].name, dense.kernel, dense.bias, fanOut: reached, seed)
      default: break
      }
    }
  }

  private mutating func forget(
    _ name: String, _ kernel: TensorID, _ bias: TensorID?, fanOut: Int, _ seed: UInt64
  ) {
    let shape = tensors[kernel].shape
    tensors[kernel].data = .float32(glorotNumbers(name, shape, fanOut: fanOut, seed))
    guard let bias else { return }
    let count = tensors[bias].shape.count
    tensors[bias].data = .float32([Float](repeating: 0, count: count))
  }

  private mutating func glorot(_ name: String, _ shape: Shape, _ seed: UInt64) -> TensorID {
    let fanOut = shape.rank == 4 ? shape[0] * shape[1] * shape[3] : shape[1]
    return tensors.add(
      "\(name)/kernel", shape: shape, floats: glorotNumbers(name, shape, fanOut: fanOut, seed))
  }

  private mutating func zeros(_ name: String, _ count: Int) -> TensorID {
    tensors.add("\(name)/bias", shape: [count], floats: [Float](repeating: 0, count: count))
  }
}

/// Returns the random weights of the layer `name`.
private func glorotNumbers(
  _ name: String, _ shape: Shape, fanOut: Int, _ seed: UInt64
) -> [Float] {
  let fanIn = shape.count / max(1, shape.extents.last ?? 1)
  let bound = (6 / Float(fanIn + fanOut)).squareRoot()
  // The layer's name is part of the seed, so that layers do not begin alike.
  let field = name.utf8.reduce(RandomField(seed, 0x474c_4f52)) { $0.field(UInt64($1)) }
  return (0..<shape.count).map { i in
    bound * (2 * Float(field.bits(at: i) >> 40) * 0x1p-24 - 1)
  }
}
