// What a placement costs: packets, the links they take, and the busiest of them.

internal import HardwareTargets

/// The traffic of an image on a placed network.
package struct TrafficMeasure: Hashable, Sendable {

  /// The packets between different cores: one for each core that receives a spike, or one a spike
  /// where routers copy packets.
  package var packets = 0.0

  /// The packets from the host; their ways are not known and not in the other numbers.
  package var hostPackets = 0.0

  /// The spikes that stay on their core.
  package var localSpikes = 0.0

  /// The sum, over the packets and their copies, of the links that they take.
  package var packetHops = 0.0

  /// The sum, over the packets and their copies, of the links between chips that they take.
  package var chipCrossings = 0.0

  /// The packets on each link, by `Link.index`; links of machines without a grid have those that
  /// leave a chip.
  package var linkLoads: [Double]

  /// The link with the most packets and their number, `nil` if there is none.
  package var busiestLink: (link: Link, packets: Double)? {
    guard let most = linkLoads.max(), most > 0, let index = linkLoads.firstIndex(of: most) else {
      return nil
    }
    return (Link(index: index), most)
  }
}

extension TrafficGraph {

  /// Returns the traffic of an image under a placement.
  ///
  /// - Complexity: O(sum over edges and their destinations of the links).
  package func measured(under placement: Placement) -> TrafficMeasure {
    let grid = placement.grid
    var result = TrafficMeasure(
      linkLoads: [Double](
        repeating: 0, count: grid.routerCount * LinkDirection.allCases.count))
    for edge in edges {
      let receivers = destinations(of: edge)
      guard let source = edge.source else {
        result.hostPackets += edge.spikes * Double(delivery == .multicast ? 1 : receivers.count)
        continue
      }
      let others = receivers.filter { $0 != source }
      if others.count < receivers.count { result.localSpikes += edge.spikes }
      guard !others.isEmpty else { continue }
      let start = Int(grid.routers[placement.places[source]])
      let ends = others.map { Int(grid.routers[placement.places[$0]]) }
      if delivery == .multicast {
        result.packets += edge.spikes
        result.add(edge.spikes, along: MulticastTree(from: start, to: ends, on: grid).links, grid)
      } else {
        result.packets += edge.spikes * Double(others.count)
        for end in ends {
          result.add(edge.spikes, along: grid.links(fromRouter: start, to: end), grid)
        }
      }
    }
    return result
  }
}

extension TrafficMeasure {

  fileprivate mutating func add(_ packets: Double, along links: [Link], _ grid: CoreGrid) {
    packetHops += packets * Double(links.count)
    for link in links {
      linkLoads[link.index] += packets
      if grid.crossesChips(link) { chipCrossings += packets }
    }
  }
}
