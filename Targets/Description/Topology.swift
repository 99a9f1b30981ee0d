// How cores of a machine are arranged and joined.

/// How cores are arranged and joined.
package struct Topology: Hashable, Sendable {

  /// Chip, tile, core, from the outside in: a chip has `levels[1].count` tiles, and so on.
  package var levels: [Level]

  /// The network between cores.
  package var network: Network

  /// A level of the arrangement.
  package struct Level: Hashable, Sendable {
    /// The name: `chip`, `tile`, `core`.
    package var name: String
    /// How many there are within one of the level outside; of the outermost, at most.
    package var count: Int
    /// How many the largest machine has into which several of this description can be joined, for the
    /// outermost level; `nil` if that is not known.
    package var joined: Quantity?
    /// Their arrangement, [columns, rows], where it is known.
    package var grid: [Int]?
    /// Whether the arrangement is a guess.
    package var isAssumed: Bool
    /// Who says so.
    package var evidence = Evidence()
  }

  /// The network between cores.
  package struct Network: Hashable, Sendable {
    /// The form.
    package var kind: Kind
    /// How a packet finds its way.
    package var routing: Routing?
    /// How often a spike is sent.
    package var delivery: Delivery
    /// The largest distance of a packet, [columns, rows].
    package var reach: [Int]?
    /// The size of a packet, bits.
    package var packetBits: Int?
    /// The part of a packet that may carry a value, bits.
    package var payloadBits: Int?
    /// The entries of a router's table.
    package var routerEntries: Int?
    /// The packets that a link can hold.
    package var linkBuffer: Int?
    /// Who says so.
    package var evidence = Evidence()

    /// The form of the network.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
      case mesh = "mesh2d"
      case hexagonalTorus = "hex-torus"
      case multiplexedCrossbar = "crossbar-mux"
      case pointToPoint = "point-to-point"
      case none
    }

    /// How a packet finds its way.
    package enum Routing: String, Hashable, Sendable, CaseIterable {
      /// Columns first, then rows.
      case xy
      /// Tables of keys and masks in routers, which copy packets.
      case multicastTables = "table-multicast"
      /// The source holds the list of those that receive.
      case destinationList = "destination-list"
      /// Wired.
      case fixed
    }

    /// How often a spike is sent.
    package enum Delivery: String, Hashable, Sendable, CaseIterable {
      /// Once for each core that receives it, one after the other.
      case unicastIterated = "unicast-iterated"
      /// Once; routers copy it.
      case multicast
      /// Once, to one core.
      case unicastSingle = "unicast-single"
      /// Not as spikes, but as a vector of values.
      case denseVector = "dense-vector"
    }
  }
}
