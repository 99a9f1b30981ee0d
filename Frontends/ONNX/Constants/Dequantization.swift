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
      return Float(values[i] - zeros[group]) * scales[group]
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
  /// - Throws: `onnx.bad-node` if the extents do not agree.
  func dequantizedConstant(
    _ index: Int, scale: Int, zero: Int, axis: Int
  ) throws(Diagnostic) -> ONNXTensor {
    let constant = try constant(index, "weights")
    let scaleTensor = try self.constant(scale, "scales")
    var scales = try floats(operand: scale, "scales") ?? []
    var zeros = try integers(operand: zero, "zero points") ?? scales.map { _ in 0 }
    guard !scales.isEmpty, scales.allSatisfy(\.isFinite), zeros.count == scales.count else {
      throw .badNode(site, "has \(scales.count) scales and \(zeros.count) zero points")
    }
    var inner = max(1, constant.count)
    if scales.count > 1 {
      let rank = constant.extents.count
      let axis = try normalized(axis: axis, rank: rank)
      if scaleTensor.extents.count == 1 {
        guard scales.count == constant.extents[axis] else {
          throw .badNode(
            site, "has \(scales.count) scales for \(constant.extents[axis]) positions")
        }
        inner = constant.extents[(axis + 1)...].reduce(1, *)
      } else {
        let all = constant.extents
        let blocks = scaleTensor.extents
        guard blocks.count == rank,
          blocks.indices.allSatisfy({
            blocks[$0] > 0 && ($0 == axis ? all[$0] % blocks[$0] == 0 : blocks[$0] == all[$0])
          })
        else {
          throw .badNode(site, "has scales of the extents \(blocks) for \(all)")
        }
        // Repeated so that each element along the axis has its own.
        let size = all[axis] / blocks[axis]
        let block = blocks[(axis + 1)...].reduce(1, *)
        let repeated = (0..<constant.count).map { i -> Int in
          let (outer, rest) = (i / (block * all[axis]), i % (block * all[axis]))
          return (outer * blocks[axis] + rest / block / size) * block + rest % block
        }
        (scales, zeros) = (repeated.map { scales[$0] }, repeated.map { zeros[$0] })
        inner = 1
      }
    }
    let elements = DequantizedElements(
      stored: constant.elements, scales: scales, zeros: zeros, inner: inner)
    return ONNXTensor(
      name: constant.name, type: .float, extents: constant.extents, elements: elements)
  }
}
