// What the frontend knows of an operator. The table of definitions both dispatches and is shown to
// users, so that neither can forget an operator.

internal import Diagnostics

/// An operator that can be read.
struct OperatorDefinition: Sendable {

  /// The name of the operator in its domain.
  var opType: String

  /// The domain, empty for that of the standard.
  var domain: String

  /// The most operands that a call may have, in any version of the operator.
  var operands: Int

  /// What is supported, for the table that users see.
  var remark: String

  /// What else is known of it.
  var traits: OperatorTraits

  /// Adds the nodes of one call and returns its results.
  var build: Build?

  /// Computes the results of a call whose operands are all constants, where that must be exact on
  /// integers or needs no computation; other operators are evaluated (`Evaluation.swift`).
  var fold: Fold?

  /// A function that adds nodes.
  typealias Build = @Sendable (NodeCall, inout GraphBuilder) throws(Diagnostic) -> [Operand]

  /// A function that computes with constants.
  typealias Fold = @Sendable (NodeCall) throws(Diagnostic) -> [ONNXTensor]

  /// The domain of onnxruntime's own operators.
  static let microsoft = "com.microsoft"

  /// Creates the definition of an operator on values.
  init(
    _ opType: String, domain: String = "", operands: Int = 1, _ remark: String = "",
    _ traits: OperatorTraits = [], fold: Fold? = nil, build: @escaping Build
  ) {
    self.opType = opType
    self.domain = domain
    self.operands = operands
    self.remark = remark
    self.traits = traits
    self.build = build
    self.fold = fold
  }

  /// Creates the definition of an operator that is computed at import, on constants only.
  init(
    constant opType: String, operands: Int = 1, _ remark: String = "on constants",
    fold: @escaping Fold
  ) {
    self.opType = opType
    self.domain = ""
    self.operands = operands
    self.remark = remark
    self.traits = []
    self.fold = fold
  }

  /// The name with the domain, if it is not that of the standard.
  var fullName: String { domain.isEmpty ? opType : "\(domain).\(opType)" }

  /// All definitions, by family.
  static let all: [OperatorDefinition] =
    convolutions + matrixProducts + normalizations + activations + poolings + reductions
    + arithmetic + comparisons + shapes + parts + resizings + quantizations + quantizedOperators
    + constants

  /// Returns the definition of the operator that `node` applies, `nil` if it is not supported.
  static func of(_ node: ONNXNode) -> OperatorDefinition? {
    byName[Key(node.domain, node.opType)]
  }

  /// Returns the definition of the standard's operator called `opType`, `nil` if it is not
  /// supported.
  static func named(_ opType: String) -> OperatorDefinition? {
    byName[Key("", opType)]
  }

  private struct Key: Hashable {
    var domain: String
    var opType: String

    init(_ domain: String, _ opType: String) {
      self.domain = domain
      self.opType = opType
    }
  }

  private static let byName = Dictionary(
    all.map { (Key($0.domain, $0.opType), $0) }, uniquingKeysWith: { first, _ in first })
}
