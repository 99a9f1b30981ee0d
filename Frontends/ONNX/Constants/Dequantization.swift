// Quantized weights as real numbers.

internal import Diagnostics

/// Real numbers (q − zero) · scale of integers, computed when they are needed.
private struct DequantizedElements: ONNXElements {
  var stored: any ONNXElements
  /// For runs of `inner` elements in turn: scale and zero point.
  var scales: [Float]
  var zeros: [Int]
  var inner: Int

  func floats() throws(Diagnostic) -> [Float] {
    let values = try stored.integers()
    return values.indices.map { i in
      let group = i / inner % scales.count
      // Integers of 64 bits have differences that are none; those of 53 are exact this way.
      return Float(Double(values[i]) - Double(zeros[group])) * scales[group]
    }
  }

  func integers() throws(Diagnostic) -> [Int] {
    throw .error("onnx.bad-tensor", "found real numbers, expected integers")
  }
}

extension NodeCall {

  /// Returns the real numbers of a constant `DequantizeLinear`.
  func foldedDequantization() throws(Diagnostic) -> ONNXTensor {
    try dequantizedConstant(0, scale: 1, zero: 2, axis: try int("axis", default: 1))
  }

  /// Returns operand `index` as real numbers.
  ///
  /// - Parameters:
  ///   - index: the operand of integers.
  ///   - scale: the operand with one scale, or one for each position along `axis`, or one for each
  ///     block along it.
  ///   - zero: the operand with as many zero points, if any.
  ///   - axis: the axis along which scales differ.
  /// - Returns: the numbers; nothing is read before they are needed, except the scales.
  /// - Throws: `onnx.bad-node` if the extents do not agree; `onnx.unsupported-use` for weights that are
  ///   no integers, such as those of 8-bit floating point.
  func dequantizedConstant(
    _ index: Int, scale: Int, zero: Int, axis: Int
  ) throws(Diagnostic) -> ONNXTensor {
    let constant = try constant(index, "weights")
    guard constant.type.isInteger else {
      throw .unsupportedUse(
        site, "has weights '\(constant.name)' of type \(constant.type), expected integers",
        advice: "quantize the weights to int8 or int4, or leave them float")
    }
    let extents = try self.constant(scale, "scales").extents
    let scales = try floats(operand: scale, "scales") ?? []
    let zeros = try integers(operand: zero, "zero points") ?? scales.map { _ in 0 }
    guard !scales.isEmpty, scales.allSatisfy(\.isFinite), zeros.count == scales.count else {
      throw .badNode(site, "has \(scales.count) scales and \(zeros.count) zero points")
    }
    var elements = DequantizedElements(
      stored: constant.elements, scales: scales, zeros: zeros, inner: max(1, constant.count))
    if scales.count > 1 {
      let axis = try normalized(axis: axis, rank: constant.extents.count)
      if extents.count == 1 {
        guard scales.count == constant.extents[axis] else {
          throw .badNode(
            site, "has \(scales.count) scales for \(constant.extents[axis]) positions")
        }
        elements.inner = constant.extents[(axis + 1)...].reduce(1, *)
      } else {
        let repeated = try blocks(extents, of: constant.extents, along: axis)
        elements.scales = repeated.map { scales[$0] }
        elements.zeros = repeated.map { zeros[$0] }
        elements.inner = 1
      }
    }
    return ONNXTensor(
      name: constant.name, type: .float, extents: constant.extents, elements: elements)
  }

  /// Returns for each element of a constant the block to which it belongs, which has a scale of its
  /// own.
  ///
  /// - Parameters:
  ///   - blocks: the extents of the scales.
  ///   - all: the extents of the constant.
  ///   - axis: the axis along which elements share scales.
  /// - Returns: the positions of the scales.
  /// - Throws: `onnx.bad-node` if the extents do not agree.
  private func blocks(
    _ blocks: [Int], of all: [Int], along axis: Int
  ) throws(Diagnostic) -> [Int] {
    guard blocks.count == all.count,
      blocks.indices.allSatisfy({
        blocks[$0] > 0 && ($0 == axis ? all[$0] % blocks[$0] == 0 : blocks[$0] == all[$0])
      })
    else { throw .badNode(site, "has scales of the extents \(blocks) for \(all)") }
    let size = all[axis] / blocks[axis]
    let block = blocks[(axis + 1)...].reduce(1, *)
    return (0..<all.reduce(1, *)).map { i in
      let (outer, rest) = (i / (block * all[axis]), i % (block * all[axis]))
      return (outer * blocks[axis] + rest / block / size) * block + rest % block
    }
  }
}
