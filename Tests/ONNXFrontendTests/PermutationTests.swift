import TestSupport
import Testing

@testable import ONNXFrontend

/// Returns the elements of `source` in the order of the reordered dimensions, one by one.
func permutedReference<T>(_ source: [T], _ extents: [Int], _ order: [Int]) -> [T] {
  var steps = [Int](repeating: 1, count: extents.count)
  for i in extents.indices.dropLast().reversed() { steps[i] = steps[i + 1] * extents[i + 1] }
  return source.indices.map { index in
    var (rest, place) = (index, 0)
    for axis in order.reversed() {
      place += rest % extents[axis] * steps[axis]
      rest /= extents[axis]
    }
    return source[place]
  }
}

@Suite("Reordered dimensions") struct PermutationTests {

  @Test("take every element to its place, whatever the windows", arguments: 0..<200)
  func random(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let rank = random.int(1...5)
    let extents = (0..<rank).map { _ in random.pick([1, 1, 2, 3, 5, 17, 20]) }
    let order = Array(0..<rank).shuffled(using: &random)
    let count = extents.reduce(1, *)
    let source = (0..<count).map { Float($0) }
    let permutation = Permutation(extents: extents, order: order)
    let expected = permutedReference(source, extents, order)
    guard !permutation.isIdentity else {
      #expect(source == expected)
      return
    }
    #expect(permutation.count == count)
    for limit in [1, 2, 7, 64, count] {
      var result = [Float](repeating: -1, count: count)
      var moved = 0
      try source.withUnsafeBufferPointer { source in
        try result.withUnsafeMutableBufferPointer { result in
          let (from, to) = (try #require(source.baseAddress), try #require(result.baseAddress))
          for index in 0..<permutation.windowCount(limit: limit) {
            let window = permutation.window(index, limit: limit)
            #expect(window.count <= max(limit, 1) && window.start + window.count <= count)
            permutation.move(window, from: from + window.start, to: to)
            moved += window.count
          }
        }
      }
      #expect(result == expected && moved == count, "\(extents) \(order) \(limit)")
    }
  }

  @Test("that change nothing are found out") func identity() {
    #expect(Permutation(extents: [4, 1, 5], order: [1, 0, 2]).isIdentity)
    #expect(Permutation(extents: [1, 7, 1, 1], order: [2, 3, 1, 0]).isIdentity)
    #expect(!Permutation(extents: [2, 3], order: [1, 0]).isIdentity)
    #expect(Permutation(extents: [2, 3, 4], order: [2, 0, 1]).extents == [6, 4])
  }

  @Test("are read from files of several windows") func large() throws {
    let (extents, order) = ([37, 3, 5, 601], [2, 3, 1, 0])
    let source = (0..<extents.reduce(1, *)).map { Float($0) }
    let file = try TemporaryFile(
      Wire {
        $0.packed(1, extents)
        $0.int(2, 1)
        $0.bytes(9, source.flatMap { $0.littleEndianBytes })
      }.bytes)
    let tensor = try ONNXTensor(readingAt: file.path)
    #expect(try tensor.floats(permuted: order) == permutedReference(source, extents, order))
    #expect(try tensor.floats(permuted: [0, 1, 2, 3]) == source)
  }

  @Test("count what is no finite number", arguments: [[0, 1], [1, 0]])
  func nonFinite(order: [Int]) throws {
    var source = (0..<600_000).map { Float($0) }
    source[0] = .nan
    source[300_001] = .infinity
    source[599_999] = -.infinity
    source[7] = .greatestFiniteMagnitude
    let file = try TemporaryFile(
      Wire {
        $0.packed(1, [600, 1000])
        $0.int(2, 1)
        $0.bytes(9, source.flatMap { $0.littleEndianBytes })
      }.bytes)
    let tensor = try ONNXTensor(readingAt: file.path)
    let permutation = Permutation(extents: [600, 1000], order: order)
    var count = 0
    let found = try tensor.elements.floats(permutation, nonFinite: &count)
    let expected = permutedReference(source, [600, 1000], order)
    #expect(found.map { $0.bitPattern } == expected.map { $0.bitPattern } && count == 3)
  }

  @Test("of no elements give none") func empty() throws {
    let file = try TemporaryFile(
      Wire {
        $0.packed(1, [2, 0, 3])
        $0.int(2, 1)
      }.bytes)
    #expect(try ONNXTensor(readingAt: file.path).floats(permuted: [2, 0, 1]) == [])
  }
}
