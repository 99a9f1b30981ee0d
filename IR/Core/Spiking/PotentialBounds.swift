// How large the potentials of a quantized network can become: interval analysis, population by
// population, channel by channel.

public import Diagnostics

/// What neurons of a quantized network can say and hold, for inputs of any values.
///
/// Encoders clamp, so that sources say at most their levels; from there ranges go forward. A
/// channel's sum is bounded by the sum of the bounds of its terms. Every partial sum, in whichever
/// order terms and bias are added, lies within the bounds too, as every term can be 0. Neurons near
/// the border of an image are taken to receive as much as those inside.
///
/// Under `rate` with input I in [a, b] in each tick, potentials before firing lie in
/// [v₋ + a, v₊ + b], and after firing v₊ becomes the largest of what is left below the threshold
/// and of v₊ + b − θ, tick by tick.
///
/// - Source: interval arithmetic, Moore (1966), chapter 2.
public struct PotentialBounds: Sendable {

  /// What a neuron of each channel emits: units in a tick under `rate`, in a window otherwise;
  /// [population][channel].
  public private(set) var units: [[ValueRange]] = []

  /// What the potential of a neuron of each channel can be at any time, partial sums, initial
  /// potential and the moment before it fires included; [population][channel], empty for
  /// populations without potential.
  public private(set) var potentials: [[ValueRange]] = []

  /// What a neuron of each channel receives in a tick from sources with constant encoders, directly or
  /// through relays; [population][channel].
  public private(set) var currents: [[ValueRange]] = []

  private let afferents: [[ProjectionID]]

  /// Analyses a verified, quantized graph.
  ///
  /// - Throws: `ir.elided-tensor`, `ir.bad-element-type` if the graph is not quantized.
  /// - Complexity: O(weights + channels · ticks).
  public init(_ graph: SpikingGraph) throws(Diagnostic) {
    afferents = graph.afferents()
    let isConstant = graph.isConstant
    for id in graph.populations.ids {
      let population = graph[id]
      let input = try inputs(of: id, in: graph)
      currents.append(
        try inputs(of: id, in: graph) { isConstant[graph[$0].source.index] })
      switch population.model {
      case .source:
        let encoder = graph.encoders.first { $0.population == id }
        let most = Double(encoder?.largestUnit ?? Int(Int32.max))
        let range = ValueRange(-most, most)
        append(units: [ValueRange](repeating: range, count: population.shape.channels))
      case .relay: append(units: input)
      case .maximum: append(units: input)
      case .integrator:
        let ticks = population.code.isRate ? Double(population.code.timesteps) : 1
        let held = try biased(input, population, graph.tensors).map { $0.hull(.zero) * ticks }
        append(units: [], potentials: held)
      case .integrateAndFire(let model):
        try append(model, input, population, graph.tensors)
      case .leaky:
        // Integers are what arrives in a tick; potentials are real numbers.
        append(
          units: input.map { _ in ValueRange(0, 1) }, potentials: input.map { $0.hull(.zero) })
      case .currentBased(let model):
        let bias = try biased(input.map { _ in .zero }, population, graph.tensors)
        var most = 0.0
        if let id = model.initial { most = Double(try graph.tensors.integers(id).max() ?? 0) }
        append(
          units: input.map { _ in ValueRange(0, 1) },
          potentials: zip(input, bias).map {
            // What is left of the initial potential and what has come since never exceed both.
            model.potential(under: $0, bias: $1).hull(ValueRange(0, most))
          })
      case .bitShift(let model):
        let bias = try biased(input.map { _ in .zero }, population, graph.tensors)
        let held = zip(input, bias).map { model.potential(under: $0, bias: $1) }
        let thresholds = try graph.tensors.integers(model.threshold).map { Double($0) }
        append(
          units: held.enumerated().map { (c, range) in
            let own = stride(from: c % thresholds.count, to: thresholds.count, by: held.count)
            return model.units(own.map { thresholds[$0] }.min() ?? 1, under: range)
          }, potentials: held)
      case .staircase(let model):
        let isRate = population.code.isRate
        let values = isRate ? [-1, 1] : try graph.tensors.integers(model.values).map { Double($0) }
        let said = ValueRange(values.min() ?? 0, values.max() ?? 0)
        let ticks = isRate ? Double(population.code.timesteps) : 1
        let held = try biased(input, population, graph.tensors).map { $0.hull(.zero) * ticks }
        append(units: input.map { _ in said }, potentials: held)
      }
    }
  }

