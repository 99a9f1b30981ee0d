// The pass `equalize`: weights of like size in all channels, for targets with one scale a layer.

internal import Diagnostics
package import PluginAPI
internal import SpikeIR

extension Pass {

  /// Moves factors from channel to channel so that all channels of a layer have weights of like
  /// size.
  package static let equalize = Pass.ann(
    name: "equalize",
    summary: "give the channels of a layer weights of like size",
    details: """
      A rectifier f is positive-homogeneous: f(s·x) = s·f(x) for s > 0. So the weights that make
      a channel can be divided by s, bias included, if those that use it are multiplied by s. For
      each channel i between two layers, with r₁ the largest weight that makes it and r₂ the
      largest that uses it,
        s = √(r₁·r₂)/r₂
      makes both √(r₁·r₂). All pairs are visited until no factor differs from 1 by more than 1 %,
      at most 100 times. Between the layers may lie rectifiers without an upper limit, leaky and
      parametric ones, pooling, padding with 0, repetition and flattening; several layers may use
      the channel. A rectifier with a limit (ReLU6) ends a chain, which is said in a remark.
      Useful for `quantize{scales=tensor}`; where each channel has a scale of its own, only the
      proportions among the inputs of the next layer change.
      Before: conv2d {kernel: max |w| of channels 0.01, 3}  →  relu  →  conv2d {0.5, 0.5}
      After:  conv2d {kernel: max |w| of channels 0.07, 1.2}  →  relu  →  conv2d {0.07, 1.2}
      Outputs are equal up to rounding. Run it after 'fold-batchnorm' and before 'calibrate'.
      Source: Nagel et al. (2019), "Data-Free Quantization", equation 11.
      """
  ) { (graph, _, context) throws(CompileError) in
    let chains = EqualizationChain.all(in: graph)
    for name in chains.limited {
      context.sink.report(
        .remark(
          "equalize.limited",
          "the channels of '\(name)' are not equalized: its limit is one for all",
          at: .entity(name), notes: ["'quantize' with one scale a channel needs no equalization"]))
    }
    try liftingDiagnostic { () throws(Diagnostic) in
      var scales = try ChannelScales(chains.found, of: graph)
      scales.balance()
      try scales.apply(to: &graph)
    }
    context.count("pairs of layers", of: "equalize", by: chains.found.count)
  }
}

/// A layer, what lies behind it, and the layers that use its channels.
private struct EqualizationChain {

  /// The layer that makes the channels.
  var producer: NodeID
  /// The nodes in between; their thresholds scale along.
  var between: [NodeID] = []
  /// The layers that use the channels.
  var consumers: [NodeID] = []

  /// Returns the chains of `graph`, and the names of rectifiers with a limit that end others.
  static func all(in graph: ANNGraph) -> (found: [EqualizationChain], limited: [String]) {
    let users = graph.users()
    var (found, limited): ([EqualizationChain], [String]) = ([], [])
    for id in graph.ids where graph[id].op.isEqualizable {
      var chain = EqualizationChain(producer: id)
      switch chain.extend(behind: id, of: graph, users) {
      case .complete where !chain.consumers.isEmpty: found.append(chain)
      case .limited(let node) where !limited.contains(graph[node].name):
        limited.append(graph[node].name)
      case .complete, .limited, .open: break
      }
    }
    return (found, limited)
  }

  private enum Extent {
    case complete
    case limited(NodeID)
    case open
  }

  /// Follows the users of `id` to the layers that use its channels.
  private mutating func extend(
    behind id: NodeID, of graph: ANNGraph, _ users: [[NodeID]]
  ) -> Extent {
    if graph.outputs.contains(id) { return .open }
    let channels = graph[producer].shape.channels
    for user in users[id.index] {
      let node = graph[user]
      if node.op.isEqualizable {
        // A layer that uses a value twice, or that joins channels differently, is left alone.
        guard graph[id].shape.channels % channels == 0, !consumers.contains(user) else {
          return .open
        }
        consumers.append(user)
        continue
      }
      if case .activation(let function) = node.op, function.maximum != nil { return .limited(user) }
      guard node.op.isHomogeneous, node.shape.channels % channels == 0 else { return .open }
      between.append(user)
      let extent = extend(behind: user, of: graph, users)
      guard case .complete = extent else { return extent }
    }
    return .complete
  }
}

extension Op {

  /// `true` iff the operator has weights whose channels can be scaled.
  fileprivate var isEqualizable: Bool {
    switch self {
    case .conv2d, .dense: true
    default: false
    }
  }

  /// `true` iff the operator keeps channels apart and commutes with positive factors of them.
  fileprivate var isHomogeneous: Bool {
    switch self {
    case .activation(let f):
      (f.kind == .relu && f.threshold == 0 && f.maximum == nil) || f.kind == .absolute
    case .prelu, .pool, .reshape, .upsample: true
    case .pad(let pad): pad.value == 0
    default: false
    }
  }
}

/// The largest weights of layers, between each pair of channels, and the factors of channels.
private struct ChannelScales {

  /// A layer with the factors that its weights will get.
  private struct Layer {
    /// max |w| over taps, [inputs, outputs]; inputs are those of a group.
    var range: [Float]
    /// The number of inputs of an output.
    var inputs: Int
    /// The number of outputs.
    var outputs: Int
    /// The number of groups.
    var groups: Int
    /// The factor of each input channel.
    var inputFactors: [Float]
    /// The factor of each output channel.
    var outputFactors: [Float]

    /// Returns the input channel that reaches output `k` in row `c` of the kernel.
    func channel(_ c: Int, of k: Int) -> Int { k / (outputs / groups) * inputs + c }
  }

  private let chains: [EqualizationChain]
  private var layers: [NodeID: Layer] = [:]

