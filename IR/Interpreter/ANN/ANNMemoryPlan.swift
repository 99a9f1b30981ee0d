// Where values lie while a graph is executed: memory is reused as soon as nobody reads it again.

internal import SpikeIR

/// Where a value is found.
enum ANNLocation: Hashable, Sendable {
  /// It is the network's input at this position.
  case input(Int)
  /// It is the constant of this node.
  case constant(NodeID)
  /// It lies in this slot of the worker's memory.
  case slot(Int)
}

/// The steps needed for certain values, and the memory in which they compute.
struct ANNMemoryPlan: Sendable {

  /// The nodes to compute, in order.
  private(set) var order: [NodeID] = []

  /// Where each value is found; `nil` for nodes that are not needed.
  private(set) var locations = EntityMap<NodeID, ANNLocation>()

  /// The size of each slot, elements.
  private(set) var slotCounts: [Int] = []

  /// Plans the computation of the values `kept`, which stay in memory until the end.
  ///
  /// A kept value has a slot of its own, of exactly its size. Other values share slots when the
  /// last reader of one comes before the writer of the other; the smallest free slot that is large
  /// enough is taken, or else the largest free one is enlarged.
  ///
  /// - Complexity: O(nodes · slots).
  init(_ graph: ANNGraph, steps: [ANNStepKind], kept: [NodeID]) {
    let roots = Self.roots(graph, steps)
    let needed = Self.needed(graph, kept)
    var lastReader = [Int](repeating: -1, count: steps.count)
    for id in graph.ids where needed[id.index] {
      for input in graph[id].inputs { lastReader[roots[input.index]] = id.index }
    }
    for id in kept { lastReader[roots[id.index]] = .max }
    var free: [Int] = []
    for id in graph.ids where needed[id.index] {
      let i = id.index
      switch steps[i] {
      case .input(let position): locations[id] = .input(position)
      case .constant: locations[id] = .constant(id)
      case .alias: locations[id] = locations[NodeID(roots[i])]
      case .kernel:
        order.append(id)
        let count = graph[id].shape.count
        let slot = lastReader[i] == .max ? appendSlot(count) : takeSlot(count, &free)
        locations[id] = .slot(slot)
      }
      // A step must not write what it reads, so operands are released after its slot is chosen.
      for root in Set(graph[id].inputs.map { roots[$0.index] }).sorted()
      where lastReader[root] == i {
        if case .slot(let slot)? = locations[NodeID(root)] { free.append(slot) }
      }
    }
  }

  /// Returns, for each node, the node whose memory holds its value: itself unless it is an alias.
  private static func roots(_ graph: ANNGraph, _ steps: [ANNStepKind]) -> [Int] {
    var roots = Array(steps.indices)
    for id in graph.ids {
      if case .alias = steps[id.index] { roots[id.index] = roots[graph[id].inputs[0].index] }
    }
    return roots
  }

  /// Returns, for each node, whether one of the values `kept` depends on it.
  private static func needed(_ graph: ANNGraph, _ kept: [NodeID]) -> [Bool] {
    var needed = [Bool](repeating: false, count: graph.nodes.count)
    for id in kept { needed[id.index] = true }
    for id in graph.ids.reversed() where needed[id.index] {
      for input in graph[id].inputs { needed[input.index] = true }
    }
    return needed
  }

  private mutating func appendSlot(_ count: Int) -> Int {
    slotCounts.append(count)
    return slotCounts.count - 1
  }

  private mutating func takeSlot(_ count: Int, _ free: inout [Int]) -> Int {
    let fitting = free.filter { slotCounts[$0] >= count }.min { slotCounts[$0] < slotCounts[$1] }
    guard let slot = fitting ?? free.max(by: { slotCounts[$0] < slotCounts[$1] }) else {
      return appendSlot(count)
    }
    free.removeAll { $0 == slot }
    slotCounts[slot] = max(slotCounts[slot], count)
    return slot
  }
}
