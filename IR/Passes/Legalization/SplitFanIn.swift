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
      A neuron of a crossbar hears as many axons as its core has. Where the inputs of a population
      exceed 'most', each dense projection and convolution is cut: rows, or input channels, are
      divided evenly into groups that fit, which wires select. For each group there are two populations
      of unsigned neurons of the same shape, one for the positive and one for the negative weights;
      their spikes are worth their threshold Θ = 2^n to the population, by one-to-one weights 1 and
      −1 with the shift n. So sums of spikes never fall, and nothing has to be taken back.

      This is an approximation: each intermediate neuron keeps up to Θ of its sum, from Θ/2 at the
      start, so that the error of a group's sum lies within ±Θ as long as no more than Θ arrives in a
      tick; what exceeds it is said in later ticks. Θ is the least power of two that the largest mean
      sum of a tick does not exceed on the calibration samples, for each population; without samples
      it is that of the largest sum that weights allow. The constants have to be integers. Refused
      (legalize.fan-in) are windows that no group of channels makes small enough, fan-in through
      poolings, and populations of which even the parts are too many.
      Before: %p1 [784] -> %p2 [128]  dense {weights=w}                     most=256
      After:  %p1 -> relay [196] wire -> %p3 if [128] {threshold=Θ} dense {weights=max(w, 0)} …
              %p3 -> %p2 identity {weights=[1]} shift=n       8 such populations
      """,
    options: [
      PassOption("most", .integer(2...1_000_000), default: "256", "the most inputs of a neuron"),
      PassOption("samples", .integer(1...100_000), default: "64", "how many samples to measure"),
    ]
  ) { (graph, arguments, context) throws(CompileError) in
    guard let code = graph.populations.elements.first?.code else { return }
    guard code.isRate else { throw CompileError(.needsRate("split-fan-in", found: code)) }
    guard graph.isQuantized else { throw CompileError(.notQuantized("split-fan-in")) }
    var splitter = FanInSplitter(graph, most: arguments.integer("most"))
    splitter.plan()
    guard splitter.problems.isEmpty else { throw CompileError(splitter.problems) }
    if splitter.groups.isEmpty { return }
    let inputs = context.calibration?.prefix(arguments.integer("samples"))
    if let inputs, inputs.count > 0, let simulator = context.simulator {
      try splitter.measure(simulator, inputs, threads: context.threads)
    }
    let old = graph.populations.count
    graph = try liftingDiagnostic { () throws(Diagnostic) in try splitter.rewritten() }
    context.count("populations", of: "split-fan-in", by: graph.populations.count - old)
  }
}

/// The cutting of projections into groups of inputs.
private struct FanInSplitter {

  /// Why populations cannot be cut.
  private(set) var problems: [Diagnostic] = []

  /// The ranges of rows or input channels of each projection that is cut.
  private(set) var groups: [ProjectionID: [Range<Int>]] = [:]

  private let graph: SpikingGraph
  private let most: Int
  private let afferents: [[ProjectionID]]

  /// The largest mean sums of a tick, [group][positive, negative], where they were measured.
  private var peaks: [ProjectionID: [[Double]]] = [:]

  init(_ graph: SpikingGraph, most: Int) {
    (self.graph, self.most) = (graph, most)
    afferents = graph.afferents()
  }

  /// Decides what is cut.
  mutating func plan() {
    for id in graph.populations.ids where graph[id].model.integrates {
      let own = afferents[id.index]
      let sizes = own.map { graph.largestFanIn(of: graph[$0]) }
      guard sizes.reduce(0, +) > most else { continue }
      var parts = 0
      for (projection, size) in zip(own, sizes) {
        // What is small may stay beside the parts.
        guard size > 2, let count = rowCount(graph[projection]) else {
          parts += size
          continue
        }
        let height = size / count
        guard height <= most else {
          problems.append(.uncuttable(graph[id].name, height, most))
          break
        }
        let number = (count + most / height - 1) / (most / height)
        groups[projection] = (0..<number).map { i in
          count * i / number..<count * (i + 1) / number
        }
        parts += 2 * number
      }
      if parts > most { problems.append(.uncuttable(graph[id].name, parts, most)) }
    }
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

  /// Returns the graph with partial sums.
  ///
  /// - Throws: `ir.elided-tensor`.
  func rewritten() throws(Diagnostic) -> SpikingGraph {
    var rewriter = SpikingRewriter(graph)
    for id in graph.populations.ids {
      var parts: [(population: PopulationID, isPositive: Bool, exponent: Int)] = []
      for projection in afferents[id.index] {
        for (i, range) in (groups[projection] ?? []).enumerated() {
          parts += try rewriter.addParts(
            of: projection, rows: range, number: i, peaks: peaks[projection]?[i])
        }
      }
      let own = rewriter.copy(id)
      for part in parts {
        let weight = rewriter.graph.tensors.add(
          Tensor("sign", shape: [1], data: .int8([part.isPositive ? 1 : -1])))
        rewriter.connect(
          part.population, to: own, .identity(IdentityProjection(weights: weight)),
          shift: part.exponent)
      }
      for projection in afferents[id.index] where groups[projection] == nil {
        rewriter.carry(projection)
      }
    }
    return rewriter.finished()
  }
}

/// The largest sums of a projection's groups over samples.
private struct GroupSums {

  /// [group][positive, negative].
  private(set) var peaks: [[Double]]

  private let groups: [Range<Int>]
  private let weights: [Float]
  private let projection: Projection
  private let shapes: (source: Shape, target: Shape)

  init(
    _ projection: Projection, _ groups: [Range<Int>], in graph: SpikingGraph
  ) throws(Diagnostic) {
    (self.projection, self.groups) = (projection, groups)
    let scale = Float(1 << projection.shift)
    weights =
      try projection.kind.weights.map { (id) throws(Diagnostic) in
        try graph.tensors.floats(id).map { $0 * scale }
      } ?? []
    shapes = (graph[projection.source].shape, graph[projection.target].shape)
    peaks = groups.map { _ in [0, 0] }
  }

  /// Takes into account what the source says in a sample, units a tick.
  mutating func add(_ values: [Float]) {
    for (i, range) in groups.enumerated() {
      for sign in 0...1 {
        let own = weights.map { sign == 0 ? max($0, 0) : max(-$0, 0) }
        peaks[i][sign] = max(peaks[i][sign], Double(largestSum(values, own, range)))
      }
    }
  }

  private func largestSum(_ values: [Float], _ weights: [Float], _ range: Range<Int>) -> Float {
    switch projection.kind {
    case .conv(let conv):
      var masked = values
      for n in masked.indices where !range.contains(n % shapes.source.channels) { masked[n] = 0 }
      let extents: Shape = [
        conv.window.size.height, conv.window.size.width, shapes.source.channels,
        shapes.target.channels,
      ]
      return LinearMap.convolve(masked, shapes.source, weights, extents, conv.window, 1).max() ?? 0
    default:
      let columns = shapes.target.count
      var sums = [Float](repeating: 0, count: columns)
      for row in range where values[row] != 0 {
        for c in 0..<columns { sums[c] += values[row] * weights[row * columns + c] }
      }
      return sums.max() ?? 0
    }
  }
}

extension SpikingRewriter {

  /// Adds the populations that add up the positive and the negative weights of some rows.
  ///
  /// - Returns: the populations that have weights, with the logarithms of their thresholds.
  /// - Throws: `ir.elided-tensor`.
  fileprivate mutating func addParts(
    of id: ProjectionID, rows: Range<Int>, number: Int, peaks: [Double]?
  ) throws(Diagnostic) -> [(population: PopulationID, isPositive: Bool, exponent: Int)] {
    let projection = old[id]
    guard let weights = projection.kind.weights else { return [] }
    let tensor = old.tensors[weights]
    // Rows of a matrix [rows, targets], or channels of kernels [height, width, channels, targets].
    let (count, columns) = (
      tensor.shape[tensor.shape.rank - 2], tensor.shape[tensor.shape.rank - 1]
    )
    let values = try old.tensors.integers(weights)
    let selected = values.indices.filter { rows.contains($0 / columns % count) }.map { values[$0] }
    let source = addSelection(of: rows, among: count, from: projection)
    var result: [(population: PopulationID, isPositive: Bool, exponent: Int)] = []
    for isPositive in [true, false] {
      let own = selected.map { isPositive ? max($0, 0) : max(-$0, 0) }
      guard own.contains(where: { $0 > 0 }) else { continue }
      let peak =
        peaks.map { $0[isPositive ? 0 : 1] }
        ?? own.largestColumn(columns) * Double(1 << projection.shift)
      let exponent = max(0, min(24, peak.exponentAbove))
      let name = "\(old[projection.target].name)/\(number)\(isPositive ? "+" : "-")"
      let part = addPart(name, like: projection.target, exponent)
      var shape = tensor.shape
      shape[shape.rank - 2] = rows.count
      var kind = projection.kind
      let isNarrow = own.allSatisfy { $0 <= 127 }
      kind.weights = graph.tensors.add(
        Tensor(
          "\(name)/weights", shape: shape,
          data: isNarrow ? .int8(own.map { Int8(clamping: $0) }) : .int32(own)))
      connect(source, to: part, kind, shift: projection.shift, delay: projection.delay)
      result.append((part, isPositive, exponent))
    }
    return result
  }

  /// Adds neurons with the threshold 2^exponent.
  private mutating func addPart(
    _ name: String, like target: PopulationID, _ exponent: Int
  ) -> PopulationID {
    let population = old[target]
    let channels = population.shape.channels
    let threshold = graph.tensors.add(
      Tensor(
        "\(name)/threshold", shape: [channels],
        data: .int32([Int32](repeating: 1 << Int32(exponent), count: channels))))
    return add(
      Population(
        name: name, shape: population.shape, code: population.code,
        model: .integrateAndFire(IntegrateAndFire(threshold: threshold)),
        membraneUnit: population.membraneUnit))
  }

  /// Adds a relay of some rows or channels of the source of `projection`.
  private mutating func addSelection(
    of rows: Range<Int>, among count: Int, from projection: Projection
  ) -> PopulationID {
    let source = image(of: projection.source)
    if rows.count == count { return source }
    let population = graph[source]
    var shape: Shape = [rows.count]
    var sources = rows.map { Int32($0) }
    if case .conv = projection.kind {
      shape = population.shape
      shape[2] = rows.count
      sources = (0..<shape.count).map { n in
        Int32(n / rows.count * population.shape.channels + rows.lowerBound + n % rows.count)
      }
    }
    let name = "\(population.name)/\(rows.lowerBound)-\(rows.upperBound)"
    let relay = add(
      Population(name: name, shape: shape, code: population.code, model: .relay))
    let wires = graph.tensors.add(
      Tensor("\(name)/sources", shape: [sources.count], data: .int32(sources)))
    connect(source, to: relay, .wire(WireProjection(sources: wires)))
    return relay
  }
}

extension [Int32] {

  /// Returns the largest sum of a column.
  fileprivate func largestColumn(_ columns: Int) -> Double {
    var sums = [Double](repeating: 0, count: columns)
    for (i, x) in enumerated() { sums[i % columns] += Double(x) }
    return sums.max() ?? 0
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
      "legalize.fan-in", "even in parts a neuron of '\(name)' has \(found) inputs, at most \(most)",
      at: .entity(name), notes: ["train the layer with fewer inputs or smaller kernels"],
      exitCode: .doesNotFit)
  }
}
