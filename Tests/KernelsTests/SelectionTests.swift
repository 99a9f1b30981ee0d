// Selections against index arithmetic, one element at a time.

import Kernels
import Testing

@Suite("Selection") struct SelectionTests {

  @Test(
    "every element comes from its position",
    arguments: [
      [0], [4], [0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 1, 0, 1, 2, 3, 4, 3, 2], [0, 0, 1, 1, 2, 2],
      [0, 1, 2, 3, 0, 1, 2, 3], [1, 2, 4],
    ], [(1, 1), (3, 1), (1, 2), (2, 3), (2, 4), (1, 17), (3, 9)])
  func positions(indices: [Int], extents: (outer: Int, inner: Int)) {
    let (outer, inner) = extents
    let input = values(outer * 5 * inner, seed: 1)
    var out = [Float](repeating: .nan, count: outer * indices.count * inner)
    var span = out.mutableSpan
    Selection(indices, of: 5, outer: outer, inner: inner).apply(&span, input: input.span)
    for o in 0..<outer {
      for (i, index) in indices.enumerated() {
        for j in 0..<inner {
          let found = out[(o * indices.count + i) * inner + j]
          #expect(found == input[(o * 5 + index) * inner + j])
        }
      }
    }
  }

  @Test("positions outside trap") func trapsOutside() async {
    await #expect(processExitsWith: .failure) { _ = Selection([-1], of: 5, outer: 1, inner: 1) }
    await #expect(processExitsWith: .failure) { _ = Selection([5], of: 5, outer: 1, inner: 1) }
  }
}
