// What becomes of each node of a graph of tensor operators when it is converted: the analysis
// that `calibrate` (which nodes need a threshold?) and `convert` share.

internal import Diagnostics
internal import SpikeIR

/// How a node's value is at hand in the spiking network.
enum SpikingForm: Hashable {
  /// One population says it, up to a positive factor a channel and an offset.
  case single
  /// A sum of what populations say.
  case linear
  /// A sum that only exists in the potentials of its users: the output of weights.
  case projected
  /// A function of what populations say that only the host computes, behind the readout.
  case readout
}

/// What stands for a node in the spiking network.
enum SpikingRole: Hashable {
  /// A population driven by an encoder.
  case source
  /// Integrate-and-fire neurons that are the node's rectifier, cut at a maximum if there is one.
  case rectifier(maximum: Float?)
  /// Leaky integrate-and-fire neurons.
  case leaky
  /// Neurons that say the activation interval by interval.
  case staircase(Activation)
  /// Integrate-and-fire neurons that only turn a sum into spikes.
  case quantizer(isSigned: Bool)
  /// Nothing of its own, or populations without thresholds.
  case other
}

/// The role and form of each node.
struct SpikingPlan {

  /// The forms, by node.
  private(set) var forms: [SpikingForm] = []

  /// The roles, by node.
  private(set) var roles: [SpikingRole] = []

  /// `true` for nodes whose value is never negative.
  let isNonNegative: [Bool]

  /// `true` for nodes whose elements a transposition moves from channel to channel, so that all of
  /// their channels need one unit.
  private(set) var isShuffled: [Bool] = []

  /// The nodes that have no spiking counterpart.
  private(set) var obstacles: [SpikingObstacle] = []

  /// Plans the conversion of `graph`.
  init(_ graph: ANNGraph) {
    let users = graph.users()
    isNonNegative = graph.nodesWithoutNegatives
    for id in graph.ids {
      let node = graph[id]
      var (form, role) = planned(id, node, graph, isReadout: graph.isReadout(id, users))
      if form == .projected || form == .linear {
        let need = users[id.index].map { graph[$0].op.operandForm }.min() ?? .projected
        if form.rank > need.rank {
          role = .quantizer(isSigned: !isNonNegative[id.index])
          form = .single
        }
      }
      forms.append(form)
      roles.append(role)
    }
    isShuffled = [Bool](repeating: false, count: graph.nodes.count)
    for id in graph.ids.reversed() {
      var moves = roles[id.index] == .other && isShuffled[id.index]
      if case .transpose(let op) = graph[id].op, op.order.last != op.order.count - 1 {
        moves = true
      }
      if moves { for input in graph[id].inputs { isShuffled[input.index] = true } }
    }
  }

  /// Returns the form and role of a node, before its users are asked.
  // size: table
  private mutating func planned(
    _ id: NodeID, _ node: Node, _ graph: ANNGraph, isReadout: Bool
  ) -> (SpikingForm, SpikingRole) {
    let operands = node.inputs.map { forms[$0.index] }
    let widest = operands.max() ?? .linear
    switch node.op {
    case .input: return (.single, .source)
    case .constant: return (.linear, .other)
    case .conv2d, .dense, .convTranspose2d: return (.projected, .other)
    case .pool(let pool):
      if pool.kind == .maximum { return (.single, .other) }
      if !pool.isEven(over: graph[node.inputs[0]].shape) {
        return (.single, .quantizer(isSigned: !isNonNegative[id.index]))
      }
      return (widest, .other)
    case .activation(let function):
      if let maximum = function.rectifierMaximum { return (.single, .rectifier(maximum: maximum)) }
      if isReadout, function.decoderFunction != nil { return (.readout, .other) }
      guard case .other(let reason) = function.course else {
        return (.single, .staircase(function))
      }
      obstacles.append(SpikingObstacle(node, because: reason))
    case .fakeQuantize:
      obstacles.append(
        SpikingObstacle(node, because: "run the pass 'relax-quantization' first"))
    case .softmax(let op):
      if isReadout, !op.isLogarithm { return (.readout, .other) }
      obstacles.append(
        SpikingObstacle(node, because: "spikes normalize nothing but the network's output"))
    case .softLIF: return (.single, .leaky)
    case .prelu:
      obstacles.append(SpikingObstacle(node, because: "run the pass 'expand-activations' first"))
    case .scale, .batchNorm:
      let isPositive = (try? graph.affine(node)?.factor.allSatisfy { $0 > 0 }) ?? false
      return (widest == .single && !isPositive ? .linear : widest, .other)
    case .elementwise(let op):
      if op.kind == .add, node.inputs.allSatisfy({ graph[$0].shape == node.shape }) {
        return (operands.count == 1 ? widest : max(widest, .linear), .other)
      }
      obstacles.append(SpikingObstacle(node, because: op.reason))
    case .pad(let op):
      if op.value.isFinite { return (.single, .other) }
      obstacles.append(
        SpikingObstacle(node, because: "it pads with \(op.value), which no spike says"))
    case .concat, .transpose, .slice, .upsample, .take: return (.single, .other)
    case .reshape: return (widest, .other)
    case .custom(let op):
      obstacles.append(SpikingObstacle(node, because: "'\(op.name)' is known to a plugin only"))
    }
    return (.single, .other)
  }
}

extension SpikingForm: Comparable {

