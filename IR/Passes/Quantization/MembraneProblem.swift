// The weights that reach a population, as one matrix, with what was measured of their inputs.

internal import Diagnostics
internal import Kernels
internal import SpikeIR

/// The low-bit weights of all projections into a population, which share its membrane unit.
///
/// The matrix is [rows, outputs]: the rows of one projection after the other, and a column for
/// each channel of the population (each neuron, if a dense projection reaches several positions).
struct MembraneWeights {

  /// A projection's part of the matrix.
  struct Part {
    /// The projection.
    var projection: ProjectionID
    /// Its rows.
    var rows: Range<Int>
  }

  /// The parts, in the order of the projections.
  var parts: [Part] = []

  /// The number of columns.
  var outputs = 0

  /// The weights, [rows, outputs], real membrane units.
  var values: [Float] = []

  /// The number of rows.
  var rows: Int { parts.last?.rows.upperBound ?? 0 }

  /// Gathers the weights of `afferents`.
  ///
  /// - Throws: `ir.elided-tensor`.
  init(_ afferents: [ProjectionID], in graph: SpikingGraph) throws(Diagnostic) {
    for id in afferents where graph[id].kind.isMatrix {
      guard let weights = graph[id].kind.weights else { continue }
      let own = try graph.tensors.floats(weights)
      outputs = graph.tensors[weights].shape.channels
      let count = own.count / outputs
      parts.append(Part(projection: id, rows: rows..<rows + count))
      values += own
    }
  }

  /// Returns 2^shift of each row's projection.
  func rowSteps(in graph: SpikingGraph) -> [Float] {
    var result = [Float](repeating: 1, count: rows)
    for part in parts {
      for row in part.rows { result[row] = Float(1 << graph[part.projection].shift) }
    }
    return result
  }
}

extension ProjectionKind {

  /// `true` iff the weights are a matrix of low-bit integers: dense or a convolution.
  var isMatrix: Bool {
    switch self {
    case .dense, .conv: true
    case .pool, .identity, .wire: false
    }
  }

  /// `true` iff neurons are connected one to one.
  var isIdentity: Bool {
    if case .identity = self { true } else { false }
  }

  /// The number of groups into which the channels of source and target are divided.
  var groups: Int {
    if case .conv(let conv) = self { conv.groups } else { 1 }
  }
}

/// What was measured of the inputs of a group of channels.
struct GroupMoments {

  /// The channels.
  var channels: Range<Int>

  /// The factors of the damped covariance of the inputs, rows in the order of `order`.
  var factors: TriangularFactors

  /// For each row of the factors the row of the weight matrix.
  var order: [Int]

  /// What is to be rounded, [rows, own channels]; rows as in the weight matrix.
  var weights: [Float]

  /// The means of the inputs, [rows].
  var inputMeans: [Double]

  /// The means of what the weights' sums should be, [own channels]; `nil` if that is what the
  /// weights themselves make of the inputs.
  var outputMeans: [Double]?
}

extension GroupMoments {

  /// Returns the weights rounded with feedback.
  ///
  /// - Parameters:
  ///   - steps: the value of an integer, one an output of the whole matrix.
  ///   - rowSteps: the factor of each row of the weight matrix.
  ///   - levels: the integers that a weight can be.
  ///   - workers: the number of threads.
  /// - Returns: integers [rows, own channels], rows as in the weight matrix, and errors.
  func rounded(
    steps: [Float], rowSteps: [Float], to levels: WeightLevels, workers: Int
  ) -> RoundedWeights {
    let width = channels.count
    var sorted = [Float](repeating: 0, count: weights.count)
    for (i, row) in order.enumerated() {
      for c in 0..<width { sorted[i * width + c] = weights[row * width + c] }
    }
    let result = factors.round(
      sorted, steps: Array(steps[channels]), rowSteps: order.map { rowSteps[$0] }, to: levels,
      workers: workers)
    var integers = sorted
    for (i, row) in order.enumerated() {
      for c in 0..<width { integers[row * width + c] = result.integers[i * width + c] }
    }
    return RoundedWeights(integers: integers, errors: result.errors)
  }
}
