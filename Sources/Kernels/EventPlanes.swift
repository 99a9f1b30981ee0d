// Relays of bit planes: sums by binary addition on words, 64 channels at a time, and moved bits.

/// Adds the units of several sources, pooled, in bit planes: carries ripple from plane to plane.
///
/// target[y,x,c] = Σ over sources, Σ over the window of units[y·s+ky·d, x·s+kx·d, c]; positive and
/// negative units are summed apart, which their consumers, being linear, do not notice.
package struct EventPlaneSum: Sendable {

  let layout: EventLayout

  /// Creates a kernel.
  ///
  /// - Parameter layout: the layout of the target: as many planes as the sums need.
  package init(layout: EventLayout) {
    self.layout = layout
  }

  /// A source with the window under which its units are summed.
  package struct Source {
    let window: EventWindow
    let units: EventMemory
    let layout: EventLayout

    /// Creates a source; an identity has a window of one tap.
    package init(window: EventWindow, units: EventMemory, layout: EventLayout) {
      self.window = window
      self.units = units
      self.layout = layout
    }
  }

  /// Computes all units of the target.
  ///
  /// - Precondition: the sums fit the planes of the target.
  package func step(_ units: EventMemory, from sources: [Source]) {
    precondition(units.byteCount >= layout.byteCount, "internal: bad sizes")
    for source in sources {
      precondition(
        source.units.byteCount >= source.layout.byteCount
          && source.layout.grid.channels == layout.grid.channels
          && source.window.isCovered(by: source.layout.grid, for: layout.grid),
        "internal: bad sizes")
    }
    switch layout.grid.bitStride {
    case 16: sum(UInt16.self, units, sources)
    case 32: sum(UInt32.self, units, sources)
    default: sum(UInt64.self, units, sources)
    }
  }

  /// Sums in words of a type that holds the channels of a position, or 64 of them.
  @inline(__always)
  private func sum<Word: FixedWidthInteger & UnsignedInteger>(
    _: Word.Type, _ units: EventMemory, _ sources: [Source]
  ) {
    let planes = layout.planes
    for isNegative in [false, true] {
      guard let first = planes.firstIndex(where: { $0.isNegative == isNegative }) else { continue }
      let count = planes.count { $0.isNegative == isNegative }
      let target = EventPlaneRows<Word>(units, layout, plane: first)
      var addends: [Addend<Word>] = []
      for source in sources {
        for (p, plane) in source.layout.planes.enumerated() where plane.isNegative == isNegative {
          let rows = EventPlaneRows<Word>(source.units, source.layout, plane: p)
          addends.append(Addend(rows: rows, window: source.window, power: plane.power))
        }
      }
      if count <= 3, addends.allSatisfy({ $0.power == 0 }) {
        sumInRegisters(target, count, addends)
      } else {
        sumInMemory(target, count, addends)
      }
    }
  }

  /// A plane that is added.
  private struct Addend<Word> {
    var rows: EventPlaneRows<Word>
    var window: EventWindow
    var power: Int
  }

  /// Sums at most seven bits a neuron: three planes of the target stay in registers.
  @inline(__always)
  private func sumInRegisters<Word: FixedWidthInteger & UnsignedInteger>(
    _ target: EventPlaneRows<Word>, _ count: Int, _ addends: [Addend<Word>]
  ) {
    // The words under the window of the first position of a row, and the step to the next one's.
    var taps: [(first: UnsafeMutablePointer<Word>, step: Int, rowStep: Int)] = []
    for addend in addends {
      let (window, grid) = (addend.window, addend.rows.grid)
      let step = window.strideX * addend.rows.words
      let rowStep = window.strideY * grid.framedWidth * addend.rows.words
      for tap in 0..<window.taps {
        let (ky, kx) = tap.quotientAndRemainder(dividingBy: window.width)
        let place = window.origin(in: grid, 0, 0) + ky * window.dilationY * grid.framedWidth
        let first = addend.rows.position(place + kx * window.dilationX)
        taps.append((first, step, rowStep))
      }
    }
    let words = target.words
    taps.withUnsafeBufferPointer { taps in
      for y in 0..<layout.grid.height {
        let row = target.position(layout.grid.framed(y, 0))
        for x in 0..<layout.grid.width {
          for w in 0..<words {
            var (ones, twos, fours): (Word, Word, Word) = (0, 0, 0)
            for tap in taps {
              let bits = tap.first[y &* tap.rowStep &+ x &* tap.step &+ w]
              let carry = ones & bits
              ones ^= bits
              fours ^= twos & carry
              twos ^= carry
            }
            let i = x &* words &+ w
            row[i] = ones
            if count > 1 { row[target.planeWords &+ i] = twos }
            if count > 2 { row[2 &* target.planeWords &+ i] = fours }
          }
        }
      }
    }
  }

  /// Sums any number of bits a neuron: carries ripple through the planes of the target.
  @inline(__always)
  private func sumInMemory<Word: FixedWidthInteger & UnsignedInteger>(
    _ target: EventPlaneRows<Word>, _ count: Int, _ addends: [Addend<Word>]
  ) {
    let words = target.words
    for y in 0..<layout.grid.height {
      let row = target.position(layout.grid.framed(y, 0))
      for p in 0..<count {
        (row + p * target.planeWords).update(repeating: 0, count: layout.grid.width * words)
      }
      for addend in addends {
        for tap in 0..<addend.window.taps {
          let (ky, kx) = tap.quotientAndRemainder(dividingBy: addend.window.width)
          let place =
            addend.window.origin(in: addend.rows.grid, y, 0)
            + ky * addend.window.dilationY * addend.rows.grid.framedWidth
            + kx * addend.window.dilationX
          let bits = addend.rows.position(place)
          for x in 0..<layout.grid.width {
            for w in 0..<words {
              var carry = bits[x &* addend.window.strideX &* words &+ w]
              var to = row + (x &* words &+ w &+ addend.power &* target.planeWords)
              for _ in addend.power..<count {
                let sum = to.pointee
                to.pointee = sum ^ carry
                carry &= sum
                to += target.planeWords
              }
            }
          }
        }
      }
    }
  }
}

