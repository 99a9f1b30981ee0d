// What tables of routers are made from: keys, where they are sent, and who is to receive them.

package import Diagnostics
internal import SpikeIR

/// Keys that a core sends, and the cores that receive them.
package struct MulticastSend: Hashable, Sendable {

  /// The keys.
  package var pattern: KeyPattern

  /// The place of the core that sends.
  package var source: Int

  /// The places of the cores that receive, ascending, each once.
  package var destinations: [Int]

  /// Creates a send.
  package init(pattern: KeyPattern, source: Int, destinations: [Int]) {
    self.pattern = pattern
    self.source = source
    self.destinations = Set(destinations).sorted()
  }

  /// Returns blocks of keys of the given sizes, one after the other, each a power of two that is
  /// aligned to itself.
  ///
  /// - Parameter sizes: the number of keys needed, at least 1 each.
  /// - Returns: the patterns of the blocks.
  /// - Throws: `routing.too-many-keys` if 32 bits do not suffice.
  package static func blocks(of sizes: [Int]) throws(Diagnostic) -> [KeyPattern] {
    var next: UInt64 = 0
    var result: [KeyPattern] = []
    for count in sizes {
      var size: UInt64 = 1
      while size < UInt64(max(count, 1)) { size <<= 1 }
      next = (next + size - 1) / size * size
      guard next + size <= 1 << 32 else { throw .tooManyKeys(neurons: sizes.reduce(0, +)) }
      result.append(
        KeyPattern(key: UInt32(next), mask: UInt32(truncatingIfNeeded: ~(size - 1))))
      next += size
    }
    return result
  }
}

extension Allocation {

  /// Returns the sends of slices by the keys of `blocks`.
  ///
  /// - Parameter blocks: the keys of slices.
  /// - Returns: a send for each block, in order; cores that no slice names receive nothing.
  /// - Complexity: O(routes).
  package func sends(of blocks: [KeyBlock]) -> [MulticastSend] {
    var receivers = [[Int]](repeating: [], count: mapped.slices.count)
    for route in routes {
      if let source = route.source { receivers[source.index].append(route.core) }
    }
    return blocks.map {
      MulticastSend(
        pattern: $0.pattern, source: mapped.slices[$0.slice].core,
        destinations: receivers[$0.slice.index])
    }
  }

  /// Returns keys for all slices that send packets, those of near routers near one another, so that
  /// far ones may treat them alike.
  ///
  /// - Parameter grid: the places, by which the cores are numbered.
  /// - Returns: the blocks, ascending by slice.
  /// - Throws: `routing.too-many-keys` if 32 bits do not suffice.
  package func keyBlocks(on grid: CoreGrid) throws(Diagnostic) -> [KeyBlock] {
    var rank = [Int](repeating: 0, count: grid.routerCount)
    let curve = spaceFillingCurve(columns: grid.columnsInUse, rows: grid.rowsInUse)
    for (i, point) in curve.enumerated() {
      rank[point.y * grid.columns + point.x] = i
    }
    var order = Set(routes.compactMap(\.source)).map { id in
      (rank[Int(grid.routers[mapped.slices[id].core])], mapped.slices[id].core, id)
    }
    order.sort { $0 < $1 }
    let patterns = try MulticastSend.blocks(of: order.map { mapped.slices[$0.2].box.count })
    return zip(order, patterns).map { KeyBlock(slice: $0.2, pattern: $1) }
      .sorted { $0.slice < $1.slice }
  }
}
