// The pass `quantize`: weights, biases and thresholds as integers.

internal import Diagnostics
package import PluginAPI
internal import SpikeIR

extension Pass {

  /// Turns weights, biases and thresholds into integers, with scales folded into thresholds.
  package static let quantize = Pass.snn(
    name: "quantize",
    summary: "turn weights, biases and thresholds into integers",
    details: """
      Weights become symmetric integers of the given width, with a scale s for each target
      channel, the membrane unit: s = θ/n, where n is the largest integer with s·(2^(b−1) − 1) ≥
      max |w| over the weights that reach the channel. So the threshold θ becomes the integer n
      exactly, and no scale is left to be applied at run time: it is folded into the threshold.
      Projections whose weights are much larger than those of another one into the same
      population (spikes beside a graded input) are divided by a power of two, their shift, so
      that the small ones keep their resolution. Biases become round(b/s). Weights of one-to-one projections, one a channel, become 16-bit
      integers in the same unit. Thresholds and biases of leaky neurons stay real, in that unit.
      Before: projection 'a->b' conv {weights=%t3: f32}      threshold %t5: f32
      After:  projection 'a->b' conv {weights=%t9: i8}       threshold %t11: i32, unit %t12
      Source: per-channel symmetric quantization, Krishnamoorthi (2018), section 2.2; that
      scales fold into thresholds follows from v ≥ θ ⇔ v/s ≥ θ/s.
      """,
    options: [
      PassOption("bits", .integer(2...8), default: "8", "the width of weights, bits")
    ]
  ) { (graph, arguments, context) throws(CompileError) in
    guard !graph.isQuantized || graph.projections.elements.allSatisfy({ $0.kind.weights == nil })
    else { return }
    let largest = Float((1 << (arguments.integer("bits") - 1)) - 1)
    try liftingDiagnostic { () throws(Diagnostic) in
      let afferents = graph.afferents()
      for id in graph.populations.ids where graph[id].model.integrates {
        try graph.quantize(id, afferents[id.index], largest: largest)
        context.count("populations", of: "quantize")
      }
      graph.dropUnusedTensors()
    }
  }
}

/// Thresholds, in membrane units, times the code's levels stay below this, far from overflow.
private let largestRange: Float = 67_108_864

/// Weights further apart than this lose resolution, so that potentials stay far from overflow.
private let largestShift = 10

/// The largest magnitude of a one-to-one weight that shares its unit with convolution weights.
private let largestIdentityWeight: Float = 32767

/// The largest magnitude of a one-to-one weight that sets the unit: 13 bits leave room for others.
private let usualIdentityWeight: Float = 8191

extension SpikingGraph {

  /// Quantizes what concerns the neurons of population `id`.
  fileprivate mutating func quantize(
    _ id: PopulationID, _ afferents: [ProjectionID], largest: Float
  ) throws(Diagnostic) {
    let population = self[id]
    let channels = population.shape.channels
    try chooseShifts(of: afferents)
    var unit = try leastUnits(channels, afferents, largest: largest)
    if case .leaky(var model) = population.model {
      try quantizeLeaky(&model, id, by: unit)
      for projection in afferents {
        try quantizeWeights(of: projection, by: unit, largest: largest)
      }
      self[id].membraneUnit = tensors.add(
        "\(population.name)/unit", shape: [channels], floats: unit)
      return
    }
    let least = try leastUnits(ofStaircases: id, range: largestRange)
    for c in 0..<channels { unit[c] = max(unit[c], least[c]) }
    if case .integrateAndFire(var model) = population.model {
      let thresholds = try tensors.floats(model.threshold)
      let levels = Float(population.code.levels)
      for c in 0..<channels {
        let own = stride(from: c % thresholds.count, to: thresholds.count, by: channels)
        let least = own.map { thresholds[$0] }.min() ?? 1
        unit[c] = max(unit[c], least * levels / largestRange)
        unit[c] = least / max(1, (least / unit[c]).rounded(.down))
      }
      model.threshold = addIntegers(
        of: model.threshold, thresholds, by: unit, atLeast: 1, suffix: "threshold", id)
      if let initial = model.initial {
        let values = try tensors.floats(initial)
        model.initial = addIntegers(of: initial, values, by: unit, suffix: "initial", id)
      }
      self[id].model = .integrateAndFire(model)
    }
    if case .staircase(let model) = population.model {
      self[id].model = .staircase(try quantized(model, of: id, by: unit))
    }
    if let bias = population.bias {
      let values = try tensors.floats(bias)
      self[id].bias = addIntegers(of: bias, values, by: unit, suffix: "bias", id)
    }
    for projection in afferents {
      try quantizeWeights(of: projection, by: unit, largest: largest)
    }
    self[id].membraneUnit = tensors.add(
      "\(population.name)/unit", shape: [channels], floats: unit)
  }

