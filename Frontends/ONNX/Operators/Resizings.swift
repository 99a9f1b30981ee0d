// Enlargement and reduction by copying the nearest element.

internal import Diagnostics
internal import SpikeIR

extension OperatorDefinition {

  /// The resizings.
  static let resizings: [OperatorDefinition] = [
    OperatorDefinition(
      "Resize", operands: 4,
      "mode nearest, constant scales or sizes, coordinate modes but tf_crop_and_resize",
      [.takesExtents]
    ) {
      (call, builder) throws(Diagnostic) in [.value(try builder.resizedNearest(call))]
    },
    OperatorDefinition(
      "Upsample", operands: 2, "mode nearest, constant scales", [.changedInOpset7, .takesExtents]
    ) {
      (call, builder) throws(Diagnostic) in [.value(try builder.resizedNearest(call))]
    },
  ]
}

/// How positions of a result map to those of the operand.
///
/// - Source: ONNX, `Resize`: coordinate_transformation_mode and nearest_mode; tf_half_pixel_for_nn is
///   in version 11 alone, and what tf2onnx writes for Keras's UpSampling2D.
private struct NearestRule {
  var coordinates: String
  var rounding: String

  /// Creates the rule of a node; `Upsample` and the first `Resize` round scaled positions down.
  init(_ call: NodeCall) throws(Diagnostic) {
    let isOld = call.node.opType == "Upsample" || call.opset < 11
    coordinates =
      try isOld
      ? "asymmetric" : call.string("coordinate_transformation_mode") ?? "half_pixel"
    rounding = try isOld ? "floor" : call.string("nearest_mode") ?? "round_prefer_floor"
    let known = [
      "half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "tf_half_pixel_for_nn",
      "align_corners", "asymmetric",
    ]
    guard known.contains(coordinates) else {
      throw .unsupportedUse(
        call.site,
        "has the coordinate_transformation_mode '\(coordinates)', expected one of "
          + known.joined(separator: ", "))
    }
    guard ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"].contains(rounding) else {
      throw .badAttribute(
        call.site, "nearest_mode", found: "'\(rounding)'",
        expected: "round_prefer_floor, round_prefer_ceil, floor or ceil")
    }
  }

  /// Returns the operand's positions for an axis of `count` elements that becomes `result`.
  func positions(count: Int, result: Int, scale: Float) -> [Int] {
    (0..<result).map { i in
      let x = Float(i)
      let original: Float =
        switch coordinates {
        case "asymmetric": x / scale
        case "align_corners":
          result > 1 ? x * Float(count - 1) / Float(result - 1) : 0
        case "tf_half_pixel_for_nn": (x + 0.5) / scale
        case "pytorch_half_pixel": result > 1 ? (x + 0.5) / scale - 0.5 : 0
        case "half_pixel_symmetric":
          (x + 0.5) / scale - 0.5
            + Float(count) / 2 * (1 - Float(result) / (scale * Float(count)))
        default: (x + 0.5) / scale - 0.5
        }
      return min(max(rounded(original), 0), count - 1)
    }
  }

  private func rounded(_ x: Float) -> Int {
    switch rounding {
    case "floor": Int(x.rounded(.down))
    case "ceil": Int(x.rounded(.up))
    case "round_prefer_ceil": Int((x + 0.5).rounded(.down))
    default: Int((x - 0.5).rounded(.up))
    }
  }
}

/// What becomes of an axis.
private struct AxisResize {
  var axis: Int
  var scale: Float
  var result: Int
}

extension NodeCall {

