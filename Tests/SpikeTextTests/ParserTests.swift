import Diagnostics
import SpikeIR
import SpikeText
import Testing

/// Returns the ids of the errors in `text`, with their lines and columns.
private func errors(_ text: String) -> [String] {
  do throws(CompileError) {
    _ = try parseProgram(text, file: "x.sir")
    return []
  } catch {
    return error.diagnostics.map { diagnostic in
      guard case .text("x.sir", let line, let column, _)? = diagnostic.site else {
        return diagnostic.id
      }
      return "\(diagnostic.id) \(line):\(column)"
    }
  }
}

@Suite("The parser") struct ParserTests {

  /// One mistake in a line after the header and a tensor `%t`.
  @Test(
    "places errors at the words concerned",
    arguments: [
      ("%0: [1] = input \"a", "sir.unterminated-text 3:17"),
      ("%0: [1] = input \"\\x\"", "sir.bad-escape 3:18"),
      ("%0: [1] = input \"\\u{d800}\"", "sir.bad-escape 3:18"),
      ("%0: [1] = input \"\\u{1234567}\"", "sir.bad-escape 3:18"),
      ("%0: [1] = input \"a\" ?", "sir.bad-character 3:21"),
      ("%0: [1] = input \"é\" §", "sir.bad-character 3:21"),
      ("% = 1", "sir.bad-character 3:1"),
      ("%0: [1] = input", "sir.unexpected 3:16"),
      ("%0: [1] = input \"a\" \"b\"", "sir.unexpected 3:21"),
      ("%0 [1] = input \"a\"", "sir.unexpected 3:4"),
      ("%0: [1 = input \"a\"", "sir.unexpected 3:8"),
      ("%0: [x] = input \"a\"", "sir.unexpected 3:6"),
      ("%0: [1.5] = input \"a\"", "sir.bad-number 3:6"),
      ("%0: [9223372036854775808] = input \"a\"", "sir.bad-number 3:6"),
      ("input \"a\"", "sir.unexpected 3:1"),
      ("%0: [1] = input \"a\" {x=1e99}", "sir.bad-number 3:24"),
      ("%0: [1] = input \"a\" {x=1.2.3}", "sir.bad-number 3:24"),
      ("%0: [1] = input \"a\" {x=0x10}", "sir.bad-number 3:24"),
      ("%0: [1] = input \"a\" {x=}", "sir.unexpected 3:24"),
      ("%0: [1] = input \"a\" {x=1 y=2}", "sir.unexpected 3:26"),
      ("%0: [1] = input \"a\" {x=1}", "ir.unknown-attribute 3:11"),
      ("%0: [1] = inputs \"a\"", "ir.unknown-operator 3:11"),
      ("%0: [1] = dense \"a\" {bias=%t}", "ir.bad-attribute 3:11"),
      ("%0: [1] = dense \"a\" {kernel=%u}", "sir.undefined-label 3:29"),
      ("%0: [1] = softmax \"a\" (%9)", "sir.undefined-label 3:24"),
      ("%0: [1] = softmax \"a\" (%t)", "sir.undefined-label 3:24"),
      ("%0: [1] = input \"a\" threshold=1", "ir.bad-attribute 3:11"),
      ("%0: [1] = input \"a\" bias=%t", "ir.unknown-attribute 3:11"),
      ("return (%9)", "sir.undefined-label 3:9"),
      ("return %9", "sir.unexpected 3:8"),
      ("%t: f32[1] \"again\" = [1]", "sir.duplicate-label 3:1"),
      ("%u: f64[1] \"u\" = [1]", "sir.unexpected 3:5"),
      ("%u: f32[2] \"u\" = [1]", "sir.bad-element-count 3:16"),
      ("%u: f32[-1] \"u\" = [1]", "sir.bad-element-count 3:17"),
      ("%u: f32[9223372036854775807,3] \"u\" = [1]", "sir.bad-element-count 3:36"),
      ("%u: i8[1] \"u\" = [128]", "sir.bad-number 3:18"),
      ("%u: i8[1] \"u\" = [1.0]", "sir.bad-number 3:18"),
      ("%u: i16[1] \"u\" = base64 {AA==}", "sir.bad-element-count 3:18"),
      ("%u: i8[1] \"u\" = base64 {A}", "sir.bad-base64 3:26"),
      ("%u: i8[1] \"u\" = base64 {A?==}", "sir.bad-base64 3:26"),
      ("%u: i8[1] \"u\" = base64 {AB==}", "sir.bad-base64 3:29"),
      ("%u: i8[1] \"u\" = base64 {AA==AA==}", "sir.bad-base64 3:29"),
      ("%u: i8[1] \"u\" = base64 AA==", "sir.bad-base64 3:24"),
      ("%u: i8[1] \"u\" sha256:12", "sir.bad-hash 3:15"),
      ("%p: [1] rate(3) = relay \"p\"", "sir.wrong-level 3:1"),
      ("encode %p {levels=1}", "sir.wrong-level 3:1"),
    ])
  func places(line: String, expected: String) {
    #expect(errors("sir 1 ann \"x\"\n%t: f32[1] \"t\" = [1]\n\(line)\n") == [expected])
  }

