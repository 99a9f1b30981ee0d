// Measuring the inputs of a population in the spiking network: second moments of what reaches
// the rows of its weights, and how they go with what the original network computes.

internal import Diagnostics
internal import Kernels
internal import PluginAPI
internal import SpikeIR

/// The measurement of a population whose sources are quantized already.
struct MomentCollector {

  private let graph: SpikingGraph
  private let population: Population
  private let weights: MembraneWeights
  private let settings: QuantizationSettings
  private let fixed: [ProjectionID]
  private let groups: Int
  private let hasOutputs: Bool
  private let threads: Int
  private let bias: [Float]
  /// The first ticks that are left out: those that the population's decoders do not read.
  private let start: Int
  private var grams: [Gram]

  /// The number of outputs of a group.
  private var width: Int { weights.outputs / groups }

  /// Prepares to measure the inputs of population `id`.
  ///
  /// - Parameters:
  ///   - id: the population.
  ///   - weights: its weights.
  ///   - afferents: the projections that it receives.
  ///   - graph: the network, quantized up to the population.
  ///   - settings: what is asked for.
  ///   - hasOutputs: whether the original's values will be given.
  ///   - threads: the number of workers.
  /// - Throws: `ir.elided-tensor`.
  /// - Precondition: there is no `obstacle`.
  init(
    _ id: PopulationID, _ weights: MembraneWeights, _ afferents: [ProjectionID],
    in graph: SpikingGraph, _ settings: QuantizationSettings, hasOutputs: Bool, threads: Int
  ) throws(Diagnostic) {
    self.graph = graph
    self.weights = weights
    self.settings = settings
    self.hasOutputs = hasOutputs
    self.threads = threads
    population = graph[id]
    start = graph.readoutStart(of: id)
    fixed = afferents.filter { !graph[$0].kind.isMatrix }
    groups = afferents.map { graph[$0].kind.groups }.max() ?? 1
    bias =
      try population.bias.map { (id) throws(Diagnostic) in try graph.tensors.floats(id) } ?? [0]
    let columns = weights.rows + (hasOutputs ? weights.outputs / groups : 0)
    grams = (0..<groups).map { _ in Gram(columns: columns) }
  }

  /// Returns why the inputs of population `id` cannot be measured; `nil` if they can.
  static func obstacle(
    _ id: PopulationID, _ weights: MembraneWeights, _ afferents: [ProjectionID],
    in graph: SpikingGraph
  ) -> String? {
    if weights.outputs != graph[id].shape.channels {
      return "a dense projection reaches several positions"
    }
    let groups = afferents.map { graph[$0].kind.groups }.max() ?? 1
    if weights.parts.contains(where: { groups % graph[$0.projection].kind.groups != 0 }) {
      return "projections divide its channels differently"
    }
    if weights.rows > largestRows {
      return "a neuron has \(weights.rows, of: "input"), at most \(largestRows) are measured"
    }
    let columns = weights.rows + weights.outputs / groups
    return groups * columns * columns > largestElements
      ? "the second moments of its inputs take too much memory" : nil
  }

  /// Runs the samples.
  ///
  /// - Parameters:
  ///   - simulator: the executor of the spiking network.
  ///   - inputs: the samples.
  ///   - reference: the original's values in place of the membrane sums, if they are known.
  /// - Throws: what the executors throw.
  mutating func run(
    _ simulator: any SpikeSimulator, _ inputs: CalibrationInputs, _ reference: ReferenceReader?
  ) throws(CompileError) {
    var sources: [PopulationID] = []
    for id in weights.parts.map(\.projection) + fixed where !sources.contains(graph[id].source) {
      sources.append(graph[id].source)
    }
    let positions = population.shape.positions
    let columns = Double(grams[0].columns)
    let affordable = largestWork / (columns * columns * Double(groups))
    let wanted = min(largestRowCount, max(4 * columns, affordable))
    let stride = max(1, Int((Double(positions * inputs.count) / wanted).rounded(.up)))
    var (own, reader) = (self, reference)
    try simulator.forEachSample(
      saying: sources, in: graph, over: inputs, from: start, threads: threads
    ) { (sample, values) throws(CompileError) in
      var said: [PopulationID: [Float]] = [:]
      for (id, values) in zip(sources, values) { said[id] = values }
      var outputs = try reader?.values(sample)
      if outputs != nil { try own.subtractKnown(from: &outputs, said) }
      for position in Swift.stride(from: sample * 31 % stride, to: positions, by: stride) {
        own.add(position, said, outputs)
      }
    }
    for i in own.grams.indices { own.grams[i].flush(workers: threads) }
    self = own
  }

  /// Subtracts from the original's membrane sums what does not come from the weights: biases and
  /// one-to-one projections.
  private func subtractKnown(
    from outputs: inout [Float]?, _ said: [PopulationID: [Float]]
  ) throws(CompileError) {
    guard var result = outputs else { return }
    for i in result.indices { result[i] -= bias[i % bias.count] }
    for id in fixed where graph[id].kind.isIdentity {
      guard let values = said[graph[id].source] else { continue }
      var factor: [Float] = [1]
      if let weights = graph[id].kind.weights {
        factor = try liftingDiagnostic { () throws(Diagnostic) in
          try graph.tensors.floats(weights)
        }
      }
      for i in result.indices { result[i] -= factor[i % factor.count] * values[i] }
    }
    outputs = result
  }

