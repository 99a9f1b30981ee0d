// Loop nests against index arithmetic, one element at a time.

import Kernels
import Testing

@Suite("Strided map") struct StridedMapTests {

  @Test(
    "broadcasting follows the indices",
    arguments: [
      ([], [2, 3]), ([1], [5]), ([3], [2, 3]), ([2, 1], [2, 3]), ([4, 1, 3], [4, 5, 3]),
      ([3], [40, 3]), ([2], [2, 3, 7, 2]), ([7, 1, 3], [7, 19, 3]), ([15], [37, 15]),
      ([1, 5, 1], [4, 5, 3]), ([4, 5, 3], [4, 5, 3]), ([3], [2, 2, 2, 3]), ([1, 1], [1, 1]),
    ] as [([Int], [Int])])
  func broadcasting(_ operand: [Int], _ result: [Int]) {
    let input = values(operand.reduce(1, *), seed: 1)
    var out = values(result.reduce(1, *), seed: 2)
    let before = out
    var span = out.mutableSpan
    StridedMap(broadcasting: operand, to: result).apply(&span, input: input.span, .subtract)
    for i in out.indices {
      var (rest, index, stride) = (i, 0, 1)
      for d in 0..<result.count {
        let coordinate = rest % result[result.count - 1 - d]
        rest /= result[result.count - 1 - d]
        guard d < operand.count else { continue }
        let extent = operand[operand.count - 1 - d]
        index += extent == 1 ? 0 : coordinate * stride
        stride *= extent
      }
      #expect(out[i] == before[i] - input[index])
    }
  }

  @Test(
    "permutations follow the indices", arguments: [[1, 0], [0, 1]],
    [[3, 5], [8, 8], [16, 24], [17, 33], [7, 40], [1, 9], [50, 3]])
  func permutations(order: [Int], extents: [Int]) {
    // The permuted dimensions stand between others, which makes strides of all kinds.
    for (outer, inner) in [(1, 1), (3, 1), (1, 2), (2, 5)] {
      let shape = [outer] + extents + [inner]
      let dimensions = [0] + order.map { $0 + 1 } + [3]
      let strides = StridedMap.rowMajor(shape)
      let input = values(shape.reduce(1, *), seed: 1)
      for combination in [Combination.copy, .multiply] {
        var out = values(input.count, seed: 2)
        let before = out
        let result = dimensions.map { shape[$0] }
        var span = out.mutableSpan
        StridedMap(
          extents: result, outStrides: StridedMap.rowMajor(result),
          inStrides: dimensions.map { strides[$0] }
        ).apply(&span, input: input.span, combination)
        for i in out.indices {
          let index = zip(result, StridedMap.rowMajor(result)).map { i / $1 % $0 }
          let x = input[zip(index, dimensions).reduce(0) { $0 + $1.0 * strides[$1.1] }]
          #expect(out[i] == (combination == .copy ? x : before[i] * x))
        }
      }
    }
  }

  @Test("each combination does what it says", arguments: [0, 1, 2])
  func combinations(stride: Int) {
    let (x, y): ([Float], [Float]) = ([4, -4, 0, -1], [2, -2, 8, 0.5])
    let cases: [(Combination, (Float, Float) -> Float)] = [
      (.copy, { $1 }), (.add, { $0 + $1 }), (.subtract, { $0 - $1 }), (.multiply, { $0 * $1 }),
      (.divide, { $0 / $1 }), (.maximum, { max($0, $1) }), (.minimum, { min($0, $1) }),
      (.slope, { $0 >= 0 ? $0 : $0 * $1 }),
    ]
    for (combination, function) in cases {
      var out = x
      var span = out.mutableSpan
      let map = StridedMap(extents: [2], outStrides: [1], inStrides: [stride])
      map.apply(&span, input: y.span, combination)
      #expect(out == [function(4, y[0]), function(-4, y[stride]), 0, -1])
    }
  }

  @Test("a value that is not a number wins", arguments: [Combination.maximum, .minimum])
  func notANumber(_ combination: Combination) {
    var out: [Float] = [.nan, 1]
    let input: [Float] = [1, .nan]
    var span = out.mutableSpan
    StridedMap(broadcasting: [2], to: [2]).apply(&span, input: input.span, combination)
    #expect(out.allSatisfy { $0.isNaN })
  }

  @Test("strides of the result leave other elements alone") func resultStrides() {
    var out: [Float] = [0, 0, 0, 0, 0, 0, 0]
    let input: [Float] = [1, 2, 3, 4, 5]
    var span = out.mutableSpan
    StridedMap(extents: [2, 2], outStrides: [1, 3], inStrides: [2, 1], outOffset: 2, inOffset: 1)
      .apply(&span, input: input.span, .copy)
    #expect(out == [0, 0, 2, 4, 0, 3, 5])
  }

  @Test("loops that leave the operand trap") func trapsOutside() async {
    await #expect(processExitsWith: .failure) {
      var out: [Float] = [0, 0, 0]
      let input: [Float] = [1, 2]
      var span = out.mutableSpan
      StridedMap(broadcasting: [3], to: [3]).apply(&span, input: input.span, .copy)
    }
  }
}