  /// Says the threshold and the bias of leaky neurons in membrane units; they stay real.
  private mutating func quantizeLeaky(
    _ model: inout LeakyIntegrateAndFire, _ id: PopulationID, by unit: [Float]
  ) throws(Diagnostic) {
    func scaled(_ id: TensorID) throws(Diagnostic) -> [Float] {
      let values = try tensors.floats(id)
      return values.indices.map { values[$0] / unit[$0 % unit.count] }
    }
    let name = self[id].name
    let thresholds = try scaled(model.threshold)
    model.threshold = tensors.add(
      "\(name)/threshold", shape: tensors[model.threshold].shape, floats: thresholds)
    self[id].model = .leaky(model)
    guard let bias = self[id].bias else { return }
    let biases = try scaled(bias)
    self[id].bias = tensors.add("\(name)/bias", shape: tensors[bias].shape, floats: biases)
  }

  /// Gives each projection with large weights the power of two by which they exceed those of the
  /// projection with the smallest, among those that reach a population.
  private mutating func chooseShifts(of afferents: [ProjectionID]) throws(Diagnostic) {
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

  /// Returns the smallest membrane unit of each channel in which all weights can be said.
  private func leastUnits(
    _ channels: Int, _ afferents: [ProjectionID], largest: Float
  ) throws(Diagnostic) -> [Float] {
    var wide = [Float](repeating: 0, count: channels)
    var narrow = [Float](repeating: 0, count: channels)
    for id in afferents {
      guard let weights = self[id].kind.weights else { continue }
      let values = try tensors.floats(weights)
      let isIdentity = self[id].kind.isIdentity
      let factor = Float(1 << self[id].shift)
      for i in 0..<max(values.count, isIdentity ? channels : 0) {
        let magnitude = abs(values[i % values.count]) / factor
        if isIdentity {
          wide[i % channels] = max(wide[i % channels], magnitude)
        } else {
          narrow[i % channels] = max(narrow[i % channels], magnitude)
        }
      }
    }
    return (0..<channels).map { c in
      let unit =
        narrow[c] > 0
        ? max(narrow[c] / largest, wide[c] / largestIdentityWeight)
        : wide[c] / usualIdentityWeight
      return unit > 0 ? unit : 1
    }
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

  /// Replaces the weights of projection `id` by integers.
  private mutating func quantizeWeights(
    of id: ProjectionID, by unit: [Float], largest: Float
  ) throws(Diagnostic) {
    guard let weights = self[id].kind.weights else {
      return try addUnitWeights(of: id, by: unit)
    }
    let (values, old) = (try tensors.floats(weights), tensors[weights])
    if self[id].kind.isIdentity {
      let expanded = values.count == 1 ? unit.map { _ in values[0] } : values
      let integers = expanded.enumerated().map { i, value in
        Int16(Int32(clamping: value / unit[i % unit.count], largest: largestIdentityWeight))
      }
      self[id].kind.weights = tensors.add(
        Tensor(old.name, shape: [integers.count], data: .int16(integers)))
    } else {
      var integers = [Int8](repeating: 0, count: values.count)
      let factor = Float(1 << self[id].shift)
      for i in values.indices {
        let c = i % unit.count
        integers[i] = Int8(Int32(clamping: values[i] / (unit[c] * factor), largest: largest))
      }
      self[id].kind.weights = tensors.add(Tensor(old.name, shape: old.shape, data: .int8(integers)))
    }
  }

  /// Gives one-to-one connections without weights, which say 1, the weight 1/unit.
  private mutating func addUnitWeights(of id: ProjectionID, by unit: [Float]) throws(Diagnostic) {
    guard self[id].kind.isIdentity else { return }
    let integers = unit.map { Int16(Int32(clamping: 1 / $0, largest: largestIdentityWeight)) }
    self[id].kind.weights = tensors.add(
      Tensor("\(self[id].name)/weights", shape: [unit.count], data: .int16(integers)))
  }

  /// Drops the tensors that nothing uses.
  mutating func dropUnusedTensors() {
    var store = TensorStore()
    var map: [TensorID: TensorID] = [:]
    let old = tensors
    func carry(_ id: TensorID) -> TensorID {
      if let known = map[id] { return known }
      let new = store.add(old[id])
      map[id] = new
      return new
    }
    for id in populations.ids {
      var population = self[id]
      population.model = population.model.mappingTensors(carry)
      population.bias = population.bias.map(carry)
      population.quantum = population.quantum.map(carry)
      population.membraneUnit = population.membraneUnit.map(carry)
      self[id] = population
    }
    for id in projections.ids {
      var projection = self[id]
      projection.kind.weights = projection.kind.weights.map(carry)
      if case .wire(var wire) = projection.kind {
        wire.sources = carry(wire.sources)
        projection.kind = .wire(wire)
      }
      self[id] = projection
    }
    tensors = store
  }
}

extension ProjectionKind {

  /// `true` iff neurons are connected one to one.
  fileprivate var isIdentity: Bool {
    if case .identity = self { true } else { false }
  }
}

extension Int32 {

  /// Creates the integer nearest to `value`, at most `largest` in magnitude.
  fileprivate init(clamping value: Float, largest: Float) {
    let bounded = Swift.min(Swift.max(value.rounded(), -largest), largest)
    self = bounded.isNaN ? 0 : Int32(bounded)
  }
}