  @Test(
    "places errors in spiking networks",
    arguments: [
      ("%0: [1] = input \"a\"", "sir.wrong-level 3:1"),
      ("return (%0)", "sir.wrong-level 3:1"),
      ("%q: [1] rate(0) = relay \"q\"", "ir.bad-code 3:9"),
      ("%q: [1] pulse(3) = relay \"q\"", "ir.bad-code 3:9"),
      ("%q: [1] rate = relay \"q\"", "sir.unexpected 3:14"),
      ("%q: [1] rate(3) = adder \"q\"", "ir.unknown-neuron 3:19"),
      ("%q: [1] rate(3) = if \"q\"", "ir.bad-attribute 3:19"),
      ("%q: [1] rate(3) = relay \"q\" {x=1}", "ir.unknown-attribute 3:19"),
      ("%q: [1] rate(3) = relay \"q\" (%p)", "sir.unexpected 3:30"),
      ("%q: [1] rate(3) = relay \"q\" size=1", "ir.unknown-attribute 3:19"),
      ("%j: %p -> %q = identity \"j\"", "sir.undefined-label 3:11"),
      ("%j: %p %p = identity \"j\"", "sir.unexpected 3:8"),
      ("%j: %p -> %p = sparse \"j\"", "ir.unknown-projection 3:16"),
      ("%j: %p -> %p = identity \"j\" shift=1.5", "ir.bad-attribute 3:16"),
      ("encode %p", "ir.bad-attribute 3:1"),
      ("encode %q {levels=1}", "sir.undefined-label 3:8"),
      ("decode %p {function=exp}", "ir.bad-attribute 3:1"),
    ])
  func placesInSpikingNetworks(line: String, expected: String) {
    #expect(errors("sir 1 snn \"x\"\n%p: [1] rate(3) = relay \"p\"\n\(line)\n") == [expected])
  }

  @Test(
    "places errors in networks on machines",
    arguments: [
      ("target \"n\"", ["sir.second-target 4:1"]),
      ("target x", ["sir.second-target 4:1"]),
      ("%s: %q = slice [0:1,0:1,0:1] core 0 at 0", ["sir.undefined-label 4:5"]),
      ("%s: %p = slices [0:1,0:1,0:1] core 0 at 0", ["sir.unexpected 4:10"]),
      ("%s: %p = slice [0:1,0:1] core 0 at 0", ["sir.unexpected 4:26"]),
      ("%s: %p = slice [0:1,0:1,1:1] core 0 at 0", ["sir.bad-range 4:27"]),
      ("%s: %p = slice [0:1,0:1,0,1] core 0 at 0", ["sir.unexpected 4:26"]),
      ("%s: %p = slice [0:1,0:1,0:1] at 0", ["sir.unexpected 4:30"]),
      ("%s: %p = slice [0:1,0:1,0:1] core 0 at x", ["sir.unexpected 4:40"]),
      ("%s: %p = slice [0:1,0:1,0:1] core 0 at 0", []),
    ])
  func placesOnMachines(line: String, expected: [String]) {
    let head = "sir 1 mapped \"x\"\n%p: [1] rate(3) = integrator \"p\"\ntarget \"m\"\n"
    #expect(errors("\(head)\(line)\n") == expected)
  }

