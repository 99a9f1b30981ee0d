// Permutations of a value's elements that reshapes and transpositions make up, in normal form.

internal import SpikeIR

/// How the elements of a value are arranged, relative to another value, its *base*, which has the
/// same elements.
///
/// value = reshape(transpose(reshape(base, factors), order), shape)
struct Rearrangement: Hashable {

  /// The extents into which the base is divided; none is 1, and none but has to be divided.
  private(set) var factors: [Int]

  /// The factor that is dimension i of the transposition, for each i.
  private(set) var order: [Int]

  /// The shape of the value.
  private(set) var shape: Shape

  /// Creates the arrangement of a value that is its own base.
  init(of shape: Shape) {
    factors = shape.extents
    order = Array(factors.indices)
    self.shape = shape
    normalize()
  }

  private init(factors: [Int], order: [Int], shape: Shape) {
    (self.factors, self.order, self.shape) = (factors, order, shape)
  }

  /// `true` iff the elements are in the same row-major order as in the base.
  var keepsOrder: Bool { order == Array(order.indices) }

  /// The extents of the transposition.
  private var permuted: [Int] { order.map { factors[$0] } }

  /// Returns the arrangement of a reshape of the value.
  func reshaped(to shape: Shape) -> Rearrangement {
    Rearrangement(factors: factors, order: order, shape: shape)
  }

  /// Returns the arrangement of a transposition of the value; `nil` if the value's dimensions
  /// divide the base in a way that no factors express.
  func transposed(_ permutation: [Int]) -> Rearrangement? {
    guard let parts = Refinement(permuted, shape.extents) else { return nil }
    var result = splitting(by: parts.first, of: parts.pieces, isPermuted: true)
    result.order = permutation.flatMap { parts.second[$0].map { result.order[$0] } }
    result.shape = Shape(permutation.map { shape[$0] })
    result.normalize()
    return result
  }

  /// Returns the arrangement with finer factors, so that every dimension of the base and of the
  /// value is made of whole factors; `nil` if there are none.
  func aligned(to base: Shape) -> Alignment? {
    guard let own = Refinement(factors, base.extents) else { return nil }
    let whole = splitting(by: own.first, of: own.pieces, isPermuted: false)
    guard let value = Refinement(whole.permuted, shape.extents) else { return nil }
    let fine = whole.splitting(by: value.first, of: value.pieces, isPermuted: true)
    guard let baseParts = Refinement(fine.factors, base.extents) else { return nil }
    return Alignment(
      factors: fine.factors, order: fine.order, base: baseParts.second, value: value.second)
  }

  /// Returns, for each element of a transposition in row-major order, its index in the operand.
  ///
  /// - Complexity: O(elements · factors).
  static func permutation(_ factors: [Int], _ order: [Int]) -> [Int] {
    let strides = order.map { factors[($0 + 1)...].reduce(1, *) }
    return Shape(order.map { factors[$0] }).mapIndicesToValues { index in
      zip(index, strides).reduce(0) { $0 + $1.0 * $1.1 }
    }
  }

  /// Returns the arrangement with each factor divided into the pieces of its group.
  ///
  /// - Parameters:
  ///   - groups: the pieces of each factor, or of each dimension of the transposition.
  ///   - pieces: the extents of all pieces.
  ///   - isPermuted: whether groups follow the transposition rather than the factors.
  /// - Returns: the same arrangement with other factors.
  private func splitting(
    by groups: [Range<Int>], of pieces: [Int], isPermuted: Bool
  ) -> Rearrangement {
    var parts = [[Int]](repeating: [], count: factors.count)
    for (i, group) in groups.enumerated() {
      parts[isPermuted ? order[i] : i] = Array(pieces[group])
    }
    var starts: [Int] = []
    var fine: [Int] = []
    for part in parts {
      starts.append(fine.count)
      fine += part
    }
    let newOrder = order.flatMap { k in parts[k].indices.map { starts[k] + $0 } }
    return Rearrangement(factors: fine, order: newOrder, shape: shape)
  }

