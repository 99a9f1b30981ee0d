// One population in integers: the membrane unit of each channel, and everything in this unit.

internal import Diagnostics
internal import Kernels
internal import SpikeIR

/// The quantization of what concerns the neurons of one population.
struct PopulationQuantizer {

  let id: PopulationID
  let afferents: [ProjectionID]
  let settings: QuantizationSettings
  let weights: MembraneWeights
  let threads: Int

  /// What was measured of the inputs, group by group; empty if nothing was.
  var moments: [GroupMoments] = []

  /// Prepares to quantize population `id`.
  ///
  /// - Throws: `ir.elided-tensor`.
  init(
    _ id: PopulationID, _ afferents: [ProjectionID], of graph: SpikingGraph,
    _ settings: QuantizationSettings, threads: Int
  ) throws(Diagnostic) {
    (self.id, self.afferents, self.settings) = (id, afferents, settings)
    self.threads = threads
    weights = try MembraneWeights(afferents, in: graph)
  }

  /// Replaces weights, bias and threshold by integers.
  ///
  /// - Throws: `ir.elided-tensor`.
  func apply(to graph: inout SpikingGraph) throws(Diagnostic) {
    try graph.chooseShifts(of: afferents)
    let rowSteps = weights.rowSteps(in: graph)
    var units = try MembraneUnits(self, rowSteps, of: graph)
    var (steps, rounded) = bestSteps(units, rowSteps)
    if settings.scales == .profile, units.limitThresholds(near: steps) {
      (steps, rounded) = bestSteps(units, rowSteps)
    }
    let unit = units.units(of: steps)
    let shifts = biasShifts(rounded, steps, rowSteps)
    for part in weights.parts {
      let range = part.rows.lowerBound * weights.outputs..<part.rows.upperBound * weights.outputs
      let old = graph.tensors[graph[part.projection].kind.weights ?? TensorID(raw: 0)]
      let integers = rounded[range].map { Int8($0) }
      graph[part.projection].kind.weights = graph.tensors.add(
        Tensor(old.name, shape: old.shape, data: .int8(integers)))
      graph[part.projection].shift += units.finer
    }
    for projection in afferents where graph[projection].kind.isIdentity {
      try graph.quantizeIdentity(projection, by: unit, largest: settings.largestIdentity)
    }
    try graph.quantizeNeurons(id, by: unit, raisingBiasBy: shifts)
  }

  /// Returns the steps, one a channel, and the weights in them.
  private func bestSteps(
    _ units: MembraneUnits, _ rowSteps: [Float]
  ) -> (steps: [Float], rounded: [Float]) {
    let channels = units.channels
    var best = (
      errors: [Double](repeating: .infinity, count: channels), steps: units.candidates[0]
    )
    if units.candidates.count > 1 {
      for steps in units.candidates {
        var errors = rounded(steps, rowSteps).errors
        if settings.scales == .tensor {
          let sum = errors.reduce(0, +)
          errors = errors.map { _ in sum }
        }
        for c in 0..<channels where errors[c] < best.errors[c] {
          (best.errors[c], best.steps[c]) = (errors[c], steps[c])
        }
      }
    }
    return (best.steps, rounded(best.steps, rowSteps).integers)
  }

  /// Returns the weights rounded in the given steps, one a channel, and the error of each channel.
  private func rounded(_ steps: [Float], _ rowSteps: [Float]) -> RoundedWeights {
    let (outputs, channels) = (weights.outputs, steps.count)
    var result = RoundedWeights(
      integers: [Float](repeating: 0, count: weights.values.count),
      errors: [Double](repeating: 0, count: channels))
    if moments.isEmpty {
      for (i, w) in weights.values.enumerated() {
        let (row, c) = (i / outputs, i % outputs % channels)
        let step = steps[c] * rowSteps[row]
        let q = settings.levels.nearest(w / step)
        result.integers[i] = q
        result.errors[c] += Double((w - q * step) * (w - q * step))
      }
      return result
    }
    for group in moments {
      let part = group.rounded(
        steps: steps, rowSteps: rowSteps, to: settings.levels, workers: threads)
      for (i, c) in group.channels.enumerated() {
        result.errors[c] = part.errors[i]
        for row in 0..<weights.rows {
          result.integers[row * outputs + c] = part.integers[row * group.channels.count + i]
        }
      }
    }
    return result
  }

  /// Returns what is to be added to the bias of each channel so that the mean of its input stays
  /// (or becomes, if outputs are the target) what it should be; 0 if nothing was measured.
  private func biasShifts(
    _ rounded: [Float], _ steps: [Float], _ rowSteps: [Float]
  ) -> [Double] {
    var result = [Double](repeating: 0, count: steps.count)
    for group in moments {
      for (i, c) in group.channels.enumerated() {
        var (wanted, found) = (0.0, 0.0)
        for row in 0..<weights.rows {
          let mean = group.inputMeans[row]
          wanted += mean * Double(weights.values[row * weights.outputs + c])
          found += mean * Double(rounded[row * weights.outputs + c] * steps[c] * rowSteps[row])
        }
        result[c] = (group.outputMeans?[i] ?? wanted) - found
      }
    }
    return result
  }
}

// MARK: - Writing integers

extension SpikingGraph {

