// What would make a network fit, against trying it.

import Diagnostics
import HardwareTargets
import SpikeIR
import TestSupport
import Testing

@testable import Crossbar

@Suite struct TileShortageTests {

  /// Compiles a network within a budget; returns what would fit if it does not.
  private func notes(_ budget: Int, _ sizes: [Int], on target: TargetDescription) throws
    -> [String]?
  {
    let layers = sizes.dropFirst().enumerated().map { LayerSize(name: "w\($0)", outputs: $1) }
    let graph = try network("n", input: [sizes[0]], hasBias: false, layers)
    let options = LayoutOptions(budget: .most(budget), chips: 1)
    do throws(CompileError) {
      let layout = try CrossbarLayout(of: graph, on: target, options: options)
      #expect(layout.tiles.count <= budget)
      return nil
    } catch {
      return error.diagnostics.flatMap(\.notes)
    }
  }

  @Test func fastArraysAreNotCountedWhereSlowOnesAreFewer() throws {
    let target = TargetDescription.bimodal(small: 16, smallCount: 64, large: 128, largeCount: 8)
    #expect(
      try notes(1, [100, 100, 10], on: target) == ["it would fit: a budget of 2 tiles"])
    #expect(try notes(2, [100, 100, 10], on: target) == nil)
  }

  @Test(arguments: 0..<60 as Range<UInt64>)
  func theBudgetIsTheSmallestThatSuffices(_ seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let target = TargetDescription.bimodal(
      small: random.int(4...24), smallCount: random.int(1...24), large: random.int(25...64),
      largeCount: random.int(1...4))
    let sizes = (0...random.int(1...4)).map { _ in random.int(1...70) }
    var refused: [[String]] = []
    var smallest: Int?
    for budget in 1...40 where smallest == nil {
      if let notes = try notes(budget, sizes, on: target) {
        refused.append(notes)
      } else {
        smallest = budget
      }
    }
    for notes in refused {
      if let smallest {
        #expect(notes.contains("it would fit: a budget of \(smallest, of: "tile")"), "\(notes)")
      } else {
        #expect(!notes.contains { $0.contains("a budget of") }, "\(notes)")
      }
    }
  }

  /// The fewest tiles of small questions, by trying everything; also with three classes and more.
  @Test func fewestTilesOfSmallQuestions() {
    var (found, none) = (0, 0)
    for seed in 0..<2_000 as Range<UInt64> {
      var random = SplitMix64(seed: seed)
      let classes = random.int(1...4)
      let layers = (0..<random.int(1...4)).map { _ in
        (0..<classes).map { _ in
          ReplicationProblem.Option(
            positions: random.int(1...9), cycle: random.pick([1, 8, 0.3]),
            blocksPerReplica: random.int(1...9), blocksPerTile: random.int(1...3), mostReplicas: 9)
        }
      }
      let problem = ReplicationProblem(
        layers: layers, budgets: (0..<classes).map { _ in random.int(0...9) }, total: 1)
      var fewest: Int?
      func visit(_ layer: Int, _ left: [Int], _ taken: Int) {
        guard layer < layers.count else {
          fewest = min(fewest ?? .max, taken)
          return
        }
        for (kind, option) in layers[layer].enumerated() where option.tiles(1) <= left[kind] {
          var rest = left
          rest[kind] -= option.tiles(1)
          visit(layer + 1, rest, taken + option.tiles(1))
        }
      }
      visit(0, problem.budgets, 0)
      #expect(problem.fewestTiles == fewest, "seed \(seed)")
      if fewest == nil { none += 1 } else { found += 1 }
    }
    #expect(found > 300 && none > 100)
  }
}
