// The tables of routers as comma-separated values, and back.

package import Diagnostics
internal import SpikeIR
internal import Tables

extension TableLayout {

  /// The keys of slices.
  static let keys = "keys.csv"
  /// The rows of routers.
  static let routing = "routing.csv"

  /// The columns of keys.
  static let keyColumns = ["slice", "key", "mask"]
  /// The columns of rows of routers.
  static let routingColumns = ["router", "key", "mask", "links", "cores"]
}

extension RoutingTables {

  /// The tables as text, by the names of their files.
  ///
  /// Keys and masks have eight hexadecimal digits; links are named by their directions, `e` to `s`,
  /// cores by their numbers, both separated by spaces.
  package var tables: [(name: String, text: String)] {
    var blocks = CSVWriter(TableLayout.keyColumns)
    for block in keys { blocks.append(["\(block.slice.index)"] + block.pattern.fields) }
    var rows = CSVWriter(TableLayout.routingColumns)
    for entry in entries {
      rows.append(
        ["\(entry.router)"] + entry.pattern.fields + [
          entry.links.directions.map(\.name).joined(separator: " "),
          entry.cores.map(String.init).joined(separator: " "),
        ])
    }
    return [(TableLayout.keys, blocks.text), (TableLayout.routing, rows.text)]
  }

  /// Reads the tables.
  ///
  /// - Parameters:
  ///   - tables: the text of each table by the name of its file.
  ///   - slices: the number of slices.
  /// - Returns: the tables; `nil` if there are none.
  /// - Throws: `tables.missing` if there is one of them only, `tables.bad-header`,
  ///   `tables.bad-row`.
  package static func reading(
    _ tables: [String: [UInt8]], slices: Int
  ) throws(Diagnostic) -> RoutingTables? {
    guard tables[TableLayout.keys] != nil || tables[TableLayout.routing] != nil else { return nil }
    guard let keys = tables[TableLayout.keys] else { throw .missingTable(TableLayout.keys) }
    guard let rows = tables[TableLayout.routing] else { throw .missingTable(TableLayout.routing) }
    return RoutingTables(
      keys: try readKeys(
        try CSVTable(
          reading: keys, file: TableLayout.keys, columns: TableLayout.keyColumns, allowsMore: false),
        slices: slices),
      entries: try readRows(
        try CSVTable(
          reading: rows, file: TableLayout.routing, columns: TableLayout.routingColumns,
          allowsMore: false)))
  }

  private static func readKeys(
    _ table: CSVTable, slices: Int
  ) throws(Diagnostic) -> [KeyBlock] {
    var result: [KeyBlock] = []
    for row in table.rows {
      let slice = try table.number(0, row)
      guard slice < slices else {
        throw .badRow(table.file, row.line, "slice \(slice), there are \(slices)")
      }
      result.append(KeyBlock(slice: SliceID(slice), pattern: try pattern(1, row, table)))
    }
    return result
  }

  private static func readRows(_ table: CSVTable) throws(Diagnostic) -> [RoutingEntry] {
    var result: [RoutingEntry] = []
    for row in table.rows {
      var links: LinkSet = []
      for name in row.fields[3].split(separator: " ") {
        guard let direction = LinkDirection.allCases.first(where: { $0.name == name }) else {
          throw .badRow(
            table.file, row.line,
            "'links' has '\(name.prefix(20))', expected "
              + LinkDirection.allCases.map(\.name).joined(separator: ", "))
        }
        links.insert(LinkSet(direction))
      }
      var cores: [Int] = []
      for text in row.fields[4].split(separator: " ") {
        guard let core = Int(text), core >= 0, core < 1 << 31 else {
          throw .badRow(
            table.file, row.line, "'cores' has '\(text.prefix(20))', expected the number of a core")
        }
        cores.append(core)
      }
      result.append(
        RoutingEntry(
          router: try table.number(0, row), pattern: try pattern(1, row, table), links: links,
          cores: cores))
    }
    return result
  }

  private static func pattern(
    _ column: Int, _ row: CSVTable.Row, _ table: CSVTable
  ) throws(Diagnostic) -> KeyPattern {
    let fields = row.fields[column...(column + 1)]
    let values = fields.compactMap { $0.utf8.count == 8 ? UInt32($0, radix: 16) : nil }
    guard values.count == 2 else {
      throw .badRow(
        table.file, row.line,
        "key and mask are '\(fields.joined(separator: "' and '").prefix(60))', expected eight "
          + "hexadecimal digits each")
    }
    guard values[0] & ~values[1] == 0 else {
      throw .badRow(table.file, row.line, "the key has bits that are not in the mask")
    }
    return KeyPattern(key: values[0], mask: values[1])
  }
}

extension KeyPattern {

  /// Key and mask as fields of a table.
  fileprivate var fields: [String] {
    [key, mask].map {
      let digits = String($0, radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }
  }
}

extension LinkDirection {

  /// The name in tables.
  fileprivate var name: String {
    switch self {
    case .east: "e"
    case .northEast: "ne"
    case .north: "n"
    case .west: "w"
    case .southWest: "sw"
    case .south: "s"
    }
  }
}
