// Elements in another order: the importer's layouts ask for kernels in the order of the graph.

internal import Diagnostics

extension ONNXElements {

  /// Returns the elements as 32-bit floating point with dimensions permuted.
  ///
  /// - Parameters:
  ///   - extents: the extents of the dimensions in which the elements lie, row-major.
  ///   - order: dimension i of the result is dimension order[i] of the elements.
  /// - Returns: the elements in row-major order of the permuted dimensions.
  /// - Throws: `onnx.bad-tensor` if they cannot be read or are no numbers.
  func floats(extents: [Int], order: [Int]) throws(Diagnostic) -> [Float] {
    var nonFinite = 0
    return try floats(Permutation(extents: extents, order: order), nonFinite: &nonFinite)
  }
}

/// Returns `elements` of the given extents with dimension i of the result being dimension order[i].
///
/// - Precondition: as many elements as the extents say, and `order` is a permutation.
/// - Complexity: O(elements).
func permuted<T>(_ elements: [T], _ extents: [Int], _ order: [Int]) -> [T] {
  var strides = [Int](repeating: 1, count: extents.count)
  for i in extents.indices.dropLast().reversed() { strides[i] = strides[i + 1] * extents[i + 1] }
  let (counts, steps) = (order.map { extents[$0] }, order.map { strides[$0] })
  guard let last = counts.last, let step = steps.last, !elements.isEmpty else { return elements }
  var result: [T] = []
  result.reserveCapacity(elements.count)
  var index = [Int](repeating: 0, count: counts.count - 1)
  var start = 0
  while true {
    var position = start
    for _ in 0..<last {
      result.append(elements[position])
      position += step
    }
    // Advances the outer dimensions like the digits of a number.
    var d = index.count - 1
    while d >= 0 {
      index[d] += 1
      start += steps[d]
      if index[d] < counts[d] { break }
      start -= counts[d] * steps[d]
      index[d] = 0
      d -= 1
    }
    if d < 0 { return result }
  }
}