  init(_ chains: [EqualizationChain], of graph: ANNGraph) throws(Diagnostic) {
    self.chains = chains
    for chain in chains {
      for id in [chain.producer] + chain.consumers where layers[id] == nil {
        layers[id] = try ChannelScales.layer(graph[id].op, graph.tensors)
      }
    }
  }

  private static func layer(_ op: Op, _ tensors: TensorStore) throws(Diagnostic) -> Layer? {
    guard let (kernel, groups) = op.kernel else { return nil }
    let (values, shape) = (try tensors.floats(kernel), tensors[kernel].shape)
    let (inputs, outputs) = (shape[shape.rank - 2], shape[shape.rank - 1])
    var range = [Float](repeating: 0, count: inputs * outputs)
    for (i, w) in values.enumerated() {
      range[i % range.count] = max(range[i % range.count], abs(w))
    }
    return Layer(
      range: range, inputs: inputs, outputs: outputs, groups: groups,
      inputFactors: [Float](repeating: 1, count: inputs * groups),
      outputFactors: [Float](repeating: 1, count: outputs))
  }

  /// Visits all chains until factors stay.
  mutating func balance() {
    for _ in 0..<100 {
      var largest: Float = 1
      for chain in chains { largest = max(largest, balance(chain)) }
      if largest < 1.01 { return }
    }
  }

  /// Equalizes the channels of one chain; returns how far the largest factor is from 1, above 1.
  private mutating func balance(_ chain: EqualizationChain) -> Float {
    guard var producer = layers[chain.producer] else { return 1 }
    var made = [Float](repeating: 0, count: producer.outputs)
    for (i, r) in producer.range.enumerated() {
      let (c, k) = i.quotientAndRemainder(dividingBy: producer.outputs)
      let factor = producer.inputFactors[producer.channel(c, of: k)] * producer.outputFactors[k]
      made[k] = max(made[k], r * factor)
    }
    var used = [Float](repeating: 0, count: producer.outputs)
    for id in chain.consumers {
      guard let layer = layers[id] else { continue }
      for (i, r) in layer.range.enumerated() {
        let (c, k) = i.quotientAndRemainder(dividingBy: layer.outputs)
        let channel = layer.channel(c, of: k)
        let own = channel % used.count
        used[own] = max(used[own], r * layer.inputFactors[channel] * layer.outputFactors[k])
      }
    }
    // s as in the equation; channels without weights on either side stay.
    let factors = zip(made, used).map { (a, b) -> Float in
      let s = (a / b).squareRoot()
      return s > 0 && s.isFinite ? s : 1
    }
    for k in factors.indices { producer.outputFactors[k] /= factors[k] }
    layers[chain.producer] = producer
    for id in chain.consumers {
      guard var layer = layers[id] else { continue }
      for c in layer.inputFactors.indices { layer.inputFactors[c] *= factors[c % factors.count] }
      layers[id] = layer
    }
    return factors.reduce(1) { max($0, $1, 1 / $1) }
  }

  /// Multiplies weights, biases and thresholds by their factors.
  func apply(to graph: inout ANNGraph) throws(Diagnostic) {
    for (id, layer) in layers.sorted(by: { $0.key < $1.key }) {
      try scale(id, layer, in: &graph)
    }
    for chain in chains {
      guard let factors = layers[chain.producer]?.outputFactors else { continue }
      for id in [chain.producer] + chain.between {
        guard let threshold = graph[id].threshold else { continue }
        let values = try graph.tensors.floats(threshold)
        let count = max(values.count, graph[id].shape.channels)
        let scaled = (0..<count).map { values[$0 % values.count] * factors[$0 % factors.count] }
        graph[id].threshold = graph.tensors.add(
          graph.tensors[threshold].name, shape: [count], floats: scaled)
      }
    }
    graph = graph.compacted()
  }

  private func scale(_ id: NodeID, _ layer: Layer, in graph: inout ANNGraph) throws(Diagnostic) {
    guard let (kernel, _) = graph[id].op.kernel else { return }
    var values = try graph.tensors.floats(kernel)
    for i in values.indices {
      let (row, k) = i.quotientAndRemainder(dividingBy: layer.outputs)
      let channel = layer.channel(row % layer.inputs, of: k)
      values[i] *= layer.inputFactors[channel] * layer.outputFactors[k]
    }
    let old = graph.tensors[kernel]
    let new = graph.tensors.add(old.name, shape: old.shape, floats: values)
    var newBias: TensorID?
    if let bias = graph[id].op.bias {
      var values = try graph.tensors.floats(bias)
      for i in values.indices { values[i] *= layer.outputFactors[i % layer.outputs] }
      let old = graph.tensors[bias]
      newBias = graph.tensors.add(old.name, shape: old.shape, floats: values)
    }
    graph[id].op = graph[id].op.replacing(kernel: new, bias: newBias)
  }
}

extension Op {

  /// The weights and the number of groups of a layer whose channels can be scaled.
  fileprivate var kernel: (id: TensorID, groups: Int)? {
    switch self {
    case .conv2d(let op): (op.kernel, op.groups)
    case .dense(let op): (op.kernel, 1)
    default: nil
    }
  }

  /// The bias of such a layer, if it has one.
  fileprivate var bias: TensorID? {
    switch self {
    case .conv2d(let op): op.bias
    case .dense(let op): op.bias
    default: nil
    }
  }

  /// Returns the layer with other weights.
  fileprivate func replacing(kernel: TensorID, bias: TensorID?) -> Op {
    switch self {
    case .conv2d(var op):
      (op.kernel, op.bias) = (kernel, bias)
      return .conv2d(op)
    case .dense(var op):
      (op.kernel, op.bias) = (kernel, bias)
      return .dense(op)
    default: return self
    }
  }
}
