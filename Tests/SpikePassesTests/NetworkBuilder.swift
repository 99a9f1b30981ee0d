// Small networks of tensor operators with random weights, one for each structure that passes
// have to get right.

import Diagnostics
import SpikeIR
import TestSupport

/// A network under construction, with a repeatable source of weights.
struct NetworkBuilder {

  var graph = ANNGraph(name: "test")
  var random: SplitMix64

  init(seed: UInt64) {
    random = SplitMix64(seed: seed)
  }

  /// Returns a number between `low` and `high`.
  mutating func number(_ low: Float = -1, _ high: Float = 1) -> Float {
    Float.random(in: low..<high, using: &random)
  }

  /// Adds a tensor of random numbers.
  mutating func tensor(
    _ name: String, _ shape: Shape, _ low: Float = -1, _ high: Float = 1
  ) -> TensorID {
    let values = (0..<shape.count).map { _ in number(low, high) }
    return graph.tensors.add(name, shape: shape, floats: values)
  }

  mutating func input(_ shape: Shape) throws -> NodeID {
    try graph.add("input\(graph.nodes.count)", .input, shape: shape)
  }

  mutating func node(_ op: Op, _ inputs: NodeID...) throws -> NodeID {
    try graph.add("\(op.mnemonic)\(graph.nodes.count)", op, inputs)
  }

  mutating func conv(
    _ x: NodeID, _ channels: Int, size: Int = 3, stride: Int = 1, padding: Padding = .none,
    dilation: Int = 1, groups: Int = 1
  ) throws -> NodeID {
    let name = "conv\(graph.nodes.count)"
    let cin = graph[x].shape[2] / groups
    let bound = 1 / Float(size * size * cin).squareRoot()
    let kernel = tensor("\(name)/kernel", [size, size, cin, channels], -bound, bound)
    let bias = tensor("\(name)/bias", [channels], -0.2, 0.2)
    let window = Window(
      size: Pair(size, size), strides: Pair(stride, stride), dilations: Pair(dilation, dilation),
      padding: padding)
    return try graph.add(
      name, .conv2d(Conv2D(kernel: kernel, bias: bias, window: window, groups: groups)), [x])
  }

  mutating func dense(_ x: NodeID, _ units: Int) throws -> NodeID {
    let name = "dense\(graph.nodes.count)"
    let cin = graph[x].shape.channels
    let bound = 1.5 / Float(cin).squareRoot()
    let kernel = tensor("\(name)/kernel", [cin, units], -bound, bound)
    let bias = tensor("\(name)/bias", [units], -0.2, 0.2)
    return try graph.add(name, .dense(Dense(kernel: kernel, bias: bias)), [x])
  }

  mutating func relu(_ x: NodeID, maximum: Float? = nil, slope: Float = 0) throws -> NodeID {
    try node(.activation(Activation(.relu, alpha: slope, maximum: maximum)), x)
  }

  mutating func batchNorm(_ x: NodeID) throws -> NodeID {
    let c: Shape = [graph[x].shape.channels]
    let norm = BatchNorm(
      scale: tensor("gamma", c, -1.5, 1.5), offset: tensor("beta", c, -0.4, 0.4),
      mean: tensor("mean", c, -0.3, 0.3), variance: tensor("variance", c, 0.2, 1.5),
      epsilon: 1e-3)
    return try node(.batchNorm(norm), x)
  }

  mutating func pool(
    _ kind: Pool.Kind, _ x: NodeID, size: Int = 2, stride: Int = 2, padding: Padding = .none,
    countsPadding: Bool = false
  ) throws -> NodeID {
    let window = Window(
      size: Pair(size, size), strides: Pair(stride, stride), padding: padding)
    return try node(.pool(Pool(kind, window: window, countsPadding: countsPadding)), x)
  }

  mutating func flatten(_ x: NodeID) throws -> NodeID {
    try node(.reshape(Reshape([graph[x].shape.count])), x)
  }

  mutating func combine(_ kind: Elementwise.Kind, _ x: NodeID, _ y: NodeID) throws -> NodeID {
    try node(.elementwise(Elementwise(kind)), x, y)
  }

  /// Ends the network with a dense layer of four outputs.
  mutating func classifier(_ x: NodeID) throws -> ANNGraph {
    let flat = try graph[x].shape.rank == 1 ? x : flatten(x)
    graph.outputs = [try dense(flat, 4)]
    return graph
  }
}

