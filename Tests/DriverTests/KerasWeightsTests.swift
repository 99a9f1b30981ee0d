import Diagnostics
import SpikeIR
import Testing

@testable import Driver

@Suite("Weights of Keras models") struct KerasWeightsTests {

  /// Returns a convolution, a normalization, and a dense layer without bias.
  private func model() throws -> ANNGraph {
    var graph = ANNGraph(name: "model")
    func vector(_ name: String, _ values: [Float]) -> TensorID {
      graph.tensors.add(name, shape: [values.count], floats: values)
    }
    let input = try graph.add("input", .input, shape: [2, 2, 1])
    let kernel = graph.tensors.add("conv/kernel", shape: [1, 1, 1, 2], floats: [1, -2])
    let bias = vector("conv/bias", [0.5, 1])
    let conv = try graph.add(
      "conv",
      .conv2d(
        Conv2D(
          kernel: kernel, bias: bias, window: Window(size: Pair(1, 1), strides: Pair(1, 1)))),
      [input])
    let norm = BatchNorm(
      scale: nil, offset: vector("bn/beta", [1, 2]), mean: vector("bn/mean", [0, 1]),
      variance: vector("bn/variance", [4, 1]), epsilon: 0.5)
    let bn = try graph.add("bn", .batchNorm(norm), [conv])
    let flat = try graph.add("flat", .reshape(Reshape([8])), [bn])
    let matrix = graph.tensors.add(
      "dense/kernel", shape: [8, 1], floats: [1, 2, 3, 4, 5, 6, 7, 8])
    let dense = try graph.add("dense", .dense(Dense(kernel: matrix)), [flat])
    graph.outputs = [dense]
    return graph
  }

  /// Returns the model with the normalization folded, and its weights changed.
  private func folded(bias: [Float], denseBias: [Float]? = nil) throws -> ANNGraph {
    var graph = ANNGraph(name: "folded")
    let input = try graph.add("input", .input, shape: [2, 2, 1])
    let kernel = graph.tensors.add("bn/kernel", shape: [1, 1, 1, 2], floats: [3, 4])
    let offset = graph.tensors.add("bn/bias", shape: [2], floats: bias)
    let window = Window(size: Pair(1, 1), strides: Pair(1, 1))
    let conv = try graph.add(
      "bn", .conv2d(Conv2D(kernel: kernel, bias: offset, window: window)), [input])
    let flat = try graph.add("flat", .reshape(Reshape([8])), [conv])
    let matrix = graph.tensors.add(
      "dense/kernel", shape: [8, 1], floats: [8, 7, 6, 5, 4, 3, 2, 1])
    let shift = denseBias.map { graph.tensors.add("dense/bias", shape: [1], floats: $0) }
    let dense = try graph.add("dense", .dense(Dense(kernel: matrix, bias: shift)), [flat])
    graph.outputs = [dense]
    return graph
  }

  @Test("kernels go to their layers, biases into normalizations") func elements() throws {
    let weights = KerasWeights(original: try model(), folded: try folded(bias: [7, -1]))
    let elements = try weights.elements()
    let named = Dictionary(
      uniqueKeysWithValues: elements.map { (weights.original.tensors[$0].name, $1) })
    #expect(
      named == [
        "conv/kernel": [3, 4], "conv/bias": [0, 0], "bn/beta": [7, -1], "bn/mean": [0, 0],
        "bn/variance": [0.5, 0.5], "dense/kernel": [8, 7, 6, 5, 4, 3, 2, 1],
      ])
    try weights.check(elements, on: [[[1, 2, 3, 4]], [[-1, 0.5, 0, 2]]])
  }

  @Test("a bias without a place is refused") func noPlace() throws {
    let weights = KerasWeights(
      original: try model(), folded: try folded(bias: [1, 1], denseBias: [2]))
    let error = #expect(throws: Diagnostic.self) { try weights.elements() }
    #expect(error?.id == "finetune.no-keras-layer")
  }

  @Test("weights that compute something else are refused") func differs() throws {
    let weights = KerasWeights(original: try model(), folded: try folded(bias: [1, 1]))
    var elements = try weights.elements()
    for id in elements.keys { elements[id] = elements[id]?.map { $0 * 1.1 } }
    let changed = elements
    let error = #expect(throws: CompileError.self) {
      try weights.check(changed, on: [[[1, 2, 3, 4]]])
    }
    #expect(error?.diagnostics.first?.id == "finetune.keras-differs")
  }
}
