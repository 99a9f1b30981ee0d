// Lists the tiles and blocks of layers whose classes of arrays and numbers of copies are known.

package import Diagnostics
package import HardwareTargets

/// Where a layer goes.
package struct LayerChoice: Hashable, Sendable {

  /// The class of arrays.
  package var kind: Int

  /// The copies, at least 1.
  package var replicas: Int

  /// How often blocks are repeated in their places.
  package var repetition: Repetition

  /// Creates a choice.
  package init(kind: Int = 0, replicas: Int = 1, repetition: Repetition = .none) {
    self.kind = kind
    self.replicas = replicas
    self.repetition = repetition
  }
}

extension CrossbarLayout {

  /// The largest number of blocks.
  static let mostBlocks = 1 << 24

  /// Lays layers out as chosen, whether or not the machine has as many arrays.
  ///
  /// - Parameters:
  ///   - matrices: the layers.
  ///   - choices: where each goes.
  ///   - target: the machine.
  ///   - arrays: its arrays, class by class.
  ///   - mode: what is read.
  ///   - packs: whether blocks of a layer may share a tile.
  /// - Throws: `crossbar.too-many-blocks`.
  /// - Complexity: O(blocks).
  /// - Precondition: arrays have room for all copies of a weight.
  package init(
    _ matrices: [WeightMatrix], _ choices: [LayerChoice], on target: TargetDescription,
    arrays: [ArrayFeatures], mode: ReadMode, packs: Bool = true
  ) throws(Diagnostic) {
    precondition(matrices.count == choices.count, "internal: a layer without a place")
    self.init(target: target, arrays: arrays, mode: mode)
    for (matrix, choice) in zip(matrices, choices) {
      let cut = LayerCut(
        matrix, on: arrays[choice.kind], packs: packs, repetition: choice.repetition)
      let (count, overflow) = cut.blocksPerReplica.multipliedReportingOverflow(by: choice.replicas)
      guard !overflow, count <= CrossbarLayout.mostBlocks - blocks.count else {
        throw .tooManyBlocks(matrix.name, most: CrossbarLayout.mostBlocks)
      }
      append(matrix, choice, cut)
    }
  }

  /// Adds the tiles and blocks of a layer.
  private mutating func append(_ matrix: WeightMatrix, _ choice: LayerChoice, _ cut: LayerCut) {
    let (array, repetition) = (arrays[choice.kind], choice.repetition)
    let (layer, firstTile, firstBlock) = (layers.count, tiles.count, blocks.count)
    for replica in 0..<choice.replicas {
      for group in 0..<cut.groups {
        for inputs in cut.inputParts {
          for outputs in cut.outputParts {
            let (tile, place) = (blocks.count - firstBlock).quotientAndRemainder(
              dividingBy: cut.blocksPerTile)
            blocks.append(
              TileBlock(
                layer: layer, replica: replica, group: group, inputs: inputs, outputs: outputs,
                tile: firstTile + tile, row: place * array.rows(of: inputs.count, repetition),
                column: place * array.columns(of: outputs.count, repetition)))
          }
        }
      }
    }
    let count = cut.tiles(replicas: choice.replicas)
    tiles += [CrossbarTile](repeating: CrossbarTile(kind: choice.kind, layer: layer), count: count)
    layers.append(
      LaidOutLayer(
        matrix: matrix, kind: choice.kind, cut: cut, replicas: choice.replicas,
        tiles: firstTile..<tiles.count, blocks: firstBlock..<blocks.count))
  }
}
