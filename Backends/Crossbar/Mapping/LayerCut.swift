// How a layer's matrices are cut and packed on arrays of one class: all that is needed to count
// tiles and cycles, without listing any block.

/// A layer's matrices, cut into blocks for arrays of one class.
///
/// A matrix that fits an array is one block, and several blocks share an array along its diagonal:
/// their rows and columns are apart, so that one read serves all of them. So groups of a depthwise
/// convolution are read at once, and copies of a small matrix read several windows at once. A matrix
/// that exceeds an array is cut; what blocks of the same outputs yield is added up digitally. Copies of
/// a block that only make its sums larger, or are averaged, are beside it: see `Repetition`.
///
/// - Source: the diagonal of copies as CrossSim's parallel windows (x_par, y_par); the equal split as
///   aihwkit's `max_input_size`.
package struct LayerCut: Hashable, Sendable {

  /// The rows of a matrix that are held, among them that of a bias.
  package var inputs: Int

  /// The columns of a matrix.
  package var outputs: Int

  /// The number of matrices.
  package var groups: Int

  /// The rows of each row of blocks.
  package var inputParts: [Range<Int>]

  /// The columns of each column of blocks.
  package var outputParts: [Range<Int>]

  /// The blocks that share a tile.
  package var blocksPerTile: Int

  /// How often a block is repeated in its place.
  package var repetition: Repetition

  /// Whether the last row is a bias.
  package var holdsBias: Bool

  /// Cuts a layer for arrays of a class.
  ///
  /// - Parameters:
  ///   - matrix: the layer.
  ///   - array: the arrays.
  ///   - packs: whether blocks may share a tile.
  ///   - repetition: how often a block is repeated in its place.
  /// - Complexity: O(blocks of a matrix).
  /// - Precondition: the array has room for all copies of a weight.
  package init(
    _ matrix: WeightMatrix, on array: ArrayFeatures, packs: Bool = true,
    repetition: Repetition = .none
  ) {
    let holdsBias = array.holdsBias && matrix.bias != nil
    self.init(
      inputs: matrix.inputs + (holdsBias ? 1 : 0), outputs: matrix.outputs, groups: matrix.groups,
      on: array, packs: packs, repetition: repetition)
    self.holdsBias = holdsBias
  }

  /// Cuts matrices of any kind, without rows for biases beside those of inputs.
  ///
  /// - Parameters:
  ///   - inputs: the rows of a matrix, at least 1.
  ///   - outputs: its columns, at least 1.
  ///   - groups: the number of matrices.
  ///   - array: the arrays.
  ///   - packs: whether blocks may share a tile.
  ///   - repetition: how often a block is repeated in its place.
  /// - Complexity: O(blocks of a matrix).
  /// - Precondition: the array has room for all copies of a weight.
  init(
    inputs: Int, outputs: Int, groups: Int, on array: ArrayFeatures, packs: Bool = true,
    repetition: Repetition = .none
  ) {
    self.repetition = repetition
    holdsBias = false
    (self.inputs, self.outputs, self.groups) = (inputs, outputs, groups)
    inputParts = LayerCut.parts(of: inputs, most: array.mostInputs / repetition.rows, array.split)
    outputParts = LayerCut.parts(
      of: outputs, most: array.mostOutputs / repetition.columns, array.split)
    let isWhole = inputParts.count == 1 && outputParts.count == 1
    blocksPerTile =
      packs && isWhole
      ? array.blocksPerTile(inputs: inputs, outputs: outputs, repetition) : 1
  }

  /// The blocks of a copy of the layer.
  package var blocksPerReplica: Int { groups * inputParts.count * outputParts.count }

  /// The tiles that so many copies of the layer take.
  package func tiles(replicas: Int) -> Int {
    (replicas * blocksPerReplica + blocksPerTile - 1) / blocksPerTile
  }

  /// The most copies of the layer that so many tiles hold.
  package func replicas(tiles: Int) -> Int {
    tiles.multipliedReportingOverflow(by: blocksPerTile).partialValue / blocksPerReplica
  }

  /// Returns 0..<count in parts of at most `most`.
  ///
  /// - Precondition: both are at least 1.
  static func parts(of count: Int, most: Int, _ split: ArrayFeatures.Split) -> [Range<Int>] {
    precondition(count >= 1 && most >= 1, "internal: nothing to cut")
    let parts = (count - 1) / most + 1
    switch split {
    case .maximal:
      return (0..<parts).map { $0 * most..<min(count, ($0 + 1) * most) }
    case .equal:
      let (size, longer) = count.quotientAndRemainder(dividingBy: parts)
      var start = 0
      return (0..<parts).map { part in
        defer { start += size + (part < longer ? 1 : 0) }
        return start..<start + size + (part < longer ? 1 : 0)
      }
    }
  }
}
