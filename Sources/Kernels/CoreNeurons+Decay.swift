// Neurons of a core's slice whose currents and potentials decay, in registers of 24 bits.

/// What a slice of neurons that decay holds from tick to tick beside potentials; all of it [neurons].
package struct DecayingNeurons: Hashable, Sendable {
  /// u.
  package var currents: [Int32]
  /// The ticks for which potentials are still held at 0.
  package var held: [Int32]

  /// Creates `count` neurons without currents.
  package init(count: Int) {
    currents = [Int32](repeating: 0, count: count)
    held = currents
  }
}

extension CoreNeurons {

  /// Advances neurons that decay by a tick; `LoihiNeuron` is the same rule in the textbook form.
  ///
  /// Currents that wrap around and potentials that saturate do so in the network as well, by the rule of
  /// its neurons, and do not count as overflows.
  ///
  /// - Parameters:
  ///   - units: what each emits, [neurons], 1 or 0; written.
  ///   - potentials: v, [neurons]; updated.
  ///   - neurons: what else they hold; updated.
  ///   - sums: I; those of the neurons begin at `base`; set to 0.
  ///   - base: where the sums begin.
  ///   - bias: b and constant currents, [neurons].
  ///   - thresholds: θ, [neurons].
  ///   - constants: what all neurons share.
  ///   - range: the sums that fit their register, which others leave.
  /// - Returns: the number of neurons that fired, and what else happened.
  /// - Complexity: O(neurons).
  package static func decay(
    _ units: inout [Int8], _ potentials: inout [Int32], _ neurons: inout DecayingNeurons,
    _ sums: inout [Int32], at base: Int, bias: [Int32], thresholds: [Int32],
    _ constants: DecayConstants, range: ClosedRange<Int32>
  ) -> (fired: Int, tally: CoreTally) {
    let count = units.count
    precondition(
      base >= 0 && base + count <= sums.count && bias.count == count && thresholds.count == count
        && potentials.count == count && neurons.currents.count == count
        && neurons.held.count == count, "internal: sizes")
    var (fired, tally) = (0, CoreTally())
    for i in 0..<count {
      let a = sums[base &+ i]
      sums[base &+ i] = 0
      tally.sumOverflows &+= range.contains(a) ? 0 : 1
      if a | neurons.currents[i] | potentials[i] | bias[i] != 0 { tally.active &+= 1 }
      // 2^24 numbers up to 2^23: one less, as a signed number of 24 bits, and one more.
      let raw = left(neurons.currents[i], constants.currentLeft) &+ a &- 1
      let u = ((raw &<< 8) &>> 8) &+ 1
      let sum = left(potentials[i], constants.potentialLeft) &+ u &+ bias[i]
      var v = min(max(sum, -largest), largest)
      if neurons.held[i] > 0 {
        neurons.held[i] &-= 1
        v = 0
      }
      let isDue = v > thresholds[i]
      neurons.currents[i] = u
      potentials[i] = isDue ? 0 : v
      if isDue { neurons.held[i] = constants.hold }
      units[i] = isDue ? 1 : 0
      fired &+= isDue ? 1 : 0
    }
    return (fired, tally)
  }

  /// The largest potential.
  private static var largest: Int32 { 1 << 23 - 1 }

  /// Returns sgn x · ⌊|x|·f/4096⌋ for |x| ≤ 2^23 and 0 ≤ f ≤ 4096, in parts that fit 32 bits.
  @inline(__always)
  private static func left(_ x: Int32, _ f: Int32) -> Int32 {
    let magnitude = abs(x)
    let part = (magnitude &>> 12) &* f &+ ((magnitude & 4095) &* f) &>> 12
    return x < 0 ? 0 &- part : part
  }
}
