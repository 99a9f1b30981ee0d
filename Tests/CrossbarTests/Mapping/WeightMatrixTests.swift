// Layers as matrices: sizes of known networks, and products of matrices and streams of vectors
// against executors that know of neither.

import SpikeIR
import TestSupport
import Testing

@testable import Crossbar
@testable import SpikeInterpreter

@Suite struct WeightMatrixTests {

  @Test func leNetHasTheArraysOfThePaper() throws {
    let layers = WeightMatrix.all(in: try leNet())
    #expect(layers.map(\.outputs) == [16, 32, 128, 10])
    #expect(layers.map { $0.inputs + 1 } == [26, 401, 513, 129])
    #expect(layers.map(\.positions) == [576, 64, 1, 1])
    #expect(layers.reduce(0) { $0 + $1.parameterCount } == 80_202)
  }

  @Test func alexNetHasTheArraysOfThePaper() throws {
    let layers = WeightMatrix.all(in: try alexNet())
    #expect(layers.map(\.outputs) == [96, 256, 384, 384, 256, 4096, 4096, 1000])
    #expect(layers.map(\.inputs) == [363, 2400, 2304, 3456, 3456, 9216, 4096, 4096])
    #expect(layers.map(\.positions) == [3025, 729, 169, 169, 169, 1, 1, 1])
  }

  /// The products of all matrices with their streams are what the executor of operators computes:
  /// groups, strides, dilations, asymmetric paddings, dense layers of several vectors.
  @Test(arguments: 0..<150 as Range<UInt64>) func productsAreThoseOfTheOperators(
    _ seed: UInt64
  ) throws {
    var random = SplitMix64(seed: seed)
    let graph = randomANNGraph(using: &random)
    let matrices = WeightMatrix.all(in: graph)
    let executor = try ANNExecutor(graph)
    let inputs = graph.inputs.map { id in
      (0..<graph[id].shape.count).map { _ in random.float(-1...1) }
    }
    let nodes = matrices.compactMap { matrix -> NodeID? in
      if case .node(let id) = matrix.source { id } else { nil }
    }
    #expect(nodes.count == matrices.count)
    let operands = nodes.map { graph[$0].inputs[0] }
    let values = try executor.accumulate(
      count: 1, threads: 1, observing: nodes + operands, input: { _ in inputs },
      initial: { [[Float]]() },
      body: { found, _, values in found = (nodes + operands).map { values[$0] } })[0]
    for (i, matrix) in matrices.enumerated() {
      let expected = values[i]
      let found = try products(of: matrix, graph.tensors, values[nodes.count + i])
      guard expected.allSatisfy(\.isFinite) else { continue }
      #expect(found.count == expected.count)
      let scale = expected.reduce(1) { max($0, abs($1)) }
      let error = zip(found, expected).reduce(0) { max($0, abs($1.0 - Double($1.1))) }
      #expect(error <= 1e-4 * Double(scale), "\(matrix.name)")
    }
  }

  /// Returns every position's products, [positions][groups · outputs].
  private func products(
    of matrix: WeightMatrix, _ tensors: TensorStore, _ input: [Float]
  ) throws -> [Double] {
    let weights = try MatrixWeights(matrix, from: tensors)
    var result: [Double] = []
    for position in 0..<matrix.positions {
      for group in 0..<matrix.groups {
        let block = weights.block(
          group: group, inputs: 0..<matrix.inputs + 1, outputs: 0..<matrix.outputs)
        let vector =
          matrix.indices(at: position, group: group).map { $0 < 0 ? 0 : Double(input[$0]) } + [1]
        for o in 0..<matrix.outputs {
          result.append(
            vector.indices.reduce(0) { $0 + vector[$1] * Double(block[$1 * matrix.outputs + o]) })
        }
      }
    }
    return result
  }

  /// The connections of spiking graphs, one by one, are the elements of their matrices.
  @Test(arguments: 0..<60 as Range<UInt64>) func elementsAreTheConnections(_ seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let graph = randomSpikingGraph(using: &random)
    let constants = try QuantizedConstants(graph)
    for matrix in WeightMatrix.all(in: graph) {
      guard case .projection(let id) = matrix.source else {
        Issue.record("another source")
        continue
      }
      let projection = graph[id]
      let (from, to) = (
        graph[projection.source].shape.count, graph[projection.target].shape.count
      )
      var expected = [Float](repeating: 0, count: from * to)
      let connections = Connections(of: id, in: constants)
      for neuron in 0..<from {
        connections.forEach(from: neuron) { target, weight in
          expected[neuron * to + target] += Float(weight)
        }
      }
      let weights = try MatrixWeights(matrix, from: graph.tensors)
      var found = [Float](repeating: 0, count: from * to)
      let channels = matrix.groups * matrix.outputs
      for position in 0..<matrix.positions {
        for group in 0..<matrix.groups {
          let block = weights.block(
            group: group, inputs: 0..<matrix.inputs, outputs: 0..<matrix.outputs)
          for (row, neuron) in matrix.indices(at: position, group: group).enumerated()
          where neuron >= 0 {
            for o in 0..<matrix.outputs {
              let target = position * channels + group * matrix.outputs + o
              found[neuron * to + target] += block[row * matrix.outputs + o]
            }
          }
        }
      }
      #expect(found == expected)
      // An input counts once for each connection: as many products as there are within the image.
      #expect(matrix.products >= expected.count { $0 != 0 })
    }
  }

  @Test func blocksArePartsOfTheMatrix() throws {
    var tensors = TensorStore()
    let kernel = tensors.add("k", shape: [3, 4], floats: (0..<12).map(Float.init))
    let bias = tensors.add("b", shape: [4], floats: [100, 101, 102, 103])
    let matrix = WeightMatrix(
      name: "m", source: .node(NodeID(0)), groups: 2, inputs: 3, outputs: 2, windows: nil,
      positions: 1, kernel: kernel, bias: bias)
    let weights = try MatrixWeights(matrix, from: tensors)
    #expect(
      weights.block(group: 1, inputs: 1..<4, outputs: 0..<2) == [6, 7, 10, 11, 102, 103])
    #expect(weights.block(group: 0, inputs: 0..<2, outputs: 1..<2) == [1, 5])
  }
}
