// Networks for tests and measurements of partition and placement, of the sizes that people compile.

package import SpikeIR

/// Builds networks of integrate-and-fire neurons layer by layer, with random weights.
package struct LayeredNetwork {

  /// The network so far.
  package private(set) var graph: SpikingGraph

  /// The population that was added last.
  package private(set) var last: PopulationID

  private var random: SplitMix64
  private let timesteps: Int
  private let quantum: TensorID

  /// Begins with an input of constant currents, and neurons that turn them into spikes.
  package init(_ name: String, input: Shape, timesteps: Int = 16, seed: UInt64 = 1) {
    graph = SpikingGraph(name: name)
    random = SplitMix64(seed: seed)
    self.timesteps = timesteps
    quantum = graph.tensors.add("quantum", shape: [1], floats: [1 / 127])
    last = graph.populations.append(
      Population(
        name: "input", shape: input, code: .rate(timesteps: timesteps), model: .source,
        quantum: quantum))
    graph.encoders.append(Encoder(population: last, levels: 127))
    add("spikes", input, .identity(IdentityProjection()))
  }

  /// Adds neurons that listen to the last ones.
  @discardableResult
  package mutating func add(
    _ name: String, _ shape: Shape, _ kind: ProjectionKind, model: NeuronModel? = nil,
    from source: PopulationID? = nil
  ) -> PopulationID {
    let id = graph.populations.append(
      Population(
        name: name, shape: shape, code: .rate(timesteps: timesteps),
        model: model ?? integrateAndFire(channels: shape.channels),
        quantum: model == .integrator ? nil : quantum))
    graph.projections.append(
      Projection(name: "\(name)/in", source: source ?? last, target: id, kind: kind))
    last = id
    return id
  }

  /// Adds connections to the last neurons from others.
  package mutating func connect(_ source: PopulationID, _ kind: ProjectionKind) {
    graph.projections.append(
      Projection(name: "\(source)-\(last)", source: source, target: last, kind: kind))
  }

  /// Adds a convolution that keeps the image's size, divided by the stride.
  @discardableResult
  package mutating func addConv(
    _ name: String, _ channels: Int, kernel: Int, stride: Int = 1, groups: Int = 1
  ) -> PopulationID {
    let source = graph[last].shape
    let (height, width) = ((source[0] + stride - 1) / stride, (source[1] + stride - 1) / stride)
    let total = max(0, (height - 1) * stride + kernel - source[0])
    let window = Window(
      size: Pair(kernel, kernel), strides: Pair(stride, stride),
      padding: Padding(
        top: total / 2, left: total / 2, bottom: total - total / 2, right: total - total / 2))
    let weights = weights([kernel, kernel, source[2] / groups, channels])
    return add(
      name, [height, width, channels],
      .conv(ConvProjection(weights: weights, window: window, groups: groups)))
  }

  /// Adds densely connected neurons.
  @discardableResult
  package mutating func addDense(_ name: String, _ count: Int, model: NeuronModel? = nil)
    -> PopulationID
  {
    let weights = weights([graph[last].shape.count, count])
    return add(name, [count], .dense(DenseProjection(weights: weights)), model: model)
  }

  /// Adds the sums of windows.
  @discardableResult
  package mutating func addPool(_ name: String, size: Int, model: NeuronModel? = nil)
    -> PopulationID
  {
    let source = graph[last].shape
    let window = Window(size: Pair(size, size), strides: Pair(size, size))
    return add(
      name, [source[0] / size, source[1] / size, source[2]],
      .pool(PoolProjection(window: window)), model: model)
  }

  /// Ends with neurons that are read.
  package mutating func end(classes: Int) -> SpikingGraph {
    addDense("logits", classes, model: .integrator)
    graph.decoders.append(Decoder(population: last))
    return graph
  }

  private mutating func integrateAndFire(channels: Int) -> NeuronModel {
    let threshold = Tensor(
      "threshold", shape: [channels], data: .int32([Int32](repeating: 512, count: channels)))
    return .integrateAndFire(IntegrateAndFire(threshold: graph.tensors.add(threshold)))
  }

  private mutating func weights(_ shape: Shape) -> TensorID {
    var values = [Int8](repeating: 0, count: shape.count)
    for i in values.indices {
      values[i] = Int8(truncatingIfNeeded: Int(random.next() >> 57) * 2 - 127)
    }
    return graph.tensors.add(Tensor("weights", shape: shape, data: .int8(values)))
  }
}

/// Returns a MobileNet of the given input and width: 4.2 million weights for the width 1 and 1,000
/// classes.
///
/// - Source: Howard et al. (2017), table 1.
package func mobileNet(side: Int = 128, width: Double = 1, classes: Int = 1000) -> SpikingGraph {
  func channels(_ count: Int) -> Int { max(8, Int(Double(count) * width) / 8 * 8) }
  var network = LayeredNetwork("mobilenet", input: [side, side, 3])
  network.addConv("conv1", channels(32), kernel: 3, stride: 2)
  var last = channels(32)
  let blocks = [
    (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1), (512, 1), (512, 1),
    (512, 1), (512, 1), (1024, 2), (1024, 1),
  ]
  for (i, (count, stride)) in blocks.enumerated() {
    network.addConv("depthwise\(i + 1)", last, kernel: 3, stride: stride, groups: last)
    network.addConv("pointwise\(i + 1)", channels(count), kernel: 1)
    last = channels(count)
  }
  network.addPool("average", size: network.graph[network.last].shape[0])
  return network.end(classes: classes)
}

/// Returns a plain convolutional network for small images.
package func plainNetwork(side: Int = 28, classes: Int = 10) -> SpikingGraph {
  var network = LayeredNetwork("plain", input: [side, side, 1])
  network.addConv("conv1", 16, kernel: 3)
  network.addConv("conv2", 32, kernel: 3, stride: 2)
  network.addConv("conv3", 32, kernel: 3)
  network.addConv("conv4", 64, kernel: 3, stride: 2)
  network.addDense("dense", 128)
  return network.end(classes: classes)
}

/// Returns a network of residual blocks.
package func residualNetwork(side: Int = 32, blocks: Int = 3, classes: Int = 10) -> SpikingGraph {
  var network = LayeredNetwork("residual", input: [side, side, 3])
  var channels = 16
  network.addConv("conv1", channels, kernel: 3)
  for block in 0..<blocks {
    if block > 0 {
      channels *= 2
      network.addConv("down\(block)", channels, kernel: 3, stride: 2)
    }
    let start = network.last
    network.addConv("a\(block)", channels, kernel: 3)
    network.addConv("b\(block)", channels, kernel: 3)
    network.connect(start, .identity(IdentityProjection()))
  }
  network.addPool("average", size: network.graph[network.last].shape[0])
  return network.end(classes: classes)
}

/// Returns a network of dense layers.
package func denseNetwork(_ widths: [Int] = [784, 1024, 512], classes: Int = 10) -> SpikingGraph {
  var network = LayeredNetwork("dense", input: [widths[0]])
  for (i, width) in widths.dropFirst().enumerated() { network.addDense("dense\(i + 1)", width) }
  return network.end(classes: classes)
}