/// A structure that passes have to get right.
struct NetworkCase: CustomStringConvertible, Sendable {
  var description: String
  var build: @Sendable (inout NetworkBuilder) throws -> ANNGraph

  init(_ name: String, _ build: @escaping @Sendable (inout NetworkBuilder) throws -> ANNGraph) {
    description = name
    self.build = build
  }

  static let all = basic + arranged + curved

  /// Networks whose transpositions and shuffles disappear into weights.
  static let arranged: [NetworkCase] = [
    NetworkCase("a flattened image with the channels first") { b in
      let x = try b.relu(b.conv(b.input([6, 5, 2]), 4))
      let y = try b.flatten(b.node(.transpose(Transpose([2, 0, 1])), x))
      return try b.classifier(b.relu(b.dense(b.relu(y), 8)))
    },
    NetworkCase("a normalization between a flattened image and its weights") { b in
      let x = try b.pool(.maximum, b.relu(b.conv(b.input([6, 6, 2]), 4)))
      let y = try b.flatten(b.node(.transpose(Transpose([2, 1, 0])), x))
      return try b.classifier(b.batchNorm(y))
    },
    NetworkCase("shuffled channels") { b in
      let x = try b.relu(b.conv(b.input([5, 5, 2]), 6))
      let split = try b.node(.reshape(Reshape([3, 3, 2, 3])), x)
      let turned = try b.node(.transpose(Transpose([0, 1, 3, 2])), split)
      let y = try b.node(.reshape(Reshape([3, 3, 6])), turned)
      return try b.classifier(b.relu(b.conv(b.relu(b.conv(y, 6, size: 1)), 4, groups: 2)))
    },
    NetworkCase("shuffled channels before groups") { b in
      let x = try b.relu(b.conv(b.input([5, 5, 2]), 6))
      let first = try b.node(.transpose(Transpose([2, 0, 1])), x)
      let split = try b.node(.reshape(Reshape([2, 3, 3, 3])), first)
      let turned = try b.node(.transpose(Transpose([1, 0, 2, 3])), split)
      let joint = try b.node(.reshape(Reshape([6, 3, 3])), turned)
      let y = try b.node(.transpose(Transpose([1, 2, 0])), joint)
      return try b.classifier(b.relu(b.conv(y, 4, groups: 2)))
    },
    NetworkCase("branches that meet with the channels first") { b in
      let x = try b.input([6, 6, 3])
      let y = try b.node(.transpose(Transpose([2, 0, 1])), b.relu(b.conv(x, 4)))
      let z = try b.node(.transpose(Transpose([2, 0, 1])), b.relu(b.conv(x, 4)))
      let slope = b.tensor("f", [4, 1, 1], 0.5, 2)
      let sum = try b.node(
        .scale(Scale(factor: slope, offset: nil)), b.combine(.add, y, z))
      let joint = try b.node(.concat(Concat(axis: 0)), sum, y)
      let image = try b.node(.transpose(Transpose([1, 2, 0])), joint)
      return try b.classifier(b.relu(b.conv(image, 5)))
    },
  ]

