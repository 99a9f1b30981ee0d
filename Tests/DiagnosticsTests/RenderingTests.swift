import Diagnostics
import Testing

@Suite("Rendering of diagnostics") struct RenderingTests {

  @Test("places a caret under the column") func caret() {
    let diagnostic = Diagnostic.error(
      "ir.use-before-def", "%3 is used before it is defined",
      at: .text(file: "a.sir", line: 2, column: 5, source: "%1 = %3"), notes: ["move it up"])
    #expect(
      diagnostic.rendered() == """
        error: %3 is used before it is defined [ir.use-before-def]
          --> a.sir:2:5
          | %1 = %3
          |     ^
          note: move it up
        """)
  }

  @Test("shows the part of a long line that matters", arguments: [1, 30, 500, 999, 1000, 5000])
  func longLine(column: Int) throws {
    let source = String(repeating: "a", count: 998) + "bc"
    let site = Site.text(file: "a.sir", line: 1, column: column, source: source)
    let lines = Diagnostic.error("x.y", "z", at: site).rendered().split(separator: "\n")
    #expect(lines.count == 4)
    #expect(lines.allSatisfy { $0.count <= 126 })
    let caret = try #require(lines[3].firstIndex(of: "^"))
    let marked = lines[2].dropFirst(lines[3].distance(from: lines[3].startIndex, to: caret)).first
    #expect(marked == (column == 999 ? "b" : column == 1000 ? "c" : column > 1000 ? "…" : "a"))
  }

  @Test("makes control characters visible") func controlCharacters() {
    let text = Diagnostic.warning("x.y", "layer '\u{1B}[2J'").rendered()
    #expect(text == "warning: layer '\\u{1b}[2J' [x.y]")
  }

  @Test("counts are in the plural unless they are one") func counts() {
    #expect("\(1, of: "chip"), \(2, of: "chip")" == "1 chip, 2 chips")
    #expect("\(0, of: "entry", "entries"), \(1, of: "entry", "entries")" == "0 entries, 1 entry")
  }
}
