// Relays of bit planes: sums by binary addition on words, 64 channels at a time, and moved bits.

/// Adds the units of several sources, pooled, in bit planes: carries ripple from plane to plane.
///
/// target[y,x,c] = Σ over sources, Σ over the window of units[y·s+ky·d, x·s+kx·d, c]; positive and
/// negative units are summed apart, which their consumers, being linear, do not notice.
package struct EventPlaneSum: Sendable {

  let layout: EventLayout
  let powers: Int

  /// Creates a kernel.
  ///
  /// - Parameter layout: the layout of the target: as many planes as the sums need.
  package init(layout: EventLayout) {
    self.layout = layout
    powers = layout.planes.map { $0.power + 1 }.max() ?? 0
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
    guard case .planes(let positive, let negative) = layout.format else { return }
    if positive > 0 { sum(units, 0..<positive, sources, isNegative: false) }
    if negative > 0 { sum(units, positive..<positive + negative, sources, isNegative: true) }
  }

  /// Sums the units of one sign into the given planes of the target.
  private func sum(
    _ units: EventMemory, _ planes: Range<Int>, _ sources: [Source], isNegative: Bool
  ) {
    let (grid, planeWords) = (layout.grid, layout.planeWords)
    for p in planes {
      for y in 0..<grid.height {
        (units.words + p * planeWords + grid.framed(y, 0) * grid.words)
          .update(repeating: 0, count: grid.width * grid.words)
      }
    }
    for source in sources {
      let sourceGrid = source.layout.grid
      let sourceWords = source.layout.planeWords
      for (p, plane) in source.layout.planes.enumerated() where plane.isNegative == isNegative {
        let first = units.words + (planes.lowerBound + plane.power) * planeWords
        let limit = planes.count - plane.power
        for y in 0..<grid.height {
          let row = first + grid.framed(y, 0) * grid.words
          for ky in 0..<source.window.height {
            for kx in 0..<source.window.width {
              let position =
                source.window.origin(in: sourceGrid, y, 0)
                + ky * source.window.dilationY * sourceGrid.framedWidth
                + kx * source.window.dilationX
              let from = source.units.words + p * sourceWords + position * grid.words
              addRow(
                row, from, count: grid.width, words: grid.words,
                stride: source.window.strideX * grid.words, planeWords, limit: limit)
            }
          }
        }
      }
    }
  }

  /// Adds the bits of a row to the planes that begin at `row`, at most `limit` of them.
  @inline(__always)
  private func addRow(
    _ row: UnsafeMutablePointer<UInt64>, _ bits: UnsafePointer<UInt64>, count: Int, words: Int,
    stride: Int, _ planeWords: Int, limit: Int
  ) {
    for x in 0..<count {
      for w in 0..<words {
        var carry = bits[x &* stride &+ w]
        var to = row + (x &* words &+ w)
        var plane = 0
        while carry != 0, plane < limit {
          let sum = to.pointee
          to.pointee = sum ^ carry
          carry &= sum
          to += planeWords
          plane &+= 1
        }
      }
    }
  }
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
    return (grid.framed(y, x) * grid.words + c >> 6, c & 63)
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
