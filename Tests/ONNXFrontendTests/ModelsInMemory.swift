// Models that are built in memory.

import Diagnostics
import SpikeIR
import SpikeInterpreter
import Testing

@testable import ONNXFrontend

/// Returns a model with one input `x` and one output `y`.
func model(
  _ extents: [ONNXExtent], type: ONNXElementType = .float, constants: [ONNXTensor] = [],
  opset: Int = 18, _ nodes: [ONNXNode]
) -> ONNXModel {
  ONNXModel(
    path: "test.onnx", irVersion: 8, opsets: ["": opset],
    graph: ONNXGraph(
      nodes: nodes, initializers: constants,
      inputs: [ONNXValueInfo(name: "x", type: type, extents: extents)],
      outputs: [ONNXValueInfo(name: "y", type: .float, extents: nil)]))
}

/// Returns a node without a name.
func node(
  _ opType: String, _ inputs: [String], _ outputs: [String],
  _ attributes: [String: ONNXAttribute] = [:]
) -> ONNXNode {
  ONNXNode(name: "", opType: opType, inputs: inputs, outputs: outputs, attributes: attributes)
}

/// Returns a list of integers.
func integers(
  _ name: String, _ values: [Int], type: ONNXElementType = .int64
) -> ONNXTensor {
  var tensor = ONNXTensor(integers: values, extents: [values.count])
  tensor.name = name
  tensor.type = type
  return tensor
}

/// Returns an array of real numbers.
func reals(_ name: String, _ extents: [Int], _ values: [Float]) -> ONNXTensor {
  ONNXTensor(
    name: name, type: .float, extents: extents,
    elements: ONNXNumbers(values.map { Double($0) }))
}

/// Returns what the model computes for one sample.
func run(_ model: ONNXModel, _ input: [Float]) throws -> [Float] {
  try ANNExecutor(Importer.run(model).graph).run([input])[0]
}

/// Returns the ids of the problems with the model, empty if it can be imported.
func problems(with model: ONNXModel) -> [Diagnostic] {
  do throws(CompileError) {
    _ = try Importer.run(model)
    return []
  } catch {
    return error.diagnostics
  }
}
