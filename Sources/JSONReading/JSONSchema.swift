// Schemas of JSON values: the part of JSON Schema, Draft 2020-12, that our own schemas use. What a file
// must look like is said once, in the schema that users read, and held here.

/// A schema.
///
/// Known are `type`, `const`, `enum`, `minimum`, `maximum`, `exclusiveMinimum`, `maxLength`, `pattern`
/// (see `NamePattern`), `items`, `minItems`, `maxItems`, `properties`, `required`,
/// `additionalProperties`, `propertyNames`, `minProperties`, `maxProperties`, `anyOf`, `allOf`, `if` with
/// `then` and `else`, `false` for a member that must not be there, and `$ref` to `$defs`. Of `anyOf`, at
/// most one part may admit the type of a value, so that messages can say what is wrong; the `description`
/// of a condition says why its part must hold. `default` and `$comment` are for readers. A keyword
/// beyond these would be ignored: `unknownKeywords` finds them.
package struct JSONSchema: Sendable {

  /// The schema as a value.
  package let root: JSON

  /// Creates a schema.
  package init(_ root: JSON) {
    self.root = root
  }

  /// A violation.
  package struct Problem: Hashable, Sendable {
    /// The JSON pointer of the value, or of the object that lacks a member.
    package var pointer: String
    /// What rule is violated.
    package var rule: Rule
    /// What there is.
    package var found: String
    /// What the schema says.
    package var expected: String
    /// The known name that is most like that of an unknown member, if any is like it.
    package var nearest: String?
    /// Why it is expected: the description of the condition that asks for it, if one does.
    package var reason: String?
  }

  /// A kind of violation.
  package enum Rule: String, Hashable, Sendable, CaseIterable {
    /// The value is of another type.
    case type
    /// The value is none of those that are allowed.
    case word
    /// The number is too small or too large.
    case range
    /// The string, the list or the object is too long or too short.
    case length
    /// The name has forbidden characters.
    case name
    /// The object has a member that is not known.
    case unknownMember
    /// The object lacks a member.
    case missingMember
    /// A member is known, and must not be there beside the others.
    case unusedMember
  }

  /// Returns what is wrong with `value`, in the order of names, at most `limit` problems.
  package func problems(in value: JSON, limit: Int = 100) -> [Problem] {
    var check = SchemaCheck(definitions: root["$defs"] ?? .object([:]), limit: limit)
    check.check(value, root, at: "")
    return check.problems
  }

  /// Returns the schema with `$ref` replaced by what it refers to; members beside it count more.
  package func resolved(_ schema: JSON) -> JSON {
    resolve(schema, root["$defs"] ?? .object([:]))
  }

  /// The pointers of keywords that would be ignored.
  package var unknownKeywords: [String] {
    var result: [String] = []
    collect(root, "", &result)
    return result.sorted()
  }

  private func collect(_ schema: JSON, _ pointer: String, _ result: inout [String]) {
    for (keyword, value) in schema.members ?? [:] {
      let here = pointer.jsonPointer(appending: keyword)
      switch keyword {
      case "properties", "$defs":
        for (name, part) in value.members ?? [:] {
          collect(part, here.jsonPointer(appending: name), &result)
        }
      case "items", "additionalProperties", "propertyNames", "if", "then", "else":
        collect(value, here, &result)
      case "anyOf", "allOf":
        for (i, part) in (value.elements ?? []).enumerated() {
          collect(part, here + "/\(i)", &result)
        }
      case "pattern":
        if value.string.flatMap({ NamePattern($0) }) == nil { result.append(here) }
      case "$ref":
        if resolved(schema)["$ref"] != nil { result.append(here) }
      case "$schema", "$id", "title", "description", "type", "const", "enum", "minimum", "maximum",
        "exclusiveMinimum", "maxLength", "minItems", "maxItems", "required", "minProperties",
        "maxProperties", "default", "$comment":
        break
      default: result.append(here)
      }
    }
  }
}

/// Returns `schema` with the definition that it refers to.
private func resolve(_ schema: JSON, _ definitions: JSON) -> JSON {
  guard let path = schema["$ref"]?.string, path.hasPrefix("#/$defs/"),
    let definition = definitions[String(path.dropFirst(8))]
  else { return schema }
  var members = resolve(definition, definitions).members ?? [:]
  for (name, value) in schema.members ?? [:] where name != "$ref" { members[name] = value }
  return .object(members)
}

