// How many synapses connections have: all that a path offers, or, on crossbars whose cells hold a bit,
// those whose weight is not 0.

internal import Diagnostics
internal import HardwareTargets
internal import SpikeIR

/// Counts the synapses of a path between boxes of neurons.
struct SynapseCount {

  private let geometry: PathGeometry

  /// For each neuron that sends, the neurons that it has a synapse with, ascending; `nil` where
  /// synapses of weight 0 are synapses too.
  private var targets: [[Int32]]?

  /// Prepares to count.
  ///
  /// - Parameters:
  ///   - path: the path.
  ///   - geometry: what the path reaches.
  ///   - graph: the network.
  ///   - target: the machine.
  /// - Throws: `ir.elided-tensor`, `ir.bad-element-type`, `emulator.overflow`.
  /// - Complexity: O(1), or O(synapses) where those of weight 0 do not exist.
  init(
    _ path: ConnectionPath, _ geometry: PathGeometry, in graph: SpikingGraph,
    on target: TargetDescription
  ) throws(Diagnostic) {
    self.geometry = geometry
    guard target.leavesOutZeros else { return }
    var front = (0..<geometry.sourceShape.count).map { [Int32($0)] }
    for j in path.projections {
      let connections = try NeuronConnections(j, of: graph)
      front = front.map { own in
        var next: [Int32] = []
        for n in own {
          connections.forEach(from: Int(n)) { (target, weight) in
            if weight != 0 { next.append(Int32(target)) }
          }
        }
        // Two ways to a neuron are one synapse; a single step has no two.
        return own.count > 1 ? Set(next).sorted() : next
      }
    }
    targets = front
  }

  /// Returns the number of synapses from neurons of `origin` to neurons of `box`.
  func synapses(from origin: NeuronBox, to box: NeuronBox) -> Int {
    guard let targets else { return geometry.synapses(from: origin, to: box) }
    return (0..<origin.count).reduce(0) { sum, offset in
      let neuron = origin.neuron(at: offset, of: geometry.sourceShape)
      return sum
        + targets[neuron].count { box.contains(neuron: Int($0), of: geometry.targetShape) }
    }
  }
}
