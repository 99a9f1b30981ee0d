// Products of vectors and matrices on BrainScaleS-2: analog sums of 128 signed rows, converted to 8
// bits, with the mismatch of a chip and the noise of a trial.

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// What differs from column to column of a chip, and does not change: drawn from the chip's seed.
///
/// The sizes are not published; they are the user's, and 0 unless given.
package struct AnalogChip: Hashable, Sendable {

  /// Where the chip's random numbers begin.
  package var seed: UInt64

  /// The standard deviation of columns' gains, relative to the nominal one.
  package var gainSpread: Double

  /// The standard deviation of columns' offsets, steps of the output.
  package var offsetSpread: Double

  /// Creates a chip.
  package init(seed: UInt64 = 0, gainSpread: Double = 0, offsetSpread: Double = 0) {
    self.seed = seed
    self.gainSpread = gainSpread
    self.offsetSpread = offsetSpread
  }

  /// Returns the gain, relative to the nominal one, and the offset of a column of a block.
  func column(_ column: Int, block: Int) -> (gain: Double, offset: Double) {
    var noise = NormalNoise(seed: seed, UInt64(block), UInt64(column))
    return (max(0, 1 + gainSpread * noise.next()), offsetSpread * noise.next())
  }
}

/// Normally distributed random numbers that depend on a seed and a place alone.
struct NormalNoise {

  private var state: UInt64

  /// Creates the numbers of a place.
  init(seed: UInt64, _ place: UInt64...) {
    state = Self.mixed(seed &+ 0x9E37_79B9_7F4A_7C15)
    for part in place { state = Self.mixed(state ^ part) }
  }

  /// Returns a number of mean 0 and variance 1.
  ///
  /// - Source: Box and Muller (1958); uniform numbers: SplitMix64, Steele, Lea, Flood (2014).
  mutating func next() -> Double {
    let (a, b) = (uniform(), uniform())
    return (-2 * log(a)).squareRoot() * cos(2 * Double.pi * b)
  }

  /// Returns a number above 0 and at most 1.
  private mutating func uniform() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    return (Double(Self.mixed(state) >> 11) + 1) / 9_007_199_254_740_992
  }

  private static func mixed(_ x: UInt64) -> UInt64 {
    var z = x
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}

/// A matrix in the synapses of BrainScaleS-2, which multiplies vectors.
///
/// Inputs are 0 to 31, weights −63 to 63, each held by an excitatory and an inhibitory row. Rows are
/// divided into blocks of 128; with the gain g, the number of sends s, a column's own γ and o, and
/// noise of standard deviation σ,
///
///     y = Σ over blocks of clamp(⌊g · s · γ · (x·W) + o + σ · N(0, 1)⌋, −128, 127)
///
/// - Source: the mock of hxtorch for g, s, σ, the split and the clamp; γ and o are ours, as the mock
///   has no mismatch.
package struct AnalogMatrix: Sendable {

  /// The rows of a block.
  package static let blockRows = 128

  /// The number of inputs.
  package let rows: Int
  /// The number of outputs.
  package let columns: Int
  /// The weights, [rows, columns].
  package let weights: [Int8]
  /// g.
  package let gain: Double
  /// s.
  package let sends: Int
  /// σ, steps of the output.
  package let noise: Double
  /// What differs from column to column.
  package let chip: AnalogChip

  private let mismatch: [(gain: Double, offset: Double)]

  /// Creates a matrix.
  ///
  /// - Precondition: there are rows · columns weights, of magnitudes of at most 63.
  package init(
    _ weights: [Int8], rows: Int, columns: Int, gain: Double = 0.002, sends: Int = 1,
    noise: Double = 2, chip: AnalogChip = AnalogChip()
  ) {
    precondition(
      weights.count == rows * columns && weights.allSatisfy { -63...63 ~= $0 },
      "internal: bad weights")
    self.rows = rows
    self.columns = columns
    self.weights = weights
    self.gain = gain
    self.sends = sends
    self.noise = noise
    self.chip = chip
    mismatch = (0..<(rows + Self.blockRows - 1) / Self.blockRows * columns).map {
      chip.column($0 % columns, block: $0 / columns)
    }
  }

  /// The number of blocks.
  package var blocks: Int { (rows + Self.blockRows - 1) / Self.blockRows }

  /// Returns the products of each block, [blocks, columns], −128 to 127.
  ///
  /// - Parameters:
  ///   - input: [rows], 0 to 31; larger numbers are limited.
  ///   - run: where the random numbers of the run begin.
  ///   - trial: the number of the product within the run.
  /// - Returns: [blocks, columns].
  /// - Complexity: O(rows · columns).
  package func blockProducts(_ input: [UInt8], run: UInt64, trial: UInt64) -> [Int] {
    precondition(input.count == rows, "internal: bad input")
    var result: [Int] = []
    for block in 0..<blocks {
      var sums = [Int](repeating: 0, count: columns)
      for row in block * Self.blockRows..<min(rows, (block + 1) * Self.blockRows) {
        let x = Int(min(input[row], 31))
        guard x != 0 else { continue }
        for c in 0..<columns { sums[c] += x * Int(weights[row * columns + c]) }
      }
      for c in 0..<columns {
        let own = mismatch[block * columns + c]
        var y = gain * Double(sends) * own.gain * Double(sums[c]) + own.offset
        if noise > 0 {
          var random = NormalNoise(seed: run, trial, UInt64(block), UInt64(c))
          y += noise * random.next()
        }
        result.append(Int(min(max(y.rounded(.down), -128), 127)))
      }
    }
    return result
  }

  /// Returns the product with a vector: the sums of those of the blocks.
  package func product(
    _ input: [UInt8], run: UInt64 = 0, trial: UInt64 = 0,
    calibration: AnalogCalibration? = nil
  ) -> [Double] {
    let parts = blockProducts(input, run: run, trial: trial)
    return (0..<columns).map { c in
      (0..<blocks).reduce(0) { sum, block in
        let i = block * columns + c
        let y = Double(parts[i])
        return sum + (calibration.map { ($0.offsets[i], $0.gains[i]) }.map { (y - $0) / $1 } ?? y)
      }
    }
  }
}

