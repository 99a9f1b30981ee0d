// From populations and projections to nodes and edges: reshapes become wires, groups are spelt
// out, relays are inserted where a kernel needs units in another arrangement or format.

internal import Diagnostics
internal import Kernels
internal import SpikeIR

/// Builds the network of a graph, population by population.
struct NetworkBuilder {

  let graph: SpikingGraph
  private(set) var nodes: [Node] = []
  /// The node of each population.
  private(set) var nodeOf: [Int] = []

  /// Creates the network of a verified, quantized graph.
  ///
  /// - Throws: `cpu.unsupported-delay`, `cpu.overflow`, `cpu.too-large`, `ir.elided-tensor`.
  init(_ graph: SpikingGraph) throws(Diagnostic) {
    self.graph = graph
    let afferents = graph.afferents()
    for id in graph.populations.ids {
      var node = try makeNode(id)
      for projection in afferents[id.index] {
        let edge = try makeEdge(graph[projection], into: node)
        node.edges.append(edge)
      }
      try settle(&node)
      nodes.append(node)
      nodeOf.append(nodes.count - 1)
    }
  }

  private func makeNode(_ id: PopulationID) throws(Diagnostic) -> Node {
    let population = graph[id]
    let kind: NodeKind =
      switch population.model {
      case .source: .source
      case .relay: .relay
      case .maximum: .maximum
      case .integrateAndFire(let model): .fire(model)
      case .leaky(let model): .leaky(model)
      case .currentBased(let model): .decay(model)
      case .bitShift(let model): .shift(model)
      case .staircase(let model): .staircase(model)
      case .integrator: .integrator
      }
    var node = Node(
      name: population.name, population: id, kind: kind, code: population.code,
      grid: EventGrid(population.shape))
    if case .leaky = kind { return node }
    if let bias = population.bias { node.bias = try graph.tensors.integers(bias) }
    return node
  }

  /// Returns the connections of a projection, in the form that kernels know.
  private mutating func makeEdge(
    _ projection: Projection, into node: Node
  ) throws(Diagnostic) -> Edge {
    if projection.delay != 0, node.code.isRate {
      throw .unsupportedDelay(projection.name, projection.delay)
    }
    let source = nodeOf[projection.source.index]
    var edge = Edge(
      source: source, kind: .channelwise(weights: [], window: .one), shift: projection.shift)
    switch projection.kind {
    case .dense(let x):
      try connectDense(&edge, weights: graph.tensors.integers(x.weights), to: node)
    case .conv(let x):
      edge.kind = convolution(
        try graph.tensors.integers(x.weights), EventWindow(x.window), groups: x.groups,
        channels: nodes[source].grid.channels, targets: node.grid.channels)
    case .pool(let x):
      edge.kind = .channelwise(weights: [], window: EventWindow(x.window))
    case .identity(let x):
      try connectIdentity(&edge, weights: x.weights, to: node)
    case .wire(let x):
      try connectWire(&edge, starts: graph.tensors.integers(x.sources), to: node)
    }
    try avoidWidePlanes(&edge)
    return edge
  }

  /// Makes an edge with weights of more than 8 bits take values, as kernels for planes are narrow.
  private mutating func avoidWidePlanes(_ edge: inout Edge) throws(Diagnostic) {
    guard case .full(let weights, _) = edge.kind, nodes[edge.source].format.isPlanes,
      !weights.allSatisfy({ Int32(Int8.min)...Int32(Int8.max) ~= $0 })
    else { return }
    let values = Edge(source: edge.source, kind: .channelwise(weights: [], window: .one), shift: 0)
    edge.source = try insertRelay(values, like: nodes[edge.source], emitsValues: true)
  }

  /// Makes `edge` a convolution whose window is the whole source; a target of several positions is
  /// computed as a vector, whose elements are then moved.
  private mutating func connectDense(
    _ edge: inout Edge, weights: [Int32], to node: Node
  ) throws(Diagnostic) {
    let grid = nodes[edge.source].grid
    edge.kind = .full(
      weights: weights, window: EventWindow(height: grid.height, width: grid.width))
    guard node.grid.positions > 1 else { return }
    var vector = node
    vector.grid = EventGrid(height: 1, width: 1, channels: node.grid.count)
    var full = Edge(source: edge.source, kind: edge.kind, shift: 0)
    try avoidWidePlanes(&full)
    edge.source = try insertRelay(full, like: vector, emitsValues: true)
    edge.kind = .channelwise(weights: [], window: .one)
    try connectIdentity(&edge, weights: nil, to: node)
  }

