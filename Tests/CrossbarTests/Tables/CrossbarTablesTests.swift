// Tables as text: known networks, the way there and back, costs counted read by read, files that are
// damaged.

import Diagnostics
import HardwareTargets
import SpikeIR
import TestSupport
import Testing

@testable import Crossbar
@testable import Tables

@Suite struct CrossbarTablesTests {

  private func columns(_ names: [String], of layout: CrossbarLayout) throws -> [[String]] {
    let text = try #require(layout.tables.first { $0.name == "layers.csv" }).text
    let lines = CSVTable.lines(of: text)
    let places = names.compactMap { lines[0].firstIndex(of: $0) }
    return lines.dropFirst().map { line in places.map { line[$0] } }
  }

  @Test func leNetTable() throws {
    var target = try #require(TargetDescription.builtIn("rpu"))
    target.cores[0].analog?.words["biasRow"] = "analog"
    let layout = try CrossbarLayout(
      of: try leNet(), on: target, options: LayoutOptions(packs: false))
    let names = ["name", "outputs", "inputs", "bias", "reuse", "replicas", "cycles", "limiting"]
    #expect(
      try columns(names, of: layout) == [
        ["k1", "16", "25", "1", "576", "1", "576", "1"],
        ["k2", "32", "400", "1", "64", "1", "64", "0"],
        ["w3", "128", "512", "1", "1", "1", "1", "0"],
        ["w4", "10", "128", "1", "1", "1", "1", "0"],
      ])
    #expect(layout.summary.weights == 80_202)
    #expect(layout.pipeline?.secondsPerImage == 576 * 8e-8)
    #expect(layout.summary.joules == nil)
  }

  @Test func alexNetTable() throws {
    let target = try #require(TargetDescription.builtIn("rpu"))
    let layout = try CrossbarLayout(of: try alexNet(), on: target)
    let found = try columns(["outputs", "inputs", "bias", "reuse"], of: layout)
    #expect(
      found == [
        ["96", "363", "0", "3025"], ["256", "2400", "0", "729"], ["384", "2304", "0", "169"],
        ["384", "3456", "0", "169"], ["256", "3456", "0", "169"], ["4096", "9216", "0", "1"],
        ["4096", "4096", "0", "1"], ["1000", "4096", "0", "1"],
      ])
    #expect(layout.tiles.count == 1 + 5 + 5 + 7 + 7 + 144 + 64 + 16)
  }

  /// What is read is what was written, and it is right.
  @Test(arguments: 0..<60 as Range<UInt64>) func readsWhatItWrites(_ seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let layout = try randomLayout(using: &random)
    let tables = layout.texts
    let found = try CrossbarLayout(
      reading: tables, of: layout.layers.map(\.matrix), on: layout.target, mode: layout.mode)
    #expect(found == layout)
    #expect(CrossbarCheck.findings(of: found, readFrom: tables).isEmpty)
  }

  /// Counts are those of every read of every block, one by one.
  @Test(arguments: 0..<40 as Range<UInt64>) func costsAreThoseOfAllReads(_ seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let layout = try randomLayout(using: &random)
    for (number, layer) in layout.layers.enumerated() {
      let array = layout.arrays[layer.kind]
      var found = LayerCosts(
        reads: 0, inputConversions: 0, outputConversions: 0, cellReads: 0, additions: 0,
        utilization: 0, occupancy: 0)
      for position in 0..<layer.matrix.positions {
        var sums: Set<[Int]> = []
        for block in layout.blocks[layer.blocks]
        where block.replica == position % layer.replicas {
          let rows = layout.rows(of: block).count * array.arraysPerTile
          let columns = layout.columns(of: block).count
          found.inputConversions += rows
          found.outputConversions +=
            block.outputs.count * array.cells.slices * layer.cut.repetition.columns
            + array.columnsPerBlock
          found.cellReads += rows * columns
          for o in block.outputs {
            let isFirst = sums.insert([block.group, o]).inserted
            found.additions += layer.cut.repetition.columns - (isFirst ? 1 : 0)
          }
        }
      }
      let (passes, costs) = (layout.mode.passes, layout.costs(of: number))
      #expect(costs.inputConversions == found.inputConversions * passes)
      #expect(costs.outputConversions == found.outputConversions * passes)
      #expect(costs.cellReads == found.cellReads * passes)
      #expect(costs.additions == found.additions * passes)
      for block in layout.blocks[layer.blocks] {
        let columns = layout.columns(of: block).count - array.columnsPerBlock
        found.occupancy += Double(layout.rows(of: block).count * columns)
      }
      let cells = Double(array.rows * array.columns * layer.tiles.count)
      #expect(abs(costs.occupancy - found.occupancy / cells) < 1e-9)
      let tiles = layout.tileUtilization[layer.tiles]
      #expect(abs(costs.utilization - tiles.reduce(0, +) / Double(tiles.count)) < 1e-9)
      #expect(tiles.allSatisfy { 0 < $0 && $0 <= 1 })
    }
  }

  /// A column of 128 cells takes 0.23 pJ, its conversion 1.56 pJ, sixteen times for an input.
  @Test func energyOfSlicedWeights() throws {
    let target = try #require(TargetDescription.builtIn("isaac"))
    let graph = try network(
      "one", input: [128], hasBias: false, [LayerSize(name: "dense", outputs: 16)])
    let layout = try CrossbarLayout(of: graph, on: target)
    #expect(layout.arrays[0].mostOutputs == 16 && layout.tiles.count == 1)
    let costs = layout.costs(of: 0)
    #expect(costs.reads == 16 && costs.outputConversions == 16 * 129)
    #expect(costs.cellReads == 16 * 128 * 129)
    let expected =
      16.0 * (128 * 129 * 1.83e-15 + 128 * 3.91e-13 + 129 * (1.5625e-12 + 0.98e-15))
    let joules = try #require(costs.joules)
    #expect(abs(joules / expected - 1) < 1e-12)
    var unknown = target
    unknown.energy.events["sampleHold"] = Quantity(nil)
    #expect(try CrossbarLayout(of: graph, on: unknown).summary.joules == nil)
  }

  @Test(arguments: TargetDescription.builtIn.filter { $0.family == .analogCrossbar }.map(\.id))
  func networksFitTheMachinesThatComeWithTheProgram(_ name: String) throws {
    let target = try #require(TargetDescription.builtIn(name))
    let layout = try CrossbarLayout(of: try leNet(), on: target)
    #expect(CrossbarCheck.findings(of: layout).isEmpty)
    let all = try CrossbarLayout(
      of: try leNet(), on: target, options: LayoutOptions(budget: .most(200)))
    #expect(CrossbarCheck.findings(of: all).isEmpty)
    #expect(all.tiles.count <= 200)
    #expect((all.pipeline?.readsPerImage ?? .max) <= layout.pipeline?.readsPerImage ?? 0)
  }

  // MARK: - Damage

  private func reading(
    _ layout: CrossbarLayout, _ tables: [String: [UInt8]]
  ) throws(CompileError) -> [Diagnostic] {
    let found = try CrossbarLayout(
      reading: tables, of: layout.layers.map(\.matrix), on: layout.target, mode: layout.mode)
    return CrossbarCheck.findings(of: found, readFrom: tables)
  }

  /// One number of one line is another: found in reading, or by what it means.
  @Test(arguments: 0..<90 as Range<UInt64>) func findsChangedNumbers(_ seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let layout = try randomLayout(using: &random)
    var tables = layout.texts
    let name = random.chance(0.7) ? "tiles.csv" : "layers.csv"
    var lines = CSVTable.lines(of: String(decoding: tables[name] ?? [], as: UTF8.self))
    let line = random.int(1...lines.count - 1)
    // A block may be anywhere on its tile where there is room: that is no damage.
    let free = name == "tiles.csv" ? ["row", "column"] : []
    let column = random.pick(lines[0].indices.filter { !free.contains(lines[0][$0]) })
    let field = lines[line][column]
    let other = Int(field).map { "\(random.chance(0.5) ? $0 + random.int(1...3) : max(0, $0 - 1))" }
    let changed = other ?? field + "0"
    guard changed != field else { return }
    lines[line][column] = changed
    var writer = CSVWriter(lines[0])
    for fields in lines.dropFirst() { writer.append(fields) }
    tables[name] = Array(writer.text.utf8)
    do throws(CompileError) {
      let found = try reading(layout, tables)
      #expect(!found.isEmpty, "\(name):\(line + 1) \(lines[0][column]): \(field) → \(changed)")
    } catch {
      #expect(error.diagnostics.allSatisfy { $0.id.hasPrefix("tables.") })
    }
  }

  /// Lines that are gone, twice there, or elsewhere; blocks on top of each other or outside.
  @Test(arguments: 0..<60 as Range<UInt64>) func findsMissingAndMovedLines(_ seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let layout = try randomLayout(using: &random)
    var tables = layout.texts
    var lines = CSVTable.lines(of: String(decoding: tables["tiles.csv"] ?? [], as: UTF8.self))
    let line = random.int(1...lines.count - 1)
    switch random.int(0...3) {
    case 0: lines.remove(at: line)
    case 1: lines.insert(lines[line], at: random.int(1...lines.count))
    case 2:
      guard lines.count > 2 else { return }
      lines.swapAt(line, line == 1 ? 2 : line - 1)
    default: lines[line][random.int(13...14)] = "\(random.int(60...9_999))"
    }
    var writer = CSVWriter(lines[0])
    for fields in lines.dropFirst() { writer.append(fields) }
    tables["tiles.csv"] = Array(writer.text.utf8)
    do throws(CompileError) {
      #expect(!(try reading(layout, tables)).isEmpty)
    } catch {
      #expect(error.diagnostics.allSatisfy { $0.id == "tables.bad-row" })
    }
  }

  @Test func saysWhere() throws {
    let layout = try CrossbarLayout(of: try leNet(), on: .arrays(rows: 64, columns: 64))
    var tables = layout.texts
    var text = String(decoding: tables["tiles.csv"] ?? [], as: UTF8.self)
    text += "1,array,x,0,0,0,0,0,0,0,1,0,1,0,0,1,1,1,1\n"
    tables["tiles.csv"] = Array(text.utf8)
    tables["layers.csv"] = Array("layer\n".utf8)
    let error = #expect(throws: CompileError.self) { try reading(layout, tables) }
    #expect(error?.diagnostics.map(\.id) == ["tables.bad-header"])
    tables["layers.csv"] = layout.texts["layers.csv"]
    let lines = text.utf8.count { $0 == UInt8(ascii: "\n") }
    let row = #expect(throws: CompileError.self) { try reading(layout, tables) }
    #expect(row?.diagnostics.map(\.id) == ["tables.bad-row"])
    #expect(row?.diagnostics[0].rendered().contains("tiles.csv:\(lines)") == true)
    tables["tiles.csv"] = nil
    let missing = #expect(throws: CompileError.self) { try reading(layout, tables) }
    #expect(missing?.diagnostics.map(\.id) == ["tables.missing"])
  }

  /// Any bytes: no trap, whatever is found.
  @Test(arguments: 0..<200 as Range<UInt64>) func survivesAnyBytes(_ seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let layout = try randomLayout(using: &random)
    var tables = layout.texts
    for name in tables.keys.sorted() {
      for _ in 0..<random.int(0...4) {
        guard var bytes = tables[name], !bytes.isEmpty else { continue }
        let place = random.int(0...bytes.count - 1)
        bytes[place] = random.pick(Array("0123456789,-\n\"x".utf8))
        if random.chance(0.2) { bytes.removeLast(random.int(0...bytes.count - 1)) }
        tables[name] = bytes
      }
    }
    _ = try? reading(layout, tables)
  }
}

extension CrossbarLayout {

  /// The tables as bytes by the names of their files.
  var texts: [String: [UInt8]] {
    Dictionary(uniqueKeysWithValues: tables.map { ($0.name, Array($0.text.utf8)) })
  }
}