  /// Adds the rows of one position, one a group.
  private mutating func add(
    _ position: Int, _ said: [PopulationID: [Float]], _ outputs: [Float]?
  ) {
    for group in 0..<groups {
      var row: [Float] = []
      row.reserveCapacity(grams[group].columns)
      for part in weights.parts {
        guard let values = said[graph[part.projection].source] else { continue }
        append(part.projection, group, position, values, to: &row)
      }
      if let outputs {
        let start = position * weights.outputs + group * width
        row += outputs[start..<start + width]
      }
      grams[group].add(row, workers: threads)
    }
  }

  /// Appends what reaches the rows of a projection at one position of the target.
  private func append(
    _ id: ProjectionID, _ group: Int, _ position: Int, _ values: [Float], to row: inout [Float]
  ) {
    guard case .conv(let conv) = graph[id].kind else { return row += values }
    let shape = graph[graph[id].source].shape
    let depth = shape[2] / conv.groups
    let first = group / (groups / conv.groups) * depth
    let window = conv.window
    let (y, x) = position.quotientAndRemainder(dividingBy: population.shape[1])
    for i in 0..<window.size.height {
      let line = y * window.strides.height + i * window.dilations.height - window.padding.top
      for j in 0..<window.size.width {
        let column = x * window.strides.width + j * window.dilations.width - window.padding.left
        if 0..<shape[0] ~= line, 0..<shape[1] ~= column {
          let start = (line * shape[1] + column) * shape[2] + first
          row += values[start..<start + depth]
        } else {
          for _ in 0..<depth { row.append(0) }
        }
      }
    }
  }
}

/// More inputs of a neuron than this are not measured: 8 bytes for each pair.
private let largestRows = 4096

/// More pairs of inputs than this, over all groups, are not measured: 8 bytes each.
private let largestElements = 1 << 26

/// More products than about this are not spent on a population: positions are left out.
private let largestWork = 4e10

/// More positions than this are not measured, over all samples.
private let largestRowCount = 200_000.0

// MARK: - From moments to what is rounded

extension MomentCollector {

  /// Returns what was measured, group by group; empty if moments are degenerate.
  ///
  /// With H the covariance of the inputs x, G that of inputs and wanted outputs y, and a damping
  /// Λ = λ·mean(diag H) for each projection, the weights that minimize
  /// E|y − W·x|² + Λ·|W − W₀|² up to a constant offset are (H + Λ)⁻¹·(G + Λ·W₀), and rounding
  /// them to W costs (W − W*)ᵀ·(H + Λ)·(W − W*) more.
  func groupMoments() -> [GroupMoments] {
    var result: [GroupMoments] = []
    for group in 0..<groups {
      guard let moments = moments(of: group) else { return [] }
      result.append(moments)
    }
    return result
  }

  private func moments(of group: Int) -> GroupMoments? {
    let (n, gram) = (weights.rows, grams[group])
    let variances = (0..<n).map { gram.covariance($0, $0) }
    let damping = dampings(variances)
    var order = Array(0..<n)
    // The factorization starts with the first row, the rounding with the last.
    if settings.order == .activity {
      order.sort { (variances[$0], $0) < (variances[$1], $1) }
    } else {
      order.reverse()
    }
    var matrix = [Double](repeating: 0, count: n * n)
    for i in 0..<n {
      for j in 0...i { matrix[i * n + j] = gram.covariance(order[i], order[j]) }
      matrix[i * n + i] += damping[order[i]]
    }
    guard let factors = TriangularFactors(matrix, size: n, workers: threads) else { return nil }
    let channels = group * width..<(group + 1) * width
    var own = GroupMoments(
      channels: channels, factors: factors, order: order, weights: original(channels),
      inputMeans: (0..<n).map { gram.total($0) / Double(max(1, gram.count)) })
    guard hasOutputs else { return own }
    fit(&own, gram, damping)
    return own
  }

  /// Returns what is added to the diagonal in each row.
  private func dampings(_ variances: [Double]) -> [Double] {
    let overall = variances.reduce(0, +) / Double(max(1, variances.count))
    var result = variances
    for part in weights.parts {
      let mean = part.rows.reduce(0) { $0 + variances[$1] } / Double(part.rows.count)
      let usual = mean > 0 ? mean : overall > 0 ? overall : 1
      for row in part.rows { result[row] = settings.damping * usual }
    }
    return result
  }

  /// Returns the weights of some channels, [rows, own channels].
  private func original(_ channels: Range<Int>) -> [Float] {
    var result: [Float] = []
    result.reserveCapacity(weights.rows * channels.count)
    for row in 0..<weights.rows {
      let start = row * weights.outputs
      result += weights.values[start + channels.lowerBound..<start + channels.upperBound]
    }
    return result
  }

  /// Replaces the weights by those that reproduce the original's outputs best.
  private func fit(_ own: inout GroupMoments, _ gram: Gram, _ damping: [Double]) {
    let (n, width) = (weights.rows, width)
    var right = [Double](repeating: 0, count: n * width)
    for (i, row) in own.order.enumerated() {
      for c in 0..<width {
        right[i * width + c] =
          gram.covariance(row, n + c) + damping[row] * Double(own.weights[row * width + c])
      }
    }
    own.factors.solve(&right, columns: width, workers: threads)
    for (i, row) in own.order.enumerated() {
      for c in 0..<width { own.weights[row * width + c] = Float(right[i * width + c]) }
    }
    own.outputMeans = (0..<width).map { gram.total(n + $0) / Double(max(1, gram.count)) }
  }
}

extension Diagnostic {

  /// Returns a remark on a population whose weights are rounded to nearest.
  static func notMeasured(_ name: String, _ reason: String) -> Diagnostic {
    .remark(
      "quantize.not-measured", "the weights into '\(name)' are rounded to nearest: \(reason)",
      at: .entity(name))
  }
}
