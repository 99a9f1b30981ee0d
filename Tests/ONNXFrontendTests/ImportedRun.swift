// Runs an imported graph on arrays as the file has them, for comparison with other tools.

import Diagnostics
import SpikeIR
import SpikeInterpreter
import Testing

@testable import ONNXFrontend

/// An array with the axes of the file, the batch included.
struct FileArray {
  var extents: [Int]
  var elements: [Float]

  /// The samples with their axes in the order `axes`; an axis that is not named counts samples.
  func samples(_ axes: [Int]) throws -> [[Float]] {
    let batch = extents.indices.filter { !axes.contains($0) }
    let count = batch.reduce(1) { $0 * extents[$1] }
    let moved = try Permutation(extents: extents, order: batch + axes).applied(to: elements)
    let size = moved.count / max(1, count)
    return (0..<count).map { Array(moved[$0 * size..<($0 + 1) * size]) }
  }
}

extension ImportedGraph {

  /// Runs the network and expects the outputs to be within `tolerance` of their range.
  ///
  /// - Returns: a description of the largest deviation if it is too large.
  func deviation(
    _ inputs: [FileArray], from outputs: [FileArray], tolerance: Float = 1e-4
  ) throws -> String? {
    try #require(inputs.count == inputAxes.count && outputs.count == outputAxes.count)
    let samples = try zip(inputs, inputAxes).map { try $0.samples($1) }
    let expected = try zip(outputs, outputAxes).map { try $0.samples($1) }
    let count = samples.first?.count ?? 1
    for (k, output) in expected.enumerated() where output.count != count {
      return "output \(k) has \(output.count) samples, the input \(count)"
    }
    let executor = try ANNExecutor(graph)
    for i in 0..<count {
      let found = try executor.run(samples.map { $0[i] })
      for (k, output) in outputs.enumerated() {
        guard found[k].count == expected[k][i].count else {
          return "output \(k) has \(found[k].count) elements, expected \(expected[k][i].count)"
        }
        let finite = output.elements.filter(\.isFinite)
        let range = (finite.max() ?? 0) - (finite.min() ?? 0)
        let bound = tolerance * max(range, finite.map { abs($0) }.max() ?? 0, 1e-3)
        for (a, b) in zip(found[k], expected[k][i]) where !(abs(a - b) <= bound) {
          if a == b || (a.isNaN && b.isNaN) { continue }
          return "sample \(i), output \(k): found \(a), expected \(b), bound \(bound)"
        }
      }
    }
    return nil
  }
}
