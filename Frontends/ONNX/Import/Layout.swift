// How the axes of an ONNX value lie in the elements of a node. Transpositions, reshapes and
// flattenings only change this description; elements are moved where an operator needs it.

/// The order of a value's elements in memory, told in terms of the value's axes.
///
/// A node holds its elements in row-major order of its *factors*, each at least 2; an axis of the
/// value is a product of factors, outermost first. An NCHW image that lies in memory as [H,W,C]
/// has the factors (H, W, C) and the axes batch, (2), (0), (1); flattened it has the axes batch,
/// (2, 0, 1), and its memory is as before. Axes of extent 1 have no factors. The batch axis, if
/// there is one, lies in no memory: a node computes one sample.
struct Layout: Hashable, Sendable {

  /// A part of an axis.
  enum Factor: Hashable, Sendable {
    /// The samples of a batch.
    case batch
    /// The factor at this position of the memory's order.
    case memory(Int)
  }

  /// The extents of the factors in the memory's order, outermost first, each at least 2.
  private(set) var factors: [Int]

  /// For each axis its factors, outermost first.
  private(set) var axes: [[Factor]]

  /// The number of samples of a batch; 1 if the value has no batch axis.
  let batch: Int

  /// Creates the layout of a value with the given extents whose axes, except that of the batch,
  /// lie in memory in the order `order`.
  ///
  /// - Precondition: `order` names every axis but `batchAxis` once.
  init(extents: [Int], order: [Int], batchAxis: Int? = nil) {
    factors = []
    axes = extents.map { _ in [] }
    batch = batchAxis.map { extents[$0] } ?? 1
    if let batchAxis { axes[batchAxis] = [.batch] }
    for axis in order where extents[axis] > 1 {
      axes[axis] = [.memory(factors.count)]
      factors.append(extents[axis])
    }
  }

  private init(factors: [Int], axes: [[Factor]], batch: Int) {
    self.factors = factors
    self.axes = axes
    self.batch = batch
  }

  /// The number of axes.
  var rank: Int { axes.count }

  /// The extents of the axes.
  var extents: [Int] {
    axes.map { $0.reduce(1) { $0 * extent(of: $1) } }
  }

  /// The number of elements of a sample.
  var count: Int { factors.reduce(1, *) }

  /// The axis that is the batch's, alone or as part of a product; `nil` if there is none.
  var batchAxis: Int? { axes.firstIndex { $0.contains(.batch) } }

  /// Returns the number of positions that `factor` counts.
  func extent(of factor: Factor) -> Int {
    switch factor {
    case .batch: batch
    case .memory(let i): factors[i]
    }
  }

  /// Returns the positions in memory of the factors of `axis`, outermost first.
  func positions(of axis: Int) -> [Int] {
    axes[axis].compactMap { if case .memory(let i) = $0 { i } else { nil } }
  }

  /// Returns the layout after the axes are permuted: axis i of the result is axis order[i].
  func transposed(_ order: [Int]) -> Layout {
    Layout(factors: factors, axes: order.map { axes[$0] }, batch: batch)
  }

  /// Returns the layout with an axis of extent 1 inserted before `position`.
  func inserting(at position: Int) -> Layout {
    var result = self
    result.axes.insert([], at: position)
    return result
  }

  /// Returns the layout without `axis`, whose extent is 1.
  func removing(axis: Int) -> Layout {
    var result = self
    result.axes.remove(at: axis)
    return result
  }

  /// Returns the layout of the same elements in the same row-major order of axes with other
  /// extents, `nil` if that order of elements cannot be told by factors of this memory.
  ///
  /// - Precondition: the extents have the product that the value's have.
  func reshaped(to extents: [Int]) -> Layout? {
    var rest = self
    // The one axis left holds what has not been taken, outermost first.
    rest.axes = [axes.flatMap { $0 }]
    var taken: [[Factor]] = []
    for extent in extents {
      var wanted = extent
      var axis: [Factor] = []
      while wanted > 1 {
        guard let next = rest.axes[0].first else { return nil }
        let available = rest.extent(of: next)
        if wanted % available == 0 {
          wanted /= available
        } else if available % wanted == 0, case .memory(let i) = next {
          rest.split(i, inner: available / wanted, in: &taken, &axis)
          wanted = 1
        } else {
          return nil
        }
        axis.append(rest.axes[0].removeFirst())
      }
      taken.append(axis)
    }
    return rest.axes[0].isEmpty ? Layout(factors: rest.factors, axes: taken, batch: batch) : nil
  }

