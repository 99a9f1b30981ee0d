// Crossbar tables as text: layers, and the blocks of tiles.

internal import Tables

/// The names of the tables' files, and of their columns.
enum TableLayout {

  /// The layers.
  static let layers = "layers.csv"
  /// The blocks of tiles.
  static let tiles = "tiles.csv"

  /// The columns of layers; those from `passes` on follow from the others.
  static let layerColumns = [
    "layer", "name", "class", "groups", "inputs", "bias", "outputs", "reuse", "replicas", "tiles",
    "blocks_per_tile", "row_copies", "column_copies", "passes", "cycles", "reads", "utilization",
    "occupancy", "input_conversions", "output_conversions", "cell_reads", "additions", "seconds",
    "joules", "limiting",
  ]

  /// The columns of blocks; `chip` and `array` follow from the tile, `rows` and those after it from the
  /// layer.
  static let tileColumns = [
    "tile", "class", "chip", "array", "layer", "replica", "group", "row_block", "column_block",
    "input0", "input1", "output0", "output1", "row", "column", "rows", "columns",
    "row_copies", "column_copies",
  ]
}

/// Columns of crossbar tables, for those that show them in other forms.
package enum CrossbarTableFields {

  /// The columns whose fields are names, whatever they look like.
  package static let words: Set<String> = ["name", "class"]
}

extension CrossbarLayout {

  /// The tables as text, by the names of their files.
  ///
  /// The same layout gives the same bytes.
  package var tables: [(name: String, text: String)] {
    [(TableLayout.layers, layersTable), (TableLayout.tiles, tilesTable)]
  }

  private var layersTable: String {
    var csv = CSVWriter(TableLayout.layerColumns)
    let limiting = pipeline?.limitingLayer
    for (number, layer) in layers.enumerated() {
      let (matrix, cut) = (layer.matrix, layer.cut)
      let costs = costs(of: number)
      let sizes = [
        cut.groups, matrix.inputs, cut.holdsBias ? 1 : 0, cut.outputs, matrix.positions,
        layer.replicas, layer.tiles.count, cut.blocksPerTile, cut.repetition.rows,
        cut.repetition.columns, passes(of: number), cycles(of: number), costs.reads,
      ]
      let counts = [
        costs.inputConversions, costs.outputConversions, costs.cellReads, costs.additions,
      ]
      let names = ["\(number)", matrix.name, arrays[layer.kind].name]
      let measures = [costs.seconds, costs.joules].map { $0.map { "\($0)" } ?? "" }
      csv.append(
        names + sizes.map(String.init) + [costs.utilization.percent, costs.occupancy.percent]
          + counts.map(String.init)
          + measures + [number == limiting ? "1" : "0"])
    }
    return csv.text
  }

  private var tilesTable: String {
    var csv = CSVWriter(TableLayout.tileColumns)
    let places = arrayPlaces
    for block in blocks {
      let layer = layers[block.layer]
      let place = places[block.tile]
      // Where a block begins says which row and column of blocks it is in.
      let rowBlock = layer.cut.inputParts.firstIndex { $0.lowerBound >= block.inputs.lowerBound }
      let columnBlock =
        layer.cut.outputParts.firstIndex { $0.lowerBound >= block.outputs.lowerBound }
      let numbers = [
        block.layer, block.replica, block.group, rowBlock ?? layer.cut.inputParts.count,
        columnBlock ?? layer.cut.outputParts.count, block.inputs.lowerBound,
        block.inputs.upperBound, block.outputs.lowerBound, block.outputs.upperBound, block.row,
        block.column, rows(of: block).count, columns(of: block).count,
        layer.cut.repetition.rows, layer.cut.repetition.columns,
      ]
      csv.append(
        ["\(block.tile)", arrays[tiles[block.tile].kind].name, "\(place.chip)", "\(place.array)"]
          + numbers.map(String.init))
    }
    return csv.text
  }

  /// The chip of each tile, and the first of its arrays among those of its class on that chip.
  ///
  /// Tiles take arrays in order; one whose arrays would be on two chips begins the next.
  package var arrayPlaces: [(chip: Int, array: Int)] {
    var used = [Int](repeating: 0, count: arrays.count)
    return tiles.map { tile in
      let array = arrays[tile.kind]
      let perChip = max(1, array.count / array.arraysPerTile)
      let (chip, place) = used[tile.kind].quotientAndRemainder(dividingBy: perChip)
      used[tile.kind] += 1
      return (chip, place * array.arraysPerTile)
    }
  }
}
