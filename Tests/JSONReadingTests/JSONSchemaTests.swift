// Schemas of JSON values: every rule with its place, its finding and what was expected.

import Testing

@testable import JSONReading

@Suite("JSON schema") struct JSONSchemaTests {

  private func problems(_ schema: String, _ value: String) throws -> [JSONSchema.Problem] {
    let schema = JSONSchema(try JSON(parsing: schema))
    #expect(schema.unknownKeywords == [])
    return schema.problems(in: try JSON(parsing: value))
  }

  @Test(
    "values that are as the schema says",
    arguments: [
      (#"{"type":"integer","minimum":1,"maximum":3}"#, "3"),
      (#"{"type":"integer"}"#, "3.0"),
      (#"{"type":["number","null"]}"#, "null"),
      (#"{"enum":["a",1,null]}"#, "null"),
      (#"{"type":"string","pattern":"^[a-z][a-z0-9.-]*$","maxLength":4}"#, #""a-.9""#),
      (#"{"type":"array","items":{"type":"boolean"},"minItems":1,"maxItems":2}"#, "[true,false]"),
      (
        #"{"type":"object","propertyNames":{"enum":["a"]},"additionalProperties":{"type":"null"}}"#,
        #"{"a":null}"#
      ),
      (#"{"anyOf":[{"type":"number","minimum":2},{"type":"string"}]}"#, #""x""#),
      (
        ##"{"$ref":"#/$defs/x","$defs":{"x":{"type":"array","items":{"$ref":"#/$defs/y"}},"y":{"const":1}}}"##,
        "[1,1]"
      ),
      ("{}", "[1,{}]"), (#"{"properties":{"a":{"type":"null"}}}"#, #"{"b":1}"#),
      (#"{"properties":{"a":false}}"#, #"{"b":1}"#), (Self.conditional, #"{"kind":"x","a":1}"#),
      (Self.conditional, #"{"kind":"y","b":1}"#), (Self.conditional, #"{"b":1}"#),
      (Self.conditional, "3"),
      (#"{"allOf":[{"minimum":1},{"maximum":3}]}"#, "2"),
      (#"{"if":{"type":"string"},"then":{"maxLength":1}}"#, "200"),
      (#"{"if":{"type":"string"},"else":{"maximum":1}}"#, #""long""#),
      (#"{"then":{"maximum":1}}"#, "2"),
    ])
  func accepted(_ schema: String, _ value: String) throws {
    #expect(try problems(schema, value) == [])
  }

  @Test(
    "values that are not",
    arguments: [
      (#"{"type":"integer"}"#, "3.5", "", .type, "3.5", "a whole number"),
      (#"{"type":"number"}"#, "NaN", "", .type, "nan", "a finite number"),
      (#"{"type":"number"}"#, "1e999", "", .type, "inf", "a finite number"),
      (#"{"type":"integer"}"#, "true", "", .type, "true", "a whole number"),
      (#"{"type":"integer","minimum":1,"maximum":3}"#, "4", "", .range, "4", "1...3"),
      (#"{"type":"number","minimum":1}"#, "0.5", "", .range, "0.5", "1 or more"),
      (#"{"type":"number","maximum":1}"#, "2", "", .range, "2", "1 or less"),
      (#"{"type":"number","exclusiveMinimum":0}"#, "0", "", .range, "0", "more than 0"),
      (#"{"const":"x"}"#, #""y""#, "", .word, "'y'", "'x'"),
      (#"{"enum":["a","b","c"]}"#, #""d""#, "", .word, "'d'", "'a', 'b' or 'c'"),
      (
        #"{"type":"string","maxLength":2}"#, #""abc""#, "", .length, "'abc'", "at most 2 characters"
      ),
      (
        #"{"type":"string","pattern":"^[a-z]+$"}"#, #""aB""#, "", .name, "'aB'",
        "characters as in ^[a-z]+$"
      ),
      (#"{"type":"array","minItems":2,"maxItems":2}"#, "[1]", "", .length, "1 elements", "2"),
      (#"{"type":"array","minItems":1}"#, "[]", "", .length, "0 elements", "1 or more"),
      (#"{"items":{"type":"null"}}"#, "[null,1]", "/1", .type, "1", "null"),
      (
        #"{"required":["a"],"properties":{"a":{"type":"string"}}}"#, "{}", "", .missingMember,
        "no 'a'", "'a', a string"
      ),
      (
        #"{"properties":{"a/b":{"type":"string"}}}"#, #"{"a/b":1}"#, "/a~1b", .type, "1", "a string"
      ),
      (
        #"{"additionalProperties":false,"properties":{"a":{},"b":{}}}"#, #"{"c":1}"#, "/c",
        .unknownMember, "'c'", "a or b"
      ),
      (#"{"propertyNames":{"enum":["a"]}}"#, #"{"c":1}"#, "/c", .unknownMember, "'c'", "'a'"),
      (#"{"minProperties":1}"#, "{}", "", .length, "0 members", "1 or more"),
      (#"{"maxProperties":1}"#, #"{"a":1,"b":2}"#, "", .length, "2 members", "0...1"),
      (
        #"{"anyOf":[{"type":"number"},{"type":"string","maxLength":0}]}"#, "[]", "", .type, "[]",
        "a finite number or a string"
      ),
      (
        #"{"anyOf":[{"type":"number"},{"type":"string","maxLength":0}]}"#, #""x""#, "", .length,
        "'x'", "at most 0 characters"
      ),
    ] as [(String, String, String, JSONSchema.Rule, String, String)])
  func refused(
    _ schema: String, _ value: String, _ pointer: String, _ rule: JSONSchema.Rule, _ found: String,
    _ expected: String
  ) throws {
    let problem = JSONSchema.Problem(
      pointer: pointer, rule: rule, found: found, expected: expected)
    #expect(try problems(schema, value) == [problem])
  }

  /// Of a kind, which may be left out, `a` or `b`.
  private static let conditional = """
    {"allOf":[{
      "description":"x has a",
      "if":{"required":["kind"],"properties":{"kind":{"const":"x"}}},
      "then":{"required":["a"],"properties":{"b":false}},
      "else":{"properties":{"a":false}}
    }]}
    """

  @Test(
    "what a condition asks for is told with its reason",
    arguments: [
      (#"{"kind":"x"}"#, [("", .missingMember, "no 'a'")]),
      (#"{"kind":"x","b":1}"#, [("", .missingMember, "no 'a'"), ("/b", .unusedMember, "a value")]),
      (#"{"kind":"y","a":1}"#, [("/a", .unusedMember, "a value")]),
      (#"{"a":null}"#, [("/a", .unusedMember, "a value")]),
    ] as [(String, [(String, JSONSchema.Rule, String)])])
  func conditions(_ value: String, _ expected: [(String, JSONSchema.Rule, String)]) throws {
    let found = try problems(Self.conditional, value)
    #expect(found.map(\.pointer) == expected.map(\.0) && found.map(\.rule) == expected.map(\.1))
    #expect(found.map(\.found) == expected.map(\.2))
    #expect(found.allSatisfy { $0.reason == "x has a" })
  }

  /// What a condition asks for is what the schema says of it, also inside a member.
  @Test("a member that a condition asks for has its type") func typesOfConditions() throws {
    let schema = """
      {"properties":{"a":{"type":"object","properties":{"b":{"type":"string"}}},"c":{"type":"object"}},
      "allOf":[{"if":{},"then":{
        "required":["c"],"properties":{"a":{"required":["b"]},"c":{"required":["d"]}}
      }}]}
      """
    #expect(
      try problems(schema, #"{"a":{}}"#).map(\.expected) == ["'c', an object", "'b', a string"])
    #expect(try problems(schema, #"{"c":{}}"#).map(\.expected) == ["'d'"])
  }

  @Test("all parts of a list of schemas hold") func allParts() throws {
    let schema = #"{"allOf":[{"minimum":1},{"exclusiveMinimum":2}]}"#
    #expect(try problems(schema, "0").map(\.rule) == [.range, .range])
    #expect(try problems(schema, "2").map(\.expected) == ["more than 2"])
  }

  @Test("all problems are found, but not without end") func many() throws {
    let schema = JSONSchema(
      try JSON(parsing: #"{"items":{"type":"object","required":["a","b"]}}"#))
    let value = JSON.list([JSON](repeating: .object([:]), count: 1_000))
    #expect(schema.problems(in: .list([.object([:]), .null])).count == 3)
    #expect(schema.problems(in: value).count == 100)
  }

  @Test("keywords that would be ignored are found") func unknownKeywords() throws {
    let text = ##"""
      {"oneOf":[],"properties":{"a":{"format":"date"},"b":{"pattern":"a|b"},
       "c":{"$ref":"#/$defs/none"}},"$defs":{"d":{"items":{"not":{}}}},
       "allOf":[{"if":{"not":{}},"then":{"contains":{}},"else":{"a":1}}]}
      """##
    #expect(
      JSONSchema(try JSON(parsing: text)).unknownKeywords == [
        "/$defs/d/items/not", "/allOf/0/else/a", "/allOf/0/if/not", "/allOf/0/then/contains",
        "/oneOf", "/properties/a/format", "/properties/b/pattern",
        "/properties/c/$ref",
      ])
  }

  @Test(
    "names",
    arguments: [
      ("^[a-z0-9][a-z0-9_.-]*$", "loihi1-nahuku", true), ("^[a-z0-9][a-z0-9_.-]*$", "-x", false),
      ("^[a-z0-9][a-z0-9_.-]*$", "", false), ("^[a-z0-9][a-z0-9_.-]*$", "aA", false),
      ("^ab+c$", "abbbc", true), ("^ab+c$", "ac", false), ("^ab*c$", "ac", true),
      ("^ab*c$", "abcc", false), ("^[a-]$", "-", true),
    ])
  func patterns(_ pattern: String, _ text: String, _ matches: Bool) throws {
    #expect(try #require(NamePattern(pattern)).matches(text) == matches)
  }

  @Test(
    "regular expressions beyond names are refused", arguments: ["a", "^a|b$", "^(a)$", "^[^a]$"])
  func otherPatterns(_ pattern: String) {
    #expect(NamePattern(pattern) == nil)
  }
}
