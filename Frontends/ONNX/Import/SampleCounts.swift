// What constants have to do with the number of samples while the batch is open: a stand-in is
// computed with, so it must be known of every number whether it follows from it.

internal import Diagnostics

/// How a number follows from the number of samples.
enum SampleDependence: Int, Comparable, Sendable {
  /// Not at all: it is the same for any number.
  case none
  /// It is a whole multiple of the number: an extent that holds the batch.
  case multiple
  /// In another way; it is not known while the batch is open.
  case other

  static func < (a: SampleDependence, b: SampleDependence) -> Bool { a.rawValue < b.rawValue }
}

/// How a constant follows from the number of samples.
struct SampleCounts: Sendable {

  /// That of the elements, in row-major order; a single one stands for all.
  private let elements: [SampleDependence]

  /// The strongest of the extents.
  let extents: SampleDependence

  /// The largest number of elements that are told apart; no list of extents is longer.
  static let limit = 4096

  /// Of something that follows from the number in a way that is not known.
  static let unknown = SampleCounts(.other, extents: .other)

  /// Creates that of a constant whose elements are alike.
  init(_ all: SampleDependence, extents: SampleDependence) {
    elements = [all]
    self.extents = extents
  }

  /// Creates that of a constant from its elements, `nil` if nothing follows from the number.
  init?(_ elements: [SampleDependence], extents: SampleDependence) {
    guard extents != .none || elements.contains(where: { $0 != .none }) else { return nil }
    let isUniform = elements.allSatisfy { $0 == elements[0] }
    self.elements = isUniform ? Array(elements.prefix(1)) : elements
    self.extents = extents
  }

  /// The strongest of the elements.
  var strongest: SampleDependence { elements.max() ?? .none }

  /// That of the element at `position`.
  subscript(position: Int) -> SampleDependence {
    if elements.count == 1 { return elements[0] }
    return elements.indices.contains(position) ? elements[position] : .none
  }

  /// The dependences of all elements, as numbers that can be moved as the elements are.
  fileprivate func codes(count: Int) -> [Int] { (0..<count).map { self[$0].rawValue } }
}

extension OperatorDefinition {

  /// Returns how a constant result of `call` follows from the number of samples, `nil` if not.
  ///
  /// - Parameters:
  ///   - result: the result.
  ///   - index: which of the results it is.
  ///   - call: the call, with what is known of its operands.
  ///   - builder: takes account of the work.
  /// - Returns: the dependence.
  /// - Throws: what reading the operands throws.
  func sampleCounts(
    of result: ONNXTensor, _ index: Int, _ call: NodeCall, _ builder: inout GraphBuilder
  ) throws(Diagnostic) -> SampleCounts? {
    if traits.contains(.givesExtents) { return try call.countsOfExtents() }
    let strongest = call.counts.map { $0?.strongest ?? .none }
    let extents = call.counts.map { $0?.extents ?? .none }.max() ?? .none
    guard max(strongest.max() ?? .none, extents) != .none else { return nil }
    if traits.contains(.movesElements) {
      return try movedCounts(result, index, call, &builder)
    }
    switch (domain, opType) {
    case ("", "ConstantOfShape"):
      return SampleCounts([.none], extents: strongest.max() ?? .none)
    case ("", "ReduceProd"):
      guard result.count == 1, extents == .none, let counts = call.counts[0],
        let count = call.optional(0)?.extents.reduce(1, *)
      else { return .unknown }
      let codes = counts.codes(count: count).filter { $0 > 0 }
      return SampleCounts(codes == [1] ? .multiple : .other, extents: .none)
    default:
      guard domain.isEmpty, let rule = ElementRule(opType) else { return .unknown }
      return try call.countsOfElements(result, rule, extents: extents)
    }
  }

  /// Returns the dependences moved as the elements are.
  private func movedCounts(
    _ result: ONNXTensor, _ index: Int, _ call: NodeCall, _ builder: inout GraphBuilder
  ) throws(Diagnostic) -> SampleCounts? {
    let data = opType == "Concat" ? call.operands.count : 1
    var extents = call.counts.prefix(data).map { $0?.extents ?? .none }.max() ?? .none
    for counts in call.counts.dropFirst(data) {
      guard let counts, counts.strongest != .none || counts.extents != .none else { continue }
      // A shape gives the extents; positions decide which elements there are.
      guard traits.contains(.takesExtents), opType != "Slice" else { return .unknown }
      extents = max(extents, counts.strongest, counts.extents)
    }
    let strongest = call.counts.prefix(data).map { $0?.strongest ?? .none }.max() ?? .none
    guard strongest != .none else { return SampleCounts([.none], extents: extents) }
    guard result.count <= SampleCounts.limit else {
      return SampleCounts(strongest, extents: extents)
    }
    var moved = call
    for i in 0..<data {
      guard case .constant(let constant) = call.operands[i] else { return .unknown }
      let codes = call.counts[i]?.codes(count: constant.count)
      moved.operands[i] = .constant(
        ONNXTensor(
          integers: codes ?? [Int](repeating: 0, count: constant.count), extents: constant.extents))
    }
    let results = try self.results(moved, &builder)
    guard results.indices.contains(index), case .constant(let codes) = results[index] else {
      return .unknown
    }
    return SampleCounts(
      try codes.elements.integers().map { SampleDependence(rawValue: $0) ?? .other },
      extents: extents)
  }
}

