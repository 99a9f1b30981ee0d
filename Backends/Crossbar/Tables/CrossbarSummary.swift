// A layout in a few numbers.

/// A layout in a few numbers.
package struct CrossbarSummary: Hashable, Sendable {

  /// The classes of arrays.
  package var classes: [ClassUse]

  /// The weights and offsets that arrays hold, once.
  package var weights: Int

  /// The cells that hold weights, copies of layers included and repetitions not, as part of those of
  /// the tiles.
  package var utilization: Double

  /// The same with cells that repeat a weight.
  package var occupancy: Double

  /// The pipeline; `nil` without layers.
  package var pipeline: Pipeline?

  /// The columns that are converted for an image.
  package var outputConversions: Int

  /// The energy of arrays and converters for an image, joules; `nil` unless known for all layers.
  package var joules: Double?

  /// What is used of a class of arrays.
  package struct ClassUse: Hashable, Sendable {
    /// The name.
    package var name: String
    /// The tiles in use.
    package var tiles: Int
    /// The arrays in use.
    package var arrays: Int
    /// The chips that have so many arrays.
    package var chips: Int
    /// The arrays of a chip.
    package var arraysPerChip: Int
  }
}

extension CrossbarLayout {

  /// The layout in a few numbers.
  package var summary: CrossbarSummary {
    let costs = layers.indices.map { self.costs(of: $0) }
    var (used, repeated, cells) = (0.0, 0.0, 0.0)
    for (layer, cost) in zip(layers, costs) {
      let array = arrays[layer.kind]
      let all = Double(layer.tiles.count) * Double(array.rows) * Double(array.columns)
      used += cost.utilization * all
      repeated += cost.occupancy * all
      cells += all
    }
    let joules = costs.compactMap(\.joules)
    return CrossbarSummary(
      classes: arrays.enumerated().map { kind, array in
        let tiles = self.tiles.count { $0.kind == kind }
        let perChip = max(1, array.count / array.arraysPerTile)
        return CrossbarSummary.ClassUse(
          name: array.name, tiles: tiles, arrays: tiles * array.arraysPerTile,
          chips: (tiles + perChip - 1) / perChip, arraysPerChip: array.count)
      },
      weights: layers.reduce(0) { $0 + $1.cut.groups * $1.cut.inputs * $1.cut.outputs },
      utilization: cells > 0 ? used / cells : 0, occupancy: cells > 0 ? repeated / cells : 0,
      pipeline: pipeline,
      outputConversions: costs.reduce(0) { $0.adding($1.outputConversions) },
      joules: joules.count == costs.count ? joules.reduce(0, +) : nil)
  }

  /// The part of each tile's cells that holds weights, tile by tile, without cells that repeat one.
  ///
  /// - Complexity: O(blocks).
  package var tileUtilization: [Double] {
    var used = [Double](repeating: 0, count: tiles.count)
    for block in blocks {
      let array = array(of: block.layer)
      used[block.tile] +=
        Double(block.inputs.count * array.rowsPerInput)
        * Double(block.outputs.count * array.columnsPerOutput)
    }
    return zip(used, tiles).map { used, tile in
      used / (Double(arrays[tile.kind].rows) * Double(arrays[tile.kind].columns))
    }
  }
}