  // size: table
  private static let basic: [NetworkCase] = [
    NetworkCase("two convolutions") { b in
      let x = try b.relu(b.conv(b.input([7, 9, 2]), 5, padding: Padding(top: 1, left: 1)))
      return try b.classifier(b.relu(b.conv(x, 6, stride: 2)))
    },
    NetworkCase("normalization before and after activations") { b in
      let one = Padding(top: 1, left: 1, bottom: 1, right: 1)
      var x = try b.relu(b.batchNorm(b.conv(b.input([6, 7, 2]), 5, padding: one)))
      x = try b.relu(b.conv(b.batchNorm(x), 6, padding: one))
      return try b.classifier(b.batchNorm(x))
    },
    NetworkCase("normalization first") { b in
      let x = try b.batchNorm(b.input([6, 6, 3]))
      return try b.classifier(b.relu(b.conv(x, 5, padding: Padding(top: 1, left: 2))))
    },
    NetworkCase("normalization that ends the network") { b in
      let x = try b.relu(b.dense(b.input([12]), 8))
      b.graph.outputs = [try b.batchNorm(b.dense(x, 4))]
      return b.graph
    },
    NetworkCase("normalization behind a pooling") { b in
      let x = try b.relu(b.conv(b.input([8, 8, 2]), 4))
      return try b.classifier(b.relu(b.conv(b.batchNorm(b.pool(.average, x)), 5)))
    },
    NetworkCase("maximum before the activation") { b in
      let x = try b.relu(b.pool(.maximum, b.conv(b.input([8, 8, 2]), 5)))
      return try b.classifier(b.relu(b.conv(x, 6)))
    },
    NetworkCase("maximum with overlap and padding") { b in
      let x = try b.relu(b.conv(b.input([7, 7, 2]), 5))
      let padding = Padding(top: 1, left: 0, bottom: 1, right: 1)
      return try b.classifier(b.pool(.maximum, x, size: 3, padding: padding))
    },
    NetworkCase("maximum of a normalized value with negative factors") { b in
      let x = try b.batchNorm(b.relu(b.conv(b.input([8, 8, 2]), 5)))
      return try b.classifier(b.relu(b.conv(b.pool(.maximum, x), 6)))
    },
    NetworkCase("maximum of a sum") { b in
      let x = try b.relu(b.conv(b.input([8, 8, 2]), 5))
      let y = try b.relu(b.conv(x, 5, padding: Padding(top: 1, left: 1, bottom: 1, right: 1)))
      return try b.classifier(b.pool(.maximum, b.combine(.add, x, y)))
    },
    NetworkCase("average in chains") { b in
      let x = try b.relu(b.conv(b.input([10, 10, 2]), 5))
      return try b.classifier(b.pool(.average, b.pool(.average, x)))
    },
    NetworkCase("average with cut windows") { b in
      let x = try b.relu(b.conv(b.input([7, 7, 2]), 5))
      let y = try b.pool(
        .average, x, size: 3, padding: Padding(top: 1, left: 0, bottom: 1, right: 1))
      return try b.classifier(b.relu(b.conv(y, 5, size: 2)))
    },
    NetworkCase("average that counts some of its padding") { b in
      let x = try b.relu(b.conv(b.input([7, 7, 2]), 5))
      let counted = try b.node(
        .pad(Pad(Padding(top: 1, left: 1, bottom: 1, right: 1))), x)
      return try b.classifier(
        b.pool(.average, counted, padding: Padding(bottom: 1, right: 1)))
    },
    NetworkCase("average that counts padding") { b in
      let x = try b.batchNorm(b.relu(b.conv(b.input([7, 7, 2]), 5)))
      let padding = Padding(top: 1, left: 1, bottom: 0, right: 0)
      return try b.classifier(b.pool(.average, x, padding: padding, countsPadding: true))
    },
    NetworkCase("residual addition") { b in
      let one = Padding(top: 1, left: 1, bottom: 1, right: 1)
      let x = try b.relu(b.conv(b.input([6, 6, 3]), 5, padding: one))
      let y = try b.batchNorm(b.conv(b.relu(b.conv(x, 5, padding: one)), 5, padding: one))
      return try b.classifier(b.relu(b.combine(.add, x, y)))
    },
    NetworkCase("residual addition with a projected shortcut") { b in
      let x = try b.relu(b.conv(b.input([7, 7, 3]), 5))
      let y = try b.conv(
        b.relu(b.conv(x, 6, padding: Padding(top: 1, left: 1, bottom: 1, right: 1))), 6)
      let z = try b.conv(x, 6)
      return try b.classifier(b.relu(b.combine(.add, y, z)))
    },
    NetworkCase("linear bottleneck") { b in
      let one = Padding(top: 1, left: 1, bottom: 1, right: 1)
      let x = try b.conv(b.relu(b.conv(b.input([6, 6, 3]), 8), maximum: 6), 4, size: 1)
      let y = try b.conv(b.relu(b.conv(x, 8, padding: one, groups: 4), maximum: 6), 4, size: 1)
      return try b.classifier(b.relu(b.conv(b.combine(.add, x, y), 6)))
    },
    NetworkCase("depthwise, grouped and dilated") { b in
      let x = try b.relu(b.conv(b.input([9, 9, 4]), 8, padding: Padding(top: 1), groups: 4))
      let y = try b.relu(b.conv(x, 6, dilation: 2, groups: 2), maximum: 1)
      return try b.classifier(b.relu(b.conv(y, 6, groups: 6)))
    },
    NetworkCase("concatenation of branches") { b in
      let x = try b.input([6, 6, 3])
      let y = try b.relu(b.conv(x, 3))
      let z = try b.relu(b.conv(x, 4))
      let joint = try b.node(.concat(Concat(axis: 2)), y, z)
      return try b.classifier(b.relu(b.conv(joint, 5)))
    },
    NetworkCase("concatenation of a sum and of maxima") { b in
      let x = try b.relu(b.conv(b.input([8, 8, 3]), 4))
      let y = try b.pool(.maximum, x)
      let z = try b.conv(x, 3, size: 2, stride: 2)
      return try b.classifier(b.node(.concat(Concat(axis: 2)), y, z))
    },
    NetworkCase("leaky and parametric rectifiers") { b in
      let x = try b.relu(b.conv(b.input([7, 7, 2]), 5), slope: 0.2)
      let y = try b.conv(x, 5)
      return try b.classifier(
        b.node(.prelu(PReLU(slope: b.tensor("slope", [1, 1, 5], 0, 0.5))), y))
    },
    NetworkCase("rectifiers by other names") { b in
      let x = try b.conv(b.input([7, 7, 2]), 4)
      let y = try b.node(.activation(Activation(.absolute)), x)
      let z = try b.node(.activation(Activation(.hardTanh)), b.conv(y, 4))
      let w = try b.node(
        .activation(Activation(.hardSigmoid, alpha: 0.2, beta: 0.5)), b.conv(z, 5, size: 2))
      return try b.classifier(b.node(.activation(Activation(.softShrink, alpha: 0.3)), w))
    },
    NetworkCase("maximum, minimum, difference and average of two values") { b in
      let x = try b.input([5, 5, 2])
      let y = try b.relu(b.conv(x, 4))
      let z = try b.relu(b.conv(x, 4))
      let upper = try b.combine(.maximum, y, z)
      let lower = try b.combine(.minimum, y, z)
      let mean = try b.combine(.average, b.combine(.subtract, upper, lower), y)
      return try b.classifier(b.relu(b.conv(mean, 5)))
    },
    NetworkCase("padding, cropping, repetition and permutation") { b in
      let x = try b.relu(b.conv(b.input([5, 6, 2]), 3))
      let padded = try b.node(
        .pad(Pad(Padding(top: 2, left: 1, bottom: 0, right: 1), value: 0.3)), x)
      let part = try b.node(
        .slice(Slice(starts: [1, 0, 0], ends: [5, 6, 3], steps: [1, 2, 1])), padded)
      let large = try b.node(.upsample(Upsample(Pair(2, 1))), part)
      let turned = try b.node(.transpose(Transpose([1, 0, 2])), large)
      return try b.classifier(b.relu(b.conv(turned, 4, size: 2)))
    },
    NetworkCase("padding of channels") { b in
      let x = try b.relu(b.conv(b.input([6, 6, 2]), 3))
      let half = try b.node(
        .slice(Slice(starts: [0, 0, 0], ends: [4, 4, 3], steps: [2, 2, 1])), x)
      let shortcut = try b.node(.pad(Pad(low: [0, 0, 1], high: [0, 0, 2])), half)
      let one = Padding(top: 1, left: 1, bottom: 1, right: 1)
      let y = try b.conv(x, 6, stride: 2, padding: one)
      return try b.classifier(b.relu(b.combine(.add, y, shortcut)))
    },
    NetworkCase("mirrored padding, interpolation and reversed channels") { b in
      let x = try b.relu(b.conv(b.input([5, 5, 2]), 3))
      let rows = try b.node(.take(Take(axis: 0, indices: [1, 0, 1, 2, 1])), x)
      let columns = try b.node(.take(Take(axis: 1, indices: [0, 0, 1, 2, 2])), rows)
      let y = try b.relu(b.conv(columns, 4))
      let turned = try b.node(.take(Take(axis: 2, indices: [3, 1, 0, 3])), y)
      return try b.classifier(turned)
    },
    NetworkCase("transpositions that nothing takes in") { b in
      let x = try b.node(.transpose(Transpose([1, 2, 0])), b.input([3, 6, 6]))
      let y = try b.relu(b.conv(x, 4))
      let turned = try b.node(.transpose(Transpose([2, 0, 1])), b.pool(.maximum, y))
      let upside = try b.node(.transpose(Transpose([2, 1, 0])), b.conv(x, 2))
      let z = try b.relu(b.conv(upside, 3, size: 2))
      b.graph.outputs = [try b.dense(b.flatten(turned), 3), try b.dense(b.flatten(z), 2)]
      return b.graph
    },
    NetworkCase("transposed convolution") { b in
      let x = try b.relu(b.conv(b.input([6, 6, 2]), 4))
      let kernel = b.tensor("up/kernel", [3, 2, 5, 4], -0.4, 0.4)
      let window = Window(
        size: Pair(3, 2), strides: Pair(2, 3),
        padding: Padding(top: 1, left: 0, bottom: 0, right: 1))
      let up = ConvTranspose2D(kernel: kernel, bias: b.tensor("up/bias", [5]), window: window)
      return try b.classifier(b.relu(b.node(.convTranspose2d(up), x)))
    },
    NetworkCase("sequences") { b in
      let x = try b.node(.reshape(Reshape([1, 12, 3])), b.input([12, 3]))
      let kernel = b.tensor("k", [1, 3, 3, 6], -0.5, 0.5)
      let window = Window(size: Pair(1, 3))
      let y = try b.node(.conv2d(Conv2D(kernel: kernel, window: window)), x)
      let z = try b.relu(b.node(.reshape(Reshape([10, 6])), y))
      let image = try b.node(.reshape(Reshape([1, 10, 6])), z)
      let pooled = try b.node(
        .pool(Pool(.maximum, window: Window(size: Pair(1, 2), strides: Pair(1, 2)))), image)
      return try b.classifier(pooled)
    },
    NetworkCase("dense layers on pixels, and on vectors made images") { b in
      let x = try b.relu(b.dense(b.input([4, 5, 3]), 6))
      let y = try b.relu(b.dense(b.flatten(x), 24))
      let image = try b.node(.reshape(Reshape([2, 3, 4])), y)
      return try b.classifier(b.relu(b.conv(image, 5, size: 2)))
    },
    NetworkCase("global average and scale by constants") { b in
      let x = try b.relu(b.conv(b.input([6, 6, 2]), 5))
      let pooled = try b.pool(.average, x, size: 4, stride: 4)
      let flat = try b.node(.reshape(Reshape([5])), pooled)
      let scale = Scale(factor: b.tensor("f", [5], 0.5, 2), offset: b.tensor("o", [1]))
      return try b.classifier(b.relu(b.dense(b.node(.scale(scale), flat), 9)))
    },
    NetworkCase("softmax at the end") { b in
      let x = try b.relu(b.dense(b.input([10]), 12))
      b.graph.outputs = [try b.node(.softmax(Softmax()), b.dense(x, 4))]
      return b.graph
    },
    NetworkCase("two outputs, one of them a rectifier") { b in
      let x = try b.relu(b.dense(b.input([10]), 12))
      let y = try b.relu(b.dense(x, 5))
      b.graph.outputs = [y, try b.node(.activation(Activation(.tanh)), b.dense(y, 3))]
      return b.graph
    },
    NetworkCase("the input joins what neurons say") { b in
      let x = try b.input([6, 6, 2])
      let y = try b.relu(b.conv(x, 4, size: 1))
      let joint = try b.node(.concat(Concat(axis: 2)), y, b.pool(.average, x, size: 1, stride: 1))
      return try b.classifier(b.relu(b.conv(joint, 5)))
    },
    NetworkCase("the input is added to what neurons say") { b in
      let x = try b.input([6, 6, 2])
      let y = try b.relu(b.conv(x, 2, size: 1))
      return try b.classifier(b.relu(b.conv(b.combine(.add, x, y), 5)))
    },
    NetworkCase("a rectifier of the input added to what weights say") { b in
      let x = try b.input([6, 6, 4])
      let one = Padding(top: 1, left: 1, bottom: 1, right: 1)
      let y = try b.conv(b.relu(b.conv(x, 5, padding: one)), 4, padding: one)
      return try b.classifier(b.relu(b.combine(.add, x, y)))
    },
    NetworkCase("the input itself is pooled, padded and joined") { b in
      let x = try b.input([6, 6, 2])
      let y = try b.pool(.maximum, x)
      let z = try b.pool(.average, x)
      return try b.classifier(b.relu(b.conv(b.node(.concat(Concat(axis: 2)), y, z), 5)))
    },
  ]
}
