// The order in which the axes of an input lie in memory: images have the channels last in the
// graph, wherever the model has them.

/// What the first operators that look at an input's axes say about them.
enum InputOrder {

  /// Returns the axes of the input called `name` in the order of the graph's dimensions.
  ///
  /// Channels come last if a convolution, a pooling or a normalization meets the input as it is, or
  /// if it has four axes and nothing says otherwise; a transposition says that they are last.
  static func axes(of name: String, rank: Int, in nodes: [PlannedNode]) -> [Int] {
    let rowMajor = Array(0..<rank)
    guard rank == 3 || rank == 4 else { return rowMajor }
    let channelsLast = [0] + Array(2..<rank) + [1]
    switch firstLook(at: name, nodes) {
    case .channelsFirst: return channelsLast
    case .plain: return rowMajor
    case .unknown: return rank == 4 ? channelsLast : rowMajor
    }
  }

  private enum Look {
    case channelsFirst
    case plain
    case unknown
  }

  private static func firstLook(at name: String, _ nodes: [PlannedNode]) -> Look {
    var names: Set<String> = [name]
    // Nodes come after what they use, so one pass follows the value through what keeps its axes.
    for planned in nodes where planned.node.inputs.first.map(names.contains) ?? false {
      let traits = OperatorDefinition.of(planned.node)?.traits ?? []
      if traits.contains(.channelsFirst) { return .channelsFirst }
      if traits.contains(.namesAxes) { return .plain }
      if traits.contains(.keepsAxes), let result = planned.node.outputs.first {
        names.insert(result)
      }
    }
    return .unknown
  }
}
