// A short way to write quantized spiking graphs by hand.

import SpikeIR

/// Builds a quantized spiking graph whose populations share one code.
struct SpikingBuilder {

  /// The graph so far.
  var graph = SpikingGraph(name: "test")

  /// The code of all populations.
  let code: SpikeCode

  /// Adds a source whose unit is worth `quantum`, with its encoder.
  mutating func source(
    _ shape: Shape, quantum: [Float] = [1], levels: Int = 1 << 20
  ) -> PopulationID {
    let id = add(shape, .source)
    graph[id].quantum = graph.tensors.add("quantum", shape: [quantum.count], floats: quantum)
    graph.encoders.append(Encoder(population: id, levels: levels))
    return id
  }

  /// Adds a population that integrates and fires.
  mutating func fire(
    _ shape: Shape, threshold: [Int32], initial: [Int32]? = nil, isSigned: Bool = false,
    bias: [Int32]? = nil
  ) -> PopulationID {
    let model = IntegrateAndFire(
      threshold: parameters(threshold, shape), initial: initial.map { parameters($0, shape) },
      isSigned: isSigned)
    return add(shape, .integrateAndFire(model), bias: bias)
  }

  /// Adds a population that is read by a decoder.
  mutating func readout(
    _ shape: Shape, bias: [Int32]? = nil, unit: [Float]? = nil, function: Decoder.Function = .none
  ) -> PopulationID {
    let id = add(shape, .integrator, bias: bias)
    if let unit {
      graph[id].membraneUnit = graph.tensors.add("unit", shape: [unit.count], floats: unit)
    }
    graph.decoders.append(Decoder(population: id, function: function))
    return id
  }

  /// Adds a population of the given model.
  mutating func add(
    _ shape: Shape, _ model: NeuronModel, bias: [Int32]? = nil
  ) -> PopulationID {
    graph.populations.append(
      Population(
        name: "p\(graph.populations.count)", shape: shape, code: code, model: model,
        bias: bias.map { parameters($0, shape) }))
  }

  /// Connects `a` to `b`.
  mutating func connect(
    _ a: PopulationID, _ b: PopulationID, _ kind: ProjectionKind, shift: Int = 0, delay: Int = 0
  ) {
    graph.projections.append(
      Projection(
        name: "j\(graph.projections.count)", source: a, target: b, kind: kind, shift: shift,
        delay: delay))
  }

  /// Connects every neuron of `a` to every one of `b`.
  mutating func dense(
    _ a: PopulationID, _ b: PopulationID, _ weights: [Int16], shift: Int = 0, delay: Int = 0
  ) {
    let shape: Shape = [graph[a].shape.count, graph[b].shape.count]
    connect(
      a, b, .dense(DenseProjection(weights: constants(weights, shape))), shift: shift, delay: delay)
  }

  /// Connects `a` to `b` by kernels of shape [height, width, in / groups, out].
  mutating func conv(
    _ a: PopulationID, _ b: PopulationID, _ weights: [Int16], _ window: Window, groups: Int = 1
  ) {
    let shape: Shape = [
      window.size.height, window.size.width, graph[a].shape[2] / groups, graph[b].shape[2],
    ]
    connect(
      a, b,
      .conv(ConvProjection(weights: constants(weights, shape), window: window, groups: groups)))
  }

  /// Connects the windows over `a` to `b`.
  mutating func pool(_ a: PopulationID, _ b: PopulationID, _ window: Window, delay: Int = 0) {
    connect(a, b, .pool(PoolProjection(window: window)), delay: delay)
  }

  /// Connects `a` to `b` neuron by neuron.
  mutating func identity(
    _ a: PopulationID, _ b: PopulationID, _ weights: [Int16]? = nil, shift: Int = 0, delay: Int = 0
  ) {
    let tensor = weights.map { constants($0, [$0.count]) }
    connect(a, b, .identity(IdentityProjection(weights: tensor)), shift: shift, delay: delay)
  }

  /// Connects the neurons `sources` of `a`, −1 for none, to those of `b` in order.
  mutating func wire(_ a: PopulationID, _ b: PopulationID, _ sources: [Int32], shift: Int = 0) {
    connect(a, b, .wire(WireProjection(sources: integers(sources, [sources.count]))), shift: shift)
  }

  /// The graph, whose last population is read if no other is.
  var complete: SpikingGraph {
    var result = self
    guard graph.decoders.isEmpty, let last = graph.populations.ids.last else { return graph }
    result.identity(last, result.readout(graph[last].shape))
    return result.graph
  }

  /// Adds parameters of a population, one a channel or one a neuron.
  mutating func parameters(_ values: [Int32], _ shape: Shape) -> TensorID {
    integers(values, values.count == shape.channels ? [shape.channels] : shape)
  }

  /// Adds a tensor of 32-bit integers.
  mutating func integers(_ values: [Int32], _ shape: Shape) -> TensorID {
    graph.tensors.add(Tensor("constant", shape: shape, data: .int32(values)))
  }

  /// Adds a tensor of weights.
  private mutating func constants(_ values: [Int16], _ shape: Shape) -> TensorID {
    graph.tensors.add(Tensor("weights", shape: shape, data: .int16(values)))
  }
}
