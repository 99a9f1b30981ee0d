// The plain way to lay out a network, for comparison: layer by layer, neuron by neuron as they are
// stored, each core filled until something runs out.

internal import SpikeIR

/// Fills cores with neurons in row-major order.
///
/// A core takes as many whole rows of a layer as there is room for, all channels of them; then
/// positions of the next row; where not even one position has room on an empty core, as many
/// channels as have. Layers follow each other without a gap, the last layer first, since to how many
/// cores a neuron sends must be known.
struct GreedyFill {

  private let accountant: ResourceAccountant

  /// For each layer and neuron the number of cores to which it sends, as far as they are filled.
  private var fans: [[Int32]]

  /// The finished slices, with their cores counted from the end of the network.
  private var tiles: [(tile: Tile, core: Int)] = []

  private var core = 0
  private var demand = CoreDemand()
  private var hulls: [Sender: NeuronBox] = [:]

  private var network: NetworkModel { accountant.network }

  private init(_ accountant: ResourceAccountant) {
    self.accountant = accountant
    fans = accountant.network.layers.map { [Int32](repeating: 0, count: $0.shape.count) }
  }

  /// Returns the slices of each core, in the order of layers; the layer of which not even one neuron
  /// fits a core, if there is one.
  ///
  /// - Complexity: O(cores · log(neurons of a core)) looks at a core.
  static func cores(_ accountant: ResourceAccountant) -> Result<[[Tile]], LayerTooLarge> {
    var fill = GreedyFill(accountant)
    for layer in accountant.network.layers.indices.reversed() where !fill.fill(layer) {
      return .failure(LayerTooLarge(layer: layer))
    }
    fill.finishCore()
    var result = [[Tile]](repeating: [], count: fill.core)
    for (tile, core) in fill.tiles { result[core].append(tile) }
    return .success(result.reversed())
  }

  /// A layer of which not even one neuron fits a core.
  struct LayerTooLarge: Error {
    var layer: Int
  }

  /// Puts the neurons of a layer on cores; returns whether they all fit.
  private mutating func fill(_ layer: Int) -> Bool {
    let all = NeuronBox(all: network.layers[layer].shape)
    var row = 0
    while row < all.rows.count {
      let rows = most(all.rows.count - row) { count in
        NeuronBox(rows: row..<row + count, columns: all.columns, channels: all.channels)
      } fits: {
        self.fits(layer, $0)
      }
      if rows > 0 {
        put(
          layer, NeuronBox(rows: row..<row + rows, columns: all.columns, channels: all.channels))
        row += rows
        continue
      }
      guard fill(layer, row: row, all) else { return false }
      row += 1
    }
    return true
  }

  /// Puts the neurons of a row on cores, of which not all have room.
  private mutating func fill(_ layer: Int, row: Int, _ all: NeuronBox) -> Bool {
    var column = 0
    while column < all.columns.count {
      let columns = most(all.columns.count - column) { count in
        NeuronBox(
          rows: row..<row + 1, columns: column..<column + count, channels: all.channels)
      } fits: {
        self.fits(layer, $0)
      }
      if columns > 0 {
        put(
          layer,
          NeuronBox(
            rows: row..<row + 1, columns: column..<column + columns, channels: all.channels))
        column += columns
      } else if !hulls.isEmpty || demand.neurons > 0 {
        finishCore()
      } else {
        guard fill(layer, row: row, column: column, all) else { return false }
        column += 1
      }
    }
    return true
  }

  /// Puts the neurons of a position on cores, of which not all have room on one.
  private mutating func fill(_ layer: Int, row: Int, column: Int, _ all: NeuronBox) -> Bool {
    var channel = 0
    while channel < all.channels.count {
      let box = { (count: Int) in
        NeuronBox(
          rows: row..<row + 1, columns: column..<column + 1, channels: channel..<channel + count)
      }
      let channels = most(all.channels.count - channel, box) { self.fits(layer, $0) }
      if channels > 0 {
        put(layer, box(channels))
        channel += channels
      } else if demand.neurons > 0 {
        finishCore()
      } else {
        return false
      }
    }
    return true
  }

  /// Returns the largest number up to `count` for which a box has room, 0 if none.
  private func most(
    _ count: Int, _ box: (Int) -> NeuronBox, fits: (NeuronBox) -> Bool
  ) -> Int {
    var (low, high) = (0, 1)
    while high <= count, fits(box(high)) { (low, high) = (high, high * 2) }
    high = min(high, count + 1)
    while high - low > 1 {
      let middle = (low + high) / 2
      if fits(box(middle)) { low = middle } else { high = middle }
    }
    return low
  }

  private func fits(_ layer: Int, _ box: NeuronBox) -> Bool {
    let places = accountant.budget.entries.first { $0.name == "neurons" }?.capacity ?? Int.max
    let own = box.count.multipliedReportingOverflow(by: accountant.placesPerNeuron(layer))
    guard !own.overflow, own.partialValue <= places - min(places, demand.places) else {
      return false
    }
    return accountant.budget.fits(joint(layer, box).0)
  }

  /// Returns what the core takes with `box`, and what it listens to.
  private func joint(_ layer: Int, _ box: NeuronBox) -> (CoreDemand, [Sender: NeuronBox]) {
    var sum = demand
    sum.add(accountant.demand(of: layer, box))
    let shape = network.layers[layer].shape
    for offset in 0..<box.count {
      sum.outAxons += Int(fans[layer][box.neuron(at: offset, of: shape)])
    }
    // What the core itself receives is not yet among `fans`.
    for (sender, hull) in hulls where sender.population == network.layers[layer].population {
      sum.outAxons += hull.intersection(box).count
    }
    var hulls = hulls
    for sender in network.layers[layer].senders {
      guard let own = accountant.hull(of: layer, box, from: sender) else { continue }
      hulls[sender] = hulls[sender]?.hull(own) ?? own
    }
    sum.inAxons = hulls.values.reduce(0) { $0 + $1.count }
    return (sum, hulls)
  }

  private mutating func put(_ layer: Int, _ box: NeuronBox) {
    (demand, hulls) = joint(layer, box)
    tiles.append((Tile(layer: layer, box: box), core))
  }

  /// Goes on with an empty core.
  private mutating func finishCore() {
    guard demand.neurons > 0 else { return }
    for (sender, hull) in hulls {
      guard let layer = network.layer[sender.population.index] else { continue }
      for offset in 0..<hull.count {
        fans[layer][hull.neuron(at: offset, of: network.layers[layer].shape)] += 1
      }
    }
    core += 1
    demand = CoreDemand()
    hulls = [:]
  }
}
