// Copies of chosen positions along a dimension: gathers, repetitions, reflections, reversals.

/// The selection of positions along the middle dimension of [outer, extent, inner].
///
/// out[o, i, j] = in[o, indices[i], j].
package struct Selection: Hashable, Sendable {

  /// Neighbouring positions of the operand that are neighbours in the result too.
  private struct Run: Hashable {
    /// The first position, times `inner`.
    var source: Int
    /// The number of elements.
    var count: Int
  }

  /// What is copied, in the order of the result.
  private var runs: [Run] = []

  /// The first element of each position, where most runs are short; then `runs` is empty.
  private var starts: [Int] = []

  /// The number of elements of a position.
  private let inner: Int

  /// The number of times that the selection is repeated.
  private let outer: Int

  /// The number of elements of the operand and of the result, for each repetition.
  private let inCount, outCount: Int

  /// Creates a selection.
  ///
  /// - Parameters:
  ///   - indices: the positions, in the order of the result.
  ///   - extent: the extent of the operand's middle dimension.
  ///   - outer: the extent of the outer dimension.
  ///   - inner: the extent of the inner dimension.
  /// - Precondition: every index lies in 0 ..< `extent`.
  package init(_ indices: [Int], of extent: Int, outer: Int, inner: Int) {
    precondition(
      indices.allSatisfy { (0..<extent).contains($0) }, "internal: an index lies outside")
    (self.outer, self.inner) = (outer, inner)
    inCount = extent * inner
    outCount = indices.count * inner
    for index in indices {
      if let last = runs.last, last.source + last.count == index * inner {
        runs[runs.count - 1].count += inner
      } else {
        runs.append(Run(source: index * inner, count: inner))
      }
    }
    if runs.count * shortestRun > outCount {
      starts = indices.map { $0 * inner }
      runs = []
    }
  }

  /// Copies the chosen elements.
  ///
  /// - Parameters:
  ///   - out: the result, shape [outer, indices, inner]. Set.
  ///   - input: the operand, shape [outer, extent, inner].
  /// - Precondition: the spans have the counts that the shapes say.
  /// - Complexity: O(result), no allocation.
  package func apply(_ out: inout MutableSpan<Float>, input: Span<Float>) {
    precondition(
      out.count == outer * outCount && input.count == outer * inCount,
      "internal: spans differ in count")
    out.withUnsafeMutableBufferPointer { out in
      input.withUnsafeBufferPointer { input in
        guard var target = out.baseAddress, var source = input.baseAddress else { return }
        for _ in 0..<outer {
          if runs.isEmpty { gather(target, source) } else { copyRuns(target, source) }
          target += outCount
          source += inCount
        }
      }
    }
  }

  /// Copies one repetition.
  private func copyRuns(_ out: UnsafeMutablePointer<Float>, _ input: UnsafePointer<Float>) {
    var target = out
    for run in runs {
      target.update(from: input + run.source, count: run.count)
      target += run.count
    }
  }

  /// Copies one repetition element by element.
  private func gather(_ out: UnsafeMutablePointer<Float>, _ input: UnsafePointer<Float>) {
    if inner == 1 {
      for i in 0..<starts.count { out[i] = input[starts[i]] }
    } else {
      for i in 0..<starts.count {
        for j in 0..<inner { out[i &* inner &+ j] = input[starts[i] &+ j] }
      }
    }
  }
}

/// A call that copies a run costs about as much as gathering this many elements one by one.
private let shortestRun = 4
