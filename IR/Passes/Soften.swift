// The pass `soften`: rectifiers as the firing rates of leaky integrate-and-fire neurons.

internal import Diagnostics
package import PluginAPI
internal import SpikeIR

extension Pass {

  /// Replaces rectifiers by fitted rates of leaky integrate-and-fire neurons.
  package static let soften = Pass.ann(
    name: "soften",
    summary: "replace rectifiers by the rates of leaky neurons, fitted channel by channel",
    details: """
      Each rectifier, cut at a maximum or not, becomes a `soft-lif`. Channel by channel:
        gain       the given percentile of the rectifier's values above 0 makes a current of
                   `range` thresholds above the threshold;
        offset     the shift of the curve, between −1 and 1/2 thresholds, and
        amplitude  the value of a spike a second,
      together minimize Σ (f(x) − amplitude · rate(gain · (x + offset)))² over the operand's values
      x on the calibration samples, f being the rectifier: the measured distribution, no grid. A
      remark says what is left for each layer, relative to the root of Σ f(x)²; beyond `bound` it
      is a warning. A channel that is silent on all samples gets the mean range of its layer.

      Then, in forward order, the operand of each is measured in the softened network and in the
      original. Gain and offset are changed so that each channel has the original's mean again,
      and with correct=affine its standard deviation; layers behind are measured with the earlier
      ones already corrected. Biases of outputs are shifted so that their means are the original's.
      Before: %2 = activation %1 {kind=relu}
      After:  %2 = soft-lif %1 {gain=%t3, offset=%t4, amplitude=%t5, tau-rc=0.05, ...}
      Source: Hunsberger and Eliasmith (2015), section 2.2, for the curve and its constants, which
      there are trained with; the correction of means is that of Nagel et al. (2019), section 4.2.
      """,
    options: SoftenOptions.declarations
  ) { (graph, arguments, context) throws(CompileError) in
    let inputs = try context.requireCalibration(for: "soften")
      .prefix(arguments.integer("samples"))
    let options = SoftenOptions(arguments)
    let original = graph
    let plan = SpikingPlan(graph)
    let layers = graph.ids.compactMap { id in plan.rectifier(id, in: graph) }
    if layers.isEmpty, graph.softenedLayer == nil { context.sink.report(.nothingToSoften()) }
    let surroundings = SoftenSurroundings(inputs: inputs, threads: context.threads)
    let report = context.progress
    let fits = try surroundings.fits(of: layers, in: graph, options) { report("softening", $0 / 2) }
    for (layer, fit) in zip(layers, fits) {
      graph.setResponse(of: layer.node, fit.responses, options)
      context.sink.report(fit.report(graph[layer.node].name, bound: options.bound))
      context.count("rectifiers", of: "soften")
    }
    guard options.correction != .none else { return }
    try surroundings.correct(layers, fits.map(\.responses), in: &graph, against: original, options)
    { report("softening", 0.5 + $0 / 2) }
  }
}

/// The values of the pass's options.
struct SoftenOptions: Sendable {

  /// How the softened network is made to agree with the original.
  enum Correction: String, CaseIterable {
    /// Not at all.
    case none
    /// In the means of each channel.
    case mean
    /// In means and standard deviations.
    case affine
  }

  /// The current that stands for the top of the range, thresholds above the threshold.
  let range: Double
  /// The percentile of the values above 0 that is the top of the range.
  let percentile: Double
  /// τrc, seconds.
  let tauRC: Double
  /// τref, seconds.
  let tauRef: Double
  /// γ, thresholds.
  let gamma: Double
  /// What is corrected.
  let correction: Correction
  /// The residual beyond which a layer deserves a warning.
  let bound: Double

  /// Reads the options.
  init(_ arguments: PassArguments) {
    range = arguments.number("range")
    percentile = arguments.number("percentile")
    tauRC = arguments.number("tau-rc")
    tauRef = arguments.number("tau-ref")
    gamma = arguments.number("gamma")
    correction = Correction(rawValue: arguments.word("correct")) ?? .affine
    bound = arguments.number("bound")
  }

  /// The options as the pass declares them.
  static let declarations = [
    PassOption(
      "range", .number(0.5...200), default: "10",
      "the current for the top of a channel's range, thresholds"),
    PassOption(
      "percentile", .number(50...100), default: "99.9",
      "the percentile of the values above 0 that is the top of the range"),
    PassOption(
      "tau-rc", .number(0.001...10), default: "0.05", "the membrane's time constant, seconds"),
    PassOption("tau-ref", .number(0...0.1), default: "0.001", "the refractory time, seconds"),
    PassOption("gamma", .number(0...1), default: "0", "the width of the threshold, thresholds"),
    PassOption(
      "correct", .word(Correction.allCases.map(\.rawValue)), default: "affine",
      "what is made to agree with the original network"),
    PassOption("samples", .integer(1...100_000), default: "512", "how many samples to measure"),
    PassOption(
      "bound", .number(0...10), default: "0.1", "the residual beyond which a layer is warned of"),
  ]

  /// Returns the spikes a second under a current of `j` thresholds above the threshold.
  func rate(_ j: Double) -> Double {
    let s = gamma > 0 ? gamma * softplus(j / gamma) : max(0, j)
    return s > 0 ? 1 / (tauRef + tauRC * logarithmOnePlus(1 / s)) : 0
  }
}

/// A rectifier that is softened.
struct SoftenedLayer: Sendable {
  /// The node.
  var node: NodeID
  /// Its operand.
  var operand: NodeID
  /// The value above which it is constant, infinite if there is none.
  var maximum: Float
  /// `true` iff all of its channels need one unit.
  var isShuffled: Bool
}

extension SpikingPlan {

  /// Returns what `soften` has to know of node `id`, if it is a rectifier.
  fileprivate func rectifier(_ id: NodeID, in graph: ANNGraph) -> SoftenedLayer? {
    guard case .rectifier(let maximum) = roles[id.index] else { return nil }
    return SoftenedLayer(
      node: id, operand: graph[id].inputs[0], maximum: maximum ?? .infinity,
      isShuffled: isShuffled[id.index])
  }
}

extension ANNGraph {

  /// Makes node `id` a soft-lif with the given responses, one a channel.
  mutating func setResponse(
    of id: NodeID, _ responses: [ChannelResponse], _ options: SoftenOptions
  ) {
    let name = self[id].name
    let count: Shape = [responses.count]
    func add(_ part: String, _ values: [Double]) -> TensorID {
      tensors.add("\(name)/\(part)", shape: count, floats: values.map { Float($0) })
    }
    let op = SoftLIF(
      gain: add("gain", responses.map(\.gain)), offset: add("offset", responses.map(\.offset)),
      amplitude: add("amplitude", responses.map(\.amplitude)), tauRC: Float(options.tauRC),
      tauRef: Float(options.tauRef), gamma: Float(options.gamma))
    self[id].op = .softLIF(op)
    self[id].threshold = nil
  }
}
