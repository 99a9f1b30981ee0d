// Small networks of one operator each: the table of supported layers shows what they become.

internal import Diagnostics
internal import PluginAPI
internal import SpikeIR

extension OperatorDefinition {

  /// The line of the table of supported layers for this definition.
  var line: SupportedLayer { SupportedLayer(fullName, remark, sample: sample) }

  /// A network of this operator alone; `nil` if it is computed at import.
  ///
  /// Its weights are made up.
  private var sample: ANNGraph? {
    guard let build else { return nil }
    let form = SampleForm(opType)
    var builder = GraphBuilder(name: opType)
    do throws(Diagnostic) {
      var operands: [Operand?] = []
      for operand in form.operands {
        switch operand {
        case .value(let extents): operands.append(.value(try builder.sampleInput(extents)))
        case .constant(let constant): operands.append(.constant(constant))
        case .none: operands.append(nil)
        }
      }
      let node = ONNXNode(
        name: "layer", opType: opType, domain: domain, inputs: [], outputs: form.outputs,
        attributes: form.attributes)
      let call = NodeCall(
        node: node, site: NodeSite(node, file: opType), opset: 17, operands: operands)
      let results = try build(call, &builder)
      for case .value(let value) in results { builder.graph.outputs.append(value.node) }
      guard !builder.graph.outputs.isEmpty else { return nil }
      var graph = builder.graph.pruned()
      do throws(CompileError) { try graph.tensors.materialize() } catch { return nil }
      return graph
    } catch {
      return nil
    }
  }
}

extension GraphBuilder {

  /// Adds an input with the given extents, a batch of one included; images have the channels last.
  fileprivate mutating func sampleInput(_ extents: [Int]) throws(Diagnostic) -> Value {
    let order = extents.count == 4 ? [2, 3, 1] : Array(1..<extents.count)
    let node = try addInput("input", Shape(order.map { extents[$0] }))
    return Value(node, Layout(extents: extents, order: [0] + order), type: .float)
  }
}

/// The operands and attributes of an operator in its sample.
private struct SampleForm {

  /// An operand.
  enum Operand {
    /// An input of the given extents.
    case value([Int])
    /// A constant.
    case constant(ONNXTensor)
    /// One that is left out.
    case none

    /// A constant of real numbers.
    static func reals(_ value: Double, _ extents: [Int] = []) -> Operand {
      let count = extents.reduce(1, *)
      return .constant(
        ONNXTensor(
          name: "", type: .float, extents: extents,
          elements: ONNXNumbers(Array(repeating: value, count: count))))
    }

    /// A constant of integers.
    static func integers(_ list: [Int]) -> Operand {
      .constant(ONNXTensor(integers: list, extents: [list.count]))
    }

    /// A constant of 8-bit integers.
    static func bytes(_ value: Double, _ extents: [Int] = []) -> Operand {
      guard case .constant(var constant) = reals(value, extents) else { return .none }
      constant.type = .uint8
      return .constant(constant)
    }
  }

  /// The operands.
  var operands: [Operand] = [.value([1, 4, 8, 8])]

  /// The attributes.
  var attributes: [String: ONNXAttribute] = [:]

  /// The names of the results.
  var outputs = ["y"]

  /// A scale and a zero point.
  private static let grid: [Operand] = [.reals(0.1), .bytes(128)]

  /// Creates the form for the operator called `opType`.
  init(_ opType: String) {  // size: table
    let image = Operand.value([1, 4, 8, 8])
    let vector = Operand.value([1, 8])
    let grid = SampleForm.grid
    switch opType {
    case "Conv", "ConvTranspose":
      operands += [.reals(0.1, [4, 4, 3, 3]), .reals(0, [4])]
    case "MatMul", "Gemm": operands = [vector, .reals(0.1, [8, 4])]
    case "BatchNormalization": operands += Array(repeating: .reals(1, [4]), count: 4)
    case "PRelu": operands.append(.reals(0.1, [4, 1, 1]))
    case "Clip": operands += [.reals(0), .reals(6)]
    case "Pow": operands.append(.reals(2))
    case "Mul", "Div": operands.append(.reals(2, [4, 1, 1]))
    case "Add", "Sub", "Sum", "Mean", "Max", "Min", "Greater", "Less", "GreaterOrEqual",
      "LessOrEqual", "Equal":
      operands.append(image)
    case "Where": operands += [image, image]
    case "Softmax", "LogSoftmax": operands = [vector]
    case "MaxPool", "AveragePool", "LpPool":
      attributes = ["kernel_shape": .ints([2, 2]), "strides": .ints([2, 2])]
    case "ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceL1", "ReduceL2":
      operands.append(.integers([2, 3]))
      attributes = ["axes": .ints([2, 3]), "keepdims": .int(0)]
    case "Reshape": operands.append(.integers([1, -1]))
    case "Transpose": attributes = ["perm": .ints([0, 2, 3, 1])]
    case "Squeeze": operands = [.value([1, 1, 8, 8]), .integers([1])]
    case "Unsqueeze": operands.append(.integers([1]))
    case "Expand": operands.append(.integers([1, 4, 8, 8]))
    case "CastLike": operands.append(.reals(0))
    case "Concat":
      operands.append(image)
      attributes = ["axis": .int(1)]
    case "Split":
      outputs = ["y", "z"]
      attributes = ["axis": .int(1)]
    case "Slice": operands += [.integers([0]), .integers([2]), .integers([1])]
    case "Gather":
      operands.append(.integers([0, 2]))
      attributes = ["axis": .int(1)]
    case "Pad": operands.append(.integers([0, 0, 1, 1, 0, 0, 1, 1]))
    case "Resize": operands += [.none, SampleForm.doubling]
    case "Upsample": operands.append(SampleForm.doubling)
    case "QuantizeLinear", "DequantizeLinear": operands += grid
    case "QLinearConv": operands += grid + [.bytes(3, [4, 4, 3, 3])] + grid + grid
    case "QLinearMatMul", "QGemm":
      operands = [vector] + grid + [.bytes(3, [8, 4])] + grid
      operands += opType == "QGemm" ? [.none] + grid : grid
    case "QLinearAdd": operands += grid + [image] + grid + grid
    case "QLinearMul": operands += grid + [.bytes(3, [4, 1, 1])] + grid + grid
    case "QLinearConcat":
      operands = grid + [image] + grid + [image] + grid
      attributes = ["axis": .int(1)]
    case "QLinearSoftmax": operands = [vector] + grid + grid
    case "QLinearAveragePool":
      operands += grid + grid
      attributes = ["kernel_shape": .ints([2, 2]), "strides": .ints([2, 2])]
    case "QLinearLeakyRelu", "QLinearSigmoid", "QLinearGlobalAveragePool":
      operands += grid + grid
    default: break
    }
  }

  /// The scales that double height and width.
  private static let doubling = Operand.constant(
    ONNXTensor(name: "", type: .float, extents: [4], elements: ONNXNumbers([1, 1, 2, 2])))
}
