// The pass `split-fan-in`: partial sums for neurons with more inputs than a core takes.

internal import Diagnostics
package import PluginAPI
internal import SpikeIR

extension Pass {

  /// Has intermediate neurons add up parts of the inputs of neurons with too many.
  package static let splitFanIn = Pass.snn(
    name: "split-fan-in",
    summary: "add up inputs in parts, by more neurons, where a neuron has too many",
    details: """
      A neuron hears at most as many axons as its core has. Where the inputs of a population, counted
      through relays, exceed 'most', each dense projection and convolution is cut: rows, or input
      channels, are divided evenly into groups that fit, which wires select. For each group there are
      two neurons for each neuron of the population, one that adds up the positive and one that adds
      up the negative weights; their spikes are worth their threshold Θ = 2^n to the population, by
      one-to-one weights of both signs. So sums of spikes never fall, and nothing has to be taken
      back. The two are populations of their own, or with signs=together the two channels of one
      [1, neurons, 2], which hears the same axons.

      This is an approximation: each intermediate neuron keeps up to Θ of its sum, from Θ/2 at the
      start, so that the error of a group's sum lies within ±Θ as long as no more than Θ arrives in a
      tick; what exceeds it is said in later ticks. Θ is the least power of two that the largest mean
      sum of a tick does not exceed on the calibration samples, the same for all groups of a
      population and a sign; without samples it is that of the largest sum that weights allow.
      Where n exceeds 'worth', a unit of the population's potential becomes 2^(n − worth) of the
      former ones: thresholds and biases are rounded to it.

      With count=digits an input counts once for each binary digit of the weights of its projection,
      as 'crossbar-weights' takes axons. Dense layers of more than 'neurons' neurons are cut into
      parts of so many neurons, too. The constants have to be integers. Refused (legalize.fan-in) are
      windows that no group of channels makes small enough, and populations of which even the parts
      are too many.
      Before: %p1 [784] -> %p2 [128]  dense {weights=w}                     most=256
      After:  %p1 -> relay [196] wire -> %p3 if [128] {threshold=Θ} dense {weights=max(w, 0)} …
              %p3 -> %p2 identity {weights=[1]} shift=n       8 such populations
      """,
    options: [
      PassOption("most", .integer(2...1_000_000), default: "256", "the most inputs of a neuron"),
      PassOption(
        "count", .word(["inputs", "digits"]), default: "inputs",
        "what counts: an input, or each binary digit of its weights"),
      PassOption(
        "signs", .word(["apart", "together"]), default: "apart",
        "whether sums of positive and negative weights are two populations or one"),
      PassOption(
        "neurons", .integer(0...1_000_000), default: "0",
        "the most neurons of a dense layer that is not cut, 0: any"),
      PassOption(
        "worth", .integer(0...24), default: "24", "the largest power of two of a spike's worth"),
      PassOption("samples", .integer(1...100_000), default: "64", "how many samples to measure"),
    ]
  ) { (graph, arguments, context) throws(CompileError) in
    guard let code = graph.populations.elements.first?.code else { return }
    guard code.isRate else { throw CompileError(.needsRate("split-fan-in", found: code)) }
    guard graph.isQuantized else { throw CompileError(.notQuantized("split-fan-in")) }
    var plan = FanInPlan(graph, FanInLimits(arguments))
    try liftingDiagnostic { () throws(Diagnostic) in try plan.make() }
    guard plan.problems.isEmpty else { throw CompileError(plan.problems) }
    if plan.groups.isEmpty { return }
    let inputs = context.calibration?.prefix(arguments.integer("samples"))
    if let inputs, inputs.count > 0, let simulator = context.simulator {
      try plan.measure(simulator, inputs, threads: context.threads)
    }
    let old = graph.populations.count
    let made = plan
    var splitter = FanInSplitter(graph, made)
    try liftingDiagnostic { () throws(Diagnostic) in try splitter.run() }
    guard splitter.problems.isEmpty else { throw CompileError(splitter.problems) }
    graph = splitter.rewriter.finished()
    context.count("populations", of: "split-fan-in", by: graph.populations.count - old)
  }
}

/// What a core takes.
struct FanInLimits {

  /// The most inputs of a neuron.
  let most: Int

  /// Whether each binary digit of weights is an input.
  let countsDigits: Bool

  /// Whether one population adds up the weights of both signs, where it can.
  let isTogether: Bool

  /// The most neurons of a dense layer that is not cut.
  let neurons: Int

  /// The largest power of two of what a spike is worth.
  let worth: Int

