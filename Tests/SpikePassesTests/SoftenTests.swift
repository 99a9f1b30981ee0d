import Diagnostics
import Glibc
import PluginAPI
import SpikeIR
import SpikeInterpreter
import TestSupport
import Testing

@testable import SpikePasses

@Suite("The pass soften") struct SoftenTests {

  /// Returns a context with samples of the given shapes.
  private func context(_ shapes: [Shape], seed: UInt64, count: Int = 300) -> PassContext {
    var context = PassContext()
    context.calibration = CalibrationInputs(count: count) { i in
      var random = SplitMix64(seed: seed &+ UInt64(i))
      return shapes.map { shape in
        (0..<shape.count).map { _ in Float.random(in: -1..<1, using: &random) }
      }
    }
    return context
  }

  /// Returns `graph` after the pass with the given options.
  private func softened(
    _ graph: ANNGraph, _ given: [String: String] = [:], in context: inout PassContext
  ) throws -> ANNGraph {
    var program = Program.ann(graph)
    try Pass.soften.run(&program, PassArguments(given, of: .soften), &context)
    guard case .ann(let result) = program else { throw SoftenTestError.level }
    #expect(result.verify() == [])
    return result
  }

  private enum SoftenTestError: Error { case level }

  /// Returns the outputs of `graph` for the samples of `context`.
  private func outputs(_ graph: ANNGraph, _ context: PassContext) throws -> [[Float]] {
    let inputs = try context.requireCalibration(for: "test")
    let executor = try ANNExecutor(graph)
    return try (0..<inputs.count).map { try executor.run(inputs.sample($0))[0] }
  }

  private func network(_ seed: UInt64, maximum: Float? = nil) throws -> ANNGraph {
    var b = NetworkBuilder(seed: seed)
    let first = try b.relu(b.conv(b.input([8, 8, 2]), 6), maximum: maximum)
    let second = try b.relu(b.conv(first, 8, groups: 2), maximum: maximum)
    return try b.classifier(b.relu(b.dense(b.flatten(second), 12)))
  }

  @Test("replaces every rectifier and nothing else", arguments: [nil, 0.4] as [Float?])
  func replaces(maximum: Float?) throws {
    let graph = try network(3, maximum: maximum)
    var surroundings = context([[8, 8, 2]], seed: 1)
    let result = try softened(graph, in: &surroundings)
    #expect(result.nodes.count == graph.nodes.count)
    for (before, after) in zip(graph.nodes.elements, result.nodes.elements) {
      #expect(before.name == after.name && before.shape == after.shape)
      if case .activation = before.op {
        guard case .softLIF(let op) = after.op else {
          Issue.record("\(after.name) is not softened")
          continue
        }
        #expect(op.tauRC == 0.05 && op.tauRef == 0.001)
      } else {
        #expect(before.op.mnemonic == after.op.mnemonic)
      }
    }
    #expect(surroundings.sink.diagnostics.map(\.id).count { $0.hasPrefix("soften.") } == 3)
    #expect(surroundings.statistics.first { $0.pass == "soften" }?.value == 3)
  }

  /// The residual is that of the samples, computed here without histograms.
  @Test("reports the residual of the fit") func residual() throws {
    var b = NetworkBuilder(seed: 5)
    var graph = ANNGraph(name: "one")
    let x = try graph.add("x", .input, shape: [4, 4, 3])
    graph.outputs = [try graph.add("relu", .activation(.relu), [x])]
    b.graph = graph
    var surroundings = context([[4, 4, 3]], seed: 9, count: 400)
    let result = try softened(graph, ["correct": "none", "bound": "0"], in: &surroundings)
    let found = try outputs(result, surroundings)
    let wanted = try outputs(graph, surroundings)
    var (error, power) = (0.0, 0.0)
    for (y, z) in zip(found.joined(), wanted.joined()) {
      error += Double((y - z) * (y - z))
      power += Double(z * z)
    }
    let percent = 100 * (error / power).squareRoot()
    #expect(0.5 < percent && percent < 5)
    let report = try #require(surroundings.sink.diagnostics.first)
    #expect(report.id == "soften.poor-fit" && report.severity == .warning)
    let words = report.message.split(separator: " ").compactMap { Double($0) }
    #expect(abs(try #require(words.first) - percent) < 0.15)
  }

  @Test("a fit in range needs no warning") func remark() throws {
    var surroundings = context([[8, 8, 2]], seed: 1)
    _ = try softened(network(3), in: &surroundings)
    #expect(surroundings.sink.diagnostics.allSatisfy { $0.id == "soften.fit" })
  }

  @Test("corrects means, layer after layer", arguments: ["mean", "affine"])
  func corrects(kind: String) throws {
    for seed: UInt64 in 1...4 {
      let graph = try network(seed, maximum: 0.5)
      var surroundings = context([[8, 8, 2]], seed: seed)
      let plain = try softened(graph, ["correct": "none"], in: &surroundings)
      let corrected = try softened(graph, ["correct": kind], in: &surroundings)
      let wanted = try outputs(graph, surroundings)
      func shift(_ outputs: [[Float]]) -> Float {
        (0..<4).map { c in
          abs(zip(outputs, wanted).reduce(0) { $0 + $1.0[c] - $1.1[c] } / Float(wanted.count))
        }.reduce(0, +)
      }
      let (before, after) = try (
        shift(outputs(plain, surroundings)), shift(outputs(corrected, surroundings))
      )
      #expect(after < 1e-4, "seed \(seed): \(before) to \(after)")
      #expect(before > 10 * after)
    }
  }

  @Test("a channel that is silent takes part without harm") func silent() throws {
    var graph = ANNGraph(name: "silent")
    let x = try graph.add("x", .input, shape: [2, 2, 2])
    let factor = graph.tensors.add("factor", shape: [2], floats: [1, 0])
    let y = try graph.add("y", .scale(Scale(factor: factor, offset: nil)), [x])
    graph.outputs = [try graph.add("relu", .activation(.relu), [y])]
    var surroundings = context([[2, 2, 2]], seed: 2)
    let result = try softened(graph, in: &surroundings)
    for y in try outputs(result, surroundings) {
      #expect(y.allSatisfy { $0.isFinite })
      for i in stride(from: 1, to: 8, by: 2) { #expect(abs(y[i]) < 0.05) }
    }
  }

  @Test("a rate of the paper's constants") func paperRate() throws {
    let options = try SoftenOptions(PassArguments(["gamma": "0"], of: .soften))
    // j − 1 = 1: 1/(0.001 + 0.05 · ln 2).
    #expect(abs(options.rate(1) - 1 / (0.001 + 0.05 * log(2.0))) < 1e-9)
    #expect(options.rate(0) == 0 && options.rate(-3) == 0)
    #expect(abs(options.rate(10) - 173.4) < 0.1)
  }

  @Test("needs samples") func needsSamples() throws {
    var empty = PassContext()
    #expect(throws: CompileError.self) { try softened(network(1), in: &empty) }
  }
}