  /// Divides factor `i` so that `inner` positions are its inner part, here and in `lists`.
  private mutating func split(
    _ i: Int, inner: Int, in lists: inout [[Factor]], _ list: inout [Factor]
  ) {
    factors[i] /= inner
    factors.insert(inner, at: i + 1)
    func divide(_ factors: [Factor]) -> [Factor] {
      factors.flatMap { factor -> [Factor] in
        guard case .memory(let j) = factor, j >= i else { return [factor] }
        return j == i ? [.memory(i), .memory(i + 1)] : [.memory(j + 1)]
      }
    }
    axes = axes.map(divide)
    lists = lists.map(divide)
    list = divide(list)
  }

  /// Returns the layout with factors divided such that along `axis` the products of the inner
  /// factors include all of `boundaries`, `nil` if a boundary divides no factor evenly.
  func refined(axis: Int, boundaries: [Int]) -> Layout? {
    var result = self
    for boundary in boundaries.sorted() {
      var inner = 1
      for factor in result.axes[axis].reversed() {
        guard inner < boundary else { break }
        let extent = result.extent(of: factor)
        if inner * extent > boundary {
          guard case .memory(let i) = factor, boundary % inner == 0,
            extent % (boundary / inner) == 0
          else { return nil }
          var none: [[Factor]] = []
          var list: [Factor] = []
          result.split(i, inner: boundary / inner, in: &none, &list)
          inner = boundary
        } else {
          inner *= extent
        }
      }
      guard inner == boundary else { return nil }
    }
    return result
  }

  /// Returns the products of the inner factors of `axis`, from the innermost alone to all but
  /// the outermost.
  func boundaries(of axis: Int) -> [Int] {
    var product = 1
    return axes[axis].reversed().dropLast().map {
      product *= extent(of: $0)
      return product
    }
  }

  /// Returns the layout of the same value in a memory whose factors come in the order `order`:
  /// factor i of the result is factor order[i].
  func rearranged(_ order: [Int]) -> Layout {
    var position = order
    for (new, old) in order.enumerated() { position[old] = new }
    return Layout(
      factors: order.map { factors[$0] },
      axes: axes.map { axis in
        axis.map { factor in
          if case .memory(let i) = factor { .memory(position[i]) } else { factor }
        }
      }, batch: batch)
  }

  /// Returns the layout with the last axis replaced by one factor, which lies in memory after the
  /// first `count` factors, the factors of the other axes.
  func replacingLast(by extent: Int, keeping count: Int) -> Layout {
    var result = self
    result.factors = Array(factors.prefix(count)) + (extent > 1 ? [extent] : [])
    result.axes[rank - 1] = extent > 1 ? [.memory(count)] : []
    return result
  }

  /// Returns the layout with the factors of `axis`, which lie together in memory, replaced by one
  /// of the given extent, before which `start` factors of other axes lie.
  func replacing(axis: Int, by extent: Int, at start: Int) -> Layout {
    let others = factors.indices.filter { !positions(of: axis).contains($0) }
    var result = keeping(others)
    guard extent > 1 else { return result }
    result.factors.insert(extent, at: start)
    result.axes = result.axes.map { axis in
      axis.map { factor in
        if case .memory(let i) = factor, i >= start { .memory(i + 1) } else { factor }
      }
    }
    result.axes[axis] = [.memory(start)]
    return result
  }

  /// Returns the layout of a memory with the factors `kept` alone, in that order; the others are
  /// gone from their axes.
  func keeping(_ kept: [Int]) -> Layout {
    Layout(
      factors: kept.map { factors[$0] },
      axes: axes.map { axis in
        axis.compactMap { factor in
          guard case .memory(let i) = factor else { return factor }
          return kept.firstIndex(of: i).map { .memory($0) }
        }
      }, batch: batch)
  }

  /// The axes in the order in which they lie in memory if each lies there in one piece and in its
  /// own order, else `nil`; axes of extent 1 come where they would in row-major order.
  var axisOrder: [Int]? {
    var first: [(position: Int, axis: Int)] = []
    var next = 0
    for axis in axes.indices where axis != batchAxis {
      let positions = positions(of: axis)
      if let start = positions.first {
        guard positions == Array(start..<start + positions.count) else { return nil }
        next = start + positions.count
        first.append((start, axis))
      } else {
        // Between the factors of its neighbours: after what comes before it.
        first.append((next, axis))
      }
    }
    return first.sorted {
      ($0.position, $0.axis) < ($1.position, $1.axis)
    }.map(\.axis)
  }
}
