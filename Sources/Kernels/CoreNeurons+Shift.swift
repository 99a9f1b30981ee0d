// Neurons of a core's slice whose currents and potentials decay by shifts, in registers of 16 bits.

extension CoreNeurons {

  /// Advances neurons that decay by shifts by a tick; `BitShiftNeuron` is the same rule in the
  /// textbook form.
  ///
  /// States that saturate do so in the network as well. Currents that do are counted nevertheless: a
  /// machine that adds up input spike by spike may then come to another sum.
  ///
  /// - Parameters:
  ///   - units: the spikes of each, [neurons]; written.
  ///   - potentials: v, [neurons]; updated.
  ///   - currents: i, [neurons]; updated.
  ///   - sums: I; those of the neurons begin at `base`; set to 0.
  ///   - base: where the sums begin.
  ///   - bias: b and constant currents, [neurons].
  ///   - thresholds: θ, [neurons].
  ///   - constants: what all neurons share.
  ///   - range: the sums that fit their register, which others leave.
  /// - Returns: the number of neurons that fired, and what else happened.
  /// - Complexity: O(neurons).
  package static func shift(
    _ units: inout [Int8], _ potentials: inout [Int32], _ currents: inout [Int32],
    _ sums: inout [Int32], at base: Int, bias: [Int32], thresholds: [Int32],
    _ constants: ShiftConstants, range: ClosedRange<Int32>
  ) -> (fired: Int, tally: CoreTally) {
    let count = units.count
    precondition(
      base >= 0 && base + count <= sums.count && bias.count == count && thresholds.count == count
        && potentials.count == count && currents.count == count, "internal: sizes")
    var (fired, tally) = (0, CoreTally())
    for n in 0..<count {
      let a = sums[base &+ n]
      sums[base &+ n] = 0
      tally.sumOverflows &+= range.contains(a) ? 0 : 1
      if a | currents[n] | potentials[n] | bias[n] != 0 { tally.active &+= 1 }
      let sum = currents[n] &+ a
      let limited = saturated(sum)
      tally.currentOverflows &+= limited == sum ? 0 : 1
      let i = limited &- loss(limited, constants.currentShift)
      let change = saturated(i &- loss(potentials[n], constants.potentialShift))
      let v = saturated(potentials[n] &+ saturated(change &+ bias[n]))
      let said = v >= thresholds[n] ? min(v / thresholds[n], constants.most) : 0
      currents[n] = i
      potentials[n] = v &- said &* thresholds[n]
      units[n] = Int8(truncatingIfNeeded: said)
      fired &+= said > 0 ? 1 : 0
    }
    return (fired, tally)
  }

  /// Returns what `x` loses in a tick.
  @inline(__always)
  private static func loss(_ x: Int32, _ shift: Int32) -> Int32 {
    max(x &>> shift, min(x, 1))
  }

  /// Returns the number of 16 bits that is nearest to `x`.
  @inline(__always)
  private static func saturated(_ x: Int32) -> Int32 { min(max(x, -32_768), 32_767) }
}
