// The pass `encode-parameters`: thresholds, biases and weights in the number formats of a target.

internal import Diagnostics
package import PluginAPI
internal import SpikeIR

extension Pass {

  /// Expresses the constants of neurons as mantissas and exponents of a target.
  package static let encodeParameters = Pass.snn(
    name: "encode-parameters",
    summary: "express thresholds and biases as a target's mantissas and exponents",
    details: """
      Cores hold a threshold as a mantissa times a fixed power of two, a bias as a signed mantissa
      times a power of two of its own, and may subtract a threshold only as a weight of few bits.
      For each population that integrates, in integers:
        1. thresholds are rounded to 'reset-bits' digits, nearest first: m·2^e, m < 2^reset-bits;
        2. everything is multiplied by the least 2^k for which each threshold is a multiple of
           2^threshold-exponent: thresholds, initial potentials, retractions, biases, and by their
           shifts the weights. This changes no spike. The unit of the potential is the target's then;
           Where thresholds have no such exponent, and biases are too large, everything is divided by
           the least 2^k for which they fit, as far as weights have it in their shifts; a threshold
           that this rounds by more than a 64th of it is a warning (legalize.coarse-threshold);
        3. biases are rounded to m·2^e, |m| < 2^bias-bits, e at most 'bias-exponent'.
      Counted are the thresholds and biases that were changed. Refused, all in one run, are thresholds
      of more than 'threshold-bits' (legalize.threshold), more than 'profiles' different thresholds in a
      population (legalize.profiles), biases and constant currents out of range (legalize.bias), and
      shifts above 'weight-exponent' (legalize.shift), and, with 'kernel', windows that are larger
      (legalize.kernel), though nothing of them is encoded. A limit of 0 is none.

      Interval analysis ('bound-potentials') then compares potentials with a register of
      'membrane-bits'. What fits is proved to fit; otherwise some input might saturate the register,
      which with overflow=warn is a warning, and counted: bounds assume that all inhibition comes at
      once in every tick, which trained networks never show.
      Before: %p2 if {threshold=[704]} bias [6001]     conv {shift=2}
      After:  %p2 if {threshold=[704]} bias [6002]     conv {shift=2}
              with threshold-exponent=6,bias-bits=12
      """,
    options: ParameterFormats.options
  ) { (graph, arguments, context) throws(CompileError) in
    guard graph.isQuantized else { throw CompileError(.notQuantized("encode-parameters")) }
    var encoder = ParameterEncoder(graph, ParameterFormats(arguments))
    try liftingDiagnostic { () throws(Diagnostic) in try encoder.run() }
    for warning in encoder.warnings { context.sink.report(warning) }
    // Who has to train anew wants to know everything.
    let windows = graph.wideWindows(most: arguments.integer("kernel"))
    let problems = encoder.problems + windows
    guard problems.isEmpty else { throw CompileError(problems) }
    graph = encoder.graph
    graph.dropUnusedTensors()
    context.count("thresholds changed", of: "encode-parameters", by: encoder.changedThresholds)
    context.count("biases changed", of: "encode-parameters", by: encoder.changedBiases)
    let width = arguments.integer("membrane-bits")
    if width == 0 { return }
    let bounded = graph
    let bounds = try liftingDiagnostic { () throws(Diagnostic) in try PotentialBounds(bounded) }
    var failures: [Diagnostic] = []
    for id in graph.populations.ids {
      guard let range = bounds.potential(of: id), range.bits > width else { continue }
      failures.append(.mayExceed(graph[id].name, range.bits, width))
    }
    context.count("populations that may saturate", of: "encode-parameters", by: failures.count)
    if failures.isEmpty { return }
    guard arguments.word("overflow") == "warn" else { throw CompileError(failures) }
    for failure in failures {
      context.sink.report(.warning(failure.id, failure.message, at: failure.site))
    }
  }
}

/// The number formats of a target; limits of 0 are none.
private struct ParameterFormats {