/// The positions of a bit plane as words that hold all channels of a position, or 64 of them.
struct EventPlaneRows<Word> {
  /// The arrangement of neurons.
  let grid: EventGrid
  /// The words of a position.
  let words: Int
  /// The words of a plane.
  let planeWords: Int
  private let base: UnsafeMutablePointer<Word>

  /// Refers to a plane.
  init(_ units: EventMemory, _ layout: EventLayout, plane: Int) {
    let bits = MemoryLayout<Word>.size * 8
    grid = layout.grid
    words = max(1, layout.grid.bitStride / bits)
    planeWords = layout.planeWords * 64 / bits
    base =
      units.base.assumingMemoryBound(to: Word.self) + plane * planeWords
  }

  /// Returns a pointer to the first word of a framed position.
  @inline(__always) func position(_ p: Int) -> UnsafeMutablePointer<Word> { base + p &* words }
}

/// Moves bits: each neuron of the target takes the units of one neuron of the source, or none.
package struct EventPlaneWire: Sendable {

  let source: EventLayout
  let target: EventLayout
  let moves: [Move]

  /// Bits of one word of the source that go to one word of the target.
  struct Move: Sendable {
    var from: Int32
    var to: Int32
    var right: UInt8
    var left: UInt8
    var mask: UInt64
  }

  /// Creates a kernel.
  ///
  /// - Parameters:
  ///   - starts: for each neuron of the target the row-major index of its source, or −1.
  ///   - source: the layout of the source.
  ///   - target: the layout of the target, with at least as many planes of each sign.
  package init(starts: [Int32], source: EventLayout, target: EventLayout) {
    precondition(
      starts.count == target.grid.count
        && source.planes.allSatisfy { Self.plane($0, of: target) != nil }
        && source.planeWords <= Int(Int32.max) && target.planeWords <= Int(Int32.max),
      "internal: wires do not fit")
    self.source = source
    self.target = target
    var moves: [Move] = []
    var previous = (from: -1, bit: -2, to: -1, toBit: -2)
    for (n, start) in starts.enumerated() where start >= 0 {
      let (from, bit) = Self.place(Int(start), source.grid)
      let (to, toBit) = Self.place(n, target.grid)
      if previous == (from, bit - 1, to, toBit - 1), let last = moves.indices.last {
        moves[last].mask |= 1 << UInt64(toBit)
      } else {
        moves.append(
          Move(
            from: Int32(from), to: Int32(to), right: UInt8(max(0, bit - toBit)),
            left: UInt8(max(0, toBit - bit)), mask: 1 << UInt64(toBit)))
      }
      previous = (from, bit, to, toBit)
    }
    self.moves = moves
  }

  /// Returns the word and the bit of neuron `n` in a plane.
  private static func place(_ n: Int, _ grid: EventGrid) -> (Int, Int) {
    let (position, c) = n.quotientAndRemainder(dividingBy: grid.channels)
    let (y, x) = position.quotientAndRemainder(dividingBy: grid.width)
    let place = grid.framed(y, x) * grid.bitStride + c
    return (place >> 6, place & 63)
  }

  /// Returns the plane of `layout` for units of the given power and sign, if it has one.
  private static func plane(
    _ plane: (power: Int, isNegative: Bool), of layout: EventLayout
  ) -> Int? {
    layout.planes.firstIndex { $0 == plane }
  }

  /// Sets the bits of units that arrive; bits that are set stay.
  package func step(_ units: EventMemory, from memory: EventMemory) {
    precondition(
      units.byteCount >= target.byteCount && memory.byteCount >= source.byteCount,
      "internal: bad sizes")
    for (p, plane) in source.planes.enumerated() {
      guard let q = Self.plane(plane, of: target) else { continue }
      let from = memory.words + p * source.planeWords
      let to = units.words + q * target.planeWords
      for move in moves {
        let bits = (from[Int(move.from)] &>> UInt64(move.right)) &<< UInt64(move.left)
        to[Int(move.to)] |= bits & move.mask
      }
    }
  }
}

