// Second moments, factors and rounding with feedback, against their definitions.

import Kernels
import Testing

/// A repeatable source of numbers.
private struct Numbers {
  var state: UInt64
  mutating func next() -> Double {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(state >> 11) / Double(1 << 53) * 2 - 1
  }
}

/// Returns a symmetric positive definite matrix: the covariance of more or fewer random rows than
/// columns, and some damping.
private func definite(_ n: Int, seed: UInt64) -> [Double] {
  var numbers = Numbers(state: seed &* 77 &+ 5)
  var result = [Double](repeating: 0, count: n * n)
  for _ in 0..<max(2, n / 2 + Int(seed % 7)) {
    let shared = numbers.next()
    let row = (0..<n).map { _ in shared + 0.7 * numbers.next() }
    for i in 0..<n { for j in 0..<n { result[i * n + j] += row[i] * row[j] } }
  }
  for i in 0..<n { result[i * n + i] += 0.02 }
  return result
}

/// Returns eᵀ·A·e.
private func norm(_ e: [Double], _ a: [Double]) -> Double {
  let n = e.count
  var sum = 0.0
  for i in 0..<n { for j in 0..<n { sum += e[i] * a[i * n + j] * e[j] } }
  return sum
}

/// Returns the inverse of a matrix, by Gauss and Jordan.
private func inverse(_ matrix: [Double], _ n: Int) -> [Double] {
  var (a, b) = (matrix, [Double](repeating: 0, count: n * n))
  for i in 0..<n { b[i * n + i] = 1 }
  for i in 0..<n {
    let pivot = a[i * n + i]
    for j in 0..<n { (a[i * n + j], b[i * n + j]) = (a[i * n + j] / pivot, b[i * n + j] / pivot) }
    for k in 0..<n where k != i {
      let factor = a[k * n + i]
      for j in 0..<n {
        a[k * n + j] -= factor * a[i * n + j]
        b[k * n + j] -= factor * b[i * n + j]
      }
    }
  }
  return b
}

/// Optimal brain quantization as published: round a weight, spread its error over the others with
/// the inverse of A, take the weight out of the inverse; from the last weight to the first.
private func obq(_ w: [Double], _ a: [Double], step: Double, _ levels: WeightLevels) -> [Float] {
  let n = w.count
  var (w, h) = (w, inverse(a, n))
  var result = [Float](repeating: 0, count: n)
  for q in (0..<n).reversed() {
    result[q] = levels.nearest(Float(w[q] / step))
    let error = (w[q] - Double(result[q]) * step) / h[q * n + q]
    for j in 0..<q { w[j] -= error * h[q * n + j] }
    let row = (0..<n).map { h[q * n + $0] }
    for i in 0..<n { for j in 0..<n { h[i * n + j] -= row[i] * row[j] / row[q] } }
  }
  return result
}

@Suite("Rounding with feedback") struct FeedbackRoundingTests {

  @Test(
    "equals optimal brain quantization in the order of rows",
    arguments: [1, 2, 3, 7, 16, 40], 0..<4 as Range<UInt64>)
  func equalsOBQ(n: Int, seed: UInt64) throws {
    let a = definite(n, seed: seed)
    let factors = try #require(TriangularFactors(a, size: n, workers: 1))
    var numbers = Numbers(state: seed)
    let channels = 19
    let weights = (0..<n * channels).map { _ in Float(numbers.next()) }
    let levels: WeightLevels = seed == 3 ? .binary : .symmetric(largest: seed == 2 ? 1 : 7)
    let step: Float = seed == 1 ? 0.11 : 0.4
    let found = factors.round(
      weights, steps: [Float](repeating: step, count: channels),
      rowSteps: [Float](repeating: 1, count: n), to: levels, workers: 2)
    for c in 0..<channels {
      let w = (0..<n).map { Double(weights[$0 * channels + c]) }
      let expected = obq(w, a, step: Double(step), levels)
      let q = (0..<n).map { found.integers[$0 * channels + c] }
      #expect(q == expected, "channel \(c)")
      let error = norm((0..<n).map { w[$0] - Double(q[$0]) * Double(step) }, a)
      #expect(abs(found.errors[c] - error) <= 1e-4 * max(error, 1e-6), "channel \(c)")
    }
  }

  @Test("lies between the optimum and rounding to nearest") func quality() throws {
    let (n, step) = (5, Float(0.5))
    var (feedback, nearest, optimum) = (0.0, 0.0, 0.0)
    for seed in 0..<40 as Range<UInt64> {
      let a = definite(n, seed: seed)
      let factors = try #require(TriangularFactors(a, size: n, workers: 1))
      var numbers = Numbers(state: seed &+ 1000)
      let w = (0..<n).map { _ in Float(numbers.next()) }
      let levels = WeightLevels.symmetric(largest: 2)
      let found = factors.round(
        w, steps: [step], rowSteps: [Float](repeating: 1, count: n), to: levels, workers: 1)
      func error(_ q: [Float]) -> Double { norm((0..<n).map { Double(w[$0] - q[$0] * step) }, a) }
      var best = Double.infinity
      for code in 0..<3125 {
        var rest = code
        let q = (0..<n).map { _ -> Float in
          defer { rest /= 5 }
          return Float(rest % 5 - 2)
        }
        best = min(best, error(q))
      }
      #expect(error(found.integers) >= best * 0.999_99)
      feedback += error(found.integers)
      nearest += error(w.map { levels.nearest($0 / step) })
      optimum += best
    }
    #expect(feedback < 0.5 * nearest)
    #expect(feedback < 2 * optimum)
  }

