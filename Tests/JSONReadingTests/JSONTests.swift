// The JSON parser: values, Python's extensions, errors with their place, nesting.

import JSONReading
import Testing

@Suite("JSON") struct JSONTests {

  @Test(
    "values",
    arguments: [
      ("null", .null), (" true ", .flag(true)), ("false", .flag(false)), ("-12", .integer(-12)),
      ("1.5e2", .number(150)), ("1e300", .number(1e300)), ("-Infinity", .number(-.infinity)),
      ("9223372036854775808", .number(9_223_372_036_854_775_808)), ("\"\"", .text("")),
      (#""a\n\"\\\/\u00e9\ud83d\ude00""#, .text("a\n\"\\/é😀")),
      (#""\ud83d""#, .text("\u{FFFD}")), ("[]", .list([])), ("{}", .object([:])),
      ("[1, [2], {}]", .list([.integer(1), .list([.integer(2)]), .object([:])])),
      (#"{"a": {"b": null}, "a": 2}"#, .object(["a": .integer(2)])),
    ] as [(String, JSON)])
  func values(_ text: String, _ expected: JSON) throws {
    #expect(try JSON(parsing: text) == expected)
  }

  @Test("Python's NaN") func notANumber() throws {
    let number = try #require(try JSON(parsing: "[NaN]").elements?.first?.double)
    #expect(number.isNaN)
  }

  @Test(
    "errors and their places",
    arguments: [
      ("", 0), ("nul", 0), ("[1,", 3), ("[1 2]", 3), ("{\"a\" 1}", 5), ("{a: 1}", 1),
      ("\"abc", 4), ("\"\\x\"", 3), ("\"\\u12g4\"", 5), ("1 2", 2), ("-", 1), ("[1,]", 3),
      ("1.2.3", 5), ("{\"a\":1,}", 7),
    ])
  func errors(_ text: String, _ offset: Int) {
    let error = #expect(throws: JSONError.self) { _ = try JSON(parsing: text) }
    #expect(error?.offset == offset)
  }

  @Test("nesting is limited, not the stack", arguments: ["[", "{\"a\":"])
  func nesting(_ opening: String) throws {
    let deep = String(repeating: opening, count: 100_000)
    let error = #expect(throws: JSONError.self) { _ = try JSON(parsing: deep) }
    #expect(error?.message == "nested deeper than 200 levels")
    let limit = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
    #expect(throws: Never.self) { _ = try JSON(parsing: limit) }
  }

  @Test(
    "memory is limited: values take far more of it than their text",
    arguments: ["0,", "\"\",", "[],", "{\"a\":0},"])
  func memory(_ values: String) throws {
    let many = { "[" + String(repeating: values, count: $0) + "0]" }
    let error = #expect(throws: JSONError.self) { _ = try JSON(parsing: many(1 << 20)) }
    #expect(error?.message == "more values than fit into memory")
    #expect(try JSON(parsing: many(1 << 17)).elements?.count == 1 << 17 + 1)
  }

  @Test("a long text is one value") func longText() throws {
    let text = String(repeating: "abcdefgh", count: 1 << 17)
    #expect(try JSON(parsing: "\"\(text)\\n\(text)\"").string == "\(text)\n\(text)")
  }

  @Test("excerpts are short") func excerpts() {
    #expect(JSON.list([.integer(1), .text("x"), .null]).excerpt == "[1, 'x', null]")
    #expect(JSON.text(String(repeating: "x", count: 500)).excerpt.count == 80)
  }

  @Test("names that an object has twice are found") func duplicates() throws {
    let (value, duplicates) = try JSON.parseFindingDuplicates(
      #"{"a": [{"b/c": 1, "b/c": 2}, 3], "a": {"x~": 1, "y": 2, "x~": {}}, "b": 1}"#)
    #expect(duplicates == ["/a/0/b~1c", "/a", "/a/x~0"])
    #expect(value["a"]?["y"] == .integer(2))
    #expect(try JSON.parseFindingDuplicates(#"[{"a":1},{"a":1}]"#).duplicates == [])
  }

  @Test(
    "errors have lines and columns",
    arguments: [
      ("{\n  \"é\": x\n}", 2, 8, "  \"é\": x"), ("[1,", 1, 4, "[1,"), ("", 1, 1, ""),
      ("[1]\n\n2", 3, 1, "2"), ("[1,\n", 2, 1, ""),
    ])
  func positions(_ text: String, _ line: Int, _ column: Int, _ source: String) {
    let error = #expect(throws: JSONError.self) { _ = try JSON(parsing: text) }
    let position = error?.position(in: text)
    #expect(position?.line == line && position?.column == column && position?.source == source)
  }
}
