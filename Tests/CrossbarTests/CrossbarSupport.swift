// Machines and networks for tests of layouts.

import HardwareTargets
import SpikeIR
import Testing

@testable import Crossbar

extension TargetDescription {

  /// A machine whose cores are arrays.
  static func arrays(
    rows: Int, columns: Int, count: Int = 1 << 20, mapping: String? = "signed-abstract",
    numbers: [String: Double] = [:], words: [String: String] = [:]
  ) -> TargetDescription {
    guard var result = TargetDescription.builtIn("brainscales2") else {
      preconditionFailure("a built-in target is not there")
    }
    result.id = "arrays"
    result.cores = [
      .array("array", rows, columns, count: count, mapping: mapping, numbers, words)
    ]
    return result
  }

  /// A machine with two classes of arrays.
  static func bimodal(small: Int, smallCount: Int, large: Int, largeCount: Int) -> TargetDescription
  {
    var result = arrays(rows: 1, columns: 1)
    result.cores = [
      .array("small", small, small, count: smallCount, mapping: nil, ["readTime": 1e-8], [:]),
      .array("large", large, large, count: largeCount, mapping: nil, ["readTime": 8e-8], [:]),
    ]
    return result
  }
}

extension CoreClass {

  static func array(
    _ name: String, _ rows: Int, _ columns: Int, count: Int, mapping: String?,
    _ numbers: [String: Double], _ words: [String: String]
  ) -> CoreClass {
    guard var core = TargetDescription.builtIn("brainscales2")?.cores.first else {
      preconditionFailure("a built-in target is not there")
    }
    core.name = name
    core.count = count
    core.analog = AnalogArray(
      rows: rows, columns: columns, mapping: mapping,
      numbers: numbers.mapValues { Quantity($0) }, words: words)
    return core
  }
}

/// A layer of a network that is named by its numbers only.
struct LayerSize {
  var name: String
  /// Filters, or units.
  var outputs: Int
  /// The extent of the kernel; 0 for a dense layer.
  var kernel = 0
  var stride = 1
  var padding = 0
  var groups = 1
  /// The extent of a pooling behind the layer, and its stride.
  var pool: (size: Int, stride: Int)?
}

/// Returns a network of the given layers, whose weights are not at hand.
func network(
  _ name: String, input: Shape, hasBias: Bool, _ layers: [LayerSize]
) throws -> ANNGraph {
  var graph = ANNGraph(name: name)
  var last = try graph.add("input", .input, shape: input)
  func elided(_ name: String, _ shape: Shape) -> TensorID {
    graph.tensors.add(
      Tensor(name, shape: shape, data: .elided(.float32, hash: SHA256Digest(of: []))))
  }
  for layer in layers {
    let operand = graph[last].shape
    let bias = hasBias ? elided("\(layer.name)/bias", [layer.outputs]) : nil
    if layer.kernel == 0 {
      if operand.rank > 1 { last = try graph.add("\(layer.name)/flat", .flatten, [last]) }
      let kernel = elided("\(layer.name)/kernel", [operand.count, layer.outputs])
      last = try graph.add(layer.name, .dense(Dense(kernel: kernel, bias: bias)), [last])
    } else {
      let k = layer.kernel
      let kernel = elided(
        "\(layer.name)/kernel", [k, k, operand.channels / layer.groups, layer.outputs])
      let p = layer.padding
      let window = Window(
        size: Pair(k, k), strides: Pair(layer.stride, layer.stride),
        padding: Padding(top: p, left: p, bottom: p, right: p))
      let op = Conv2D(kernel: kernel, bias: bias, window: window, groups: layer.groups)
      last = try graph.add(layer.name, .conv2d(op), [last])
    }
    if let pool = layer.pool {
      let window = Window(
        size: Pair(pool.size, pool.size), strides: Pair(pool.stride, pool.stride))
      last = try graph.add("\(layer.name)/pool", .pool(Pool(.maximum, window: window)), [last])
    }
  }
  graph.outputs = [last]
  return graph
}

/// LeNet-5 as Gokmen, Onen and Haensch (2017) have it.
func leNet() throws -> ANNGraph {
  try network(
    "lenet-5", input: [28, 28, 1], hasBias: true,
    [
      LayerSize(name: "k1", outputs: 16, kernel: 5, pool: (2, 2)),
      LayerSize(name: "k2", outputs: 32, kernel: 5, pool: (2, 2)),
      LayerSize(name: "w3", outputs: 128), LayerSize(name: "w4", outputs: 10),
    ])
}

/// AlexNet in a single tower, without biases.
func alexNet() throws -> ANNGraph {
  try network(
    "alexnet", input: [227, 227, 3], hasBias: false,
    [
      LayerSize(name: "conv1", outputs: 96, kernel: 11, stride: 4, pool: (3, 2)),
      LayerSize(name: "conv2", outputs: 256, kernel: 5, padding: 2, pool: (3, 2)),
      LayerSize(name: "conv3", outputs: 384, kernel: 3, padding: 1),
      LayerSize(name: "conv4", outputs: 384, kernel: 3, padding: 1),
      LayerSize(name: "conv5", outputs: 256, kernel: 3, padding: 1, pool: (3, 2)),
      LayerSize(name: "fc6", outputs: 4096), LayerSize(name: "fc7", outputs: 4096),
      LayerSize(name: "fc8", outputs: 1000),
    ])
}

/// A stack of pairs of a depthwise and a pointwise convolution.
func depthwiseNetwork(channels: [Int] = [16, 32, 64]) throws -> ANNGraph {
  var layers = [LayerSize(name: "stem", outputs: channels[0], kernel: 3, stride: 2, padding: 1)]
  for (i, count) in channels.enumerated() {
    let before = i == 0 ? channels[0] : channels[i - 1]
    layers.append(
      LayerSize(name: "depthwise\(i)", outputs: before, kernel: 3, padding: 1, groups: before))
    layers.append(LayerSize(name: "pointwise\(i)", outputs: count, kernel: 1))
  }
  layers.append(LayerSize(name: "classes", outputs: 10))
  return try network("depthwise", input: [28, 28, 1], hasBias: true, layers)
}
