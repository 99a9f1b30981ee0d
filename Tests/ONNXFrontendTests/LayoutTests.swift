// Layouts against arrays that are really moved.

import TestSupport
import Testing

@testable import ONNXFrontend

/// A value whose elements are moved in the order of its axes, beside its layout.
private struct Tracked {
  var layout: Layout
  /// The elements in memory; each is its own number.
  var memory: [Int]
  /// The elements in row-major order of the axes.
  var values: [Int]

  init(_ extents: [Int], order: [Int]) {
    layout = Layout(extents: extents, order: order)
    values = Array(0..<extents.reduce(1, *))
    memory = permutedReference(values, extents, order)
  }

  /// The elements in row-major order of the axes, as the layout says where they are in memory.
  var told: [Int] {
    let order = layout.axes.indices.flatMap { layout.positions(of: $0) }
    guard !order.isEmpty else { return memory }
    return permutedReference(memory, layout.factors, order)
  }
}

@Suite("Layout") struct LayoutTests {

  @Test("tells where elements are after transpositions and reshapes", arguments: 0..<200)
  func tracksElements(seed: Int) {
    var random = SplitMix64(seed: UInt64(seed))
    let extents = (0..<Int.random(in: 1...4, using: &random)).map { _ in
      [1, 2, 3, 4, 6].randomElement(using: &random) ?? 1
    }
    let order = Array(extents.indices).shuffled(using: &random)
    var tracked = Tracked(extents, order: order)
    #expect(tracked.told == tracked.values)
    for _ in 0..<6 {
      let extents = tracked.layout.extents
      if Bool.random(using: &random) {
        let order = Array(extents.indices).shuffled(using: &random)
        tracked.values = permutedReference(tracked.values, extents, order)
        tracked.layout = tracked.layout.transposed(order)
      } else if let layout = tracked.layout.reshaped(
        to: divided(extents.reduce(1, *), using: &random))
      {
        tracked.layout = layout
      }
      #expect(tracked.layout.factors.allSatisfy { $0 > 1 })
      #expect(tracked.told == tracked.values)
    }
  }

  /// Returns extents with the given product.
  private func divided(_ count: Int, using random: inout SplitMix64) -> [Int] {
    var rest = count
    var extents: [Int] = []
    while rest > 1, extents.count < 4 {
      let divisors = (1...rest).filter { rest % $0 == 0 }
      extents.append(divisors.randomElement(using: &random) ?? 1)
      rest /= extents[extents.count - 1]
    }
    return extents + [rest]
  }

  @Test("keeps an image with the channels last when it is flattened") func flattening() {
    let image = Layout(extents: [7919, 3, 4, 5], order: [2, 3, 1], batchAxis: 0)
    #expect(image.factors == [4, 5, 3])
    let flat = image.reshaped(to: [7919, 60])
    #expect(flat?.positions(of: 1) == [2, 0, 1])
    #expect(flat?.batchAxis == 0)
    #expect(flat?.factors == [4, 5, 3])
  }

  @Test("divides channels into groups and shuffles them") func shuffling() {
    let image = Layout(extents: [1, 6, 4, 5], order: [2, 3, 1])
    let grouped = image.reshaped(to: [1, 2, 3, 4, 5])
    let shuffled = grouped?.transposed([0, 2, 1, 3, 4]).reshaped(to: [1, 6, 4, 5])
    #expect(shuffled?.factors == [4, 5, 2, 3])
    #expect(shuffled?.positions(of: 1) == [3, 2])
    #expect(shuffled?.axisOrder == nil)
    #expect(image.axisOrder == [0, 2, 3, 1])
  }

  @Test("does not mix the samples of a batch with other axes it cannot tell apart") func batch() {
    let image = Layout(extents: [4, 6], order: [1], batchAxis: 0)
    #expect(image.reshaped(to: [24])?.batchAxis == 0)
    #expect(image.reshaped(to: [2, 12]) == nil)
    #expect(image.transposed([1, 0]).batchAxis == 1)
  }

  @Test("divides factors where another layout has boundaries") func refining() {
    let line = Layout(extents: [24], order: [0])
    #expect(line.refined(axis: 0, boundaries: [4, 12])?.factors == [2, 3, 4])
    #expect(line.refined(axis: 0, boundaries: [5]) == nil)
    #expect(Layout(extents: [2, 3], order: [0, 1]).reshaped(to: [6])?.boundaries(of: 0) == [3])
  }
}
