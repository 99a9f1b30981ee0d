// Comparisons, and choices by them: truth values are 1 and 0.

internal import Diagnostics
internal import SpikeIR

extension OperatorDefinition {

  /// The comparisons and the choice.
  static let comparisons: [OperatorDefinition] = [
    comparison("Greater", .changedInOpset7, { $0 > $1 }) {
      (builder, difference, site) throws(Diagnostic) in
      try builder.isPositive(difference, for: site)
    },
    comparison("Less", .changedInOpset7, { $0 < $1 }) {
      (builder, difference, site) throws(Diagnostic) in
      try builder.isPositive(builder.scaled(difference, by: -1, for: site, "negative"), for: site)
    },
    comparison("GreaterOrEqual", [], { $0 >= $1 }) {
      (builder, difference, site) throws(Diagnostic) in
      let negative = try builder.scaled(difference, by: -1, for: site, "negative")
      return try builder.negated(try builder.isPositive(negative, for: site), for: site)
    },
    comparison("LessOrEqual", [], { $0 <= $1 }) { (builder, difference, site) throws(Diagnostic) in
      try builder.negated(try builder.isPositive(difference, for: site), for: site)
    },
    comparison("Equal", .changedInOpset7, { $0 == $1 }) {
      (builder, difference, site) throws(Diagnostic) in
      let sign = try builder.mapped(
        difference, .activation(Activation(.sign)), for: site, "sign")
      let differs = try builder.mapped(
        sign, .activation(Activation(.absolute)), for: site, "differs")
      return try builder.negated(differs, for: site)
    },
    OperatorDefinition(
      "Where", operands: 3, "imported, not converted where the condition depends on the input",
      fold: { (call) throws(Diagnostic) in [try call.foldedChoice()] }
    ) { (call, builder) throws(Diagnostic) in [.value(try builder.chosen(call))]
    },
  ]

  private typealias Test =
    @Sendable (inout GraphBuilder, Value, NodeSite)
    throws(Diagnostic) -> Value

  /// Returns the definition of a comparison that is told by the sign of the difference.
  private static func comparison(
    _ opType: String, _ traits: OperatorTraits,
    _ holds: @escaping @Sendable (Double, Double) -> Bool, _ test: @escaping Test
  ) -> OperatorDefinition {
    OperatorDefinition(
      opType, operands: 2, "imported, not converted where it depends on the input",
      traits.union(.givesTruth),
      fold: { (call) throws(Diagnostic) in
        try call.folded(type: .bool) { holds($0, $1) ? 1 : 0 }
      }
    ) { (call, builder) throws(Diagnostic) in
      let difference = try builder.sum(call, sign: -1)
      return [.value(try test(&builder, difference, call.site))]
    }
  }
}

extension GraphBuilder {

  /// Adds 1 where `value` is positive, else 0.
  fileprivate mutating func isPositive(
    _ value: Value, for site: NodeSite
  ) throws(Diagnostic) -> Value {
    let sign = try mapped(value, .activation(Activation(.sign)), for: site, "sign")
    return try mapped(sign, .activation(.relu), for: site)
  }

  /// Adds 1 − value, which swaps the truth values.
  fileprivate mutating func negated(
    _ value: Value, for site: NodeSite
  ) throws(Diagnostic) -> Value {
    let negative = try scaled(value, by: -1, for: site, "negative")
    return try shifted(negative, by: 1, for: site, "not")
  }

  /// Adds condition · a + (1 − condition) · b.
  fileprivate mutating func chosen(_ call: NodeCall) throws(Diagnostic) -> Value {
    let site = call.site
    let condition = try call.value(0, &self)
    let first = try combined(
      .multiply, condition, try call.value(1, &self), for: site, "first")
    let second = try combined(
      .multiply, try negated(condition, for: site), try call.value(2, &self), for: site, "second")
    var result = try combined(.add, first, second, for: site)
    let (a, b) = (try call.operand(1), try call.operand(2))
    result.type = a.type ?? b.type
    return result
  }
}
