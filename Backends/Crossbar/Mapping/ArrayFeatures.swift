// What laying out needs to know of a machine's arrays, checked; the numbers of the chain of a read
// are decoded where reads are emulated.

/// The arrays of one class of a machine, as laying out sees them.
package struct ArrayFeatures: Hashable, Sendable {

  /// The name of the class.
  package var name: String

  /// The arrays of the class on a chip.
  package var count: Int

  /// The physical rows.
  package var rows: Int

  /// The physical columns.
  package var columns: Int

  /// How weights are held by cells.
  package var cells: CellMapping

  /// The rows that an input takes: 2 where a row holds weights of one sign only.
  package var rowsPerInput: Int

  /// Whether an offset is taken away by a column of its own in each block, or by adding up the
  /// inputs digitally.
  package var hasUnitColumns: Bool

  /// Whether the cells of a weight are in columns of one array, or at the same place of several.
  package var spreadsOverArrays: Bool

  /// Whether arrays hold the biases as a row whose input is 1; otherwise they are added digitally.
  package var holdsBias: Bool

  /// How matrices that exceed an array are cut.
  package var split: Split

  /// When matrices are repeated; `nil` if they never are.
  package var repetition: RepetitionRule?

  /// The time of a read, seconds, if known.
  package var readSeconds: Double?

  /// The reads for a vector whose elements are said some bits at a time, 1 if all at once.
  ///
  /// A frame of spikes is one read.
  package var readsPerVector: Int

  /// Whether converters of inputs give no sign, so that what is negative in a vector is read apart.
  package var separatesSigns: Bool

  /// How often inputs are given in a read before its sums are converted, at most.
  package var presentationsPerRead: Int

  /// How matrices that exceed an array are cut.
  package enum Split: String, Hashable, Sendable, CaseIterable {
    /// Into as few parts as possible, whose sizes differ by at most 1.
    case equal
    /// Into parts that are as large as possible, and a rest.
    case maximal
  }

  /// The columns that an output takes.
  package var columnsPerOutput: Int { spreadsOverArrays ? 1 : cells.cellCount }

  /// The columns of a block beside those of outputs.
  package var columnsPerBlock: Int { hasUnitColumns ? 1 : 0 }

  /// The arrays that hold the cells of a block: a tile is so many arrays.
  package var arraysPerTile: Int { spreadsOverArrays ? cells.cellCount : 1 }

  /// The inputs for which there are rows.
  package var mostInputs: Int { rows / rowsPerInput }

  /// The outputs of a single block for which there are columns.
  package var mostOutputs: Int { max(0, columns - columnsPerBlock) / columnsPerOutput }

  /// The physical rows of a block.
  package func rows(of inputs: Int, _ repetition: Repetition = .none) -> Int {
    inputs * rowsPerInput * repetition.rows
  }

  /// The physical columns of a block.
  package func columns(of outputs: Int, _ repetition: Repetition = .none) -> Int {
    outputs * columnsPerOutput * repetition.columns + columnsPerBlock
  }

  /// The conversions of a read of a block: cells of a weight that differ by sign, or hold the same, are
  /// added up on the wires; its slices and copies on columns are converted each on its own.
  package func conversions(of outputs: Int, _ repetition: Repetition = .none) -> Int {
    outputs * cells.slices * repetition.columns + columnsPerBlock
  }

  /// The blocks with so many inputs and outputs that fit an array along its diagonal.
  package func blocksPerTile(
    inputs: Int, outputs: Int, _ repetition: Repetition = .none
  ) -> Int {
    min(rows / rows(of: inputs, repetition), columns / columns(of: outputs, repetition))
  }

  /// Creates an array whose rows are inputs and whose columns are outputs.
  package init(name: String = "array", count: Int, rows: Int, columns: Int) {
    self.name = name
    self.count = count
    self.rows = rows
    self.columns = columns
    cells = CellMapping(signs: .abstract)
    rowsPerInput = 1
    hasUnitColumns = false
    spreadsOverArrays = false
    holdsBias = true
    split = .equal
    repetition = nil
    readSeconds = nil
    readsPerVector = 1
    separatesSigns = false
    presentationsPerRead = 1
  }
}
