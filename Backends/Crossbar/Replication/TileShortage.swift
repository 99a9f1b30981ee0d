// Why a network does not fit the tiles of a machine, and what would make it fit.

internal import Diagnostics
internal import HardwareTargets

/// Why a network does not fit the tiles that may be used.
struct TileShortage: Hashable, Sendable {

  /// The network.
  var network: String

  /// The machine.
  var target: String

  /// The tiles that all layers take once, on arrays of the class that takes the fewest.
  var needed: Int

  /// The tiles that may be used.
  var available: Int

  /// The layers that take most of the tiles, most first.
  var largest: [Part]

  /// Changes, each by itself enough, the mildest first.
  var changes: [String]

  /// Whether it is proved that the network does not fit, or no way was found in the steps of a search.
  var isProved: Bool

  /// What a layer takes.
  struct Part: Hashable, Sendable {
    /// Its name.
    var name: String
    /// The tiles.
    var tiles: Int
    /// The inputs of a group.
    var inputs: Int
    /// The outputs of a group.
    var outputs: Int
  }

  /// Looks for what stands in the way of a network that does not fit.
  init(
    _ problem: ReplicationProblem, _ matrices: [WeightMatrix], _ arrays: [ArrayFeatures],
    chips: Int, options: LayoutOptions, network: String, target: String
  ) {
    (self.network, self.target) = (network, target)
    let tiles = problem.layers.map { options in options.map { $0.tiles(1) }.min() ?? 0 }
    needed = tiles.reduce(0, +)
    let supply = problem.budgets.reduce(0) { $0.addingReportingOverflow($1).partialValue }
    available = min(supply, problem.total ?? .max)
    largest = zip(matrices, tiles).map { matrix, tiles in
      Part(name: matrix.name, tiles: tiles, inputs: matrix.inputs, outputs: matrix.outputs)
    }
    .sorted { $0.tiles > $1.tiles }
    largest.removeLast(max(0, largest.count - 3))
    changes = []
    isProved = problem.isFeasible == false
    if case .most = options.budget, let fewest = problem.fewestTiles {
      changes.append("a budget of \(fewest, of: "tile")")
      return
    }
    let more = fewestChips(matrices, arrays, above: chips, packs: options.packs)
    if more <= 1 << 20 { changes.append("\(more, of: "chip")") }
    if let larger = largerArrays(matrices, arrays, chips, packs: options.packs) {
      changes.append(larger)
    }
  }

  /// Returns the fewest chips with which the network fits.
  private func fewestChips(
    _ matrices: [WeightMatrix], _ arrays: [ArrayFeatures], above chips: Int, packs: Bool
  ) -> Int {
    func fits(_ chips: Int) -> Bool { isSolvable(matrices, arrays, chips, packs: packs) }
    var high = max(1, chips)
    while high <= 1 << 20, !fits(high) { high *= 2 }
    var low = high / 2 + 1
    while low < high {
      let middle = (low + high) / 2
      if fits(middle) { high = middle } else { low = middle + 1 }
    }
    return high
  }

  /// Returns the smallest arrays, twice as large again and again, of which as many hold the network.
  private func largerArrays(
    _ matrices: [WeightMatrix], _ arrays: [ArrayFeatures], _ chips: Int, packs: Bool
  ) -> String? {
    for factor in [2, 4, 8, 16, 32] {
      let larger = arrays.map { array in
        var array = array
        array.rows *= factor
        array.columns *= factor
        return array
      }
      guard isSolvable(matrices, larger, chips, packs: packs) else { continue }
      return "as many arrays of "
        + larger.map { "\($0.rows) × \($0.columns)" }.joined(separator: " and ")
    }
    return nil
  }

  /// Returns whether the network fits so many chips, once.
  private func isSolvable(
    _ matrices: [WeightMatrix], _ arrays: [ArrayFeatures], _ chips: Int, packs: Bool
  ) -> Bool {
    let options = LayoutOptions(budget: .least, packs: packs)
    let problem = ReplicationProblem(
      matrices, on: arrays, mode: .vectors, chips: chips, options: options)
    return problem.isFeasible == true
  }

  /// The error that ends a compilation.
  var error: CompileError {
    CompileError([.tooFewTiles(self)], report: ErrorReport(text: text, members: members))
  }
}
