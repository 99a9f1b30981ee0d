// Matrices that compute and learn by themselves, such as arrays of devices, in place of those whose
// gradients are added up.

internal import Kernels

/// What distinguishes one presentation of a sample from all others.
package struct Presentation: Hashable, Sendable {

  /// The number of the presentation; random numbers depend on it.
  package var number: UInt64

  /// The learning rate; 0 while a network is evaluated.
  package var rate: Float

  /// Creates a presentation.
  package init(number: UInt64, rate: Float = 0) {
    (self.number, self.rate) = (number, rate)
  }
}

/// A matrix W of [inputs][outputs] that is read in both directions and changed by outer products:
/// the three cycles of backpropagation.
///
/// Vectors come as rows of a matrix, one for each position of a convolution.
package protocol LearningMatrix: AnyObject, Sendable {

  /// Sets y[p, k] to Σ_i x[p, i] · W[i, k].
  ///
  /// - Parameters:
  ///   - y: the results, [count][outputs]. Set.
  ///   - x: the vectors, [count][inputs].
  ///   - count: the number of vectors.
  ///   - presentation: which sample the vectors belong to.
  func read(
    _ y: inout MutableSpan<Float>, _ x: Span<Float>, count: Int, _ presentation: Presentation)

  /// Sets z[p, i] to Σ_k d[p, k] · W[i, k].
  ///
  /// - Parameters:
  ///   - z: the results, [count][inputs]. Set.
  ///   - d: the vectors, [count][outputs].
  ///   - count: the number of vectors.
  ///   - presentation: which sample the vectors belong to.
  func readTransposed(
    _ z: inout MutableSpan<Float>, _ d: Span<Float>, count: Int, _ presentation: Presentation)

  /// Changes W by −η · Σ_p x[p]ᵀ · d[p], or near to it.
  ///
  /// - Parameters:
  ///   - x: the vectors of the sample's `read`, [count][inputs].
  ///   - d: the gradients by its results, [count][outputs].
  ///   - count: the number of vectors.
  ///   - presentation: which sample the vectors belong to; η is its rate.
  func learn(_ x: Span<Float>, _ d: Span<Float>, count: Int, _ presentation: Presentation)

  /// W as it is now, [inputs][outputs].
  var weights: [Float] { get }
}

/// A matrix of a network that is to learn.
package struct LearningTask: Hashable, Sendable {

  /// The layer's name.
  package var layer: String

  /// The number of the layer among those with matrices, and of the group of channels.
  package var number, group: Int

  /// The number of inputs, with one that is always 1 if there is an offset, and of outputs.
  package var inputs, outputs: Int

  /// Whether the last input is always 1.
  package var hasOffset: Bool

  /// The number of vectors that a sample gives.
  package var positions: Int

  /// What the weights are at the start, [inputs][outputs].
  package var weights: [Float]
}

/// The layers whose matrices learn by themselves, in place of the plan's own.
package protocol LearningMatrices: AnyObject {

  /// Returns the matrix for a task.
  func matrix(for task: LearningTask) -> any LearningMatrix
}

/// Gives every layer a matrix in memory.
package final class ExactMatrices: LearningMatrices {

  /// Creates a source of matrices.
  package init() {}

  package func matrix(for task: LearningTask) -> any LearningMatrix { ExactMatrix(task) }
}

/// A matrix in memory, changed by exact gradients.
package final class ExactMatrix: LearningMatrix, @unchecked Sendable {

  package private(set) var weights: [Float]

  private let inputs, outputs: Int
  private var packed: [Float]
  private var packedTransposed: [Float]
  private var packedErrors: [Float] = []
  private var isPacked = false

  /// Creates a matrix.
  package init(_ task: LearningTask) {
    (weights, inputs, outputs) = (task.weights, task.inputs, task.outputs)
    packed = [Float](repeating: 0, count: packedCount(depth: inputs, columns: outputs))
    packedTransposed = [Float](repeating: 0, count: packedCount(depth: outputs, columns: inputs))
  }

  private func pack() {
    guard !isPacked else { return }
    isPacked = true
    weights.withUnsafeBufferPointer { weights in
      guard let weights = weights.baseAddress else { return }
      packed.withUnsafeMutableBufferPointer { packed in
        guard let packed = packed.baseAddress else { return }
        packColumns(
          packed, of: MatrixView(weights, rowStride: outputs), depth: inputs, columns: outputs)
      }
      packedTransposed.withUnsafeMutableBufferPointer { packed in
        guard let packed = packed.baseAddress else { return }
        packColumns(
          packed, of: MatrixView(weights, rowStride: 1, columnStride: outputs), depth: outputs,
          columns: inputs)
      }
    }
  }

  package func read(
    _ y: inout MutableSpan<Float>, _ x: Span<Float>, count: Int, _ presentation: Presentation
  ) {
    pack()
    product(&y, x, count: count, columns: outputs, depth: inputs, packed, .zero)
  }

  package func readTransposed(
    _ z: inout MutableSpan<Float>, _ d: Span<Float>, count: Int, _ presentation: Presentation
  ) {
    pack()
    product(&z, d, count: count, columns: inputs, depth: outputs, packedTransposed, .zero)
  }

  private func product(
    _ out: inout MutableSpan<Float>, _ a: Span<Float>, count: Int, columns: Int, depth: Int,
    _ packed: [Float], _ start: ProductStart
  ) {
    precondition(out.count >= count * columns && a.count >= count * depth, "internal: bad counts")
    out.withUnsafeMutableBufferPointer { out in
      a.withUnsafeBufferPointer { a in
        packed.withUnsafeBufferPointer { packed in
          guard let out = out.baseAddress, let a = a.baseAddress, let b = packed.baseAddress
          else { return }
          multiply(
            out, stride: columns, rows: count, columns: columns, depth: depth,
            MatrixView(a, rowStride: depth), packed: b, start: start)
        }
      }
    }
  }

  package func learn(
    _ x: Span<Float>, _ d: Span<Float>, count: Int, _ presentation: Presentation
  ) {
    isPacked = false
    let needed = packedCount(depth: count, columns: outputs)
    if packedErrors.count < needed { packedErrors = [Float](repeating: 0, count: needed) }
    let rate = presentation.rate
    let steps = [Float](unsafeUninitializedCapacity: count * outputs) { steps, initialized in
      for i in 0..<count * outputs { steps[i] = -rate * d[i] }
      initialized = count * outputs
    }
    weights.withUnsafeMutableBufferPointer { weights in
      packedErrors.withUnsafeMutableBufferPointer { packed in
        steps.withUnsafeBufferPointer { steps in
          x.withUnsafeBufferPointer { x in
            guard let w = weights.baseAddress, let packed = packed.baseAddress,
              let steps = steps.baseAddress, let x = x.baseAddress
            else { return }
            packColumns(
              packed, of: MatrixView(steps, rowStride: outputs), depth: count, columns: outputs)
            multiply(
              w, stride: outputs, rows: inputs, columns: outputs, depth: count,
              MatrixView(x, rowStride: 1, columnStride: inputs), packed: packed, start: .result)
          }
        }
      }
    }
  }
}
