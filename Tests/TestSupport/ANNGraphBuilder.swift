// The state of the generator of random graphs of tensor operators, and the operators.

internal import SpikeIR

/// A builder of one random graph of tensor operators.
struct ANNGraphBuilder {

  /// Where numbers come from.
  var random: SplitMix64

  /// What the graph may contain.
  let options: ANNGraphOptions

  /// The graph so far.
  private var graph = ANNGraph(name: "random")

  /// Creates a builder.
  init(_ random: SplitMix64, _ options: ANNGraphOptions) {
    self.random = random
    self.options = options
  }

  /// Builds the graph.
  mutating func build() -> ANNGraph {
    for _ in 0..<(random.chance(0.25) ? 2 : 1) {
      add(
        .input, [],
        shape: random.chance(0.8)
          ? [random.int(2...7), random.int(2...7), random.int(1...4)]
          : random.chance(0.5) ? [random.int(1...9)] : [random.int(2...5), random.int(1...5)])
    }
    for _ in 0..<random.int(options.operators) {
      let operand = random.chance(0.7) ? NodeID(graph.nodes.count - 1) : random.pick(graph.ids)
      addOperator(on: operand)
    }
    graph.outputs = [NodeID(graph.nodes.count - 1)]
    if random.chance(0.3) { graph.outputs.append(random.pick(graph.ids)) }
    return graph
  }

  /// Adds a node; one that would be large or does not fit is left out.
  @discardableResult
  private mutating func add(_ op: Op, _ inputs: [NodeID], shape: Shape? = nil) -> Bool {
    var name = "\(op.mnemonic)\(graph.nodes.count)"
    if options.hasOddNames {
      name += random.pick(["", "/a b", "\"q\"", "\\", "\n\t\r", "é漢字🧠", "e\u{301}\u{200D}"])
    }
    var next = graph
    guard let id = try? next.add(name, op, inputs, shape: shape), next[id].shape.count <= 600 else {
      return false
    }
    graph = next
    if options.hasThresholds, random.chance(0.5) {
      let count = random.chance(0.5) ? 1 : graph[id].shape.channels
      graph[id].threshold = floats("threshold", [count], 0.01...10)
    }
    return true
  }

  private mutating func floats(
    _ name: String, _ shape: Shape, _ range: ClosedRange<Float> = -1...1
  ) -> TensorID {
    let values = (0..<shape.count).map { _ in
      range.contains(0) && random.chance(0.1) ? -0.0 : random.float(range)
    }
    return graph.tensors.add(name, shape: shape, floats: values)
  }

  private mutating func maybe(_ name: String, _ shape: Shape) -> TensorID? {
    random.chance(0.6) ? floats(name, shape) : nil
  }

  // MARK: Operators

  private mutating func addOperator(on operand: NodeID) {
    let shape = graph[operand].shape
    guard shape.rank == 3, random.chance(0.65) else {
      return addOperator(onAnything: operand, shape)
    }
    switch random.int(0...6) {
    case 0, 1: addConv(operand, shape)
    case 2: addConvTranspose(operand, shape)
    case 3, 4:
      let op = Pool(
        random.pick(Pool.Kind.allCases), window: window(), countsPadding: random.chance(0.3))
      add(.pool(op), [operand])
    case 5: add(.upsample(Upsample(Pair(random.int(1...2), random.int(1...3)))), [operand])
    default:
      add(.pad(Pad(padding(), value: random.pick([0, 1.5, -.infinity]))), [operand])
    }
  }

  // size: table
  private mutating func addOperator(onAnything operand: NodeID, _ shape: Shape) {
    let channels = shape.channels
    switch random.int(0...16) {
    case 0:
      let units = random.int(1...8)
      let kernel = floats("kernel", [channels, units])
      add(.dense(Dense(kernel: kernel, bias: maybe("bias", [units]))), [operand])
    case 1:
      let op = BatchNorm(
        scale: maybe("gamma", [channels]), offset: maybe("beta", [channels]),
        mean: floats("mean", [channels]), variance: floats("variance", [channels], 0...2),
        epsilon: random.pick([1e-3, 1e-5]))
      add(.batchNorm(op), [operand])
    case 2, 3: add(.activation(activation()), [operand])
    case 4: add(.prelu(PReLU(slope: floats("slope", part(of: shape)))), [operand])
    case 5: add(.softmax(Softmax(isLogarithm: random.chance(0.3))), [operand])
    case 6:
      let op = Scale(factor: maybe("factor", part(of: shape)), offset: maybe("offset", [1]))
      add(.scale(op), [operand])
    case 7: addElementwise(operand, shape)
    case 8: addConcat(operand, shape)
    case 9: add(.reshape(Reshape(random.pick([[shape.count], [1, 1, shape.count]]))), [operand])
    case 10:
      var order = Array(0..<shape.rank)
      order.shuffle(using: &random)
      add(.transpose(Transpose(order)), [operand])
    case 11: addSlice(operand, shape)
    case 12: addTake(operand, shape)
    case 14:
      let zero = random.pick([0, 0, 7])
      let op = FakeQuantize(
        scale: random.float(0.01...0.5), zeroPoint: zero, low: random.pick([0, -8]), high: 15)
      add(.fakeQuantize(op), [operand])
    case 15:
      let op = SoftLIF(
        gain: floats("gain", [channels], 0.5...20), offset: maybe("offset", [channels]),
        amplitude: floats("amplitude", [channels], 0.01...0.1),
        tauRC: random.pick([0.05, 0.02]), tauRef: random.pick([0, 0.001, 0.002]),
        gamma: random.pick([0, 0.02]))
      add(.softLIF(op), [operand])
    case 13:
      let pad = Pad(
        low: shape.extents.map { _ in random.int(0...1) },
        high: shape.extents.map { _ in random.int(0...1) },
        value: random.pick([0, 0, 1.5, -.infinity]))
      add(.pad(pad), [operand])
    default:
      if options.hasCustomOperators, random.chance(0.5) {
        addCustom(operand)
      } else {
        add(.constant(Constant(floats("constant", shape))), [])
      }
    }
  }

