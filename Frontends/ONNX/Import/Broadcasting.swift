// Operands element by element: which factors of the one correspond to which of the other, so that
// as little as possible moves in memory.

internal import Diagnostics
internal import SpikeIR

extension GraphBuilder {

  /// Returns the factors of `value` that each dimension of its node consists of; each factor alone
  /// if the node's dimensions are no products of factors.
  func dimensions(of value: Value) -> [[Int]] {
    let factors = value.layout.factors
    var groups: [[Int]] = []
    var next = 0
    for extent in graph[value.node].shape.extents {
      var product = 1
      var group: [Int] = []
      while product < extent, next < factors.count {
        product *= factors[next]
        group.append(next)
        next += 1
      }
      guard product == extent else { return factors.indices.map { [$0] } }
      groups.append(group)
    }
    return next == factors.count ? groups : factors.indices.map { [$0] }
  }

  /// Returns `value` with each axis one piece of memory, in the order of the axes.
  mutating func rowMajor(_ value: Value, for site: NodeSite) throws(Diagnostic) -> Value {
    var result = try contiguous(value, for: site)
    guard let layout = result.layout.reshaped(to: value.extents) else { throw .mixesBatch(site) }
    result.layout = layout
    return result
  }
}

// MARK: a value and a constant

/// How the constant of an element-wise operator lies against the dimensions of a node.
private struct Alignment {

  /// Extents that divide the constant's elements so that each belongs to one factor.
  var extents: [Int] = []

  /// For each dimension of the tensor the dimension among `extents`.
  var order: [Int] = []

  /// The shape of the tensor, which broadcasts to the node's dimensions.
  var shape: Shape = []

  /// Creates the alignment of a constant of the given extents to a value whose node has the
  /// dimensions `groups`; `nil` if a dimension varies in part, or if the constant has more
  /// positions than the value.
  init?(_ constant: [Int], to layout: Layout, groups: [[Int]]) {
    var index: [Int: Int] = [:]
    for (offset, extent) in constant.reversed().enumerated() where extent != 1 {
      let axis = layout.rank - 1 - offset
      guard axis >= 0, layout.extents[axis] == extent, !layout.axes[axis].contains(.batch) else {
        return nil
      }
    }
    for axis in layout.axes.indices {
      let own = axis - layout.rank + constant.count
      guard own >= 0, constant[own] != 1 else { continue }
      for position in layout.positions(of: axis) {
        index[position] = extents.count
        extents.append(layout.factors[position])
      }
    }
    for group in groups {
      let varying = group.compactMap { index[$0] }
      guard varying.count == group.count || varying.isEmpty else { return nil }
      order += varying
      shape = Shape(shape.extents + [varying.reduce(1) { $0 * extents[$1] }])
    }
    // Leading dimensions of extent 1 say nothing.
    shape = Shape(Array(shape.extents.drop { $0 == 1 }))
    if shape.rank == 0 { shape = [1] }
  }
}

/// The constant part of an affine function.
enum AffineTerm {
  /// What the value is multiplied by.
  case factor(ONNXTensor)
  /// What is added to the value.
  case offset(ONNXTensor)

  /// The constant.
  var constant: ONNXTensor {
    switch self {
    case .factor(let x), .offset(let x): x
    }
  }

  /// The combination of two values that has the same meaning.
  fileprivate var kind: Elementwise.Kind {
    switch self {
    case .factor: .multiply
    case .offset: .add
    }
  }
}

extension GraphBuilder {

  /// Adds value · factor, or value + offset.
  ///
  /// - Parameters:
  ///   - value: the operand.
  ///   - term: the factors or offsets, which broadcast against the value.
  ///   - site: the node.
  ///   - suffix: names the node if it is not the main one of the site.
  ///   - change: what to do with the constant's elements when they are loaded, if anything.
  /// - Returns: the result.
  /// - Throws: `onnx.bad-node` if the extents do not broadcast.
  mutating func affine(
    _ value: Value, _ term: AffineTerm, for site: NodeSite, _ suffix: String? = nil,
    _ change: (@Sendable ([Float]) -> [Float])? = nil
  ) throws(Diagnostic) -> Value {
    var value = value
    let constant = term.constant
    while value.rank < constant.extents.count {
      value.layout = value.layout.inserting(at: 0)
    }
    let role = term.kind == .add ? "offset" : "factor"
    guard let (groups, id) = aligned(constant, to: value, for: site, role, change) else {
      let other = try node(of: constant, for: site, change)
      return try combined(term.kind, value, other, for: site, suffix)
    }
    let node = try node(of: value, dimensions: groups, for: site)
    let op =
      if case .factor = term { Scale(factor: id, offset: nil) } else {
        Scale(factor: nil, offset: id)
      }
    return Value(try add(.scale(op), [node], for: site, suffix), value.layout)
  }

