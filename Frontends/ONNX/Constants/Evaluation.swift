// Results of operators on constants: what an operator builds for values is run at once by the
// executor, so that constants may be computed by whatever can be read.

internal import Diagnostics
internal import SpikeIR
internal import SpikeInterpreter

extension OperatorDefinition {

  /// Returns the results of `call`: constants if all operands are.
  ///
  /// - Throws: what building throws; `onnx.bad-node` for extents that no constant may have;
  ///   `onnx.unsupported-use` for arithmetic of integers that real numbers do not stand for.
  func results(
    _ call: NodeCall, _ builder: inout GraphBuilder
  ) throws(Diagnostic) -> [Operand] {
    let results = try computed(call, &builder)
    for result in results {
      if let fault = ONNXTensor.fault(in: result.extents) {
        throw .badNode(call.site, "gives a result that \(fault)")
      }
      try builder.keep(result, for: call.site)
    }
    return results
  }

  /// Returns the results of `call`, whatever their extents are.
  private func computed(
    _ call: NodeCall, _ builder: inout GraphBuilder
  ) throws(Diagnostic) -> [Operand] {
    let operands = call.operands.prefix(traits.contains(.takesOneValue) ? 1 : .max)
    let isConstant = operands.allSatisfy { operand in
      switch operand {
      case .value: false
      case .constant, nil: true
      }
    }
    if isConstant, let fold { return try folded(call, fold, &builder.evaluationBudget) }
    guard let build else {
      throw .needsConstant(call.site, operand: "an operand")
    }
    let type = call.operands.first??.type
    if traits.contains(.needsReals), let type, type.isInteger {
      throw .unsupportedUse(
        call.site, "computes a quotient of elements of type \(type), expected real numbers",
        advice: "cast the operand to float before, and the result back")
    }
    guard isConstant else {
      let results = try build(call, &builder)
      return try typed(results, type, call, &builder)
    }
    var evaluation = GraphBuilder(name: call.site.name)
    let built = try build(call, &evaluation)
    let results = try typed(built, type, call, &evaluation)
    return try evaluation.constants(results, call, budget: &builder.evaluationBudget)
  }

  /// Returns the results of `fold`, constants; what is left to be read of the file takes no work.
  private func folded(
    _ call: NodeCall, _ fold: Fold, _ budget: inout Int
  ) throws(Diagnostic) -> [Operand] {
    let read =
      traits.contains(.givesExtents)
      ? 0 : call.operands.reduce(0) { $0 + ($1?.boundedCount ?? 0) }
    var constants: [Operand] = []
    for var constant in try fold(call) {
      if traits.contains(.wrapsIntegers), constant.type.isNarrowInteger {
        let type = constant.type
        let wrapped = try constant.elements.integers().map { Double(type.wrapping($0)) }
        constant = call.result(wrapped, constant.extents, type: type)
      }
      if let computed = constant.elements as? ONNXNumbers {
        let count = read + computed.values.count
        try take(count * GraphBuilder.foldingWork, from: &budget, call.site)
      }
      if constant.name.isEmpty { constant.name = call.site.name }
      constants.append(.constant(constant))
    }
    return constants
  }

  /// Returns the results with their types; narrow integers are brought back to their range.
  private func typed(
    _ results: [Operand], _ type: ONNXElementType?, _ call: NodeCall,
    _ builder: inout GraphBuilder
  ) throws(Diagnostic) -> [Operand] {
    var typed: [Operand] = []
    for result in results {
      guard case .value(var value) = result, value.type == nil else {
        typed.append(result)
        continue
      }
      value.type = type
      if traits.contains(.givesReals) { value.type = .float }
      if traits.contains(.givesTruth) { value.type = .bool }
      if traits.contains(.wrapsIntegers), let type = value.type, type.isNarrowInteger {
        value = try builder.wrapped(value, to: type, for: call.site)
      }
      typed.append(.value(value))
    }
    return typed
  }
}