  private mutating func addConv(_ operand: NodeID, _ shape: Shape) {
    let window = window()
    let groups = random.pick((1...shape[2]).filter { shape[2].isMultiple(of: $0) })
    let outputs = groups * random.int(1...3)
    let kernel = floats(
      "kernel", [window.size.height, window.size.width, shape[2] / groups, outputs])
    let op = Conv2D(
      kernel: kernel, bias: maybe("bias", [outputs]), window: window, groups: groups)
    add(.conv2d(op), [operand])
  }

  private mutating func addConvTranspose(_ operand: NodeID, _ shape: Shape) {
    let window = window()
    let groups = random.pick((1...shape[2]).filter { shape[2].isMultiple(of: $0) })
    let outputs = random.int(1...3)
    let kernel = floats("kernel", [window.size.height, window.size.width, outputs, shape[2]])
    let op = ConvTranspose2D(
      kernel: kernel, bias: maybe("bias", [outputs * groups]), window: window,
      outputPadding: random.chance(0.7) ? Pair(0, 0) : Pair(1, 0), groups: groups)
    add(.convTranspose2d(op), [operand])
  }

  private mutating func activation() -> Activation {
    let kind = random.pick(Activation.Kind.allCases)
    guard random.chance(0.6) else { return Activation(kind, alpha: kind == .celu ? 1 : 0) }
    return Activation(
      kind, alpha: random.float(0.1...2), beta: random.pick([0, 0.5]),
      maximum: random.chance(0.5) ? 6 : nil, threshold: random.pick([0, 0.25, 1e-9]))
  }

  private mutating func addElementwise(_ operand: NodeID, _ shape: Shape) {
    let kind = random.pick(Elementwise.Kind.allCases)
    let others = graph.ids.filter { Shape.broadcast(graph[$0].shape, shape) != nil }
    var inputs = [operand, random.pick(others)]
    if kind != .subtract, kind != .divide, random.chance(0.3) { inputs.append(operand) }
    add(.elementwise(Elementwise(kind)), inputs)
  }

  private mutating func addConcat(_ operand: NodeID, _ shape: Shape) {
    let axis = random.int(0...shape.rank - 1)
    let others = graph.ids.filter { id in
      var other = graph[id].shape
      guard other.rank == shape.rank else { return false }
      other[axis] = shape[axis]
      return other == shape
    }
    add(.concat(Concat(axis: axis)), [operand, random.pick(others)])
  }

  private mutating func addSlice(_ operand: NodeID, _ shape: Shape) {
    let starts = shape.extents.map { random.int(0...$0 - 1) }
    let ends = zip(starts, shape.extents).map { random.int(($0 + 1)...$1) }
    let steps = random.chance(0.5) ? nil : shape.extents.map { _ in random.int(1...2) }
    add(.slice(Slice(starts: starts, ends: ends, steps: steps)), [operand])
  }

  private mutating func addTake(_ operand: NodeID, _ shape: Shape) {
    let axis = random.int(0...shape.rank - 1)
    let indices = (0..<random.int(1...6)).map { _ in random.int(0...shape[axis] - 1) }
    add(.take(Take(axis: axis, indices: indices)), [operand])
  }

  private mutating func addCustom(_ operand: NodeID) {
    let parameters: [Attribute] = [
      Attribute(name: "count", value: .integer(random.int(-9...9))),
      Attribute(name: "ratio", value: .number(random.pick([0.1, -1e-30, 3e38, 1]))),
      Attribute(name: "mode", value: .word(random.pick(["fast", "a b", "inf", "true", ""]))),
      Attribute(name: "odd name", value: .text("a\"b\\c\n{}")),
      Attribute(name: "list", value: .integers(random.pick([[], [1], [-1, 2]]))),
      Attribute(name: "numbers", value: .numbers(random.pick([[], [1], [0.5, 2]]))),
      Attribute(name: "table", value: .tensor(floats("table", [2]))),
      Attribute(name: "name", value: .integer(1)),
    ]
    add(.custom(CustomOp("test.op", shape: [2, 3], parameters: parameters)), [operand, operand])
  }

  // MARK: Parts

  /// Returns a shape that broadcasts to `shape`.
  private mutating func part(of shape: Shape) -> Shape {
    var result = Shape(Array(shape.extents.suffix(random.int(1...shape.rank))))
    for i in result.extents.indices where random.chance(0.3) { result[i] = 1 }
    return result
  }

  private mutating func padding() -> Padding {
    Padding(
      top: random.int(0...2), left: random.int(0...2), bottom: random.int(0...2),
      right: random.int(0...1))
  }

  private mutating func window() -> Window {
    Window(
      size: Pair(random.int(1...3), random.int(1...3)),
      strides: random.chance(0.5) ? Pair(1, 1) : Pair(random.int(1...3), random.int(1...2)),
      dilations: random.chance(0.8) ? Pair(1, 1) : Pair(2, 1),
      padding: random.chance(0.5) ? .none : padding())
  }
}
