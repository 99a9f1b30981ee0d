// How often a matrix is repeated on the rows and columns of arrays, so that what converters add to
// sums matters less; and the search for the fewest arrays with which it matters little enough.

/// How often a matrix is repeated within arrays.
///
/// A copy on further rows is given the same inputs, and its currents add up in the same columns: a
/// sum grows with the copies, while the noise of a conversion stays as it is. A copy on further columns
/// is read at the same time and averaged digitally, where independent noise of its cells and
/// conversions becomes smaller with the root of the copies.
///
/// These are not the copies of a layer that read different windows at the same time.
package struct Repetition: Hashable, Sendable {

  /// The copies on rows, at least 1.
  package var rows: Int

  /// The copies on columns, at least 1.
  package var columns: Int

  /// Creates a repetition.
  package init(rows: Int = 1, columns: Int = 1) {
    self.rows = rows
    self.columns = columns
  }

  /// Every weight once.
  package static let none = Repetition()

  /// The places that hold a weight.
  package var copies: Int { rows * columns }
}

/// When matrices are repeated on the arrays of a class, as its description has it.
package struct RepetitionRule: Hashable, Sendable {

  /// The most copies on rows, at least 1.
  package var mostRows: Int

  /// The most copies on columns, at least 1.
  package var mostColumns: Int

  /// The ratio of an output's signal to the noise of conversions that is wanted.
  ///
  /// It is that of full inputs and the largest weights, of random signs: w · R · √(n · C / P) / σ for n
  /// inputs in P parts with the noise σ each, R copies on rows, C on columns, and the largest weight w.
  /// Sums of a trained network are smaller, by a factor that is taken to be the same for all layers.
  package var signalToNoise: Double

  /// σ / w: the noise of a conversion relative to what the largest weight adds with a full input.
  package var noise: Double

  /// The bound of a conversion relative to what the largest weight adds with a full input; infinite if
  /// there is none.
  ///
  /// Rows are repeated as long as R · √(n / P), the sum of full inputs and the largest weights with
  /// random signs, is within it: sums that exceed it are clipped, or read again.
  package var range: Double

  /// Creates a rule.
  package init(
    mostRows: Int, mostColumns: Int, signalToNoise: Double, noise: Double,
    range: Double = .infinity
  ) {
    self.mostRows = mostRows
    self.mostColumns = mostColumns
    self.signalToNoise = signalToNoise
    self.noise = noise
    self.range = range
  }

  /// Returns the same rule for a part of the ratio that is wanted.
  package func times(_ factor: Double) -> RepetitionRule {
    var result = self
    result.signalToNoise *= factor
    return result
  }
}

extension ArrayFeatures {

  /// Returns how often a layer's matrices are best repeated on arrays of the class.
  ///
  /// Of all repetitions with which sums stay within the range, apart from copies on columns alone, and
  /// with which the wanted ratio of signal to noise is reached, it is one that takes
  /// the fewest tiles, then the fewest conversions, then the fewest rows; if it cannot be reached, the
  /// one that comes closest.
  ///
  /// - Parameters:
  ///   - matrix: the layer.
  ///   - rule: what is wanted; no copies if `nil`.
  ///   - packs: whether blocks may share a tile.
  ///   - mode: what is read. Sums of frames are not managed if they exceed the range of converters:
  ///     rows are not repeated.
  /// - Returns: the repetition.
  /// - Complexity: O(rows of an array).
  /// - Precondition: the array has room for a weight.
  package func repetition(
    of matrix: WeightMatrix, _ rule: RepetitionRule?, packs: Bool, mode: ReadMode
  ) -> Repetition {
    guard let rule else { return .none }
    let plain = LayerCut(matrix, on: self, packs: packs)
    let mostColumns = min(rule.mostColumns, mostOutputs)
    let mostRows = mode == .vectors ? min(rule.mostRows, mostInputs) : 1
    var best: (repetition: Repetition, rank: RepetitionRank)?
    for rows in 1...max(1, mostRows) {
      let parts = (plain.inputs - 1) / (mostInputs / rows) + 1
      let sum = Double(rows) * (Double(plain.inputs) / Double(parts)).squareRoot()
      if rows > 1, sum > rule.range { continue }
      // w · R · √(n · C / P) / σ ≥ wanted, solved for C.
      let single = sum / rule.noise
      let ratio = rule.signalToNoise / single
      let columns = min(Double(mostColumns), max(1, (ratio * ratio * (1 - 1e-12)).rounded(.up)))
      let repetition = Repetition(rows: rows, columns: max(1, Int(columns)))
      let reached = single * Double(repetition.columns).squareRoot()
      let rank = RepetitionRank(
        missing: max(0, rule.signalToNoise * (1 - 1e-9) - reached),
        tiles: tiles(of: plain, parts: parts, repetition, packs: packs),
        conversions: parts * repetition.columns)
      if best.map({ rank < $0.rank }) ?? true { best = (repetition, rank) }
    }
    return best?.repetition ?? .none
  }

  /// Returns the tiles of a layer, as `LayerCut` would count them, without listing any part.
  private func tiles(
    of plain: LayerCut, parts: Int, _ repetition: Repetition, packs: Bool
  ) -> Int {
    let outputParts = (plain.outputs - 1) / (mostOutputs / repetition.columns) + 1
    let isWhole = parts == 1 && outputParts == 1
    let shared =
      packs && isWhole
      ? blocksPerTile(inputs: plain.inputs, outputs: plain.outputs, repetition) : 1
    return (plain.groups * parts * outputParts - 1) / shared + 1
  }
}

/// What decides between repetitions: less is better, in this order.
private struct RepetitionRank: Comparable {
  var missing: Double
  var tiles: Int
  var conversions: Int

  static func < (a: Self, b: Self) -> Bool {
    (a.missing, a.tiles, a.conversions) < (b.missing, b.tiles, b.conversions)
  }
}
