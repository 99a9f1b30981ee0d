// From a network and a budget of tiles to a layout: each layer on arrays of the class and in as many
// copies as make the slowest layer as fast as possible.

package import Diagnostics
package import HardwareTargets
package import SpikeIR

/// How a network is to be laid out.
package struct LayoutOptions: Hashable, Sendable {

  /// The tiles that may be used.
  package var budget: Budget

  /// The chips that may be used, at least 1; as many as the machine has at most if `nil`.
  package var chips: Int?

  /// Whether blocks of a layer may share a tile.
  package var packs: Bool

  /// The tiles that may be used.
  package enum Budget: Hashable, Sendable {
    /// As few as hold the network once; copies only where they take no tile.
    case least
    /// At most so many, of all classes together.
    case most(Int)
    /// All that the chips have.
    case all
  }

  /// Creates options.
  package init(budget: Budget = .least, chips: Int? = nil, packs: Bool = true) {
    self.budget = budget
    self.chips = chips
    self.packs = packs
  }
}

extension CrossbarLayout {

  /// Lays a network of tensor operators out, for vectors of values.
  ///
  /// - Parameters:
  ///   - graph: the network, verified.
  ///   - target: the machine.
  ///   - options: what may be used.
  /// - Throws: what is wrong with the description's arrays, `crossbar.no-matrices`,
  ///   `fit.tiles` if the network does not fit, `crossbar.too-many-blocks`.
  package init(
    of graph: ANNGraph, on target: TargetDescription, options: LayoutOptions = LayoutOptions()
  ) throws(CompileError) {
    try self.init(
      WeightMatrix.all(in: graph), of: graph.name, on: target, mode: .vectors, options: options)
  }

  /// Lays a spiking network out, for frames of spikes.
  ///
  /// - Parameters:
  ///   - graph: the network, verified.
  ///   - target: the machine.
  ///   - options: what may be used.
  /// - Throws: what is wrong with the description's arrays, `crossbar.no-matrices`,
  ///   `fit.tiles` if the network does not fit, `crossbar.too-many-blocks`.
  package init(
    of graph: SpikingGraph, on target: TargetDescription, options: LayoutOptions = LayoutOptions()
  ) throws(CompileError) {
    let frames = graph.populations.elements.first?.code.timesteps ?? 1
    try self.init(
      WeightMatrix.all(in: graph), of: graph.name, on: target, mode: .frames(frames),
      options: options)
  }

  /// Lays layers out.
  package init(
    _ matrices: [WeightMatrix], of network: String, on target: TargetDescription, mode: ReadMode,
    options: LayoutOptions = LayoutOptions()
  ) throws(CompileError) {
    let arrays = try ArrayFeatures.all(of: target)
    guard !matrices.isEmpty else { throw CompileError(.noMatrices(network)) }
    let chips = options.chips ?? target.topology.levels.first?.count ?? 1
    let search = RepetitionSearch(
      matrices: matrices, arrays: arrays, mode: mode, chips: chips, options: options)
    guard let answer = search.solve() else {
      let problem = ReplicationProblem(
        matrices, on: arrays, mode: mode, chips: chips, options: options)
      throw TileShortage(
        problem, matrices, arrays, chips: chips, options: options, network: network,
        target: target.id
      ).error
    }
    self = try liftingDiagnostic { () throws(Diagnostic) in
      try CrossbarLayout(
        matrices, answer.choices, on: target, arrays: arrays, mode: mode, packs: options.packs)
    }
    isOptimal = answer.isOptimal
  }
}

extension ReplicationProblem {

  /// Asks for the copies of layers on arrays.
  ///
  /// - Parameters:
  ///   - matrices: the layers.
  ///   - arrays: the arrays, class by class.
  ///   - mode: what is read.
  ///   - chips: the chips that may be used.
  ///   - options: what else limits copies.
  ///   - repetitions: how often each layer is repeated on arrays of each class; once if `nil`.
  init(
    _ matrices: [WeightMatrix], on arrays: [ArrayFeatures], mode: ReadMode, chips: Int,
    options: LayoutOptions, repetitions: [[Repetition]]? = nil
  ) {
    // Times are compared in cycles where a class does not say how long they are.
    let areKnown = arrays.allSatisfy { $0.readSeconds != nil }
    let layers = matrices.enumerated().map { layer, matrix in
      arrays.enumerated().map { kind, array in
        let cut = LayerCut(
          matrix, on: array, packs: options.packs,
          repetition: repetitions?[layer][kind] ?? .none)
        let free = max(1, cut.replicas(tiles: cut.tiles(replicas: 1)))
        let reads = mode.passes(of: matrix, on: array).saturating(mode.reads(on: array))
        return Option(
          positions: matrix.positions,
          // A layer that is never read takes no time; times are compared all the same.
          cycle: Double(max(1, reads)) * (areKnown ? array.readSeconds ?? 1 : 1),
          blocksPerReplica: cut.blocksPerReplica, blocksPerTile: cut.blocksPerTile,
          mostReplicas: options.budget == .least ? free : matrix.positions)
      }
    }
    var total: Int?
    if case .most(let tiles) = options.budget { total = tiles }
    self.init(
      layers: layers, budgets: arrays.map { $0.tiles(onChips: chips) }, total: total)
  }
}

extension ArrayFeatures {

  /// The tiles of so many chips.
  package func tiles(onChips chips: Int) -> Int {
    // The arrays of a tile are on one chip.
    let (tiles, overflow) = (count / arraysPerTile).multipliedReportingOverflow(by: chips)
    return overflow ? .max : tiles
  }
}
