// A block of a layer as its cells hold it: programmed, aged, behind its wires, ready to be read.

internal import HardwareTargets
internal import Kernels

/// A block of a layer, ready to be read.
///
/// The weights of a block, or of each of its outputs, are scaled by the largest magnitude and held by
/// cells as the mapping of the machine has it, which devices change. The currents of the cells of a weight that differ by
/// sign or are copies are added on the wires; what slices of bits yield is converted one by one
/// and added up digitally, where also an offset is taken away. Copies of the block on further rows and
/// columns are programmed cell by cell; results are divided by the number of those on rows, and averaged
/// over those on columns.
struct EmulatedBlock: Sendable {

  /// The place of the block on its tile and in its layer.
  let block: TileBlock

  /// The physical rows, on all arrays that hold the cells of a weight.
  let rowCount: Int

  /// The physical columns on one of them.
  let columnCount: Int

  /// How often the block is repeated in its place.
  private let repetition: Repetition

  /// How often a read is given each vector: once where copies on rows are added up beforehand, which
  /// is the same where noise does not tell them apart.
  private let inputCopies: Int

  /// Reads of the block; its columns are outputs, copy by copy, slice by slice, then the unit column.
  private let reader: AnalogReader

  /// The same for frames of spikes.
  private let frameReader: AnalogReader

  /// What digital units multiply the converted sums of each slice with.
  private let factors: [Float]

  /// What they multiply those of each copy of an output with, to undo its drift; empty if they do not.
  private let outputFactors: [Float]

  /// What they multiply each output with in the end, since its weights were scaled; empty if they
  /// do not.
  private let outputScales: [Float]

  /// What is taken away for each unit of the unit column, or of the sum of inputs.
  private let offset: Float

  private let hasUnitColumn: Bool

  /// Programs a block.
  ///
  /// - Parameters:
  ///   - weights: [inputs, outputs].
  ///   - block: where it is.
  ///   - repetition: how often it is repeated there.
  ///   - arrays: what it is held by.
  ///   - options: the seeds and the time.
  ///   - number: the number of the block on the chip.
  /// - Complexity: O(cells).
  init(
    _ weights: [Float], _ block: TileBlock, repetition: Repetition, _ arrays: EmulatedArrays,
    _ options: EmulationOptions, number: Int
  ) {
    self.block = block
    self.repetition = repetition
    rowCount =
      arrays.features.rows(of: block.inputs.count, repetition) * arrays.features.arraysPerTile
    columnCount = arrays.features.columns(of: block.outputs.count, repetition)
    let chip = RandomField(options.chipSeed, UInt64(number), 0x4348_4950)
    let run = RandomField(options.runSeed, UInt64(number), 0x4147_4544)
    let mapping = arrays.features.cells
    let outputs = block.outputs.count * repetition.columns
    var scale = Double(weights.reduce(0) { max($0, abs($1)) })
    // Where range costs nothing, a power of two, which keeps whole numbers whole.
    if arrays.isIdeal, scale > 0 {
      scale = Double(sign: .plus, exponent: scale.exponent + 1, significand: 1)
    }
    var weights = weights
    outputScales =
      arrays.scalesColumns
      ? weights.scaleColumns(block.outputs.count, to: Float(scale)) : []
    weights = weights.repeated(repetition, columns: block.outputs.count)
    let cells = HeldCells(
      weights, outputs: outputs, scale: scale, arrays, corner: (block.row, block.column),
      chip: chip)
    let now = cells.sums(after: options.seconds, run: run)
    let gains = cells.compensation(of: now)
    let unit = arrays.largestWeight * arrays.reading.gain
    let global = Double(gains.block)
    let isSummed = arrays.reading.forward.isAlikeInRows
    inputCopies = isSummed ? 1 : repetition.rows
    let rowCopies = Double(repetition.rows)
    factors = mapping.sliceFactors.map { Float($0 * scale / unit * global / rowCopies) }
    outputFactors = gains.outputs
    hasUnitColumn = cells.hasUnitColumn
    // A unit column is repeated on rows like all others; the sum of inputs is that of what is given.
    offset = Float(
      mapping.offset * scale
        / (hasUnitColumn
          ? unit / (global * Double(gains.unit)) * rowCopies : Double(inputCopies)))
    let columns = now.count / max(1, block.inputs.count * repetition.rows)
    let mismatch = ColumnMismatch(arrays.reading, columns: columns, chip: chip)
    let held = mismatch.applied(to: now, unit: Float(unit))
    let rows = block.inputs.count * inputCopies
    var reader = AnalogReader(
      AnalogOperand(
        held.addingUp(every: rows * columns), rows: rows, columns: columns),
      arrays.reading.forward.with(copiesOfRows: repetition.rows / inputCopies))
    reader.offsets = mismatch.offsets
    reader.pack()
    if options.calibrationReads > 0 {
      let nominal = now.map { $0 * Float(unit) }.addingUp(every: rows * columns)
      reader.correction =
        ColumnCalibration(
          reader, nominal: nominal, reads: options.calibrationReads, run: run.field(0x4341_4C49)
        ).correction
    }
    if factors.count == 1 && offset == 0 && repetition.columns == 1 {
      reader.scales = outputScales.scaled(by: outputFactors)
    }
    self.reader = reader
    frameReader = reader.with(arrays.reading.frames)
  }