  /// The options of the pass.
  static let options = [
    PassOption(
      "threshold-bits", .integer(0...31), default: "0", "the mantissa of thresholds, bits"),
    PassOption(
      "threshold-exponent", .integer(0...12), default: "0",
      "the power of two by which thresholds are multiplied"),
    PassOption(
      "reset-bits", .integer(0...31), default: "0",
      "the mantissa of the weight that a reset subtracts, bits"),
    PassOption(
      "profiles", .integer(0...65536), default: "0", "the thresholds that a core holds"),
    PassOption(
      "bias-bits", .integer(0...31), default: "0", "the mantissa of biases, bits without sign"),
    PassOption(
      "bias-exponent", .integer(0...31), default: "31", "the largest power of two of biases"),
    PassOption(
      "weight-exponent", .integer(0...24), default: "24",
      "the largest power of two by which weights are multiplied"),
    PassOption("membrane-bits", .integer(0...64), default: "0", "the width of potentials, bits"),
    PassOption("kernel", .integer(0...4096), default: "0", "the largest extent of a kernel"),
    PassOption(
      "overflow", .word(["warn", "refuse"]), default: "warn",
      "what becomes of potentials that are not proved to fit"),
  ]

  let threshold: Int
  let thresholdExponent: Int
  let reset: Int
  let profiles: Int
  let bias: Int
  let biasExponent: Int
  let weightExponent: Int

  init(_ arguments: PassArguments) {
    threshold = arguments.integer("threshold-bits")
    thresholdExponent = arguments.integer("threshold-exponent")
    reset = arguments.integer("reset-bits")
    profiles = arguments.integer("profiles")
    bias = arguments.integer("bias-bits")
    biasExponent = arguments.integer("bias-exponent")
    weightExponent = arguments.integer("weight-exponent")
  }

  /// Returns the number nearest to `value` of at most `reset` significant digits.
  func resettable(_ value: Int64) -> Int64 { value.rounded(digits: reset) }

  /// Returns the bias nearest to `value`; `nil` if it is out of range.
  func encodedBias(_ value: Int64) -> Int64? {
    let result = value.rounded(digits: bias)
    return isBias(result) ? result : nil
  }

  /// Returns whether `value` is a mantissa times a power of two of biases.
  func isBias(_ value: Int64) -> Bool {
    guard bias > 0, value != 0 else { return true }
    let exponent = min(value.trailingZeroBitCount, biasExponent)
    return value.magnitude >> UInt64(exponent) < 1 << UInt64(bias)
  }
}

extension Int64 {

  /// Returns the number nearest to this one that has at most `digits` binary digits before its
  /// trailing zeros, halves away from 0; itself if `digits` is 0.
  fileprivate func rounded(digits: Int) -> Int64 {
    let width = 64 - magnitude.leadingZeroBitCount
    guard digits > 0, width > digits else { return self }
    let drop = UInt64(width - digits)
    let result = (((magnitude >> (drop - 1)) + 1) >> 1) << drop
    return self < 0 ? -Int64(result) : Int64(result)
  }
}

/// The encoding of a graph's constants.
private struct ParameterEncoder {

  private(set) var graph: SpikingGraph
  private(set) var problems: [Diagnostic] = []
  private(set) var warnings: [Diagnostic] = []
  private(set) var changedThresholds = 0
  private(set) var changedBiases = 0
  private let formats: ParameterFormats

  /// The largest part of a threshold that is rounded away without a word: six digits are left.
  private static let unnoticed = 1.0 / 64

  init(_ graph: SpikingGraph, _ formats: ParameterFormats) {
    (self.graph, self.formats) = (graph, formats)
  }

  /// Encodes all populations.
  ///
  /// - Throws: `ir.elided-tensor`.
  mutating func run() throws(Diagnostic) {
    let afferents = graph.afferents()
    for id in graph.populations.ids {
      var factor = 0
      switch graph[id].model {
      case .integrateAndFire:
        try limitBias(of: id, afferents[id.index])
        guard case .integrateAndFire(let model) = graph[id].model else { continue }
        factor = try encode(model, of: id)
      case .currentBased(let model): try check(model.threshold, of: id)
      case .bitShift(let model): try check(model.threshold, of: id)
      case .integrator: try limitBias(of: id, afferents[id.index])
      case .source, .relay, .maximum, .leaky, .staircase: continue
      }
      try encodeBias(of: id, times: factor)
      for projection in afferents[id.index] { encodeShift(of: projection, plus: factor) }
      if factor > 0 { try divideUnit(of: id, by: Float(1 << factor)) }
      try checkCurrents(of: id, afferents[id.index])
    }
  }

