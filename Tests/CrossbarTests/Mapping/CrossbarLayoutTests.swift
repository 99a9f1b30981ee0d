// Layouts: every weight has its place, blocks do not overlap, sizes are those of the arrays.

import Diagnostics
import HardwareTargets
import SpikeIR
import TestSupport
import Testing

@testable import Crossbar

@Suite struct CrossbarLayoutTests {

  @Test func partsAreEqualOrMaximal() {
    for count in 1...40 {
      for most in 1...12 {
        let equal = LayerCut.parts(of: count, most: most, .equal)
        let maximal = LayerCut.parts(of: count, most: most, .maximal)
        for parts in [equal, maximal] {
          #expect(parts.flatMap { Array($0) } == Array(0..<count))
          #expect(parts.allSatisfy { 1...most ~= $0.count })
        }
        #expect(equal.count == (count + most - 1) / most && maximal.count == equal.count)
        #expect(equal[0].count - equal[equal.count - 1].count <= 1)
        #expect(maximal.dropLast().allSatisfy { $0.count == most })
      }
    }
  }

  /// Random layers on random arrays, counted cell by cell.
  @Test(arguments: 0..<80 as Range<UInt64>) func everyWeightHasItsPlace(_ seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let layout = try randomLayout(using: &random)
    #expect(layout.tiles.count == layout.layers.last?.tiles.upperBound)
    for (number, layer) in layout.layers.enumerated() {
      let array = layout.arrays[layer.kind]
      let rows = layer.matrix.inputs + (layer.cut.holdsBias ? 1 : 0)
      #expect(layer.cut.holdsBias == (array.holdsBias && layer.matrix.bias != nil))
      var held = [Int](
        repeating: 0, count: layer.replicas * layer.matrix.groups * rows * layer.matrix.outputs)
      var cells: Set<[Int]> = []
      var used: Set<Int> = []
      for block in layout.blocks[layer.blocks] {
        #expect(block.layer == number && layout.tiles[block.tile].layer == number)
        #expect(layer.tiles.contains(block.tile))
        used.insert(block.tile)
        for i in block.inputs {
          for o in block.outputs {
            held[
              ((block.replica * layer.matrix.groups + block.group) * rows + i)
                * layer.matrix.outputs + o] += 1
          }
        }
        let (own, across) = (layout.rows(of: block), layout.columns(of: block))
        #expect(own.lowerBound >= 0 && own.upperBound <= array.rows)
        #expect(across.lowerBound >= 0 && across.upperBound <= array.columns)
        let copies = layer.cut.repetition
        #expect(own.count == block.inputs.count * array.rowsPerInput * copies.rows)
        #expect(
          across.count == block.outputs.count * array.columnsPerOutput * copies.columns
            + array.columnsPerBlock)
        // No row and no column of a tile is shared: one read serves all of its blocks.
        for row in own { #expect(cells.insert([block.tile, 0, row]).inserted) }
        for column in across { #expect(cells.insert([block.tile, 1, column]).inserted) }
      }
      #expect(held.allSatisfy { $0 == 1 })
      #expect(used == Set(layer.tiles))
      // As many cycles as it takes to deal positions out to the copies.
      #expect(
        layer.cyclesPerPass
          == stride(from: 0, to: layer.matrix.positions, by: layer.replicas).reduce(0) { count, _ in
            count + 1
          })
    }
  }

  @Test func depthwiseGroupsShareTiles() throws {
    let graph = try depthwiseNetwork()
    let matrices = WeightMatrix.all(in: graph)
    let choices = matrices.map { _ in LayerChoice() }
    let target = TargetDescription.arrays(rows: 128, columns: 128)
    let arrays = try ArrayFeatures.all(of: target)
    let packed = try CrossbarLayout(matrices, choices, on: target, arrays: arrays, mode: .vectors)
    let single = try CrossbarLayout(
      matrices, choices, on: target, arrays: arrays, mode: .vectors, packs: false)
    // 3 × 3 taps and a bias: twelve blocks of ten rows on 128.
    #expect(packed.layers[1].cut.blocksPerTile == 12)
    #expect(packed.layers[1].tiles.count == 2 && single.layers[1].tiles.count == 16)
    #expect(packed.layers[5].tiles.count == 3 && single.layers[5].tiles.count == 32)
    #expect(single.tiles.count > 3 * packed.tiles.count)
  }

  @Test func rejectsMoreBlocksThanTablesHold() throws {
    let graph = try leNet()
    let target = TargetDescription.arrays(rows: 1, columns: 1)
    let matrices = WeightMatrix.all(in: graph)
    #expect(throws: Diagnostic.self) {
      try CrossbarLayout(
        matrices, matrices.map { LayerChoice(replicas: $0.positions * 1000) }, on: target,
        arrays: try ArrayFeatures.all(of: target), mode: .vectors)
    }
  }
}

/// Returns a random layout of random layers on random arrays.
func randomLayout(using random: inout SplitMix64) throws -> CrossbarLayout {
  let mappings = [
    "signed-abstract", "differential", "offset-digital", "offset-unit-column", "signed-rows",
    "bit-sliced-differential", "bit-sliced-offset",
  ]
  let mapping = random.pick(mappings)
  var numbers: [String: Double] = ["devicesPerWeight": Double(random.int(1...2))]
  if mapping.hasPrefix("bit-sliced") {
    numbers["slices"] = Double(random.int(2...3))
    numbers["cellBits"] = 2
  }
  let words = [
    "split": random.pick(["equal", "maximal"]), "biasRow": random.pick(["analog", "digital"]),
    "parts": random.pick(["columns", "arrays"]),
  ]
  let target = TargetDescription.arrays(
    rows: random.int(4...40), columns: random.int(14...60), mapping: mapping, numbers: numbers,
    words: words)
  let arrays = try ArrayFeatures.all(of: target)
  let matrices = randomMatrices(using: &random)
  let choices = matrices.map { matrix in
    LayerChoice(
      replicas: random.int(1...min(5, matrix.positions)),
      repetition: random.chance(0.5)
        ? .none
        : Repetition(
          rows: random.int(1...min(4, arrays[0].mostInputs)),
          columns: random.int(1...min(4, arrays[0].mostOutputs))))
  }
  return try CrossbarLayout(
    matrices, choices, on: target, arrays: arrays, mode: random.pick([.vectors, .frames(8)]),
    packs: random.chance(0.8))
}

/// Returns random layers.
func randomMatrices(using random: inout SplitMix64) -> [WeightMatrix] {
  (0..<random.int(1...4)).map { i in
    WeightMatrix(
      name: "m\(i)", source: .node(NodeID(i)), groups: random.pick([1, 1, 2, 7]),
      inputs: random.int(1...50), outputs: random.int(1...40), windows: nil,
      positions: random.int(1...30), kernel: TensorID(0),
      bias: random.chance(0.5) ? TensorID(1) : nil)
  }
}