  /// Adds `constant` to the tensors in a shape that broadcasts to a node of `value`.
  ///
  /// - Parameters:
  ///   - constant: a constant that broadcasts to the value.
  ///   - value: the value.
  ///   - site: the node.
  ///   - role: what the constant is, for one without a name.
  ///   - change: what to do with the constant's elements when they are loaded, if anything.
  /// - Returns: the dimensions of the node and the tensor; `nil` if the constant has more positions
  ///   than the value.
  mutating func aligned(
    _ constant: ONNXTensor, to value: Value, for site: NodeSite, _ role: String,
    _ change: (@Sendable ([Float]) -> [Float])? = nil
  ) -> (dimensions: [[Int]], tensor: TensorID)? {
    // The node's own dimensions if the constant varies along whole ones, else each factor's.
    let factors = value.layout.factors.indices.map { [$0] }
    for groups in [dimensions(of: value), factors.isEmpty ? [[]] : factors] {
      guard let found = Alignment(constant.extents, to: value.layout, groups: groups) else {
        continue
      }
      let id = tensor(
        constant, extents: found.extents, order: found.order, shape: found.shape, for: site,
        role, change)
      return (groups, id)
    }
    return nil
  }

  /// Adds value · factor.
  mutating func scaled(
    _ value: Value, by factor: Float, for site: NodeSite, _ suffix: String? = nil
  ) throws(Diagnostic) -> Value {
    try affine(value, .factor(ONNXTensor(factor)), for: site, suffix)
  }

  /// Adds value + offset.
  mutating func shifted(
    _ value: Value, by offset: Float, for site: NodeSite, _ suffix: String? = nil
  ) throws(Diagnostic) -> Value {
    try affine(value, .offset(ONNXTensor(offset)), for: site, suffix)
  }

  /// Adds a function of each element.
  mutating func mapped(
    _ value: Value, _ op: Op, for site: NodeSite, _ suffix: String? = nil
  ) throws(Diagnostic) -> Value {
    Value(try add(op, [value.node], for: site, suffix), value.layout)
  }
}

extension ONNXTensor {

  /// Creates a number.
  init(_ number: Float) {
    self.init(name: "", type: .float, extents: [], elements: ONNXNumbers([Double(number)]))
  }
}

// MARK: two values

/// The factors of two values that broadcast against each other.
private struct Correspondence {

  /// A factor of the result and where it lies in the memory of the operands.
  struct Pair {
    var first: Int?
    var second: Int?
  }

  /// The factors of the result for each axis, outermost first.
  var axes: [[Pair]] = []

  /// The axis that is the batch's, if any.
  var batchAxis: Int?

  /// Creates the correspondence of two layouts of the same rank whose factors agree along every
  /// axis; `nil` if they do not.
  init?(_ a: Layout, _ b: Layout) {
    for axis in a.axes.indices {
      let (x, y) = (a.axes[axis], b.axes[axis])
      if x.contains(.batch) || y.contains(.batch) {
        guard batchAxis == nil, x.allSatisfy({ $0 == .batch }), y.allSatisfy({ $0 == .batch })
        else { return nil }
        batchAxis = axis
      }
      let (p, q) = (a.positions(of: axis), b.positions(of: axis))
      guard p.isEmpty || q.isEmpty || p.map({ a.factors[$0] }) == q.map({ b.factors[$0] }) else {
        return nil
      }
      axes.append(
        (0..<max(p.count, q.count)).map { i in
          Pair(first: p.isEmpty ? nil : p[i], second: q.isEmpty ? nil : q[i])
        })
    }
  }
}

extension GraphBuilder {

