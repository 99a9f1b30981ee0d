// The schema of descriptions: complete for our reader, and one with the types that descriptions become.

import Foundation
import JSONReading
import Testing

@testable import HardwareTargets

@Suite("Schema of targets") struct SchemaTests {

  private let schema: JSONSchema

  init() throws {
    schema = JSONSchema(try JSON(parsing: TargetDescription.schemaText))
  }

  /// Returns the part of the schema at a path of members, through references.
  private func part(_ path: String) throws -> JSON {
    try path.split(separator: "/").reduce(schema.root) { part, name in
      try #require(schema.resolved(part)[String(name)], "no \(name) in \(path)")
    }
  }

  @Test("all keywords are known to our check") func keywords() throws {
    #expect(schema.unknownKeywords == [])
    let allocation = JSONSchema(try JSON(parsing: TargetDescription.allocationSchemaText))
    #expect(allocation.unknownKeywords == [])
  }

  @Test("the schema in the program is the file, and so are descriptions") func files() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Targets")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }
    #expect(Set(names) == Set(TargetDescription.builtInNames + ["allocation-schema", "schema"]))
    let schemas = [
      "schema": TargetDescription.schemaText,
      "allocation-schema": TargetDescription.allocationSchemaText,
    ]
    for name in names {
      let text = try String(
        contentsOf: folder.appendingPathComponent("\(name).json"), encoding: .utf8)
      #expect(text == schemas[name] ?? TargetDescription.builtInText(name), "\(name)")
    }
  }

  @Test("every description satisfies the schema", arguments: TargetDescription.builtInNames)
  func satisfied(_ name: String) throws {
    let text = try #require(TargetDescription.builtInText(name))
    #expect(schema.problems(in: try JSON(parsing: text)) == [])
  }

  private func words(_ path: String) throws -> [String] {
    try #require(try part(path)["enum"]?.elements).compactMap(\.string)
  }

  @Test("words are those of the types") func words() throws {
    func same<T: CaseIterable & RawRepresentable<String>>(_: T.Type, _ path: String) throws {
      #expect(try words(path).sorted() == T.allCases.map(\.rawValue).sorted(), "\(path)")
    }
    try same(TargetDescription.Family.self, "properties/family")
    try same(Quantity.Grade.self, "$defs/grade")
    try same(Timing.Model.self, "$defs/time/properties/model")
    try same(Topology.Network.Kind.self, "$defs/noc/properties/kind")
    try same(Topology.Network.Routing.self, "$defs/noc/properties/routing")
    try same(Topology.Network.Delivery.self, "$defs/noc/properties/delivery")
    try same(CoreClass.Accounting.Algorithm.self, "$defs/accounting/properties/algorithm")
    try same(Operations.Kind.self, "$defs/ops/properties/kinds/items")
    try same(RegisterField.Overflow.self, "$defs/field/properties/overflow")
    try same(RegisterField.Scope.self, "$defs/field/properties/scope")
    try same(RegisterField.Scope.self, "$defs/synapse/properties/lut/properties/scope")
    try same(NeuronFeatures.Model.self, "$defs/neuron/properties/model")
    try same(NeuronFeatures.Comparison.self, "$defs/neuron/properties/compare")
    try same(NeuronFeatures.Rounding.self, "$defs/neuron/properties/rounding")
    try same(NeuronFeatures.Leak.self, "$defs/neuron/properties/leak")
    try same(NeuronFeatures.Reset.Mode.self, "$defs/reset/properties/mode")
    try same(SynapseFeatures.SignMode.self, "$defs/synapse/properties/signModes/items")
    try same(SynapseFeatures.Sharing.self, "$defs/synapse/properties/sharing/items")
    try same(Energy.Model.self, "$defs/energy/properties/model")
  }

  @Test("times are of the events that have energies") func events() throws {
    let events = try #require(try part("$defs/energy/properties/events/properties").members)
    let times = try words("$defs/energy/properties/latency/propertyNames")
    #expect(events.keys.sorted() == times.sorted())
  }

  @Test("accounting knows the parameters of its rules, and no other")
  func parameters() throws {
    let known = try #require(try part("$defs/accounting/properties/params/properties").members)
    let used = CoreClass.Accounting.Algorithm.allCases.flatMap {
      CoreClass.Accounting.required($0) + CoreClass.Accounting.optional($0).keys
    }
    #expect(Set(known.keys) == Set(used))
    let options = try #require(try part("$defs/accounting/properties/options/properties").members)
    #expect(Set(options.keys) == Set(CoreClass.Accounting.options(.bytes)))
    let resources = try #require(try part("$defs/core/properties/resources/properties").members)
    for algorithm in CoreClass.Accounting.Algorithm.allCases {
      for name in CoreClass.Accounting.resources(algorithm) { #expect(resources[name] != nil) }
    }
  }

  @Test("objects with named members take no others") func strictness() {
    func visit(_ part: JSON, _ path: String) {
      if part["properties"]?.members != nil, part["type"] == .text("object") {
        #expect(part["additionalProperties"] == .flag(false), "\(path)")
      }
      for (name, member) in part.members ?? [:] { visit(member, "\(path)/\(name)") }
      for (i, element) in (part.elements ?? []).enumerated() { visit(element, "\(path)/\(i)") }
    }
    visit(schema.root, "")
    for (name, part) in schema.root["$defs"]?.members ?? [:] where part["type"] == .text("object") {
      #expect(part["additionalProperties"] == .flag(false), "\(name)")
    }
  }

  @Test("whole numbers have limits") func limits() {
    var without: [String] = []
    func visit(_ value: JSON, _ path: String) {
      if value["type"] == .text("integer"), value["minimum"] == nil || value["maximum"] == nil {
        without.append(path)
      }
      for (name, member) in value.members ?? [:] { visit(member, "\(path)/\(name)") }
      for (i, element) in (value.elements ?? []).enumerated() { visit(element, "\(path)/\(i)") }
    }
    visit(schema.root, "")
    #expect(without == [])
  }
}
