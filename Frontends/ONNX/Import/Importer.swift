// Walks the nodes of a model in order and has the definitions of operators build the graph.

internal import Diagnostics
internal import SpikeIR

/// The graph of a model, and how its inputs and outputs relate to those of the file.
struct ImportedGraph: Sendable {

  /// The graph.
  var graph: ANNGraph

  /// For each input of the graph: the file's axes in the order of the graph's dimensions.
  var inputAxes: [[Int]] = []

  /// For each output of the graph: the file's axes in the order of the graph's dimensions.
  var outputAxes: [[Int]] = []

  /// For each output of the graph: its extents in the file, as text.
  var outputExtents: [[String]] = []
}

/// Builds the graph of one model.
struct Importer {

  private let model: ONNXModel
  private let nodes: [PlannedNode]
  private let reading: BatchReading
  private var builder: GraphBuilder
  private var sink = DiagnosticSink()
  /// What names stand for; a name whose node failed stands for `nil`.
  private var operands: [String: Operand?] = [:]
  private var inputAxes: [[Int]] = []
  /// The constants that follow from the number of samples of an open batch.
  private var sampleCounts: [String: SampleCounts] = [:]

  private init(_ model: ONNXModel, _ nodes: [PlannedNode], _ reading: BatchReading) {
    self.model = model
    self.nodes = nodes
    self.reading = reading
    builder = GraphBuilder(name: model.graph.name.isEmpty ? "network" : model.graph.name)
    builder.allowFolding(of: model)
    for constant in model.graph.initializers {
      operands[constant.name] = .some(.constant(constant))
    }
  }

  /// Returns the graph of `model`.
  ///
  /// - Throws: all problems with nodes that do not depend on the value of a node with problems.
  static func run(_ model: ONNXModel) throws(CompileError) -> ImportedGraph {
    let nodes = try liftingDiagnostic { () throws(Diagnostic) in try model.plannedNodes() }
    try model.checkOpset(nodes)
    try model.checkOperators(nodes)
    var problems: CompileError?
    for reading in BatchReading.candidates(model.networkInputs) {
      var importer = Importer(model, nodes, reading)
      do throws(CompileError) {
        return try importer.run()
      } catch {
        problems = problems ?? error.namingOpenExtents(of: model.networkInputs, reading)
        // An open batch whose samples are mixed is no batch of one; but a model with an open batch
        // may have fixed extents inside that hold for one sample only.
        if reading == .open, error.diagnostics.contains(where: { $0.id == "onnx.batch-axis" }) {
          break
        }
      }
    }
    throw problems ?? CompileError(.badOutput(model.path, "the model has no inputs"))
  }

  private mutating func run() throws(CompileError) -> ImportedGraph {
    for input in model.networkInputs { addInput(input) }
    try sink.throwIfErrors()
    for planned in nodes { build(planned) }
    try sink.throwIfErrors()
    var result = ImportedGraph(graph: builder.graph, inputAxes: inputAxes)
    for output in model.graph.outputs {
      do throws(Diagnostic) {
        let (node, axes, extents) = try addOutput(output)
        result.outputAxes.append(axes)
        result.outputExtents.append(extents)
        builder.graph.outputs.append(node)
      } catch {
        sink.report(error)
      }
    }
    try sink.throwIfErrors()
    result.graph = builder.graph.pruned()
    return result
  }

  private mutating func addInput(_ input: ONNXValueInfo) {
    do throws(Diagnostic) {
      guard let type = input.type, type != .string, type != .complex64, type != .complex128 else {
        throw .badInput(model.path, input.name, "holds no numbers, expected a tensor of numbers")
      }
      let extents = try reading.extents(of: input, file: model.path)
      let hasBatch = reading.hasBatchAxis(input)
      let dropsFirst = hasBatch || (reading == .single && extents.count > 1)
      var axes = InputOrder.axes(of: input.name, rank: extents.count, in: nodes)
      let layout = Layout(
        extents: extents, order: hasBatch ? axes.filter { $0 != 0 } : axes,
        batchAxis: hasBatch ? 0 : nil)
      if dropsFirst { axes.removeAll { $0 == 0 } }
      let shape = axes.isEmpty ? [1] : Shape(axes.map { extents[$0] })
      guard let count = shape.checkedCount, count <= GraphBuilder.elementLimit else {
        throw .badInput(model.path, input.name, "has \(shape) elements, expected fewer")
      }
      let node = try builder.addInput(input.name, shape)
      operands[input.name] = .some(.value(Value(node, layout, type: type)))
      inputAxes.append(axes)
    } catch {
      sink.report(error)
    }
  }

  /// Adds the nodes of one node of the model, or computes its constants.
  private mutating func build(_ planned: PlannedNode) {
    let node = planned.node
    let site = NodeSite(node, file: model.path)
    do throws(Diagnostic) {
      guard let definition = OperatorDefinition.of(node) else { return }
      guard
        let inputs = try resolve(
          node.inputs, site, integers: !definition.traits.contains(.takesGrid))
      else {
        for name in node.outputs { operands[name] = .some(nil) }
        return
      }
      let call = NodeCall(
        node: node, site: site, opset: planned.opset, operands: inputs,
        counts: node.inputs.map { sampleCounts[$0] })
      try checkSampleCounts(call, definition)
      let results = try definition.results(call, &builder)
      for (i, (name, result)) in zip(node.outputs, results).enumerated() where !name.isEmpty {
        operands[name] = .some(result)
        guard reading == .open, case .constant(let constant) = result else { continue }
        sampleCounts[name] = try definition.sampleCounts(of: constant, i, call, &builder)
      }
    } catch {
      for name in node.outputs { operands[name] = .some(nil) }
      sink.report(error)
    }
  }

