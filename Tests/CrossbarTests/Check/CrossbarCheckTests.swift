// What is wrong with layouts is found, by name.

import HardwareTargets
import SpikeIR
import Testing

@testable import Crossbar

@Suite struct CrossbarCheckTests {

  private func layout() throws -> CrossbarLayout {
    try CrossbarLayout(
      of: try depthwiseNetwork(), on: .arrays(rows: 64, columns: 64, count: 600),
      options: LayoutOptions(budget: .most(200)))
  }

  private func findings(_ change: (inout CrossbarLayout) -> Void) throws -> Set<String> {
    var layout = try layout()
    change(&layout)
    return Set(CrossbarCheck.findings(of: layout).map(\.id))
  }

  @Test func nothingIsWrong() throws {
    #expect(try findings { _ in }.isEmpty)
  }

  @Test func weightsThatAreNowhere() throws {
    let found = try findings { layout in
      let last = layout.layers[7].blocks.upperBound - 1
      layout.blocks[last].outputs = 0..<layout.blocks[last].outputs.upperBound - 1
    }
    #expect(found.contains("check.sums-incomplete") || found.contains("check.weights-covered"))
  }

  @Test func weightsThatAreTwice() throws {
    let found = try findings { layout in
      let first = layout.layers[7].blocks.lowerBound
      let inputs = layout.blocks[first].inputs
      layout.blocks[first].inputs = inputs.lowerBound..<inputs.upperBound + 1
    }
    #expect(found.contains("check.weights-covered"))
  }

  @Test func blocksThatOverlap() throws {
    #expect(
      try findings { layout in
        let first = layout.layers[1].blocks.lowerBound
        layout.blocks[first + 1].row = layout.blocks[first].row
      } == ["check.blocks-overlap"])
  }

  @Test func blocksOutside() throws {
    #expect(
      try findings { layout in
        layout.blocks[layout.layers[7].blocks.lowerBound].column = 60
      } == ["check.outside-array"])
  }

  @Test func copiesThatAreMissing() throws {
    #expect(try findings { $0.layers[0].replicas += 1 } == ["check.copies-missing"])
    #expect(try findings { $0.layers[0].replicas = 1 << 40 } == ["check.replicas"])
    #expect(try findings { $0.layers[0].replicas = 0 } == ["check.replicas"])
  }

  @Test func weightsThatDoNotExist() throws {
    let found = try findings { $0.blocks[0].group = 5 }
    #expect(found.contains("check.no-such-weights"))
  }

  @Test func tooManyTiles() throws {
    #expect(try findings { $0.arrays[0].count = 3 } == ["check.too-many-tiles"])
  }

  @Test func tilesThatHoldNothing() throws {
    #expect(
      try findings { $0.tiles.append(CrossbarTile(kind: 0, layer: 7)) } == ["check.tile-empty"])
    #expect(try findings { $0.blocks[0].tile = 1 << 30 }.contains("check.no-such-tile"))
  }
}
