// Sums, products and their kin of values and constants, with the standard's broadcasting.

internal import Diagnostics
internal import SpikeIR

extension OperatorDefinition {

  /// The operators on pairs and lists of operands.
  static let arithmetic: [OperatorDefinition] = [
    OperatorDefinition(
      "Add", operands: 2, "broadcasting", [.changedInOpset7, .keepsAxes, .wrapsIntegers],
      fold: { (call) throws(Diagnostic) in try call.folded(+) }
    ) { (call, builder) throws(Diagnostic) in [.value(try builder.sum(call, sign: 1))] },
    OperatorDefinition(
      "Sub", operands: 2, "broadcasting", [.changedInOpset7, .keepsAxes, .wrapsIntegers],
      fold: { (call) throws(Diagnostic) in try call.folded(-) }
    ) { (call, builder) throws(Diagnostic) in [.value(try builder.sum(call, sign: -1))] },
    OperatorDefinition(
      "Mul", operands: 2, "broadcasting; of two values: imported, not converted",
      [.changedInOpset7, .keepsAxes, .wrapsIntegers],
      fold: { (call) throws(Diagnostic) in try call.folded(*) }
    ) { (call, builder) throws(Diagnostic) in [.value(try builder.multiplied(call))] },
    OperatorDefinition(
      "Div", operands: 2,
      "broadcasting, of integers towards zero; by a value: imported, not converted",
      [.changedInOpset7, .keepsAxes],
      fold: { (call) throws(Diagnostic) in try call.foldedQuotient() }
    ) { (call, builder) throws(Diagnostic) in [.value(try builder.divided(call))] },
    OperatorDefinition("Sum", operands: .max, "any number of operands, broadcasting", [.keepsAxes])
    {
      (call, builder) throws(Diagnostic) in [.value(try builder.combined(.add, call))]
    },
    OperatorDefinition(
      "Mean", operands: .max, "any number of operands, broadcasting", [.keepsAxes, .needsReals]
    ) {
      (call, builder) throws(Diagnostic) in [.value(try builder.mean(call))]
    },
    OperatorDefinition(
      "Max", operands: .max, "any number of operands, broadcasting", [.keepsAxes],
      fold: { (call) throws(Diagnostic) in try call.folded(least: 1) { max($0, $1) } }
    ) { (call, builder) throws(Diagnostic) in [.value(try builder.combined(.maximum, call))] },
    OperatorDefinition(
      "Min", operands: .max, "any number of operands, broadcasting", [.keepsAxes],
      fold: { (call) throws(Diagnostic) in try call.folded(least: 1) { min($0, $1) } }
    ) { (call, builder) throws(Diagnostic) in [.value(try builder.combined(.minimum, call))] },
  ]
}

extension GraphBuilder {

  /// Adds the sum or, with the sign −1, the difference of two operands.
  mutating func sum(
    _ call: NodeCall, sign: Float
  ) throws(Diagnostic) -> Value {
    let site = call.site
    switch (try call.operand(0), try call.operand(1)) {
    case (.value(let a), .value(let b)):
      return try combined(sign > 0 ? .add : .subtract, a, b, for: site)
    case (.value(let a), .constant(let b)):
      let negate: (@Sendable ([Float]) -> [Float])? =
        sign > 0 ? nil : { @Sendable (x: [Float]) -> [Float] in x.map { -$0 } }
      return try affine(a, .offset(b), for: site, nil, negate)
    case (.constant(let a), .value(let b)):
      let term = sign > 0 ? b : try scaled(b, by: -1, for: site, "negative")
      return try affine(term, .offset(a), for: site)
    case (.constant, .constant(let b)):
      let a = try call.value(0, &self)
      return try combined(
        sign > 0 ? .add : .subtract, a, try node(of: b, for: site), for: site)
    }
  }

  fileprivate mutating func multiplied(_ call: NodeCall) throws(Diagnostic) -> Value {
    let site = call.site
    switch (try call.operand(0), try call.operand(1)) {
    case (.value(let a), .value(let b)):
      return try combined(.multiply, a, b, for: site)
    case (.value(let a), .constant(let b)), (.constant(let b), .value(let a)):
      return try affine(a, .factor(b), for: site)
    case (.constant, .constant(let b)):
      let a = try call.value(0, &self)
      return try combined(.multiply, a, try node(of: b, for: site), for: site)
    }
  }

  fileprivate mutating func divided(_ call: NodeCall) throws(Diagnostic) -> Value {
    let site = call.site
    let isWhole = try call.operand(0).type?.isInteger ?? false
    switch (try call.operand(0), try call.operand(1)) {
    case (.value(let a), .constant(let b)) where !isWhole:
      return try affine(a, .factor(b), for: site, nil) { x in x.map { 1 / $0 } }
    case (_, let b):
      let a = try call.value(0, &self)
      let b = try b.value(&self, site)
      guard isWhole else { return try combined(.divide, a, b, for: site) }
      // The rounded quotient of integers below 2^24 is whole only if the exact one is.
      let quotient = try combined(.divide, a, b, for: site, "quotient")
      return try truncated(quotient, for: site)
    }
  }

  /// Adds the combination of all operands of `call`.
  fileprivate mutating func combined(
    _ kind: Elementwise.Kind, _ call: NodeCall
  ) throws(Diagnostic) -> Value {
    var result = try call.value(0, &self)
    for i in call.operands.indices.dropFirst() {
      result = try combined(kind, result, try call.value(i, &self), for: call.site)
    }
    return result
  }

  fileprivate mutating func mean(_ call: NodeCall) throws(Diagnostic) -> Value {
    let sum = try combined(.add, call)
    let count = call.operands.count
    guard count > 1 else { return sum }
    return try scaled(sum, by: 1 / Float(count), for: call.site, "mean")
  }
}

extension Operand {

  /// Returns the operand as a value; a constant is added to the graph.
  func value(_ builder: inout GraphBuilder, _ site: NodeSite) throws(Diagnostic) -> Value {
    switch self {
    case .value(let value): value
    case .constant(let constant): try builder.node(of: constant, for: site)
    }
  }
}
