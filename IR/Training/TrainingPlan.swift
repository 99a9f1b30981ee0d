// A network compiled for training: layers over flat memory, with forward and backward passes.

package import Diagnostics
internal import Kernels
package import SpikeIR

/// What stands for the neurons of a node in training.
package enum TrainedNeuron: Hashable, Sendable {
  /// Neurons that say steps of θ/levels; `thresholds` are one a channel. A rectifier is replaced, the
  /// value of another operator is rounded to the steps.
  case staircase(thresholds: [Float], levels: Int, isSigned: Bool)
}

/// A network ready to be trained.
///
/// The kernels and biases of dense layers and convolutions are trained; all other constants stay
/// as they are. The first output is trained to name a class: a softmax or a logistic function at
/// the end is part of the loss.
package struct TrainingPlan: Sendable {

  /// A constant that is trained.
  struct Parameter: Sendable {
    /// The tensor.
    var tensor: TensorID
    /// Where it lies among all parameters.
    var range: ParameterRange
    /// `true` iff it is a kernel, to which weight decay applies.
    var isKernel: Bool
  }

  /// The network.
  package let graph: ANNGraph

  /// The layers that the logits depend on, operands first.
  let layers: [any TrainingLayer]

  /// The network's inputs, in order; those that the logits do not depend on are absent.
  let inputs: [Buffer?]

  /// The shapes of the inputs.
  let inputShapes: [Shape]

  /// The output before normalization.
  let logits: Buffer

  /// The constants that are trained.
  let parameters: [Parameter]

  /// The number of all parameters.
  package let parameterCount: Int

  /// The constants that matrices of their own have learnt, if they were asked for.
  let learning: [LearningPlace]

  /// The number of elements of values, gradients, packed weights, and scratch memory of a worker;
  /// values and gradients are for each sample.
  let valueCount, gradientCount, packedCount, scratchCount: Int

  /// The number of multiplications of a forward pass of one sample.
  package let multiplications: Int

  /// The number of classes.
  package var classCount: Int { max(2, logits.count) }

  /// Compiles a network for training.
  ///
  /// - Parameters:
  ///   - graph: the network, verified, with its tensors.
  ///   - neurons: what stands for nodes in training; the operators of others are taken as they are.
  ///   - matrices: gives dense layers and convolutions matrices that learn by themselves; then the
  ///     plan has no parameters of its own, and is trained by an `OnlineTrainer`.
  /// - Throws: all nodes that cannot be trained (`training.unsupported-operator`),
  ///   `training.no-classes`, `training.no-parameters`, `training.shared-weights`, and what loading
  ///   tensors throws.
  /// - Complexity: O(nodes + elements of constants).
  package init(
    _ graph: ANNGraph, neurons: [NodeID: TrainedNeuron] = [:],
    matrices: (any LearningMatrices)? = nil
  ) throws(CompileError) {
    var builder = TrainingPlanBuilder(graph: graph, neurons: neurons, matrices: matrices)
    let output = try liftingDiagnostic { () throws(Diagnostic) in try graph.logitsNode() }
    let isNeeded = graph.ancestors(of: output)
    var sink = DiagnosticSink()
    for id in graph.ids {
      guard isNeeded[id.index] else {
        builder.skip(graph[id])
        continue
      }
      do throws(Diagnostic) {
        try builder.add(id)
      } catch {
        sink.report(error.located(at: .entity(graph[id].name)))
        builder.skip(graph[id])
      }
    }
    try sink.throwIfErrors()
    guard let logits = builder.buffers[output.index],
      !builder.parameters.isEmpty || !builder.learning.isEmpty
    else {
      throw CompileError(.nothingToTrain(graph.name))
    }
    self.graph = graph
    self.logits = logits
    layers = builder.layers
    inputs = builder.inputs
    inputShapes = graph.inputs.map { graph[$0].shape }
    parameters = builder.parameters
    parameterCount = builder.parameterCount
    learning = builder.learning
    valueCount = builder.valueCount
    gradientCount = builder.gradientCount
    packedCount = builder.packedCount
    scratchCount = builder.scratchCount
    multiplications = builder.multiplications
  }
}

extension ANNGraph {

  /// Returns the node whose value is the classes' scores before they are normalized.
  ///
  /// - Throws: `training.no-classes` if the first output is no vector.
  fileprivate func logitsNode() throws(Diagnostic) -> NodeID {
    guard var id = outputs.first, self[id].shape.positions == 1 else { throw .noClassesToTrain() }
    while let operand = self[id].inputs.first, self[id].inputs.count == 1 {
      switch self[id].op {
      case .softmax: return operand
      case .activation(let function) where function.kind == .sigmoid && self[id].shape.count == 1:
        return operand
      case .reshape where self[operand].shape.positions == 1: id = operand
      default: return id
      }
    }
    return id
  }

  /// Returns which nodes the value of node `id` depends on, itself included.
  fileprivate func ancestors(of id: NodeID) -> [Bool] {
    var result = [Bool](repeating: false, count: nodes.count)
    result[id.index] = true
    for id in ids.reversed() where result[id.index] {
      for input in self[id].inputs { result[input.index] = true }
    }
    return result
  }
}
