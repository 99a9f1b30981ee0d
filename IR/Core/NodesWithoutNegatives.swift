// Which values of a network of tensor operators are never negative, as far as operators tell; for whoever
// codes values as spikes or gives them to converters without a sign.

extension ANNGraph {

  /// For each node whether its value cannot be negative, whatever the network's input is.
  ///
  /// `false` where it is not known: of inputs, constants, and sums with weights.
  ///
  /// - Complexity: O(nodes + elements of scales and normalizations).
  /// - Precondition: the graph is verified.
  package var nodesWithoutNegatives: [Bool] {
    var result: [Bool] = []
    result.reserveCapacity(nodes.count)
    for id in ids { result.append(isNeverNegative(self[id], result)) }
    return result
  }

  /// Returns whether a node's value cannot be negative, given that of the nodes before it.
  // size: table
  private func isNeverNegative(_ node: Node, _ known: [Bool]) -> Bool {
    let operands = node.inputs.allSatisfy { known[$0.index] }
    switch node.op {
    case .activation(let function):
      switch function.kind {
      case .relu:
        // What passes is the operand, at least the threshold; what does not, alpha times less than 0.
        let passes = function.threshold >= 0 || operands
        let rest = function.alpha <= 0 || (operands && function.threshold <= 0)
        return passes && rest && (function.maximum ?? 0) >= 0
      case .thresholded: return function.threshold >= 0 || operands
      case .sigmoid, .softplus, .exponential, .hardSigmoid, .absolute, .squareplus,
        .squareplusSparse:
        return true
      default: return false
      }
    case .fakeQuantize(let op): return operands || op.low == op.zeroPoint
    case .softLIF: return true
    case .softmax(let op): return !op.isLogarithm
    case .pool, .concat, .reshape, .transpose, .slice, .upsample, .take: return operands
    case .elementwise(let op): return op.kind != .subtract && operands
    case .scale(let op):
      return operands && [op.factor, op.offset].allSatisfy { isNeverNegative($0) }
    case .batchNorm(let norm):
      guard let (factor, offset) = try? norm.affine(tensors, channels: node.shape.channels) else {
        return false
      }
      return operands && factor.allSatisfy { $0 >= 0 } && offset.allSatisfy { $0 >= 0 }
    case .pad(let op): return operands && op.value >= 0
    case .input, .constant, .conv2d, .convTranspose2d, .dense, .prelu, .custom: return false
    }
  }

  /// Whether no element of a tensor is negative, if there is one; `false` without its elements.
  private func isNeverNegative(_ id: TensorID?) -> Bool {
    guard let id else { return true }
    return (try? tensors.floats(id))?.allSatisfy { $0 >= 0 } ?? false
  }
}
