// Reads against their textbook form, in both directions, with all kinds of noise and management;
// wires against the solved network.

import Kernels
import Testing

@testable import Crossbar

/// Numbers between −1 and 1.
func variedNumbers(_ count: Int, seed: UInt64, zeros: Int = 0) -> [Float] {
  let field = RandomField(seed)
  return (0..<count).map {
    zeros > 0 && $0 % zeros == 0 ? 0 : Float(field.bits(at: $0) >> 40) / Float(1 << 23) - 1
  }
}

@Suite struct NoisyReadTests {

  static let rows = 45
  static let columns = 19
  static let count = 70

  // size: table
  static let cases: [AnalogReadOptions] = {
    func make(_ change: (inout AnalogReadOptions) -> Void) -> AnalogReadOptions {
      var options = GoldenReadTests.options()
      options.outputNoise = 0.06
      options.output = AnalogConverter(step: 8.0 / 510, low: -4, high: 4)
      change(&options)
      return options
    }
    return [
      make { _ in },
      make { $0.inputNoise = 0.02 },
      make { $0.weightNoise = .additive(0.02) },
      make { $0.weightNoise = .relative(0.1) },
      make { $0.weightNoise = .root(0.05) },
      make { $0.noiseManagement = .maximum },
      make { $0.noiseManagement = .constant(0.5) },
      make { $0.noiseManagement = .signSums(weight: 0.3) },
      make { $0.boundManagement = .worstCase(weight: 0.6, resolution: 0.25) },
      make { $0.boundManagement = .none },
      make { $0.largestScale = 0.7 },
      make {
        ($0.repeats, $0.boundManagement) = (12, .fewerRepeats)
        $0.inputNoise = 0.02
      },
      make { $0.output = AnalogConverter(step: 0.05, low: -3, high: 2.5, rounding: .down) },
      AnalogReadOptions(),
    ]
  }()

  @Test(arguments: cases.indices, [false, true])
  func agreeWithTheTextbook(_ index: Int, transposed: Bool) {
    let options = Self.cases[index]
    let (rows, columns, count) = (Self.rows, Self.columns, Self.count)
    let weights = variedNumbers(rows * columns, seed: 1)
    let (depth, width) = transposed ? (columns, rows) : (rows, columns)
    let input = variedNumbers(count * depth, seed: 2, zeros: 5)
    let key = RandomField(7, 8)
    var reader = AnalogReader(AnalogOperand(weights, rows: rows, columns: columns), options)
    reader.pack(transposed: transposed)
    var out = [Float](repeating: 0, count: count * width)
    var scratch = AnalogScratch()
    var span = out.mutableSpan
    let counts = reader.read(
      &span, input.span, AnalogBlock(count: count, inputStride: depth, outputStride: width),
      key: key, first: 3, transposed: transposed, scratch: &scratch)
    var (passes, differing) = (0, 0)
    let tolerance = (options.output.step ?? 0) + 1e-4
    for v in 0..<count {
      let read = PreciseRead(
        input[v * depth..<(v + 1) * depth].map(Double.init),
        weights: (0..<depth).flatMap { i in
          (0..<width).map {
            Double(transposed ? weights[$0 * columns + i] : weights[i * columns + $0])
          }
        }, columns: width, options, key: key, vector: 3 + v)
      passes += read.passes
      for j in 0..<width {
        let error = abs(Double(out[v * width + j]) - read.outputs[j])
        // A sum near a half of a step may be rounded otherwise.
        #expect(error <= tolerance * read.reduction * 1.01)
        if error > 1e-4 { differing += 1 }
      }
    }
    #expect(counts.passes == passes)
    #expect(differing <= 4)
    if case .iterative = options.boundManagement, options.largestScale == nil {
      #expect(counts.clippedVectors > 0 && passes > count)
    }
  }

  @Test func signsAreReadApart() {
    var options = AnalogReadOptions()
    options.input = AnalogConverter(step: 1, low: 0, high: 31)
    options.output = AnalogConverter(step: 1, low: -128, high: 127, rounding: .down)
    options.signs = .separate
    let reader = AnalogReader(
      AnalogOperand([0.5, 1, 2, -1, 0.25, 3], rows: 3, columns: 2), options)
    var (out, scratch) = ([Float](repeating: 0, count: 4), AnalogScratch())
    var span = out.mutableSpan
    let input: [Float] = [3, -2, 40, 0, 5, 0]
    let counts = reader.read(
      &span, input.span, AnalogBlock(count: 2, inputStride: 3, outputStride: 2),
      key: RandomField(0), scratch: &scratch)
    // Positive: 1.5 + 7.75 = 9.25 and 3 + 93 = 96; negative: 4 and −2; the second vector: 10, −5.
    #expect(out == [9 - 4, 96 + 2, 10, -5])
    #expect(counts.passes == 3 && counts.conversions == 6 && scratch.reads == [2, 1])
  }

