// From nodes to kernels: settles widths and frames when all consumers are known, proves that
// potentials fit, then makes a step for each node.

internal import Diagnostics
internal import Kernels
internal import SpikeIR

extension Plan {

  /// Lowers a verified, quantized graph.
  ///
  /// - Throws: `cpu.unsupported-delay`, `cpu.overflow`, `cpu.too-large`, `ir.elided-tensor`.
  init(lowering graph: SpikingGraph) throws(Diagnostic) {
    let builder = try NetworkBuilder(graph)
    var nodes = builder.nodes
    settleWidths(&nodes)
    settleFrames(&nodes)
    let code = graph.populations.elements.first?.code ?? .rate(timesteps: 1)
    self.init(code: code, mostTicks: code.isRate ? 4096 : code.timesteps)
    stepOf = builder.nodeOf
    for node in nodes {
      layouts.append(EventLayout(grid: node.grid, format: node.format))
      try checkSize(of: node)
      mostTicks = min(mostTicks, try node.provenTicks(in: graph, from: nodes))
      let action = try makeAction(node, nodes, graph)
      steps.append(
        Step(
          action: action, isStatic: node.isStatic && code.isRate,
          units: reserve(layouts[layouts.count - 1].byteCount),
          spikes: reserve(node.grid.positions * 8)))
    }
  }

  /// Reserves a block of memory and returns its index.
  private mutating func reserve(_ bytes: Int) -> Int {
    blocks.append(bytes)
    return blocks.count - 1
  }

  private func checkSize(of node: Node) throws(Diagnostic) {
    let grid = node.grid
    let positions = Double(grid.framedHeight) * Double(grid.framedWidth)
    let bytes =
      positions * Double(max(grid.channels, 64)) * Double(max(1, node.format.byteCount))
      * Double(max(1, node.format.planeCount))
    guard bytes <= 4_294_967_296 else { throw .tooLarge(node.name, bytes: bytes) }
  }

  private mutating func makeAction(
    _ node: Node, _ nodes: [Node], _ graph: SpikingGraph
  ) throws(Diagnostic) -> Action {
    switch node.kind {
    case .source: return .encode
    case .maximum: return makeMaximum(node)
    case .relay:
      guard node.format.isPlanes else {
        return .relay(
          RelayAction(
            inputs: node.edges.map { makeInput($0, node, nodes) }, emit: EventEmit(grid: node.grid),
            sums: reserve(node.grid.paddedCount * 4)))
      }
      return makePlaneRelay(node)
    case .fire(let model):
      let initial = try node.initial(model, graph.tensors)
      let neuron = try node.neuron(model, graph.tensors)
      return .membrane(makeMembrane(node, nodes, neuron, initial: initial))
    case .leaky(let model):
      let kernel = try node.leaky(model, in: graph)
      let neuron = Neuron.leaks(
        kernel, state: reserve(kernel.stateBytes), positions: reserve(kernel.positionBytes))
      return .membrane(makeMembrane(node, nodes, neuron, initial: node.parameter([], 0)))
    case .decay(let model):
      let kernel = try node.decay(model, graph.tensors)
      let neuron = Neuron.decays(
        kernel, currents: reserve(kernel.stateBytes), potentials: reserve(kernel.stateBytes),
        held: reserve(kernel.stateBytes))
      return .membrane(makeMembrane(node, nodes, neuron, initial: node.parameter([], 0)))
    case .shift(let model):
      let kernel = try node.shift(model, graph.tensors)
      let neuron = Neuron.shifts(
        kernel, currents: reserve(kernel.stateBytes), potentials: reserve(kernel.stateBytes))
      return .membrane(makeMembrane(node, nodes, neuron, initial: node.parameter([], 0)))
    case .staircase(let model):
      let kernel = try node.staircase(model, graph.tensors)
      var neuron = Neuron.looksUp(kernel)
      if node.code.isRate {
        neuron = .follows(
          kernel, said: reserve(node.grid.paddedCount * 4), targets: reserve(kernel.targetBytes))
      }
      return .membrane(makeMembrane(node, nodes, neuron, initial: node.parameter([], 0)))
    case .integrator:
      return .membrane(makeMembrane(node, nodes, .integrates, initial: node.parameter([], 0)))
    }
  }

  private func makePlaneRelay(_ node: Node) -> Action {
    let target = EventLayout(grid: node.grid, format: node.format)
    var wires: [EventPlaneWire] = []
    var sources: [Int] = []
    var inputs: [PlaneInput] = []
    for edge in node.edges {
      switch edge.kind {
      case .wire(let starts):
        // Wires that lead nowhere say nothing, and the target may have no planes for them.
        if starts.allSatisfy({ $0 < 0 }) { continue }
        sources.append(edge.source)
        wires.append(
          EventPlaneWire(starts: starts, source: layouts[edge.source], target: target))
      case .full(_, let window), .channelwise(_, let window):
        inputs.append(PlaneInput(source: edge.source, window: window))
      }
    }
    return inputs.isEmpty
      ? .movePlanes(wires, sources: sources)
      : .addPlanes(EventPlaneSum(layout: target), inputs)
  }

