// Cuts of populations into boxes: each axis by itself.

package import SpikeIR

/// A cut of an axis into parts that follow each other.
package struct AxisCut: Hashable, Sendable {

  /// The first place of each part, and the extent at the end.
  package let bounds: [Int]

  /// The number of parts.
  package var count: Int { bounds.count - 1 }

  /// The places of part `i`.
  package subscript(i: Int) -> Range<Int> { bounds[i]..<bounds[i + 1] }

  /// The size of the largest part.
  package var largest: Int { (0..<count).reduce(0) { max($0, self[$1].count) } }

  /// A cut at the given places, which ascend from 0.
  init(bounds: [Int]) { self.bounds = bounds }

  /// Cuts `extent` places into parts of nearly equal size, all but the last multiples of `unit`.
  ///
  /// - Precondition: there are no more parts than units.
  package init(_ extent: Int, parts: Int, unit: Int = 1) {
    let units = (extent + unit - 1) / unit
    precondition(parts >= 1 && parts <= units, "internal: more parts than places")
    bounds = (0...parts).map { min(extent, $0 * units / parts * unit) }
  }

  /// Returns, for each size that the largest of nearly equal parts can have, the cut into the fewest
  /// parts, from one part to as many as there are units.
  ///
  /// - Complexity: O(√units) cuts.
  static func choices(_ extent: Int, unit: Int) -> [AxisCut] {
    let units = (extent + unit - 1) / unit
    var result: [AxisCut] = []
    var parts = 1
    while parts <= units {
      result.append(AxisCut(extent, parts: parts, unit: unit))
      // The fewest parts whose largest is smaller.
      let size = (units + parts - 1) / parts
      guard size > 1 else { break }
      parts = (units + size - 2) / (size - 1)
    }
    return result
  }
}

/// A cut of a population into boxes: the products of parts of its axes.
package struct TileCut: Hashable, Sendable {

  /// The parts of the rows.
  package let rows: AxisCut

  /// The parts of the columns.
  package let columns: AxisCut

  /// The parts of the channels.
  package let channels: AxisCut

  /// The number of boxes.
  package var count: Int { rows.count * columns.count * channels.count }

  /// The extents of the largest box.
  package var largest: TileShape {
    TileShape(rows: rows.largest, columns: columns.largest, channels: channels.largest)
  }

  /// The cut of a population of shape `shape` into one box.
  static func whole(_ shape: Shape) -> TileCut {
    let all = NeuronBox(all: shape)
    return TileCut(
      rows: AxisCut(all.rows.count, parts: 1), columns: AxisCut(all.columns.count, parts: 1),
      channels: AxisCut(all.channels.count, parts: 1))
  }

  /// The boxes: positions along a curve that fills the image, the groups of channels of each position
  /// one after the other, since they listen to much the same.
  package var boxes: [NeuronBox] {
    spaceFillingCurve(columns: columns.count, rows: rows.count).flatMap { place in
      (0..<channels.count).map {
        NeuronBox(rows: rows[place.y], columns: columns[place.x], channels: channels[$0])
      }
    }
  }
}

/// The extents of a box of neurons.
package struct TileShape: Hashable, Sendable, CustomStringConvertible {
  /// The number of rows.
  package var rows: Int
  /// The number of columns.
  package var columns: Int
  /// The number of channels.
  package var channels: Int

  /// Creates a shape.
  package init(rows: Int, columns: Int, channels: Int) {
    self.rows = rows
    self.columns = columns
    self.channels = channels
  }

  /// The shape as text: `4x4x32`.
  package var description: String { "\(rows)x\(columns)x\(channels)" }
}
