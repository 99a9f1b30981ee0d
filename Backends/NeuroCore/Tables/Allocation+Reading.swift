// Allocation tables from text. What is read is as the tables say; whether it is right, and fits the
// machine, is for `AllocationCheck` to find out.

package import Diagnostics
package import HardwareTargets
package import SpikeIR
internal import Tables

extension Allocation {

  /// Reads the tables of a network.
  ///
  /// - Parameters:
  ///   - tables: the text of each table by the name of its file.
  ///   - graph: the network, verified.
  ///   - target: the machine.
  /// - Throws: `tables.missing`, `tables.bad-header`, `tables.bad-row` for every table that cannot
  ///   be read; `mapping.too-many-paths`.
  package init(
    reading tables: [String: [UInt8]], of graph: SpikingGraph, on target: TargetDescription
  ) throws(CompileError) {
    guard let paths = ConnectionPath.all(in: graph) else {
      throw CompileError(.tooManyPaths(graph.name))
    }
    self.target = target
    self.paths = paths
    mapped = MappedGraph(graph, target: target.id)
    starts = [Int](repeating: 0, count: graph.populations.count)
    (cores, axons, connections, routes) = ([], [], [], [])
    var sink = DiagnosticSink()
    func table(
      _ name: String, _ columns: [String], allowsMore: Bool = false
    ) throws(Diagnostic) -> CSVTable {
      guard let bytes = tables[name] else { throw .missingTable(name) }
      return try CSVTable(reading: bytes, file: name, columns: columns, allowsMore: allowsMore)
    }
    do throws(Diagnostic) {
      try readCores(try table(TableLayout.cores, TableLayout.coreColumns, allowsMore: true))
    } catch { sink.report(error) }
    do throws(Diagnostic) {
      try readSlices(try table(TableLayout.slices, TableLayout.sliceColumns))
    } catch { sink.report(error) }
    do throws(Diagnostic) {
      try readAxons(
        try table(
          TableLayout.axons, TableLayout.axonColumns, allowsMore: target.hasAxonTypes))
    } catch { sink.report(error) }
    do throws(Diagnostic) {
      try readRoutes(try table(TableLayout.routes, TableLayout.routeColumns))
    } catch { sink.report(error) }
    do throws(Diagnostic) {
      routing = try RoutingTables.reading(tables, slices: mapped.slices.count)
    } catch { sink.report(error) }
    try sink.throwIfErrors()
  }

  private mutating func readCores(_ table: CSVTable) throws(Diagnostic) {
    let resources = table.columns.enumerated().dropFirst(TableLayout.coreColumns.count)
      .filter { $0.element.hasSuffix("_used") }
    for row in table.rows {
      let name = row.fields[4]
      guard let kind = target.cores.firstIndex(where: { $0.name == name }) else {
        throw .badRow(
          table.file, row.line,
          "'class' is '\(name)', the machine has \(target.cores.map(\.name).joined(separator: ", "))"
        )
      }
      var used: [String: Int] = [:]
      for (column, resource) in resources {
        guard let count = try table.optionalNumber(column, row) else { continue }
        used[String(resource.dropLast("_used".count))] = count
      }
      cores.append(
        CoreEntry(
          number: try table.number(0, row), kind: kind,
          position: GridPoint(x: try table.number(2, row), y: try table.number(3, row)), used: used
        ))
    }
  }

  private mutating func readSlices(_ table: CSVTable) throws(Diagnostic) {
    let names = graph.populationsByName
    var begun = Set<PopulationID>()
    for row in table.rows {
      guard try table.number(0, row) == mapped.slices.count else {
        throw .badRow(
          table.file, row.line, "slice \(row.fields[0]), expected \(mapped.slices.count)")
      }
      let population = try self.population(4, row, table, names)
      mapped.slices.append(
        CoreSlice(
          population: population, box: try box(5, row, table, of: population),
          core: try table.number(1, row), first: try table.number(2, row)))
      let start = try table.number(3, row)
      guard start < 1 << 20 else {
        throw .badRow(
          table.file, row.line, "'start' is \(start), accepted range is [0, \(1 << 20 - 1)]")
      }
      if begun.insert(population).inserted { starts[population.index] = start }
      guard start == starts[population.index] else {
        throw .badRow(
          table.file, row.line,
          "'start' is \(start), other slices of '\(graph[population].name)' have "
            + "\(starts[population.index])")
      }
    }
  }

  private mutating func readAxons(_ table: CSVTable) throws(Diagnostic) {
    let names = graph.populationsByName
    var known: [AxonBlock: Int] = [:]
    for row in table.rows {
      let population = try self.population(3, row, table, names)
      let block = AxonBlock(
        core: try table.number(0, row), first: try table.number(1, row),
        source: try slice(2, row, table), population: population,
        box: try box(4, row, table, of: population))
      if known[block] == nil {
        known[block] = axons.count
        axons.append(block)
      }
      let (path, target) = (try table.number(10, row), try slice(11, row, table))
      guard path < paths.count, let target else {
        throw .badRow(
          table.file, row.line,
          "path \(path) to slice '\(row.fields[11])', expected one of \(paths.count) paths to one of "
            + "\(mapped.slices.count, of: "slice")")
      }
      connections.append(
        AxonConnection(
          block: known[block] ?? 0, path: path, target: target, delay: try table.number(12, row),
          synapses: try table.number(13, row), words: try table.number(14, row)))
    }
  }

  private mutating func readRoutes(_ table: CSVTable) throws(Diagnostic) {
    var blocks: [[Int]: Int] = [:]
    for (i, block) in axons.enumerated() { blocks[[block.core, block.first]] = i }
    for row in table.rows {
      let (core, axon) = (try table.number(1, row), try table.number(2, row))
      guard let block = blocks[[core, axon]] else {
        throw .badRow(
          table.file, row.line,
          "leads to axon \(axon) of core \(core), where no block of axons begins")
      }
      routes.append(
        Route(
          source: try slice(0, row, table), core: core, block: block,
          hops: try table.number(3, row)))
    }
  }

  // MARK: - Fields

  private func population(
    _ column: Int, _ row: CSVTable.Row, _ table: CSVTable, _ names: [String: PopulationID]
  ) throws(Diagnostic) -> PopulationID {
    let name = row.fields[column]
    guard let id = names[name] else {
      throw .badRow(table.file, row.line, "the network has no population '\(name.prefix(60))'")
    }
    return id
  }

  private func slice(
    _ column: Int, _ row: CSVTable.Row, _ table: CSVTable
  ) throws(Diagnostic) -> SliceID? {
    guard let index = try table.optionalNumber(column, row) else { return nil }
    guard index < mapped.slices.count else {
      throw .badRow(
        table.file, row.line, "slice \(index), expected one of \(mapped.slices.count)")
    }
    return SliceID(index)
  }

  private func box(
    _ column: Int, _ row: CSVTable.Row, _ table: CSVTable, of population: PopulationID
  ) throws(Diagnostic) -> NeuronBox {
    let box = NeuronBox(
      rows: try table.range(column, row), columns: try table.range(column + 2, row),
      channels: try table.range(column + 4, row))
    let shape = graph[population].shape
    guard NeuronBox(all: shape).contains(box) else {
      throw .badRow(
        table.file, row.line,
        "the neurons \(box) of '\(graph[population].name)', which has the shape \(shape)")
    }
    return box
  }
}

extension SpikingGraph {

  /// The populations by their names.
  fileprivate var populationsByName: [String: PopulationID] {
    Dictionary(populations.ids.map { (self[$0].name, $0) }) { first, _ in first }
  }
}
