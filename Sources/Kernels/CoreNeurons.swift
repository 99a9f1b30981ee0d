// Neurons of a core's slice in registers of limited width: what arrives is scaled, limited as the
// registers are, added, and compared.

/// How the registers of a core's neurons hold numbers.
///
/// What arrives in a tick, a in units of the graph, passes through a sum and a current, both of
/// which may be limited, and becomes 2^scale · a in the potential. Limits of sums and currents
/// are given in units of the graph, those of potentials in units of the register.
package struct CoreRegisters: Hashable, Sendable {

  /// The power of two by which the register counts finer than the graph.
  package var scale: Int32
  /// The sums that fit, in units of the graph.
  package var sums: ClosedRange<Int32>
  /// The currents that fit, in units of the graph.
  package var currents: ClosedRange<Int32>
  /// What is made of a before it is scaled.
  package var clamp: ClosedRange<Int32>
  /// The width to which scaled currents wrap around, bits; 32 if they do not.
  package var currentBits: Int32
  /// What is added to the numbers of that width: 1 if the largest magnitude is positive, else 0.
  package var currentOffset: Int32
  /// The potentials that fit, in units of the register.
  package var potentials: ClosedRange<Int32>
  /// The width to which potentials wrap around, bits; 0 if they saturate.
  package var potentialBits: Int32

  /// Creates registers that hold what 31 bits do.
  package init() {
    let most: ClosedRange<Int32> = -(1 << 30)...1 << 30
    (scale, sums, currents, clamp, currentBits) = (0, most, most, most, 32)
    currentOffset = 0
    (potentials, potentialBits) = (most, 0)
  }
}

/// What happened in a slice in a tick.
package struct CoreTally: Hashable, Sendable {
  /// Neurons that had something to do: a potential, an input or a bias other than 0.
  package var active = 0
  /// Sums that left their register.
  package var sumOverflows = 0
  /// Currents that left their register.
  package var currentOverflows = 0
  /// Potentials that left their register.
  package var potentialOverflows = 0

  /// Creates a tally of nothing.
  package init() {}
}