  /// Reads vectors and adds the results.
  ///
  /// - Parameters:
  ///   - out: memory of the layer's results, updated.
  ///   - input: memory of the vectors.
  ///   - place: where both are; the outputs of the block are consecutive.
  ///   - key: the random numbers of the block and the image.
  ///   - first: the number of the first vector.
  ///   - areFrames: whether inputs are 0 or 1, given by converters of one bit.
  ///   - scratch: memory of the thread.
  /// - Returns: what was done.
  func read(
    _ out: inout MutableSpan<Float>, _ input: Span<Float>, _ place: AnalogBlock,
    key: RandomField, first: Int, areFrames: Bool, scratch: inout AnalogScratch
  ) -> AnalogReadCounts {
    if inputCopies > 1 {
      return readRepeated(
        &out, input, place, key: key, first: first, areFrames: areFrames, scratch: &scratch)
    }
    let reader = areFrames ? frameReader : self.reader
    return read(&out, input, place, reader, key: key, first: first, scratch: &scratch)
  }

  /// Reads vectors of which every element is given to several rows.
  private func readRepeated(
    _ out: inout MutableSpan<Float>, _ input: Span<Float>, _ place: AnalogBlock,
    key: RandomField, first: Int, areFrames: Bool, scratch: inout AnalogScratch
  ) -> AnalogReadCounts {
    let inputs = block.inputs.count
    let stride = inputs * inputCopies
    let vectors = [Float](unsafeUninitializedCapacity: place.count * stride) { to, count in
      for v in 0..<place.count {
        let start = place.inputOffset + v * place.inputStride
        for k in 0..<stride {
          to.initializeElement(at: v * stride + k, to: input[start + k % inputs])
        }
      }
      count = place.count * stride
    }
    var own = place
    (own.inputOffset, own.inputStride) = (0, stride)
    let reader = areFrames ? frameReader : self.reader
    return read(&out, vectors.span, own, reader, key: key, first: first, scratch: &scratch)
  }

