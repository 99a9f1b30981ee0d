// Fitting the rate of a leaky neuron to a rectifier, over the values that the rectifier gets.

internal import Diagnostics
internal import PluginAPI
internal import SpikeIR

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The constants of one channel of a soft-lif.
struct ChannelResponse: Hashable, Sendable {
  /// The current that a unit of the operand makes, thresholds.
  var gain: Double
  /// What is added to the operand.
  var offset: Double
  /// The value of a spike a second.
  var amplitude: Double
}

/// The responses fitted to a layer, and what is left.
struct LayerFit: Sendable {

  /// The responses, one a channel.
  var responses: [ChannelResponse]

  /// The root of the sum of squared differences over that of squared values.
  var residual: Double

  /// Returns the remark on the layer `name`, a warning beyond `bound`.
  func report(_ name: String, bound: Double) -> Diagnostic {
    let percent = (residual * 1000).rounded() / 10
    let text = "the rates of leaky neurons differ from the rectifier by \(percent) %, relative RMS"
    if residual <= bound { return .remark("soften.fit", text, at: .entity(name)) }
    return .warning(
      "soften.poor-fit", text + ", bound \((bound * 1000).rounded() / 10) %", at: .entity(name),
      notes: [
        "the curve is straighter for a smaller tau-ref / tau-rc, and where that is small for a "
          + "'range' near 10; long tails want a 'percentile' nearer to 100"
      ])
  }
}

/// How often the values of a channel fall into each of many equal intervals, signed.
struct OperandHistogram: Sendable {

  /// The number of intervals.
  static let bins = 2048

  /// The part of them below 0: a curve may start before 0, but not far.
  static let negativeBins = 256

  /// The largest value, at least 0; the last interval ends here.
  var maximum: Float

  /// The number of values in each interval; what lies below is counted in the first.
  var counts = [UInt32](repeating: 0, count: bins)

  /// The width of an interval.
  var width: Double { Double(maximum) / Double(Self.bins - Self.negativeBins) }

  /// Counts the value `x`, at most `maximum`.
  mutating func add(_ x: Float) {
    guard maximum > 0 else { return }
    let place = x / maximum * Float(Self.bins - Self.negativeBins)
    let bin = Int(max(place.rounded(.down), -Float(Self.negativeBins))) + Self.negativeBins
    counts[min(bin, Self.bins - 1)] &+= 1
  }

  /// Adds the counts of `other`, which has the same maximum.
  mutating func add(_ other: OperandHistogram) {
    for i in counts.indices { counts[i] &+= other.counts[i] }
  }

  /// Returns the middle of interval `i`.
  func middle(_ i: Int) -> Double { (Double(i - Self.negativeBins) + 0.5) * width }

  /// Returns the value below which `percent` of those above 0 lie, 0 if none does.
  func percentile(_ percent: Double) -> Double {
    let positive = counts.indices.dropFirst(Self.negativeBins)
    let total = positive.reduce(0) { $0 + Int(counts[$1]) }
    let wanted = Double(total) * percent / 100
    var seen = 0.0
    for i in positive where counts[i] > 0 {
      seen += Double(counts[i])
      if seen >= wanted { return middle(i) + width / 2 }
    }
    return 0
  }
}

extension OperandHistogram {

  /// Returns the response whose current at `top` is the range, fitted to the counts, with the sums
  /// of squared differences and of squared values.
  ///
  /// Offsets are searched in steps of 0.05 thresholds; the amplitude for each is that of least
  /// squares. Complexity: O(bins · candidates).
  func fit(
    top: Double, clippedAt maximum: Float, _ options: SoftenOptions
  ) -> (response: ChannelResponse, error: Double, power: Double) {
    let gain = options.range / top
    let used = counts.indices.filter { counts[$0] > 0 }
    let wanted = used.map { min(max(middle($0), 0), Double(maximum)) }
    let weights = used.map { Double(counts[$0]) }
    let power = used.indices.reduce(0) { $0 + weights[$1] * wanted[$1] * wanted[$1] }
    var best = (
      response: ChannelResponse(
        gain: gain, offset: 0, amplitude: top / options.rate(options.range)),
      error: Double.infinity
    )
    for step in -20...10 {
      let shift = Double(step) / 20
      var (products, squares) = (0.0, 0.0)
      let rates = used.map { options.rate(gain * middle($0) + shift) }
      for (i, rate) in rates.enumerated() {
        products += weights[i] * wanted[i] * rate
        squares += weights[i] * rate * rate
      }
      guard products > 0, squares > 0 else { continue }
      let error = power - products * products / squares
      if error < best.error {
        let response = ChannelResponse(
          gain: gain, offset: shift / gain, amplitude: products / squares)
        best = (response, error)
      }
    }
    return (best.response, best.error.isFinite ? max(0, best.error) : power, power)
  }
}

