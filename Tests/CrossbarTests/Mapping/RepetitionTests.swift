// How often layers are repeated: the fewest tiles with which noise is small enough, found by trying
// everything; less for all if there are not tiles enough.

import Diagnostics
import HardwareTargets
import SpikeIR
import TestSupport
import Testing

@testable import Crossbar
@testable import Tables

@Suite struct RepetitionTests {

  /// The ratio of signal to noise that a repetition gives, by its definition.
  private func ratio(
    _ repetition: Repetition, _ matrix: WeightMatrix, _ array: ArrayFeatures, _ rule: RepetitionRule
  ) -> Double {
    let cut = LayerCut(matrix, on: array, repetition: repetition)
    let (n, p) = (Double(cut.inputs), Double(cut.inputParts.count))
    return Double(repetition.rows) * (n * Double(repetition.columns) / p).squareRoot()
      / rule.noise
  }

  /// Every repetition of random layers on small arrays is tried.
  @Test(arguments: 0..<60 as Range<UInt64>) func fewestTiles(_ seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let target = TargetDescription.arrays(
      rows: random.int(4...40), columns: random.int(4...40),
      mapping: random.pick(["signed-abstract", "differential", "offset-unit-column"]))
    let array = try ArrayFeatures.all(of: target)[0]
    let rule = RepetitionRule(
      mostRows: random.int(1...40), mostColumns: random.int(1...40),
      signalToNoise: Double(random.int(1...400)), noise: 0.1,
      range: random.chance(0.5) ? .infinity : Double(random.int(1...40)))
    for matrix in randomMatrices(using: &random) {
      let found = array.repetition(of: matrix, rule, packs: true, mode: .vectors)
      #expect(1...min(rule.mostRows, array.mostInputs) ~= found.rows)
      #expect(1...min(rule.mostColumns, array.mostOutputs) ~= found.columns)
      func fits(_ repetition: Repetition) -> Bool {
        // The sum of signal is the ratio without copies on columns, times the noise.
        repetition.rows == 1
          || ratio(Repetition(rows: repetition.rows), matrix, array, rule) * rule.noise
            <= rule.range * (1 + 1e-12)
      }
      #expect(fits(found))
      let reached = ratio(found, matrix, array, rule)
      let tiles = LayerCut(matrix, on: array, repetition: found).tiles(replicas: 1)
      for rows in 1...min(rule.mostRows, array.mostInputs) {
        for columns in 1...min(rule.mostColumns, array.mostOutputs) {
          let other = Repetition(rows: rows, columns: columns)
          guard fits(other) else { continue }
          let isEnough = ratio(other, matrix, array, rule) >= rule.signalToNoise
          if isEnough {
            #expect(reached >= rule.signalToNoise * (1 - 1e-9))
            #expect(tiles <= LayerCut(matrix, on: array, repetition: other).tiles(replicas: 1))
          } else if reached < rule.signalToNoise * (1 - 1e-9) {
            #expect(ratio(other, matrix, array, rule) <= reached * (1 + 1e-9))
          }
        }
      }
    }
  }

  @Test func spareRowsAreFilledFirst() throws {
    var array = ArrayFeatures(count: 1, rows: 512, columns: 512)
    array.repetition = RepetitionRule(
      mostRows: 512, mostColumns: 512, signalToNoise: 1200, noise: 0.1)
    let matrices = WeightMatrix.all(in: try leNet())
    func repetition(_ mode: ReadMode) -> [Repetition] {
      matrices.map { array.repetition(of: $0, array.repetition, packs: true, mode: mode) }
    }
    // √26 · R ≥ 120 takes 24 copies, and 512 rows hold 19; with two on columns 17 are enough.
    #expect(repetition(.vectors)[0] == Repetition(rows: 17, columns: 2))
    // Frames of spikes are not read again if they exceed the range: no copies on rows.
    #expect(repetition(.frames(8)).allSatisfy { $0.rows == 1 && $0.columns > 1 })
    #expect(array.repetition(of: matrices[0], nil, packs: true, mode: .vectors) == .none)
  }

