// A network on the tiles of a machine with analog arrays, as data: what the tables say, what is
// checked, emulated and reported.

package import HardwareTargets

/// A network on the tiles of a machine.
///
/// Layers are in the order of the network; each has tiles of its own, which are consecutive, as are
/// its blocks. Copies of a layer take turns: position p is read by copy p mod R in cycle ⌊p / R⌋.
package struct CrossbarLayout: Hashable, Sendable {

  /// The machine.
  package var target: TargetDescription

  /// Its arrays, class by class.
  package var arrays: [ArrayFeatures]

  /// What is read.
  package var mode: ReadMode

  /// The layers that arrays hold.
  package var layers: [LaidOutLayer]

  /// The tiles.
  package var tiles: [CrossbarTile]

  /// The blocks, layer by layer; within it by replica, group, inputs, outputs.
  package var blocks: [TileBlock]

  /// Whether the search for copies has proved that with as many tiles the slowest layer cannot be faster,
  /// or matrices be repeated more often; it stops early where there are many layers and classes.
  package var isOptimal = true

  /// Creates a layout.
  package init(
    target: TargetDescription, arrays: [ArrayFeatures], mode: ReadMode,
    layers: [LaidOutLayer] = [], tiles: [CrossbarTile] = [], blocks: [TileBlock] = []
  ) {
    self.target = target
    self.arrays = arrays
    self.mode = mode
    self.layers = layers
    self.tiles = tiles
    self.blocks = blocks
  }
}

/// What arrays read.
package enum ReadMode: Hashable, Sendable {
  /// Vectors of values, once for an image.
  case vectors
  /// Frames of spikes, whose elements are 0 or 1, in so many ticks for an image.
  case frames(Int)

  /// The passes of an image through a layer of which nothing else is known.
  package var passes: Int {
    switch self {
    case .vectors: 1
    case .frames(let count): count
    }
  }

  /// The passes of an image through a layer, at most: of vectors, one for each sign that is read apart;
  /// of frames, those of single bits, see `FrameBounds`.
  package func passes(of matrix: WeightMatrix, on array: ArrayFeatures) -> Int {
    switch self {
    case .vectors: array.separatesSigns && matrix.hasNegativeInputs ? 2 : 1
    case .frames(let count): matrix.frames ?? count
    }
  }

  /// The reads of a pass: of a vector, those of all its parts; of a frame of single bits, one.
  package func reads(on array: ArrayFeatures) -> Int {
    self == .vectors ? array.readsPerVector : 1
  }
}

/// A layer on tiles.
package struct LaidOutLayer: Hashable, Sendable {

  /// The matrices.
  package var matrix: WeightMatrix

  /// The class of its arrays, an index of `CrossbarLayout.arrays`.
  package var kind: Int

  /// How it is cut and packed.
  package var cut: LayerCut

  /// The copies that read different windows at the same time, at least 1.
  package var replicas: Int

  /// Its tiles.
  package var tiles: Range<Int>

  /// Its blocks.
  package var blocks: Range<Int>

  /// The cycles of an image or of a frame of spikes, ⌈W / R⌉.
  package var cyclesPerPass: Int { (matrix.positions - 1) / replicas + 1 }
}

/// A tile: an array, or as many as hold the cells of its weights.
package struct CrossbarTile: Hashable, Sendable {

  /// The class of its arrays, an index of `CrossbarLayout.arrays`.
  package var kind: Int

  /// The layer, an index of `CrossbarLayout.layers`.
  package var layer: Int
}

/// A part of a layer's matrix in its place on a tile, with all copies of it there.
///
/// Copies on rows are below each other, those on columns beside each other, as many as the layer's
/// `cut.repetition` says.
package struct TileBlock: Hashable, Sendable {

  /// The layer, an index of `CrossbarLayout.layers`.
  package var layer: Int

  /// The copy of the layer.
  package var replica: Int

  /// The group of the layer.
  package var group: Int

  /// The rows of the group's matrix; the one after its inputs is the bias.
  package var inputs: Range<Int>

  /// The columns of the group's matrix.
  package var outputs: Range<Int>

  /// The tile, an index of `CrossbarLayout.tiles`.
  package var tile: Int

  /// The first physical row.
  package var row: Int

  /// The first physical column; the unit column, if there is one, is the block's last.
  package var column: Int

  /// Creates a block in its place.
  package init(
    layer: Int, replica: Int, group: Int, inputs: Range<Int>, outputs: Range<Int>, tile: Int,
    row: Int, column: Int
  ) {
    self.layer = layer
    self.replica = replica
    self.group = group
    self.inputs = inputs
    self.outputs = outputs
    self.tile = tile
    self.row = row
    self.column = column
  }
}

extension CrossbarLayout {

  /// The arrays that a layer is on.
  package func array(of layer: Int) -> ArrayFeatures { arrays[layers[layer].kind] }

  /// The passes of an image through a layer, at most: signs of vectors, or frames.
  package func passes(of layer: Int) -> Int {
    mode.passes(of: layers[layer].matrix, on: array(of: layer))
  }

  /// The cycles of an image, in a layer; the largest number if there are more.
  package func cycles(of layer: Int) -> Int {
    layers[layer].cyclesPerPass.saturating(passes(of: layer))
  }

  /// The physical rows of a block, copy by copy.
  package func rows(of block: TileBlock) -> Range<Int> {
    let repetition = layers[block.layer].cut.repetition
    return block.row..<block.row
      + array(of: block.layer).rows(of: block.inputs.count, repetition)
  }

  /// The physical columns of a block, copy by copy, its unit column included.
  package func columns(of block: TileBlock) -> Range<Int> {
    let repetition = layers[block.layer].cut.repetition
    return block.column..<block.column
      + array(of: block.layer).columns(of: block.outputs.count, repetition)
  }
}
