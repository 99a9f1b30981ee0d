// Many normal numbers at once, in loops that are vectorized.

extension RandomField {

  /// Writes numbers of the standard normal distribution: those at positions start, start + 1, ….
  ///
  /// - Parameters:
  ///   - out: the numbers. Set.
  ///   - start: the first position.
  /// - Complexity: O(numbers), no allocation.
  package func normals(_ out: inout MutableSpan<Float>, from start: Int = 0) {
    out.withUnsafeMutableBufferPointer { out in
      for i in 0..<out.count { out[i] = normal(at: start &+ i) }
    }
  }
}
