// Values that are quantized with a scale for each position along an axis, and constants that are
// quantized at import.

internal import Diagnostics
internal import SpikeIR

/// Scales and zero points along an axis.
private struct AxisGrid {
  var scales: ONNXTensor
  var zeros: ONNXTensor
  var type: ONNXElementType
  var range: ClosedRange<Int>
}

extension NodeCall {

  /// Returns whether there is more than one scale.
  func isPerAxis() throws(Diagnostic) -> Bool {
    try constant(1, "scales").count > 1
  }

  /// Returns scales and zero points with extents that broadcast against a value.
  fileprivate func axisGrid(for value: Value) throws(Diagnostic) -> AxisGrid {
    let axis = try normalized(axis: try int("axis", default: 1), rank: value.rank)
    let scales = try floats(operand: 1, "scales") ?? []
    let point = try optionalConstant(2, "zero points")
    let zeros = try integers(operand: 2, "zero points") ?? scales.map { _ in 0 }
    guard scales.count == value.extents[axis], zeros.count == scales.count,
      scales.allSatisfy({ $0 > 0 && $0.isFinite })
    else {
      throw .badNode(
        site,
        "has \(scales.count) scales and \(zeros.count) zero points for "
          + "\(value.extents[axis]) positions, expected positive numbers")
    }
    let type = point?.type ?? .uint8
    guard let range = type.range else {
      throw .unsupportedUse(site, "quantizes to floating point, expected integers")
    }
    var extents = value.extents.map { _ in 1 }
    extents[axis] = scales.count
    return AxisGrid(
      scales: result(scales.map { Double($0) }, extents, type: .float),
      zeros: result(zeros.map { Double($0) }, extents, type: .int64), type: type, range: range)
  }

  /// Returns the integers of a constant.
  ///
  /// - Source: ONNX, `QuantizeLinear`: halves are rounded to even, results saturate.
  func foldedQuantization() throws(Diagnostic) -> ONNXTensor {
    let constant = try constant(0, "data")
    let scales = try floats(operand: 1, "scales") ?? []
    let zeros = try integers(operand: 2, "zero points") ?? scales.map { _ in 0 }
    let type = try optionalConstant(2, "zero points")?.type ?? .uint8
    guard let range = type.range, !scales.isEmpty, zeros.count == scales.count else {
      throw .unsupportedUse(site, "quantizes a constant to floating point, expected integers")
    }
    var inner = max(1, constant.count)
    if scales.count > 1 {
      let axis = try normalized(axis: try int("axis", default: 1), rank: constant.extents.count)
      guard scales.count == constant.extents[axis] else {
        throw .badNode(
          site, "has \(scales.count) scales for \(constant.extents[axis]) positions")
      }
      inner = constant.extents[(axis + 1)...].reduce(1, *)
    }
    let values = try constant.elements.floats().enumerated().map { i, x in
      let group = i / inner % scales.count
      let step = Double((x / scales[group]).rounded(.toNearestOrEven)) + Double(zeros[group])
      return min(max(step, Double(range.lowerBound)), Double(range.upperBound))
    }
    return result(values, constant.extents, type: type)
  }
}

extension GraphBuilder {

  /// Adds the integers of `value`.
  mutating func quantizedPerAxis(
    _ value: Value, _ call: NodeCall
  ) throws(Diagnostic) -> Value {
    let (site, grid) = (call.site, try call.axisGrid(for: value))
    let steps = try affine(value, .factor(grid.scales), for: site, "steps") { x in
      x.map { 1 / $0 }
    }
    let rounded = try mapped(steps, .activation(Activation(.round)), for: site, "round")
    let raised = try affine(rounded, .offset(grid.zeros), for: site, "zero-point")
    var result = try clipped(
      raised, Float(grid.range.lowerBound), Float(grid.range.upperBound), for: site)
    result.type = grid.type
    return result
  }

  /// Adds the real numbers for which the integers of `value` stand.
  mutating func dequantizedPerAxis(
    _ value: Value, _ call: NodeCall
  ) throws(Diagnostic) -> Value {
    let site = call.site
    let integers = try integers(of: value, for: site)
    let grid = try call.axisGrid(for: integers)
    let lowered = try affine(integers, .offset(grid.zeros), for: site, "zero-point") { x in
      x.map { -$0 }
    }
    return try affine(lowered, .factor(grid.scales), for: site)
  }
}