  init(_ arguments: PassArguments) {
    most = arguments.integer("most")
    countsDigits = arguments.word("count") == "digits"
    isTogether = arguments.word("signs") == "together"
    neurons = arguments.integer("neurons") == 0 ? .max : arguments.integer("neurons")
    worth = arguments.integer("worth")
  }
}

/// The cutting of projections into groups of inputs.
struct FanInPlan {

  /// Why populations cannot be cut.
  private(set) var problems: [Diagnostic] = []

  /// The ranges of rows or input channels of each projection that is cut.
  private(set) var groups: [ProjectionID: [Range<Int>]] = [:]

  /// The largest mean sums of a tick, [group][positive, negative], where they were measured.
  private(set) var peaks: [ProjectionID: [[Double]]] = [:]

  let limits: FanInLimits
  let afferents: [[ProjectionID]]
  private let graph: SpikingGraph

  init(_ graph: SpikingGraph, _ limits: FanInLimits) {
    (self.graph, self.limits) = (graph, limits)
    afferents = graph.afferents()
  }

  /// Decides what is cut.
  ///
  /// - Throws: `ir.elided-tensor`.
  mutating func make() throws(Diagnostic) {
    let ways = graph.waysThroughRelays()
    for id in graph.populations.ids where graph[id].model.integrates {
      let own = afferents[id.index]
      var sizes: [Int] = []
      for projection in own {
        let (source, isRelay) = (graph[projection].source, graph.isRelay(graph[projection].source))
        let size = graph.largestFanIn(of: graph[projection])
          .multipliedOrMost(by: isRelay ? ways[source.index] : 1)
        sizes.append(size.multipliedOrMost(by: try digits(of: projection, signed: true)))
      }
      let isWide =
        graph[id].shape.count > limits.neurons
        && own.contains { if case .dense = graph[$0].kind { true } else { false } }
      let all = sizes.reduce(0) { $0.addingReportingOverflow($1).overflow ? .max : $0 + $1 }
      guard all > limits.most || isWide else { continue }
      try cut(id, Array(zip(own, sizes)), ways)
    }
  }

  /// Cuts the projections into population `id`.
  private mutating func cut(
    _ id: PopulationID, _ own: [(projection: ProjectionID, size: Int)], _ ways: [Int]
  ) throws(Diagnostic) {
    var parts = 0
    for (projection, size) in own {
      // What is small may stay beside the parts.
      guard size > 2, let count = rowCount(graph[projection]) else {
        parts += size
        continue
      }
      let source = graph[projection].source
      let height = (graph.largestFanIn(of: graph[projection]) / count)
        .multipliedOrMost(by: graph.isRelay(source) ? ways[source.index] : 1)
        .multipliedOrMost(by: try digits(of: projection, signed: false))
      guard height <= limits.most else {
        problems.append(.uncuttable(graph[id].name, height, limits.most))
        return
      }
      let unit = unit(of: graph[projection], most: limits.most / height)
      let (units, each) = (count / unit, limits.most / height / unit)
      let number = (units + each - 1) / each
      groups[projection] = (0..<number).map { i in
        units * i / number * unit..<units * (i + 1) / number * unit
      }
      parts += 2 * number
    }
    if parts > limits.most { problems.append(.uncuttable(graph[id].name, parts, limits.most)) }
  }

  /// Returns the number of rows that belong together: those of a row of an image, or of a pixel, where
  /// `most` rows hold them, since a core hears boxes of neurons.
  private func unit(of projection: Projection, most: Int) -> Int {
    let shape = graph[projection.source].shape
    guard case .dense = projection.kind, shape.rank == 3 else { return 1 }
    if shape[1] * shape[2] <= most { return shape[1] * shape[2] }
    return shape[2] <= most ? shape[2] : 1
  }

  /// Returns how many inputs a connection of a projection counts as, before it is cut (`signed`) or
  /// in a part, whose weights have one sign.
  private func digits(of id: ProjectionID, signed: Bool) throws(Diagnostic) -> Int {
    guard limits.countsDigits, let weights = graph[id].kind.weights else { return 1 }
    return try graph.tensors.integers(weights).binaryDigits(signed: signed)
  }

  /// Returns the number of rows, or input channels of a group, of a projection that can be cut.
  private func rowCount(_ projection: Projection) -> Int? {
    switch projection.kind {
    case .dense: graph[projection.source].shape.count
    case .conv(let conv): conv.groups == 1 ? graph[projection.source].shape.channels : nil
    case .pool, .identity, .wire: nil
    }
  }

