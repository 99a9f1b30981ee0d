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

  @Test("makes control characters visible") func controlCharacters() {
    let text = Diagnostic.warning("x.y", "layer '\u{1B}[2J'").rendered()
    #expect(text == "warning: layer '\\u{1b}[2J' [x.y]")
  }
}
