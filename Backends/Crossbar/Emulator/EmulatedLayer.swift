// A layer of a network on arrays: windows as vectors, blocks, digital partial sums, copies.

internal import Diagnostics
package import Kernels
internal import SpikeIR
internal import SpikeInterpreter
internal import Synchronization

/// What was done in a layer.
package struct LayerReadCounts: Hashable, Sendable {

  /// The reads of all blocks.
  package var reads = AnalogReadCounts()

  /// The cycles of the arrays: copies read at the same time, each as often as its vector needs.
  package var cycles = 0

  /// The rows that were driven, each time that inputs were given.
  package var inputConversions = 0

  /// The cells that were read then: those of a block, whichever it was.
  package var cellReads = 0

  /// Adds counts.
  static func += (a: inout Self, b: Self) {
    a.reads += b.reads
    a.cycles += b.cycles
    a.inputConversions += b.inputConversions
    a.cellReads += b.cellReads
  }

  /// Adds what a block did.
  mutating func add(_ counts: AnalogReadCounts, of block: EmulatedBlock) {
    reads += counts
    inputConversions += counts.presentations * block.rowCount
    cellReads += counts.presentations * block.rowCount * block.columnCount
  }
}

/// A layer whose matrices arrays read.
final class EmulatedLayer: ANNReplacement {

  /// Where the layer is.
  let layer: LaidOutLayer

  private let blocks: [EmulatedBlock]

  /// What digital units add, [groups · outputs]; empty if the arrays hold it, or there is none.
  private let bias: [Float]

  private let window: ImageWindow
  private let runSeed: UInt64
  private let number: Int

  private let counted = Mutex(LayerReadCounts())

  /// Programs the blocks of a layer.
  ///
  /// - Parameters:
  ///   - layer: where it is.
  ///   - number: its number in the layout.
  ///   - layout: the layout.
  ///   - tensors: its weights.
  ///   - arrays: what holds them.
  ///   - options: the seeds and the time.
  /// - Throws: `ir.elided-tensor`.
  init(
    _ layer: LaidOutLayer, number: Int, of layout: CrossbarLayout, tensors: TensorStore,
    _ arrays: EmulatedArrays, _ options: EmulationOptions
  ) throws(Diagnostic) {
    let weights = try MatrixWeights(layer.matrix, from: tensors)
    self.layer = layer
    self.number = number
    blocks = layer.blocks.map { b in
      let block = layout.blocks[b]
      return EmulatedBlock(
        weights.block(group: block.group, inputs: block.inputs, outputs: block.outputs), block,
        repetition: layer.cut.repetition, arrays, options, number: b)
    }
    bias = layer.cut.holdsBias ? [] : weights.bias ?? []
    runSeed = options.runSeed
    window = layer.matrix.imageWindow
  }

  /// Takes note of what was done.
  func count(_ counts: LayerReadCounts) { counted.withLock { $0 += counts } }

  /// What was done so far.
  var counts: LayerReadCounts { counted.withLock { $0 } }

  func apply(_ out: inout MutableSpan<Float>, input: Span<Float>, sample: Int) {
    if bias.isEmpty {
      for i in out.indices { out[i] = 0 }
    } else {
      for start in stride(from: 0, to: out.count, by: bias.count) {
        for c in bias.indices { out[start + c] = bias[c] }
      }
    }
    let key = RandomField(runSeed, UInt64(number), UInt64(sample), 0x5245_4144)
    let counts = read(&out, input, key: key, areFrames: false)
    count(counts)
  }

  /// Reads all positions with all blocks and adds the results.
  ///
  /// - Parameters:
  ///   - out: the results, [positions, groups · outputs]. Updated.
  ///   - input: the layer's input.
  ///   - key: the random numbers of the layer and the image.
  ///   - areFrames: whether inputs are 0 or 1, given by converters of one bit.
  /// - Returns: what was done.
  func read(
    _ out: inout MutableSpan<Float>, _ input: Span<Float>, key: RandomField, areFrames: Bool
  ) -> LayerReadCounts {
    let (positions, replicas) = (layer.matrix.positions, layer.replicas)
    let width = layer.matrix.inputs + (layer.cut.holdsBias ? 1 : 0)
    var counts = LayerReadCounts()
    var scratch = AnalogScratch()
    var needed = [Int32](repeating: 0, count: positions)
    // Few enough vectors to stay in the cache; a whole number of turns of the copies.
    let chunk = (max(32, 32_768 / width) + replicas - 1) / replicas * replicas
    var vectors = [Float](repeating: 1, count: min(chunk, positions) * width)
    for group in 0..<layer.matrix.groups {
      let own = blocks.filter { $0.block.group == group }
      for start in stride(from: 0, to: positions, by: chunk) {
        let range = start..<min(positions, start + chunk)
        var span = vectors.mutableSpan
        window.gatherColumns(
          &span, stride: width, from: input, positions: range,
          first: group * layer.matrix.channelsPerGroup, count: layer.matrix.channelsPerGroup)
        for block in own where block.block.replica < range.count {
          let replica = block.block.replica
          let place = AnalogBlock(
            count: (range.count - replica + replicas - 1) / replicas,
            inputOffset: replica * width + block.block.inputs.lowerBound,
            inputStride: replicas * width,
            outputOffset: (start + replica) * layer.matrix.groups * layer.matrix.outputs
              + group * layer.matrix.outputs + block.block.outputs.lowerBound,
            outputStride: replicas * layer.matrix.groups * layer.matrix.outputs,
            numberStride: replicas)
          let done = block.read(
            &out, vectors.span, place,
            key: key.field(UInt64(block.block.tile) << 32 | UInt64(block.place)),
            first: start + replica, areFrames: areFrames, scratch: &scratch)
          counts.add(done, of: block)
          for (v, reads) in scratch.reads.enumerated() {
            let p = start + replica + v * replicas
            needed[p] = max(needed[p], reads)
          }
        }
      }
    }
    for start in stride(from: 0, to: positions, by: replicas) {
      counts.cycles += Int(needed[start..<min(positions, start + replicas)].max() ?? 0)
    }
    return counts
  }
}

extension EmulatedBlock {

  /// What tells the blocks of a tile apart.
  fileprivate var place: Int { block.row << 16 ^ block.column }
}

extension WeightMatrix {

  /// The channels of the input that a group reads.
  var channelsPerGroup: Int {
    windows.map { $0.image[2] / groups } ?? inputs
  }

  /// The windows, as kernels see them; a dense layer's are the rows of a matrix.
  var imageWindow: ImageWindow {
    guard let windows else {
      return ImageWindow(height: positions, width: 1, channels: inputs, rows: positions, columns: 1)
    }
    let (window, image) = (windows.window, windows.image)
    return ImageWindow(
      height: image[0], width: image[1], channels: image[2], rows: windows.extents.height,
      columns: windows.extents.width, tapRows: window.size.height, tapColumns: window.size.width,
      strideY: window.strides.height, strideX: window.strides.width,
      dilationY: window.dilations.height, dilationX: window.dilations.width,
      top: window.padding.top, left: window.padding.left)
  }
}
