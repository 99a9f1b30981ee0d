// The places for cores that a number of chips of a machine offer, and where their routers lie.

package import Diagnostics
package import HardwareTargets

/// The cores of several chips of a machine, and the grid of routers that joins them.
///
/// A place is a number: chip · cores of a chip + place on the chip. Chips lie in an array, nearly
/// square, numbered row by row; its last chips may be there for their routers only. On a torus the
/// array is a part of the machine's, whose borders are joined and whose other routers are there as
/// well. Places of machines without a grid lie at one router a chip, and each chip has a link to
/// each other.
package struct CoreGrid: Hashable, Sendable {

  /// How routers are joined.
  package enum Form: Hashable, Sendable {
    /// Each with four neighbours; packets go along columns first.
    case mesh
    /// Each with six neighbours, and borders joined to those opposite.
    case hexagonalTorus
    /// Each with each other.
    case complete
  }

  /// How routers are joined.
  package let form: Form

  /// The number of chips whose cores are places.
  package let chips: Int

  /// The number of cores on a chip.
  package let coresPerChip: Int

  /// The number of columns of routers, all chips together.
  package let columns: Int

  /// The number of rows of routers, all chips together.
  package let rows: Int

  /// The number of columns of routers of a chip.
  package let chipColumns: Int

  /// The number of rows of routers of a chip.
  package let chipRows: Int

  /// Whether the description says where on a chip the cores lie; if not, packets within a chip
  /// take no links that could be counted.
  package let isArrangementKnown: Bool

  /// The largest distance of a packet, [columns, rows], if it is limited.
  package let reach: [Int]?

  /// The columns and rows of chips that have cores, or are numbered with them.
  private let array: Extents

  /// The router of each place: row · columns + column.
  package let routers: [Int32]

  /// The position in `TargetDescription.cores` of the kind of each core of a chip.
  package let kindsOnChip: [Int]

  /// The shortest ways on a torus, by the difference of rows and columns; empty on other grids.
  let torusSteps: [TorusStep]

  /// Creates the grid of as few chips of `target` as have cores for `kinds`.
  ///
  /// - Parameters:
  ///   - target: the machine.
  ///   - kinds: the kind of core that each logical core needs, a position in `target.cores`.
  /// - Throws: `placement.too-many-chips` if the machine has fewer, `placement.unknown-kind` if it
  ///   has no such core.
  package init(_ target: TargetDescription, holding kinds: [Int]) throws(Diagnostic) {
    var needed = [Int](repeating: 0, count: target.cores.count)
    for kind in kinds {
      guard kind >= 0, kind < needed.count, target.cores[kind].count > 0 else {
        throw .unknownCoreKind(kind, in: target)
      }
      needed[kind] += 1
    }
    var chips = 1
    for (kind, count) in needed.enumerated() where count > 0 {
      let offered = target.cores[kind].count
      chips = Swift.max(chips, (count + offered - 1) / offered)
    }
    if let most = target.topology.levels.first?.count, chips > most {
      throw .tooManyChips(chips, most: most, cores: kinds.count, in: target)
    }
    self.init(target, chips: chips)
  }

  /// Creates the grid of `chips` chips of `target`.
  ///
  /// - Precondition: `chips` is at least 1.
  package init(_ target: TargetDescription, chips: Int) {
    precondition(chips >= 1, "a grid needs a chip")
    let levels = target.topology.levels
    let chip = ChipArrangement(levels.dropFirst(), cores: target.coresPerChip)
    let network = target.topology.network
    form =
      switch network.kind {
      case .mesh: .mesh
      case .hexagonalTorus: .hexagonalTorus
      case .multiplexedCrossbar, .pointToPoint, .none: .complete
      }
    let hasGrid = form != .complete
    let isTorus = form == .hexagonalTorus
    let machine = isTorus ? Self.torus(of: levels.first, atLeast: chips) : levels.first?.grid
    let array = Self.array(of: chips, within: machine)
    let all = isTorus ? Self.part(of: machine ?? [], around: array) : array
    self.array = array
    self.chips = chips
    coresPerChip = target.coresPerChip
    chipColumns = hasGrid ? chip.columns : 1
    chipRows = hasGrid ? chip.rows : 1
    columns = all.columns * chipColumns
    rows = all.rows * chipRows
    isArrangementKnown = form == .hexagonalTorus || hasGrid && chip.isKnown
    reach = network.reach
    kindsOnChip = (0..<target.coresPerChip).map { target.kind(ofCore: $0) }
    var routers: [Int32] = []
    routers.reserveCapacity(chips * coresPerChip)
    for index in 0..<chips {
      let (row, column) = index.quotientAndRemainder(dividingBy: array.columns)
      for place in 0..<coresPerChip {
        let x = column * chipColumns + (hasGrid ? chip.x[place] : 0)
        let y = row * chipRows + (hasGrid ? chip.y[place] : 0)
        routers.append(Int32(y * columns + x))
      }
    }
    self.routers = routers
    torusSteps = form == .hexagonalTorus ? TorusStep.table(columns: columns, rows: rows) : []
  }

  /// The number of places.
  package var count: Int { routers.count }

  /// The number of routers.
  package var routerCount: Int { columns * rows }

  /// Returns the kind of the core at a place, a position in `TargetDescription.cores`.
  package func kind(ofPlace place: Int) -> Int { kindsOnChip[place % coresPerChip] }

  /// Returns the column and row of the router of a place.
  package func position(ofPlace place: Int) -> GridPoint {
    point(ofRouter: Int(routers[place]))
  }

  /// Returns the column and row of a router.
  package func point(ofRouter router: Int) -> GridPoint {
    GridPoint(x: router % columns, y: router / columns)
  }

  /// Returns the number of the chip that has a router; those from `chips` on have no places.
  package func chip(ofRouter router: Int) -> Int {
    let point = point(ofRouter: router)
    let (x, y) = (point.x / chipColumns, point.y / chipRows)
    if x < array.columns, y < array.rows { return y * array.columns + x }
    return array.columns * array.rows + y * (columns / chipColumns) + x
  }

  /// Columns and rows.
  private struct Extents: Hashable, Sendable {
    var columns: Int
    var rows: Int
  }

  /// Returns the array of `count` chips: a part of the description's that is at most twice as long as
  /// wide, if possible, and wastes least.
  private static func array(of count: Int, within grid: [Int]?) -> Extents {
    var most = Extents(columns: count, rows: count)
    if let grid, grid.count == 2, grid[0] >= 1, grid[1] >= 1,
      grid[0] >= (count + grid[1] - 1) / grid[1]
    {
      most = Extents(columns: min(grid[0], count), rows: min(grid[1], count))
    }
    var best = Extents(columns: 0, rows: 0)
    var least = (2, 0, 0)
    for rows in 1...most.rows {
      let columns = (count + rows - 1) / rows
      guard columns <= most.columns else { continue }
      let isLong = max(columns, rows) > 2 * min(columns, rows)
      let cost = (isLong ? 1 : 0, columns * rows - count, abs(columns - rows))
      if cost < least { (best, least) = (Extents(columns: columns, rows: rows), cost) }
    }
    return best
  }

  /// Returns the columns and rows of chips of a machine whose borders are joined, of at least `chips`
  /// chips: those of its description, or as square as its number of chips allows.
  private static func torus(of level: Topology.Level?, atLeast chips: Int) -> [Int] {
    let count = max(chips, level?.count ?? 1)
    if let grid = level?.grid, grid.count == 2, grid[0] * grid[1] >= count { return grid }
    // Of so many only a part is looked at.
    guard count <= 1 << 16 else { return [count, count] }
    let square = array(of: count, within: nil)
    return [square.columns, square.rows]
  }

  /// Returns what to look at of a torus of `machine` chips if `array` is in use.
  ///
  /// With 2 · columns + rows there, a way around the rest is never shorter than the direct one, even
  /// if its diagonal links save all steps along rows; and likewise for rows.
  private static func part(of machine: [Int], around array: Extents) -> Extents {
    guard machine.count == 2 else { return array }
    return Extents(
      columns: min(machine[0], 2 * array.columns + array.rows),
      rows: min(machine[1], 2 * array.rows + array.columns))
  }
}

