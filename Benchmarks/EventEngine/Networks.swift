// Synthetic networks of the shape of real ones: random weights, thresholds at the 99th percentile
// of what arrives, so that activity is that of a calibrated network.

import SpikeIR
import TestSupport

/// Builds a feed-forward quantized graph layer by layer and keeps the rates it would have.
struct Chain {

  private(set) var graph: SpikingGraph
  private let code: SpikeCode
  private var random: SplitMix64
  private var last: PopulationID
  /// The fraction of its largest value that each neuron of the last population says.
  private var rates: [Float]
  /// The largest units of the last population, in a tick under `rate`, in a window otherwise.
  private var most: Float

  /// Begins with an image of the given shape.
  init(name: String, code: SpikeCode, input: Shape, seed: UInt64) {
    graph = SpikingGraph(name: name)
    self.code = code
    random = SplitMix64(seed: seed)
    let quantum = graph.tensors.add("quantum", shape: [1], floats: [1.0 / 255])
    last = graph.populations.append(
      Population(name: "image", shape: input, code: code, model: .source, quantum: quantum))
    graph.encoders.append(Encoder(population: last, levels: 255))
    rates = chainImage(input, &random)
    most = 255
  }

  /// Appends a population that fires, or the readout.
  mutating func layer(
    _ name: String, shape: Shape, kind: ProjectionKind, weights: [Int8],
    taps: (Int) -> [(Int, Int)],
    reads: Bool = false
  ) {
    let outputs = shape.count
    var sums = [Float](repeating: 0, count: outputs)
    for n in 0..<outputs {
      for (source, weight) in taps(n) { sums[n] += rates[source] * Float(weights[weight]) * most }
    }
    let positive = sums.filter { $0 > 0 }.sorted()
    let top = max(
      1, positive.isEmpty ? 1 : positive[min(positive.count - 1, positive.count * 99 / 100)])
    let levels = code.isRate ? 1 : Float(code.levels)
    let threshold = max(1, Int32(top / levels))
    var model = NeuronModel.integrator
    if !reads {
      let tensor = graph.tensors.add(
        Tensor(
          name + "/threshold", shape: [shape.channels],
          data: .int32([Int32](repeating: threshold, count: shape.channels))))
      model = .integrateAndFire(IntegrateAndFire(threshold: tensor))
    }
    let quantum = reads ? nil : graph.tensors.add("unit", shape: [1], floats: [1])
    let id = graph.populations.append(
      Population(name: name, shape: shape, code: code, model: model, quantum: quantum))
    graph.projections.append(Projection(name: name, source: last, target: id, kind: kind))
    if reads { graph.decoders.append(Decoder(population: id)) }
    rates = sums.map { max(0, min(1, $0 / top)) }
    most = levels
    last = id
  }

  /// Appends a 3×3 convolution with "same" padding.
  mutating func convolution(_ name: String, channels k: Int) {
    let shape = graph[last].shape
    let (h, w, c) = (shape[0], shape[1], shape[2])
    let weights = gaussians(9 * c * k)
    let tensor = graph.tensors.add(Tensor(name, shape: [3, 3, c, k], data: .int8(weights)))
    let window = Window(
      size: Pair(3, 3), padding: Padding(top: 1, left: 1, bottom: 1, right: 1))
    layer(
      name, shape: [h, w, k], kind: .conv(ConvProjection(weights: tensor, window: window)),
      weights: weights
    ) { n in
      let (y, x, o) = (n / k / w, n / k % w, n % k)
      var taps: [(Int, Int)] = []
      for i in 0..<9 {
        let (sy, sx) = (y + i / 3 - 1, x + i % 3 - 1)
        guard 0..<h ~= sy, 0..<w ~= sx else { continue }
        for j in 0..<c { taps.append(((sy * w + sx) * c + j, (i * c + j) * k + o)) }
      }
      return taps
    }
  }

  /// Appends a dense layer.
  mutating func dense(_ name: String, count: Int, reads: Bool) {
    let inputs = graph[last].shape.count
    let weights = gaussians(inputs * count)
    let tensor = graph.tensors.add(Tensor(name, shape: [inputs, count], data: .int8(weights)))
    layer(
      name, shape: [count], kind: .dense(DenseProjection(weights: tensor)), weights: weights,
      taps: { n in (0..<inputs).map { ($0, $0 * count + n) } }, reads: reads)
  }

  /// Appends a pooling over 2×2 neurons that adds up.
  mutating func pool(_ name: String) {
    let shape = graph[last].shape
    let (h, w, c) = (shape[0] / 2, shape[1] / 2, shape[2])
    let quantum = graph.tensors.add("unit", shape: [1], floats: [1])
    let id = graph.populations.append(
      Population(name: name, shape: [h, w, c], code: code, model: .relay, quantum: quantum))
    let window = Window(size: Pair(2, 2), strides: Pair(2, 2))
    graph.projections.append(
      Projection(name: name, source: last, target: id, kind: .pool(PoolProjection(window: window))))
    rates = (0..<h * w * c).map { n in
      let (y, x, o) = (n / c / w, n / c % w, n % c)
      var sum: Float = 0
      for i in 0..<4 { sum += rates[((2 * y + i / 2) * shape[1] + 2 * x + i % 2) * c + o] }
      return sum / 4
    }
    most *= 4
    last = id
  }

  /// Returns weights whose standard deviation is 32, a little above 0 so that half of the neurons
  /// are excited.
  private mutating func gaussians(_ count: Int) -> [Int8] {
    (0..<count).map { _ in
      var sum: Float = 0
      for _ in 0..<12 { sum += random.float(0...1) }
      return Int8(max(-127, min(127, (sum - 6) * 32)))
    }
  }
}

/// Returns a smooth random image between 0 and 1, half of it dark.
func chainImage(_ shape: Shape, _ random: inout SplitMix64) -> [Float] {
  let (h, w) = (shape[0], shape[1])
  let (cy, cx) = (random.float(0.3...0.7) * Float(h), random.float(0.3...0.7) * Float(w))
  return (0..<shape.count).map { n in
    let (y, x) = (Float(n / shape.channels / w), Float(n / shape.channels % w))
    let r = ((y - cy) * (y - cy) + (x - cx) * (x - cx)).squareRoot() / Float(h)
    return max(0, min(1, 1.2 - 3 * r + random.float(-0.15...0.15)))
  }
}

/// Returns the network of four convolutions, three average pools and a dense readout: 9.15 million
/// products a pass.
func fashionNetwork(_ code: SpikeCode) -> SpikingGraph {
  var chain = Chain(name: "cnn4", code: code, input: [28, 28, 1], seed: 7)
  chain.convolution("conv1", channels: 16)
  chain.convolution("conv2", channels: 32)
  chain.pool("pool2")
  chain.convolution("conv3", channels: 64)
  chain.pool("pool3")
  chain.convolution("conv4", channels: 64)
  chain.pool("pool4")
  chain.dense("logits", count: 10, reads: true)
  return chain.graph
}
