// The residuals in `Docs/rationale/nonlinearities.md`, held against the pass that measures them.

import Diagnostics
import Foundation
import PluginAPI
import SpikeIR
import SpikePasses
import TestSupport
import Testing

private let page = URL(filePath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent()
  .appending(path: "Docs/rationale/nonlinearities.md")

/// The numbers of levels in the table: those of `weighted` with K = 3, 4, 5, 6 and 8.
private let levels = [7, 15, 31, 63, 255]

/// The functions in the table.
private let functions: [Activation] = [
  Activation(.sigmoid), Activation(.tanh), Activation(.softsign), Activation(.erf),
  Activation(.softplus), Activation(.elu, alpha: 1), Activation(.selu), Activation(.swish),
  Activation(.hardSwish), Activation(.gelu), Activation(.geluTanh), Activation(.mish),
  Activation(.exponential), Activation(.logSigmoid),
]

/// Returns 64 × 64 numbers of a normal distribution with the given deviation.
private func normal(deviation: Double) -> [Float] {
  var random = SplitMix64(seed: 1)
  return (0..<2048).flatMap { _ in
    let radius = (-2 * log(Double.random(in: 1e-12..<1, using: &random))).squareRoot()
    let angle = Double.random(in: 0..<2 * Double.pi, using: &random)
    return [Float(deviation * radius * cos(angle)), Float(deviation * radius * sin(angle))]
  }
}

/// Returns the relative error that `calibrate` reports of `op`, percent as it is printed.
private func residual(of op: Activation, levels: Int, deviation: Double) throws -> String {
  var b = NetworkBuilder(seed: 1)
  let y = try b.node(.activation(op), b.input([64, 64, 1]))
  let graph = try b.classifier(y)
  let (_, context) = try compiled(
    graph, "calibrate{levels=\(levels),residual=1}", [[normal(deviation: deviation)]])
  let message = try #require(context.sink.diagnostics.first).message
  let percent = try #require(message.split(separator: " ").dropLast().last)
  return String(percent)
}

/// Returns the table for arguments of the given deviation.
private func table(deviation: Double) throws -> String {
  var rows = [
    "| function | " + levels.map { "\($0) levels" }.joined(separator: " | ") + " |",
    "|---|" + levels.map { _ in "---|" }.joined(),
  ]
  for op in functions {
    let cells = try levels.map { try residual(of: op, levels: $0, deviation: deviation) }
    rows.append("| `\(op.kind.rawValue)` | " + cells.joined(separator: " | ") + " |")
  }
  return rows.joined(separator: "\n")
}

@Suite("The page on nonlinearities", .serialized) struct NonlinearitiesPageTests {

  @Test("has the residuals that the pass reports", arguments: [1, 3])
  func residuals(deviation: Int) throws {
    let expected = try table(deviation: Double(deviation))
    var text = try String(contentsOf: page, encoding: .utf8)
    let head = "### Standard deviation \(deviation)\n\n"
    let start = try #require(text.range(of: head)).upperBound
    let end = text.range(of: "\n\n", range: start..<text.endIndex)?.lowerBound ?? text.endIndex
    if text[start..<end] == expected { return }
    guard ProcessInfo.processInfo.environment["SPIKEC_RECORD"] == "1" else {
      Issue.record("the table for deviation \(deviation) is stale; SPIKEC_RECORD=1 writes it")
      return
    }
    text.replaceSubrange(start..<end, with: expected)
    try text.write(to: page, atomically: true, encoding: .utf8)
    Issue.record("recorded the table; run again without SPIKEC_RECORD")
  }
}
