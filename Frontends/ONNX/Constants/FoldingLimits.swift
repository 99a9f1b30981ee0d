// How much may be computed of constants at import: in proportion to what the file has, since a few
// bytes can ask for any number of elements.

internal import Diagnostics

extension NodeCall {

  /// The largest number of elements that is computed with at import.
  static let foldingLimit = 1 << 26

  /// The number of elements up to which a result may be larger than what it is computed of.
  private static let growthLimit = 1 << 22

  /// The number of elements of the operands, of each name once.
  var givenCount: Int {
    var seen: Set<String> = []
    var count = 0
    for (name, operand) in zip(node.inputs, operands) where seen.insert(name).inserted {
      count += operand?.boundedCount ?? 0
    }
    return count
  }

  /// Returns the number of elements of a constant that is to be computed of the operands.
  ///
  /// - Parameter extents: its extents, each at least 0.
  /// - Returns: the number of elements.
  /// - Throws: `onnx.bad-node` if there are too many: more than a few for each of the operands'.
  @discardableResult
  func computedCount(_ extents: [Int]) throws(Diagnostic) -> Int {
    let limit = min(Self.foldingLimit, max(Self.growthLimit, 2 * givenCount))
    var count = 1
    for extent in extents {
      let (next, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow, next <= limit else {
        throw .badNode(
          site, "computes a constant of the extents \(extents), accepted are \(limit) elements")
      }
      count = next
    }
    return count
  }

  /// The most elements that all nodes may have together that compute the results of a call.
  var evaluatedLimit: Int { max(4 * Self.growthLimit, 16 * givenCount) }
}

extension GraphBuilder {

  /// The work that the evaluation of all constants of a model may take, multiplications; far more
  /// than the normalization of any network's weights takes, and a few seconds.
  static let evaluationLimit = 1 << 31

  /// The work of an element that an operator reads or computes without a graph, multiplications.
  static let foldingWork = 4

  /// The number of elements that computed constants may have together, in any model.
  static let keptLimit = 1 << 24

  /// Allows for constants that are computed of those of `model`, a few of each.
  mutating func allowFolding(of model: ONNXModel) {
    for constant in model.graph.initializers { allowFolding(of: constant) }
    for node in model.graph.nodes {
      for case .tensor(let constant) in node.attributes.values { allowFolding(of: constant) }
    }
  }

  private mutating func allowFolding(of constant: ONNXTensor) {
    // Texts are not counted by the bytes that they take.
    guard constant.type.bits != nil else { return }
    keptBudget += 4 * Operand.constant(constant).boundedCount
  }

  /// Takes account of a result that is kept until the model is imported.
  ///
  /// - Throws: `onnx.bad-node` if those of the model have too many elements.
  mutating func keep(_ result: Operand, for site: NodeSite) throws(Diagnostic) {
    // What waits in the file takes no memory.
    guard case .constant(let constant) = result, constant.elements is ONNXNumbers else { return }
    guard constant.count <= keptBudget else {
      throw .badNode(
        site,
        "computes a constant of \(constant.count) elements, accepted are \(keptBudget) more of all "
          + "nodes")
    }
    keptBudget -= constant.count
  }
}

extension Operand {

  /// The number of elements, or one beyond all limits of which many can be added up.
  var boundedCount: Int { min(extents.reduce(1, *), 1 << 40) }
}

/// Takes `work` from the budget for the constants of a model.
///
/// - Throws: `onnx.bad-node` if there is not so much left.
func take(_ work: Int, from budget: inout Int, _ site: NodeSite) throws(Diagnostic) {
  guard work <= budget else {
    throw .badNode(
      site,
      "takes more work to compute of constants than \(GraphBuilder.evaluationLimit) steps, "
        + "which is the limit for a whole model")
  }
  budget -= work
}
