// The connections of a path that mixes the axes of neurons, neuron by neuron.

internal import SpikeIR

/// The connections of a path, listed.
struct ListedRelation: Sendable {

  /// A connection of a neuron.
  private struct Synapse: Hashable, Sendable {
    var target: Int
    var tap: Int
  }

  /// The connections of each neuron, ascending by target, no two of them to the same one.
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
            next.append(Synapse(target: target, tap: Self.mixed(synapse.tap, tap)))
          }
        }
        front = next
      }
      return Self.merged(front)
    }
  }

  /// Returns a number that stands for two taps, one after the other: another one for others, but for
  /// a chance of 2⁻⁶⁴.
  static func mixed(_ a: Int, _ b: Int) -> Int {
    // One is added lest nothing after nothing is nothing again.
    var z = (UInt64(bitPattern: Int64(a)) &+ 1) &* 0x9E37_79B9_7F4A_7C15
    z &+= UInt64(bitPattern: Int64(b))
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return Int(Int64(bitPattern: z ^ z >> 31))
  }

  /// Returns the connections with those to the same neuron as one, as their weights add up.
  private static func merged(_ synapses: [Synapse]) -> [Synapse] {
    var result: [Synapse] = []
    for synapse in synapses.sorted(by: { ($0.target, $0.tap) < ($1.target, $1.tap) }) {
      if result.last?.target == synapse.target {
        result[result.count - 1].tap = mixed(result[result.count - 1].tap, synapse.tap)
      } else {
        result.append(synapse)
      }
    }
    return result
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
    return found.map { list, axons in
      let places = list.map { box.offset(ofNeuron: $0.target, of: target) }
      let isRun = (places.last ?? 0) - (places.first ?? 0) == places.count - 1
      return SynapseList(synapses: list.count, axons: axons, distinct: 1, isRun: isRun)
    }.sorted {
      ($0.synapses, $0.axons, $0.isRun ? 1 : 0) < ($1.synapses, $1.axons, $1.isRun ? 1 : 0)
    }
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

  /// Returns the place of neuron `neuron` of a population of shape `shape` among those of the box.
  fileprivate func offset(ofNeuron neuron: Int, of shape: Shape) -> Int {
    let own = NeuronBox(neuron: neuron, of: shape)
    return offset(
      row: own.rows.lowerBound, column: own.columns.lowerBound, channel: own.channels.lowerBound)
  }
}
