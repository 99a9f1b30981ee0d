// What an image costs in a layer: cycles, conversions, products, and the energy of arrays where the
// machine's constants are known.

internal import HardwareTargets
internal import Kernels

/// What an image costs in a layer that arrays hold.
///
/// Counts are those of one pass of each read: management of bounds repeats reads, which only a run
/// can tell. Apart from that no run exceeds them: in frame mode they are those of as many frames as
/// inputs of any values may need; where signs are read apart, vectors whose elements may be negative
/// count twice. Frames, windows and signs of which nothing is there are not read. Counts that exceed
/// `Int` are the largest.
package struct LayerCosts: Hashable, Sendable {

  /// The reads, one after the other: cycles, times the reads of a vector.
  package var reads: Int

  /// The rows that are driven.
  package var inputConversions: Int

  /// The sums that are converted: of the columns of a weight's cells, those of each slice.
  package var outputConversions: Int

  /// The cells that are read.
  package var cellReads: Int

  /// The digital additions that join partial sums of blocks, and copies on columns.
  package var additions: Int

  /// The part of the cells of the layer's tiles that holds weights, each counted once for every copy of
  /// the layer; cells that repeat a weight are not counted.
  package var utilization: Double

  /// The part of those cells that is in use, cells that repeat a weight included.
  package var occupancy: Double

  /// The time of an image, seconds; `nil` if the time of a read is not known.
  package var seconds: Double?

  /// The energy of arrays and converters, joules; `nil` unless all four constants are known.
  ///
  /// Buffers, buses and what digital units do are not in it.
  package var joules: Double?
}

extension CrossbarLayout {

  /// Returns what an image costs in layer `number`.
  ///
  /// - Complexity: O(blocks of a copy).
  package func costs(of number: Int) -> LayerCosts {
    let layer = layers[number]
    let (array, cut) = (arrays[layer.kind], layer.cut)
    let rows = cut.inputParts.reduce(0) { $0 + array.rows(of: $1.count, cut.repetition) }
    let columns = cut.outputParts.reduce(0) { $0 + array.columns(of: $1.count, cut.repetition) }
    let converted = cut.outputParts.reduce(0) {
      $0 + array.conversions(of: $1.count, cut.repetition)
    }
    // Every position is read by all blocks of one copy, whichever it is.
    let vectors = layer.matrix.positions.saturating(passes(of: number))
    let reads = vectors.saturating(readsPerCycle(of: number))
    let arrays = reads.saturating(array.presentationsPerRead).saturating(cut.groups)
      .saturating(array.arraysPerTile)
    let used =
      Double(layer.replicas) * Double(cut.groups) * Double(cut.inputs * array.rowsPerInput)
      * Double(cut.outputs * array.columnsPerOutput)
    let cells = Double(layer.tiles.count) * Double(array.rows) * Double(array.columns)
    var result = LayerCosts(
      reads: self.reads(of: number),
      inputConversions: arrays.saturating(rows).saturating(cut.outputParts.count),
      outputConversions: reads.saturating(cut.groups).saturating(converted)
        .saturating(cut.inputParts.count),
      cellReads: arrays.saturating(rows).saturating(columns),
      additions: vectors.saturating(cut.groups).saturating(cut.outputs)
        .saturating(cut.inputParts.count.saturating(cut.repetition.columns) - 1),
      utilization: used / cells, occupancy: used * Double(cut.repetition.copies) / cells,
      seconds: seconds(of: number))
    result.joules = joules(of: result)
    return result
  }

  /// Returns the energy of arrays and converters; `nil` unless all constants are known.
  private func joules(of costs: LayerCosts) -> Double? {
    joules(
      cellReads: costs.cellReads, inputConversions: costs.inputConversions,
      outputConversions: costs.outputConversions)
  }

  /// Returns the energy of what arrays did in a run, joules; `nil` unless all constants are known.
  package func joules(of counts: LayerReadCounts) -> Double? {
    joules(
      cellReads: counts.cellReads, inputConversions: counts.inputConversions,
      outputConversions: counts.reads.conversions)
  }

  /// Returns the energy of so many events.
  private func joules(
    cellReads: Int, inputConversions: Int, outputConversions: Int
  ) -> Double? {
    let events = target.energy.events
    guard let cell = events["cellRead"]?.value, let drive = events["dacConversion"]?.value,
      let hold = events["sampleHold"]?.value, let conversion = events["adcConversion"]?.value
    else { return nil }
    return Double(cellReads) * cell + Double(inputConversions) * drive
      + Double(outputConversions) * (hold + conversion)
  }
}

extension Int {

  /// Returns the product, the largest number if it is larger still.
  func saturating(_ other: Int) -> Int {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? .max : product
  }

  /// Returns the sum, the largest number if it is larger still.
  func adding(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