  @Test("wants the name of the machine") func machineName() {
    #expect(errors("sir 1 mapped \"x\"\n") == ["sir.missing-target 1:14"])
    #expect(errors("sir 1 snn \"x\"\ntarget \"m\"\n") == ["sir.wrong-level 2:1"])
    #expect(
      errors("sir 1 snn \"x\"\n%s: %p = slice [0:1,0:1,0:1] core 0 at 0\n")
        == ["sir.wrong-level 2:1"])
  }

  @Test(
    "refuses other files",
    arguments: [
      ("", "sir.unexpected 1:1"), ("\n\n", "sir.unexpected 3:1"), ("hello", "sir.unexpected 1:1"),
      ("\u{0}\u{1}", "sir.bad-character 1:1"), ("sir 2 ann \"x\"", "sir.bad-version 1:5"),
      ("sir 1 placed \"x\"", "sir.unexpected 1:7"), ("sir 1 ann x", "sir.unexpected 1:11"),
      ("sir 1 ann \"x\" y", "sir.unexpected 1:15"),
    ])
  func headers(text: String, expected: String) {
    #expect(errors(text) == [expected])
  }

  @Test("reports errors of several statements") func several() {
    let text = """
      sir 1 ann "x"
      %0: [2] = input "a
      %1: [2] =
      %2: [2] = input "b" "c"
      %t: f32[3] "t" = [
        1, 2, x,
        4,
      ]
      %u: i8[3] "u" = base64 {
        AA?A
        AAAA
      }
      return (%0
      """
    #expect(
      errors(text) == [
        "sir.unterminated-text 2:17", "sir.unexpected 3:10", "sir.unexpected 4:21",
        "sir.unexpected 6:9", "sir.bad-base64 10:5", "sir.unexpected 13:11",
      ])
  }

  @Test("stops after many errors") func many() {
    let text = "sir 1 ann \"x\"\n" + String(repeating: "%0: ?\n", count: 1000)
    let found = errors(text)
    #expect(found.count == 21)
    #expect(found.last?.hasPrefix("sir.too-many-errors") == true)
  }

  @Test("takes statements in any order, comments, blank lines and labels of any kind")
  func liberties() throws {
    let text = """
      // A comment before the header.
      sir 1 ann "x" // and after it

      return (%result,)
      %w: f32[2] "w" = [1,
        // Comments may stand inside lists.
        -0.5,
      ]
      %image.0: [2] = input "in"\r
      %result: [2] = scale "s" (
        %image.0) {
          factor=%w}
      """
    let program = try parseProgram(text, file: "x.sir")
    #expect(
      SpikeText.text(of: program, weights: true) == """
        sir 1 ann "x"

        %0: [2] = input "in"
        %1: [2] = scale "s"  (%0) {factor=%t0}
        return (%1)

        %t0: f32[2] "w" = [1.0, -0.5]

        """)
  }

  @Test("places diagnostics of the verifier in the text") func located() throws {
    let text = """
      sir 1 snn "x"
      %in: [2] rate(3) = source "in"
      %out: [2] rate(3) = integrator "out"
        %j: %in -> %out = identity "j" delay=-1
      encode %in {levels=0}
      decode %out
      """
    let parsed = try parseWithLocations(text, file: "x.sir")
    let found = parsed.program.verify().map { parsed.located($0) }
    let places = found.map { diagnostic in
      if case .text(_, let line, _, _)? = diagnostic.site { "\(diagnostic.id) \(line)" } else { "" }
    }
    #expect(places == ["ir.missing-quantum 2", "ir.bad-delay 4", "ir.bad-encoder 5"])
  }

  @Test("shows the line with a caret") func caret() throws {
    let error = #expect(throws: CompileError.self) {
      try parseProgram("sir 1 ann \"x\"\n%0: [2] = input 5\n", file: "x.sir")
    }
    #expect(
      error?.diagnostics.first?.rendered() == """
        error: found '5', expected a name in quotes [sir.unexpected]
          --> x.sir:2:17
          | %0: [2] = input 5
          |                 ^
        """)
  }
}
