// Measuring a network of tensor operators on samples: histograms and means, channel by channel.

internal import Diagnostics
internal import PluginAPI
internal import SpikeIR
internal import SpikeInterpreter

/// A network of tensor operators with the nodes that are measured on samples.
struct ActivationProbe {

  /// The network.
  let graph: ANNGraph

  /// The nodes that are measured.
  let targets: [NodeID]

  private let executor: ANNExecutor
  private let inputs: CalibrationInputs
  private let threads: Int

  /// Prepares to measure the nodes `targets` of `graph`.
  init(
    _ targets: [NodeID], of graph: ANNGraph, on inputs: CalibrationInputs, threads: Int
  ) throws(CompileError) {
    self.graph = graph
    self.targets = targets
    self.inputs = inputs
    self.threads = threads
    executor = try ANNExecutor(graph)
  }

  /// Returns the histograms of the magnitudes of each target, one a channel.
  ///
  /// The samples are run twice: for the maxima, then for the histograms between 0 and these.
  /// Complexity: two inferences a sample; memory for one histogram a channel.
  ///
  /// - Parameter progress: is told the part that is done.
  /// - Returns: [target][channel].
  /// - Throws: `calibrate.not-finite` if a value is infinite or not a number; what the executor
  ///   throws.
  func histograms(
    progress: @escaping @Sendable (Double) -> Void
  ) throws(CompileError) -> [[Histogram]] {
    let zeros = targets.map { [Float](repeating: 0, count: graph[$0].shape.channels) }
    let maxima = try reduce(into: zeros, progress: { progress($0 / 2) }) { (result, value) in
      // Not a number would be lost in the comparison.
      result = value.isFinite ? max(result, abs(value)) : .infinity
    } merge: { (result, other) in
      result = max(result, other)
    }
    for (id, channels) in zip(targets, maxima) where channels.contains(.infinity) {
      throw CompileError(.notFinite(graph[id].name))
    }
    let empty = maxima.map { $0.map { Histogram(maximum: $0) } }
    return try reduce(into: empty, progress: { progress(0.5 + $0 / 2) }) { (result, value) in
      if value != 0 { result.add(abs(value)) }
    } merge: { (result, other) in
      result.add(other)
    }
  }

  /// Returns the mean of each target over samples and positions, one a channel.
  func means() throws(CompileError) -> [[Double]] {
    zip(targets, try elementMeans()).map { id, means in
      means.averaged(channels: graph[id].shape.channels)
    }
  }

  /// Returns the mean of each element of each target over samples, row-major.
  func elementMeans() throws(CompileError) -> [[Double]] {
    let zeros = targets.map { [Double](repeating: 0, count: graph[$0].shape.count) }
    let sums = try reduce(into: zeros) { (result, value) in
      result += Double(value)
    } merge: { (result, other) in
      result += other
    }
    return sums.map { $0.map { $0 / Double(inputs.count) } }
  }

  /// Returns, for each channel or element of each target, a value into which all its elements were
  /// taken.
  ///
  /// - Parameters:
  ///   - start: the values to begin with, one a channel or one an element; must be neutral for
  ///     `merge`.
  ///   - progress: is told the part that is done.
  ///   - add: takes an element into a value.
  ///   - merge: takes a value into another.
  /// - Returns: the values.
  /// - Throws: what the executor throws.
  func reduce<A: Sendable>(
    into start: [[A]], progress: @Sendable (Double) -> Void = { _ in },
    _ add: @Sendable (inout A, Float) -> Void, merge: (inout A, A) -> Void
  ) throws(CompileError) -> [[A]] {
    var result = start
    let (targets, graph) = (self.targets, self.graph)
    for first in stride(from: 0, to: inputs.count, by: blockSize) {
      let count = min(blockSize, inputs.count - first)
      let sample = inputs.sample
      let parts = try liftingDiagnostic { () throws(Diagnostic) in
        try executor.accumulate(
          count: count, threads: threads, observing: targets, input: { sample(first + $0) },
          initial: { start }
        ) { (part, _, values) in
          for (i, id) in targets.enumerated() {
            let x = values[id]
            let period = part[i].count
            for j in 0..<graph[id].shape.count { add(&part[i][j % period], x[j]) }
          }
        }
      }
      for part in parts {
        for i in result.indices {
          for c in result[i].indices { merge(&result[i][c], part[i][c]) }
        }
      }
      progress(Double(first + count) / Double(inputs.count))
    }
    return result
  }
}

extension Diagnostic {

  /// Returns an error about a node whose values overflow or have no value.
  static func notFinite(_ node: String) -> Diagnostic {
    .error(
      "calibrate.not-finite", "a calibration sample makes infinite values or NaN",
      at: .entity(node), notes: ["check the samples, their preprocessing and the weights"])
  }
}

/// Samples are run in blocks of this size, so that memory does not grow with their number.
private let blockSize = 64

extension Histogram {

  /// Adds the counts of `other`, which has the same maximum.
  mutating func add(_ other: Histogram) {
    for i in counts.indices { counts[i] &+= other.counts[i] }
  }
}

extension CalibrationInputs {

  /// Returns the first `limit` samples.
  func prefix(_ limit: Int) -> CalibrationInputs {
    CalibrationInputs(count: min(limit, count), sample: sample)
  }
}
