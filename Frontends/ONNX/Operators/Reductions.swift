// Sums, means and extremes along axes: poolings whose window is all there is.

internal import Diagnostics
internal import SpikeIR

extension OperatorDefinition {

  /// The reductions.
  static let reductions: [OperatorDefinition] = [
    reduction("ReduceMean", .needsReals, axesOperandSince: 18) {
      (builder, call, value, axes) throws(Diagnostic) in
      try builder.reduced(value, axes, .average, for: call.site)
    },
    reduction("ReduceSum", axesOperandSince: 13) {
      (builder, call, value, axes) throws(Diagnostic) in
      try builder.summed(value, axes, for: call.site)
    },
    reduction("ReduceMax", axesOperandSince: 18) {
      (builder, call, value, axes) throws(Diagnostic) in
      try builder.reduced(value, axes, .maximum, for: call.site)
    },
    reduction("ReduceMin", axesOperandSince: 18) {
      (builder, call, value, axes) throws(Diagnostic) in
      let negative = try builder.scaled(value, by: -1, for: call.site, "negative")
      let largest = try builder.reduced(negative, axes, .maximum, for: call.site)
      return try builder.scaled(largest, by: -1, for: call.site, "positive")
    },
    reduction("ReduceL1", axesOperandSince: 18) {
      (builder, call, value, axes) throws(Diagnostic) in
      try builder.norm(of: value, 1, for: call.site) { (builder, value) throws(Diagnostic) in
        try builder.summed(value, axes, for: call.site)
      }
    },
    reduction("ReduceL2", .needsReals, axesOperandSince: 18) {
      (builder, call, value, axes) throws(Diagnostic) in
      try builder.norm(of: value, 2, for: call.site) { (builder, value) throws(Diagnostic) in
        try builder.summed(value, axes, for: call.site)
      }
    },
    OperatorDefinition(
      constant: "ReduceProd", operands: 2,
      fold: { (call) throws(Diagnostic) in try call.foldedProduct() }),
  ]

  private typealias Reduce =
    @Sendable (inout GraphBuilder, NodeCall, Value, [Int])
    throws(Diagnostic) -> Value

  private static func reduction(
    _ opType: String, _ traits: OperatorTraits = [], axesOperandSince version: Int,
    _ reduce: @escaping Reduce
  ) -> OperatorDefinition {
    OperatorDefinition(opType, operands: 2, "along constant axes, keepdims", traits) {
      (call, builder) throws(Diagnostic) in
      let value = try call.value(0, &builder)
      var axes = try call.normalized(
        axes: try call.axes(operand: 1, since: version) ?? [], rank: value.rank)
      let keepsAll = try call.flag("noop_with_empty_axes")
      if axes.isEmpty, !keepsAll { axes = Array(0..<value.rank) }
      var result = try reduce(&builder, call, value, axes)
      if try !call.flag("keepdims", default: true) {
        for axis in axes.sorted(by: >) { result.layout = result.layout.removing(axis: axis) }
      }
      return [.value(result)]
    }
  }
}

extension GraphBuilder {

  /// Adds the mean or the largest element along `axes`, which keep the extent 1.
  ///
  /// - Throws: `onnx.batch-axis` if samples are mixed.
  mutating func reduced(
    _ value: Value, _ axes: [Int], _ kind: Pool.Kind, for site: NodeSite
  ) throws(Diagnostic) -> Value {
    let layout = value.layout
    guard !axes.contains(where: { layout.axes[$0].contains(.batch) }) else {
      throw .mixesBatch(site)
    }
    let reduced = axes.flatMap { layout.positions(of: $0) }.sorted()
    let kept = layout.factors.indices.filter { !reduced.contains($0) }
    guard !reduced.isEmpty else { return value }
    let node = try node(
      of: value, dimensions: pooledDimensions(of: value, reduced, kept), for: site)
    let shape = graph[node].shape
    let window = Window(size: Pair(shape[0], shape[1]))
    let result = try add(.pool(Pool(kind, window: window)), [node], for: site)
    return Value(result, layout.keeping(kept))
  }

  /// The dimensions [height, width, channels] of an image all of whose pixels are reduced: those
  /// of the value's own image if it has such.
  private func pooledDimensions(
    of value: Value, _ reduced: [Int], _ kept: [Int]
  ) -> [[Int]] {
    let own = dimensions(of: value)
    if own.count == 3, own[0] + own[1] == reduced, own[2] == kept { return own }
    return [reduced, [], kept]
  }

  /// Adds the sum along `axes`, which keep the extent 1.
  mutating func summed(
    _ value: Value, _ axes: [Int], for site: NodeSite
  ) throws(Diagnostic) -> Value {
    let count = axes.reduce(1) { $0 * value.extents[$1] }
    let mean = try reduced(value, axes, .average, for: site)
    return count == 1 ? mean : try scaled(mean, by: Float(count), for: site, "sum")
  }
}