  /// Adds the combination of two values element by element.
  ///
  /// - Throws: `onnx.bad-node` if the extents do not broadcast, `onnx.batch-axis`.
  mutating func combined(
    _ kind: Elementwise.Kind, _ a: Value, _ b: Value, for site: NodeSite, _ suffix: String? = nil
  ) throws(Diagnostic) -> Value {
    var (a, b) = (a, b)
    while a.rank < b.rank { a.layout = a.layout.inserting(at: 0) }
    while b.rank < a.rank { b.layout = b.layout.inserting(at: 0) }
    guard zip(a.extents, b.extents).allSatisfy({ $0 == $1 || $0 == 1 || $1 == 1 }) else {
      throw .badNode(site, "has operands of the extents \(a.extents) and \(b.extents)")
    }
    var pairs = refine(&a.layout, &b.layout)
    if pairs == nil {
      a = try rowMajor(a, for: site)
      b = try rowMajor(b, for: site)
      pairs = refine(&a.layout, &b.layout)
    }
    guard let pairs else { throw .mixesBatch(site) }
    return try combined(kind, a, b, pairs, for: site, suffix)
  }

  /// Divides factors until those of both layouts agree.
  private func refine(_ a: inout Layout, _ b: inout Layout) -> Correspondence? {
    for axis in a.axes.indices where a.extents[axis] == b.extents[axis] {
      guard let finer = a.refined(axis: axis, boundaries: b.boundaries(of: axis)),
        let other = b.refined(axis: axis, boundaries: finer.boundaries(of: axis))
      else { return nil }
      (a, b) = (finer, other)
    }
    return Correspondence(a, b)
  }

  private mutating func combined(
    _ kind: Elementwise.Kind, _ a: Value, _ b: Value, _ match: Correspondence,
    for site: NodeSite, _ suffix: String?
  ) throws(Diagnostic) -> Value {
    let pairs = match.axes.flatMap { $0 }
    // The result lies as the operand does that has all factors, else in the order of the axes.
    var groups: [[Correspondence.Pair]]
    if pairs.allSatisfy({ $0.first != nil }) {
      groups = dimensions(of: a).map { group in
        group.compactMap { i in pairs.first { $0.first == i } }
      }
    } else if pairs.allSatisfy({ $0.second != nil }) {
      groups = dimensions(of: b).map { group in
        group.compactMap { i in pairs.first { $0.second == i } }
      }
    } else {
      groups = pairs.map { [$0] }
    }
    let isMixed = groups.contains { group in
      let (x, y) = (group.compactMap(\.first), group.compactMap(\.second))
      return (!x.isEmpty && x.count != group.count) || (!y.isEmpty && y.count != group.count)
    }
    if isMixed { groups = groups.flatMap { $0.map { [$0] } } }
    if groups.isEmpty { groups = [[]] }
    let x = try node(of: a, dimensions: groups.map { $0.compactMap(\.first) }, for: site)
    let y = try node(of: b, dimensions: groups.map { $0.compactMap(\.second) }, for: site)
    let node = try add(.elementwise(Elementwise(kind)), [x, y], for: site, suffix)
    let extents = zip(a.extents, b.extents).map { max($0, $1) }
    return Value(node, match.layout(extents, order: groups.flatMap { $0 }, a.layout, b.layout))
  }
}

extension Correspondence {

  /// Returns the layout of the result whose factors lie in memory in the order `order`.
  fileprivate func layout(
    _ extents: [Int], order: [Pair], _ a: Layout, _ b: Layout
  ) -> Layout {
    // Each factor is an axis of its own first; then the axes are what they are products of.
    let extent = { (pair: Pair) -> Int in
      pair.first.map { a.factors[$0] } ?? pair.second.map { b.factors[$0] } ?? 1
    }
    var fine: [Int] = []
    var position: [Pair] = []
    var batch: Int?
    for (axis, pairs) in axes.enumerated() {
      if axis == batchAxis {
        batch = fine.count
        fine.append(extents[axis])
        position.append(Pair())
      }
      for pair in pairs {
        fine.append(extent(pair))
        position.append(pair)
      }
    }
    let memory = order.compactMap { pair in
      position.firstIndex { $0 == pair && $0 != Pair() }
    }
    let layout = Layout(extents: fine, order: memory, batchAxis: batch)
    return layout.reshaped(to: extents) ?? layout
  }
}

extension Correspondence.Pair: Equatable {}