extension GraphBuilder {

  /// The integers up to which a sum that is computed as a mean times a number is exact.
  private static let exactLimit: Float = 0x1p20

  /// Returns the results of a graph without inputs.
  ///
  /// - Parameters:
  ///   - results: values of the graph, or constants, which stay what they are.
  ///   - call: the call that computes them.
  ///   - budget: the work that may still be done; is reduced.
  /// - Returns: the results as constants; those of integer type are whole.
  /// - Throws: `onnx.bad-node` if too much is to be computed, or integers are too large to be exact.
  /// - Complexity: that of running the graph.
  fileprivate mutating func constants(
    _ results: [Operand], _ call: NodeCall, budget: inout Int
  ) throws(Diagnostic) -> [Operand] {
    let site = call.site
    var types: [(type: ONNXElementType, extents: [Int])] = []
    for case .value(let value) in results {
      let plain = try integers(of: value, for: site)
      let axes = plain.layout.axes.indices.map { [$0] }
      graph.outputs.append(try node(of: plain, axes: axes.isEmpty ? [[]] : axes, for: site))
      types.append((plain.type ?? .float, plain.extents))
    }
    try spend(&budget, call)
    var values: [[Float]] = []
    do throws(CompileError) {
      try graph.tensors.materialize()
      let executor = try ANNExecutor(graph)
      values = try liftingDiagnostic { () throws(Diagnostic) in try executor.run([]) }
    } catch {
      throw error.diagnostics.first { $0.severity == .error } ?? .badNode(site, "has no value")
    }
    var next = 0
    var constants: [Operand] = []
    for result in results {
      guard case .value = result else {
        constants.append(result)
        continue
      }
      let (type, extents) = types[next]
      let elements = try type.isInteger ? wholeNumbers(values[next], site) : values[next]
      next += 1
      constants.append(
        .constant(
          ONNXTensor(
            name: site.name, type: type, extents: extents,
            elements: ONNXNumbers(elements.map { Double($0) }))))
    }
    return constants
  }

  /// Returns integers that were computed as real numbers.
  private func wholeNumbers(_ values: [Float], _ site: NodeSite) throws(Diagnostic) -> [Float] {
    let whole = values.map { $0.rounded() }
    // A sum is a mean times a number: its last bits may be off.
    let isExact = zip(whole, values).allSatisfy {
      abs($0) <= GraphBuilder.exactLimit && abs($0 - $1) <= max(1, abs($1)) * 0x1p-20
    }
    guard isExact else {
      throw .badNode(site, "computes integers that 20 bits do not hold")
    }
    return whole
  }

  /// Takes the work of running the graph from `budget`.
  private func spend(_ budget: inout Int, _ call: NodeCall) throws(Diagnostic) {
    let limit = call.evaluatedLimit
    var total = 0
    for id in graph.ids {
      let count = graph[id].shape.count
      total += count
      guard total <= limit, count <= NodeCall.foldingLimit else {
        throw .badNode(call.site, "computes with \(total) elements, accepted are \(limit)")
      }
      let (work, overflow) = count.multipliedReportingOverflow(by: graph.terms(of: id))
      try take(overflow ? .max : work, from: &budget, call.site)
    }
  }
}

extension ANNGraph {

  /// The number of operands of which each element of `id` is computed.
  fileprivate func terms(of id: NodeID) -> Int {
    switch self[id].op {
    case .conv2d(let op):
      max(1, tensors[op.kernel].shape.count / max(1, self[id].shape.extents.last ?? 1))
    case .convTranspose2d(let op):
      max(1, tensors[op.kernel].shape.count / max(1, self[id].shape.extents.last ?? 1))
    case .dense(let op):
      max(1, tensors[op.kernel].shape.count / max(1, self[id].shape.extents.last ?? 1))
    case .pool(let op): op.window.size.height * op.window.size.width
    default: 1
    }
  }
}
