// Horizontal bars with a name to the left and a number to the right.

/// A chart of named numbers.
package struct BarChart: Chart {

  /// A bar.
  package struct Bar: Hashable, Sendable {

    /// The name.
    package var name: String

    /// The length; negative bars point to the left.
    package var value: Double

    /// The text at the end of the bar.
    package var label: String

    /// `true` iff the bar is to be seen first.
    package var isMarked: Bool

    /// Creates a bar.
    package init(_ name: String, _ value: Double, label: String, isMarked: Bool = false) {
      self.name = name
      self.value = value
      self.label = label
      self.isMarked = isMarked
    }
  }

  /// The bars, from above.
  package var bars: [Bar]

  /// Creates a chart.
  package init(_ bars: [Bar]) {
    self.bars = bars
  }

  /// The drawing as an SVG element.
  package var svg: String {
    let axis = Axis(bars.map(\.value) + [0], from: 150, to: 520)
    let zero = axis.place(0)
    var text = ""
    for (i, bar) in bars.enumerated() {
      let top = 10 + 28 * Double(i)
      let end = axis.place(bar.value)
      let color = bar.isMarked ? "var(--two)" : "var(--one)"
      text +=
        "<text x=\"140\" y=\"\(decimal(top + 14, 1))\" text-anchor=\"end\">\(escaped(bar.name))</text>"
        + "<rect x=\"\(decimal(min(zero, end), 1))\" y=\"\(decimal(top, 1))\" "
        + "width=\"\(decimal(max(abs(end - zero), 1), 1))\" height=\"18\" fill=\"\(color)\"/>"
        + "<text x=\"\(decimal(max(zero, end) + 8, 1))\" y=\"\(decimal(top + 14, 1))\">"
        + "\(escaped(bar.label))</text>"
    }
    let height = decimal(20 + 28 * Double(bars.count), 0)
    return "<svg viewBox=\"0 0 700 \(height)\" width=\"700\" role=\"img\">"
      + text
      + "<line x1=\"\(decimal(zero, 1))\" x2=\"\(decimal(zero, 1))\" y1=\"4\" "
      + "y2=\"\(decimal(16 + 28 * Double(bars.count), 0))\" stroke=\"var(--ink)\"/></svg>"
  }
}
