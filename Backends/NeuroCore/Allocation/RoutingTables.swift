// The tables of routers that copy packets: which keys slices send, and where each router sends them.

package import SpikeIR

/// The directions in which a router sends a packet on.
package struct LinkSet: OptionSet, Hashable, Sendable {

  /// A bit for each direction, by `LinkDirection.rawValue`.
  package let rawValue: UInt8

  /// Creates the set of bits `rawValue`.
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Creates the set of one direction.
  package init(_ direction: LinkDirection) { rawValue = 1 << UInt8(direction.rawValue) }

  /// The directions, ascending.
  package var directions: [LinkDirection] {
    LinkDirection.allCases.filter { contains(LinkSet($0)) }
  }
}

/// Keys that agree in the bits of a mask.
package struct KeyPattern: Hashable, Sendable {

  /// The bits in which the keys agree; 0 where the mask is.
  package var key: UInt32

  /// 1 for the bits in which the keys agree.
  package var mask: UInt32

  /// Creates a pattern; bits of `key` outside of `mask` are dropped.
  package init(key: UInt32, mask: UInt32) {
    self.key = key & mask
    self.mask = mask
  }

  /// Returns whether some key has both patterns.
  package func intersects(_ other: KeyPattern) -> Bool {
    (key ^ other.key) & mask & other.mask == 0
  }

  /// Returns whether all keys of `other` have this pattern.
  package func contains(_ other: KeyPattern) -> Bool {
    mask & ~other.mask == 0 && (key ^ other.key) & mask == 0
  }

  /// The number of bits that are free.
  package var generality: Int { (~mask).nonzeroBitCount }
}

/// The keys of a slice: the neuron at place i of the slice's box sends `pattern.key` + i.
package struct KeyBlock: Hashable, Sendable {

  /// The slice.
  package var slice: SliceID

  /// All keys of the block, whose number is a power of two.
  package var pattern: KeyPattern
}

/// A row of a router's table: of the rows that fit a key, the first decides.
package struct RoutingEntry: Hashable, Sendable {

  /// The router: row · columns + column of the grid, which on a torus is that of the whole machine.
  package var router: Int

  /// The keys that it is for.
  package var pattern: KeyPattern

  /// The links on which the packet goes on.
  package var links: LinkSet

  /// The numbers of the router's cores that get it, ascending.
  package var cores: [Int]
}

/// The tables of all routers that copy packets.
///
/// A packet that no row fits leaves a router opposite to where it came in.
package struct RoutingTables: Hashable, Sendable {

  /// The keys of the slices that send packets, ascending by slice.
  package var keys: [KeyBlock]

  /// The rows, ascending by router; those of a router in the order in which they are tried.
  package var entries: [RoutingEntry]
}
