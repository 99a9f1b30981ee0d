// The pass `dense-to-conv`: dense layers as convolutions whose kernel is the image.

internal import Diagnostics
package import PluginAPI
internal import SpikeIR

extension Pass {

  /// Turns vectors into images of one pixel, and dense projections into convolutions.
  package static let denseToConv = Pass.snn(
    name: "dense-to-conv",
    summary: "express dense projections as convolutions whose kernel is the whole image",
    details: """
      Pipelines of convolution cores know images and kernels only. Vectors [n] become images [1,1,n],
      and a dense projection from an image [h,w,c] to a vector becomes a convolution with kernels
      [h,w,c,n], without padding: the same weights in the same order. Nothing is computed
      differently, and outputs keep their shape. Reshapes by relays in front of dense projections are
      in the way: run 'fold-relays' first. Dense projections to images of several pixels stay, and are
      counted.
      Before: %p1 if [7,7,48] -> %p2 integrator [10]      dense {weights=[2352,10]}
      After:  %p1 if [7,7,48] -> %p2 integrator [1,1,10]  conv {weights=[7,7,48,10], size=[7,7]}
              decode %p2 {shape=[10]}
      """
  ) { (graph, _, context) throws(CompileError) in
    for i in graph.decoders.indices where graph.decoders[i].shape == nil {
      let shape = graph[graph.decoders[i].population].shape
      if shape.rank == 1 { graph.decoders[i].shape = shape }
    }
    for id in graph.populations.ids where graph[id].shape.rank == 1 {
      graph[id].shape = [1, 1, graph[id].shape.channels]
    }
    for id in graph.projections.ids {
      guard case .dense(let dense) = graph[id].kind else { continue }
      let (from, to) = (graph[graph[id].source].shape, graph[graph[id].target].shape)
      guard to.positions == 1, from.rank == 3 else {
        context.count("left", of: "dense-to-conv")
        continue
      }
      var tensor = graph.tensors[dense.weights]
      tensor.shape = [from[0], from[1], from[2], to.channels]
      let weights = graph.tensors.add(tensor)
      graph[id].kind = .conv(
        ConvProjection(weights: weights, window: Window(size: Pair(from[0], from[1]))))
      context.count("projections", of: "dense-to-conv")
    }
    graph.dropUnusedTensors()
  }
}
