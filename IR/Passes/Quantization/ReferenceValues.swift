// What the original network computes in place of a population's membrane sums, sample by sample.

internal import Diagnostics
internal import PluginAPI
internal import SpikeIR
internal import SpikeInterpreter

/// The network that was converted, ready to be asked for the values of its nodes.
struct ReferenceNetwork: Sendable {

  /// The network.
  let graph: ANNGraph

  private let executor: ANNExecutor
  private let nodes: [String: NodeID]

  /// Prepares `graph`.
  ///
  /// - Throws: what the executor throws.
  init(_ graph: ANNGraph) throws(CompileError) {
    self.graph = graph
    executor = try ANNExecutor(graph)
    var nodes: [String: NodeID] = [:]
    for id in graph.ids { nodes[graph[id].name] = id }
    self.nodes = nodes
  }

  /// Returns the node whose value the membrane sums of `population` stand for, before anything
  /// is rectified; `nil` if there is none.
  func membraneNode(of population: Population, in spiking: SpikingGraph) -> NodeID? {
    guard let layer = population.layer, var id = nodes[layer] else { return nil }
    switch (population.model, graph[id].op) {
    case (.integrateAndFire(let model), let op):
      // Thresholds that differ from place to place divide.
      if spiking.tensors[model.threshold].shape.rank > 1 { return nil }
      switch op {
      case .activation, .softmax: id = graph[id].inputs[0]
      default: break
      }
    case (.staircase, let op):
      if case .activation = op { id = graph[id].inputs[0] }
    case (.integrator, .softmax), (.integrator, .activation):
      // A function left to the decoder.
      let isDecoded = spiking.decoders.contains {
        $0.function != .none && spiking[$0.population].layer == layer
      }
      if isDecoded { id = graph[id].inputs[0] }
    case (.integrator, _): break
    // What leaky neurons are given is shifted by what their response was fitted with.
    case (.source, _), (.relay, _), (.maximum, _), (.leaky, _), (.currentBased, _),
      (.bitShift, _):
      return nil
    }
    return graph[id].shape.count == population.shape.count ? id : nil
  }

  /// Returns the values of `node` for some samples.
  ///
  /// - Throws: `interpreter.bad-input`.
  func values(
    of node: NodeID, samples: Range<Int>, of inputs: CalibrationInputs, threads: Int
  ) throws(CompileError) -> [[Float]] {
    let sample = inputs.sample
    return try liftingDiagnostic { () throws(Diagnostic) in
      try executor.accumulate(
        count: samples.count, threads: threads, observing: [node], chunk: 1,
        input: { sample(samples.lowerBound + $0) }, initial: { [Float]() },
        body: { (result, _, values) in result = values[node] })
    }
  }
}

/// The values of a node, read ahead some samples at a time.
struct ReferenceReader {

  private let network: ReferenceNetwork
  private let node: NodeID
  private let inputs: CalibrationInputs
  private let threads: Int
  private var first = 0
  private var ahead: [[Float]] = []

  /// Prepares to read the values of `node`.
  init(_ network: ReferenceNetwork, _ node: NodeID, _ inputs: CalibrationInputs, threads: Int) {
    (self.network, self.node, self.inputs, self.threads) = (network, node, inputs, threads)
  }

  /// Returns the values for `sample`; samples are asked for in ascending order.
  ///
  /// - Throws: `interpreter.bad-input`.
  mutating func values(_ sample: Int) throws(CompileError) -> [Float] {
    if sample >= first + ahead.count {
      first = sample
      let end = min(inputs.count, sample + samplesAhead)
      ahead = try network.values(of: node, samples: sample..<end, of: inputs, threads: threads)
    }
    return ahead[sample - first]
  }
}

/// The number of samples that are read together.
private let samplesAhead = 32
