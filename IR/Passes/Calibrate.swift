// The pass `calibrate`: the clipping range of every value that spikes are to say.

internal import Diagnostics
package import PluginAPI
internal import SpikeIR

extension Pass {

  /// Measures activations on samples and sets the thresholds of the nodes that become spikes.
  package static let calibrate = Pass.ann(
    name: "calibrate",
    summary: "set thresholds from activations measured on samples",
    details: """
      A population says values from 0 to its threshold (signed ones from −threshold) in steps of
      threshold/levels. The thresholds, one a channel, are found from the values that the
      network computes on the calibration samples:
        mmse        the threshold that minimizes Σ (x − q(x))², q being the quantizer with the
                    target's number of levels, searched over fractions of the maximum;
                    Li et al. (2021), section 4.2, per channel
        percentile  the given percentile of the values above 0; Rueckauer et al. (2017), 2.2.1
        max         the largest value; Diehl et al. (2015)
      Curved activations are calibrated by what they give, not by what they get. A remark says how
      far the levels are from the function on the samples, as the relative error
      √(Σ (f(x) − q(x))² / Σ f(x)²), and a warning if that exceeds `residual`.
      A rectifier's own maximum bounds its threshold. Channels that are silent on all samples get
      the mean threshold of their layer. Inputs get the largest magnitude of each channel. Where
      a transposition moves elements from channel to channel, all have the largest threshold.
      Before: %2 = activation %1 {kind=relu}
      After:  %2 = activation %1 {kind=relu} threshold %t7
      """,
    options: [
      PassOption("method", .word(["mmse", "percentile", "max"]), default: "mmse", "how"),
      PassOption(
        "percentile", .number(50...100), default: "99.9", "the percentile, for that method"),
      PassOption(
        "levels", .integer(1...4096), default: "63",
        "the number of steps, for mmse: T of rate and phased, 2^K − 1 of weighted"),
      PassOption(
        "residual", .number(0...1), default: "0.1",
        "the relative error of curved activations beyond which to warn"),
    ]
  ) { (graph, arguments, context) throws(CompileError) in
    let inputs = try context.requireCalibration(for: "calibrate")
    let plan = SpikingPlan(graph)
    let targets = graph.ids.filter { ![.other, .leaky].contains(plan.roles[$0.index]) }
    let report = context.progress
    let histograms = try ActivationProbe(targets, of: graph, on: inputs, threads: context.threads)
      .histograms { report("calibrating", $0) }
    for (id, channels) in zip(targets, histograms) {
      let thresholds = plan.thresholds(of: id, channels, arguments)
      let name = "\(graph[id].name)/threshold"
      graph[id].threshold = graph.tensors.add(name, shape: [thresholds.count], floats: thresholds)
      context.count("thresholds", of: "calibrate", by: thresholds.count)
      guard case .staircase = plan.roles[id.index] else { continue }
      let levels = arguments.integer("levels")
      let residual = channels.residual(thresholds: thresholds, levels: levels)
      context.sink.report(
        .residual(residual, graph[id], levels: levels, bound: arguments.number("residual")))
    }
  }
}

extension SpikingPlan {

  /// Returns the thresholds of node `id`, one a channel.
  fileprivate func thresholds(
    of id: NodeID, _ histograms: [Histogram], _ arguments: PassArguments
  ) -> [Float] {
    var result: [Float]
    switch roles[id.index] {
    case .source: result = histograms.map(\.maximum)
    case .rectifier(let maximum):
      result = histograms.map { min($0.threshold(arguments), maximum ?? .infinity) }
    case .staircase, .quantizer, .leaky, .other:
      result = histograms.map { $0.threshold(arguments) }
    }
    let active = result.filter { $0 > 0 }
    let mean = active.isEmpty ? 1 : active.reduce(0, +) / Float(active.count)
    let least = (active.max() ?? 1) * smallestThresholdRatio
    for i in result.indices { result[i] = result[i] > 0 ? max(result[i], least) : mean }
    if isShuffled[id.index], let largest = result.max() {
      result = result.map { _ in largest }
    }
    return result
  }
}

/// A channel's threshold is at least this part of the largest in its layer, so that integer
/// thresholds do not degenerate; far below what trained networks show.
private let smallestThresholdRatio: Float = 1e-3

/// How often the magnitudes of a channel fall into each of many equal intervals.
struct Histogram: Sendable {

