// Networks whose neurons lie on cores in random ways.

public import SpikeIR

/// Returns `graph` with its populations cut into random boxes on random cores.
///
/// - Parameters:
///   - graph: the network.
///   - target: the name of the machine.
///   - cores: the number of cores.
///   - random: the source of random numbers.
///   - places: returns how many places of a core a neuron of a population takes.
/// - Returns: the network; the places of a core follow each other without gaps.
public func randomMappedGraph(
  _ graph: SpikingGraph, target: String, cores: Int, using random: inout SplitMix64,
  places: (PopulationID) -> Int = { _ in 1 }
) -> MappedGraph {
  var mapped = MappedGraph(graph, target: target)
  var taken = [Int](repeating: 0, count: cores)
  for id in graph.populations.ids where graph[id].hasNeurons {
    let whole = NeuronBox(all: graph[id].shape)
    for rows in pieces(of: whole.rows, using: &random) {
      for columns in pieces(of: whole.columns, using: &random) {
        for channels in pieces(of: whole.channels, using: &random) {
          let box = NeuronBox(rows: rows, columns: columns, channels: channels)
          let core = random.int(0...cores - 1)
          mapped.slices.append(
            CoreSlice(population: id, box: box, core: core, first: taken[core]))
          taken[core] += box.count * places(id)
        }
      }
    }
  }
  return mapped
}

/// Cuts a range into one to three pieces.
private func pieces(of range: Range<Int>, using random: inout SplitMix64) -> [Range<Int>] {
  var cuts = Set([range.lowerBound, range.upperBound])
  for _ in 0..<random.int(0...2) { cuts.insert(random.int(range.lowerBound...range.upperBound)) }
  let order = cuts.sorted()
  return zip(order, order.dropFirst()).map { $0..<$1 }
}