/// A walk through a value and its schema at once.
private struct SchemaCheck {

  let definitions: JSON
  let limit: Int
  var problems: [JSONSchema.Problem] = []

  /// What the members of the object at a pointer are, where the schema first says it: conditions, which
  /// come later, need not say it again.
  private var known: [String: [String: JSON]] = [:]

  init(definitions: JSON, limit: Int) {
    (self.definitions, self.limit) = (definitions, limit)
  }

  mutating func report(
    _ rule: JSONSchema.Rule, at pointer: String, _ found: String, _ expected: String,
    nearest: String? = nil
  ) {
    if problems.count < limit {
      problems.append(
        JSONSchema.Problem(
          pointer: pointer, rule: rule, found: found, expected: expected, nearest: nearest))
    }
  }

  /// Checks `value`; problems of its type hide all others.
  mutating func check(_ value: JSON, _ schema: JSON, at pointer: String) {
    if schema == .flag(false) {
      return report(.unusedMember, at: pointer, "a value", "none")
    }
    let schema = resolve(schema, definitions)
    if let parts = schema["anyOf"]?.elements?.map({ resolve($0, definitions) }) {
      guard let part = parts.first(where: { value.isOf(types(of: $0)) }) else {
        let all = parts.flatMap { types(of: $0) }
        return report(.type, at: pointer, value.excerpt, typeNames(all))
      }
      return check(value, part, at: pointer)
    }
    guard value.isOf(types(of: schema)) else {
      return report(.type, at: pointer, value.excerpt, typeNames(types(of: schema)))
    }
    if let constant = schema["const"], value != constant {
      return report(.word, at: pointer, value.excerpt, constant.excerpt)
    }
    if let words = schema["enum"]?.elements, !words.contains(value) {
      return report(.word, at: pointer, value.excerpt, listed(words.map(\.excerpt)))
    }
    switch value {
    case .null, .flag: break
    case .integer, .number: checkNumber(value, schema, at: pointer)
    case .text(let text): checkText(text, schema, at: pointer)
    case .list(let elements): checkList(elements, schema, at: pointer)
    case .object(let members): checkObject(members, schema, at: pointer)
    }
    checkCondition(value, schema, at: pointer)
    for part in schema["allOf"]?.elements ?? [] { check(value, part, at: pointer) }
  }

  /// Checks the part of `schema` that its condition chooses; what is wrong then has its description.
  private mutating func checkCondition(_ value: JSON, _ schema: JSON, at pointer: String) {
    guard let condition = schema["if"] else { return }
    var trial = SchemaCheck(definitions: definitions, limit: 1)
    trial.check(value, condition, at: pointer)
    guard let part = schema[trial.problems.isEmpty ? "then" : "else"] else { return }
    let count = problems.count
    check(value, part, at: pointer)
    for i in problems.indices.dropFirst(count) where problems[i].reason == nil {
      problems[i].reason = schema["description"]?.string
    }
  }

  private mutating func checkNumber(_ value: JSON, _ schema: JSON, at pointer: String) {
    guard let number = value.double else { return }
    let (low, high) = (schema["minimum"], schema["maximum"])
    if let low = low?.double, let high = high?.double, !(low...high ~= number) {
      report(
        .range, at: pointer, value.excerpt,
        "\(schema["minimum"]?.excerpt ?? "")...\(schema["maximum"]?.excerpt ?? "")")
    } else if let least = low?.double, number < least {
      report(.range, at: pointer, value.excerpt, "\(low?.excerpt ?? "") or more")
    } else if let most = high?.double, number > most {
      report(.range, at: pointer, value.excerpt, "\(high?.excerpt ?? "") or less")
    }
    if let bound = schema["exclusiveMinimum"], let least = bound.double, number <= least {
      report(.range, at: pointer, value.excerpt, "more than \(bound.excerpt)")
    }
  }

  private mutating func checkText(_ text: String, _ schema: JSON, at pointer: String) {
    let found = JSON.text(text).excerpt
    if let most = schema["maxLength"]?.int, text.unicodeScalars.count > most {
      return report(.length, at: pointer, found, "at most \(most) characters")
    }
    if let source = schema["pattern"]?.string, let pattern = NamePattern(source),
      !pattern.matches(text)
    {
      report(.name, at: pointer, found, "characters as in \(source)")
    }
  }