  /// Checks that the graph will not depend on the number of samples of an open batch: values meet
  /// it as an extent only.
  ///
  /// - Throws: `onnx.batch-axis`.
  private func checkSampleCounts(
    _ call: NodeCall, _ definition: OperatorDefinition
  ) throws(Diagnostic) {
    let meetsValue = call.operands.contains { operand in
      if case .value = operand { true } else { false }
    }
    guard meetsValue else { return }
    let allowed: SampleDependence = definition.traits.contains(.takesExtents) ? .multiple : .none
    for counts in call.counts {
      guard let counts, counts.strongest > allowed || counts.extents != .none else { continue }
      throw .mixesBatch(call.site)
    }
  }

  /// Returns what the names stand for; `nil` if a node on which one depends has failed.
  private mutating func resolve(
    _ names: [String], _ site: NodeSite, integers: Bool
  ) throws(Diagnostic) -> [Operand?]? {
    var result: [Operand?] = []
    for name in names {
      guard !name.isEmpty else {
        result.append(nil)
        continue
      }
      guard let known = operands[name] else { throw .undefinedValue(site, name) }
      guard let operand = known else { return nil }
      if integers, case .value(let value) = operand, value.grid != nil {
        result.append(.value(try builder.integers(of: value, for: site)))
      } else {
        result.append(operand)
      }
    }
    return result
  }

  /// Returns the node of an output, the axes of its dimensions and the extents in the file: images
  /// have their channels last as the memory has, other values have the order of the file.
  private mutating func addOutput(
    _ output: ONNXValueInfo
  ) throws(Diagnostic) -> (node: NodeID, axes: [Int], extents: [String]) {
    let site = NodeSite(file: model.path, name: output.name, opType: "output")
    guard let found = operands[output.name], let operand = found else {
      throw .badOutput(model.path, "nothing computes the output '\(output.name)'")
    }
    guard sampleCounts[output.name] == nil else { throw .mixesBatch(site) }
    let value = try builder.integers(of: try operand.value(&builder, site), for: site)
    let layout = value.layout
    guard layout.batchAxis == nil || layout.axes[0] == [.batch] else { throw .mixesBatch(site) }
    var axes = layout.axes.indices.filter { $0 != layout.batchAxis }
    if reading == .single, axes.count > 1, value.extents[0] == 1 { axes.removeFirst() }
    func isInMemoryOrder(_ order: [Int]) -> Bool {
      let positions = order.flatMap { layout.positions(of: $0) }
      return positions == Array(layout.factors.indices)
    }
    if axes.count == 3, !isInMemoryOrder(axes) {
      let image = [axes[1], axes[2], axes[0]]
      if isInMemoryOrder(image) { axes = image }
    }
    let node = try builder.node(
      of: value, axes: axes.isEmpty ? [[]] : axes.map { [$0] }, for: site)
    let extents = value.extents.enumerated().map { $0 == layout.batchAxis ? "N" : "\($1)" }
    return (node, axes, extents)
  }
}

extension CompileError {

  /// Returns the problems with what to do about an open number of samples, where one comes of it.
  fileprivate func namingOpenExtents(
    of inputs: [ONNXValueInfo], _ reading: BatchReading
  ) -> CompileError {
    guard reading == .open, let input = inputs.first(where: reading.hasBatchAxis) else {
      return self
    }
    var name: String?
    if case .named(let found) = input.extents?.first { name = found }
    var sink = DiagnosticSink()
    for var diagnostic in diagnostics {
      diagnostic.message = BatchReading.namingOpenExtent(in: diagnostic.message)
      if ["onnx.batch-axis", "onnx.needs-constant"].contains(diagnostic.id) {
        let extent = name.map { "'\($0)'" } ?? "unnamed"
        diagnostic.notes.append(
          "the extent \(extent) of axis 0 of the input '\(input.name)' is open; if the node follows "
            + "from it, fix it: " + fixing(name, of: input.name))
      }
      sink.report(diagnostic)
    }
    do throws(CompileError) {
      try sink.throwIfErrors()
      return self
    } catch {
      return error
    }
  }
}

/// Returns the command that fixes the open extent called `name` of axis 0 of an input.
func fixing(_ name: String?, of input: String) -> String {
  let tool = "python -m onnxruntime.tools.make_dynamic_shape_fixed"
  guard let name else {
    return
      "export it with a fixed batch of 1, or run '\(tool) --input_name \(input) --input_shape …'"
  }
  return "'\(tool) --dim_param \(name) --dim_value 1 IN.onnx OUT.onnx'"
}

extension ANNGraph {

  /// Returns the graph without nodes that no output needs; inputs stay.
  func pruned() -> ANNGraph {
    var isNeeded = [Bool](repeating: false, count: nodes.count)
    for id in outputs { isNeeded[id.index] = true }
    for id in ids.reversed() {
      if self[id].op == .input { isNeeded[id.index] = true }
      guard isNeeded[id.index] else { continue }
      for input in self[id].inputs { isNeeded[input.index] = true }
    }
    var result = ANNGraph(name: name)
    result.tensors = tensors
    var map: [NodeID: NodeID] = [:]
    for id in ids where isNeeded[id.index] {
      var node = self[id]
      node.inputs = node.inputs.compactMap { map[$0] }
      map[id] = result.nodes.append(node)
    }
    result.outputs = outputs.compactMap { map[$0] }
    return result
  }
}
