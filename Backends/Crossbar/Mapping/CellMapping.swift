// How a weight of either sign is held by cells that conduct or do not: which cells it takes, what
// each is set to, and how what their columns yield is added up. Pure functions with their inverse.

/// How a weight is held by the cells of a row.
///
/// A weight is given relative to the largest of its block, w in [−1, 1]; a cell by its place
/// between the least conductance, 0, and the largest, 1. The weight is w = Σ factor · cell − offset
/// over the cells of `factors`, in the order of their columns; a read adds what columns yield with the
/// same factors, and takes offset · Σ inputs away.
///
/// - Source: Xiao et al., CrossSim manual: balanced, offset and bit-sliced mappings; Shafiee et al.
///   (2016), section III: a biased form with a unit column, and slices of bits.
package struct CellMapping: Hashable, Sendable {

  /// How signs are told.
  package var signs: Signs

  /// The cells over which the bits of a weight are divided, at least 1.
  package var slices: Int

  /// The bits of a cell; `nil` if it is set to any value.
  package var cellBits: Int?

  /// The devices that hold the same, and whose currents are averaged, at least 1.
  package var devices: Int

  /// How signs are told.
  package enum Signs: String, Hashable, Sendable, CaseIterable {
    /// A cell of either sign: what a pair is taken for, whatever it is made of.
    case abstract
    /// A cell for each sign, the other at its least.
    case pair
    /// A cell that is half on for 0.
    case offset
  }

  /// Creates a mapping.
  package init(signs: Signs, slices: Int = 1, cellBits: Int? = nil, devices: Int = 1) {
    self.signs = signs
    self.slices = slices
    self.cellBits = cellBits
    self.devices = devices
  }

  /// The cells that a weight takes.
  package var cellCount: Int { (signs == .pair ? 2 : 1) * slices * devices }

  /// The bits of the whole weight, beside the sign where it is told by other cells; `nil` if cells
  /// are set to any value.
  package var bits: Int? { cellBits.map { $0 * slices } }

  /// The largest integer that a weight is made of, times its sign; `nil` if cells are set to any
  /// value.
  ///
  /// A pair holds a magnitude of `bits` bits. An abstract cell or an offset one holds one bit less,
  /// which the sign takes; codes are the same distance from that of 0 on both sides.
  package var largestCode: Int? {
    bits.map { signs == .pair ? 1 << $0 - 1 : 1 << ($0 - 1) - 1 }
  }

  /// The factor with which what a cell's column yields is added, for each cell of a weight.
  ///
  /// Cells are in the order: positive before negative, the least slice first, devices.
  package var factors: [Double] {
    let part: [Double]
    if let cellBits, let most = largestCode {
      // A slice s of cellBits bits holds digit / (2^cellBits − 1) and weighs 2^(s · cellBits).
      let digit = Double(1 << cellBits - 1)
      part =
        signs == .abstract
        ? [1] : (0..<slices).map { Double(1 << ($0 * cellBits)) * digit / Double(most) }
    } else {
      part = [signs == .offset ? 2 : 1]
    }
    let single = signs == .pair ? part + part.map { -$0 } : part
    return single.flatMap { [Double](repeating: $0 / Double(devices), count: devices) }
  }

  /// What is taken away for each input, times it.
  package var offset: Double {
    guard signs == .offset else { return 0 }
    guard let most = largestCode else { return 1 }
    return Double(most + 1) / Double(most)
  }

  /// Returns the conductances of the cells of a weight, between 0 and 1 (±1 for abstract cells), in
  /// the order of `factors`.
  ///
  /// What exceeds ±1 is limited; bits are rounded to the nearest, halves to even.
  ///
  /// - Parameter weight: the weight relative to the largest, in [−1, 1].
  /// - Returns: the conductances.
  /// - Complexity: O(cells).
  package func encode(_ weight: Double) -> [Double] {
    let weight = weight.isFinite ? min(max(weight, -1), 1) : 0
    let single: [Double]
    if let cellBits, let most = largestCode {
      let code = Int((weight * Double(most)).rounded(.toNearestOrEven))
      switch signs {
      case .abstract: single = [Double(code) / Double(most)]
      case .pair: single = digits(max(code, 0), cellBits) + digits(max(-code, 0), cellBits)
      case .offset: single = digits(code + most + 1, cellBits)
      }
    } else {
      switch signs {
      case .abstract: single = [weight]
      case .pair: single = [max(weight, 0), max(-weight, 0)]
      case .offset: single = [(weight + 1) / 2]
      }
    }
    return single.flatMap { [Double](repeating: $0, count: devices) }
  }

  /// Returns the weight that cells of the given conductances hold.
  ///
  /// - Precondition: there are `cellCount` conductances.
  package func decode(_ cells: [Double]) -> Double {
    precondition(cells.count == cellCount, "internal: a weight has other cells")
    return zip(cells, factors).reduce(-offset) { $0 + $1.0 * $1.1 }
  }

  /// Returns the digits of `code`, the least first, relative to the largest.
  private func digits(_ code: Int, _ cellBits: Int) -> [Double] {
    let mask = 1 << cellBits - 1
    return (0..<slices).map { Double(code >> ($0 * cellBits) & mask) / Double(mask) }
  }
}
