// Allocation tables in one file for programs: `allocation.json` (schema `spikec-allocation/1`).

internal import HardwareTargets
internal import NeuroCore
internal import SpikeIR
internal import Tables

extension Allocation {

  /// The allocation as JSON text, a line each for what is said of the whole and for each row.
  ///
  /// The same allocation gives the same bytes, so that a checker can compare them.
  var json: String {
    let graph = self.graph
    var lines = ["{"]
    func add(_ key: String, _ value: JSON) {
      lines.append("\(JSON.string(key).text): \(value.text),")
    }
    add("schema", "spikec-allocation/1")
    add("network", .string(graph.name))
    add("target", .string(target.id))
    add("timesteps", JSON(graph.populations.elements.first?.code.timesteps))
    add("deliveryLatency", .integer(target.time.deliveryLatency))
    add("summary", summary.json)
    lines.append("\"populations\": [")
    lines += jsonLines(
      graph.populations.ids.filter { graph[$0].hasNeurons }.map { id in
        [
          "name": .string(graph[id].name), "model": .string(graph[id].model.mnemonic),
          "shape": JSON(graph[id].shape.extents), "start": .integer(starts[id.index]),
        ]
      })
    lines.append("],")
    lines.append("\"paths\": [")
    lines += jsonLines(
      paths.map { path in
        [
          "from": .string(graph[path.source].name), "to": .string(graph[path.target].name),
          "projections": JSON(path.projections.map { graph[$0].name }),
        ]
      })
    lines.append("],")
    lines.append("\"tables\": {")
    let tables = self.tables
    for (i, table) in tables.enumerated() {
      lines += jsonLines(
        ofTable: table.text, name: table.name, words: CSVFields.words,
        isLast: i == tables.count - 1)
    }
    lines.append("}")
    lines.append("}")
    return lines.joined(separator: "\n") + "\n"
  }
}

/// Returns values as lines of a list.
func jsonLines(_ values: [JSON]) -> [String] {
  values.enumerated().map { $1.text + ($0 == values.count - 1 ? "" : ",") }
}

/// Returns a table as the lines of a member: an object with its columns and rows.
///
/// Numbers are numbers, empty fields null, but fields of columns named in `words` are strings.
func jsonLines(
  ofTable text: String, name: String, words: Set<String>, isLast: Bool
) -> [String] {
  let table = CSVTable.lines(of: text)
  let isWord = (table.first ?? []).map { words.contains($0) }
  let rows = table.dropFirst().map { fields in
    JSON.array(
      zip(fields, isWord).map { field, isWord in
        if field.isEmpty { return .null }
        if isWord { return .string(field) }
        if let integer = Int(field) { return .integer(integer) }
        return Double(field).map { .number($0) } ?? .string(field)
      })
  }
  let key = name.hasSuffix(".csv") ? String(name.dropLast(4)) : name
  return [
    "\(JSON.string(key).text): {\"columns\": \(JSON(table.first ?? []).text), \"rows\": ["
  ] + jsonLines(Array(rows)) + ["]}" + (isLast ? "" : ",")]
}

extension AllocationSummary {

  /// The summary as JSON.
  var json: JSON {
    [
      "cores": .integer(cores), "chips": .integer(chips), "coresOfChips": .integer(coresOfChips),
      "neurons": .integer(neurons), "places": .integer(places), "synapses": .integer(synapses),
      "depth": .integer(depth), "meanUtilization": JSON(meanUtilization),
      "packetsPerFullActivity": .integer(packetsPerFullActivity), "meanHops": JSON(meanHops),
      "padding": JSON(padding), "unchecked": JSON(unchecked),
      "resources": .array(
        resources.map {
          [
            "name": .string($0.name), "used": .integer($0.used), "available": JSON($0.available),
            "largestPart": JSON($0.largestPart), "bindsOn": .integer($0.bindsOn),
          ]
        }),
    ]
  }
}
