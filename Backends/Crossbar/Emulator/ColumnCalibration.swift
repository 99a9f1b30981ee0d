// The calibration of an array in the loop: what its columns yield for known vectors, and what digital
// units have to do to take their differences out.

internal import Kernels

/// What was measured of the columns of a block.
///
/// Vectors of random inputs are read on the emulated chip, with its mismatch and its noise, and the
/// results ŷ of each column are fitted by a line through the sums a that it should have formed:
/// ŷ ≈ γ · a + o. Digital units then compute (ŷ − o) / γ. What rounding down takes on average is in o.
/// Results at the bounds of the converter say nothing, and are left out.
struct ColumnCalibration {

  /// What digital units do.
  let correction: ColumnCorrection

  /// The random vectors; each is read several times.
  private static let vectors = 64

  /// The least γ that is believed, and the largest: a line through noise has any slope.
  private static let believed = 0.25...4.0

  /// Measures the columns of an array.
  ///
  /// - Parameters:
  ///   - reader: reads of the array, packed.
  ///   - nominal: what its cells hold, without mismatch, [rows, columns].
  ///   - reads: how often each vector is read; errors fall with the square root.
  ///   - run: the random numbers of the measurement.
  /// - Complexity: O(reads · rows · columns).
  init(_ reader: AnalogReader, nominal: [Float], reads: Int, run: RandomField) {
    let (rows, columns) = (reader.operand.rows, reader.operand.columns)
    let inputs = Self.inputs(rows: rows, reader.options.input, run.field(1))
    let sums = Self.sums(inputs, nominal, rows: rows, columns: columns)
    var options = reader.options
    options.noiseManagement = .none
    options.boundManagement = .none
    options.signs = .both
    (options.sliceBits, options.slices) = (nil, 1)
    options.repeats = Self.repeats(options, sums)
    let (low, high) = (Float(options.output.low), Float(options.output.high))
    let array = reader.with(options)
    var lines = [FittedLine](repeating: FittedLine(), count: columns)
    var scratch = AnalogScratch()
    let repeats = Float(options.repeats)
    for read in 0..<reads {
      var out = [Float](repeating: 0, count: Self.vectors * columns)
      var span = out.mutableSpan
      _ = array.read(
        &span, inputs.span,
        AnalogBlock(count: Self.vectors, inputStride: rows, outputStride: columns),
        key: run.field(2), first: read * Self.vectors, scratch: &scratch)
      for (i, y) in out.enumerated() {
        let converted = y * repeats
        guard low < converted, converted < high else { continue }
        lines[i % columns].add(Double(sums[i] * repeats), Double(converted))
      }
    }
    let noise = max(options.outputNoise, options.output.step ?? 0)
    let fits = lines.map { $0.fit(noise: noise, slopes: Self.believed) }
    correction = ColumnCorrection(
      offsets: fits.map { Float($0.offset) }, factors: fits.map { Float(1 / $0.slope) })
  }

  /// Returns random vectors of inputs that the converter gives as they are, [vectors, rows]; half of
  /// the elements are 0.
  private static func inputs(
    rows: Int, _ converter: AnalogConverter, _ random: RandomField
  ) -> [Float] {
    let most = converter.high.isFinite ? converter.high : 1
    return (0..<vectors * rows).map { i in
      let bits = random.bits(at: i)
      guard bits & 1 == 0 else { return 0 }
      return Float(converter.convert(most * Double(bits >> 40) / Double(1 << 24)).value)
    }
  }

  /// Returns the exact sums of the columns, [vectors, columns].
  private static func sums(
    _ inputs: [Float], _ nominal: [Float], rows: Int, columns: Int
  ) -> [Float] {
    var result = [Float](repeating: 0, count: vectors * columns)
    for v in 0..<vectors {
      for i in 0..<rows where inputs[v * rows + i] != 0 {
        let x = inputs[v * rows + i]
        for j in 0..<columns { result[v * columns + j] += x * nominal[i * columns + j] }
      }
    }
    return result
  }

  /// Returns how often inputs are given: so that the largest sum is at most half of the bound.
  private static func repeats(_ options: AnalogReadOptions, _ sums: [Float]) -> Int {
    let largest = Double(sums.reduce(0) { max($0, abs($1)) })
    guard largest > 0, options.outputBound.isFinite else { return 1 }
    var repeats = options.repeats
    while repeats > 1, Double(repeats) * largest > options.outputBound / 2 { repeats /= 2 }
    return repeats
  }
}

/// A line through points, by least squares.
private struct FittedLine {

  private var (count, x, y, xx, xy) = (0.0, 0.0, 0.0, 0.0, 0.0)

  mutating func add(_ x: Double, _ y: Double) {
    count += 1
    self.x += x
    self.y += y
    xx += x * x
    xy += x * y
  }

  /// Returns the line; of slope 1 where the points lie too close to tell it.
  ///
  /// - Parameters:
  ///   - noise: the standard deviation of a point.
  ///   - slopes: those that are believed.
  /// - Returns: y = slope · x + offset.
  func fit(noise: Double, slopes: ClosedRange<Double>) -> (slope: Double, offset: Double) {
    guard count > 0 else { return (1, 0) }
    let spread = xx - x * x / count
    // The error of the slope is noise / √spread; one of a tenth would do more harm than good.
    var slope = 1.0
    if spread > 100 * noise * noise, spread > 0 {
      let fitted = (xy - x * y / count) / spread
      if slopes.contains(fitted) { slope = fitted }
    }
    return (slope, (y - slope * x) / count)
  }
}