/// Neurons that integrate.
package enum CoreNeurons {

  /// Adds what arrived in a tick to potentials.
  ///
  /// - Parameters:
  ///   - potentials: v, [neurons], units of the register; updated.
  ///   - sums: a; those of the neurons begin at `base`; set to 0.
  ///   - base: where the sums begin.
  ///   - bias: what is added in each tick, [neurons], units of the register.
  ///   - registers: how numbers are held.
  /// - Returns: what happened.
  /// - Complexity: O(neurons).
  package static func integrate(
    _ potentials: inout [Int32], _ sums: inout [Int32], at base: Int, bias: [Int32],
    _ registers: CoreRegisters
  ) -> CoreTally {
    let count = potentials.count
    precondition(base >= 0 && base + count <= sums.count && bias.count == count, "internal: sizes")
    let low = registers.clamp.lowerBound
    let high = registers.clamp.upperBound
    let (sumLow, sumHigh) = (registers.sums.lowerBound, registers.sums.upperBound)
    let (currentLow, currentHigh) = (registers.currents.lowerBound, registers.currents.upperBound)
    let (least, most) = (registers.potentials.lowerBound, registers.potentials.upperBound)
    let (scale, currentSpare) = (registers.scale, 32 - registers.currentBits)
    let offset = registers.currentOffset
    let wraps = registers.potentialBits > 0
    let spare = wraps ? 32 - registers.potentialBits : 0
    var (active, beyondSum, beyondCurrent, beyond): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
    potentials.withUnsafeMutableBufferPointer { v in
      sums.withUnsafeMutableBufferPointer { sums in
        bias.withUnsafeBufferPointer { bias in
          for i in 0..<count {
            let a = sums[base &+ i]
            sums[base &+ i] = 0
            beyondSum &+= (a < sumLow ? 1 : 0) | (a > sumHigh ? 1 : 0)
            beyondCurrent &+= (a < currentLow ? 1 : 0) | (a > currentHigh ? 1 : 0)
            active &+= (v[i] | a | bias[i]) != 0 ? 1 : 0
            let scaled = min(max(a, low), high) &<< scale
            let current = (((scaled &- offset) &<< currentSpare) &>> currentSpare) &+ offset
            let sum = v[i] &+ current &+ bias[i]
            beyond &+= (sum < least ? 1 : 0) | (sum > most ? 1 : 0)
            v[i] = wraps ? (sum &<< spare) &>> spare : min(max(sum, least), most)
          }
        }
      }
    }
    var tally = CoreTally()
    tally.active = Int(active)
    tally.sumOverflows = Int(beyondSum)
    tally.currentOverflows = Int(beyondCurrent)
    tally.potentialOverflows = Int(beyond)
    return tally
  }

  /// Lets neurons fire once if they are due; the threshold is subtracted.
  ///
  /// - Parameters:
  ///   - units: what each emits, [neurons], 1, 0 or −1; written.
  ///   - potentials: [neurons]; updated.
  ///   - thresholds: what is subtracted, [neurons].
  ///   - limits: the least potential that fires, [neurons].
  ///   - isSigned: whether neurons at minus the limit or below emit −1.
  /// - Returns: the number of neurons that fired.
  /// - Complexity: O(neurons).
  package static func fire(
    _ units: inout [Int8], _ potentials: inout [Int32], thresholds: [Int32], limits: [Int32],
    isSigned: Bool
  ) -> Int {
    let count = potentials.count
    precondition(
      units.count == count && thresholds.count == count && limits.count == count,
      "internal: sizes")
    var fired: Int32 = 0
    units.withUnsafeMutableBufferPointer { units in
      potentials.withUnsafeMutableBufferPointer { v in
        thresholds.withUnsafeBufferPointer { thresholds in
          limits.withUnsafeBufferPointer { limits in
            if isSigned {
              for i in 0..<count {
                let up: Int32 = v[i] >= limits[i] ? 1 : 0
                let down: Int32 = up == 0 && v[i] <= 0 &- limits[i] ? 1 : 0
                v[i] &-= (up &- down) &* thresholds[i]
                units[i] = Int8(truncatingIfNeeded: up &- down)
                fired &+= up | down
              }
            } else {
              for i in 0..<count {
                let up: Int32 = v[i] >= limits[i] ? 1 : 0
                v[i] &-= up == 0 ? 0 : thresholds[i]
                units[i] = Int8(truncatingIfNeeded: up)
                fired &+= up
              }
            }
          }
        }
      }
    }
    return Int(fired)
  }

  /// Lets neurons that did not fire take a unit back where they are due to.
  ///
  /// - Parameters:
  ///   - units: what each emits; −1 is written where a unit is taken back.
  ///   - potentials: [neurons]; updated.
  ///   - emitted: what each has emitted so far, [neurons]; updated.
  ///   - thresholds: what is added, [neurons].
  ///   - retractions: r, [neurons].
  /// - Returns: the number of units taken back.
  /// - Complexity: O(neurons).
  package static func retract(
    _ units: inout [Int8], _ potentials: inout [Int32], emitted: inout [Int32],
    thresholds: [Int32], retractions: [Int32]
  ) -> Int {
    let count = potentials.count
    precondition(
      units.count == count && emitted.count == count && thresholds.count == count
        && retractions.count == count, "internal: sizes")
    var back = 0
    for i in 0..<count {
      if units[i] == 0, potentials[i] < 0 &- retractions[i], emitted[i] > 0 {
        units[i] = -1
        potentials[i] &+= thresholds[i]
        back &+= 1
      }
      emitted[i] &+= Int32(units[i])
    }
    return back
  }

  /// Lists the neurons that emit units other than 0.
  ///
  /// - Parameters:
  ///   - neurons: the places of the neurons; written from the beginning.
  ///   - units: what each emits, [neurons].
  /// - Returns: the number of neurons listed.
  /// - Complexity: O(neurons).
  package static func list(_ neurons: inout [Int32], units: [Int8]) -> Int {
    precondition(neurons.count >= units.count, "internal: sizes")
    var count = 0
    neurons.withUnsafeMutableBufferPointer { neurons in
      units.withUnsafeBytes { bytes in
        var i = 0
        while i &+ 8 <= bytes.count {
          var word = bytes.loadUnaligned(fromByteOffset: i, as: UInt64.self).littleEndian
          while word != 0 {
            let lane = word.trailingZeroBitCount &>> 3
            neurons[count] = Int32(truncatingIfNeeded: i &+ lane)
            count &+= 1
            word &= ~(0xFF &<< UInt64(lane &<< 3))
          }
          i &+= 8
        }
        while i < bytes.count {
          if bytes[i] != 0 {
            neurons[count] = Int32(truncatingIfNeeded: i)
            count &+= 1
          }
          i &+= 1
        }
      }
    }
    return count
  }

  /// Lists the places of sums other than 0.
  ///
  /// - Parameters:
  ///   - places: written from the beginning.
  ///   - sums: the sums.
  ///   - base: the first that is looked at, place 0.
  ///   - count: the number of sums that are looked at.
  /// - Returns: the number of places listed.
  /// - Complexity: O(count).
  package static func listNonzero(
    _ places: inout [Int32], _ sums: [Int32], at base: Int, count: Int
  ) -> Int {
    precondition(
      base >= 0 && base + count <= sums.count && count <= places.count, "internal: sizes")
    var found = 0
    sums.withUnsafeBufferPointer { sums in
      var first = 0
      while first < count {
        let end = min(first &+ 64, count)
        var any: Int32 = 0
        for i in first..<end { any |= sums[base &+ i] }
        if any != 0 {
          for i in first..<end where sums[base &+ i] != 0 {
            places[found] = Int32(truncatingIfNeeded: i)
            found &+= 1
          }
        }
        first = end
      }
    }
    return found
  }
}