  /// Makes the unit of a population's potential so large that its biases fit, if shifts allow it.
  private mutating func limitBias(
    of id: PopulationID, _ afferents: [ProjectionID]
  ) throws(Diagnostic) {
    guard formats.bias > 0, formats.thresholdExponent == 0, let bias = graph[id].bias else {
      return
    }
    let largest = try graph.tensors.integers(bias).map { UInt64($0.magnitude) }.max() ?? 0
    let most = ((UInt64(1) << UInt64(formats.bias)) - 1) << UInt64(formats.biasExponent)
    var excess = 0
    while largest >> UInt64(excess) >= most, largest > most { excess += 1 }
    let least = afferents.map { graph[$0].shift }.min() ?? 0
    guard excess > 0, excess <= least else { return }
    let found = try thresholds(of: id)
    let biases = try graph.tensors.integers(bias)
    try graph.coarsen(id, by: excess)
    for projection in afferents { graph[projection].shift -= excess }
    let kept = try thresholds(of: id)
    changedThresholds += zip(found, kept).count { $0 != $1 << Int64(excess) }
    changedBiases += biases.count { $0 & (1 << Int32(excess) - 1) != 0 }
    let errors = zip(found, kept).map { abs(Double($1 << Int64(excess)) / Double($0) - 1) }
    guard let worst = errors.indices.max(by: { errors[$0] < errors[$1] }),
      errors[worst] > Self.unnoticed
    else { return }
    warnings.append(
      .coarseThreshold(
        graph[id].name, found[worst], rounded: kept[worst] << Int64(excess), largestBias: largest,
        unit: excess))
  }

  /// Returns the thresholds of population `id`; none of one that only adds up.
  private func thresholds(of id: PopulationID) throws(Diagnostic) -> [Int64] {
    guard case .integrateAndFire(let model) = graph[id].model else { return [] }
    return try graph.tensors.integers(model.threshold).map { Int64($0) }
  }

  /// Encodes the thresholds of population `id` and what is measured in them, and returns the k of
  /// the factor 2^k.
  private mutating func encode(
    _ old: IntegrateAndFire, of id: PopulationID
  ) throws(Diagnostic) -> Int {
    let name = graph[id].name
    var model = old
    let found = try graph.tensors.integers(model.threshold).map { Int64($0) }
    let rounded = found.map { max(1, formats.resettable($0)) }
    changedThresholds += zip(found, rounded).count { $0 != $1 }
    let zeros = rounded.map(\.trailingZeroBitCount).min() ?? 0
    let factor = max(0, formats.thresholdExponent - zeros)
    let thresholds = rounded.map { $0 << Int64(factor) }
    let mantissa = (thresholds.max() ?? 0) >> Int64(formats.thresholdExponent)
    if formats.threshold > 0, mantissa >= 1 << Int64(formats.threshold) {
      problems.append(.wideThreshold(name, mantissa, formats.threshold))
    }
    let different = Set(thresholds).count
    if formats.profiles > 0, different > formats.profiles {
      problems.append(.manyThresholds(name, different, formats.profiles))
    }
    guard factor > 0 || rounded != found else { return 0 }
    // Half an odd threshold is rounded down before everything is multiplied.
    var initial = try model.initial.map { id throws(Diagnostic) in
      try graph.tensors.integers(id).map { Int64($0) << Int64(factor) }
    }
    if initial == nil, factor > 0, rounded.contains(where: { $0 % 2 != 0 }) {
      initial = rounded.map { ($0 / 2) << Int64(factor) }
    }
    let shape = graph.tensors[model.threshold].shape
    model.threshold = add(name + "/threshold", shape, thresholds)
    if let initial { model.initial = add(name + "/initial", shape, initial) }
    if let retraction = model.retraction {
      let values = try graph.tensors.integers(retraction).map { Int64($0) << Int64(factor) }
      model.retraction = add(name + "/retraction", shape, values)
    }
    graph[id].model = .integrateAndFire(model)
    return factor
  }

