// Spikes into membranes through the taps of a convolution: for each target position the set bits
// under its window are walked, and the rows of weights that they select are added in registers.

/// The connections of a convolution, or of dense layer taken as one, from bit planes to potentials.
///
/// potentials[y,x,k] += ± 2^p · Σ weights[ky,kx,c,k] over the set bits of each plane.
///
/// The bits under the rows of a window are first packed, column by column, into strings of
/// kernel height · channels bits, which windows at the same row share. With a kernel of three
/// columns and unit stride three windows are summed at a time: each bit is found once and
/// selects the rows of all three.
package struct EventGather: Sendable {

  let window: EventWindow
  let target: EventGrid
  let channels: Int
  let blocks: [Block]
  let weights: EventMemory
  let groups: [Range<Int>]
  let slides: Bool
  let shift: Int

  /// A run of channels summed together.
  struct Block: Sendable {
    /// 16, 32 or 64 channels.
    var width: Int
    /// The first channel.
    var lane: Int
    /// Where the weights begin.
    var offset: Int
  }

  /// The bits of a column: kernel height · channels.
  var columnBits: Int { window.height * channels }
  /// The words of a column.
  var columnWords: Int { (columnBits + 63) / 64 }
  /// The columns that the windows of a row cover.
  var columns: Int {
    (target.width - 1) * window.strideX + (window.width - 1) * window.dilationX + 1
  }

  /// The bytes of scratch memory that the kernel needs.
  package var scratchBytes: Int { (columns * columnWords + 1) * 8 }

  /// Creates a kernel.
  ///
  /// - Parameters:
  ///   - weights: [kernel height, kernel width, channels, target channels].
  ///   - window: the taps.
  ///   - channels: the channels of the source.
  ///   - target: the grid of the target.
  ///   - shift: the power of two by which weights are multiplied.
  package init(
    weights: [Int8], window: EventWindow, channels: Int, target: EventGrid, shift: Int
  ) {
    precondition(
      weights.count == window.taps * channels * target.channels, "internal: weights do not fit")
    self.window = window
    self.target = target
    self.channels = channels
    self.shift = shift
    var blocks: [Block] = []
    var lane = 0
    let rows = window.taps * channels
    while lane < target.lanes {
      let width = target.lanes - lane >= 64 ? 64 : target.lanes - lane >= 32 ? 32 : 16
      blocks.append(Block(width: width, lane: lane, offset: lane * rows))
      lane += width
    }
    self.blocks = blocks
    groups = Self.safeGroups(weights, window: window, channels: channels, target.channels)
    slides =
      window.width == 3 && window.strideX == 1 && window.dilationX == 1 && groups.count == 1
    self.weights = Self.arranged(
      weights, blocks: blocks, window: window, channels: channels, target: target, slides: slides)
  }

  /// Returns runs of words of a window's columns whose sums cannot leave 16 bits, whatever bits
  /// are set; words are counted column by column.
  ///
  /// A word selects at most 64 rows, whose sum lies within ±64 · 128, so that the runs exist.
  private static func safeGroups(
    _ weights: [Int8], window: EventWindow, channels: Int, _ targets: Int
  ) -> [Range<Int>] {
    let bits = window.height * channels
    let words = (bits + 63) / 64
    var groups: [Range<Int>] = []
    var start = 0
    var low = [Int](repeating: 0, count: targets)
    var high = low
    for item in 0..<window.width * words {
      var lowWord = [Int](repeating: 0, count: targets)
      var highWord = lowWord
      for j in (item % words) * 64..<min(bits, (item % words + 1) * 64) {
        let tap = j / channels * window.width + item / words
        let row = (tap * channels + j % channels) * targets
        for k in 0..<targets {
          let w = Int(weights[row + k])
          if w < 0 { lowWord[k] += w } else { highWord[k] += w }
        }
      }
      let fits = (0..<targets).allSatisfy {
        low[$0] + lowWord[$0] >= -32768 && high[$0] + highWord[$0] <= 32767
      }
      if !fits {
        groups.append(start..<item)
        start = item
        for k in 0..<targets { (low[k], high[k]) = (0, 0) }
      }
      for k in 0..<targets {
        low[k] += lowWord[k]
        high[k] += highWord[k]
      }
    }
    return groups + [start..<window.width * words]
  }

  /// Returns the weights as [block][bit of column][column, last first][channel] for the sliding
  /// kernel, else as [block][column][bit of column][channel], padded with 0.
  private static func arranged(
    _ weights: [Int8], blocks: [Block], window: EventWindow, channels: Int, target: EventGrid,
    slides: Bool
  ) -> EventMemory {
    let bits = window.height * channels
    var result = [Int8](repeating: 0, count: window.taps * channels * target.lanes)
    for block in blocks {
      for j in 0..<bits {
        for kx in 0..<window.width {
          let tap = j / channels * window.width + kx
          let from = (tap * channels + j % channels) * target.channels + block.lane
          let row = slides ? j * window.width + window.width - 1 - kx : kx * bits + j
          let to = block.offset + row * block.width
          for k in 0..<min(block.width, target.channels - block.lane) {
            result[to + k] = weights[from + k]
          }
        }
      }
    }
    return EventMemory(result)
  }
}

extension EventGather {

