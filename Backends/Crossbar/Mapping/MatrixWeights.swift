// The elements of a layer's matrices, loaded once: parts of them are copied for each block.

package import Diagnostics
package import SpikeIR

/// The elements of a layer's matrices.
package struct MatrixWeights: Sendable {

  /// The layer.
  package let matrix: WeightMatrix

  /// The weights, [inputs][groups · outputs], as the layer's tensor has them.
  private let kernel: [Float]

  /// The offsets, [groups · outputs], if there are any.
  package let bias: [Float]?

  /// What weights are multiplied with.
  private let factor: Float

  /// Loads the elements.
  ///
  /// - Throws: `ir.elided-tensor` if they are not at hand, what their file's reader throws if they
  ///   are deferred.
  package init(_ matrix: WeightMatrix, from tensors: TensorStore) throws(Diagnostic) {
    self.matrix = matrix
    kernel = try tensors.floats(matrix.kernel)
    bias = try matrix.bias.map { id throws(Diagnostic) in try tensors.floats(id) }
    // Exact: a shift is checked by the verifier of spiking graphs.
    factor = matrix.shift == 0 ? 1 : Float(sign: .plus, exponent: matrix.shift, significand: 1)
  }

  /// Returns a block of the matrix of group `group`, row-major [inputs][outputs].
  ///
  /// - Parameters:
  ///   - group: the group.
  ///   - inputs: the rows, of which the one after all inputs is the bias, 0 without any.
  ///   - outputs: the columns within the group.
  /// - Returns: the elements.
  /// - Complexity: O(elements).
  /// - Precondition: the block is within the matrix.
  package func block(group: Int, inputs: Range<Int>, outputs: Range<Int>) -> [Float] {
    precondition(
      0..<matrix.groups ~= group && inputs.lowerBound >= 0 && inputs.upperBound <= matrix.inputs + 1
        && outputs.lowerBound >= 0 && outputs.upperBound <= matrix.outputs,
      "internal: a block is not within its matrix")
    let width = matrix.groups * matrix.outputs
    let first = group * matrix.outputs + outputs.lowerBound
    var result: [Float] = []
    result.reserveCapacity(inputs.count * outputs.count)
    for row in inputs {
      if row < matrix.inputs {
        let start = row * width + first
        if factor == 1 {
          result.append(contentsOf: kernel[start..<start + outputs.count])
        } else {
          for k in start..<start + outputs.count { result.append(kernel[k] * factor) }
        }
      } else if let bias {
        result.append(contentsOf: bias[first..<first + outputs.count])
      } else {
        result.append(contentsOf: repeatElement(0, count: outputs.count))
      }
    }
    return result
  }
}
