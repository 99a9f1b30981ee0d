// Rules on the element types of constants, at both levels.

internal import Diagnostics

extension VerifierRule<ANNGraph> {

  /// Constants of operators and thresholds are floating point.
  static var floatingPointConstants: Self {
    Self(
      ["ir.bad-element-type"],
      "The constants of operators, except plugins' own, and thresholds are f32."
    ) { graph, sink in
      for id in graph.ids {
        var used = graph[id].op.tensors
        if case .custom = graph[id].op { used = [] }
        if let threshold = graph[id].threshold { used.append(threshold) }
        for tensor in used {
          guard let type = graph.tensors.find(tensor)?.elementType, type != .float32 else {
            continue
          }
          sink.report(.badElementType(type, of: tensor, expected: "f32", at: graph.site(id)))
        }
      }
    }
  }
}

extension VerifierRule<SpikingGraph> {

  /// Constants with one possible type have it.
  static var elementTypes: Self {
    Self(
      ["ir.bad-element-type"],
      "Quanta, membrane units and the constants of lif neurons are f32, wires and values and the constants "
        + "of cuba-lif and shift-lif neurons i32; thresholds, initial potentials, retractions and biases of others are f32 or i32."
    ) { graph, sink in
      for use in graph.constants {
        guard let type = graph.tensors.find(use.tensor)?.elementType else { continue }
        let accepted = use.role.acceptedTypes
        if accepted.contains(type) { continue }
        let expected = accepted.map(\.rawValue).joined(separator: " or ")
        sink.report(.badElementType(type, of: use.tensor, expected: expected, at: use.site))
      }
    }
  }

  /// Either all weights, parameters of neurons and biases are integers, or all are f32.
  static var quantizedAsAWhole: Self {
    Self(
      ["ir.mixed-types"],
      "Weights, thresholds, initial potentials, retractions and biases are all integers or all f32; "
        + "those of lif neurons do not count."
    ) { graph, sink in
      let uses = graph.constants.filter(\.role.isQuantized)
      let floats = uses.filter { graph.tensors.find($0.tensor)?.elementType == .float32 }
      let integers = uses.filter {
        graph.tensors.find($0.tensor).map { $0.elementType != .float32 } ?? false
      }
      guard !floats.isEmpty, !integers.isEmpty else { return }
      // Blame the smaller group: most likely it is what was forgotten.
      let odd = floats.count <= integers.count ? floats : integers
      sink.report(
        .mixedTypes(floats: floats.count, integers: integers.count, odd[0].tensor, at: odd[0].site))
    }
  }
}

/// What a constant of a spiking graph is for.
enum ConstantRole {
  case weights, threshold, steps, values, initial, retraction, bias, quantum, membraneUnit, wires
  /// The threshold, initial potential and bias of leaky neurons.
  case leakyThreshold, leakyInitial, leakyBias
  /// The threshold, initial potential and bias of leaky neurons of cores.
  case wholeThreshold, wholeInitial, wholeBias

  /// The element types that the constant may have.
  var acceptedTypes: [ElementType] {
    switch self {
    case .weights: ElementType.allCases
    case .threshold, .steps, .initial, .retraction, .bias: [.float32, .int32]
    case .quantum, .membraneUnit, .leakyThreshold, .leakyInitial, .leakyBias: [.float32]
    case .wires, .values, .wholeThreshold, .wholeInitial, .wholeBias: [.int32]
    }
  }

  /// `true` iff 0 and negative numbers are wrong.
  var isPositive: Bool {
    switch self {
    case .threshold, .leakyThreshold, .wholeThreshold, .quantum, .membraneUnit: true
    case .weights, .steps, .values, .initial, .retraction, .bias, .wires, .leakyInitial, .leakyBias,
      .wholeInitial, .wholeBias:
      false
    }
  }

  /// `true` iff the pass `quantize` turns the constant into integers.
  var isQuantized: Bool {
    switch self {
    case .weights, .threshold, .steps, .initial, .retraction, .bias: true
    case .wholeThreshold, .wholeInitial, .wholeBias: true
    case .values, .quantum, .membraneUnit, .wires, .leakyThreshold, .leakyInitial, .leakyBias: false
    }
  }
}

/// A use of a constant in a spiking graph.
struct ConstantUse {
  /// The constant.
  var tensor: TensorID
  /// What it is for.
  var role: ConstantRole
  /// The population or projection that uses it.
  var site: Site
}

extension SpikingGraph {

  /// The uses of constants, by populations and then by projections.
  var constants: [ConstantUse] {
    var uses: [ConstantUse] = []
    func use(_ tensor: TensorID?, _ role: ConstantRole, _ site: Site) {
      if let tensor { uses.append(ConstantUse(tensor: tensor, role: role, site: site)) }
    }
    for id in populations.ids {
      let population = populations[id]
      var bias = ConstantRole.bias
      switch population.model {
      case .integrateAndFire(let model):
        use(model.threshold, .threshold, site(id))
        use(model.initial, .initial, site(id))
        use(model.retraction, .retraction, site(id))
      case .leaky(let model):
        use(model.threshold, .leakyThreshold, site(id))
        use(model.initial, .leakyInitial, site(id))
        bias = .leakyBias
      case .currentBased(let model):
        use(model.threshold, .wholeThreshold, site(id))
        use(model.initial, .wholeInitial, site(id))
        bias = .wholeBias
      case .bitShift(let model):
        use(model.threshold, .wholeThreshold, site(id))
        bias = .wholeBias
      case .staircase(let model):
        use(model.thresholds, .steps, site(id))
        use(model.values, .values, site(id))
      case .source, .relay, .maximum, .integrator: break
      }
      use(population.bias, bias, site(id))
      use(population.quantum, .quantum, site(id))
      use(population.membraneUnit, .membraneUnit, site(id))
    }
    for id in projections.ids {
      let kind = projections[id].kind
      use(kind.weights, .weights, site(id))
      if case .wire(let wires) = kind { use(wires.sources, .wires, site(id)) }
    }
    return uses
  }
}

extension Diagnostic {

  /// Returns an error about a constant of the wrong element type.
  fileprivate static func badElementType(
    _ found: ElementType, of tensor: TensorID, expected: String, at site: Site
  ) -> Diagnostic {
    .error(
      "ir.bad-element-type", "the tensor \(tensor) holds \(found.rawValue), expected \(expected)",
      at: site)
  }

  /// Returns an error about a graph that is quantized in part.
  fileprivate static func mixedTypes(
    floats: Int, integers: Int, _ odd: TensorID, at site: Site
  ) -> Diagnostic {
    .error(
      "ir.mixed-types",
      "\(floats) constants are floating point and \(integers) are integers, \(odd) among the fewer",
      at: site, notes: ["the pass 'quantize' turns all of them into integers"])
  }
}