  /// The range that holds the potentials of all neurons of population `id`; `nil` if they have
  /// none.
  public func potential(of id: PopulationID) -> ValueRange? {
    let all = potentials[id.index]
    return all.first.map { first in all.reduce(first) { $0.hull($1) } }
  }

  /// The range that holds biases and constant currents of all neurons of population `id` together.
  ///
  /// - Throws: `ir.elided-tensor`.
  public func drive(of id: PopulationID, in graph: SpikingGraph) throws(Diagnostic) -> ValueRange {
    try biased(currents[id.index], graph[id], graph.tensors).reduce(.zero) { $0.hull($1) }
  }

  private mutating func append(units own: [ValueRange], potentials held: [ValueRange] = []) {
    units.append(own)
    potentials.append(held)
  }
}

// MARK: - Sums

extension PotentialBounds {

  /// Returns the range of what reaches a neuron of each channel through those projections that are
  /// `chosen`, bias left out.
  package func inputs(
    of id: PopulationID, in graph: SpikingGraph, chosen: (ProjectionID) -> Bool = { _ in true }
  ) throws(Diagnostic) -> [ValueRange] {
    let channels = graph[id].shape.channels
    var result = [ValueRange](repeating: .zero, count: channels)
    for projection in afferents[id.index] where chosen(projection) {
      let own = try inputs(along: graph[projection], channels, graph)
      if graph[id].model == .maximum {
        result = zip(result, own).map { $0.hull($1) }
      } else {
        result = zip(result, own).map { $0 + $1 }
      }
    }
    return result
  }

  /// Returns the range of what reaches a neuron of each channel through one projection.
  private func inputs(
    along projection: Projection, _ channels: Int, _ graph: SpikingGraph
  ) throws(Diagnostic) -> [ValueRange] {
    let scale = Double(sign: .plus, exponent: projection.shift, significand: 1)
    let source = units[projection.source.index].map { $0.hull(.zero) * scale }
    guard let everywhere = source.first.map({ first in source.reduce(first) { $0.hull($1) } })
    else { return [ValueRange](repeating: .zero, count: channels) }
    var weights: [Int32] = [1]
    if let id = projection.kind.weights { weights = try graph.tensors.integers(id) }
    switch projection.kind {
    case .dense:
      return sums(weights, targets: weights.count / graph[projection.source].shape.count, channels)
      { row, _ in source[row % source.count] }
    case .conv(let conv):
      let depth = source.count / conv.groups
      let width = channels / conv.groups
      return sums(weights, targets: channels, channels) { row, k in
        source[k / width * depth + row % depth]
      }
    case .pool(let pool):
      if graph[projection.target].model == .maximum { return source }
      return source.map { $0 * Double(pool.window.size.height * pool.window.size.width) }
    case .identity:
      return (0..<channels).map { c in
        let said = source.count == channels ? source[c] : everywhere
        return said * Double(weights[c % weights.count])
      }
    case .wire: return [ValueRange](repeating: everywhere, count: channels)
    }
  }