/// Where the cores of a chip lie.
private struct ChipArrangement {

  /// The number of columns of routers.
  var columns = 1
  /// The number of rows of routers.
  var rows = 1
  /// Whether some level has a grid.
  var isKnown = false
  /// The column of each core's router.
  var x: [Int]
  /// The row of each core's router.
  var y: [Int]

  /// Places `cores` cores by the levels within a chip, the outermost first: levels down to the
  /// last with a grid are arrangements of routers, those below share one.
  init(_ levels: ArraySlice<Topology.Level>, cores: Int) {
    x = [Int](repeating: 0, count: cores)
    y = x
    guard let last = levels.lastIndex(where: { $0.grid?.count == 2 }) else { return }
    isKnown = true
    // The number of cores that follow one another within one element of the level.
    var size = levels[levels.index(after: last)...].reduce(1) { $0 * Swift.max($1.count, 1) }
    for level in levels[...last].reversed() {
      let count = Swift.max(level.count, 1)
      let width = Swift.max(level.grid?.first ?? Self.squareSide(count), 1)
      let height = Swift.max(level.grid?.last ?? 1, (count + width - 1) / width)
      for core in 0..<cores {
        let digit = core / size % count
        x[core] += digit % width * columns
        y[core] += digit / width * rows
      }
      columns *= width
      rows *= height
      size *= count
    }
  }

  private static func squareSide(_ count: Int) -> Int {
    var side = 1
    while side * side < count { side += 1 }
    return side
  }
}