/// Adds units of moved neurons to sums.
package struct EventWire: Sendable {

  let source: EventLayout
  let target: EventGrid
  let starts: [Int32]
  let shift: Int

  /// Creates a kernel.
  ///
  /// - Parameters:
  ///   - starts: for each neuron of the target the row-major index of its source, or −1.
  ///   - source: the layout of the source.
  ///   - target: the neurons of the target.
  ///   - shift: the power of two by which units are multiplied.
  package init(starts: [Int32], source: EventLayout, target: EventGrid, shift: Int) {
    precondition(starts.count == target.count, "internal: wires do not fit")
    self.source = source
    self.target = target
    self.shift = shift
    self.starts = starts.map { start in
      guard start >= 0 else { return -1 }
      let (position, c) = Int(start).quotientAndRemainder(dividingBy: source.grid.channels)
      let (y, x) = position.quotientAndRemainder(dividingBy: source.grid.width)
      return Int32(source.grid.framed(y, x) * source.grid.channels + c)
    }
  }

  /// Adds the units to the sums `v`, [rows, columns, lanes].
  package func accumulate(_ v: EventMemory, units: EventMemory) {
    precondition(
      v.byteCount >= target.paddedCount * 4 && units.byteCount >= source.byteCount,
      "internal: bad sizes")
    let channels = source.grid.channels
    var n = 0
    for p in 0..<target.positions {
      let row = v.int32 + p * target.lanes
      for c in 0..<target.channels {
        let start = Int(starts[n])
        n += 1
        guard start >= 0 else { continue }
        let unit: Int32 =
          switch source.format {
          case .uint8: Int32(units.base.load(fromByteOffset: start, as: UInt8.self))
          case .int16: Int32(units.base.load(fromByteOffset: start * 2, as: Int16.self))
          case .int32: units.int32[start]
          case .planes:
            source.value(units, position: start / channels, channel: start % channels)
          }
        row[c] &+= unit &<< Int32(shift)
      }
    }
  }
}
