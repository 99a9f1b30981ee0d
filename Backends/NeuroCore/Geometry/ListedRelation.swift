// The connections of a path that mixes the axes of neurons, neuron by neuron.

internal import SpikeIR

/// The connections of a path, listed.
struct ListedRelation: Sendable {

  /// A connection of a neuron.
  private struct Synapse: Hashable, Sendable {
    var target: Int
    var tap: Int
  }

  /// The connections of each neuron, ascending by target.
  private let lists: [[Synapse]]

  /// Lists the connections that pass all of `steps`, from neurons of shape `source`.
  ///
  /// - Complexity: O(connections).
  init(_ steps: [ProjectionRelation], from source: Shape) {
    lists = (0..<source.count).map { n in
      var front = [Synapse(target: n, tap: 0)]
      for step in steps {
        var next: [Synapse] = []
        for synapse in front {
          step.forEachTarget(of: synapse.target) { (target, tap) in
            next.append(Synapse(target: target, tap: synapse.tap &* 1_000_003 &+ tap))
          }
        }
        front = next
      }
      return front.sorted { ($0.target, $0.tap) < ($1.target, $1.tap) }
    }
  }

  /// Returns the smallest box of neurons that holds all that reach neurons of `box`.
  func sources(of box: NeuronBox, _ source: Shape, _ target: Shape) -> NeuronBox? {
    var result: NeuronBox?
    for n in lists.indices
    where lists[n].contains(where: { box.contains(neuron: $0.target, of: target) }) {
      let own = NeuronBox(neuron: n, of: source)
      result = result.map { $0.hull(own) } ?? own
    }
    return result
  }

  /// Returns the lists that neurons of `origin` have in `box`.
  func lists(
    from origin: NeuronBox, to box: NeuronBox, _ source: Shape, _ target: Shape
  ) -> [SynapseList] {
    var found: [[Synapse]: Int] = [:]
    for offset in 0..<origin.count {
      let own = lists[origin.neuron(at: offset, of: source)].filter {
        box.contains(neuron: $0.target, of: target)
      }
      if !own.isEmpty { found[own, default: 0] += 1 }
    }
    return found.map { SynapseList(synapses: $0.count, axons: $1, distinct: 1) }
      .sorted { ($0.synapses, $0.axons) < ($1.synapses, $1.axons) }
  }
}

extension NeuronBox {

  /// The box of one neuron of a population.
  init(neuron: Int, of shape: Shape) {
    let (position, channel) = neuron.quotientAndRemainder(dividingBy: shape.channels)
    let width = shape.rank == 3 ? shape[1] : 1
    let (row, column) = position.quotientAndRemainder(dividingBy: width)
    self.init(rows: row..<row + 1, columns: column..<column + 1, channels: channel..<channel + 1)
  }

  /// Returns whether neuron `neuron` of a population of shape `shape` is in the box.
  func contains(neuron: Int, of shape: Shape) -> Bool {
    contains(NeuronBox(neuron: neuron, of: shape))
  }
}