  /// Returns what becomes of each axis of a value of the given extents.
  fileprivate func resizes(of extents: [Int]) throws(Diagnostic) -> [AxisResize] {
    var axes = Array(extents.indices)
    if opset >= 18, let given = try ints("axes") {
      axes = try normalized(axes: given, rank: extents.count)
    }
    let isOld = node.opType == "Upsample" || opset < 11
    let scales: [Float]? =
      if opset < 9, case .floats(let list) = node.attributes["scales"] { list } else {
        try floats(operand: isOld ? 1 : 2, "scales")
      }
    if let scales, !scales.isEmpty {
      guard scales.count == axes.count else {
        throw .badNode(
          site,
          "has \(scales.count) scales for a value of \(axes.count) axes \(extents), expected one "
            + "for each axis: batch and channels have the scale 1")
      }
      guard
        scales.allSatisfy({ $0 > 0 && $0 < Float(Window.limit) })
      else {
        throw .badNode(
          site, "has the scales \(scales), accepted are positive ones below \(Window.limit)")
      }
      return axes.indices.map { i in
        // In single precision, as exporters and runtimes compute it.
        let extent = (Float(extents[axes[i]]) * scales[i]).rounded(.down)
        return AxisResize(axis: axes[i], scale: scales[i], result: Int(extent))
      }
    }
    guard let sizes = try integers(operand: 3, "sizes", limit: axes.count),
      sizes.count == axes.count, sizes.allSatisfy({ 1...Window.limit ~= $0 })
    else { throw .badNode(site, "has neither scales nor sizes for its \(axes.count) axes") }
    return try fitting(sizes, axes, extents)
  }

  /// Returns the resizes to `sizes`, the aspect ratio kept if the node says so.
  private func fitting(
    _ sizes: [Int], _ axes: [Int], _ extents: [Int]
  ) throws(Diagnostic) -> [AxisResize] {
    let scales = axes.indices.map { Float(sizes[$0]) / Float(extents[axes[$0]]) }
    let policy = try string("keep_aspect_ratio_policy") ?? "stretch"
    var common: Float?
    if policy == "not_larger" { common = scales.min() }
    if policy == "not_smaller" { common = scales.max() }
    return axes.indices.map { i in
      let scale = common ?? scales[i]
      let size = common.map { Int((Float(extents[axes[i]]) * $0 + 0.5).rounded(.down)) }
      return AxisResize(axis: axes[i], scale: scale, result: size ?? sizes[i])
    }
  }
}

extension GraphBuilder {

  /// Adds a resizing by nearest elements: whole repetitions as an upsampling of the image, anything
  /// else as a selection of positions.
  fileprivate mutating func resizedNearest(_ call: NodeCall) throws(Diagnostic) -> Value {
    let site = call.site
    let mode = try call.string("mode") ?? "nearest"
    guard mode == "nearest" else {
      throw .unsupportedUse(site, "has the mode '\(mode)', expected nearest")
    }
    let value = try call.value(0, &self)
    let rule = try NearestRule(call)
    var selections: [(axis: Int, positions: [Int])] = []
    let resizes = try call.resizes(of: value.extents)
    for operand in 1..<4 {
      try call.checkSampleCounts(operand: operand, count: resizes.count) {
        value.layout.axes[resizes[$0].axis].contains(.batch)
      }
    }
    for resize in resizes {
      let extent = value.extents[resize.axis]
      guard resize.result >= 1 else {
        throw .badNode(site, "gives \(resize.result) positions along axis \(resize.axis)")
      }
      if value.layout.axes[resize.axis].contains(.batch) {
        guard resize.scale == 1 else { throw .mixesBatch(site) }
        continue
      }
      try list(positions: resize.result, for: site)
      let positions = rule.positions(
        count: extent, result: resize.result, scale: resize.scale)
      if positions != Array(0..<extent) { selections.append((resize.axis, positions)) }
    }
    if value.rank == 4, let image = try upsampled(value, selections, for: site) { return image }
    var result = value
    for (axis, positions) in selections {
      result = try taking(positions, along: axis, of: result, for: site, "axis\(axis)")
    }
    return result
  }

  /// Adds an upsampling if the positions repeat each row and column equally often.
  private mutating func upsampled(
    _ value: Value, _ selections: [(axis: Int, positions: [Int])], for site: NodeSite
  ) throws(Diagnostic) -> Value? {
    var factors = [1, 1]
    for (axis, positions) in selections {
      guard axis >= 2 else { return nil }
      let extent = value.extents[axis]
      let factor = positions.count / extent
      guard factor >= 1, positions == (0..<extent * factor).map({ $0 / factor }) else {
        return nil
      }
      factors[axis - 2] = factor
    }
    guard factors != [1, 1], value.layout.axes[0].allSatisfy({ $0 == .batch }) else { return nil }
    let image = try image(value, 2, for: site)
    let op = Upsample(Pair(factors[0], factors[1]))
    let node = try add(.upsample(op), [image], for: site)
    return imageValue(node, like: value)
  }
}
