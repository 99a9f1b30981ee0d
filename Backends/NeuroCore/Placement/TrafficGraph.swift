// Who sends how many spikes to whom: all that placement and routing need to know of a network.

package import HardwareTargets

/// Cores without places, and the spikes that go between them.
package struct TrafficGraph: Hashable, Sendable {

  /// What sends the same spikes to some cores.
  package struct Edge: Hashable, Sendable {
    /// The core that sends; `nil` for the host.
    package var source: Int?
    /// The number of spikes for an image.
    package var spikes: Double
    /// The positions of the cores that receive, in `TrafficGraph.destinations`.
    package var destinations: Range<Int>
  }

  /// The kind of each core, a position in `TargetDescription.cores`.
  package private(set) var kinds: [Int]

  /// How often a spike is sent.
  package var delivery: Topology.Network.Delivery

  /// Who sends what.
  package private(set) var edges: [Edge] = []

  /// The cores that receive, those of an edge one after the other, ascending.
  package private(set) var destinations: [Int] = []

  /// Creates a graph of cores of the kinds `kinds` that send nothing.
  package init(kinds: [Int], delivery: Topology.Network.Delivery = .unicastIterated) {
    self.kinds = kinds
    self.delivery = delivery
  }

  /// The number of cores.
  package var count: Int { kinds.count }

  /// Adds spikes from a core, or from the host, to cores, each counted once.
  ///
  /// - Precondition: all of them exist; `spikes` is not negative.
  package mutating func add(from source: Int?, spikes: Double, to cores: [Int]) {
    precondition(spikes >= 0 && spikes.isFinite, "a number of spikes")
    precondition((cores + [source ?? 0]).allSatisfy { $0 >= 0 && $0 < count }, "cores of the graph")
    let first = destinations.count
    for core in cores.sorted() where destinations.count == first || destinations.last != core {
      destinations.append(core)
    }
    edges.append(Edge(source: source, spikes: spikes, destinations: first..<destinations.count))
  }

  /// Returns the cores that receive what an edge sends, ascending.
  package func destinations(of edge: Edge) -> ArraySlice<Int> { destinations[edge.destinations] }
}

/// The pairs of cores that exchange packets, with integers for weights, so that sums of
/// differences are exact.
struct TrafficPairs: Hashable, Sendable {

  /// For each core, where its neighbours begin in `neighbours`, and the end of all.
  var starts: [Int32]

  /// The cores that each core exchanges packets with.
  var neighbours: [Int32]

  /// The packets exchanged, both ways together, in units of `unit`; at least 1.
  var weights: [Int32]

  /// The packets that a weight of 1 stands for.
  var unit: Double

  /// The largest weight: 2²⁸, so that 2²⁴ pairs at a distance of 2¹⁰ add up to less than 2⁶³.
  static let mostWeight = 268_435_456.0

  /// Merges the edges of `graph` between different cores; those of the host are left out.
  ///
  /// Where routers copy packets, an edge stands for the mean of trees that go from the source to
  /// one of the receivers and from there along all of them in their order, which the partition
  /// makes local: a bound from above of the shortest tree, in as many pairs as there are receivers,
  /// and one that falls if receivers share a router. A graph without a spike counts one for each
  /// edge.
  ///
  /// - Complexity: O(P log P) for P pairs of sources and destinations.
  init(_ graph: TrafficGraph) {
    let counts = graph.edges.contains { $0.source != nil && $0.spikes > 0 }
    var pairs: [(key: UInt64, packets: Double)] = []
    func add(_ a: Int, _ b: Int, _ packets: Double) {
      pairs.append((UInt64(a) << 32 | UInt64(b), packets))
      pairs.append((UInt64(b) << 32 | UInt64(a), packets))
    }
    for edge in graph.edges {
      guard let source = edge.source, !counts || edge.spikes > 0 else { continue }
      let packets = counts ? edge.spikes : 1
      let others = graph.destinations(of: edge).filter { $0 != source }
      if graph.delivery == .multicast {
        for core in others { add(source, core, packets / Double(others.count)) }
        for (a, b) in zip(others, others.dropFirst()) { add(a, b, packets) }
      } else {
        for core in others { add(source, core, packets) }
      }
    }
    // The sums of both directions must be equal to the last bit, so equal keys keep their order.
    pairs.sort { $0.key < $1.key || $0.key == $1.key && $0.packets < $1.packets }
    var merged: [(key: UInt64, packets: Double)] = []
    for pair in pairs {
      if let last = merged.last, last.key == pair.key {
        merged[merged.count - 1].packets += pair.packets
      } else {
        merged.append(pair)
      }
    }
    let largest = merged.reduce(0) { max($0, $1.packets) }
    unit = largest > 0 ? largest / Self.mostWeight : 1
    starts = [Int32](repeating: 0, count: graph.count + 1)
    neighbours = []
    weights = []
    neighbours.reserveCapacity(merged.count)
    weights.reserveCapacity(merged.count)
    for pair in merged {
      starts[Int(pair.key >> 32) + 1] += 1
      neighbours.append(Int32(truncatingIfNeeded: pair.key & 0xFFFF_FFFF))
      weights.append(Int32(max(1, (pair.packets / unit).rounded())))
    }
    for core in 0..<graph.count { starts[core + 1] += starts[core] }
  }

  /// Returns the neighbours of a core, as positions in `neighbours` and `weights`.
  func range(of core: Int) -> Range<Int> { Int(starts[core])..<Int(starts[core + 1]) }
}
