// Small slices share cores.

internal import SpikeIR

/// A core with slices.
struct PackedCore {
  /// The positions of the slices.
  var tiles: [Int]
  /// What they take; axons out as if no slices shared cores.
  var demand: CoreDemand
  /// Their axons.
  var axons: CoreAxons
}

/// Puts slices on cores: each on the nearest one before it with room for it, else on a new one.
///
/// Slices come in the order of layers, and along the curve within a layer, so that those that share
/// a core are mostly neighbours, and listen to much the same.
struct CorePacking {

  /// The number of cores with room that are tried.
  let window = 192

  private let accountant: ResourceAccountant
  private let map: AxonMap

  init(_ map: AxonMap, _ accountant: ResourceAccountant) {
    self.map = map
    self.accountant = accountant
  }

  /// Returns the cores of all slices, in the order of their first ones.
  ///
  /// - Complexity: O(slices · window), and a few times the number of blocks of axons.
  func cores() -> [PackedCore] {
    let blocks = map.tiles.indices.map(map.blocks)
    let demands = demands(blocks)
    var result: [PackedCore] = []
    var open: [Int] = []
    for tile in map.tiles.indices {
      let demand = demands[tile]
      var home: Int?
      for (i, core) in open.enumerated().reversed() {
        guard let sum = joint(result[core], demand, blocks[tile]) else { continue }
        result[core].tiles.append(tile)
        result[core].demand = sum
        result[core].axons.add(blocks[tile])
        if isNearlyFull(sum) { open.remove(at: i) }
        home = core
        break
      }
      guard home == nil else { continue }
      var axons = CoreAxons()
      axons.add(blocks[tile])
      result.append(PackedCore(tiles: [tile], demand: demand, axons: axons))
      guard !isNearlyFull(demand), !accountant.takesWholeLayers else { continue }
      open.append(result.count - 1)
      if open.count > window { open.removeFirst() }
    }
    return result
  }

  /// Returns what each slice takes, all slices on cores of their own.
  func demands(_ blocks: [[AxonMap.Block]]) -> [CoreDemand] {
    var result = map.tiles.map { accountant.demand(of: $0.layer, $0.box) }
    for (tile, own) in blocks.enumerated() {
      result[tile].inAxons = own.reduce(0) { $0 + $1.box.count }
      for block in own where block.sender.source >= 0 {
        result[block.sender.source].outAxons += block.box.count
      }
    }
    return result
  }

  /// Returns what a core takes with another slice, `nil` if there is no room for it.
  private func joint(
    _ core: PackedCore, _ demand: CoreDemand, _ blocks: [AxonMap.Block]
  ) -> CoreDemand? {
    var sum = core.demand
    sum.add(demand)
    sum.inAxons = max(core.demand.inAxons, demand.inAxons)
    guard accountant.budget.fits(sum), let axons = core.axons.count(with: blocks) else {
      return nil
    }
    sum.inAxons = axons
    return accountant.budget.fits(sum) ? sum : nil
  }

  private func isNearlyFull(_ demand: CoreDemand) -> Bool {
    accountant.budget.load(demand) > 0.98
  }
}