  /// The number of intervals.
  static let bins = 1024

  /// The largest magnitude; the last interval ends here.
  var maximum: Float

  /// The number of values in each interval; zeros are not counted.
  var counts = [UInt32](repeating: 0, count: bins)

  /// Counts the magnitude `x`, at most `maximum`.
  mutating func add(_ x: Float) {
    let bin = Int(x / maximum * Float(Histogram.bins))
    counts[min(bin, Histogram.bins - 1)] += 1
  }

  /// Returns the threshold that the pass's arguments ask for.
  func threshold(_ arguments: PassArguments) -> Float {
    switch arguments.word("method") {
    case "max": maximum
    case "percentile": percentile(arguments.number("percentile"))
    default: leastSquares(levels: arguments.integer("levels"))
    }
  }

  /// Returns the magnitude below which `percent` of the values lie.
  func percentile(_ percent: Double) -> Float {
    let total = counts.reduce(0) { $0 + Int($1) }
    let wanted = Double(total) * percent / 100
    var seen = 0.0
    for (i, count) in counts.enumerated() {
      seen += Double(count)
      if seen >= wanted { return maximum * Float(i + 1) / Float(Histogram.bins) }
    }
    return maximum
  }

  /// Returns the threshold θ that minimizes Σ (x − θ/L · min(round(x·L/θ), L))².
  ///
  /// Searched over 2 % to 100 % of the maximum in steps of 1 %, then around the best in steps of
  /// 0.1 %. Complexity: O(bins · candidates).
  func leastSquares(levels: Int) -> Float {
    guard maximum > 0 else { return 0 }
    var best = (error: Double.infinity, percent: 100.0)
    func search(_ candidates: some Sequence<Double>) {
      for percent in candidates {
        let error = squaredError(threshold: Double(maximum) * percent / 100, levels: levels)
        if error < best.error { best = (error, percent) }
      }
    }
    search(stride(from: 2, through: 100, by: 1))
    search(stride(from: best.percent - 0.9, through: min(100, best.percent + 0.9), by: 0.1))
    return maximum * Float(best.percent / 100)
  }

  /// Returns Σ (x − q(x))² over the values, each taken as the middle of its interval.
  private func squaredError(threshold: Double, levels: Int) -> Double {
    let width = Double(maximum) / Double(Histogram.bins)
    let step = threshold / Double(levels)
    var sum = 0.0
    for (i, count) in counts.enumerated() where count > 0 {
      let x = (Double(i) + 0.5) * width
      let q = min((x / step).rounded(), Double(levels)) * step
      sum += Double(count) * (x - q) * (x - q)
    }
    return sum
  }
}

extension [Histogram] {

  /// Returns the relative error of saying the values in levels, over all channels:
  /// √(Σ (x − q(x))² / Σ x²), with q(x) = θ/L · min(round(x·L/θ), L).
  ///
  /// Within an interval values count as evenly distributed; 16 of them are looked at.
  fileprivate func residual(thresholds: [Float], levels: Int) -> Double {
    var (error, power) = (0.0, 0.0)
    for (i, histogram) in enumerated() {
      let width = Double(histogram.maximum) / Double(Histogram.bins * 16)
      let step = Double(thresholds[i % thresholds.count]) / Double(levels)
      for (bin, count) in histogram.counts.enumerated() where count > 0 {
        for part in 0..<16 {
          let x = (Double(bin * 16 + part) + 0.5) * width
          let q = Swift.min((x / step).rounded(), Double(levels)) * step
          error += Double(count) * (x - q) * (x - q)
          power += Double(count) * x * x
        }
      }
    }
    return power > 0 ? (error / power).squareRoot() : 0
  }
}

extension Diagnostic {

  /// Returns a remark on the relative error with which an activation is said; a warning if it
  /// exceeds `bound`.
  fileprivate static func residual(
    _ residual: Double, _ node: Node, levels: Int, bound: Double
  ) -> Diagnostic {
    let name = if case .activation(let op) = node.op { op.kind.rawValue } else { node.op.mnemonic }
    let percent = (residual * 10000).rounded() / 100
    let message = "'\(name)' is said in \(levels) levels with a relative error of \(percent) %"
    return residual > bound
      ? .warning(
        "calibrate.residual", message, at: .entity(node.name),
        notes: ["more time steps make more levels"])
      : .remark("calibrate.residual", message, at: .entity(node.name))
  }
}
