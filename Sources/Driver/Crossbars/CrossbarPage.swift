// A page on a network on analog arrays: how full tiles are, and what limits.

internal import Crossbar
internal import HardwareTargets
internal import Report
internal import SpikeIR

extension CrossbarFolder {

  /// Adds everything about the layout to `page`.
  func describe(in page: inout HTMLPage) {
    let summary = layout.summary
    page.paragraph(
      "\(counted(summary.weights, "weight")) of '\(program.name)' on "
        + "\(grouped(layout.tiles.count)) tiles, \(layout.target.title).")
    if let pipeline = layout.pipeline {
      let name = layout.layers[pipeline.limitingLayer].matrix.name
      page.paragraph(
        "The layer '\(name)' limits the pipeline: \(grouped(pipeline.readsPerImage)) reads from one "
          + "image to the next"
          + (pipeline.secondsPerImage.map { ", \(scientific($0, "s"))" } ?? "") + ".")
    }
    if summary.occupancy > summary.utilization {
      page.paragraph(
        "Matrices are repeated on rows, whose currents add up, and on columns, which are averaged, so "
          + "that the noise of conversions matters less: with these copies "
          + "\(fixed(100 * summary.occupancy, 1)) % of the tiles' cells are in use, without them "
          + "\(fixed(100 * summary.utilization, 1)) %.")
    }
    if !layout.isOptimal {
      let text = CrossbarLayout.doubtText
      page.paragraph(text.prefix(1).uppercased() + text.dropFirst() + ".")
    }
    addLayers(to: &page)
    addTiles(to: &page)
    addCosts(to: &page)
    addArrays(summary, to: &page)
  }

  private func addLayers(to page: inout HTMLPage) {
    let most = max(1, layout.layers.indices.map { layout.reads(of: $0) }.max() ?? 1)
    page.heading("Layers")
    page.table(
      [
        "layer", "class", ">matrix", ">reuse", ">copies", ">repeated, rows × columns", ">tiles",
        ">cycles an image", ">tiles filled",
      ],
      layout.layers.indices.map { number in
        let layer = layout.layers[number]
        let costs = layout.costs(of: number)
        return [
          .init(layer.matrix.name), .init(layout.array(of: number).name), .init(layer.sizeText),
          .init(grouped(layer.matrix.positions)), .init(grouped(layer.replicas)),
          .init(layer.repetitionText), .init(grouped(layer.tiles.count)),
          .init(
            grouped(layout.cycles(of: number)), heat: Double(costs.reads) / Double(most)),
          .init(fixed(100 * costs.utilization, 1) + " %", heat: costs.utilization),
        ]
      })
  }

  /// Adds a square of tiles, in the order of layers.
  private func addTiles(to page: inout HTMLPage) {
    let most = 4096
    let used = layout.tileUtilization
    let shown = min(used.count, most)
    let width = max(1, Int(Double(shown).squareRoot().rounded(.up)))
    let blocks = layout.blocks.reduce(into: [Int](repeating: 0, count: used.count)) {
      $0[$1.tile] += 1
    }
    let places = (0..<shown).map { tile in
      let name = layout.layers[layout.tiles[tile].layer].matrix.name
      return GridMap.Place(
        x: tile % width, y: tile / width, parts: [used[tile]],
        label: "tile \(tile): \(name), \(grouped(blocks[tile])) "
          + "\(blocks[tile] == 1 ? "block" : "blocks"), \(fixed(100 * used[tile], 1)) %")
    }
    page.heading("Tiles")
    page.figure(
      GridMap(
        columns: width, rows: (shown + width - 1) / width, places: places, links: [],
        chip: (width, max(1, (shown + width - 1) / width))),
      caption: "The part of each tile's cells that holds weights, cells that repeat a weight not "
        + "counted, pale to dark, layer by layer"
        + (shown < used.count ? "; the first \(grouped(most)) of \(grouped(used.count))." : "."))
  }

  private func addCosts(to page: inout HTMLPage) {
    page.heading("An image")
    page.table(
      [
        "layer", ">rows driven", ">columns converted", ">cells read", ">digital additions",
        ">time", ">energy of arrays",
      ],
      layout.layers.indices.map { number in
        let costs = layout.costs(of: number)
        return [
          .init(layout.layers[number].matrix.name), .init(grouped(costs.inputConversions)),
          .init(grouped(costs.outputConversions)), .init(grouped(costs.cellReads)),
          .init(grouped(costs.additions)),
          .init(costs.seconds.map { scientific($0, "s") } ?? "unknown"),
          .init(costs.joules.map { scientific($0, "J") } ?? "unknown"),
        ]
      })
    page.paragraph(
      "Reads that are repeated to keep sums within bounds are not counted; buffers, buses and digital "
        + "units have no part in the energy.")
  }

  private func addArrays(_ summary: CrossbarSummary, to page: inout HTMLPage) {
    page.heading("Arrays")
    page.table(
      ["class", ">size", ">tiles", ">arrays in use", ">arrays of a chip", ">chips"],
      zip(summary.classes, layout.arrays).map { use, array in
        [
          .init(use.name), .init("\(grouped(array.rows)) × \(grouped(array.columns))"),
          .init(grouped(use.tiles)), .init(grouped(use.arrays)), .init(grouped(use.arraysPerChip)),
          .init(grouped(use.chips)),
        ]
      })
  }
}