  /// With fewer tiles than all that is wanted takes, every layer gets the same part of it.
  @Test func fewTilesAreShared() throws {
    var target = TargetDescription.arrays(
      rows: 64, columns: 64, count: 4000,
      numbers: ["output.noise": 0.06, "device.wMax": 0.6, "repetition.signalToNoise": 600])
    let graph = try leNet()
    let whole = try CrossbarLayout(of: graph, on: target)
    let rule = try #require(whole.arrays[0].repetition)
    func least(_ layout: CrossbarLayout) -> Double {
      layout.layers.map { ratio($0.cut.repetition, $0.matrix, layout.arrays[0], rule) }.min() ?? 0
    }
    #expect(least(whole) >= 600 * (1 - 1e-9))
    target.cores[0].count = whole.tiles.count / 2
    let half = try CrossbarLayout(of: graph, on: target)
    #expect(CrossbarCheck.findings(of: half).isEmpty)
    #expect(half.tiles.count <= whole.tiles.count / 2)
    #expect(least(half) < 600 && least(half) > 600 / 4)
    // As many tiles as hold the network once: nothing is repeated that takes another.
    target.cores[0].analog?.numbers["repetition.signalToNoise"] = nil
    let once = try CrossbarLayout(of: graph, on: target)
    #expect(once.layers.allSatisfy { $0.cut.repetition == .none })
    target.cores[0].analog?.numbers["repetition.signalToNoise"] = Quantity(600)
    target.cores[0].count = once.tiles.count
    let tight = try CrossbarLayout(of: graph, on: target)
    #expect(tight.tiles.count == once.tiles.count)
    target.cores[0].count = once.tiles.count - 1
    #expect(throws: CompileError.self) { try CrossbarLayout(of: graph, on: target) }
  }

  @Test func budgetsHoldForRepetitionToo() throws {
    let target = TargetDescription.arrays(
      rows: 64, columns: 64, count: 4000,
      numbers: ["output.noise": 0.06, "repetition.signalToNoise": 600])
    let layout = try CrossbarLayout(
      of: try leNet(), on: target, options: LayoutOptions(budget: .most(60)))
    #expect(layout.tiles.count <= 60 && layout.summary.occupancy > layout.summary.utilization)
    #expect(layout.summary.occupancy <= 1)
  }

  /// A copy more or less in the tables is found.
  @Test func wrongNumbersOfCopiesAreFound() throws {
    let target = TargetDescription.arrays(
      rows: 64, columns: 64, numbers: ["output.noise": 0.06, "repetition.signalToNoise": 200])
    let layout = try CrossbarLayout(of: try leNet(), on: target)
    #expect(layout.layers[0].cut.repetition.rows > 1)
    func findings(
      _ file: String, line: Int, column: String, _ change: (Int) -> Int
    ) throws -> [String] {
      var tables = layout.texts
      var lines = CSVTable.lines(of: String(decoding: tables[file] ?? [], as: UTF8.self))
      let place = try #require(lines[0].firstIndex(of: column))
      lines[line][place] = "\(change(try #require(Int(lines[line][place]))))"
      var writer = CSVWriter(lines[0])
      for fields in lines.dropFirst() { writer.append(fields) }
      tables[file] = Array(writer.text.utf8)
      do throws(CompileError) {
        let read = try CrossbarLayout(
          reading: tables, of: layout.layers.map(\.matrix), on: target, mode: layout.mode)
        return CrossbarCheck.findings(of: read, readFrom: tables).map(\.id)
      } catch { return error.diagnostics.map(\.id) }
    }
    #expect(try findings("layers.csv", line: 1, column: "row_copies") { $0 }.isEmpty)
    for column in ["row_copies", "column_copies"] {
      for change in [{ $0 + 1 }, { _ in 0 }, { _ in 1 << 40 }, { $0 * 7 }] as [(Int) -> Int] {
        #expect(try !findings("layers.csv", line: 1, column: column, change).isEmpty)
        #expect(try !findings("tiles.csv", line: 2, column: column, change).isEmpty)
      }
    }
    #expect(
      try findings("layers.csv", line: 1, column: "row_copies") { $0 + 1 }
        .contains("check.outside-array"))
  }

  @Test func rulesOfDescriptions() throws {
    func features(_ numbers: [String: Double]) throws -> ArrayFeatures {
      try ArrayFeatures.all(of: .arrays(rows: 64, columns: 32, numbers: numbers))[0]
    }
    #expect(try features(["output.noise": 0.06]).repetition == nil)
    #expect(
      try features([
        "output.noise": 0.06, "device.wMax": 0.6, "repetition.signalToNoise": 300,
        "repetition.rows": 8, "output.bound": 12,
      ]).repetition
        == RepetitionRule(
          mostRows: 8, mostColumns: 32, signalToNoise: 300, noise: 0.06 / 0.6, range: 12 / 0.6))
    for wrong in [
      ["repetition.rows": 2], ["repetition.signalToNoise": 100],
      ["repetition.signalToNoise": 0, "output.noise": 0.06],
      ["repetition.signalToNoise": 100, "output.noise": 0.06, "repetition.columns": 0],
    ] {
      #expect(throws: CompileError.self) { try features(wrong) }
    }
  }
}