  private mutating func makeMaximum(_ node: Node) -> Action {
    let edge = node.edges[0]
    let kernel = EventMaximum(
      window: edge.kind.window ?? .one, source: layouts[edge.source], target: node.grid)
    return .maximum(
      MaximumAction(
        kernel: kernel, source: edge.source, counts: reserve(kernel.countBytes),
        largest: reserve(node.grid.paddedCount * 4), previous: reserve(node.grid.paddedCount * 4),
        countsDigits: node.code.isWeighted))
  }

  private mutating func makeMembrane(
    _ node: Node, _ nodes: [Node], _ neuron: Neuron, initial: EventParameter
  ) -> MembraneAction {
    let constant = node.edges.filter { node.code.isRate && nodes[$0.source].isStatic }
    var emitted: Int?
    if case .fires(let fire) = neuron, fire.retracts {
      emitted = reserve(node.grid.paddedCount * 4)
    }
    let changing = node.edges.filter { !(node.code.isRate && nodes[$0.source].isStatic) }
    return MembraneAction(
      grid: node.grid, inputs: changing.map { makeInput($0, node, nodes) },
      constant: constant.map { makeInput($0, node, nodes) }, bias: node.parameter(node.bias, 0),
      initial: initial, potentials: reserve(node.grid.paddedCount * 4),
      current: constant.isEmpty ? nil : reserve(node.grid.paddedCount * 4), neuron: neuron,
      emitted: emitted)
  }

  /// Returns the kernel of an edge into `node`.
  private mutating func makeInput(_ edge: Edge, _ node: Node, _ nodes: [Node]) -> Input {
    let (source, grid) = (layouts[edge.source], node.grid)
    switch edge.kind {
    case .wire(let starts):
      return Input(
        source: edge.source,
        kernel: .wire(EventWire(starts: starts, source: source, target: grid, shift: edge.shift)))
    case .channelwise(let weights, let window):
      let kernel = EventChannelwise(
        weights: weights, window: window, target: grid, shift: edge.shift)
      return Input(source: edge.source, kernel: .channelwise(kernel))
    case .full(let weights, let window):
      guard !source.format.isPlanes else {
        let narrow = weights.map { Int8(truncatingIfNeeded: $0) }
        if let kernel = EventScatter(
          weights: narrow, window: window, source: source.grid, target: grid, shift: edge.shift,
          units: nodes[edge.source].units.integers)
        {
          let sums = reserve(kernel.sumBytes)
          return Input(source: edge.source, kernel: .scatter(kernel, sums: sums))
        }
        let kernel = EventGather(
          weights: narrow, window: window, channels: source.grid.channels, target: grid,
          shift: edge.shift)
        scratchBytes = max(scratchBytes, kernel.scratchBytes)
        return Input(source: edge.source, kernel: .gather(kernel))
      }
      let kernel = EventDot(
        weights: weights, window: window, source: source.grid, target: grid,
        kind: EventDotKind(source.format), shift: edge.shift)
      return Input(source: edge.source, kernel: .dot(kernel))
    }
  }
}

/// Settles the width of values: the narrowest that holds the units and, where they are multiplied,
/// that the weights allow.
private func settleWidths(_ nodes: inout [Node]) {
  var weights = [Interval](repeating: .zero, count: nodes.count)
  for node in nodes {
    for edge in node.edges {
      guard case .full(let values, _) = edge.kind, let least = values.min(),
        let most = values.max()
      else { continue }
      let range = Interval(low: Double(least), high: Double(most))
      weights[edge.source] = weights[edge.source].hull(range)
    }
  }
  for i in nodes.indices where !nodes[i].format.isPlanes {
    if EventDotKind.hasQuads, nodes[i].units.fits(UInt8.self), weights[i].fits(Int8.self) {
      nodes[i].format = .uint8
    } else if nodes[i].units.fits(Int16.self), weights[i].fits(Int16.self) {
      nodes[i].format = .int16
    } else {
      nodes[i].format = .int32
    }
  }
}

/// Settles the frames of zeros: as wide as the windows of all consumers need.
private func settleFrames(_ nodes: inout [Node]) {
  for i in nodes.indices {
    if case .maximum = nodes[i].kind { continue }
    for edge in nodes[i].edges {
      edge.kind.window?.widen(&nodes[edge.source].grid, for: nodes[i].grid)
    }
  }
}

extension EventDotKind {

  /// The kind that multiplies values of the given format.
  fileprivate init(_ format: EventFormat) {
    switch format {
    case .uint8: self = .quads
    case .int16: self = .pairs
    case .int32, .planes: self = .singles
    }
  }
}

extension SpikeCode {

  /// `true` iff spikes have binary weights.
  var isWeighted: Bool { if case .weighted = self { true } else { false } }
}