extension NodeCall {

  /// Returns how the extents of the operand, or their product, follow from the number of samples.
  fileprivate func countsOfExtents() throws(Diagnostic) -> SampleCounts? {
    var axes: [SampleDependence] = []
    switch try operand(0) {
    case .value(let value):
      axes = value.layout.axes.map { $0.contains(.batch) ? .multiple : .none }
    case .constant(let constant):
      guard let counts = counts[0], counts.extents != .none else { return nil }
      guard counts.extents == .multiple else { return SampleCounts(.other, extents: .none) }
      axes = constant.extents.map { $0 % BatchReading.openExtent == 0 ? .multiple : .none }
    }
    guard node.opType == "Shape" else {
      let codes = axes.filter { $0 != .none }
      return SampleCounts([codes.count > 1 ? .other : codes.first ?? .none], extents: .none)
    }
    let shape = try shape(of: axes.map(\.rawValue)).elements.integers()
    return SampleCounts(shape.map { SampleDependence(rawValue: $0) ?? .other }, extents: .none)
  }

  /// Returns the dependences of what is computed element by element, `nil` if there are none.
  fileprivate func countsOfElements(
    _ result: ONNXTensor, _ rule: ElementRule, extents: SampleDependence
  ) throws(Diagnostic) -> SampleCounts? {
    let used = node.opType == "CastLike" ? 1 : operands.count
    guard (1...3).contains(used) else { return .unknown }
    let strongest = counts.prefix(used).map { $0?.strongest ?? .none }.max() ?? .none
    guard strongest != .none else { return SampleCounts([.none], extents: extents) }
    guard result.count <= SampleCounts.limit else { return SampleCounts(.other, extents: extents) }
    var terms: [[ElementRule.Term]] = []
    for i in 0..<used {
      guard case .constant(let constant) = operands[i] else { return .unknown }
      let codes = (counts[i]?.codes(count: constant.count)).map { $0.map { Double($0) } }
      let states = codes ?? [Double](repeating: 0, count: constant.count)
      let values = try numbers(i)
      terms.append(
        zip(
          expanded(values, constant.extents, to: result.extents),
          expanded(states, constant.extents, to: result.extents)
        ).map {
          ElementRule.Term(value: $0, state: SampleDependence(rawValue: Int($1)) ?? .other)
        })
    }
    let values = try NodeCall.numbers(of: result)
    let standIn = Double(BatchReading.openExtent)
    let elements = values.indices.map { i in
      let state = rule.dependence(of: terms.map { $0[i] })
      let isMultiple = values[i].truncatingRemainder(dividingBy: standIn) == 0
      return state == .multiple && !isMultiple ? .other : state
    }
    return SampleCounts(elements, extents: extents)
  }

  private static func numbers(of constant: ONNXTensor) throws(Diagnostic) -> [Double] {
    constant.type.isInteger
      ? try constant.elements.integers().map { Double($0) }
      : try constant.elements.floats().map { Double($0) }
  }
}

/// How the result of an operator on single numbers follows from the number of samples.
private enum ElementRule {
  case same
  case sum
  case product
  case quotient
  case comparison
  case choice
  case unknown

  /// An operand.
  struct Term {
    var value: Double
    var state: SampleDependence
  }

  /// Creates the rule of a standard operator, `nil` if it may not work element by element.
  init?(_ opType: String) {
    switch opType {
    case "Cast", "CastLike", "Identity", "Neg", "Abs", "Floor", "Ceil", "Round": self = .same
    case "Add", "Sub": self = .sum
    case "Mul": self = .product
    case "Div": self = .quotient
    case "Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual": self = .comparison
    case "Where": self = .choice
    case "Mod", "Pow", "Max", "Min", "Not", "And", "Or", "Sqrt", "Reciprocal", "Relu", "Exp", "Log":
      self = .unknown
    default: return nil
    }
  }

  /// Returns the dependence of the result of `terms`, of which some follow from the number.
  func dependence(of terms: [Term]) -> SampleDependence {
    let strongest = terms.map(\.state).max() ?? .none
    guard strongest != .none else { return .none }
    if self == .choice, terms.count == 3 {
      return terms[0].state == .none ? terms[terms[0].value != 0 ? 1 : 2].state : .other
    }
    guard strongest == .multiple else { return .other }
    if self == .same { return .multiple }
    guard terms.count == 2 else { return .other }
    let (a, b) = (terms[0], terms[1])
    let areBoth = a.state == b.state
    switch self {
    case .sum:
      // k·N + m·N, k·N + 0
      return areBoth || (a.state == .none ? a : b).value == 0 ? .multiple : .other
    case .product:
      if areBoth { return .other }
      return (a.state == .none ? a : b).value == 0 ? .none : .multiple
    case .quotient:
      // k·N / m·N is the same for any N.
      if areBoth { return .none }
      let isWhole =
        a.state == .multiple && b.value != 0
        && a.value.truncatingRemainder(dividingBy: b.value) == 0
      return isWhole ? .multiple : .other
    case .comparison:
      // N is 1 or more: it is larger than −1, by which exporters mark an extent left open.
      let (count, bound) = a.state == .none ? (b, a) : (a, b)
      return areBoth || (count.value > 0 && bound.value <= 0) ? .none : .other
    case .same, .choice, .unknown:
      return .other
    }
  }
}