  /// Checks the thresholds of leaky neurons, which 'discretize-leaky' has encoded.
  private mutating func check(
    _ threshold: TensorID, of id: PopulationID
  ) throws(Diagnostic) {
    let thresholds = try graph.tensors.integers(threshold).map { Int64($0) }
    let (name, unit) = (graph[id].name, Int64(1) << Int64(formats.thresholdExponent))
    if let odd = thresholds.first(where: { $0 % unit != 0 }) {
      problems.append(.unencodedThreshold(name, odd, formats.thresholdExponent))
    }
    let mantissa = (thresholds.max() ?? 0) / unit
    if formats.threshold > 0, mantissa >= 1 << Int64(formats.threshold) {
      problems.append(.wideThreshold(name, mantissa, formats.threshold))
    }
    let different = Set(thresholds).count
    if formats.profiles > 0, different > formats.profiles {
      problems.append(.manyThresholds(name, different, formats.profiles))
    }
  }

  /// Multiplies the biases of population `id` by 2^factor and rounds them.
  private mutating func encodeBias(of id: PopulationID, times factor: Int) throws(Diagnostic) {
    guard let bias = graph[id].bias else { return }
    let scaled = try graph.tensors.integers(bias).map { Int64($0) << Int64(factor) }
    var (result, largest): ([Int64], Int64?) = ([], nil)
    for value in scaled {
      let own = formats.encodedBias(value)
      if own == nil, value.magnitude > largest?.magnitude ?? 0 { largest = value }
      if let own, own != value { changedBiases += 1 }
      result.append(own ?? 0)
    }
    if let largest {
      problems.append(
        .wideBias(
          graph[id].name, "a bias is \(largest)",
          UInt64.bitWidth - largest.magnitude.leadingZeroBitCount - formats.biasExponent, formats,
          "train the layer without biases, or with a penalty that keeps them small"))
      return
    }
    graph[id].bias = add("\(graph[id].name)/bias", graph.tensors[bias].shape, result)
  }

  private mutating func encodeShift(of id: ProjectionID, plus factor: Int) {
    graph[id].shift += factor
    if graph[id].shift > formats.weightExponent {
      problems.append(.wideShift(graph[id].name, graph[id].shift, formats.weightExponent))
    }
  }

  /// Has a unit of potential stand for a part of its value.
  private mutating func divideUnit(of id: PopulationID, by factor: Float) throws(Diagnostic) {
    var (name, shape, values): (String, Shape, [Float]) = ("\(graph[id].name)/unit", [1], [1])
    if let unit = graph[id].membraneUnit {
      (name, shape) = (graph.tensors[unit].name, graph.tensors[unit].shape)
      values = try graph.tensors.floats(unit)
    }
    graph[id].membraneUnit = graph.tensors.add(
      name, shape: shape, floats: values.map { $0 / factor })
  }

  /// Checks the currents that the host writes into the biases of population `id`.
  private mutating func checkCurrents(
    of id: PopulationID, _ afferents: [ProjectionID]
  ) throws(Diagnostic) {
    let constant = graph.isConstant
    let currents = afferents.filter { constant[graph[$0].source.index] }
    guard formats.bias > 0, !currents.isEmpty else { return }
    let name = graph[id].name
    guard currents.count == 1, afferents.count == 1, graph[currents[0]].kind.isIdentity,
      let encoder = graph.encoders.first(where: { $0.population == graph[currents[0]].source })
    else {
      problems.append(.sharedCurrent(name))
      return
    }
    var (weights, biases): ([Int32], [Int32]) = ([1], [0])
    if let id = graph[currents[0]].kind.weights { weights = try graph.tensors.integers(id) }
    if let id = graph[id].bias { biases = try graph.tensors.integers(id) }
    let shift = Int64(graph[currents[0]].shift)
    for i in 0..<max(weights.count, biases.count) {
      let (w, b) = (Int64(weights[i % weights.count]) << shift, Int64(biases[i % biases.count]))
      let zeros = min(min((w | b).trailingZeroBitCount, formats.biasExponent), 62)
      let most = (w.magnitude * UInt64(encoder.levels) + b.magnitude) >> UInt64(zeros)
      guard most >= 1 << UInt64(formats.bias) else { continue }
      problems.append(
        .wideBias(
          name, "a current reaches \(w) · \(encoder.levels)",
          UInt64.bitWidth - most.leadingZeroBitCount, formats,
          "have the host send spikes: convert{encoder=even}"))
      return
    }
  }