  private mutating func checkList(_ elements: [JSON], _ schema: JSON, at pointer: String) {
    let least = schema["minItems"]?.int ?? 0
    let most = schema["maxItems"]?.int ?? .max
    guard least...max(least, most) ~= elements.count else {
      let count =
        least == most ? "\(least)" : most == .max ? "\(least) or more" : "\(least)...\(most)"
      return report(.length, at: pointer, "\(elements.count) elements", count)
    }
    guard let items = schema["items"] else { return }
    for (i, element) in elements.enumerated() { check(element, items, at: "\(pointer)/\(i)") }
  }

  private mutating func checkObject(
    _ members: [String: JSON], _ schema: JSON, at pointer: String
  ) {
    let least = schema["minProperties"]?.int ?? 0
    let most = schema["maxProperties"]?.int ?? .max
    if !(least...max(least, most) ~= members.count) {
      report(
        .length, at: pointer, "\(members.count) members",
        most == .max ? "\(least) or more" : "\(least)...\(most)")
      if members.count > most { return }
    }
    let known = schema["properties"]?.members ?? [:]
    if self.known[pointer] == nil, !known.isEmpty { self.known[pointer] = known }
    for name in (schema["required"]?.elements ?? []).compactMap(\.string)
    where members[name] == nil {
      let part = self.known[pointer]?[name] ?? known[name]
      report(.missingMember, at: pointer, "no '\(name)'", meaning(of: part, name))
    }
    for (name, value) in members.sorted(by: { $0.key < $1.key }) {
      let here = pointer.jsonPointer(appending: name)
      if let part = known[name] {
        check(value, part, at: here)
      } else if schema["additionalProperties"] == .flag(false) {
        report(
          .unknownMember, at: here, "'\(name)'", listed(known.keys.sorted()),
          nearest: name.nearest(among: known.keys))
      } else {
        checkName(name, schema["propertyNames"], at: here)
        if let part = schema["additionalProperties"], part.members != nil {
          check(value, part, at: here)
        }
      }
    }
  }

  private mutating func checkName(_ name: String, _ schema: JSON?, at pointer: String) {
    guard let schema else { return }
    let count = problems.count
    check(.text(name), schema, at: pointer)
    // A name that is none of those allowed is an unknown member.
    for i in problems.indices.dropFirst(count) where problems[i].rule == .word {
      problems[i].rule = .unknownMember
    }
  }

  /// The types that a schema admits; all if it says nothing.
  private func types(of schema: JSON) -> [String] {
    if let type = schema["type"]?.string { return [type] }
    if let types = schema["type"]?.elements { return types.compactMap(\.string) }
    if let parts = schema["anyOf"]?.elements {
      return parts.flatMap { types(of: resolve($0, definitions)) }
    }
    return ["null", "boolean", "number", "string", "array", "object"]
  }

  private func meaning(of schema: JSON?, _ name: String) -> String {
    guard let schema else { return "'\(name)'" }
    let whole = resolve(schema, definitions)
    if let constant = whole["const"] { return "'\(name)': \(constant.excerpt)" }
    if let words = whole["enum"]?.elements { return "'\(name)': \(listed(words.map(\.excerpt)))" }
    return "'\(name)', \(typeNames(types(of: whole)))"
  }

  private func typeNames(_ types: [String]) -> String {
    var names: [String] = []
    for type in types {
      let name =
        switch type {
        case "boolean": "true or false"
        case "number": "a finite number"
        case "integer": "a whole number"
        case "string": "a string"
        case "array": "a list"
        case "object": "an object"
        default: type
        }
      if !names.contains(name) { names.append(name) }
    }
    return listed(names)
  }

  private func listed(_ words: [String]) -> String {
    words.count < 2
      ? words.joined()
      : words.dropLast().joined(separator: ", ") + " or " + words.suffix(1).joined()
  }
}

extension JSON {

  /// Returns whether the value is of one of the types that JSON Schema names; numbers that are not
  /// finite are of none.
  fileprivate func isOf(_ types: [String]) -> Bool {
    types.contains { type in
      switch (self, type) {
      case (.null, "null"), (.flag, "boolean"), (.integer, "number"), (.integer, "integer"),
        (.text, "string"), (.list, "array"), (.object, "object"):
        true
      case (.number(let x), "number"): x.isFinite
      case (.number(let x), "integer"):
        // From 2^53 on, all are whole.
        x.isFinite && (x.magnitude >= 0x1p53 || Int(exactly: x) != nil)
      default: false
      }
    }
  }
}
