// Layers with several operands, and the operations of the same names, which also take constants.

internal import Diagnostics
internal import JSONReading
internal import SpikeIR

extension LayerDefinition {

  /// The layers that combine operands.
  static let merges: [LayerDefinition] =
    [
      ("Add", Elementwise.Kind.add), ("Subtract", .subtract), ("Multiply", .multiply),
      ("Average", .average), ("Maximum", .maximum), ("Minimum", .minimum),
    ].map { className, kind in
      LayerDefinition(
        className, "of tensors of the same rank, or of a tensor and a constant",
        build: { (call, builder) throws(Diagnostic) in try builder.merge(call, kind) })
    } + [
      LayerDefinition(
        "Concatenate", "along any one dimension",
        build: { (call, builder) throws(Diagnostic) in try builder.concatenate(call) })
    ]
}

extension GraphBuilder {

  /// Returns the nodes of all operands in one layout.
  private mutating func operands(
    _ call: LayerCall
  ) throws(Diagnostic) -> (nodes: [NodeID], isChannelsFirst: Bool) {
    let isChannelsFirst = call.inputs.allSatisfy(\.isChannelsFirst)
    guard !isChannelsFirst else { return (call.inputs.map(\.node), true) }
    var nodes: [NodeID] = []
    for input in call.inputs { nodes.append(try plain(input, for: call)) }
    return (nodes, false)
  }

  /// Adds a combination of all arguments, element by element.
  mutating func merge(
    _ call: LayerCall, _ kind: Elementwise.Kind
  ) throws(Diagnostic) -> Value {
    guard call.arguments.count >= 2, kind.takesMany || call.arguments.count == 2 else {
      let expected = kind.takesMany ? "two or more" : "two"
      throw .badLayer(
        call.place, "has \(call.arguments.count) operands, expected \(expected)")
    }
    guard call.inputs.count == call.arguments.count else {
      return try mergeWithConstant(call, kind)
    }
    let (nodes, isChannelsFirst) = try operands(call)
    let ranks = Set(nodes.map { graph[$0].shape.rank })
    guard ranks.count == 1 else {
      let shapes = nodes.map { "\(graph[$0].shape)" }.joined(separator: " and ")
      throw .badLayer(call.place, "operands have the shapes \(shapes), expected the same rank")
    }
    return Value(
      node: try add(.elementwise(Elementwise(kind)), nodes, for: call),
      isChannelsFirst: isChannelsFirst)
  }

  /// Adds a combination of one tensor and one constant.
  private mutating func mergeWithConstant(
    _ call: LayerCall, _ kind: Elementwise.Kind
  ) throws(Diagnostic) -> Value {
    guard call.inputs.count == 1, call.arguments.count == 2,
      let (array, isLeft) = call.constantOperand
    else {
      throw .unsupportedOption(
        call.place, "combines several constants, expected one tensor and one constant")
    }
    let input = try plain(try call.onlyInput(), for: call)
    // A constant may have the batch as an extent of 1.
    var extents = array.extents
    while extents.count > graph[input].shape.rank, extents.first == 1 { extents.removeFirst() }
    let shape = extents.isEmpty ? Shape([1]) : Shape(extents)
    let floats = array.numbers.map { Float($0) }
    if kind == .divide, !isLeft, floats.contains(0) {
      throw .badLayer(call.place, "divides by a constant that is 0")
    }
    func scale(_ factor: [Float]?, _ offset: [Float]?, _ builder: inout GraphBuilder) -> Op {
      .scale(
        Scale(
          factor: factor.map { builder.constant(call, "factor", shape, $0) },
          offset: offset.map { builder.constant(call, "offset", shape, $0) }))
    }
    let op: Op
    switch (kind, isLeft) {
    case (.add, _): op = scale(nil, floats, &self)
    case (.multiply, _): op = scale(floats, nil, &self)
    case (.subtract, false): op = scale(nil, floats.map { -$0 }, &self)
    case (.subtract, true): op = scale(floats.map { _ in -1 }, floats, &self)
    case (.divide, false): op = scale(floats.map { 1 / $0 }, nil, &self)
    case (.average, _): op = scale(floats.map { _ in 0.5 }, floats.map { $0 / 2 }, &self)
    case (.divide, true):
      throw .unsupportedOption(call.place, "divides a constant by a tensor")
    case (.maximum, _), (.minimum, _):
      let value = constant(call, "constant", shape, floats)
      let other = try add(.constant(Constant(value)), [], for: call, "constant")
      return Value(node: try add(.elementwise(Elementwise(kind)), [input, other], for: call))
    }
    return Value(node: try add(op, [input], for: call))
  }

  /// Adds a concatenation of all operands.
  mutating func concatenate(_ call: LayerCall) throws(Diagnostic) -> Value {
    guard call.inputs.count >= 2 else {
      throw .badLayer(call.place, "has \(call.inputs.count) operands, expected two or more")
    }
    let axis = try call.config.axis(rank: kerasShape(call.inputs[0]).rank)
    let (nodes, isChannelsFirst) = try operands(call)
    // Keras's dimensions of such an image are channels, height, width.
    let dimension = isChannelsFirst ? [2, 0, 1][axis] : axis
    return Value(
      node: try add(.concat(Concat(axis: dimension)), nodes, for: call),
      isChannelsFirst: isChannelsFirst)
  }
}

extension LayerCall {

  /// The one constant among two arguments, and whether it comes first.
  fileprivate var constantOperand: (array: JSONArray, isLeft: Bool)? {
    for (i, argument) in arguments.enumerated() {
      if case .constant(let array) = argument { return (array, i == 0) }
    }
    return nil
  }
}

extension Elementwise.Kind {

  /// `true` iff more than two operands can be combined.
  fileprivate var takesMany: Bool {
    switch self {
    case .subtract, .divide: false
    case .add, .multiply, .average, .maximum, .minimum: true
    }
  }
}
