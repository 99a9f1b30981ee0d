// Small graphs for the tests of the tensor executor.

import Diagnostics
import SpikeIR
import SpikeInterpreter
import Testing

/// Returns the value of one operator applied to operands of the given shapes.
func evaluate(
  _ op: Op, on operands: [(Shape, [Float])], tensors: TensorStore = TensorStore()
) throws -> [Float] {
  var graph = ANNGraph(name: "test")
  graph.tensors = tensors
  var inputs: [NodeID] = []
  for (i, operand) in operands.enumerated() {
    inputs.append(try graph.add("in\(i)", .input, shape: operand.0))
  }
  graph.outputs = [try graph.add("op", op, inputs)]
  let outputs = try ANNExecutor(graph).run(operands.map(\.1))
  return try #require(outputs.first)
}

/// Returns the value of one operator applied to one vector.
func evaluate(_ op: Op, on vector: [Float]) throws -> [Float] {
  try evaluate(op, on: [(Shape([vector.count]), vector)])
}

/// Returns the identifiers of what `body` reports.
func reported(_ body: () throws -> Void) -> [String] {
  do {
    try body()
    return []
  } catch let error as CompileError {
    return error.diagnostics.map(\.id)
  } catch let error as Diagnostic {
    return [error.id]
  } catch {
    return ["unexpected: \(error)"]
  }
}

/// A network with branches, reshaping and values of different sizes.
func branchedGraph() throws -> ANNGraph {
  var graph = ANNGraph(name: "branched")
  let numbers = (0..<72).map { Float($0 % 7 - 3) / 4 }
  let kernel = graph.tensors.add("k", shape: [3, 3, 2, 4], floats: numbers)
  let matrix = graph.tensors.add("m", shape: [36, 3], floats: (0..<108).map { Float($0 % 5 - 2) })
  let input = try graph.add("input", .input, shape: [6, 6, 2])
  let window = Window(
    size: Pair(3, 3), padding: Padding(top: 1, left: 1, bottom: 1, right: 1))
  let conv = try graph.add("conv", .conv2d(Conv2D(kernel: kernel, window: window)), [input])
  let relu = try graph.add("relu", .activation(.relu), [conv])
  let sum = try graph.add("sum", .elementwise(Elementwise(.add)), [relu, conv])
  let pool = try graph.add(
    "pool", .pool(Pool(.maximum, window: Window(size: Pair(2, 2), strides: Pair(2, 2)))), [sum])
  let flat = try graph.add("flat", .reshape(Reshape([36])), [pool])
  let logits = try graph.add("logits", .dense(Dense(kernel: matrix)), [flat])
  graph.outputs = [logits]
  return graph
}