  /// Makes `edge` one-to-one; where the arrangement changes, neurons are moved first.
  private mutating func connectIdentity(
    _ edge: inout Edge, weights: TensorID?, to node: Node
  ) throws(Diagnostic) {
    if !nodes[edge.source].grid.hasNeurons(of: node.grid) {
      let starts = (0..<node.grid.count).map { Int32($0) }
      if weights == nil { return try connectWire(&edge, starts: starts, to: node) }
      edge.source = try insertWire(starts, from: edge.source, to: node)
    }
    guard let weights else { return }
    var values = try graph.tensors.integers(weights)
    if values.count == 1 { values = [Int32](repeating: values[0], count: node.grid.channels) }
    edge.kind = .channelwise(weights: values, window: .one)
  }

  /// Makes `edge` a wire, through an inserted relay if `node` is none itself.
  private mutating func connectWire(
    _ edge: inout Edge, starts: [Int32], to node: Node
  ) throws(Diagnostic) {
    if case .relay = node.kind {
      edge.kind = .wire(starts: starts)
    } else {
      edge.source = try insertWire(starts, from: edge.source, to: node)
    }
  }

  /// Inserts a relay of the shape of `node` whose neurons are wired to those of node `source`, and
  /// returns its index.
  private mutating func insertWire(
    _ starts: [Int32], from source: Int, to node: Node
  ) throws(Diagnostic) -> Int {
    try insertRelay(Edge(source: source, kind: .wire(starts: starts), shift: 0), like: node)
  }

  private mutating func insertRelay(
    _ edge: Edge, like node: Node, emitsValues: Bool = false
  ) throws(Diagnostic) -> Int {
    var relay = Node(
      name: node.name, population: nil, kind: .relay, code: node.code, grid: node.grid)
    relay.edges = [edge]
    try settle(&relay, emitsValues: emitsValues)
    nodes.append(relay)
    return nodes.count - 1
  }

  /// Returns the connections of a convolution: channelwise if depthwise, otherwise with a weight
  /// for each pair of channels, 0 between groups.
  private func convolution(
    _ weights: [Int32], _ window: EventWindow, groups: Int, channels: Int, targets: Int
  ) -> EdgeKind {
    if groups == 1 { return .full(weights: weights, window: window) }
    if groups == channels, targets == channels {
      return .channelwise(weights: weights, window: window)
    }
    let (inGroup, outGroup) = (channels / groups, targets / groups)
    var full = [Int32](repeating: 0, count: window.taps * channels * targets)
    for tap in 0..<window.taps {
      for c in 0..<inGroup {
        for k in 0..<targets {
          let row = tap * channels + k / outGroup * inGroup + c
          full[row * targets + k] = weights[(tap * inGroup + c) * targets + k]
        }
      }
    }
    return .full(weights: full, window: window)
  }
}

extension NetworkBuilder {

  /// Settles what a node emits, once its edges are known, and checks that 32 bits suffice.
  private mutating func settle(_ node: inout Node, emitsValues: Bool = false) throws(Diagnostic) {
    let sources = node.edges.map { nodes[$0.source] }
    switch node.kind {
    case .source:
      let encoder = graph.encoders.first { $0.population == node.population }
      node.isStatic = encoder.map { $0.kind == .constant } ?? true
      let most = Double(encoder?.largestUnit ?? 1)
      node.units = Interval(low: -most, high: most)
    case .relay:
      node.isStatic = sources.allSatisfy(\.isStatic)
      node.units = node.relayedUnits(from: nodes)
      let planes =
        node.code.isRate && !node.isStatic && !emitsValues && node.units.high <= 255
        && node.units.low >= -255 && sources.allSatisfy(\.format.isPlanes)
        && node.edges.allSatisfy { $0.kind.isUnweighted && $0.shift == 0 }
      if planes { try settlePlanes(&node) }
    case .maximum:
      node.units = sources.reduce(.zero) { $0.hull($1.units) }
      if node.code.isRate, node.units.magnitude <= 1 {
        node.format = .planes(positive: 1, negative: node.units.low < 0 ? 1 : 0)
      }
    case .fire(let model):
      let most = node.code.isRate ? 1 : Double(node.code.levels)
      node.units = Interval(low: model.emitsNegative ? -most : 0, high: most)
      if node.code.isRate {
        node.format = .planes(positive: 1, negative: model.emitsNegative ? 1 : 0)
      }
    case .leaky, .decay:
      node.units = Interval(low: 0, high: 1)
      node.format = .planes(positive: 1, negative: 0)
    case .shift(let model):
      node.units = Interval(low: 0, high: Double(model.mostSpikes))
      node.format = .planes(positive: EventShift.planes(of: model.mostSpikes), negative: 0)
    case .staircase(let model):
      let values = node.code.isRate ? [-1, 1] : try graph.tensors.integers(model.values)
      node.units = Interval(low: Double(values.min() ?? 0), high: Double(values.max() ?? 0))
      if node.code.isRate { node.format = .planes(positive: 1, negative: 1) }
    case .integrator: break
    }
    guard node.units.fits(Int32.self) else {
      throw .unitOverflow(node.name, bound: node.units.magnitude)
    }
  }