  /// Adds what the units of a source contribute to some rows of potentials.
  ///
  /// - Parameters:
  ///   - v: potentials, [target rows, columns, lanes].
  ///   - rows: the target rows.
  ///   - units: the planes of the source.
  ///   - layout: their layout, with a frame that covers the windows.
  ///   - scratch: at least `scratchBytes` bytes.
  package func accumulate(
    _ v: EventMemory, rows: Range<Int>, units: EventMemory, layout: EventLayout,
    scratch: EventMemory
  ) {
    precondition(
      v.byteCount >= target.paddedCount * 4 && units.byteCount >= layout.byteCount
        && scratch.byteCount >= scratchBytes && layout.grid.channels == channels
        && window.isCovered(by: layout.grid, for: target)
        && rows.lowerBound >= 0 && rows.upperBound <= target.height, "internal: bad sizes")
    let planes = layout.planes
    for y in rows {
      let row = v.int32 + y * target.width * target.lanes
      for (p, plane) in planes.enumerated() {
        guard packColumns(y, of: p, units, layout, into: scratch.words) else { continue }
        let scale = EventScale(power: plane.power + shift, isNegative: plane.isNegative)
        for block in blocks {
          let weights = UnsafeRawPointer(weights.base + block.offset)
            .assumingMemoryBound(to: Int8.self)
          switch block.width {
          case 64: sum(EventBlock64.self, row + block.lane, scratch.words, weights, scale)
          case 32: sum(EventBlock32.self, row + block.lane, scratch.words, weights, scale)
          default: sum(EventBlock16.self, row + block.lane, scratch.words, weights, scale)
          }
        }
      }
    }
  }

  /// Packs the bits under the windows of target row `y` into strings, a column each, and returns
  /// whether any is set.
  private func packColumns(
    _ y: Int, of plane: Int, _ units: EventMemory, _ layout: EventLayout,
    into strings: UnsafeMutablePointer<UInt64>
  ) -> Bool {
    strings.update(repeating: 0, count: columns * columnWords + 1)
    switch layout.grid.bitStride {
    case 16: return pack(y, EventPlaneRows<UInt16>(units, layout, plane: plane), strings)
    case 32: return pack(y, EventPlaneRows<UInt32>(units, layout, plane: plane), strings)
    default: return pack(y, EventPlaneRows<UInt64>(units, layout, plane: plane), strings)
    }
  }

  @inline(__always)
  private func pack<Word: FixedWidthInteger & UnsignedInteger>(
    _ y: Int, _ plane: EventPlaneRows<Word>, _ strings: UnsafeMutablePointer<UInt64>
  ) -> Bool {
    let (columns, columnWords, words) = (columns, columnWords, plane.words)
    var any: Word = 0
    let origin = window.origin(in: plane.grid, y, 0)
    for ky in 0..<window.height {
      let source = plane.position(origin + ky * window.dilationY * plane.grid.framedWidth)
      for w in 0..<words {
        let bit = ky * channels + w * 64
        let target = strings + bit >> 6
        let low = UInt64(bit & 63)
        let width = min(64, channels - w * 64)
        let spills = Int(low) + width > 64
        for i in 0..<columns {
          let word = source[i &* words &+ w]
          any |= word
          target[i &* columnWords] |= UInt64(word) &<< low
          if spills { target[i &* columnWords &+ 1] |= UInt64(word) &>> (64 &- low) }
        }
      }
    }
    return any != 0
  }

  /// Sums one block of channels of one target row.
  @inline(__always)
  private func sum<B: EventBlock>(
    _: B.Type, _ row: UnsafeMutablePointer<Int32>, _ strings: UnsafePointer<UInt64>,
    _ weights: UnsafePointer<Int8>, _ scale: EventScale
  ) {
    if slides {
      slide(B.self, row, strings, weights, scale)
    } else {
      gather(B.self, row, strings, weights, scale)
    }
  }

  /// Sums three windows at a time: a bit in column x belongs to those that end there, one later
  /// and two later.
  @inline(__always)
  private func slide<B: EventBlock>(
    _: B.Type, _ row: UnsafeMutablePointer<Int32>, _ strings: UnsafePointer<UInt64>,
    _ weights: UnsafePointer<Int8>, _ scale: EventScale
  ) {
    let (columnWords, lanes, columns) = (columnWords, target.lanes, columns)
    var ending = B()
    var middle = B()
    var beginning = B()
    for x in 0..<columns {
      for m in 0..<columnWords {
        var word = strings[x &* columnWords &+ m]
        let base = weights + m &* (64 &* 3 &* B.width)
        while word != 0 {
          let rows = base + word.trailingZeroBitCount &* (3 &* B.width)
          word &= word &- 1
          ending.add(rows)
          middle.add(rows + B.width)
          beginning.add(rows + 2 &* B.width)
        }
      }
      if x >= 2 { ending.flush(to: row + (x &- 2) &* lanes, scale) }
      ending = middle
      middle = beginning
      beginning = B()
    }
  }

  /// Sums one window at a time, group by group.
  @inline(__always)
  private func gather<B: EventBlock>(
    _: B.Type, _ row: UnsafeMutablePointer<Int32>, _ strings: UnsafePointer<UInt64>,
    _ weights: UnsafePointer<Int8>, _ scale: EventScale
  ) {
    let (columnWords, columnBits) = (columnWords, columnBits)
    for x in 0..<target.width {
      for group in groups {
        var sums = B()
        for item in group {
          let (kx, m) = item.quotientAndRemainder(dividingBy: columnWords)
          let column = x &* window.strideX &+ kx &* window.dilationX
          var word = strings[column &* columnWords &+ m]
          let base = weights + (kx &* columnBits &+ m &* 64) &* B.width
          while word != 0 {
            sums.add(base + word.trailingZeroBitCount &* B.width)
            word &= word &- 1
          }
        }
        sums.flush(to: row + x &* target.lanes, scale)
      }
    }
  }
}
