// Sums of what populations say, and how they become populations and projections.

internal import Diagnostics
internal import SpikeIR

/// A sum of linear images of what populations say, plus a constant.
struct SpikingSum {

  /// The summands.
  var terms: [SpikingTerm]

  /// The constant: one value, one a channel, or one an element.
  var offset: [Float] = [0]

  /// The arrangement of the elements; equals the node's shape up to a reshape.
  var layout: Shape
}

/// A linear image of what a population says.
struct SpikingTerm {

  /// How elements of the sum come from elements of the population.
  enum Map {
    /// Element i is factor[i mod count] times element i of the population.
    case direct(factor: [Float])
    /// The elements are the product with a matrix [in, out].
    case dense(matrix: [Float], columns: Int)
    /// The elements are the convolution with kernels of the given extents.
    case conv(kernel: [Float], extents: Shape, window: Window, groups: Int)
  }

  /// The population.
  var source: PopulationID

  /// The linear image, of real values.
  var map: Map
}

/// A spiking graph under construction.
struct SpikingBuilder {

  /// The graph so far.
  var graph: SpikingGraph

  /// The code of all populations.
  let code: SpikeCode

  /// The real value of one unit of each population: one value, one a channel or one an element.
  var quanta: [PopulationID: [Float]] = [:]

  /// The initial potential of rectifiers, as a part of the threshold.
  let initial: Float

  /// Where rectifiers under `rate` take units back, as a part of the threshold, if they do.
  let retraction: Float?

  /// Creates an empty graph.
  init(name: String, code: SpikeCode, initial: Float = 0.5, retraction: Float? = nil) {
    graph = SpikingGraph(name: name)
    self.code = code
    self.initial = initial
    self.retraction = code.isRate ? retraction : nil
  }

  /// Returns the quantum of a population with the given clipping range.
  func quantum(ofRange threshold: [Float]) -> [Float] {
    code.isRate ? threshold : threshold.map { $0 / Float(code.levels) }
  }

  /// Adds a population that does not integrate.
  mutating func addPopulation(
    _ name: String, shape: Shape, model: NeuronModel, quantum: [Float], layer: String?
  ) -> PopulationID {
    let id = graph.populations.append(
      Population(
        name: uniqueName(name), shape: shape, code: code, model: model, quantum: nil,
        layer: layer))
    setQuantum(of: id, quantum)
    return id
  }

  /// Adds integrate-and-fire neurons that say `sum`.
  ///
  /// - Parameters:
  ///   - name: the population's name.
  ///   - sum: what is said.
  ///   - threshold: the clipping range, one value, one a channel or one an element.
  ///   - divisor: a number for each position by which its sum is divided, if any.
  ///   - isSigned: whether negative values are said.
  ///   - layer: the node that the population stands for, if any.
  /// - Returns: the population's identity.
  /// - Throws: `convert.unsupported-shape`.
  mutating func addNeurons(
    _ name: String, saying sum: SpikingSum, threshold: [Float], dividedBy divisor: [Int]? = nil,
    isSigned: Bool, layer: String?
  ) throws(Diagnostic) -> PopulationID {
    let quantum = quantum(ofRange: threshold)
    let channels = sum.layout.channels
    var (membraneThreshold, offset) = (quantum, sum.offset)
    if let divisor {
      let cells = 0..<sum.layout.count
      // A window outside the image receives nothing; any threshold keeps it silent.
      membraneThreshold = cells.map {
        quantum[$0 % quantum.count] * Float(max(1, divisor[$0 / channels]))
      }
      offset = cells.map { sum.offset[$0 % sum.offset.count] * Float(divisor[$0 / channels]) }
    }
    let thresholds = perChannel(membraneThreshold, sum.layout)
    var model = IntegrateAndFire(
      threshold: add("\(name)/threshold", thresholds, sum.layout), isSigned: isSigned)
    if !isSigned, initial != 0.5 {
      model.initial = add("\(name)/initial", thresholds.map { $0 * initial }, sum.layout)
    }
    if !isSigned, let retraction {
      model.retraction = add(
        "\(name)/retraction", thresholds.map { $0 * retraction }, sum.layout)
    }
    let id = addPopulation(
      name, shape: sum.layout, model: .integrateAndFire(model), quantum: quantum, layer: layer)
    graph[id].bias = bias(offset, name, sum.layout)
    try connect(sum, to: id)
    return id
  }