  @Test func slicesOfBitsAddUp() {
    var options = AnalogReadOptions()
    options.input = AnalogConverter(step: 2.0 / 254, low: -1, high: 1)
    let weights = variedNumbers(40, seed: 3)
    let input = variedNumbers(30, seed: 4)
    func read(_ options: AnalogReadOptions) -> ([Float], AnalogReadCounts) {
      let reader = AnalogReader(AnalogOperand(weights, rows: 10, columns: 4), options)
      var (out, scratch) = ([Float](repeating: 0, count: 12), AnalogScratch())
      var span = out.mutableSpan
      let counts = reader.read(
        &span, input.span, AnalogBlock(count: 3, inputStride: 10, outputStride: 4),
        key: RandomField(0), scratch: &scratch)
      return (out, counts)
    }
    let whole = read(options)
    options.sliceBits = 2
    options.slices = 4
    let sliced = read(options)
    for (a, b) in zip(whole.0, sliced.0) { #expect(abs(a - b) < 1e-5) }
    #expect(whole.1.passes == 3 && sliced.1.passes == 12)
  }

  /// What has overflowed before is no number after a read, in slices too, and nothing else suffers.
  @Test(arguments: [Float.infinity, -.infinity, .nan, 1e36])
  func slicesOfWhatIsNotANumber(_ value: Float) {
    var options = AnalogReadOptions()
    options.input = AnalogConverter(step: 2.0 / 254, low: -1, high: 1)
    options.noiseManagement = .absoluteMaximum
    (options.sliceBits, options.slices) = (2, 4)
    for signs in [AnalogSigns.both, .separate] {
      options.signs = signs
      let reader = AnalogReader(AnalogOperand([1, 1], rows: 2, columns: 1), options)
      var (out, scratch) = ([Float](repeating: 0, count: 2), AnalogScratch())
      var span = out.mutableSpan
      _ = reader.read(
        &span, [value, 1, 0.5, 1].span, AnalogBlock(count: 2, inputStride: 2, outputStride: 1),
        key: RandomField(0), scratch: &scratch)
      #expect(abs(out[1] - 1.5) < 0.01)
      #expect(!value.isFinite || abs(out[0] / value - 1) < 0.01)
    }
  }

  @Test func zerosAreNotRead() {
    let options = NoisyReadTests.cases[0]
    let reader = AnalogReader(AnalogOperand([1, 1], rows: 2, columns: 1), options)
    var (out, scratch) = ([Float](repeating: 5, count: 2), AnalogScratch())
    var span = out.mutableSpan
    let counts = reader.read(
      &span, ([0, 0, 1, 0] as [Float]).span, AnalogBlock(count: 2, inputStride: 2, outputStride: 1),
      key: RandomField(0), scratch: &scratch)
    #expect(out[0] == 5 && out[1] != 5)
    #expect(counts.zeroVectors == 1 && counts.passes == 1)
  }

  /// Few numbers are drawn in whole groups: none may depend on how many are asked for with it.
  @Test func fewNormalNumbersAreThoseOfTheirPlaces() {
    let field = RandomField(8)
    for count in 1...70 {
      var values = [Float](repeating: .nan, count: count + 1)
      values.withUnsafeMutableBufferPointer {
        if let out = $0.baseAddress { field.fillNormals(out, count: count) }
      }
      #expect(values[count].isNaN)
      for i in 0..<count { #expect(values[i] == field.normal(at: i, of: count)) }
    }
  }

  /// Bits near all ones round to a uniform number of 1, whose logarithm is 0.
  @Test func normalNumbersNearZeroAreSmall() {
    let (field, place) = (RandomField(3), 83_609_643)
    #expect(field.bits(at: place) >> 33 >= 1 << 31 - 64)
    #expect(abs(field.normal(at: place, of: 2 * place + 2)) < 1e-3)
    #expect(abs(field.normal(at: 2 * place + 1, of: 2 * place + 2)) < 1e-3)
  }

  @Test func resultsAreScaledColumnByColumn() {
    var options = AnalogReadOptions()
    options.outputNoise = 0.1
    var reader = AnalogReader(
      AnalogOperand([1, 2, 3, -4, 5, 6], rows: 2, columns: 3), options)
    let block = AnalogBlock(count: 2, inputStride: 2, outputStride: 3, factor: 2)
    func read(_ reader: AnalogReader, transposed: Bool = false) -> [Float] {
      var out = [Float](repeating: 1, count: 6)
      var span = out.mutableSpan
      var scratch = AnalogScratch()
      let place =
        transposed ? AnalogBlock(count: 2, inputStride: 3, outputStride: 3) : block
      _ = reader.read(
        &span, ([1, -1, 0.5, 0.25, 2, 1] as [Float]).span, place, key: RandomField(1),
        transposed: transposed, scratch: &scratch)
      return out
    }
    let (plain, back) = (read(reader), read(reader, transposed: true))
    reader.scales = [0.5, 2, -4]
    let scaled = read(reader)
    for i in 0..<6 {
      #expect(abs(scaled[i] - 1 - (plain[i] - 1) * reader.scales[i % 3]) < 1e-5)
    }
    #expect(read(reader, transposed: true) == back)
  }

  @Test func normalNumbersAreNormal() {
    let count = 1 << 20
    var values = [Float](repeating: 0, count: count)
    values.withUnsafeMutableBufferPointer {
      if let out = $0.baseAddress { RandomField(3).fillNormals(out, count: count) }
    }
    let n = Double(count)
    var moments = [Double](repeating: 0, count: 5)
    for x in values {
      for k in 1...4 { moments[k] += (0..<k).reduce(1.0) { p, _ in p * Double(x) } / n }
    }
    // Five standard deviations of the moments of so many numbers.
    #expect(abs(moments[1]) < 5 / n.squareRoot())
    #expect(abs(moments[2] - 1) < 5 * (2 / n).squareRoot())
    #expect(abs(moments[3]) < 5 * (15 / n).squareRoot())
    #expect(abs(moments[4] - 3) < 5 * (96 / n).squareRoot())
    for (limit, share) in [(1.0, 0.317_310_5), (2, 0.045_500_3), (3, 0.002_699_8), (4, 6.334e-5)] {
      let beyond = Double(values.count { abs($0) > Float(limit) })
      #expect(abs(beyond - n * share) < 5 * (n * share).squareRoot())
    }
    // The two numbers of a position do not depend on each other.
    let products = (0..<count / 2).reduce(0.0) {
      $0 + Double(values[$1]) * Double(values[count / 2 + $1])
    }
    #expect(abs(products) < 5 * (n / 2).squareRoot())
    for i in [0, 1, count / 2, count - 1] {
      #expect(RandomField(3).normal(at: i, of: count) == values[i])
    }
  }
}

@Suite struct WireDropTests {

  /// Returns the currents of columns with wires of resistance `r`, all nodes solved for.
  private func solve(_ g: [Double], _ x: [Double], columns: Int, r: WireResistance) -> [Double] {
    let rows = x.count
    // Unknowns: potentials of row wires (i, j), then of column wires (i, j).
    let n = rows * columns
    var a = [[Double]](repeating: [Double](repeating: 0, count: 2 * n), count: 2 * n)
    var b = [Double](repeating: 0, count: 2 * n)
    func join(_ p: Int, _ q: Int?, _ conductance: Double, source: Double = 0) {
      a[p][p] += conductance
      guard let q else {
        b[p] += conductance * source
        return
      }
      a[q][q] += conductance
      a[p][q] -= conductance
      a[q][p] -= conductance
    }
    let (wireRow, wireColumn) = (1 / max(r.row, 1e-12), 1 / max(r.column, 1e-12))
    for i in 0..<rows {
      for j in 0..<columns {
        join(i * columns + j, n + i * columns + j, g[i * columns + j])
        if j == 0 {
          join(i * columns, nil, wireRow, source: x[i])
        } else {
          join(i * columns + j, i * columns + j - 1, wireRow)
        }
        if i == rows - 1 {
          join(n + i * columns + j, nil, wireColumn)
        } else {
          join(n + i * columns + j, n + (i + 1) * columns + j, wireColumn)
        }
      }
    }
    for k in 0..<2 * n {
      for i in k + 1..<2 * n where a[i][k] != 0 {
        let factor = a[i][k] / a[k][k]
        for j in k..<2 * n { a[i][j] -= factor * a[k][j] }
        b[i] -= factor * b[k]
      }
    }
    for k in (0..<2 * n).reversed() {
      for j in k + 1..<2 * n { b[k] -= a[k][j] * b[j] }
      b[k] /= a[k][k]
    }
    return (0..<columns).map { wireColumn * b[n + (rows - 1) * columns + $0] }
  }

  @Test(arguments: [WireResistance(column: 1e-4), .init(row: 1e-4), .init(column: 1e-4, row: 5e-5)])
  func firstOrderOfTheNetwork(_ wires: WireResistance) {
    let (rows, columns) = (7, 5)
    let cells = variedNumbers(rows * columns, seed: 5).map { abs($0) }
    let x = variedNumbers(rows, seed: 6).map(Double.init)
    func loss(_ wires: WireResistance) -> (exact: Double, seen: Double) {
      let exact = solve(cells.map(Double.init), x, columns: columns, r: wires)
      let seen = wires.seen(cells, rows: rows, columns: columns)
      var result = (0.0, 0.0)
      for j in 0..<columns {
        let ideal = (0..<rows).reduce(0) { $0 + x[$1] * Double(cells[$1 * columns + j]) }
        let first = (0..<rows).reduce(0) { $0 + x[$1] * Double(seen[$1 * columns + j]) }
        result.0 += abs(ideal - exact[j])
        result.1 += abs(exact[j] - first)
      }
      return result
    }
    let small = loss(wires)
    #expect(small.seen < 0.02 * small.exact)
  }
}
