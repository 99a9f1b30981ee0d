// Curves and points over two axes.

/// A chart of one or several series of points.
package struct LineChart: Chart {

  /// A named sequence of points.
  package struct Series: Hashable, Sendable {

    /// The name, for the legend.
    package var name: String

    /// The points.
    package var points: [Point]

    /// `true` iff neighbouring points are joined by a line.
    package var isJoined: Bool

    /// Creates a series.
    package init(_ name: String, _ points: [Point], isJoined: Bool = true) {
      self.name = name
      self.points = points
      self.isJoined = isJoined
    }
  }

  /// A point.
  package struct Point: Hashable, Sendable {
    /// The horizontal value.
    package var x: Double
    /// The vertical value.
    package var y: Double
    /// A text beside the point.
    package var label: String

    /// Creates a point.
    package init(_ x: Double, _ y: Double, label: String = "") {
      self.x = x
      self.y = y
      self.label = label
    }
  }

  /// The name and unit of the horizontal axis.
  package var xTitle: String

  /// The name and unit of the vertical axis.
  package var yTitle: String

  /// What is drawn.
  package var series: [Series]

  /// `true` iff equal factors of x are equally long.
  package var isLogarithmic: Bool

  /// A value of y at which a dashed line is drawn, with its name.
  package var reference: (y: Double, name: String)?

  /// Creates a chart.
  package init(
    xTitle: String, yTitle: String, series: [Series], isLogarithmic: Bool = false,
    reference: (y: Double, name: String)? = nil
  ) {
    self.xTitle = xTitle
    self.yTitle = yTitle
    self.series = series
    self.isLogarithmic = isLogarithmic
    self.reference = reference
  }

  /// The drawing as an SVG element.
  package var svg: String {
    let points = series.flatMap(\.points)
    let x = Axis(points.map(\.x), from: 70, to: 610, isLogarithmic: isLogarithmic)
    let y = Axis(points.map(\.y) + [reference?.y].compactMap { $0 }, from: 280, to: 20)
    var parts = frame(x, y)
    if let reference {
      let level = decimal(y.place(reference.y), 1)
      parts.append(
        "<line x1=\"70\" x2=\"610\" y1=\"\(level)\" y2=\"\(level)\" stroke=\"var(--soft)\" "
          + "stroke-dasharray=\"5 4\"/>"
          + label(reference.name, 606, y.place(reference.y) - 5, "end"))
    }
    for (i, one) in series.enumerated() {
      parts.append(drawing(of: one, color: "var(--\(colors[i % colors.count]))", x, y))
      if series.count > 1 {
        let row = 30 + 18 * Double(i)
        parts.append(
          "<rect x=\"628\" y=\"\(decimal(row - 9, 1))\" width=\"12\" height=\"12\" "
            + "fill=\"var(--\(colors[i % colors.count]))\"/>" + label(one.name, 646, row + 2))
      }
    }
    let width = series.count > 1 ? 780 : 640
    return "<svg viewBox=\"0 0 \(width) 330\" width=\"\(width)\" role=\"img\">"
      + parts.joined() + "</svg>"
  }

  private func frame(_ x: Axis, _ y: Axis) -> [String] {
    var parts: [String] = []
    for tick in y.ticks {
      let level = y.place(tick)
      parts.append(
        "<line x1=\"70\" x2=\"610\" y1=\"\(decimal(level, 1))\" y2=\"\(decimal(level, 1))\" "
          + "stroke=\"var(--line)\"/>" + label(decimal(tick, 4), 64, level + 4, "end"))
    }
    for tick in x.ticks {
      let place = x.place(tick)
      parts.append(
        "<line x1=\"\(decimal(place, 1))\" x2=\"\(decimal(place, 1))\" y1=\"280\" y2=\"285\" "
          + "stroke=\"var(--ink)\"/>" + label(decimal(tick, 3), place, 300, "middle"))
    }
    parts.append("<line x1=\"70\" x2=\"610\" y1=\"280\" y2=\"280\" stroke=\"var(--ink)\"/>")
    parts.append(label(xTitle, 335, 322, "middle"))
    parts.append(
      "<text transform=\"translate(14 150) rotate(-90)\" text-anchor=\"middle\">"
        + escaped(yTitle) + "</text>")
    return parts
  }

  private func drawing(of series: Series, color: String, _ x: Axis, _ y: Axis) -> String {
    let places = series.points.map { (x.place($0.x), y.place($0.y)) }
    let list = places.map { "\(decimal($0.0, 1)),\(decimal($0.1, 1))" }.joined(separator: " ")
    var text =
      series.isJoined
      ? "<polyline points=\"\(list)\" fill=\"none\" stroke=\"\(color)\" stroke-width=\"2\"/>" : ""
    // A curve of many points is a line; few points are marked.
    if series.points.count <= 24 {
      for (point, place) in zip(series.points, places) {
        text +=
          "<circle cx=\"\(decimal(place.0, 1))\" cy=\"\(decimal(place.1, 1))\" r=\"4\" "
          + "fill=\"\(color)\"/>"
        if !point.label.isEmpty { text += label(point.label, place.0 + 7, place.1 - 6) }
      }
    }
    return text
  }

  private func label(_ text: String, _ x: Double, _ y: Double, _ anchor: String = "start") -> String
  {
    "<text x=\"\(decimal(x, 1))\" y=\"\(decimal(y, 1))\" text-anchor=\"\(anchor)\">"
      + escaped(text) + "</text>"
  }
}

/// The colors of series, names of variables of the page.
private let colors = ["one", "two", "three", "four", "five"]