  /// Makes a relay emit planes: all its edges wires to different neurons, or none a wire.
  private mutating func settlePlanes(_ node: inout Node) throws(Diagnostic) {
    func planes(_ most: Double) -> Int { Int.bitWidth - Int(most).leadingZeroBitCount }
    node.format = .planes(
      positive: planes(node.units.high), negative: planes(-node.units.low))
    if node.isMadeOfDisjointWires { return }
    for i in node.edges.indices {
      guard case .wire(let starts) = node.edges[i].kind else { continue }
      node.edges[i].source = try insertWire(starts, from: node.edges[i].source, to: node)
      node.edges[i].kind = .channelwise(weights: [], window: .one)
    }
  }
}

extension Node {

  /// `true` iff all edges are wires, and no neuron receives more than one.
  var isMadeOfDisjointWires: Bool {
    var taken = [Bool](repeating: false, count: grid.count)
    for edge in edges {
      guard case .wire(let starts) = edge.kind else { return false }
      for (n, start) in starts.enumerated() where start >= 0 {
        if taken[n] { return false }
        taken[n] = true
      }
    }
    return true
  }

  /// Returns the range of what a relay receives; partial sums lie within it too.
  func relayedUnits(from nodes: [Node]) -> Interval {
    var result = inputs(from: nodes).reduce(Interval.zero) { $0.hull($1) }
    let wires = edges.filter { if case .wire = $0.kind { true } else { false } }
    if wires.isEmpty { return result }
    var sums = [Interval](repeating: .zero, count: grid.count)
    for edge in wires {
      guard case .wire(let starts) = edge.kind else { continue }
      let units =
        nodes[edge.source].units * Double(sign: .plus, exponent: edge.shift, significand: 1)
      for (n, start) in starts.enumerated() where start >= 0 { sums[n] = sums[n] + units }
    }
    result = result + sums.reduce(.zero) { $0.hull($1) }
    return result
  }

  /// Returns for each channel the range of what arrives at a neuron at once, bias and wires left
  /// out; partial sums, in whichever order, lie within it too.
  func inputs(from nodes: [Node]) -> [Interval] {
    var result = [Interval](repeating: .zero, count: grid.channels)
    for edge in edges {
      let scale = Double(sign: .plus, exponent: edge.shift, significand: 1)
      let units = nodes[edge.source].units.hull(.zero) * scale
      switch edge.kind {
      case .full(let weights, _):
        for (i, w) in weights.enumerated() where w != 0 {
          let k = i % grid.channels
          result[k] = result[k] + units * Double(w)
        }
      case .channelwise(let weights, let window):
        for i in 0..<window.taps * grid.channels {
          let k = i % grid.channels
          result[k] = result[k] + units * (weights.isEmpty ? 1 : Double(weights[i]))
        }
      case .wire: break
      }
    }
    return result
  }
}

extension EventWindow {

  /// The window of one tap.
  static var one: EventWindow { EventWindow(height: 1, width: 1) }

  /// Creates the window of the kernels that corresponds to `window`.
  init(_ window: Window) {
    self.init(height: window.size.height, width: window.size.width)
    (strideY, strideX) = (window.strides.height, window.strides.width)
    (dilationY, dilationX) = (window.dilations.height, window.dilations.width)
    (top, left) = (window.padding.top, window.padding.left)
  }
}

extension EventGrid {

  /// Creates the grid of a population of the given shape: a vector is an image of one position.
  init(_ shape: Shape) {
    self.init(
      height: shape.rank == 3 ? shape[0] : 1, width: shape.rank == 3 ? shape[1] : 1,
      channels: shape.channels)
  }
}
