// From sends to the tables of routers: trees, rows, default routes, merging where rows are scarce.

package import Diagnostics

/// What the tables of routers came to.
package struct RoutedSends: Hashable, Sendable {

  /// The rows of all routers, ascending by router, then in the order in which they are tried.
  ///
  /// Cores are numbered by their places.
  package var entries: [RoutingEntry] = []

  /// For each send, the number of links to each of its destinations.
  package var hops: [[Int]] = []

  /// The number of links of all trees.
  package var links = 0

  /// The number of rows before packets that go straight on lost theirs and rows were merged.
  package var plainEntries = 0

  /// The number of rows before rows were merged.
  package var unmergedEntries = 0

  /// The most rows of a router.
  package var mostEntries = 0

  /// Grows a tree for each send and writes the rows of its routers.
  ///
  /// Rows are merged only where a router has more of them than it can hold.
  ///
  /// - Parameters:
  ///   - sends: what is sent, by keys of which no two are equal.
  ///   - grid: the places.
  ///   - limit: the most rows of a router, `nil` if it is not known.
  /// - Throws: `routing.table-overflow` if a router has too many rows even so, `routing.no-grid` if
  ///   packets go between chips that are not on a grid, whose links rows cannot name.
  package init(
    _ sends: [MulticastSend], on grid: CoreGrid, limit: Int?
  ) throws(Diagnostic) {
    var tables = [RouterTable](repeating: RouterTable(), count: grid.routerCount)
    for send in sends {
      let tree = MulticastTree(
        from: Int(grid.routers[send.source]), to: send.destinations.map { Int(grid.routers[$0]) },
        on: grid)
      guard grid.form != .complete || tree.links.isEmpty else { throw .routingWithoutGrid() }
      links += tree.links.count
      hops.append(Self.add(send, along: tree, to: &tables, on: grid))
    }
    var overflowing: [(router: Int, rows: Int)] = []
    for (router, table) in tables.enumerated() where !table.rows.isEmpty {
      let rows = table.fitted(limit)
      plainEntries += table.rows.count
      unmergedEntries += table.rows.count { !$0.isDefault }
      mostEntries = max(mostEntries, rows.count)
      if let limit, rows.count > limit { overflowing.append((router, rows.count)) }
      entries += rows.map {
        RoutingEntry(
          router: router, pattern: $0.pattern, links: table.routes[$0.route].links,
          cores: table.routes[$0.route].cores)
      }
    }
    if let limit, let worst = overflowing.max(by: { $0.rows < $1.rows }) {
      throw .routingTableOverflow(
        router: worst.router, rows: worst.rows, limit: limit, others: overflowing.count - 1, grid)
    }
  }

  /// Adds the rows of a send; returns the number of links to each destination.
  private static func add(
    _ send: MulticastSend, along tree: MulticastTree, to tables: inout [RouterTable],
    on grid: CoreGrid
  ) -> [Int] {
    var nodes: [Int: TreeNode] = [tree.root: TreeNode()]
    var order = [tree.root]
    for link in tree.links {
      let depth = nodes[link.router]?.depth ?? 0
      nodes[link.router]?.links.insert(LinkSet(link.direction))
      let end = grid.end(of: link)
      nodes[end] = TreeNode(incoming: link.direction, depth: depth + 1)
      order.append(end)
    }
    var hops: [Int] = []
    for place in send.destinations {
      let router = Int(grid.routers[place])
      nodes[router]?.cores.append(place)
      hops.append(nodes[router]?.depth ?? 0)
    }
    for router in order {
      guard let node = nodes[router] else { continue }
      let isDefault = node.cores.isEmpty && node.incoming.map { LinkSet($0) } == node.links
      tables[router].add(
        send.pattern, RouterTable.Destination(links: node.links, cores: node.cores),
        isDefault: isDefault)
    }
    return hops
  }
}

/// A router on a tree.
private struct TreeNode {
  /// The direction of the link by which packets come, `nil` at the root.
  var incoming: LinkDirection?
  /// The number of links from the root.
  var depth = 0
  /// The links on which packets go on.
  var links: LinkSet = []
  /// The cores that get them.
  var cores: [Int] = []
}

/// The table of a router under construction.
struct RouterTable: Sendable {

  /// Where packets go.
  struct Destination: Hashable, Sendable {
    /// The links.
    var links: LinkSet
    /// The cores.
    var cores: [Int]
  }

  /// A row.
  struct Row: Hashable, Sendable {
    /// The keys.
    var pattern: KeyPattern
    /// The position in `routes`.
    var route: Int
    /// Whether the packets would go the same way without the row.
    var isDefault: Bool
  }

  /// The different destinations.
  private(set) var routes: [Destination] = []
  /// The rows; no key has two of them.
  private(set) var rows: [Row] = []
  private var indices: [Destination: Int] = [:]

  /// Adds a row for keys that no other row has.
  mutating func add(_ pattern: KeyPattern, _ destination: Destination, isDefault: Bool) {
    let route = indices[destination] ?? routes.count
    if route == routes.count {
      routes.append(destination)
      indices[destination] = route
    }
    rows.append(Row(pattern: pattern, route: route, isDefault: isDefault))
  }

  /// Returns the rows that a router needs: those for packets that turn, end or branch; if these
  /// are more than `limit`, merged ones.
  ///
  /// Merging that leaves packets on their straight way alone is tried first; then one that may
  /// give them rows, or take them into those of others.
  func fitted(_ limit: Int?) -> [Row] {
    var best = rows.filter { !$0.isDefault }
    guard let limit, best.count > limit else { return best }
    var careful = OrderedCovering(
      best, avoiding: rows.lazy.filter(\.isDefault).map(\.pattern))
    let few = careful.minimized(to: limit)
    if few.count < best.count { best = few }
    guard best.count > limit else { return best }
    var covering = OrderedCovering(rows)
    let merged = covering.minimized(to: limit)
    return merged.count < best.count ? merged : best
  }
}