/// What was measured of a chip's columns, for taking their differences out of results.
package struct AnalogCalibration: Hashable, Sendable {

  /// The gain of each column of each block, relative to the nominal one, [blocks, columns].
  package var gains: [Double]

  /// The offset, steps of the output, [blocks, columns].
  package var offsets: [Double]

  /// Measures columns with the chip in the loop: products of test vectors, fitted by a line.
  ///
  /// The test vectors have all rows at 0 and at several levels. Half a step is added, which
  /// rounding down takes on average. Columns whose sums are too small to tell the gain keep 1.
  ///
  /// - Parameters:
  ///   - matrix: the matrix on its chip.
  ///   - repetitions: how often each vector is presented; noise falls with the square root.
  ///   - run: where the random numbers of the measurement begin.
  package init(measuring matrix: AnalogMatrix, repetitions: Int, run: UInt64) {
    let levels: [UInt8] = [0, 1, 2, 4, 8, 16, 31]
    let count = matrix.blocks * matrix.columns
    let ideal = AnalogMatrix(
      matrix.weights, rows: matrix.rows, columns: matrix.columns, gain: 1, noise: 0)
    var (n, sx, sy, sxx, sxy) = (
      [Double](repeating: 0, count: count), [Double](repeating: 0, count: count),
      [Double](repeating: 0, count: count), [Double](repeating: 0, count: count),
      [Double](repeating: 0, count: count)
    )
    var trial: UInt64 = 0
    for level in levels {
      let input = [UInt8](repeating: level, count: matrix.rows)
      let sums = ideal.sums(input)
      for _ in 0..<repetitions {
        let y = matrix.blockProducts(input, run: run, trial: trial)
        trial += 1
        // What is clamped says nothing.
        for i in 0..<count where -128 < y[i] && y[i] < 127 {
          let x = matrix.gain * Double(matrix.sends * sums[i])
          let value = Double(y[i]) + 0.5
          n[i] += 1
          sx[i] += x
          sy[i] += value
          sxx[i] += x * x
          sxy[i] += x * value
        }
      }
    }
    gains = []
    offsets = []
    for i in 0..<count {
      let spread = n[i] * sxx[i] - sx[i] * sx[i]
      // A line through points that span less than a step is noise.
      let gain = spread > n[i] * n[i] ? (n[i] * sxy[i] - sx[i] * sy[i]) / spread : 1
      gains.append(gain > 0.1 ? gain : 1)
      offsets.append(n[i] > 0 ? (sy[i] - gains[i] * sx[i]) / n[i] - 0.5 : 0)
    }
  }
}

extension AnalogMatrix {

  /// Returns the exact sums of each block, [blocks, columns].
  fileprivate func sums(_ input: [UInt8]) -> [Int] {
    (0..<blocks).flatMap { block in
      (0..<columns).map { c in
        (block * Self.blockRows..<min(rows, (block + 1) * Self.blockRows)).reduce(0) {
          $0 + Int(input[$1]) * Int(weights[$1 * columns + c])
        }
      }
    }
  }
}
