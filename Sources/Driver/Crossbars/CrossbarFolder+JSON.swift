// Crossbar tables in one file for programs, `allocation.json` (schema `spikec-crossbar/1`), and in
// words.

internal import Crossbar
internal import EventCPU
internal import HardwareTargets
internal import SpikeIR

extension CrossbarFolder {

  /// What the file says it is.
  static let schema = "spikec-crossbar/1"

  /// The tables as JSON text, a line each for what is said of the whole and for each row.
  ///
  /// The same layout gives the same bytes, so that a checker can compare them.
  var json: String {
    var lines = ["{"]
    func add(_ key: String, _ value: JSON) {
      lines.append("\(JSON.string(key).text): \(value.text),")
    }
    add("schema", .string(CrossbarFolder.schema))
    add("network", .string(program.name))
    add("target", .string(layout.target.id))
    add("mode", layout.mode == .vectors ? "vectors" : "frames")
    add("framesPerImage", layout.mode == .vectors ? .null : .integer(layout.mode.passes))
    add("code", JSON(program.spikingGraph?.populations.elements.first?.code.keyword))
    add("preprocessing", layout.mode == .vectors ? preprocessingJSON : .null)
    add(
      "provenance", .object(provenance.map { JSON.Member($0.name, .string($0.value)) }))
    add("arrays", .array(layout.arrays.map(\.json)))
    add("summary", layout.summaryJSON)
    lines.append("\"tables\": {")
    let tables = layout.tables
    for (i, table) in tables.enumerated() {
      lines += jsonLines(
        ofTable: table.text, name: table.name, words: CrossbarTableFields.words,
        isLast: i == tables.count - 1)
    }
    lines += ["}", "}"]
    return lines.joined(separator: "\n") + "\n"
  }

  /// How inputs are preprocessed, null if that was not said when the network was laid out.
  private var preprocessingJSON: JSON {
    guard let preprocessing else { return .null }
    return [
      "scale": JSON(preprocessing.scale), "mean": JSON(preprocessing.mean),
      "std": JSON(preprocessing.std), "channelsFirst": .bool(preprocessing.prefersChannelsFirst),
    ]
  }
}

extension ArrayFeatures {

  fileprivate var json: JSON {
    [
      "class": .string(name), "rows": .integer(rows), "columns": .integer(columns),
      "arraysPerTile": .integer(arraysPerTile), "rowsPerInput": .integer(rowsPerInput),
      "columnsPerOutput": .integer(columnsPerOutput),
      "unitColumnsPerBlock": .integer(columnsPerBlock), "signs": .string(cells.signs.rawValue),
      "slices": .integer(cells.slices), "cellBits": JSON(cells.cellBits),
      "devicesPerWeight": .integer(cells.devices), "readsPerVector": .integer(readsPerVector),
      "readSeconds": JSON(readSeconds),
    ]
  }
}

extension CrossbarLayout {

  /// The layout in a few numbers, as JSON.
  var summaryJSON: JSON {
    let summary = self.summary
    return [
      "weights": .integer(summary.weights), "utilization": .number(summary.utilization),
      "occupancy": .number(summary.occupancy),
      "limitingLayer": JSON(pipeline.map { layers[$0.limitingLayer].matrix.name }),
      "readsPerImage": JSON(pipeline?.readsPerImage),
      "readsOfLatency": JSON(pipeline?.readsOfLatency),
      "secondsPerImage": JSON(pipeline?.secondsPerImage),
      "latencySeconds": JSON(pipeline?.latencySeconds),
      "outputConversions": .integer(summary.outputConversions),
      "joulesOfArrays": JSON(summary.joules), "isOptimal": .bool(isOptimal),
      "classes": .array(
        summary.classes.map {
          [
            "class": .string($0.name), "tiles": .integer($0.tiles), "arrays": .integer($0.arrays),
            "chips": .integer($0.chips), "arraysPerChip": .integer($0.arraysPerChip),
          ]
        }),
    ]
  }

  /// The layout as a table of layers, with how fast they are.
  var summaryText: String {
    var table = Table([
      "layer", ">matrix", ">reuse", ">copies", ">repeated", ">tiles", ">cycles", ">filled",
      ">conversions", ">time", ">energy",
    ])
    for (number, layer) in layers.enumerated() {
      let costs = costs(of: number)
      table.add([
        layer.matrix.name, layer.sizeText, grouped(layer.matrix.positions),
        grouped(layer.replicas), layer.repetitionText, grouped(layer.tiles.count),
        grouped(cycles(of: number)),
        "\(fixed(100 * costs.utilization, 1)) %", grouped(costs.outputConversions),
        costs.seconds.map { scientific($0, "s") } ?? "unknown",
        costs.joules.map { scientific($0, "J") } ?? "unknown",
      ])
    }
    let summary = self.summary
    var lines = [table.text, ""]
    for use in summary.classes where use.tiles > 0 {
      lines.append(
        "class '\(use.name)': \(counted(use.tiles, "tile")), \(counted(use.arrays, "array")) of "
          + "\(grouped(use.arraysPerChip * use.chips)) on \(grouped(use.chips)) "
          + "\(use.chips == 1 ? "chip" : "chips")")
    }
    lines.append(
      "\(counted(summary.weights, "weight")), "
        + "\(fixed(100 * summary.utilization, 1)) % of the cells of these tiles"
        + (summary.occupancy > summary.utilization
          ? "; \(fixed(100 * summary.occupancy, 1)) % with those that repeat a weight on rows × columns"
          : ""))
    if let pipeline {
      let name = layers[pipeline.limitingLayer].matrix.name
      let rate = pipeline.secondsPerImage.map { ", \(fixed(1 / $0, 0)) images a second" } ?? ""
      lines.append(
        "'\(name)' limits: \(grouped(pipeline.readsPerImage)) reads an image\(rate); "
          + "\(grouped(pipeline.readsOfLatency)) reads from its first to its last"
          + (pipeline.latencySeconds.map { ", \(scientific($0, "s"))" } ?? ""))
    }
    lines.append(readingText)
    if !isOptimal { lines.append(CrossbarLayout.doubtText) }
    if let joules = summary.joules {
      lines.append("arrays and converters take \(scientific(joules, "J")) for an image")
    }
    return lines.joined(separator: "\n")
  }
}

extension CrossbarLayout {

  /// What is said of a layout that is not proved to be the best.
  static let doubtText =
    "the search for copies stopped early: faster layers, or more repetitions, on as many tiles are not "
    + "ruled out"

  /// What arrays read, and how often.
  private var readingText: String {
    guard mode != .vectors else { return "arrays read vectors of values, once for an image" }
    let most = layers.indices.map { passes(of: $0) }.max() ?? 0
    return "arrays read frames of spikes, \(mode.passes) for an image"
      + (most > mode.passes
        ? "; at most \(grouped(most)) where units have a sign or several bits, which are read one "
          + "by one" : "")
  }
}

extension LaidOutLayer {

  /// The size of the matrix, outputs × inputs with the bias, as M × (k² · d + 1) is written.
  var sizeText: String {
    (cut.groups == 1 ? "" : "\(grouped(cut.groups)) · ")
      + "\(grouped(cut.outputs)) × \(grouped(cut.inputs))"
  }

  /// How often a block is repeated in its place, on rows × columns.
  var repetitionText: String {
    cut.repetition == .none
      ? "no" : "\(grouped(cut.repetition.rows)) × \(grouped(cut.repetition.columns))"
  }
}