  /// Returns for each channel the hull over its targets of Σ weights[row, target]·said(row, target).
  private func sums(
    _ weights: [Int32], targets: Int, _ channels: Int,
    said: (_ row: Int, _ target: Int) -> ValueRange
  ) -> [ValueRange] {
    var all = [ValueRange](repeating: .zero, count: targets)
    for (i, w) in weights.enumerated() where w != 0 {
      let (row, target) = i.quotientAndRemainder(dividingBy: targets)
      all[target] = all[target] + said(row, target) * Double(w)
    }
    var result = Array(all[..<channels])
    for (target, range) in all.enumerated() {
      result[target % channels] = result[target % channels].hull(range)
    }
    return result
  }

  /// Returns the ranges with the biases of each channel's neurons added.
  private func biased(
    _ input: [ValueRange], _ population: Population, _ tensors: TensorStore
  ) throws(Diagnostic) -> [ValueRange] {
    guard let id = population.bias else { return input }
    var result: [ValueRange?] = input.map { _ in nil }
    for (i, b) in try tensors.integers(id).enumerated() {
      let c = i % input.count
      let own = input[c] + ValueRange(Double(b), Double(b))
      result[c] = result[c]?.hull(own) ?? own
    }
    return zip(result, input).map { $0 ?? $1 }
  }
}

// MARK: - Neurons that decay

extension CurrentBasedLeaky {

  /// Returns the range of currents under an input of range `input` in each tick, `nil` if they may
  /// wrap around.
  ///
  /// What is left of a current is rounded towards 0, so that a geometric series bounds it.
  package func current(under input: ValueRange) -> ValueRange? {
    let own = input.hull(.zero)
    if own == .zero { return own }
    guard currentDecay > 0 else { return nil }
    let sum = own * (Double(Self.wholeDecay) / Double(currentDecay))
    let most = Double(Self.largest)
    return sum.low >= -most && sum.high <= most ? sum : nil
  }

  /// Returns the range of potentials under an input of range `input`, and a bias, in each tick.
  ///
  /// Constant input goes to the potential at once; to take it for a current is no smaller.
  fileprivate func potential(under input: ValueRange, bias: ValueRange) -> ValueRange {
    let most = Double(Self.largest)
    guard potentialDecay > 0, let current = current(under: input) else {
      return ValueRange(-most, most)
    }
    let sum = (current + bias.hull(.zero)) * (Double(Self.wholeDecay) / Double(potentialDecay))
    return ValueRange(max(-most, sum.low), min(most, sum.high))
  }
}

// MARK: - Neurons that fire

/// What the neurons of a channel are made with, where they differ.
private struct NeuronConstants: Hashable {
  var threshold: Double
  var initial: Double
  var bias: Double
  /// Whether units are taken back, and how far below 0 the potential is then.
  var retraction: Double?
}

extension PotentialBounds {

  /// Appends the ranges of a population that fires.
  private mutating func append(
    _ model: IntegrateAndFire, _ input: [ValueRange], _ population: Population,
    _ tensors: TensorStore
  ) throws(Diagnostic) {
    let thresholds = try tensors.integers(model.threshold).map { Double($0) }
    var initial = thresholds.map { ($0 / 2).rounded(.down) }
    if let id = model.initial { initial = try tensors.integers(id).map { Double($0) } }
    var bias: [Double] = [0]
    if let id = population.bias { bias = try tensors.integers(id).map { Double($0) } }
    var retraction: [Double?] = [nil]
    if let id = model.retraction { retraction = try tensors.integers(id).map { Double($0) } }
    let channels = input.count
    var kinds = [Set<NeuronConstants>](repeating: [], count: channels)
    for i in 0..<max(thresholds.count, bias.count, channels) {
      kinds[i % channels].insert(
        NeuronConstants(
          threshold: thresholds[i % thresholds.count], initial: initial[i % initial.count],
          bias: bias[i % bias.count], retraction: retraction[i % retraction.count]))
    }
    var (said, held): ([ValueRange], [ValueRange]) = ([], [])
    for c in 0..<channels {
      var (unit, potential) = (ValueRange.zero, ValueRange.zero)
      for kind in kinds[c] {
        let sum = input[c].hull(.zero) + ValueRange(min(kind.bias, 0), max(kind.bias, 0))
        let own =
          population.code.isRate
          ? kind.ticks(population.code.timesteps, input[c], sum, isSigned: model.isSigned)
          : kind.window(
            population.code.levels, input[c], sum, isSigned: model.isSigned)
        (unit, potential) = (unit.hull(own.units), potential.hull(own.potential))
      }
      said.append(unit)
      held.append(potential)
    }
    append(units: said, potentials: held)
  }
}