  /// Drops factors of 1 and joins those that stay together.
  private mutating func normalize() {
    var runs: [[Int]] = []
    for k in order where factors[k] != 1 {
      let previous = runs.last?.last
      let follows = previous.map { p in
        p < k && factors[(p + 1)..<k].allSatisfy { $0 == 1 }
      }
      if follows ?? false { runs[runs.count - 1].append(k) } else { runs.append([k]) }
    }
    let sorted = runs.sorted { $0[0] < $1[0] }
    order = runs.map { run in sorted.firstIndex { $0[0] == run[0] } ?? 0 }
    factors = sorted.map { $0.reduce(1) { $0 * factors[$1] } }
  }
}

/// An arrangement whose factors fit the dimensions of both sides.
struct Alignment {

  /// The extents into which base and value are divided.
  let factors: [Int]

  /// The factor at each position of the value.
  let order: [Int]

  /// The factors of each dimension of the base.
  let base: [Range<Int>]

  /// The positions in `order` of each dimension of the value.
  let value: [Range<Int>]

  /// The base's dimension for each of the value's, if whole dimensions are permuted, with which
  /// a transposition makes one of the other.
  var dimensions: [Int]? {
    guard base.count == value.count else { return nil }
    var free = base.indices.filter { base[$0].isEmpty }
    var result: [Int] = []
    for positions in value {
      if positions.isEmpty {
        // Dimensions of extent 1 may stand anywhere.
        guard !free.isEmpty else { return nil }
        result.append(free.removeFirst())
      } else {
        let wanted = positions.map { order[$0] }
        guard let e = base.firstIndex(where: { Array($0) == wanted }) else { return nil }
        result.append(e)
      }
    }
    return result
  }

  /// The order of the base's dimensions, if they are permuted as a whole, whatever becomes of
  /// them then.
  var wholeDimensions: [Int]? {
    var result: [Int] = []
    var i = 0
    while i < order.count {
      guard let e = base.firstIndex(where: { $0.contains(order[i]) }),
        i + base[e].count <= order.count,
        Array(order[i..<(i + base[e].count)]) == Array(base[e])
      else { return nil }
      result.append(e)
      i += base[e].count
    }
    return result + base.indices.filter { base[$0].isEmpty }
  }

  /// The only dimension of base and value inside which elements move, if there is one.
  var onlyDimension: Int? {
    guard base == value else { return nil }
    let moved = base.indices.filter { d in base[d].contains { order[$0] != $0 } }
    guard moved.count == 1, let d = moved.first,
      base[d].allSatisfy({ base[d].contains(order[$0]) })
    else { return nil }
    return d
  }

  /// The number of leading factors, if those of the value's last dimension are the last of the
  /// base.
  var leading: Int? {
    guard let last = value.last else { return nil }
    let count = order.count - last.count
    return last.allSatisfy { order[$0] >= count } ? count : nil
  }
}

/// The coarsest division of two lists of extents with one product into common pieces.
private struct Refinement {

  /// The extents of the pieces.
  private(set) var pieces: [Int] = []

  /// The pieces of each extent of the first list.
  private(set) var first: [Range<Int>] = []

  /// The pieces of each extent of the second list.
  private(set) var second: [Range<Int>] = []

  /// Divides two lists; `nil` if an extent of one begins inside a piece of the other.
  ///
  /// - Precondition: the lists have the same product.
  init?(_ a: [Int], _ b: [Int]) {
    var (restA, restB) = (1, 1)
    while true {
      while restA == 1, first.count < a.count {
        restA = a[first.count]
        first.append(pieces.count..<pieces.count)
      }
      while restB == 1, second.count < b.count {
        restB = b[second.count]
        second.append(pieces.count..<pieces.count)
      }
      if restA == 1, restB == 1 { return }
      let piece = min(restA, restB)
      guard piece > 1, restA.isMultiple(of: piece), restB.isMultiple(of: piece) else { return nil }
      pieces.append(piece)
      first[first.count - 1] = first[first.count - 1].lowerBound..<pieces.count
      second[second.count - 1] = second[second.count - 1].lowerBound..<pieces.count
      restA /= piece
      restB /= piece
    }
  }
}
