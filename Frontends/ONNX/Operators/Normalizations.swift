// Batch normalization with the statistics of training, softmax, and operators that do nothing
// outside training.

internal import Diagnostics
internal import SpikeIR

extension OperatorDefinition {

  /// The normalizations, and what is left of training.
  static let normalizations: [OperatorDefinition] = [
    OperatorDefinition(
      "BatchNormalization", operands: 5, "with the statistics of training",
      [.changedInOpset7, .channelsFirst]
    ) {
      (call, builder) throws(Diagnostic) in [.value(try builder.batchNormalization(call))]
    },
    OperatorDefinition("Softmax", "along any axis; before opset 13 over all axes from one on") {
      (call, builder) throws(Diagnostic) in
      [.value(try builder.softmax(call, isLogarithm: false))]
    },
    OperatorDefinition("LogSoftmax", "along any axis; before opset 13 over all axes from one on") {
      (call, builder) throws(Diagnostic) in [.value(try builder.softmax(call, isLogarithm: true))]
    },
    OperatorDefinition(
      "Dropout", operands: 3, "does nothing outside training",
      [.takesGrid, .changedInOpset7, .keepsAxes]
    ) {
      (call, _) throws(Diagnostic) in
      if call.opset >= 12, try call.scalar(operand: 2, "training_mode") ?? 0 != 0 {
        throw .unsupportedUse(
          call.site, "is in training mode", advice: "export the model in evaluation mode")
      }
      return [try call.operand(0)]
    },
  ]
}

extension GraphBuilder {

  fileprivate mutating func batchNormalization(_ call: NodeCall) throws(Diagnostic) -> Value {
    let site = call.site
    let trains = try call.flag("training_mode")
    guard !trains else {
      throw .unsupportedUse(
        site, "is in training mode, expected the statistics of training",
        advice: "export the model in evaluation mode: model.eval()")
    }
    let isSpatial = try call.flag("spatial", default: true)
    guard isSpatial || call.opset >= 9 else {
      throw .unsupportedUse(site, "has spatial=0, expected statistics for each channel")
    }
    let input = try call.value(0, &self)
    guard input.rank >= 2 else {
      throw .badNode(site, "has an operand of the extents \(input.extents), expected channels")
    }
    guard !input.layout.axes[1].contains(.batch) else { throw .mixesBatch(site) }
    let channels = input.extents[1]
    let moved = try suffixing([1], of: input, for: site)
    func vector(_ index: Int, _ role: String) throws(Diagnostic) -> TensorID {
      try require(call.constant(index, role), channels, site, role)
    }
    let op = BatchNorm(
      scale: try vector(1, "scale"), offset: try vector(2, "offset"), mean: try vector(3, "mean"),
      variance: try vector(4, "variance"), epsilon: try call.float("epsilon", default: 1e-5))
    return Value(try add(.batchNorm(op), [moved.node], for: site), moved.layout)
  }

  /// Adds a vector of `count` constants to the tensors.
  private mutating func require(
    _ constant: ONNXTensor, _ count: Int, _ site: NodeSite, _ role: String
  ) throws(Diagnostic) -> TensorID {
    guard let id = try vector(constant, count: count, for: site, role) else {
      throw .badNode(site, "has no \(role)")
    }
    return id
  }

  /// Returns `value` with the elements of the given axes last in memory, in the axes' order, as the
  /// last dimension of its node; nothing moves if they are there already.
  mutating func suffixing(
    _ axes: [Int], of value: Value, for site: NodeSite
  ) throws(Diagnostic) -> Value {
    let layout = value.layout
    let last = axes.flatMap { layout.positions(of: $0) }
    let own = dimensions(of: value)
    // An image keeps its dimensions.
    if own.last == last { return value }
    let others = layout.factors.indices.filter { !last.contains($0) }
    let node = try node(of: value, dimensions: others.map { [$0] } + [last], for: site)
    return Value(node, layout.rearranged(others + last), grid: value.grid)
  }

  /// Adds a softmax.
  ///
  /// - Source: ONNX, `Softmax`: before version 13 of the operators, the value is a matrix whose rows
  ///   are all axes from `axis` on (default 1); since then the sum runs along `axis` alone
  ///   (default −1).
  fileprivate mutating func softmax(
    _ call: NodeCall, isLogarithm: Bool
  ) throws(Diagnostic) -> Value {
    let input = try call.value(0, &self)
    let first = try call.normalized(
      axis: try call.int("axis", default: call.opset < 13 ? 1 : -1), rank: input.rank)
    let axes = call.opset < 13 ? Array(first..<input.rank) : [first]
    guard !axes.contains(where: { input.layout.axes[$0].contains(.batch) }) else {
      throw .mixesBatch(call.site)
    }
    let moved = try suffixing(axes, of: input, for: call.site)
    let op = Softmax(isLogarithm: isLogarithm)
    return Value(try add(.softmax(op), [moved.node], for: call.site), moved.layout)
  }
}
