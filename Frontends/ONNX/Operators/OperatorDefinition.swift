// What the frontend knows of an operator. The table of definitions both dispatches and is shown to
// users, so that neither can forget an operator.

internal import Diagnostics

/// An operator that can be read.
struct OperatorDefinition: Sendable {

  /// The standard's name.
  var opType: String

  /// What is supported, for the table that users see.
  var remark: String

  /// Adds the nodes of one call and returns its results.
  var build: Build?

  /// Computes the results of a call whose operands are all constants.
  var fold: Fold?

  /// Whether the operator may be given real numbers that stand for integers of a grid; others are
  /// given the integers.
  var takesGrid: Bool { OperatorDefinition.gridOperators.contains(opType) }

  /// The operators that move numbers without computing, and those of quantized models.
  private static let gridOperators: Set<String> = [
    "Identity", "Dropout", "Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze", "Slice",
    "Split", "Gather", "MaxPool", "GlobalMaxPool", "Shape", "Size", "DequantizeLinear",
    "QLinearConv", "QLinearMatMul",
  ]

  /// A function that adds nodes.
  typealias Build = @Sendable (NodeCall, inout GraphBuilder) throws(Diagnostic) -> [Operand]

  /// A function that computes with constants.
  typealias Fold = @Sendable (NodeCall) throws(Diagnostic) -> [ONNXTensor]

  /// Creates the definition of an operator on values.
  init(
    _ opType: String, _ remark: String = "", fold: Fold? = nil, build: @escaping Build
  ) {
    self.opType = opType
    self.remark = remark
    self.build = build
    self.fold = fold
  }

  /// Creates the definition of an operator that is computed at import, on constants only.
  init(constant opType: String, _ remark: String = "on constants", fold: @escaping Fold) {
    self.opType = opType
    self.remark = remark
    self.fold = fold
  }

  /// All definitions, by family.
  static let all: [OperatorDefinition] =
    convolutions + matrixProducts + normalizations + activations + poolings + reductions
    + arithmetic + comparisons + shapes + parts + resizings + quantizations + constants

  /// Returns the definition of the operator called `opType`, `nil` if it is not supported.
  static func named(_ opType: String) -> OperatorDefinition? {
    byName[opType]
  }

  private static let byName = Dictionary(
    all.map { ($0.opType, $0) }, uniquingKeysWith: { first, _ in first })
}