  /// Adds integers, which verified graphs keep within 32 bits.
  private mutating func add(_ name: String, _ shape: Shape, _ values: [Int64]) -> TensorID {
    if values.contains(where: { Int32(exactly: $0) == nil }) {
      problems.append(.beyond32Bits(name))
    }
    return graph.tensors.add(
      Tensor(name, shape: shape, data: .int32(values.map { Int32(clamping: $0) })))
  }
}

extension Diagnostic {

  fileprivate static func mayExceed(_ name: String, _ bits: Int, _ width: Int) -> Diagnostic {
    .error(
      "legalize.potential",
      "potentials of '\(name)' might need \(bits, of: "bit"), there are \(width): some input might "
        + "saturate them", at: .entity(name),
      notes: ["convert with fewer time steps, or quantize to fewer bits"], exitCode: .doesNotFit)
  }

  fileprivate static func wideThreshold(_ name: String, _ found: Int64, _ bits: Int) -> Diagnostic {
    .error(
      "legalize.threshold",
      "a threshold of '\(name)' has the mantissa \(found), there are \(bits, of: "bit")",
      at: .entity(name), notes: ["quantize{scales=profile}, or to fewer bits"],
      exitCode: .doesNotFit)
  }

  fileprivate static func manyThresholds(_ name: String, _ found: Int, _ most: Int) -> Diagnostic {
    .error(
      "legalize.profiles", "'\(name)' has \(found) different thresholds, a core holds \(most)",
      at: .entity(name),
      notes: [
        "quantize{scales=profile,profiles=\(most)}",
        "average pooling whose windows the border cuts has thresholds of its own there: pad less",
      ], exitCode: .doesNotFit)
  }

  fileprivate static func wideBias(
    _ name: String, _ found: String, _ bits: Int, _ formats: ParameterFormats, _ note: String
  ) -> Diagnostic {
    let exponent =
      formats.biasExponent == 0 ? "" : ", times a power of two up to 2^\(formats.biasExponent)"
    return .error(
      "legalize.bias",
      "\(found) in '\(name)', which needs \(bits, of: "bit"); the target has \(formats.bias) "
        + "beside the sign\(exponent)",
      at: .entity(name), notes: [note], exitCode: .doesNotFit)
  }

  fileprivate static func coarseThreshold(
    _ name: String, _ found: Int64, rounded: Int64, largestBias: UInt64, unit: Int
  ) -> Diagnostic {
    .warning(
      "legalize.coarse-threshold",
      "a threshold of '\(name)' is rounded from \(found) to \(rounded): its unit is made 2^\(unit) "
        + "times larger, so that a bias of \(largestBias) fits", at: .entity(name),
      notes: [
        "thresholds far smaller than biases fire in every tick: calibrate on data like those that are run"
      ])
  }

  fileprivate static func unencodedThreshold(
    _ name: String, _ threshold: Int64, _ exponent: Int
  ) -> Diagnostic {
    .error(
      "legalize.threshold",
      "a threshold of '\(name)' is \(threshold), expected a multiple of 2^\(exponent)",
      at: .entity(name), notes: ["discretize-leaky{threshold-exponent=\(exponent)}"],
      exitCode: .doesNotFit)
  }

  fileprivate static func sharedCurrent(_ name: String) -> Diagnostic {
    .error(
      "legalize.current",
      "'\(name)' hears constant currents besides spikes, or through weights that are not one to one",
      at: .entity(name), notes: ["run 'spike-inputs' before 'quantize'"], exitCode: .doesNotFit)
  }

  fileprivate static func wideShift(_ name: String, _ found: Int, _ most: Int) -> Diagnostic {
    .error(
      "legalize.shift", "the weights of '\(name)' are multiplied by 2^\(found), at most 2^\(most)",
      at: .entity(name), notes: ["quantize to more bits, or with a smaller exponent"],
      exitCode: .doesNotFit)
  }

  fileprivate static func beyond32Bits(_ name: String) -> Diagnostic {
    .error(
      "legalize.threshold", "'\(name)' leaves 32 bits", notes: ["quantize to fewer bits"],
      exitCode: .doesNotFit)
  }
}
