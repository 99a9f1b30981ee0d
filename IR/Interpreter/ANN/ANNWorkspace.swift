// The memory of one worker, and the values that it shows when a sample is finished.

internal import Diagnostics
internal import Kernels
package import SpikeIR

/// The values of the observed nodes for one sample.
package struct NodeValues: Sendable {

  /// The values, by node.
  fileprivate(set) var values = EntityMap<NodeID, [Float]>()

  /// Returns the values of node `id` in row-major order, without copying them.
  ///
  /// The array may be kept, at the price of a copy when the worker goes on.
  ///
  /// - Precondition: the node is observed.
  package subscript(id: NodeID) -> [Float] {
    guard let result = values[id] else {
      preconditionFailure("internal: node \(id) is not observed")
    }
    return result
  }
}

/// The memory in which a worker executes a graph, sample by sample.
struct ANNWorkspace: Sendable {

  private let executor: ANNExecutor
  private let plan: ANNMemoryPlan
  private let observed: [NodeID]

  /// The slots of the memory plan.
  private var slots: [[Float]]

  /// Memory that a kernel uses while it runs.
  private var scratch: [Float]

  /// Creates the memory for computing the nodes `observed`.
  init(_ executor: ANNExecutor, observing observed: [NodeID]) {
    self.executor = executor
    self.observed = observed
    plan = ANNMemoryPlan(executor.graph, steps: executor.steps, kept: observed)
    slots = plan.slotCounts.map { [Float](repeating: 0, count: $0) }
    let scratchCounts = plan.order.map { id in
      if case .kernel(let kernel) = executor.steps[id.index] { kernel.scratchCount } else { 0 }
    }
    scratch = [Float](repeating: 0, count: scratchCounts.max() ?? 0)
  }

  /// Computes the observed values for one sample, whose number replaced nodes are told.
  ///
  /// - Throws: `interpreter.bad-input` if the inputs' number or sizes are wrong.
  mutating func execute(_ inputs: [[Float]], sample: Int = 0) throws(Diagnostic) {
    try check(inputs)
    for id in plan.order { executeStep(id, inputs, sample) }
  }

  /// Returns the observed values; `inputs` are those of the last sample.
  func values(_ inputs: [[Float]]) -> NodeValues {
    var result = NodeValues()
    for id in observed { result.values[id] = memory(of: id, inputs) }
    return result
  }

  private func check(_ inputs: [[Float]]) throws(Diagnostic) {
    guard inputs.count == executor.inputs.count else {
      throw .wrongInputCount(inputs.count, expected: executor.inputs.count)
    }
    for (id, values) in zip(executor.inputs, inputs) {
      let node = executor.graph[id]
      guard values.count == node.shape.count else {
        throw .wrongInputSize(values.count, of: node.name, expected: node.shape)
      }
    }
  }

  private mutating func executeStep(_ id: NodeID, _ inputs: [[Float]], _ sample: Int) {
    guard case .kernel(let kernel) = executor.steps[id.index],
      case .slot(let slot)? = plan.locations[id]
    else { return }
    let node = executor.graph[id]
    let operands = node.inputs.map { memory(of: $0, inputs) }
    let counts = node.inputs.map { executor.graph[$0].shape.count }
    // The slot is taken out while it is written, so that it is not shared and not copied.
    var result: [Float] = []
    swap(&result, &slots[slot])
    var whole = result.mutableSpan
    var out = whole._mutatingExtracting(0..<node.shape.count)
    kernel.apply(&out, operands: operands, counts: counts, scratch: &scratch, sample: sample)
    swap(&result, &slots[slot])
  }

  /// Returns the memory that begins with the value of node `id`.
  private func memory(of id: NodeID, _ inputs: [[Float]]) -> [Float] {
    switch plan.locations[id] {
    case .input(let position)?: return inputs[position]
    case .slot(let slot)?: return slots[slot]
    case .constant(let node)?:
      guard case .constant(let values) = executor.steps[node.index] else { return [] }
      return values
    case nil: return []
    }
  }
}
