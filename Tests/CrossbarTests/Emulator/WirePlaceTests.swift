// Wires are as long as a block's place on its array has them: against the same cells in a whole array whose
// other cells do not conduct.

import HardwareTargets
import Kernels
import SpikeIR
import SpikeInterpreter
import TestSupport
import Testing

@testable import Crossbar

@Suite struct WirePlaceTests {

  private static let wires = WireResistance(column: 2e-4, row: 1e-4)

  /// Returns what cells at the given place of an otherwise empty array seem to conduct.
  private static func embedded(
    _ cells: [Float], rows: Int, columns: Int, at corner: (row: Int, column: Int), size: Int
  ) -> [Float] {
    var all = [Float](repeating: 0, count: size * size)
    for i in 0..<rows {
      for j in 0..<columns {
        all[(corner.row + i) * size + corner.column + j] = cells[i * columns + j]
      }
    }
    let seen = wires.seen(all, rows: size, columns: size)
    return (0..<rows * columns).map { n in
      seen[(corner.row + n / columns) * size + corner.column + n % columns]
    }
  }

  private static let corners = [(0, 0), (0, 21), (19, 0), (19, 21), (7, 4)]

  @Test(arguments: corners) func cellsOfABlock(_ corner: (row: Int, column: Int)) {
    let cells = variedNumbers(5 * 3, seed: 4).map { abs($0) }
    let place = WirePlace(rowsBelow: 24 - corner.row - 5, columnsBefore: corner.column)
    let found = Self.wires.seen(cells, rows: 5, columns: 3, place: place)
    let expected = Self.embedded(cells, rows: 5, columns: 3, at: corner, size: 24)
    for (a, b) in zip(found, expected) { #expect(abs(a - b) < 1e-6) }
  }

  /// A dense layer of 5 inputs and 3 outputs whose block is moved on its array of 24 × 24.
  private static func outputs(
    _ mapping: String, words: [String: String] = [:], at corner: (row: Int, column: Int)
  ) throws -> [Float] {
    var graph = ANNGraph(name: "dense")
    let input = try graph.add("input", .input, shape: [5])
    let kernel = graph.tensors.add("kernel", shape: [5, 3], floats: weights)
    graph.outputs = [try graph.add("dense", .dense(Dense(kernel: kernel, bias: nil)), [input])]
    var layout = try CrossbarEmulatorTests.layout(
      graph, mapping: mapping, words: words, size: 24)
    (layout.blocks[0].row, layout.blocks[0].column) = corner
    #expect(CrossbarCheck.findings(of: layout).isEmpty)
    var options = CrossbarEmulatorTests.ideal()
    options.reading?.wires = wires
    return try CrossbarEmulator(graph, layout, options).executor.run([vector])[0]
  }

  private static let weights = variedNumbers(15, seed: 8)
  private static let vector = variedNumbers(5, seed: 9)
  private static let scale = weights.reduce(0) { max($0, abs($1)) }

  /// Returns Σ x · cell · sign over the cells of one physical row and column each.
  private static func expected(_ seen: [[Float]], _ signs: [Float]) -> [Float] {
    (0..<3).map { o in
      (0..<5).reduce(0) { sum, i in
        zip(seen, signs).reduce(sum) { $0 + scale * vector[i] * $1.1 * $1.0[i * 3 + o] }
      }
    }
  }

  private static func parts() -> (positive: [Float], negative: [Float]) {
    (weights.map { max($0, 0) / scale }, weights.map { max(-$0, 0) / scale })
  }

  private func close(_ a: [Float], _ b: [Float]) -> Bool {
    zip(a, b).allSatisfy { abs($0 - $1) < 1e-5 }
  }

  @Test(arguments: corners) func cellsOfEitherSign(_ corner: (row: Int, column: Int)) throws {
    let cells = Self.weights.map { abs($0) / Self.scale }
    let seen = Self.embedded(cells, rows: 5, columns: 3, at: corner, size: 24)
    let signed = seen.indices.map { seen[$0] * (Self.weights[$0] < 0 ? -1 : 1) }
    #expect(close(try Self.outputs("signed-abstract", at: corner), Self.expected([signed], [1])))
  }

  @Test func farBlocksLoseMore() throws {
    let exact = Self.expected([Self.weights.map { $0 / Self.scale }], [1])
    func loss(_ corner: (row: Int, column: Int)) throws -> Float {
      zip(try Self.outputs("signed-abstract", at: corner), exact).reduce(0) {
        $0 + abs($1.0 - $1.1)
      }
    }
    // The far corner is that of the first row and the last column: 24 cells either way.
    let (near, far) = (try loss((19, 0)), try loss((0, 21)))
    #expect(near > 0 && far > 3 * near)
  }

  @Test(arguments: [(0, 0), (10, 18)]) func pairsOfColumns(
    _ corner: (row: Int, column: Int)
  ) throws {
    let (positive, negative) = Self.parts()
    // Columns of an output are beside each other: positive, negative.
    var cells = [Float](repeating: 0, count: 30)
    for n in 0..<15 { (cells[2 * n], cells[2 * n + 1]) = (positive[n], negative[n]) }
    let seen = Self.embedded(cells, rows: 5, columns: 6, at: corner, size: 24)
    let signs: [[Float]] = (0..<2).map { sign in
      (0..<15).map { (n: Int) -> Float in seen[2 * n + sign] }
    }
    #expect(close(try Self.outputs("differential", at: corner), Self.expected(signs, [1, -1])))
  }

  @Test(arguments: corners) func pairsOfArrays(_ corner: (row: Int, column: Int)) throws {
    let (positive, negative) = Self.parts()
    let seen = [positive, negative].map {
      Self.embedded($0, rows: 5, columns: 3, at: corner, size: 24)
    }
    let found = try Self.outputs("differential", words: ["parts": "arrays"], at: corner)
    #expect(close(found, Self.expected(seen, [1, -1])))
  }

  @Test(arguments: [(0, 0), (14, 21)]) func rowsOfASignEach(
    _ corner: (row: Int, column: Int)
  ) throws {
    let (positive, negative) = Self.parts()
    var cells: [Float] = []
    for start in stride(from: 0, to: 15, by: 3) {
      cells += positive[start..<start + 3]
      cells += negative[start..<start + 3]
    }
    let seen = Self.embedded(cells, rows: 10, columns: 3, at: corner, size: 24)
    let signs: [[Float]] = (0..<2).map { sign in
      (0..<15).map { (n: Int) -> Float in
        let row = n / 3 * 2 + sign
        return seen[row * 3 + n % 3]
      }
    }
    #expect(close(try Self.outputs("signed-rows", at: corner), Self.expected(signs, [1, -1])))
  }
}
