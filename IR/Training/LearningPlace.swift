// Where the weights of matrices that learn by themselves come from, and go to afterwards.

internal import Diagnostics
internal import SpikeIR

/// The constants of a layer whose matrices learn by themselves.
struct LearningPlace: Sendable {

  /// The layer's name.
  var layer: String

  /// The kernel, [tapRows, tapColumns, channels / groups, outputs], and the offsets, [outputs].
  var kernel: TensorID
  var bias: TensorID?

  /// The number of output channels.
  var outputs: Int

  /// The matrices, one a group of channels: [terms, offset][outputs / groups].
  var matrices: [any LearningMatrix]

  /// Returns what the matrix of a group starts with.
  func task(
    _ weights: [Float], _ offsets: [Float], number: Int, group: Int, of groups: Int, positions: Int
  ) -> LearningTask {
    let (terms, outer) = (weights.count / outputs, outputs / groups)
    let columns = group * outer..<(group + 1) * outer
    var values: [Float] = []
    values.reserveCapacity((terms + 1) * outer)
    for t in 0..<terms {
      values += weights[t * outputs + columns.lowerBound..<t * outputs + columns.upperBound]
    }
    if bias != nil { values += offsets[columns] }
    return LearningTask(
      layer: layer, number: number, group: group, inputs: values.count / outer, outputs: outer,
      hasOffset: bias != nil, positions: positions, weights: values)
  }

  /// Writes what was learnt into `graph`.
  func store(in graph: inout ANNGraph) {
    let terms = graph.tensors[kernel].shape.count / outputs
    let outer = outputs / matrices.count
    var weights = [Float](repeating: 0, count: terms * outputs)
    var offsets = [Float](repeating: 0, count: outputs)
    for (g, matrix) in matrices.enumerated() {
      let values = matrix.weights
      for t in 0..<terms {
        for k in 0..<outer { weights[t * outputs + g * outer + k] = values[t * outer + k] }
      }
      guard bias != nil else { continue }
      for k in 0..<outer { offsets[g * outer + k] = values[terms * outer + k] }
    }
    graph.tensors[kernel].data = .float32(weights)
    if let bias { graph.tensors[bias].data = .float32(offsets) }
  }
}