  /// Gives each projection with large weights the power of two by which they exceed those of the
  /// projection with the smallest, among those that reach a population.
  ///
  /// - Throws: `ir.elided-tensor`.
  fileprivate mutating func chooseShifts(of afferents: [ProjectionID]) throws(Diagnostic) {
    var least = Float.infinity
    var largest: [ProjectionID: Float] = [:]
    for id in afferents {
      guard let weights = self[id].kind.weights else { continue }
      let magnitude = try tensors.floats(weights).reduce(0) { max($0, abs($1)) }
      guard magnitude > 0 else { continue }
      // One-to-one weights have 16 bits and need no shift, but should not fall below 6 bits.
      least = min(least, self[id].kind.isIdentity ? 2 * magnitude : magnitude)
      if !self[id].kind.isIdentity { largest[id] = magnitude }
    }
    for (id, magnitude) in largest {
      self[id].shift = min(largestShift, max(0, Int((magnitude / least).exponent)))
    }
  }

  /// Replaces the parameters of the neurons of population `id` by integers.
  ///
  /// - Throws: `ir.elided-tensor`.
  fileprivate mutating func quantizeNeurons(
    _ id: PopulationID, by unit: [Float], raisingBiasBy shifts: [Double]
  ) throws(Diagnostic) {
    let population = self[id]
    if case .integrateAndFire(var model) = population.model {
      let thresholds = try tensors.floats(model.threshold)
      model.threshold = addIntegers(
        of: model.threshold, thresholds, by: unit, atLeast: 1, suffix: "threshold", id)
      if let initial = model.initial {
        let values = try tensors.floats(initial)
        model.initial = addIntegers(of: initial, values, by: unit, suffix: "initial", id)
      }
      if let retraction = model.retraction {
        let values = try tensors.floats(retraction)
        model.retraction = addIntegers(of: retraction, values, by: unit, suffix: "retraction", id)
      }
      self[id].model = .integrateAndFire(model)
    }
    if case .staircase(let model) = population.model {
      self[id].model = .staircase(try quantized(model, of: id, by: unit))
    }
    try raiseBias(of: id, by: shifts)
    if case .leaky(var model) = population.model {
      model.threshold = try addReals(of: model.threshold, by: unit, suffix: "threshold", id)
      self[id].model = .leaky(model)
      self[id].bias = try self[id].bias.map { bias throws(Diagnostic) in
        try addReals(of: bias, by: unit, suffix: "bias", id)
      }
    } else if let bias = self[id].bias {
      let values = try tensors.floats(bias)
      self[id].bias = addIntegers(of: bias, values, by: unit, suffix: "bias", id)
    }
    self[id].membraneUnit = tensors.add(
      "\(population.name)/unit", shape: [unit.count], floats: unit)
  }

  /// Adds `shifts`, one a channel, to the bias of population `id`.
  private mutating func raiseBias(
    of id: PopulationID, by shifts: [Double]
  ) throws(Diagnostic) {
    guard shifts.contains(where: { $0 != 0 }) else { return }
    var values = shifts.map { Float($0) }
    var shape: Shape = [values.count]
    if let bias = self[id].bias {
      values = try tensors.floats(bias)
      for i in values.indices { values[i] += Float(shifts[i % shifts.count]) }
      shape = tensors[bias].shape
    }
    self[id].bias = tensors.add("\(self[id].name)/bias", shape: shape, floats: values)
  }

  /// Adds the values of tensor `id`, divided by the unit of their channel; the constants of leaky
  /// neurons stay real.
  private mutating func addReals(
    of id: TensorID, by unit: [Float], suffix: String, _ population: PopulationID
  ) throws(Diagnostic) -> TensorID {
    let values = try tensors.floats(id)
    let scaled = values.indices.map { values[$0] / unit[$0 % unit.count] }
    return tensors.add(
      "\(self[population].name)/\(suffix)", shape: tensors[id].shape, floats: scaled)
  }

  /// Adds the values of tensor `id`, divided by the unit of their channel, as 32-bit integers.
  private mutating func addIntegers(
    of id: TensorID, _ values: [Float], by unit: [Float], atLeast least: Int32 = .min,
    suffix: String, _ population: PopulationID
  ) -> TensorID {
    let isScalar = values.count == 1 && unit.count > 1
    let expanded = isScalar ? unit.map { _ in values[0] } : values
    let integers = expanded.enumerated().map { i, value in
      max(least, Int32(clamping: value / unit[i % unit.count], largest: largestRange * 4))
    }
    let shape = isScalar ? [unit.count] : tensors[id].shape
    return tensors.add(
      Tensor("\(self[population].name)/\(suffix)", shape: shape, data: .int32(integers)))
  }

  /// Replaces the weights of the one-to-one projection `id` by integers; without weights, it says
  /// 1, which becomes 1/unit.
  ///
  /// - Throws: `ir.elided-tensor`.
  fileprivate mutating func quantizeIdentity(
    _ id: ProjectionID, by unit: [Float], largest: Float
  ) throws(Diagnostic) {
    var (values, name): ([Float], String) = ([1], "\(self[id].name)/weights")
    if let weights = self[id].kind.weights {
      (values, name) = (try tensors.floats(weights), tensors[weights].name)
    }
    let integers = unit.indices.map { c in
      Int16(Int32(clamping: values[c % values.count] / unit[c], largest: largest))
    }
    self[id].kind.weights = tensors.add(
      Tensor(name, shape: [integers.count], data: .int16(integers)))
  }
}

/// Thresholds, in membrane units, times the code's levels stay below this, far from overflow.
let largestRange: Float = 67_108_864

/// Weights further apart than this lose resolution, so that potentials stay far from overflow.
private let largestShift = 10

extension Int32 {

  /// Creates the integer nearest to `value`, at most `largest` in magnitude.
  fileprivate init(clamping value: Float, largest: Float) {
    let bounded = Swift.min(Swift.max(value.rounded(), -largest), largest)
    self = bounded.isNaN ? 0 : Int32(bounded)
  }
}
