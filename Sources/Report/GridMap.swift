// A grid of places, colored by how much there is in each, with links between neighbours as lines.
// Links around a torus, from one border to the opposite one, are drawn as their two ends.

/// A heat map of places on a grid and of links between them.
package struct GridMap: Chart {

  /// A place.
  package struct Place: Hashable, Sendable {
    /// The column.
    package var x: Int
    /// The row, from above.
    package var y: Int
    /// How full each part of the place is, 0 to 1, such as the cores of a router.
    package var parts: [Double]
    /// What is said when the pointer rests on the place.
    package var label: String

    /// Creates a place.
    package init(x: Int, y: Int, parts: [Double], label: String) {
      self.x = x
      self.y = y
      self.parts = parts
      self.label = label
    }
  }

  /// A link between neighbours.
  package struct Link: Hashable, Sendable {
    /// The column where it begins.
    let x: Int
    /// The row where it begins.
    let y: Int
    /// The columns that it crosses, negative to the left.
    let dx: Int
    /// The rows that it crosses, negative upwards.
    let dy: Int
    /// How busy it is, 0 to 1.
    package var value: Double
    /// What is said when the pointer rests on the link.
    package var label: String

    /// Creates a link.
    package init(from: (Int, Int), to: (Int, Int), value: Double, label: String) {
      (x, y) = from
      (dx, dy) = (to.0 - from.0, to.1 - from.1)
      self.value = value
      self.label = label
    }
  }

  /// The places; those that are missing are drawn empty.
  package var places: [Place]

  /// The links.
  package var links: [Link]

  /// The number of columns.
  package var columns: Int

  /// The number of rows.
  package var rows: Int

  /// The columns and rows of a chip, around which a line is drawn.
  package var chip: (columns: Int, rows: Int)?

  /// Creates a map.
  package init(
    columns: Int, rows: Int, places: [Place], links: [Link] = [],
    chip: (columns: Int, rows: Int)? = nil
  ) {
    self.columns = columns
    self.rows = rows
    self.places = places
    self.links = links
    self.chip = chip
  }

  /// The distance of places, in the units of the drawing; small grids are drawn large.
  private var pitch: Double { max(6, min(56, 1000 / Double(max(1, columns)))) }

  /// The drawing as an SVG element.
  package var svg: String {
    let (width, height) = (pitch * Double(columns), pitch * Double(rows))
    let size = "\(decimal(width + 4, 0)) \(decimal(height + 4, 0))"
    return
      "<svg viewBox=\"-2 -2 \(size)\" width=\"\(decimal(min(width + 4, 1000), 0))\" role=\"img\">"
      + ground + links.map(drawing).joined() + places.map(drawing).joined() + outlines + "</svg>"
  }

  /// The empty places.
  private var ground: String {
    "<rect x=\"0\" y=\"0\" width=\"\(decimal(pitch * Double(columns), 1))\" "
      + "height=\"\(decimal(pitch * Double(rows), 1))\" fill=\"none\" stroke=\"var(--line)\"/>"
  }

  /// The outlines of chips.
  private var outlines: String {
    guard let chip, chip.columns > 0, chip.rows > 0 else { return "" }
    var text = ""
    for y in stride(from: 0, to: rows, by: chip.rows) {
      for x in stride(from: 0, to: columns, by: chip.columns) {
        text += rectangle(
          Double(x) * pitch, Double(y) * pitch, Double(min(chip.columns, columns - x)) * pitch,
          Double(min(chip.rows, rows - y)) * pitch, "fill=\"none\" stroke=\"var(--ink)\"")
      }
    }
    return text
  }

  /// Returns the drawing of a place: its parts as squares side by side.
  private func drawing(of place: Place) -> String {
    var side = 1
    while side * side < place.parts.count { side += 1 }
    let (left, top) = (Double(place.x) * pitch, Double(place.y) * pitch)
    let inset = pitch * 0.14
    let cell = (pitch - 2 * inset) / Double(side)
    let parts = place.parts.enumerated().map { i, value in
      rectangle(
        left + inset + Double(i % side) * cell, top + inset + Double(i / side) * cell, cell * 0.94,
        cell * 0.94,
        "fill=\"\(GridMap.color(value, .warm))\" stroke=\"var(--line)\" stroke-width=\"0.5\"")
    }
    return "<g><title>\(escaped(place.label))</title>\(parts.joined())</g>"
  }

  /// Returns the drawing of a link: a line beside that of the other direction; of one around a torus
  /// a line out of the map where it begins, and one into the map where it ends.
  private func drawing(of link: Link) -> String {
    let (dx, dy) = (around(link.dx, columns), around(link.dy, rows))
    let lines =
      (dx, dy) == (link.dx, link.dy)
      ? [line(link, from: (0, 0), along: (dx, dy), part: 1)]
      : [
        line(link, from: (0, 0), along: (dx, dy), part: 0.5),
        line(link, from: (link.dx, link.dy), along: (-dx, -dy), part: 0.5),
      ]
    return "<g><title>\(escaped(link.label))</title>\(lines.joined())</g>"
  }

  /// Returns the step of a link around a torus, which is one place in the other direction.
  ///
  /// It is known by its step, which seems to cross all places of `extent`; others stay as they are.
  private func around(_ step: Int, _ extent: Int) -> Int {
    guard abs(step) > 1, abs(step) == extent - 1 else { return step }
    return -step.signum()
  }

  /// Returns a part of the line that begins at a place beside that of `link`, half a place from its
  /// center on the side where the link's direction has its own.
  private func line(
    _ link: Link, from start: (x: Int, y: Int), along step: (dx: Int, dy: Int), part: Double
  ) -> String {
    let shift = pitch * 0.05
    // Both directions of a pair of neighbours lie side by side; an end is drawn backwards.
    let sign: Double = start == (0, 0) ? 1 : -1
    let sx = sign * Double(-step.dy.signum()) * shift
    let sy = sign * Double(step.dx.signum()) * shift
    let x1 = (Double(link.x + start.x) + 0.5) * pitch + sx
    let y1 = (Double(link.y + start.y) + 0.5) * pitch + sy
    let (x2, y2) = (x1 + Double(step.dx) * part * pitch, y1 + Double(step.dy) * part * pitch)
    let width = decimal(0.4 + link.value * pitch * 0.09, 2)
    return "<line x1=\"\(decimal(x1, 1))\" "
      + "y1=\"\(decimal(y1, 1))\" x2=\"\(decimal(x2, 1))\" y2=\"\(decimal(y2, 1))\" "
      + "stroke=\"\(GridMap.color(link.value, .cold))\" stroke-width=\"\(width)\"/>"
  }

  private func rectangle(
    _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ style: String
  ) -> String {
    "<rect x=\"\(decimal(x, 1))\" y=\"\(decimal(y, 1))\" width=\"\(decimal(width, 1))\" "
      + "height=\"\(decimal(height, 1))\" \(style)/>"
  }

  /// Scales of colors, from pale to dark, seen on light and dark ground alike.
  private enum Scale {
    /// From yellow to red.
    case warm
    /// From light to deep blue.
    case cold

    /// The colors at 0, ½ and 1.
    var stops: [(Double, Double, Double)] {
      switch self {
      case .warm: [(255, 240, 200), (244, 160, 60), (150, 20, 40)]
      case .cold: [(190, 220, 245), (90, 150, 220), (20, 50, 140)]
      }
    }
  }

  /// Returns the color of a value between 0 and 1.
  private static func color(_ value: Double, _ scale: Scale) -> String {
    let t = min(max(value, 0), 1)
    let (i, f) = t < 0.5 ? (0, 2 * t) : (1, 2 * t - 1)
    let (a, b) = (scale.stops[i], scale.stops[i + 1])
    let mixed = [(a.0, b.0), (a.1, b.1), (a.2, b.2)].map {
      Int(($0.0 + f * ($0.1 - $0.0)).rounded())
    }
    return "rgb(\(mixed[0]),\(mixed[1]),\(mixed[2]))"
  }
}
