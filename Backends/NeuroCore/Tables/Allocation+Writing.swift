// Allocation tables as text: one file of comma-separated values a table.

internal import HardwareTargets
internal import SpikeIR
internal import Tables

/// The names of the tables' files, and of their columns.
enum TableLayout {

  /// The cores.
  static let cores = "cores.csv"
  /// The slices.
  static let slices = "slices.csv"
  /// The blocks of axons with what they reach.
  static let axons = "axons.csv"
  /// The ways of spikes.
  static let routes = "routes.csv"

  /// The columns of cores before those of resources, of which each has two.
  static let coreColumns = ["core", "chip", "x", "y", "class", "binding", "utilization"]

  /// The columns of slices.
  static let sliceColumns =
    ["slice", "core", "first", "start", "population"] + boxColumns

  /// The columns of connections; the first ones are those of their block of axons.
  static let axonColumns =
    ["core", "axon", "from_slice", "population"] + boxColumns + [
      "path", "to_slice", "delay", "synapses", "words",
    ]

  /// The columns of connections that machines have beside whose axons have types.
  static let typeColumns = ["type"]

  /// The columns of routes.
  static let routeColumns = ["from_slice", "to_core", "axon", "hops"]

  /// The columns of a box of neurons.
  private static let boxColumns = ["y0", "y1", "x0", "x1", "c0", "c1"]
}

extension Allocation {

  /// The tables as text, by the names of their files.
  ///
  /// The same allocation gives the same bytes.
  package var tables: [(name: String, text: String)] {
    [
      (TableLayout.cores, coresTable), (TableLayout.slices, slicesTable),
      (TableLayout.axons, axonsTable), (TableLayout.routes, routesTable),
    ] + (routing?.tables ?? [])
  }

  /// The names of all resources that cores of any kind have, in alphabetical order.
  package var resourceNames: [String] {
    Set(cores.flatMap(\.used.keys) + target.cores.flatMap(\.resources.keys)).sorted()
  }

  /// Returns the resource of which a core has used most, with the part that is used.
  ///
  /// It is `nil` if no capacity is known. Settings that neurons share, such as thresholds, do not
  /// count. What the cores of a chip share has equal parts for them.
  package func binding(of core: CoreEntry) -> (resource: String, utilization: Double)? {
    var best: (resource: String, utilization: Double)?
    let budget = CoreBudget(target.cores[core.kind], coresPerChip: target.coresPerChip)
    for entry in budget.entries where entry.addsUp {
      guard let used = core.used[entry.name], let capacity = entry.capacity, capacity > 0 else {
        continue
      }
      let part = Double(used) / Double(capacity)
      if part > best?.utilization ?? -1 { best = (entry.name, part) }
    }
    return best
  }

  private var coresTable: String {
    let resources = resourceNames
    var csv = CSVWriter(
      TableLayout.coreColumns + resources.flatMap { ["\($0)_used", "\($0)_available"] })
    for core in cores {
      let binding = binding(of: core)
      let capacities = target.cores[core.kind].capacities
      let fields = [
        core.number, core.number / target.coresPerChip, core.position.x, core.position.y,
      ].map(String.init)
      let use = resources.flatMap { name in
        [core.used[name], capacities[name]].map { $0.map(String.init) ?? "" }
      }
      csv.append(
        fields + [
          target.cores[core.kind].name, binding?.resource ?? "",
          binding.map { $0.utilization.percent } ?? "",
        ] + use)
    }
    return csv.text
  }

  private var slicesTable: String {
    var csv = CSVWriter(TableLayout.sliceColumns)
    for id in mapped.slices.ids {
      let slice = mapped.slices[id]
      csv.append(
        [id.index, slice.core, slice.first, starts[slice.population.index]].map(String.init)
          + [graph[slice.population].name] + slice.box.fields)
    }
    return csv.text
  }

  private var axonsTable: String {
    let types = target.hasAxonTypes ? try? target.axonTypes(of: paths, in: graph) : nil
    var csv = CSVWriter(TableLayout.axonColumns + (types == nil ? [] : TableLayout.typeColumns))
    for connection in connections {
      let block = axons[connection.block]
      let origin = [
        "\(block.core)", "\(block.first)", block.source.map { "\($0.index)" } ?? "",
        graph[block.population].name,
      ]
      let reached = [
        connection.path, connection.target.index, connection.delay, connection.synapses,
        connection.words,
      ]
      let type = types.map { ["\($0[connection.path])"] } ?? []
      csv.append(origin + block.box.fields + reached.map(String.init) + type)
    }
    return csv.text
  }

  private var routesTable: String {
    var csv = CSVWriter(TableLayout.routeColumns)
    for route in routes {
      csv.append([
        route.source.map { "\($0.index)" } ?? "", "\(route.core)", "\(axons[route.block].first)",
        "\(route.hops)",
      ])
    }
    return csv.text
  }
}

extension NeuronBox {

  /// The bounds as fields of a table.
  fileprivate var fields: [String] {
    [rows, columns, channels].flatMap { [String($0.lowerBound), String($0.upperBound)] }
  }
}