  @Test("takes the steps of rows into account") func rowSteps() throws {
    let n = 6
    let a = definite(n, seed: 9)
    let factors = try #require(TriangularFactors(a, size: n, workers: 1))
    let weights: [Float] = [0.3, -0.7, 5, -9, 0.1, 20]
    let rowSteps: [Float] = [1, 1, 8, 8, 1, 8]
    let found = factors.round(
      weights, steps: [0.25], rowSteps: rowSteps, to: .symmetric(largest: 127), workers: 1)
    for k in 0..<n {
      let value = found.integers[k] * 0.25 * rowSteps[k]
      #expect(abs(value - weights[k]) <= 4, "row \(k)")
    }
    let e = (0..<n).map { Double(weights[$0] - found.integers[$0] * 0.25 * rowSteps[$0]) }
    #expect(abs(norm(e, a) - found.errors[0]) <= 1e-4 * found.errors[0])
  }

  @Test("does not depend on the number of workers") func workers() throws {
    let n = 150
    let a = definite(n, seed: 4)
    let one = try #require(TriangularFactors(a, size: n, workers: 1))
    let four = try #require(TriangularFactors(a, size: n, workers: 4))
    #expect(one.lower == four.lower && one.diagonal == four.diagonal)
  }
}

@Suite("Triangular factors") struct TriangularFactorsTests {

  @Test("multiply to the matrix and solve with it", arguments: [1, 5, 31, 32, 33, 64, 100])
  func factors(n: Int) throws {
    let a = definite(n, seed: UInt64(n))
    let found = try #require(TriangularFactors(a, size: n, workers: 2))
    for i in 0..<n {
      for j in 0...i {
        var sum = 0.0
        for k in 0...j {
          sum += found.lower[i * n + k] * found.diagonal[k] * found.lower[j * n + k]
        }
        #expect(abs(sum - a[i * n + j]) <= 1e-10 * Double(n), "(\(i), \(j))")
      }
    }
    var numbers = Numbers(state: 3)
    let columns = 18
    let wanted = (0..<n * columns).map { _ in numbers.next() }
    var right = [Double](repeating: 0, count: n * columns)
    for i in 0..<n {
      for k in 0..<n {
        for c in 0..<columns { right[i * columns + c] += a[i * n + k] * wanted[k * columns + c] }
      }
    }
    found.solve(&right, columns: columns, workers: 2)
    for i in right.indices { #expect(abs(right[i] - wanted[i]) <= 1e-6, "\(i)") }
  }

  @Test("are refused for matrices that are not positive definite") func indefinite() {
    #expect(TriangularFactors([1, 2, 2, 1], size: 2, workers: 1) == nil)
    #expect(TriangularFactors([0], size: 1, workers: 1) == nil)
    #expect(TriangularFactors([.nan], size: 1, workers: 1) == nil)
  }
}

@Suite("Second moments") struct GramTests {

  @Test("are sums of products", arguments: [1, 7, 16, 17, 150], [1, 255, 256, 700])
  func sums(columns: Int, rows: Int) {
    var numbers = Numbers(state: UInt64(columns * rows))
    var gram = Gram(columns: columns)
    var all: [[Float]] = []
    for _ in 0..<rows {
      let row = (0..<columns).map { _ in (Float(numbers.next()) * 63).rounded() }
      all.append(row)
      gram.add(row, workers: 2)
    }
    gram.flush(workers: 2)
    #expect(gram.count == rows)
    for i in Swift.stride(from: 0, to: columns, by: 3) {
      #expect(gram.total(i) == all.reduce(0) { $0 + Double($1[i]) })
      for j in Swift.stride(from: 0, to: columns, by: 5) {
        let expected = all.reduce(0) { $0 + Double($1[i]) * Double($1[j]) }
        #expect(gram.product(i, j) == expected, "exact for small integers")
      }
    }
  }

  @Test("covariances do not change with an offset") func covariance() {
    var (a, b) = (Gram(columns: 2), Gram(columns: 2))
    var numbers = Numbers(state: 1)
    for _ in 0..<100 {
      let (x, y) = (Float(numbers.next()), Float(numbers.next()))
      a.add([x, x + y], workers: 1)
      b.add([x + 3, x + y - 2], workers: 1)
    }
    a.flush(workers: 1)
    b.flush(workers: 1)
    for (i, j) in [(0, 0), (0, 1), (1, 1)] {
      #expect(abs(a.covariance(i, j) - b.covariance(i, j)) < 1e-5)
      #expect(a.covariance(i, j) == a.covariance(j, i))
    }
  }
}