extension NeuronConstants {

  /// Returns the ranges of a neuron that integrates a window and then fires.
  ///
  /// - Parameters:
  ///   - levels: Q.
  ///   - input: the range of the whole input, bias left out.
  ///   - partial: the range of every partial sum, bias included.
  ///   - isSigned: whether negative units are said.
  /// - Returns: the ranges of units and of the potential.
  func window(
    _ levels: Int, _ input: ValueRange, _ partial: ValueRange, isSigned: Bool
  ) -> (units: ValueRange, potential: ValueRange) {
    let v = input + ValueRange(bias, bias)
    func units(_ magnitude: Double) -> Double {
      min(max(((magnitude + initial) / threshold).rounded(.down), 0), Double(levels))
    }
    guard isSigned else {
      let potential = partial.hull(partial + ValueRange(initial, initial))
      return (ValueRange(0, units(v.high)), potential)
    }
    let magnitude = max(-v.low, v.high, 0) + initial
    return (
      ValueRange(v.low < 0 ? -units(-v.low) : 0, v.high > 0 ? units(v.high) : 0),
      partial.hull(ValueRange(min(initial, 0), max(magnitude, 0)))
    )
  }

  /// Returns the ranges of a neuron that integrates and fires in every tick.
  ///
  /// - Parameters:
  ///   - count: the number of ticks.
  ///   - input: the range of the input of a tick, bias left out.
  ///   - partial: the range of every partial sum of a tick, bias included.
  ///   - isSigned: whether negative units are said.
  /// - Returns: the ranges of units and of the potential.
  func ticks(
    _ count: Int, _ input: ValueRange, _ partial: ValueRange, isSigned: Bool
  ) -> (units: ValueRange, potential: ValueRange) {
    let tick = input + ValueRange(bias, bias)
    let upper = isSigned ? threshold - initial : threshold
    // What is at the upper limit already is not tested against the lower one.
    let lowest = isSigned ? min(-upper, upper - 1) : retraction.map { -$0 - 1 }
    var v = isSigned ? ValueRange.zero : ValueRange(initial, initial)
    var (units, potential) = (ValueRange.zero, v.hull(.zero))
    for _ in 0..<count {
      potential = potential.hull(v + partial)
      let u = v + tick
      if u.high >= upper { units.high = 1 }
      if let lowest, u.low <= lowest { units.low = -1 }
      v = left(u, upper, lowest)
      potential = potential.hull(v)
    }
    return (units, potential)
  }

  /// Returns what is left of potentials in `u`, where those from `upper` on emit a unit and those up
  /// to `lowest`, if any, emit a negative one.
  ///
  /// Neurons that take units back keep what is there if they have emitted none.
  private func left(_ u: ValueRange, _ upper: Double, _ lowest: Double?) -> ValueRange {
    var pieces: [ValueRange] = []
    if u.high >= upper {
      pieces.append(ValueRange(max(u.low, upper) - threshold, u.high - threshold))
    }
    if let lowest, u.low <= lowest {
      pieces.append(ValueRange(u.low + threshold, min(u.high, lowest) + threshold))
    }
    let floor = retraction == nil ? lowest.map { $0 + 1 } ?? u.low : u.low
    let middle = ValueRange(max(u.low, floor), min(u.high, upper - 1))
    if middle.low <= middle.high { pieces.append(middle) }
    return pieces.dropFirst().reduce(pieces.first ?? u) { $0.hull($1) }
  }
}
