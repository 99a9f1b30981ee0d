// Docs/Targets.md: what it says of members is what the schema says.

import Foundation
import HardwareTargets
import JSONReading
import Testing

@Suite("Page of targets") struct TargetsPageTests {

  @Test("Docs/Targets.md lists the members of the schema") func pageIsCurrent() throws {
    let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Docs/Targets.md")
    let found = try String(contentsOf: page, encoding: .utf8)
    let marker = "<!-- Written from Targets/schema.json; a test holds it. -->\n"
    let parts = found.components(separatedBy: marker)
    try #require(parts.count == 2)
    let schema = JSONSchema(try JSON(parsing: TargetDescription.schemaText))
    let expected = MembersPage(schema: schema).text
    if parts[1] != expected, ProcessInfo.processInfo.environment["SPIKEC_RECORD"] == "1" {
      try (parts[0] + marker + expected).write(to: page, atomically: true, encoding: .utf8)
    }
    #expect(parts[1] == expected, "SPIKEC_RECORD=1 rewrites the page")
  }

  @Test("the example in Docs/Targets.md is a description") func example() throws {
    let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Docs/Targets.md")
    let text = try String(contentsOf: page, encoding: .utf8)
    let example = try #require(text.components(separatedBy: "```json\n").dropFirst().first)
    let json = try #require(example.components(separatedBy: "```").first)
    let target = try TargetDescription(parsing: json, file: "Docs/Targets.md")
    #expect(target.id == "my-mesh" && target.cores[0].accounting?.rule != nil)
  }
}

extension TargetsPageTests {

  @Test("the pieces of arrays in Docs/Targets.md follow the schema") func pieces() throws {
    let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Docs/Targets.md")
    let text = try String(contentsOf: page, encoding: .utf8)
    let pieces = text.components(separatedBy: "```json\n").dropFirst(2).compactMap {
      $0.components(separatedBy: "```").first
    }
    #expect(pieces.count == 2)
    let root = try JSON(parsing: TargetDescription.schemaText)
    var analog = try #require(root["$defs"]?["analog"]?.members)
    analog["$defs"] = root["$defs"]
    let schema = JSONSchema(.object(analog))
    for piece in pieces {
      let array = try JSON(parsing: #"{"rows": 1, "cols": 1, \#(piece)}"#)
      #expect(schema.problems(in: array) == [])
    }
  }
}

/// The members of descriptions as tables.
private struct MembersPage {

  let schema: JSONSchema

  /// The parts in the order of the page.
  private static let order = [
    "time", "topology", "level", "noc", "core", "accounting", "neuron", "reset", "field", "synapse",
    "ops", "analog", "boundManagement", "weightNoise", "device", "cell", "energy", "operatingPoint",
  ]