  /// Adds leaky neurons that say `sum`.
  ///
  /// Initial potentials are spread evenly over the channels, by multiples of the golden ratio, so
  /// that neurons with like currents do not fire in step, and that on average half of what is left
  /// of a neuron's last period is there when it begins.
  ///
  /// - Parameters:
  ///   - name: the population's name.
  ///   - sum: what is said.
  ///   - threshold: the value that makes a current of one threshold, one a channel.
  ///   - quantum: the value of a neuron that fires in every tick, one a channel.
  ///   - layer: the node that the population stands for.
  ///   - model: makes the neurons from the tensors of thresholds and initial potentials.
  /// - Returns: the population's identity.
  /// - Throws: `convert.unsupported-shape`.
  mutating func addLeakyNeurons(
    _ name: String, saying sum: SpikingSum, threshold: [Float], quantum: [Float], layer: String,
    model: (_ threshold: TensorID, _ initial: TensorID) -> LeakyIntegrateAndFire
  ) throws(Diagnostic) -> PopulationID {
    let channels = sum.layout.channels
    let phases = (0..<channels).map { c -> Float in
      let multiple = (Double(c) + 0.5) * 0.618_033_988_749_894_9
      return Float(multiple - multiple.rounded(.down))
    }
    let thresholds = add("\(name)/threshold", perChannel(threshold, sum.layout), sum.layout)
    let initial = graph.tensors.add("\(name)/initial", shape: [channels], floats: phases)
    let id = addPopulation(
      name, shape: sum.layout, model: .leaky(model(thresholds, initial)), quantum: quantum,
      layer: layer)
    graph[id].bias = bias(sum.offset, name, sum.layout)
    try connect(sum, to: id)
    return id
  }

  /// Adds staircases that say a function of `sum`.
  ///
  /// - Parameters:
  ///   - name: the population's name.
  ///   - function: the function, which rises, or falls and then rises.
  ///   - sum: its argument.
  ///   - range: the clipping range of its value, one or one a channel.
  ///   - layer: the node that the population stands for, if any.
  /// - Returns: the population's identity.
  /// - Throws: `convert.unsupported-shape`.
  mutating func addStaircases(
    _ name: String, of function: Activation, over sum: SpikingSum, range: [Float], layer: String?
  ) throws(Diagnostic) -> PopulationID {
    let levels = code.levels
    let isUniform = range.allSatisfy { $0 == range[0] }
    let quanta = (isUniform ? [range[0]] : range).map { $0 / Float(levels) }
    let fit = StaircaseFit(function, quanta: quanta, levels: levels)
    // Under `rate` thresholds are compared with the sum that the window is expected to end at.
    let thresholds = code.isRate ? fit.thresholds.map { $0 * Float(levels) } : fit.thresholds
    let steps = fit.values.count - 1
    let model = Staircase(
      thresholds: graph.tensors.add(
        "\(name)/thresholds", shape: isUniform ? [steps] : [steps, quanta.count],
        floats: thresholds),
      values: graph.tensors.add(
        Tensor("\(name)/values", shape: [steps + 1], data: .int32(fit.values))))
    let id = addPopulation(
      name, shape: sum.layout, model: .staircase(model), quantum: quantum(ofRange: range),
      layer: layer)
    graph[id].bias = bias(sum.offset, name, sum.layout)
    try connect(sum, to: id)
    return id
  }

  /// Adds a readout of `sum`.
  ///
  /// - Throws: `convert.unsupported-shape`.
  mutating func addReadout(
    _ name: String, of sum: SpikingSum, layer: String
  ) throws(Diagnostic) -> PopulationID {
    let id = graph.populations.append(
      Population(
        name: uniqueName(name), shape: sum.layout, code: code, model: .integrator, layer: layer))
    graph[id].bias = bias(sum.offset, name, sum.layout)
    try connect(sum, to: id)
    return id
  }

  /// The largest units that a population of graded values can emit in a tick; `nil` for spikes.
  func gradedPeak(of id: PopulationID) -> Int? {
    if graph[id].model == .source {
      let encoder = graph.encoders.first { $0.population == id }
      return encoder.flatMap { $0.kind == .constant ? $0.levels : nil }
    }
    if graph[id].model.integrates { return nil }
    var peak = 0
    for projection in graph.projections.elements where projection.target == id {
      guard let own = gradedPeak(of: projection.source) else { return nil }
      if case .pool(let pool) = projection.kind, graph[id].model == .relay {
        peak += own * pool.window.size.height * pool.window.size.width
      } else {
        peak = max(peak, own)
      }
    }
    return peak
  }

  /// Returns `term`, said in spikes if it is graded.
  ///
  /// Under `rate` a graded unit is a small part of a spike. Where both share a relay, and so the
  /// weights behind it, one of them would lose its resolution.
  mutating func spoken(
    _ term: SpikingTerm, _ name: String
  ) throws(Diagnostic) -> SpikingTerm {
    guard let peak = gradedPeak(of: term.source) else { return term }
    let source = graph[term.source]
    let range = (quanta[term.source] ?? [1]).map { $0 * Float(peak) }
    let value = SpikingSum(
      terms: [SpikingTerm(source: term.source, map: .direct(factor: [1]))], layout: source.shape)
    let id = try addNeurons(
      "\(source.name)/spikes", saying: value, threshold: range, isSigned: true, layer: nil)
    return SpikingTerm(source: id, map: term.map)
  }

