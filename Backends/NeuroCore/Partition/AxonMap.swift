// Which neurons cores listen to: the blocks of axons that slices on cores need.

internal import SpikeIR

/// A box of a layer on a core, before it has a number.
struct Tile: Hashable, Sendable {
  /// The layer.
  var layer: Int
  /// The neurons.
  var box: NeuronBox
}

/// The blocks of axons of slices: for each slice, the box of neurons that it needs of others.
///
/// Slices are known by their position in `tiles`; the host has the numbers below 0, −1 − population.
struct AxonMap {

  let tiles: [Tile]

  private let accountant: ResourceAccountant

  /// For each layer and row the tiles that have neurons in it.
  private let tilesByRow: [[[Int]]]

  init(_ tiles: [Tile], _ accountant: ResourceAccountant) {
    self.tiles = tiles
    self.accountant = accountant
    var byRow = accountant.network.layers.map { model in
      [[Int]](repeating: [], count: NeuronBox(all: model.shape).rows.count)
    }
    for (i, tile) in tiles.enumerated() {
      for row in tile.box.rows { byRow[tile.layer][row].append(i) }
    }
    tilesByRow = byRow
  }

  /// A part of a core's axons: who sends, and which neurons.
  struct Block: Hashable, Sendable {
    var sender: Key
    var box: NeuronBox
  }

  /// A slice that sends, or the host, and the type of the axons that receive.
  struct Key: Hashable, Comparable, Sendable {
    var source: Int
    var type: Int

    static func < (a: Self, b: Self) -> Bool { (a.source, a.type) < (b.source, b.type) }
  }

  /// Returns what slice `tile` needs, a block for each slice that sends and type of
  /// axon, ascending by sender.
  ///
  /// - Complexity: O(blocks · tiles of a row).
  func blocks(of tile: Int) -> [Block] {
    let own = tiles[tile]
    let model = accountant.network.layers[own.layer]
    var result: [Key: NeuronBox] = [:]
    for input in model.inputs {
      guard let hull = input.geometry.sources(of: own.box) else { continue }
      let (population, type) = (input.sender.population, input.sender.type)
      guard let source = accountant.network.layer[population.index] else {
        let host = Key(source: -1 - population.index, type: type)
        result[host] = result[host]?.hull(hull) ?? hull
        continue
      }
      forEachTile(of: source, in: hull) { other, part in
        // A hull may hold neurons that reach nothing here.
        guard input.geometry.synapses(from: part, to: own.box) > 0 else { return }
        let key = Key(source: other, type: type)
        result[key] = result[key]?.hull(part) ?? part
      }
    }
    return result.sorted { $0.key < $1.key }.map { Block(sender: $0.key, box: $0.value) }
  }

  /// Calls `body` with each tile of `layer` that shares neurons with `box`, and those neurons.
  private func forEachTile(
    of layer: Int, in box: NeuronBox, _ body: (_ tile: Int, _ part: NeuronBox) -> Void
  ) {
    for row in box.rows {
      for tile in tilesByRow[layer][row]
      where row == max(box.rows.lowerBound, tiles[tile].box.rows.lowerBound) {
        let part = tiles[tile].box.intersection(box)
        if !part.isEmpty { body(tile, part) }
      }
    }
  }
}

/// The axons of a core.
struct CoreAxons {

  /// The box of neurons of each sender.
  private(set) var boxes: [AxonMap.Key: NeuronBox] = [:]

  /// The number of axons.
  private(set) var count = 0

  /// Adds what a slice needs.
  mutating func add(_ blocks: [AxonMap.Block]) {
    for block in blocks {
      let old = boxes[block.sender]
      let new = old?.hull(block.box) ?? block.box
      count += new.count - (old?.count ?? 0)
      boxes[block.sender] = new
    }
  }

  /// Returns the number of axons with what another slice needs; `nil` if from some sender more
  /// neurons would send than to both apart, because the box holds neurons that neither needs.
  func count(with blocks: [AxonMap.Block]) -> Int? {
    var result = count
    for block in blocks {
      guard let old = boxes[block.sender] else {
        result += block.box.count
        continue
      }
      let new = old.hull(block.box).count
      guard new <= old.count + block.box.count else { return nil }
      result += new - old.count
    }
    return result
  }
}
