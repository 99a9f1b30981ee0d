// The calibrated network with its values clipped and rounded as spikes will say them: what a
// spike code costs before any weight is rounded and before time plays a part.

package import Diagnostics
package import SpikeIR

extension ANNGraph {

  /// Returns the network in which every value that a population will say is one of its levels.
  ///
  /// A node with threshold c, to be said with Q levels, is followed by
  /// min(max(round(x · Q/c), low), Q) · c/Q with low = 0 for rectifiers and −Q for signed values;
  /// the result takes the node's name. Halves are rounded to even, where neurons round them up.
  ///
  /// - Parameters:
  ///   - code: the spike code.
  ///   - inputLevels: the number of levels of encoders.
  /// - Returns: the network; the same if no node has a threshold.
  /// - Throws: `ir.elided-tensor`.
  package func withSpikeLevels(
    _ code: SpikeCode, inputLevels: Int
  ) throws(Diagnostic) -> ANNGraph {
    let plan = SpikingPlan(self)
    return try rewritten { (result, id, node, inputs) throws(Diagnostic) in
      guard let threshold = node.threshold,
        let bounds = plan.roles[id.index].levels(code, inputLevels)
      else { return result.keep(node, inputs) }
      let quanta = try tensors.floats(threshold).map { $0 / Float(bounds.high) }
      var exact = node
      exact.name = result.freshName(node.name, "exact")
      var value = result.keep(exact, inputs)
      value = try result.scaled(value, node.name, "units", by: quanta.map { 1 / $0 })
      value = try result.add(
        result.freshName(node.name, "rounded"),
        .fakeQuantize(FakeQuantize(scale: 1, low: bounds.low, high: bounds.high)), [value])
      let factor = result.tensors.add("\(node.name)/quanta", shape: [quanta.count], floats: quanta)
      return try result.add(node.name, .scale(Scale(factor: factor, offset: nil)), [value])
    }
  }

  /// Adds the product of `value` with one factor a channel.
  private mutating func scaled(
    _ value: NodeID, _ name: String, _ suffix: String, by factors: [Float]
  ) throws(Diagnostic) -> NodeID {
    let factor = tensors.add("\(name)/\(suffix)", shape: [factors.count], floats: factors)
    return try add(freshName(name, suffix), .scale(Scale(factor: factor, offset: nil)), [value])
  }
}

extension SpikingRole {

  /// The smallest and the largest number of units that neurons in this role say, `nil` if there
  /// are none.
  fileprivate func levels(_ code: SpikeCode, _ inputLevels: Int) -> (low: Int, high: Int)? {
    switch self {
    case .source: (-inputLevels, inputLevels)
    case .rectifier: (0, code.levels)
    case .staircase: (-code.levels, code.levels)
    case .quantizer(let isSigned): (isSigned ? -code.levels : 0, code.levels)
    case .leaky, .other: nil
    }
  }
}
