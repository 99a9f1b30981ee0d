// The bounds of slices, as the standard counts them.

internal import Diagnostics

/// Positions along an axis, a step apart.
struct AxisRange: Hashable, Sendable {

  /// The axis.
  var axis: Int

  /// The first position.
  var start: Int

  /// The number of positions.
  var count: Int

  /// The distance of neighbours; negative if they descend.
  var step: Int

  /// The positions.
  var positions: [Int] { (0..<count).map { start + $0 * step } }

  /// Returns whether these are all positions of an axis, in order.
  func isWhole(of extent: Int) -> Bool {
    start == 0 && count == extent && step == 1
  }
}

extension NodeCall {

  /// Returns the positions that `Slice` selects.
  ///
  /// - Source: ONNX, `Slice`: bounds are attributes before version 10 of the operators, operands
  ///   since; negative bounds count from the end, all are clamped to the axis.
  func sliceRanges(of extents: [Int]) throws(Diagnostic) -> [AxisRange] {
    let isOld = opset < 10
    let most = NodeCall.rankLimit
    guard let starts = try isOld ? ints("starts") : integers(operand: 1, "starts", limit: most),
      let ends = try isOld ? ints("ends") : integers(operand: 2, "ends", limit: most)
    else { throw .badNode(site, "has no bounds") }
    let axes = try isOld ? ints("axes") : integers(operand: 3, "axes", limit: most)
    let steps = try isOld ? nil : integers(operand: 4, "steps", limit: most)
    let list = try normalized(axes: axes ?? Array(starts.indices), rank: extents.count)
    let strides = steps ?? starts.map { _ in 1 }
    guard starts.count == ends.count, list.count == starts.count, strides.count == starts.count
    else {
      throw .badNode(
        site,
        "has \(starts.count) starts, \(ends.count) ends, \(list.count) axes and "
          + "\(strides.count) steps, expected as many of each")
    }
    var ranges: [AxisRange] = []
    for (i, axis) in list.enumerated() {
      guard strides[i] != 0 else { throw .badNode(site, "has the step 0") }
      ranges.append(
        AxisRange(axis, extents[axis], start: starts[i], end: ends[i], step: strides[i]))
    }
    return ranges
  }
}

extension AxisRange {

  /// Creates the positions from `start` to before `end`, which are clamped to the axis.
  fileprivate init(_ axis: Int, _ extent: Int, start: Int, end: Int, step: Int) {
    func clamped(_ bound: Int, _ range: ClosedRange<Int>) -> Int {
      // A bound far below 0 must not wrap when the extent is added.
      let resolved = bound < 0 ? max(bound, -extent - 1) + extent : bound
      return min(max(resolved, range.lowerBound), range.upperBound)
    }
    // The magnitude of a step beyond the axis makes no difference.
    let step = max(min(step, extent + 1), -extent - 1)
    if step > 0 {
      let (first, last) = (clamped(start, 0...extent), clamped(end, 0...extent))
      self.init(
        axis: axis, start: first, count: max(0, (last - first + step - 1) / step), step: step)
    } else {
      let first = clamped(start, 0...max(0, extent - 1))
      let last = clamped(end, -1...max(-1, extent - 1))
      self.init(
        axis: axis, start: first, count: max(0, (first - last - step - 1) / -step), step: step)
    }
  }
}
