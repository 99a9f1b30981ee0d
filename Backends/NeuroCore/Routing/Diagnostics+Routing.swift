// What can be wrong with the tables of routers.

internal import Diagnostics
internal import HardwareTargets

extension Diagnostic {

  /// Returns an error about more neurons than keys can name.
  static func tooManyKeys(neurons: Int) -> Diagnostic {
    .error(
      "routing.too-many-keys",
      "\(neurons, of: "neuron"), in slices rounded up to powers of two, need more than 2^32 keys",
      exitCode: .doesNotFit)
  }

  /// Returns an error about tables for chips whose arrangement is not described.
  static func routingWithoutGrid() -> Diagnostic {
    .error(
      "routing.no-grid",
      "packets go between chips by tables, but the network between the chips is not a grid",
      notes: ["describe the network as 'mesh2d' or 'hex-torus', or use one chip"],
      exitCode: .doesNotFit)
  }

  /// Returns an error about a router whose table is too small.
  static func routingTableOverflow(
    router: Int, rows: Int, limit: Int, others: Int, _ grid: CoreGrid
  ) -> Diagnostic {
    let point = grid.point(ofRouter: router)
    let more = others == 0 ? "" : "; \(others) other routers need too many as well"
    return .error(
      "routing.table-overflow",
      "router (\(point.x), \(point.y)) of chip \(grid.chip(ofRouter: router)) needs "
        + "\(rows, of: "entry", "entries") after merging, its table has \(limit)\(more)",
      notes: [
        "fewer and larger slices, or fewer cores that listen to each, need fewer entries"
      ], exitCode: .doesNotFit)
  }

  /// Returns an error about a router whose cores send to more cores than its table can list.
  static func destinationListOverflow(
    router: Int, entries: Int, limit: Int, _ grid: CoreGrid
  ) -> Diagnostic {
    let point = grid.point(ofRouter: router)
    return .error(
      "routing.list-overflow",
      "the cores of router (\(point.x), \(point.y)) of chip \(grid.chip(ofRouter: router)) send to "
        + "\(entries, of: "destination"), its table has \(limit, of: "entry", "entries")",
      exitCode: .doesNotFit)
  }

  /// Returns an error about keys that tables send elsewhere than to their destinations.
  static func misrouted(_ pattern: KeyPattern, _ what: String) -> Diagnostic {
    .error(
      "routing.misrouted",
      "keys \(hexadecimal(pattern.key)) with mask \(hexadecimal(pattern.mask)): \(what)",
      notes: ["the tables of routers do not do what the routes say: write them anew"])
  }

  private static func hexadecimal(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
  }
}
