// The matrices of networks: of operators in vector mode, of connections in frame mode.

package import SpikeIR

extension WeightMatrix {

  /// Returns the matrices of a graph of tensor operators, in the order of its nodes.
  ///
  /// Convolutions and dense layers have matrices, once for each node. All other operators, among
  /// them transposed convolutions, are for digital units.
  ///
  /// - Complexity: O(nodes + elements of scales).
  /// - Precondition: the graph is verified.
  package static func all(in graph: ANNGraph) -> [WeightMatrix] {
    let isNonNegative = graph.nodesWithoutNegatives
    return graph.ids.compactMap { id in
      let node = graph[id]
      guard let input = node.inputs.first else { return nil }
      let operand = graph[input].shape
      var result: WeightMatrix
      switch node.op {
      case .conv2d(let conv):
        result = WeightMatrix(
          convolution: node.name, .node(id), conv.window, groups: conv.groups, kernel: conv.kernel,
          from: operand, to: node.shape, bias: conv.bias)
      case .dense(let dense):
        result = WeightMatrix(
          name: node.name, source: .node(id), groups: 1, inputs: operand.channels,
          outputs: node.shape.channels, windows: nil, positions: node.shape.positions,
          kernel: dense.kernel, bias: dense.bias)
      default: return nil
      }
      result.hasNegativeInputs = !isNonNegative[input.index]
      return result
    }
  }

  /// Returns the matrices of a spiking graph, in the order of its projections.
  ///
  /// Convolutions and dense connections have matrices; pooling, one-to-one connections and wires
  /// are sums that digital units do. Biases belong to populations, which may receive several
  /// projections: they are added where the potentials are.
  ///
  /// Of each is said how many frames an image takes at most, see `FrameBounds`.
  ///
  /// - Complexity: O(weights + channels · ticks).
  /// - Precondition: the graph is verified.
  package static func all(in graph: SpikingGraph) -> [WeightMatrix] {
    let bounds = FrameBounds(graph)
    return graph.projections.ids.compactMap { id in
      let projection = graph[id]
      let (source, target) = (graph[projection.source].shape, graph[projection.target].shape)
      var result: WeightMatrix
      switch projection.kind {
      case .conv(let conv):
        result = WeightMatrix(
          convolution: projection.name, .projection(id), conv.window, groups: conv.groups,
          kernel: conv.weights, from: source, to: target, bias: nil)
      case .dense(let dense):
        result = WeightMatrix(
          name: projection.name, source: .projection(id), groups: 1, inputs: source.count,
          outputs: target.count, windows: nil, positions: 1, kernel: dense.weights, bias: nil)
      case .pool, .identity, .wire: return nil
      }
      result.shift = projection.shift
      result.frames = bounds.frames(along: projection)
      return result
    }
  }

  /// Creates the matrices of a convolution.
  private init(
    convolution name: String, _ source: Source, _ window: Window, groups: Int, kernel: TensorID,
    from image: Shape, to result: Shape, bias: TensorID?
  ) {
    self.init(
      name: name, source: source, groups: groups,
      inputs: window.size.height * window.size.width * image[2] / groups,
      outputs: result[2] / groups,
      windows: WindowStream(window, over: image, extents: Pair(result[0], result[1])),
      positions: result[0] * result[1], kernel: kernel, bias: bias)
  }
}
