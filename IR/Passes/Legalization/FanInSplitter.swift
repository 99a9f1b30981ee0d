// Building a network anew with neurons that add up parts of the inputs of others.

internal import Diagnostics
internal import SpikeIR

/// The construction of a network whose neurons have few inputs.
struct FanInSplitter {

  /// What stands in the way.
  private(set) var problems: [Diagnostic] = []

  /// The network so far.
  private(set) var rewriter: SpikingRewriter

  private let plan: FanInPlan
  private var old: SpikingGraph { rewriter.old }

  /// Neurons that add up some weights of both signs or one, for some neurons of a population.
  private struct Part {
    var population: PopulationID
    /// The neurons of the population that is cut.
    var columns: Range<Int>
    /// The position of the sign among the channels of `[1, columns, 2]`; `nil` for populations of
    /// the shape of the one that is cut.
    var channel: Int?
    var isPositive: Bool
  }

  init(_ graph: SpikingGraph, _ plan: FanInPlan) {
    self.plan = plan
    rewriter = SpikingRewriter(graph)
  }

  /// Builds everything.
  ///
  /// - Throws: `ir.elided-tensor`.
  mutating func run() throws(Diagnostic) {
    for id in old.populations.ids {
      let own = plan.afferents[id.index].filter { plan.groups[$0] != nil }
      guard !own.isEmpty else {
        rewriter.copy(id)
        for projection in plan.afferents[id.index] { rewriter.carry(projection) }
        continue
      }
      let exponents = try plan.exponents(of: id)
      var parts: [Part] = []
      for projection in own {
        for (i, range) in (plan.groups[projection] ?? []).enumerated() {
          parts += try addParts(of: projection, rows: range, number: i, exponents)
        }
      }
      // Relays of parts come before the population that listens to them.
      let speakers = parts.map { speaker(of: $0, for: id) }
      let target = rewriter.copy(id)
      let excess = max(0, (exponents.max() ?? 0) - plan.limits.worth)
      if excess > 0 { try rewriter.graph.coarsen(target, by: excess) }
      for (part, speaker) in zip(parts, speakers) {
        connect(speaker, part, to: target, exponents[part.isPositive ? 0 : 1] - excess)
      }
      for projection in plan.afferents[id.index] where plan.groups[projection] == nil {
        carry(projection, excess)
      }
    }
  }

  /// Carries a projection that is not cut into a population whose units are 2^excess of the old.
  private mutating func carry(_ id: ProjectionID, _ excess: Int) {
    rewriter.carry(id)
    guard excess > 0, let last = rewriter.graph.projections.ids.last else { return }
    guard old[id].shift >= excess else {
      problems.append(.fineWeights(old[id].name, old[old[id].target].name, excess))
      return
    }
    rewriter.graph[last].shift -= excess
  }

  // MARK: - Parts

  /// Adds the neurons that add up some rows.
  private mutating func addParts(
    of id: ProjectionID, rows: Range<Int>, number: Int, _ exponents: [Int]
  ) throws(Diagnostic) -> [Part] {
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
    var shape = tensor.shape
    shape[shape.rank - 2] = rows.count
    let name = "\(old[projection.target].name)/\(number)"
    if plan.limits.isTogether, case .dense = projection.kind,
      old[projection.target].shape.rank == 1
    {
      return addPairs(projection, name, selected, rows: rows.count, from: source, exponents)
    }
    var result: [Part] = []
    for isPositive in [true, false] {
      let exponent = exponents[isPositive ? 0 : 1]
      let own = selected.map { isPositive ? max($0, 0) : max(-$0, 0) }
      guard own.contains(where: { $0 > 0 }) else { continue }
      let part = addNeurons(
        "\(name)\(isPositive ? "+" : "-")", like: projection.target,
        old[projection.target].shape,
        [Int32](
          repeating: 1 << Int32(exponent - common(projection, exponent)),
          count: old[projection.target].shape.channels))
      listen(part, to: source, projection, own, shape, common(projection, exponent))
      result.append(Part(population: part, columns: 0..<0, channel: nil, isPositive: isPositive))
    }
    return result
  }

  /// Adds populations [1, columns, 2] that add up both signs of some rows of a matrix.
  private mutating func addPairs(
    _ projection: Projection, _ name: String, _ matrix: [Int32], rows: Int,
    from source: PopulationID, _ exponents: [Int]
  ) -> [Part] {
    let all = old[projection.target].shape.count
    let most = max(1, plan.limits.neurons / 2)
    let number = (all + most - 1) / most
    let reduction = common(projection, exponents.min() ?? 0)
    var result: [Part] = []
    for i in 0..<number {
      let columns = all * i / number..<all * (i + 1) / number
      let own = (0..<rows * columns.count * 2).map { k -> Int32 in
        let (row, rest) = k.quotientAndRemainder(dividingBy: columns.count * 2)
        let weight = matrix[row * all + columns.lowerBound + rest / 2]
        return rest % 2 == 0 ? max(weight, 0) : max(-weight, 0)
      }
      guard own.contains(where: { $0 > 0 }) else { continue }
      let part = addNeurons(
        number == 1 ? "\(name)±" : "\(name).\(i)±", like: projection.target,
        [1, columns.count, 2], exponents.map { 1 << Int32($0 - reduction) })
      listen(part, to: source, projection, own, [rows, columns.count * 2], reduction)
      for sign in 0...1 {
        result.append(
          Part(population: part, columns: columns, channel: sign, isPositive: sign == 0))
      }
    }
    return result
  }