  var text: String {
    var lines = section("The description", schema.root)
    for name in Self.order {
      if let part = schema.root["$defs"]?[name] { lines += section("`\(name)`", part) }
    }
    lines += ["### Numbers", ""]
    lines += ["| number | value | `unit` | meaning |", "|---|---|---|---|"]
    for (name, part) in (schema.root["$defs"]?.members ?? [:]).sorted(by: { $0.key < $1.key }) {
      guard let quantity = quantity(part), let value = quantity["value"] else { continue }
      let units = (quantity["unit"]?["enum"]?.elements ?? []).compactMap(\.string)
      lines.append(
        "| \(name) | \(words(value)) | \(units.map { "`\($0)`" }.joined(separator: ", ")) "
          + "| \(part["description"]?.string ?? "") |")
    }
    for name in ["grade", "source"] {
      guard let part = schema.root["$defs"]?[name] else { continue }
      lines.append("| \(name) | \(words(part)) | | \(part["description"]?.string ?? "") |")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Returns the members of a number with its source, which may be one of several alternatives.
  private func quantity(_ part: JSON) -> JSON? {
    let parts = [part] + (part["anyOf"]?.elements ?? []).map { schema.resolved($0) }
    return parts.compactMap { $0["properties"] }.first { $0["value"] != nil }
  }

  /// Returns the table of an object's members, followed by those of objects within.
  ///
  /// Where members say what they are without being said and where they are from, so does the table.
  private func section(_ title: String, _ part: JSON) -> [String] {
    let members = part["properties"]?.members ?? [:]
    let required = (part["required"]?.elements ?? []).compactMap(\.string)
    let names = required + members.keys.sorted().filter { !required.contains($0) }
    var lines = ["### \(title)", ""]
    if let description = part["description"]?.string { lines += [description, ""] }
    var inner: [String] = []
    let isLong = members.values.contains { $0["default"] != nil || $0["$comment"] != nil }
    if !members.isEmpty {
      lines +=
        isLong
        ? ["| member | value | unit | without it | meaning | from |", "|---|---|---|---|---|---|"]
        : ["| member | value | meaning |", "|---|---|---|"]
    }
    for name in names {
      guard let member = members[name] else { continue }
      let whole = schema.resolved(member)
      let isFoundation = ["grade", "source"].contains(name) && member["description"] == nil
      let meaning = isFoundation ? "Who says so." : whole["description"]?.string ?? ""
      let needed = required.contains(name) ? ", needed" : ""
      let value = words(member) + needed
      if isLong {
        let fallback = member["default"].map { "`\($0.plain)`" } ?? ""
        let cells = [
          "`\(name)`", value, unit(member) ?? "", fallback, meaning,
          member["$comment"]?.string ?? "",
        ]
        lines.append("| \(cells.joined(separator: " | ")) |")
      } else {
        lines.append("| `\(name)` | \(value) | \(meaning) |")
      }
      if member["$ref"] == nil, whole["properties"] != nil {
        inner += section("\(title.dropLast(title.hasSuffix("`") ? 1 : 0)).\(name)`", whole)
      } else if let items = member["items"], items["$ref"] == nil, items["properties"] != nil {
        inner += section("\(title.dropLast(title.hasSuffix("`") ? 1 : 0)).\(name)`", items)
      }
    }
    return lines + (members.isEmpty ? [] : [""]) + inner
  }

  /// Returns the unit of a number, `nil` if it has none.
  private func unit(_ part: JSON) -> String? {
    let units = quantity(schema.resolved(part))?["unit"]?["enum"]?.elements?.compactMap(\.string)
    guard let unit = units?.first, units?.count == 1, unit != "1" else { return nil }
    return unit
  }

  /// Returns what a value may be, in words.
  private func words(_ part: JSON) -> String {
    if let reference = part["$ref"]?.string {
      let name = String(reference.dropFirst(8))
      let isNumber = quantity(schema.resolved(part)) != nil
      let plain = ["grade", "source"].contains(name) || isNumber
      return "[\(name)](#\(plain ? "numbers" : name.lowercased()))"
    }
    if let constant = part["const"]?.string { return "`\(constant)`" }
    if let options = part["enum"]?.elements?.compactMap(\.string) {
      return options.map { "`\($0)`" }.joined(separator: ", ")
    }
    if let parts = part["anyOf"]?.elements { return parts.map(words).joined(separator: " or ") }
    let types =
      part["type"]?.string.map { [$0] } ?? part["type"]?.elements?.compactMap(\.string) ?? []
    return types.map { type in
      switch type {
      case "integer", "number":
        let name = type == "integer" ? "whole number" : "number"
        guard let low = part["minimum"], let high = part["maximum"] else { return name }
        return "\(name) \(low.excerpt)…\(high.excerpt)"
      case "array": return "list of " + (part["items"].map(words) ?? "anything")
      case "object":
        return part["additionalProperties"]?.members != nil
          ? "object of " + words(part["additionalProperties"] ?? .null) : "object"
      case "boolean": return "`true` or `false`"
      default: return type
      }
    }.joined(separator: " or ")
  }
}

extension JSON {

  /// A value without quotes.
  fileprivate var plain: String { string ?? excerpt }
}