  /// Reads vectors that are as long as the operand is high, and adds the results.
  private func read(
    _ out: inout MutableSpan<Float>, _ input: Span<Float>, _ place: AnalogBlock,
    _ reader: AnalogReader, key: RandomField, first: Int, scratch: inout AnalogScratch
  ) -> AnalogReadCounts {
    var place = place
    if factors.count == 1 && offset == 0 && repetition.columns == 1 {
      place.factor = factors[0]
      return reader.read(&out, input, place, key: key, first: first, scratch: &scratch)
    }
    let (outputs, width) = (block.outputs.count, reader.operand.columns)
    let (start, stride) = (place.outputOffset, place.outputStride)
    var parts = [Float](repeating: 0, count: place.count * (width + 1))
    place.outputOffset = 0
    place.outputStride = width + 1
    place.inputSums = offset != 0 && !hasUnitColumn ? width : nil
    var span = parts.mutableSpan
    let counts = reader.read(&span, input, place, key: key, first: first, scratch: &scratch)
    let copies = Float(repetition.columns)
    var sums = [Float](repeating: 0, count: outputs)
    for v in 0..<place.count {
      let (from, to) = (v * (width + 1), start + v * stride)
      let away = offset == 0 ? 0 : offset * parts[from + (hasUnitColumn ? width - 1 : width)]
      addUp(&sums, parts, from: from)
      for o in 0..<outputs {
        let value = sums[o] / copies - away
        out[to + o] += outputScales.isEmpty ? value : value * outputScales[o]
      }
    }
    return counts
  }

  /// Sets the sum of each output over slices and over copies on columns.
  private func addUp(_ sums: inout [Float], _ parts: [Float], from: Int) {
    let outputs = sums.count
    for o in 0..<outputs { sums[o] = 0 }
    for (s, factor) in factors.enumerated() {
      for copy in 0..<repetition.columns {
        let start = from + (s * repetition.columns + copy) * outputs
        for o in 0..<outputs {
          let part = factor * parts[start + o]
          sums[o] += outputFactors.isEmpty ? part : part * outputFactors[copy * outputs + o]
        }
      }
    }
  }
}

extension [Float] {

  /// Scales the columns of a matrix so that the largest magnitude of each is `most`, and returns what
  /// undoes it; columns of zeros stay.
  fileprivate mutating func scaleColumns(_ columns: Int, to most: Float) -> [Float] {
    var factors = [Float](repeating: 0, count: columns)
    for i in indices { factors[i % columns] = Swift.max(factors[i % columns], abs(self[i])) }
    for column in factors.indices {
      let largest = factors[column]
      factors[column] = largest > 0 && most > 0 ? largest / most : 1
    }
    for i in indices { self[i] /= factors[i % columns] }
    return factors
  }
}

extension [Float] {

  /// Returns the products of two lists' elements; an empty list stands for ones.
  fileprivate func scaled(by other: [Float]) -> [Float] {
    isEmpty ? other : other.isEmpty ? self : zip(self, other).map { $0 * $1 }
  }
}

extension CellMapping {

  /// The factor of each slice, the least first; cells of a weight that differ by sign or are copies
  /// are added before they are converted.
  var sliceFactors: [Double] {
    (0..<slices).map { factors[$0 * devices] * Double(devices) }
  }
}

/// What differs from column to column of an array and is fixed for a chip.
private struct ColumnMismatch {

  private var gains: [Float] = []

  /// What is added to the sum of each column; empty if nothing is.
  private(set) var offsets: [Float] = []

  init(_ reading: ReadParameters, columns: Int, chip: RandomField) {
    let (gain, offset) = (chip.field(5), chip.field(6))
    if reading.columnGainSpread > 0 {
      gains = (0..<columns).map {
        max(0, 1 + Float(reading.columnGainSpread) * gain.normal(at: $0, of: columns))
      }
    }
    if reading.columnOffsetSpread > 0 {
      offsets = (0..<columns).map {
        Float(reading.columnOffsetSpread) * offset.normal(at: $0, of: columns)
      }
    }
  }

  /// Returns relative weights in units of the array, behind the gains of their columns.
  func applied(to weights: [Float], unit: Float) -> [Float] {
    guard !gains.isEmpty else { return weights.map { $0 * unit } }
    return weights.indices.map { weights[$0] * unit * gains[$0 % gains.count] }
  }
}
