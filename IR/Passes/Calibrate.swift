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
        balance     local threshold balancing, Bu et al. (2025), equation 15: from θ = 0 on, as
                    often as said, θ ← θ + 2·E[max(x − θ, 0)], E over samples and positions; the
                    fewer iterations, the more is cut off and the finer are the steps. Here x is
                    what the original network computes, not one that is cut off already.
        max         the largest value; Diehl et al. (2015)
      Curved activations are calibrated by what they give, not by what they get. A remark says how
      far the levels are from the function on the samples, as the relative error
      √(Σ (f(x) − q(x))² / Σ f(x)²), and a warning if that exceeds `residual`.
      A rectifier's own maximum bounds its threshold. Channels that are silent on all samples get
      the mean threshold of their layer. Inputs get the largest magnitude of each channel. Where
      a transposition moves elements from channel to channel, all have the largest threshold.
      Outputs that are to be read in spikes get the largest magnitude of what is read.
      Before: %2 = activation %1 {kind=relu}
      After:  %2 = activation %1 {kind=relu} threshold %t7
      """,
    options: [
      PassOption(
        "method", .word(["mmse", "percentile", "balance", "max"]), default: "mmse", "how"),
      PassOption(
        "percentile", .number(50...100), default: "99.9", "the percentile, for that method"),
      PassOption(
        "levels", .integer(1...4096), default: "63",
        "the number of steps, for mmse: T of rate and phased, 2^K − 1 of weighted"),
      PassOption(
        "curved-levels", .integer(0...4096), default: "0",
        "the number of steps of curved activations, if another than of rectifiers; 0 for the same"),
      PassOption(
        "outputs", .word(["false", "true"]), default: "false",
        "whether outputs get thresholds too, for decoders that read spikes"),
      PassOption(
        "iterations", .integer(1...1_000_000), default: "1000", "how often, for balance"),
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
      let values = inputs.count * graph[id].shape.positions
      var levels = arguments.integer("levels")
      if case .staircase = plan.roles[id.index], arguments.integer("curved-levels") > 0 {
        levels = arguments.integer("curved-levels")
      }
      let thresholds = plan.thresholds(of: id, channels, values, levels: levels, arguments)
      let name = "\(graph[id].name)/threshold"
      graph[id].threshold = graph.tensors.add(name, shape: [thresholds.count], floats: thresholds)
      context.count("thresholds", of: "calibrate", by: thresholds.count)
      guard case .staircase = plan.roles[id.index] else { continue }
      let residual = channels.residual(thresholds: thresholds, levels: levels)
      context.sink.report(
        .residual(residual, graph[id], levels: levels, bound: arguments.number("residual")))
    }
    if arguments.word("outputs") == "true" {
      try graph.setOutputRanges(on: inputs, threads: context.threads)
    }
  }
}

extension ANNGraph {

  /// Gives each output without a threshold the largest magnitude of what its readout is to say:
  /// its value, or that of its operand where the decoder computes a function.
  fileprivate mutating func setOutputRanges(
    on inputs: CalibrationInputs, threads: Int
  ) throws(CompileError) {
    let open = outputs.filter { self[$0].threshold == nil }
    let read = open.map { id in
      switch self[id].op {
      case .softmax: self[id].inputs[0]
      case .activation(let function) where function.decoderFunction != nil: self[id].inputs[0]
      default: id
      }
    }
    let histograms = try ActivationProbe(read, of: self, on: inputs, threads: threads)
      .histograms { _ in }
    for (id, channels) in zip(open, histograms) {
      let largest = channels.map(\.maximum).max() ?? 0
      self[id].threshold = tensors.add(
        "\(self[id].name)/threshold", shape: [1], floats: [largest > 0 ? largest : 1])
    }
  }
}

extension SpikingPlan {

  /// Returns the thresholds of node `id`, one a channel, from the histograms of as many values.
  fileprivate func thresholds(
    of id: NodeID, _ histograms: [Histogram], _ values: Int, levels: Int,
    _ arguments: PassArguments
  ) -> [Float] {
    var result: [Float]
    switch roles[id.index] {
    case .source: result = histograms.map(\.maximum)
    case .rectifier(let maximum):
      result = histograms.map {
        min($0.threshold(arguments, values, levels: levels), maximum ?? .infinity)
      }
    case .staircase, .quantizer, .leaky, .other:
      result = histograms.map { $0.threshold(arguments, values, levels: levels) }
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

  /// Returns the threshold that the pass's arguments ask for; `values` includes zeros.
  func threshold(_ arguments: PassArguments, _ values: Int, levels: Int) -> Float {
    switch arguments.word("method") {
    case "max": maximum
    case "balance": balanced(values: values, iterations: arguments.integer("iterations"))
    case "percentile": percentile(arguments.number("percentile"))
    default: leastSquares(levels: levels)
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

  /// Returns θ after the iterations θ ← θ + 2·E[max(x − θ, 0)] from 0 on.
  ///
  /// Values are taken as the middles of their intervals. Complexity: O(bins + iterations).
  ///
  /// - Parameters:
  ///   - values: the number of values over which the mean goes, zeros included.
  ///   - iterations: how often.
  /// - Returns: θ, at most the maximum.
  /// - Source: Bu et al. (2025), equation 15, learning rate 1.
  func balanced(values: Int, iterations: Int) -> Float {
    guard maximum > 0, values > 0 else { return 0 }
    let width = Double(maximum) / Double(Histogram.bins)
    // Number and sum of the values from each interval on.
    var above = [(count: Double, sum: Double)](repeating: (0, 0), count: Histogram.bins + 1)
    for i in counts.indices.reversed() {
      let count = Double(counts[i])
      above[i] = (
        above[i + 1].count + count, above[i + 1].sum + count * (Double(i) + 0.5) * width
      )
    }
    var theta = 0.0
    for _ in 0..<iterations {
      let first = min(max(0, Int((theta / width + 0.5).rounded(.down))), Histogram.bins)
      let excess = (above[first].sum - above[first].count * theta) / Double(values)
      theta = min(theta + 2 * max(0, excess), Double(maximum))
    }
    return Float(theta)
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