/// Where a softened network is measured.
struct SoftenSurroundings: Sendable {

  /// The samples.
  let inputs: CalibrationInputs
  /// The number of threads to use.
  let threads: Int

  /// Returns the fits of all layers to the rectifiers of `graph`, over their operands' values.
  ///
  /// The samples are run twice: for the maxima, then for the histograms.
  ///
  /// - Throws: `calibrate.not-finite`, what the executor throws.
  func fits(
    of layers: [SoftenedLayer], in graph: ANNGraph, _ options: SoftenOptions,
    progress: @escaping @Sendable (Double) -> Void
  ) throws(CompileError) -> [LayerFit] {
    let operands = layers.map(\.operand)
    let probe = try ActivationProbe(operands, of: graph, on: inputs, threads: threads)
    let zeros = operands.map { [Float](repeating: 0, count: graph[$0].shape.channels) }
    let maxima = try probe.reduce(into: zeros, progress: { progress($0 / 2) }) { (result, value) in
      // Not a number would be lost in the comparison.
      result = value.isFinite ? max(result, value) : .infinity
    } merge: { (result, other) in
      result = max(result, other)
    }
    for (id, channels) in zip(operands, maxima) where channels.contains(.infinity) {
      throw CompileError(.notFinite(graph[id].name))
    }
    var empty = maxima.map { $0.map { OperandHistogram(maximum: $0) } }
    for (i, layer) in layers.enumerated() where layer.isShuffled {
      let largest = maxima[i].max() ?? 0
      empty[i] = empty[i].map { _ in OperandHistogram(maximum: largest) }
    }
    let histograms = try probe.reduce(into: empty, progress: { progress(0.5 + $0 / 2) }) {
      (result, value) in
      result.add(value)
    } merge: { (result, other) in
      result.add(other)
    }
    return zip(layers, histograms).map { layer, channels in layer.fit(channels, options) }
  }
}

extension SoftenedLayer {

  /// Returns the responses fitted to the histograms of the operand, one a channel.
  fileprivate func fit(_ channels: [OperandHistogram], _ options: SoftenOptions) -> LayerFit {
    var channels = channels
    if isShuffled, var all = channels.first {
      for other in channels.dropFirst() { all.add(other) }
      channels = channels.map { _ in all }
    }
    let tops = channels.map { min($0.percentile(options.percentile), Double(maximum)) }
    let active = tops.filter { $0 > 0 }
    let mean = active.isEmpty ? 1 : active.reduce(0, +) / Double(active.count)
    let least = (active.max() ?? 1) * smallestRangeRatio
    var (responses, error, power): ([ChannelResponse], Double, Double) = ([], 0, 0)
    for (channel, top) in zip(channels, tops) {
      let found = channel.fit(top: top > 0 ? max(top, least) : mean, clippedAt: maximum, options)
      responses.append(found.response)
      error += found.error
      power += found.power
    }
    return LayerFit(responses: responses, residual: power > 0 ? (error / power).squareRoot() : 0)
  }
}

/// The range of a channel is at least this part of the largest in its layer, so that units do not
/// differ by more than integer weights can bridge.
private let smallestRangeRatio = 1e-3

/// Returns ln(1 + eˣ).
func softplus(_ x: Double) -> Double {
  max(x, 0) + log1p(exp(-abs(x)))
}

/// Returns ln(1 + x) without losing digits near 0.
func logarithmOnePlus(_ x: Double) -> Double {
  log1p(x)
}

extension Diagnostic {

  /// Returns a warning about a network in which there is nothing to soften.
  static func nothingToSoften() -> Diagnostic {
    .warning(
      "soften.nothing", "there is no rectifier that could become leaky neurons",
      notes: ["other activations are said by neurons with levels, as with --neuron if"])
  }
}
