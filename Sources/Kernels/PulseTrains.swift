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
    for i in 0..<values.count {
      let value = values[i]
      let probability = min(1, abs(value) * gain)
      guard probability > 0 else { continue }
      let threshold = UInt64(probability * 0x1p32)
      let line = firstLine &+ i
      var word: UInt64 = 0
      var slot = 0
      while slot < slots {
        let bits = field.bits(at: line &* 32 &+ slot &>> 1)
        word |= (bits & 0xffff_ffff < threshold ? 1 : 0) &<< UInt64(slot)
        word |= (bits &>> 32 < threshold ? 2 : 0) &<< UInt64(slot)
        slot &+= 2
      }
      // Of an odd number of slots the last draw gives one too many.
      word &= ~0 &>> UInt64(64 &- slots)
      guard word != 0 else { continue }
      trains.append(Train(slots: word, line: Int32(line), sign: value < 0 ? -1 : 0))
    }
  }
}