  /// Adds the projections through which `target` receives `sum`.
  private mutating func connect(
    _ sum: SpikingSum, to target: PopulationID
  ) throws(Diagnostic) {
    for term in sum.terms {
      var source = term.source
      let kind: ProjectionKind
      let name = "\(graph[source].name)->\(graph[target].name)"
      switch term.map {
      case .direct(let factor):
        let weights = try perNeuron(product(factor, quanta[source] ?? [1]), sum.layout, name)
        kind = .identity(
          IdentityProjection(
            weights: graph.tensors.add("\(name)/weights", shape: [weights.count], floats: weights)))
      case .dense(var matrix, let columns):
        let quantum = quanta[source] ?? [1]
        for i in matrix.indices { matrix[i] *= quantum[i / columns % quantum.count] }
        let shape: Shape = [matrix.count / columns, columns]
        let weights = graph.tensors.add("\(name)/weights", shape: shape, floats: matrix)
        kind = .dense(DenseProjection(weights: weights))
      case .conv(let kernel, let extents, let window, let groups):
        let quantum = try perChannelOnly(quanta[source] ?? [1], graph[source].shape, name)
        let scaled = SpikingBuilder.scalingInputs(kernel, extents, groups, by: quantum)
        let weights = graph.tensors.add("\(name)/weights", shape: extents, floats: scaled)
        kind = .conv(ConvProjection(weights: weights, window: window, groups: groups))
      }
      source = term.source
      graph.projections.append(Projection(name: name, source: source, target: target, kind: kind))
    }
  }

  /// Sets the real value of one unit of `id`.
  private mutating func setQuantum(of id: PopulationID, _ quantum: [Float]) {
    quanta[id] = quantum
    let compact = perChannel(quantum, graph[id].shape)
    graph[id].quantum = add("\(graph[id].name)/quantum", compact, graph[id].shape)
  }

  /// Adds a tensor of one value a channel or one an element.
  private mutating func add(_ name: String, _ values: [Float], _ shape: Shape) -> TensorID {
    let isFull = values.count == shape.count && values.count != shape.channels
    return graph.tensors.add(name, shape: isFull ? shape : [values.count], floats: values)
  }

  /// Adds the bias tensor; none if all offsets are 0.
  private mutating func bias(_ offset: [Float], _ name: String, _ shape: Shape) -> TensorID? {
    if offset.allSatisfy({ $0 == 0 }) { return nil }
    return add("\(name)/bias", perChannel(offset, shape), shape)
  }

  /// Returns `values` as one a channel where that says all, else one an element.
  private func perChannel(_ values: [Float], _ shape: Shape) -> [Float] {
    if values.count == 1 { return [Float](repeating: values[0], count: shape.channels) }
    if values.count == shape.channels { return values }
    let first = Array(values.prefix(shape.channels))
    let repeats = values.indices.allSatisfy { values[$0] == first[$0 % shape.channels] }
    if values.count == shape.count, repeats { return first }
    return (0..<shape.count).map { values[$0 % values.count] }
  }

  /// Returns `values` as one a channel.
  ///
  /// - Throws: `convert.unsupported-shape` if they differ inside a channel.
  func perChannelOnly(
    _ values: [Float], _ shape: Shape, _ name: String
  ) throws(Diagnostic) -> [Float] {
    let result = perChannel(values, shape)
    if result.count == shape.channels { return result }
    throw .unsupportedShape("the factor of '\(name)' differs from place to place")
  }

  /// Returns `values` as one a channel; a full set only where channels and neurons coincide.
  private func perNeuron(
    _ values: [Float], _ shape: Shape, _ name: String
  ) throws(Diagnostic) -> [Float] {
    try perChannelOnly(values, shape, name)
  }

  /// Returns a name that no population has yet.
  private func uniqueName(_ name: String) -> String {
    let names = Set(graph.populations.elements.map(\.name))
    if !names.contains(name) { return name }
    var i = 2
    while names.contains("\(name).\(i)") { i += 1 }
    return "\(name).\(i)"
  }

  /// Returns kernels with those of input channel c multiplied by factor[c mod count].
  static func scalingInputs(
    _ kernel: [Float], _ extents: Shape, _ groups: Int, by factor: [Float]
  ) -> [Float] {
    var result = kernel
    let (cin, cout) = (extents[2], extents[3])
    for i in kernel.indices {
      let (k, c) = (i % cout, i / cout % cin)
      let channel = k / (cout / groups) * cin + c
      result[i] *= factor[channel % factor.count]
    }
    return result
  }
}

/// Returns the products of two periodic sequences, with the length of the longer.
///
/// - Precondition: one length divides the other, as lengths of one, channels and elements do.
func product(_ a: [Float], _ b: [Float]) -> [Float] {
  (0..<max(a.count, b.count)).map { a[$0 % a.count] * b[$0 % b.count] }
}

/// Returns the sums of two periodic sequences, with the length of the longer.
func sum(_ a: [Float], _ b: [Float]) -> [Float] {
  (0..<max(a.count, b.count)).map { a[$0 % a.count] + b[$0 % b.count] }
}

extension Diagnostic {

  /// Returns an error about a structure that projections cannot express.
  static func unsupportedShape(_ message: String) -> Diagnostic {
    .error("convert.unsupported-shape", message)
  }
}