  /// The distance from a single population.
  var rank: Int {
    switch self {
    case .single: 0
    case .linear: 1
    case .projected: 2
    case .readout: 3
    }
  }

  /// Returns whether `a` is nearer to a single population than `b`.
  static func < (a: SpikingForm, b: SpikingForm) -> Bool { a.rank < b.rank }
}

extension Op {

  /// The widest form in which the operator takes its operands.
  fileprivate var operandForm: SpikingForm {
    switch self {
    case .conv2d, .dense: .linear
    case .pool(let pool): pool.kind == .maximum ? .single : .linear
    case .convTranspose2d, .concat, .transpose, .pad, .slice, .upsample, .take: .single
    case .input, .constant, .batchNorm, .activation, .fakeQuantize, .prelu, .softLIF, .softmax,
      .scale, .elementwise, .reshape, .custom:
      .projected
    }
  }
}

extension Activation {

  /// The plain rectifier's maximum, `nil` inside if there is none; `nil` if the function is
  /// not a plain rectifier.
  var rectifierMaximum: Float?? {
    guard kind == .relu, alpha == 0, threshold == 0 else { return nil }
    return .some(maximum)
  }

  /// The function of a decoder that computes the activation, if there is one.
  var decoderFunction: Decoder.Function? {
    switch kind {
    case .sigmoid: .sigmoid
    case .tanh: .tanh
    default: nil
    }
  }
}

extension Elementwise {

  /// Why the combination does not become spikes.
  fileprivate var reason: String {
    switch kind {
    case .multiply, .divide: "a product of two values is not a sum of spikes"
    case .maximum, .minimum: "run the pass 'expand-activations' first"
    case .add, .subtract, .average:
      "run the pass 'simplify' first; operands of one shape are needed"
    }
  }
}

extension Pool {

  /// Returns whether each window's sum is divided by the same number.
  func isEven(over shape: Shape) -> Bool {
    guard kind == .average, !countsPadding else { return true }
    let counts = divisors(over: shape)
    return counts.allSatisfy { $0 == counts.first }
  }

  /// Returns the number of elements inside the image of each window, row by row.
  func divisors(over shape: Shape) -> [Int] {
    guard let out = try? window.outputExtents(height: shape[0], width: shape[1]) else { return [] }
    func inside(_ i: Int, _ stride: Int, _ dilation: Int, _ before: Int, _ taps: Int, _ n: Int)
      -> Int
    {
      (0..<taps).count { (0..<n).contains(i * stride + $0 * dilation - before) }
    }
    let rows = (0..<out.height).map {
      inside(
        $0, window.strides.height, window.dilations.height, window.padding.top,
        window.size.height, shape[0])
    }
    let columns = (0..<out.width).map {
      inside(
        $0, window.strides.width, window.dilations.width, window.padding.left,
        window.size.width, shape[1])
    }
    return rows.flatMap { row in columns.map { row * $0 } }
  }
}

extension ANNGraph {

  /// Returns whether node `id` is an output that nothing else uses.
  fileprivate func isReadout(_ id: NodeID, _ users: [[NodeID]]) -> Bool {
    outputs.contains(id) && users[id.index].isEmpty
  }

  /// Returns the coefficients of a scale or normalization as one or one a channel or element;
  /// `nil` for other operators.
  func affine(_ node: Node) throws(Diagnostic) -> (factor: [Float], offset: [Float])? {
    switch node.op {
    case .batchNorm(let norm): return try norm.affine(tensors, channels: node.shape.channels)
    case .scale(let scale):
      return (
        try expanded(scale.factor, default: 1, to: node.shape),
        try expanded(scale.offset, default: 0, to: node.shape)
      )
    default: return nil
    }
  }

  /// Returns tensor `id` broadcast to `shape`, or only its last dimension where that says all.
  private func expanded(
    _ id: TensorID?, default value: Float, to shape: Shape
  ) throws(Diagnostic) -> [Float] {
    guard let id else { return [value] }
    let (values, own) = (try tensors.floats(id), tensors[id].shape)
    if values.count == 1 || values.count == own.channels && own.channels == shape.channels {
      return values
    }
    var strides = [Int](repeating: 0, count: shape.rank)
    var step = 1
    for i in (0..<own.rank).reversed() {
      strides[i + shape.rank - own.rank] = own[i] == 1 ? 0 : step
      step *= own[i]
    }
    return (0..<shape.count).map { flat in
      var (rest, index) = (flat, 0)
      for i in (0..<shape.rank).reversed() {
        index += rest % shape[i] * strides[i]
        rest /= shape[i]
      }
      return values[index]
    }
  }
}

/// A node that has no spiking counterpart.
struct SpikingObstacle: Hashable, Sendable {

  /// The name of the node.
  let name: String

  /// Why spikes cannot say its value.
  let reason: String

  private let mnemonic: String

  /// Notes that `node` has no spiking counterpart.
  init(_ node: Node, because reason: String) {
    (name, mnemonic, self.reason) = (node.name, node.op.mnemonic, reason)
  }

  /// The error that a conversion reports.
  var diagnostic: Diagnostic {
    .error(
      "convert.unsupported-operator",
      "'\(mnemonic)' of node '\(name)' does not become spikes: \(reason)", at: .entity(name),
      notes: ["'spikec infer' still runs the network as it is"])
  }
}
