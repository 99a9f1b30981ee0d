// Stochastic pulses on the lines of an array: one word of random bits a line.
//
// Numbers become bits whose probability they set, so that coincidences of bits are products: a
// conjunction of two words and a count of its bits multiplies two numbers.

/// The pulses on the lines of one side of an array during an update.
///
/// Only lines with at least one pulse are kept: gradients are mostly too small for any.
package struct PulseTrains: Sendable {

  /// A line that carries pulses.
  struct Train {
    /// The slots in which the line is on, bit k for slot k.
    var slots: UInt64
    /// The line.
    var line: Int32
    /// 0 or −1: `true` iff the line's number is negative, as a mask.
    var sign: Int32
  }

  /// The lines with pulses, ascending.
  private(set) var trains: [Train] = []

  /// For each slot, which trains are on: bit i of word w of a slot for train 64 · w + i; as `index`
  /// left it.
  private(set) var masks: [UInt64] = []

  /// The number of words of a slot.
  var maskWords: Int { (trains.count + 63) / 64 }

  /// Creates lines without pulses.
  package init() {}

  /// The number of lines that carry pulses.
  package var activeLines: Int { trains.count }

  /// The number of all pulses.
  package var pulses: Int { trains.reduce(0) { $0 + $1.slots.nonzeroBitCount } }

  /// Takes all pulses away.
  package mutating func clear() {
    trains.removeAll(keepingCapacity: true)
  }

  /// Lists the trains by slots, for the side whose trains are looked for.
  ///
  /// - Complexity: O(slots · lines / 64 + pulses), no allocation once there was room for as many.
  package mutating func index() {
    let words = maskWords
    masks.removeAll(keepingCapacity: true)
    masks.append(contentsOf: repeatElement(0, count: 64 * words))
    for (i, train) in trains.enumerated() {
      var slots = train.slots
      while slots != 0 {
        let slot = slots.trailingZeroBitCount
        masks[slot &* words &+ i &>> 6] |= 1 &<< UInt64(i & 63)
        slots &= slots &- 1
      }
    }
  }

  /// Draws the pulses of some lines, behind those that there are.
  ///
  /// In each slot line i is on with probability min(1, gain · |values[i]|), independently of other
  /// slots and lines.
  ///
  /// - Parameters:
  ///   - values: the numbers of the lines.
  ///   - gain: the probability per unit of a number, at least 0.
  ///   - slots: the number of slots, 1 ... 64.
  ///   - firstLine: the number of the first line; also sets which random numbers are used.
  ///   - field: the random numbers.
  /// - Complexity: O(lines · slots), no allocation once there was room for as many lines.
  /// - Error: probabilities are rounded to multiples of 2⁻³².
  /// - Source: Gokmen and Vlasov (2016), equation 2.
  package mutating func append(
    _ values: Span<Float>, gain: Float, slots: Int, firstLine: Int = 0, _ field: RandomField
  ) {
    precondition(slots >= 1 && slots <= 64 && gain >= 0, "internal: bad pulses")
    trains.reserveCapacity(trains.count + values.count)
    let count = values.count
    values.withUnsafeBufferPointer { values in
      withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 2 * Self.together) { memory in
        guard let values = values.baseAddress, let limits = memory.baseAddress else { return }
        let words = limits + Self.together
        for start in stride(from: 0, to: count, by: Self.together) {
          let number = min(Self.together, count - start)
          guard setLimits(limits, values + start, number, gain: gain) else { continue }
          draw(words, limits, number, slots: slots, firstLine: firstLine + start, field)
          for k in 0..<number where words[k] != 0 {
            trains.append(
              Train(
                slots: words[k], line: Int32(firstLine + start + k),
                sign: values[start + k] < 0 ? -1 : 0))
          }
        }
      }
    }
  }

  /// How many lines are drawn together.
  private static let together = 64

  /// Sets ⌊min(1, gain · |value|) · 2³²⌋ for each value; returns whether one is above 0.
  @inline(__always)
  private func setLimits(
    _ limits: UnsafeMutablePointer<UInt64>, _ values: UnsafePointer<Float>, _ count: Int,
    gain: Float
  ) -> Bool {
    var any: UInt64 = 0
    for k in 0..<count {
      let product = abs(values[k]) * gain
      let probability: Float = product > 0 ? (product < 1 ? product : 1) : 0
      let scaled = Double(probability) * 0x1p32
      // Beyond 2⁵² the whole number is in the low bits; it was rounded, perhaps upwards.
      let nearest = scaled + 0x1p52
      let whole = nearest - 0x1p52 > scaled ? nearest - 1 : nearest
      limits[k] = whole.bitPattern & 0x000f_ffff_ffff_ffff
      any |= limits[k]
    }
    return any != 0
  }

  /// Draws the slots of lines whose probabilities are multiples of 2⁻³².
  @inline(__always)
  private func draw(
    _ words: UnsafeMutablePointer<UInt64>, _ limits: UnsafePointer<UInt64>, _ count: Int,
    slots: Int, firstLine: Int, _ field: RandomField
  ) {
    for k in 0..<count { words[k] = 0 }
    // Of an odd number of slots the last draw gives one too many.
    let mask: UInt64 = ~0 &>> UInt64(64 &- slots)
    var slot = 0
    while slot < slots {
      // Lines in the inner loop: it is vectorized.
      let first = firstLine &* 32 &+ slot &>> 1
      for k in 0..<count {
        let bits = field.bits(at: first &+ k &* 32)
        let early: UInt64 = bits & 0xffff_ffff < limits[k] ? 1 : 0
        let late: UInt64 = bits &>> 32 < limits[k] ? 2 : 0
        words[k] |= ((early | late) &<< UInt64(slot)) & mask
      }
      slot &+= 2
    }
  }
}