  /// Measures the sums of groups.
  ///
  /// - Throws: what the simulator throws.
  mutating func measure(
    _ simulator: any SpikeSimulator, _ inputs: CalibrationInputs, threads: Int
  ) throws(CompileError) {
    let cut = groups.keys.sorted { $0.index < $1.index }
    var sources: [PopulationID] = []
    for id in cut where !sources.contains(graph[id].source) { sources.append(graph[id].source) }
    var sums: [GroupSums] = []
    for id in cut {
      sums.append(
        try liftingDiagnostic { () throws(Diagnostic) in
          try GroupSums(graph[id], groups[id] ?? [], in: graph)
        })
    }
    try simulator.forEachSample(
      saying: sources, in: graph, over: inputs, from: 0, threads: threads
    ) { (_, values) throws(CompileError) in
      for (i, id) in cut.enumerated() {
        guard let source = sources.firstIndex(of: graph[id].source) else { continue }
        sums[i].add(values[source])
      }
    }
    for (id, own) in zip(cut, sums) { peaks[id] = own.peaks }
  }

  /// Returns the logarithms of the thresholds of the parts of population `id`, of positive and of
  /// negative weights.
  ///
  /// - Throws: `ir.elided-tensor`.
  func exponents(of id: PopulationID) throws(Diagnostic) -> [Int] {
    var most = [0.0, 0.0]
    for projection in afferents[id.index] {
      guard let own = groups[projection] else { continue }
      for (i, range) in own.enumerated() {
        let sums =
          if let peak = peaks[projection]?[i] { peak } else {
            try graph.largestSums(of: projection, range)
          }
        for sign in 0...1 { most[sign] = max(most[sign], sums[sign]) }
      }
    }
    return most.map { max(0, min(24, $0.exponentAbove)) }
  }
}

extension SpikingGraph {

  func isRelay(_ id: PopulationID) -> Bool { self[id].model == .relay }

  /// Returns the largest sums that the positive and the negative weights of some rows of a
  /// projection allow, units of its target.
  fileprivate func largestSums(
    of id: ProjectionID, _ rows: Range<Int>
  ) throws(Diagnostic) -> [Double] {
    guard let weights = self[id].kind.weights else { return [0, 0] }
    let shape = tensors[weights].shape
    let (count, columns) = (shape[shape.rank - 2], shape[shape.rank - 1])
    var sums = [[Double](repeating: 0, count: columns), [Double](repeating: 0, count: columns)]
    for (i, w) in try tensors.integers(weights).enumerated()
    where rows.contains(i / columns % count) {
      sums[w < 0 ? 1 : 0][i % columns] += Double(w.magnitude)
    }
    return sums.map { ($0.max() ?? 0) * Double(1 << self[id].shift) }
  }
}

extension [Int32] {

  /// Returns how many binary digits these weights have: one where they are all 0 or of one value;
  /// those of two's complement for both signs, those of magnitudes if told that signs are apart.
  func binaryDigits(signed: Bool) -> Int {
    var (low, high): (Int32, Int32) = (0, 0)
    for w in self { (low, high) = (Swift.min(low, w), Swift.max(high, w)) }
    if signed, allSatisfy({ $0 == 0 || $0 == low }) || allSatisfy({ $0 == 0 || $0 == high }) {
      return 1
    }
    func width(_ x: UInt32) -> Int { 32 - x.leadingZeroBitCount }
    guard signed, low < 0 else {
      return Swift.max(1, width(Swift.max(low.magnitude, high.magnitude)))
    }
    return 1 + Swift.max(width(low.magnitude - 1), width(high.magnitude))
  }
}

extension Int {

  /// Returns the product, or the largest number if it is larger.
  func multipliedOrMost(by other: Int) -> Int {
    let (product, overflows) = multipliedReportingOverflow(by: other)
    return overflows ? .max : product
  }
}

extension Double {

  /// The least n for which 2^n is not below this number.
  fileprivate var exponentAbove: Int {
    self <= 1 ? 0 : Int(exponent) + (significand > 1 ? 1 : 0)
  }
}

extension Diagnostic {

  fileprivate static func uncuttable(_ name: String, _ found: Int, _ most: Int) -> Diagnostic {
    .error(
      "legalize.fan-in",
      "even in parts a neuron of '\(name)' has \(found, of: "input"), at most \(most)",
      at: .entity(name), notes: ["train the layer with fewer inputs or smaller kernels"],
      exitCode: .doesNotFit)
  }
}
