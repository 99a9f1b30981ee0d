// Proves that crossbar tables are right: every weight is held by exactly one block of each copy,
// sums are complete, blocks are within their arrays and apart. Builds nothing, so that it shares no
// error with what made the tables.

package import Diagnostics
internal import HardwareTargets
internal import Tables

/// What is wrong with a layout.
package struct CrossbarCheck {

  private let layout: CrossbarLayout

  /// The problems found so far.
  private var findings: [Diagnostic] = []

  /// The most problems that are told.
  private static let mostFindings = 100

  private init(_ layout: CrossbarLayout) { self.layout = layout }

  /// Returns everything that is wrong with `layout`, nothing if it is right.
  ///
  /// - Complexity: O(blocks · log(blocks)).
  package static func findings(of layout: CrossbarLayout) -> [Diagnostic] {
    var check = CrossbarCheck(layout)
    for number in layout.layers.indices { check.checkLayer(number) }
    check.checkTiles()
    check.checkBudget()
    return check.findings
  }

  /// Returns everything that is wrong with a layout that was read from `tables`, columns that follow
  /// from others included.
  ///
  /// - Parameters:
  ///   - layout: what was read.
  ///   - tables: the text of each table by the name of its file.
  /// - Returns: what is wrong.
  package static func findings(
    of layout: CrossbarLayout, readFrom tables: [String: [UInt8]]
  ) -> [Diagnostic] {
    let found = findings(of: layout)
    guard found.isEmpty else { return found }
    return layout.tables.compactMap { name, text in
      differenceOfTexts(name, tables[name] ?? [], Array(text.utf8))
    }
  }

  private mutating func report(_ id: String, _ layer: Int, _ message: String) {
    guard findings.count < CrossbarCheck.mostFindings else { return }
    findings.append(.error("check.\(id)", "'\(layout.layers[layer].matrix.name)': \(message)"))
  }

  // MARK: - Layers

  /// Checks that every copy of every group holds every weight once.
  private mutating func checkLayer(_ number: Int) {
    let layer = layout.layers[number]
    let array = layout.arrays[layer.kind]
    let rows =
      layer.matrix.inputs + (array.holdsBias && layer.matrix.bias != nil ? 1 : 0)
    if !(1...layer.matrix.positions ~= layer.replicas) {
      report(
        "replicas", number,
        "\(layer.replicas, of: "copy", "copies") for \(layer.matrix.positions) vectors, expected "
          + "one or more, and no more than vectors")
      return
    }
    var copies: [[TileBlock]] = []
    for block in layout.blocks[layer.blocks] {
      guard block.replica < layer.replicas, block.group < layer.matrix.groups,
        block.inputs.upperBound <= rows, block.outputs.upperBound <= layer.matrix.outputs
      else {
        report(
          "no-such-weights", number,
          "\(block.words), the layer has \(layer.replicas, of: "copy", "copies") of "
            + "\(layer.matrix.groups, of: "group") of \(layer.matrix.outputs) × \(rows)")
        continue
      }
      // Blocks of a copy and group are in order, or they are not counted as those of one.
      if let last = copies.last?.first, last.replica == block.replica, last.group == block.group {
        copies[copies.count - 1].append(block)
      } else {
        copies.append([block])
      }
    }
    guard findings.count < CrossbarCheck.mostFindings else { return }
    let expected = layer.replicas * layer.matrix.groups
    for (i, blocks) in copies.enumerated() {
      let (replica, group) = i.quotientAndRemainder(dividingBy: layer.matrix.groups)
      guard i < expected, blocks[0].replica == replica, blocks[0].group == group else {
        report(
          "copy-order", number,
          "\(blocks[0].words) begins copy and group number \(i), expected copy \(replica), group "
            + "\(group) of \(expected) in all")
        return
      }
      checkCover(number, blocks, rows: rows)
    }
    if copies.count < expected {
      report(
        "copies-missing", number,
        "\(copies.count, of: "copy", "copies") of groups, expected \(expected)")
    }
  }

  /// Checks that the blocks of a copy are rows of blocks that cover the matrix without overlap.
  private mutating func checkCover(_ number: Int, _ blocks: [TileBlock], rows: Int) {
    let sorted = blocks.sorted {
      ($0.inputs.lowerBound, $0.outputs.lowerBound)
        < ($1.inputs.lowerBound, $1.outputs.lowerBound)
    }
    let outputs = layout.layers[number].matrix.outputs
    var (row, column) = (0..<0, outputs)
    for block in sorted {
      let place = "copy \(block.replica), group \(block.group)"
      if block.inputs == row, column < outputs {
        if block.outputs.lowerBound != column {
          report(
            "weights-covered", number,
            "\(place): \(block.words) after output \(column), expected that output next")
          return
        }
      } else if column == outputs, block.inputs.lowerBound == row.upperBound,
        block.outputs.lowerBound == 0
      {
        row = block.inputs
      } else {
        report(
          "weights-covered", number,
          "\(place): \(block.words) after inputs \(row) and output \(column), expected to cover "
            + "\(outputs) × \(rows) weights once")
        return
      }
      column = block.outputs.upperBound
    }
    if row.upperBound != rows || column != outputs {
      report(
        "sums-incomplete", number,
        "copy \(blocks[0].replica), group \(blocks[0].group): weights of inputs from "
          + "\(row.upperBound) to \(rows) and outputs from \(column) to \(outputs) are nowhere")
    }
  }

  // MARK: - Tiles

  /// Checks that the blocks of a tile are within it, that rows and columns are apart, and that tiles
  /// are of the class of their layer.
  private mutating func checkTiles() {
    var byTile = [[TileBlock]](repeating: [], count: layout.tiles.count)
    for block in layout.blocks {
      guard layout.tiles.indices.contains(block.tile) else {
        report("no-such-tile", block.layer, "tile \(block.tile) of \(layout.tiles.count)")
        continue
      }
      byTile[block.tile].append(block)
    }
    for (number, tile) in layout.tiles.enumerated() {
      let blocks = byTile[number]
      guard tile.kind == layout.layers[tile.layer].kind else {
        report("tile-class", tile.layer, "tile \(number) is of another class than the layer")
        continue
      }
      if blocks.isEmpty { report("tile-empty", tile.layer, "tile \(number) holds nothing") }
      let array = layout.arrays[tile.kind]
      for block in blocks {
        if block.layer != tile.layer {
          report("tile-layer", tile.layer, "tile \(number) holds another layer's weights too")
        }
        let (rows, columns) = (layout.rows(of: block), layout.columns(of: block))
        if rows.upperBound > array.rows || columns.upperBound > array.columns {
          report(
            "outside-array", tile.layer,
            "tile \(number): rows \(rows) and columns \(columns), an array has \(array.rows) × "
              + "\(array.columns)")
        }
      }
      let names = [
        ("rows", blocks.map { layout.rows(of: $0) }),
        ("columns", blocks.map { layout.columns(of: $0) }),
      ]
      for (name, ranges) in names {
        let sorted = ranges.sorted { $0.lowerBound < $1.lowerBound }
        for (a, b) in zip(sorted, sorted.dropFirst()) where a.upperBound > b.lowerBound {
          report(
            "blocks-overlap", tile.layer,
            "tile \(number): \(name) \(a) and \(b) of two blocks, expected none in common")
        }
      }
    }
  }

  /// Checks that the machine has so many tiles.
  private mutating func checkBudget() {
    let chips = layout.target.topology.levels.first?.count ?? 1
    for (kind, array) in layout.arrays.enumerated() {
      let used = layout.tiles.count { $0.kind == kind }
      let available = array.tiles(onChips: chips)
      if used > available {
        findings.append(
          .error(
            "check.too-many-tiles",
            "\(used, of: "tile") of class '\(array.name)', the machine has \(available)"))
      }
    }
  }
}

extension TileBlock {

  /// The block in words.
  fileprivate var words: String {
    "copy \(replica), group \(group), inputs \(inputs), outputs \(outputs)"
  }
}
