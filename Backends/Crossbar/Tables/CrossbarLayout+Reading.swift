// Crossbar tables from text. What is read is as the tables say; whether it is right is for
// `CrossbarCheck` to find out.

package import Diagnostics
package import HardwareTargets
internal import Tables

extension CrossbarLayout {

  /// Reads the tables of a network.
  ///
  /// - Parameters:
  ///   - tables: the text of each table by the name of its file.
  ///   - matrices: the layers of the network that arrays hold, in order.
  ///   - target: the machine.
  ///   - mode: what is read.
  /// - Throws: `tables.missing`, `tables.bad-header`, `tables.bad-row` for every table that cannot
  ///   be read; what is wrong with the machine's arrays.
  package init(
    reading tables: [String: [UInt8]], of matrices: [WeightMatrix], on target: TargetDescription,
    mode: ReadMode
  ) throws(CompileError) {
    self.init(target: target, arrays: try ArrayFeatures.all(of: target), mode: mode)
    var sink = DiagnosticSink()
    func table(_ name: String, _ columns: [String]) throws(Diagnostic) -> CSVTable {
      guard let bytes = tables[name] else { throw .missingTable(name) }
      return try CSVTable(reading: bytes, file: name, columns: columns)
    }
    do throws(Diagnostic) {
      try readLayers(try table(TableLayout.layers, TableLayout.layerColumns), matrices)
    } catch { sink.report(error) }
    do throws(Diagnostic) {
      let tiles = try table(TableLayout.tiles, TableLayout.tileColumns)
      // Blocks belong to layers: without those nothing can be said of them.
      if sink.diagnostics.isEmpty { try readTiles(tiles) }
    } catch { sink.report(error) }
    try sink.throwIfErrors()
  }

  private mutating func readLayers(
    _ table: CSVTable, _ matrices: [WeightMatrix]
  ) throws(Diagnostic) {
    for row in table.rows {
      let number = try table.number(0, row)
      guard number == layers.count, number < matrices.count else {
        throw .badRow(
          table.file, row.line,
          "layer \(number), expected layer \(layers.count) of \(matrices.count)")
      }
      let matrix = matrices[number]
      guard row.fields[1] == matrix.name else {
        throw .badRow(
          table.file, row.line,
          "the layer '\(row.fields[1].prefix(60))', the network has '\(matrix.name)' there")
      }
      let kind = try kind(2, row, table)
      let replicas = try table.number(8, row)
      guard 1...matrix.positions ~= replicas else {
        throw .badRow(
          table.file, row.line,
          "'replicas' is \(replicas), expected 1 to \(matrix.positions), the vectors that are read")
      }
      let repetition = try repetition(of: row, table, on: arrays[kind])
      let most = LayerCut(matrix, on: arrays[kind], repetition: repetition).blocksPerTile
      let blocks = try table.number(10, row)
      guard blocks == 1 || blocks == most else {
        throw .badRow(
          table.file, row.line,
          "'blocks_per_tile' is \(blocks), expected 1 or as many as fit, \(most)")
      }
      layers.append(
        LaidOutLayer(
          matrix: matrix, kind: kind,
          cut: LayerCut(
            matrix, on: arrays[kind], packs: blocks == most, repetition: repetition),
          replicas: replicas, tiles: 0..<0, blocks: 0..<0))
    }
    guard layers.count == matrices.count else {
      throw .badRow(
        table.file, table.rows.count + 2,
        "\(layers.count, of: "layer"), expected \(matrices.count), those of the network")
    }
  }

  /// Reads how often the blocks of a layer are repeated in their places.
  private func repetition(
    of row: CSVTable.Row, _ table: CSVTable, on array: ArrayFeatures
  ) throws(Diagnostic) -> Repetition {
    let result = Repetition(rows: try table.number(11, row), columns: try table.number(12, row))
    guard 1...array.mostInputs ~= result.rows, 1...array.mostOutputs ~= result.columns else {
      throw .badRow(
        table.file, row.line,
        "\(result.rows, of: "copy", "copies") of rows and \(result.columns) of columns, expected "
          + "1 to \(array.mostInputs) and 1 to \(array.mostOutputs), which have room on an array")
    }
    return result
  }

  private mutating func readTiles(_ table: CSVTable) throws(Diagnostic) {
    for row in table.rows {
      let tile = try table.number(0, row)
      let kind = try kind(1, row, table)
      let layer = try table.number(4, row)
      guard layer < layers.count, layer >= blocks.last?.layer ?? 0 else {
        throw .badRow(
          table.file, row.line,
          "layer \(layer) after layer \(blocks.last?.layer ?? 0), expected ascending numbers below "
            + "\(layers.count)")
      }
      if tile == tiles.count {
        tiles.append(CrossbarTile(kind: kind, layer: layer))
      } else if tile != tiles.count - 1 {
        throw .badRow(
          table.file, row.line,
          "tile \(tile) after \(tiles.count, of: "tile"), expected that number or the last one")
      } else if tiles[tile] != CrossbarTile(kind: kind, layer: layer) {
        throw .badRow(
          table.file, row.line,
          "tile \(tile) of another layer or class than in the line before, expected the same")
      }
      blocks.append(
        TileBlock(
          layer: layer, replica: try table.number(5, row), group: try table.number(6, row),
          inputs: try table.range(9, row), outputs: try table.range(11, row), tile: tile,
          row: try table.number(13, row), column: try table.number(14, row)))
    }
    setRanges()
  }

  /// Sets the ranges of tiles and blocks of each layer, which are in the order of layers.
  private mutating func setRanges() {
    var (tile, block) = (0, 0)
    for layer in layers.indices {
      let (firstTile, firstBlock) = (tile, block)
      while tile < tiles.count, tiles[tile].layer == layer { tile += 1 }
      while block < blocks.count, blocks[block].layer == layer { block += 1 }
      layers[layer].tiles = firstTile..<tile
      layers[layer].blocks = firstBlock..<block
    }
  }

  private func kind(
    _ column: Int, _ row: CSVTable.Row, _ table: CSVTable
  ) throws(Diagnostic) -> Int {
    let name = row.fields[column]
    guard let kind = arrays.firstIndex(where: { $0.name == name }) else {
      throw .badRow(
        table.file, row.line,
        "'class' is '\(name.prefix(60))', the machine has "
          + arrays.map(\.name).joined(separator: ", "))
    }
    return kind
  }
}