  /// Returns the power of two that all that arrives along a projection and the threshold 2^exponent
  /// have in common, so that a part need not have it.
  private func common(_ projection: Projection, _ exponent: Int) -> Int {
    max(0, min(projection.shift, exponent))
  }

  /// Adds neurons with the thresholds `thresholds`, one a channel.
  private mutating func addNeurons(
    _ name: String, like target: PopulationID, _ shape: Shape, _ thresholds: [Int32]
  ) -> PopulationID {
    let threshold = rewriter.graph.tensors.add(
      Tensor("\(name)/threshold", shape: [thresholds.count], data: .int32(thresholds)))
    return rewriter.add(
      Population(
        name: name, shape: shape, code: old[target].code,
        model: .integrateAndFire(IntegrateAndFire(threshold: threshold))))
  }

  /// Connects a part with what it adds up.
  private mutating func listen(
    _ part: PopulationID, to source: PopulationID, _ projection: Projection, _ weights: [Int32],
    _ shape: Shape, _ reduction: Int
  ) {
    var kind = projection.kind
    let isNarrow = weights.allSatisfy { $0 <= 127 }
    kind.weights = rewriter.graph.tensors.add(
      Tensor(
        "\(rewriter.graph[part].name)/weights", shape: shape,
        data: isNarrow ? .int8(weights.map { Int8(clamping: $0) }) : .int32(weights)))
    rewriter.connect(
      source, to: part, kind, shift: projection.shift - reduction, delay: projection.delay)
  }

  /// Adds a relay of some rows or channels of the source of `projection`.
  private mutating func addSelection(
    of rows: Range<Int>, among count: Int, from projection: Projection
  ) -> PopulationID {
    let source = rewriter.image(of: projection.source)
    if rows.count == count { return source }
    let population = rewriter.graph[source]
    var shape: Shape = [rows.count]
    var sources = rows.map { Int32($0) }
    if case .conv = projection.kind {
      shape = population.shape
      shape[2] = rows.count
      sources = (0..<shape.count).map { n in
        Int32(n / rows.count * population.shape.channels + rows.lowerBound + n % rows.count)
      }
    }
    return addRelay(
      "\(population.name)/\(rows.lowerBound)-\(rows.upperBound)", shape, of: source, sources)
  }

  private mutating func addRelay(
    _ name: String, _ shape: Shape, of source: PopulationID, _ sources: [Int32]
  ) -> PopulationID {
    let relay = rewriter.add(
      Population(name: name, shape: shape, code: rewriter.graph[source].code, model: .relay))
    let wires = rewriter.graph.tensors.add(
      Tensor("\(name)/sources", shape: [sources.count], data: .int32(sources)))
    rewriter.connect(source, to: relay, .wire(WireProjection(sources: wires)))
    return relay
  }

  /// Returns what says the spikes of one sign of a part to the neurons of population `id`.
  private mutating func speaker(of part: Part, for id: PopulationID) -> PopulationID {
    guard let channel = part.channel else { return part.population }
    let sources = (0..<old[id].shape.count).map { n in
      part.columns.contains(n) ? Int32((n - part.columns.lowerBound) * 2 + channel) : -1
    }
    let name = "\(rewriter.graph[part.population].name)/\(part.isPositive ? "+" : "-")"
    return addRelay(name, old[id].shape, of: part.population, sources)
  }

  /// Has the spikes of a part be worth 2^exponent to the neurons that it adds up for.
  private mutating func connect(
    _ source: PopulationID, _ part: Part, to target: PopulationID, _ exponent: Int
  ) {
    // Most of the power is in the weight: the shifts that cores offer may be few.
    let own = min(exponent, 6)
    let weight = rewriter.graph.tensors.add(
      Tensor("sign", shape: [1], data: .int8([(part.isPositive ? 1 : -1) << Int8(own)])))
    rewriter.connect(
      source, to: target, .identity(IdentityProjection(weights: weight)), shift: exponent - own)
  }
}

extension Diagnostic {

  fileprivate static func fineWeights(_ name: String, _ target: String, _ excess: Int) -> Diagnostic
  {
    .error(
      "legalize.fan-in",
      "'\(name)' has weights below 2^\(excess), beside parts of '\(target)' whose spikes are worth more "
        + "than a weight holds", at: .entity(target), notes: ["quantize to fewer bits"],
      exitCode: .doesNotFit)
  }
}
