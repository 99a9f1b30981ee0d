// How the units that a population emits lie in memory: as bit planes or as values, with a frame.

/// The extents of an image of neurons and the frame of zeros around it.
///
/// The frame is as wide as the windows of all consumers need, so that no kernel tests for edges.
package struct EventGrid: Hashable, Sendable {

  /// The number of rows.
  package var height: Int
  /// The number of columns.
  package var width: Int
  /// The number of neurons at a position.
  package var channels: Int
  /// The rows of zeros above.
  package var top = 0
  /// The columns of zeros to the left.
  package var left = 0
  /// The rows of zeros below.
  package var bottom = 0
  /// The columns of zeros to the right.
  package var right = 0

  /// Creates a grid without a frame.
  package init(height: Int, width: Int, channels: Int) {
    self.height = height
    self.width = width
    self.channels = channels
  }

  /// The columns, frame included.
  package var framedWidth: Int { left + width + right }
  /// The rows, frame included.
  package var framedHeight: Int { top + height + bottom }
  /// The number of positions inside.
  package var positions: Int { height * width }
  /// The number of neurons.
  package var count: Int { positions * channels }
  /// The bits from a position to the next in a plane: 16, 32 or a multiple of 64.
  package var bitStride: Int { channels <= 16 ? 16 : channels <= 32 ? 32 : (channels + 63) & ~63 }
  /// The channels rounded up to whole vectors of 16: the stride of potentials.
  package var lanes: Int { (channels + 15) & ~15 }
  /// The number of potentials, padded lanes included.
  package var paddedCount: Int { positions * lanes }

  /// Returns whether neurons are arranged as in `other`, frames aside.
  package func hasNeurons(of other: EventGrid) -> Bool {
    height == other.height && width == other.width && channels == other.channels
  }

  /// Returns the index of position [y, x] counted in the framed image.
  func framed(_ y: Int, _ x: Int) -> Int { (y + top) * framedWidth + x + left }
}

/// How units are stored.
package enum EventFormat: Hashable, Sendable {
  /// Bit planes: plane p holds the bits of weight 2^p of the positive units, the planes behind
  /// those hold the bits of the negative ones.
  case planes(positive: Int, negative: Int)
  /// 8-bit values from 0 to 255.
  case uint8
  /// 16-bit values.
  case int16
  /// 32-bit values.
  case int32

  /// The bytes of a value, 0 for planes.
  package var byteCount: Int {
    switch self {
    case .planes: 0
    case .uint8: 1
    case .int16: 2
    case .int32: 4
    }
  }

  /// `true` iff units are stored as bit planes.
  package var isPlanes: Bool { if case .planes = self { true } else { false } }

  /// The number of planes, 0 for values.
  package var planeCount: Int {
    if case .planes(let positive, let negative) = self { positive + negative } else { 0 }
  }
}

/// The layout of a population's units.
///
/// Planes: [plane][framed row][framed column][bit], low bits first; values: [framed row][framed column][channel].
package struct EventLayout: Hashable, Sendable {

  /// The arrangement of neurons.
  package var grid: EventGrid
  /// How units are stored.
  package var format: EventFormat

  /// Creates a layout.
  package init(grid: EventGrid, format: EventFormat) {
    self.grid = grid
    self.format = format
  }

  /// The words of 64 bits of one plane.
  package var planeWords: Int {
    (grid.framedHeight * grid.framedWidth * grid.bitStride + 63) / 64
  }

  /// The bytes that the units of one window or tick occupy.
  package var byteCount: Int {
    switch format {
    case .planes(let positive, let negative): (positive + negative) * planeWords * 8
    case .uint8, .int16, .int32:
      grid.framedHeight * grid.framedWidth * grid.channels * format.byteCount
    }
  }

  /// The planes with the power of two of each and whether its units are negative.
  var planes: [(power: Int, isNegative: Bool)] {
    guard case .planes(let positive, let negative) = format else { return [] }
    return (0..<positive).map { ($0, false) } + (0..<negative).map { ($0, true) }
  }

  /// Returns the units in `memory` in row-major order, without frame; slow.
  package func read(_ memory: EventMemory) -> [Int32] {
    precondition(byteCount <= memory.byteCount, "internal: layout does not fit the memory")
    var units = [Int32](repeating: 0, count: grid.count)
    var n = 0
    for y in 0..<grid.height {
      for x in 0..<grid.width {
        for c in 0..<grid.channels {
          units[n] = value(memory, position: grid.framed(y, x), channel: c)
          n += 1
        }
      }
    }
    return units
  }

  /// Returns the units of one neuron.
  func value(_ memory: EventMemory, position: Int, channel: Int) -> Int32 {
    let n = position * grid.channels + channel
    switch format {
    case .uint8: return Int32(memory.base.load(fromByteOffset: n, as: UInt8.self))
    case .int16: return Int32(memory.base.load(fromByteOffset: n * 2, as: Int16.self))
    case .int32: return memory.base.load(fromByteOffset: n * 4, as: Int32.self)
    case .planes(let positive, _):
      var sum: Int32 = 0
      for p in 0..<format.planeCount {
        let place = position * grid.bitStride + channel
        let word = memory.words[p * planeWords + place >> 6]
        let bit = Int32(truncatingIfNeeded: word >> UInt64(place & 63) & 1)
        sum &+= p < positive ? bit << Int32(p) : -(bit << Int32(p - positive))
      }
      return sum
    }
  }

  /// Stores `units`, in row-major order without frame, as values in `memory`.
  ///
  /// - Precondition: the format holds values, and each unit fits it.
  package func write(_ units: [Int32], to memory: EventMemory) {
    precondition(units.count == grid.count && byteCount <= memory.byteCount, "internal: bad sizes")
    let run = grid.width * grid.channels
    for y in 0..<grid.height {
      let start = grid.framed(y, 0) * grid.channels
      for i in 0..<run {
        let unit = units[y * run + i]
        switch format {
        case .uint8:
          memory.base.storeBytes(of: UInt8(unit), toByteOffset: start + i, as: UInt8.self)
        case .int16:
          memory.base.storeBytes(of: Int16(unit), toByteOffset: (start + i) * 2, as: Int16.self)
        case .int32: memory.int32[start + i] = unit
        case .planes: preconditionFailure("internal: values into planes")
        }
      }
    }
  }
}
