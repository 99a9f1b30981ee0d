// The reference manual, `Docs/IR.md`, held against the code.

import Diagnostics
import Foundation
import SpikeIR
import SpikeText
import TestSupport
import Testing

private let root = URL(filePath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent()

private let manualFile = root.appending(path: "Docs/IR.md")

private func manual() throws -> String {
  try String(contentsOf: manualFile, encoding: .utf8)
}

/// Returns the row of the tables in `text` whose first cell is `keyword`.
private func row(of keyword: String, in text: some StringProtocol) -> Substring {
  text.split(separator: "\n").first { $0.hasPrefix("| `\(keyword)`") }.map { Substring($0) } ?? ""
}

/// Returns the lines of the manual between two headings.
private func section(_ from: String, _ to: String) throws -> String {
  let text = try manual()
  let start = try #require(text.range(of: "\n\(from)\n"))
  let end = try #require(text.range(of: "\n\(to)\n", range: start.upperBound..<text.endIndex))
  return String(text[start.upperBound..<end.lowerBound])
}

@Suite("The manual of the representation") struct ManualTests {

  @Test("has examples that read, verify and print as they stand") func examples() throws {
    let blocks = try manual().components(separatedBy: "```sir\n").dropFirst()
    #expect(blocks.count >= 3)
    for block in blocks {
      let example = try #require(block.components(separatedBy: "```").first)
      let program = try parseProgram(example, file: "IR.md")
      #expect(program.verify() == [])
      let printed = SpikeText.text(of: program, weights: true)
      #expect(try parseProgram(printed, file: "IR.md") == program)
      if !example.hasPrefix("//") { #expect(printed == example) }
    }
  }

  @Test("names every operator with its attributes") func operators() throws {
    let table = try section("### Operators", "### Activations")
    for seed: UInt64 in 0..<400 {
      let options = ANNGraphOptions(hasThresholds: true, hasCustomOperators: true)
      for node in randomANNGraph(seed: seed, options: options).nodes.elements {
        let row = row(of: node.op.mnemonic, in: table)
        #expect(row != "", "\(node.op.mnemonic)")
        var names = node.op.attributes.map(\.name)
        if case .custom = node.op { names = ["name", "shape"] }
        for name in names where !(row.contains("window") && Self.windowAttributes.contains(name)) {
          #expect(row.contains("`\(name)`"), "\(node.op.mnemonic) \(name)")
        }
      }
    }
  }

  private static let windowAttributes = ["strides", "pads", "dilations"]

  @Test("names every kind of activation, combination and pooling") func kinds() throws {
    let activations = try section("### Activations", "## The level `snn`")
    for kind in Activation.Kind.allCases {
      #expect(row(of: kind.rawValue, in: activations) != "", "\(kind.rawValue)")
    }
    let operators = try section("### Operators", "### Activations")
    for kind in Elementwise.Kind.allCases.map(\.rawValue) + Pool.Kind.allCases.map(\.rawValue) {
      #expect(operators.contains("`\(kind)`"), "\(kind)")
    }
  }

  @Test("names every neuron model and projection with its attributes") func spiking() throws {
    let table = try section("## The level `snn`", "## Spike codes and time")
    for seed: UInt64 in 0..<200 {
      let options = SpikingGraphOptions(
        hasLeakyNeurons: true, hasDecayingNeurons: true, hasShiftingNeurons: true)
      let graph = randomSpikingGraph(seed: seed, options: options)
      let entities =
        graph.populations.elements.map { ($0.model.mnemonic, $0.model.attributes) }
        + graph.projections.elements.map { ($0.kind.mnemonic, $0.kind.attributes) }
      for (mnemonic, attributes) in entities {
        let row = row(of: mnemonic, in: table)
        #expect(row != "", "\(mnemonic)")
        for name in attributes.map(\.name) where !Self.windowAttributes.contains(name) {
          #expect(row.contains("`\(name)`"), "\(mnemonic) \(name)")
        }
      }
    }
    for function in Decoder.Function.allCases {
      #expect(table.contains("`\(function.rawValue)`"))
    }
  }

  @Test("has every rule of the verifier, in order") func rules() throws {
    func rows<Graph>(_ rules: [VerifierRule<Graph>]) -> String {
      rules.map { "| \($0.ids.map { "`\($0)`" }.joined(separator: ", ")) | \($0.summary) |" }
        .joined(separator: "\n")
    }
    var text = try manual()
    let tables = [
      ("### Rules of the level `ann`", rows(ANNGraph.verifierRules)),
      ("### Rules of the level `snn`", rows(SpikingGraph.verifierRules)),
      ("### Rules of the level `mapped`", rows(MappedGraph.verifierRules)),
    ]
    for (heading, rows) in tables {
      let head = "\(heading)\n\n| errors | rule |\n|---|---|\n"
      let start = try #require(text.range(of: head)).upperBound
      let end = try #require(text.range(of: "\n\n", range: start..<text.endIndex)).lowerBound
      guard text[start..<end] != rows else { continue }
      guard ProcessInfo.processInfo.environment["SPIKEC_RECORD"] == "1" else {
        Issue.record("the table of '\(heading)' is stale; SPIKEC_RECORD=1 writes it")
        continue
      }
      text.replaceSubrange(start..<end, with: rows)
      try text.write(to: manualFile, atomically: true, encoding: .utf8)
      Issue.record("recorded '\(heading)'; run again without SPIKEC_RECORD")
    }
  }

  @Test("names every error of the text form") func errors() throws {
    let source = try String(
      contentsOf: root.appending(path: "IR/Text/Diagnostics+Text.swift"), encoding: .utf8)
    let ids = source.matches(of: /"(sir\.[a-z0-9-]+)"/).map { String($0.output.1) }
    #expect(ids.count >= 15)
    let text = try manual()
    for id in ids { #expect(row(of: id, in: text) != "", "\(id)") }
  }
}
