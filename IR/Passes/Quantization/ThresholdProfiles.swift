// Few thresholds for many channels: what they are, so that channels lose least.

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A limit on the thresholds of a population: how many there may be, and with how many digits.
struct ThresholdProfiles: Hashable, Sendable {

  /// The largest number of different thresholds.
  var count: Int

  /// The width of a threshold without its trailing zeros, bits.
  var mantissa: Int

  /// The least number of trailing zeros.
  var exponent: Int

  /// Returns the representable number nearest to `wanted`, at least the smallest one.
  func nearest(_ wanted: Double) -> Int {
    let bounded = min(max(wanted.isFinite ? wanted : 1, 1), 16_777_216)
    let digits = Int(log2(bounded).rounded(.down)) + 1
    let step = 1 << max(exponent, digits - mantissa)
    return max(step, Int((bounded / Double(step)).rounded()) * step)
  }

  /// Returns the largest representable number that is not above `limit`, or the smallest one.
  func largest(notAbove limit: Double) -> Int {
    let bounded = min(max(limit.isNaN ? 1 : limit, 1), 16_777_216)
    let digits = Int(log2(bounded).rounded(.down)) + 1
    let step = 1 << max(exponent, digits - mantissa)
    return max(step, Int(bounded) / step * step)
  }

  /// Returns at most `count` representable numbers, ascending, to which the logarithms of `wanted`
  /// are near: the sum of squared deviations from the groups' means is least.
  ///
  /// Numbers within 1/256 of an octave are one, so that the cost does not grow with their count.
  ///
  /// - Parameter wanted: positive numbers, at least one.
  /// - Returns: the numbers, without repetition.
  /// - Complexity: O(wanted + count · octaves² · 2^16).
  /// - Source: optimal grouping on a line by dynamic programming, Fisher (1958).
  func values(near wanted: [Double]) -> [Int] {
    var bins: [Int: Double] = [:]
    for x in wanted { bins[Int((log2(max(x, 1)) * 256).rounded()), default: 0] += 1 }
    let sorted = bins.sorted { $0.key < $1.key }
    let groups = grouped(sorted.map { (Double($0.key) / 256, $0.value) })
    return Array(Set(groups.map { nearest(exp2($0)) })).sorted()
  }

  /// Returns the means of the best groups of weighted points in ascending order.
  private func grouped(_ points: [(x: Double, weight: Double)]) -> [Double] {
    let n = points.count
    var (w, wx, wxx) = ([0.0], [0.0], [0.0])
    for (i, p) in points.enumerated() {
      w.append(w[i] + p.weight)
      wx.append(wx[i] + p.weight * p.x)
      wxx.append(wxx[i] + p.weight * p.x * p.x)
    }
    func cost(_ from: Int, _ to: Int) -> Double {
      let (sum, mass) = (wx[to] - wx[from], w[to] - w[from])
      return max(0, wxx[to] - wxx[from] - sum * sum / mass)
    }
    // best[i]: the least cost of the first i points in as many groups as there are rounds so far.
    var best = (0...n).map { $0 == 0 ? 0 : cost(0, $0) }
    var starts = [[Int](repeating: 0, count: n + 1)]
    for round in 1..<max(1, min(count, n)) {
      var (next, start) = ([Double](repeating: .infinity, count: n + 1), starts[0])
      for to in stride(from: round + 1, through: n, by: 1) {
        for from in round..<to where best[from] + cost(from, to) < next[to] {
          (next[to], start[to]) = (best[from] + cost(from, to), from)
        }
      }
      best = next
      starts.append(start)
    }
    var (result, end): ([Double], Int) = ([], n)
    for start in starts.reversed() where end > 0 {
      let from = start[end]
      result.append((wx[end] - wx[from]) / (w[end] - w[from]))
      end = from
    }
    return result
  }
}
