// Rules on populations for themselves: their arrangement, their code, and their parameters.

internal import Diagnostics

extension VerifierRule<SpikingGraph> {

  /// Populations are images or vectors, with a window of an accepted length.
  static var soundPopulations: Self {
    Self(
      ["ir.bad-shape", "ir.bad-code"],
      "A population is an image or a vector of at most 2^31 - 1 neurons; its code has 1 to 4,096 "
        + "ticks, 1 to 12 if weighted."
    ) { graph, sink in
      for id in graph.populations.ids {
        let population = graph[id]
        if !population.isSound {
          sink.report(.badPopulationShape(population.shape, at: graph.site(id)))
        }
        do throws(Diagnostic) {
          _ = try SpikeCode(
            keyword: population.code.keyword, timesteps: population.code.timesteps)
        } catch {
          sink.report(error.located(at: graph.site(id)))
        }
      }
    }
  }

  /// The populations of a graph fire while they integrate, all in the same window, or none does.
  static var codesAgree: Self {
    Self(
      ["ir.code-mismatch"],
      "All populations have the code rate with the same number of ticks, or none has."
    ) { graph, sink in
      guard let first = graph.populations.elements.first?.code else { return }
      for id in graph.populations.ids {
        let code = graph[id].code
        if first.isRate ? code == first : !code.isRate { continue }
        sink.report(.codeMismatch(code, first: first, at: graph.site(id)))
      }
    }
  }

  /// Constants that populations and projections use exist.
  static var constantsExist: Self {
    Self(
      ["ir.bad-tensor"], "The constants that populations and projections use exist."
    ) { graph, sink in
      for use in graph.constants where graph.tensors.find(use.tensor) == nil {
        sink.report(.missingTensor(use.tensor, at: use.site))
      }
    }
  }

  /// Parameters have one element a channel, a neuron, or for all.
  static var parametersFit: Self {
    Self(
      ["ir.bad-parameter"],
      "Thresholds and biases have the shape [channels] or that of the population, initial "
        + "potentials and retractions that of the thresholds, quanta and membrane units [channels] "
        + "or [1]."
    ) { graph, sink in
      for id in graph.populations.ids where graph[id].isSound {
        let population = graph[id]
        let perNeuron = [[population.shape.channels], population.shape]
        let perChannel: [Shape] = [[population.shape.channels], [1]]
        func check(_ tensor: TensorID?, _ role: String, _ accepted: [Shape]) {
          guard let found = tensor.flatMap({ graph.tensors.sound($0) })?.shape,
            !accepted.contains(found)
          else { return }
          sink.report(.badParameterShape(role, found, accepted, at: graph.site(id)))
        }
        if case .integrateAndFire(let model) = population.model {
          check(model.threshold, "threshold", perNeuron)
          if let threshold = graph.tensors.sound(model.threshold)?.shape,
            perNeuron.contains(threshold)
          {
            check(model.initial, "initial potential", [threshold])
            check(model.retraction, "retraction", [threshold])
          }
        }
        if case .leaky(let model) = population.model {
          check(model.threshold, "threshold", perNeuron)
          check(model.initial, "initial potential", perNeuron)
        }
        if case .currentBased(let model) = population.model {
          check(model.threshold, "threshold", perNeuron)
          check(model.initial, "initial potential", perNeuron)
        }
        if case .bitShift(let model) = population.model {
          check(model.threshold, "threshold", perNeuron)
        }
        check(population.bias, "bias", perNeuron)
        check(population.quantum, "quantum", perChannel)
        check(population.membraneUnit, "membrane unit", perChannel)
      }
    }
  }

  /// Thresholds, quanta and membrane units are positive, retractions not negative.
  static var parametersArePositive: Self {
    Self(
      ["ir.bad-threshold", "ir.bad-unit"],
      "Thresholds, quanta and membrane units are positive, retractions not negative."
    ) { graph, sink in
      for use in graph.constants {
        guard
          use.role.isPositive || use.role == .retraction,
          let elements = graph.tensors.find(use.tensor)?.data.floatingPoint,
          let x = elements.first(where: { use.role == .retraction ? $0 < 0 : $0 <= 0 })
        else { continue }
        switch use.role {
        case .threshold, .leakyThreshold, .wholeThreshold:
          sink.report(.nonPositiveThreshold(x, at: use.site))
        case .retraction: sink.report(.negativeRetraction(x, at: use.site))
        default: sink.report(.nonPositiveUnit(x, at: use.site))
        }
      }
    }
  }

  /// Leaky neurons have the code rate and numbers with which they can be advanced.
  static var leakyNeurons: Self {
    Self(
      ["ir.bad-neuron", "ir.code-mismatch"],
      "The code of lif neurons is rate; tau-rc, tau-synapse and dt are positive, tau-ref is not "
        + "negative; initial potentials are between 0 and 1."
    ) { graph, sink in
      for id in graph.populations.ids {
        guard case .leaky(let model) = graph[id].model else { continue }
        if !graph[id].code.isRate { sink.report(.leakyCode(graph[id].code, at: graph.site(id))) }
        if let violation = model.violation {
          sink.report(.error("ir.bad-neuron", violation, at: graph.site(id)))
        }
        guard let initial = model.initial,
          let elements = graph.tensors.find(initial)?.data.floatingPoint,
          let x = elements.first(where: { !(0...1 ~= $0) && $0.isFinite })
        else { continue }
        sink.report(
          .error(
            "ir.bad-neuron", "an initial potential is \(x), accepted range is [0, 1]",
            at: graph.site(id)))
      }
    }
  }

  /// Neurons have no parameter that their model does not use.
  static var noParametersWithoutMeaning: Self {
    Self(
      ["ir.unexpected-parameter", "ir.missing-quantum"],
      "Only neurons that integrate have a bias, only unsigned ones under rate a retraction; an "
        + "integrator has no quantum, a source has one."
    ) { graph, sink in
      for id in graph.populations.ids {
        let population = graph[id]
        if population.bias != nil, !population.model.integrates {
          sink.report(.unexpected("bias", of: population.model, at: graph.site(id)))
        }
        if case .integrateAndFire(let model) = population.model, model.retraction != nil,
          model.isSigned || !population.code.isRate
        {
          sink.report(.uselessRetraction(population.code, at: graph.site(id)))
        }
        if population.model == .integrator, population.quantum != nil {
          sink.report(.unexpected("quantum", of: population.model, at: graph.site(id)))
        }
        if population.model == .source, population.quantum == nil {
          sink.report(.missingQuantum(at: graph.site(id)))
        }
      }
    }
  }
}

extension Population {

  /// `true` iff the neurons are an image or a vector and their number fits 32 bits.
  var isSound: Bool {
    (shape.rank == 1 || shape.rank == 3) && shape.isSound && shape.count <= Int(Int32.max)
  }
}

extension Diagnostic {

  /// Returns an error about a population that is neither an image nor a vector, or too large.
  fileprivate static func badPopulationShape(_ shape: Shape, at site: Site) -> Diagnostic {
    .error(
      "ir.bad-shape",
      "the population has shape \(shape), expected [height,width,channels] or "
        + "[channels] with extents of at least 1 and at most 2^31 - 1 neurons", at: site)
  }

  /// Returns an error about a population that lives in another time than the first one.
  fileprivate static func codeMismatch(
    _ found: SpikeCode, first: SpikeCode, at site: Site
  ) -> Diagnostic {
    .error(
      "ir.code-mismatch",
      "the code is \(found), expected \(first.isRate ? "\(first)" : "phased or weighted") as in the "
        + "first population", at: site)
  }

  /// Returns an error about leaky neurons that are to say something else than a rate.
  fileprivate static func leakyCode(_ found: SpikeCode, at site: Site) -> Diagnostic {
    .error("ir.code-mismatch", "the code of 'lif' neurons is \(found), expected rate", at: site)
  }

  /// Returns an error about a parameter whose shape does not fit the population.
  fileprivate static func badParameterShape(
    _ role: String, _ found: Shape, _ accepted: [Shape], at site: Site
  ) -> Diagnostic {
    var distinct: [String] = []
    for shape in accepted where !distinct.contains(shape.description) {
      distinct.append(shape.description)
    }
    return .error(
      "ir.bad-parameter",
      "the \(role) has shape \(found), expected \(distinct.joined(separator: " or "))", at: site)
  }

  /// Returns an error about a quantum or membrane unit that is 0 or negative.
  fileprivate static func nonPositiveUnit(_ unit: Float, at site: Site) -> Diagnostic {
    .error("ir.bad-unit", "a unit is \(unit), expected a positive number", at: site)
  }

  /// Returns an error about a parameter that neurons of a model do not use.
  fileprivate static func unexpected(
    _ role: String, of model: NeuronModel, at site: Site
  ) -> Diagnostic {
    .error(
      "ir.unexpected-parameter",
      "the population has a \(role), which '\(model.mnemonic)' neurons "
        + "do not use", at: site)
  }

  /// Returns an error about a retraction below 0.
  fileprivate static func negativeRetraction(_ x: Float, at site: Site) -> Diagnostic {
    .error("ir.bad-threshold", "a retraction is \(x), expected a number of at least 0", at: site)
  }

  /// Returns an error about neurons that could never retract, or are signed anyway.
  fileprivate static func uselessRetraction(_ code: SpikeCode, at site: Site) -> Diagnostic {
    .error(
      "ir.unexpected-parameter",
      "the population has a retraction, expected unsigned neurons of the code rate, found "
        + "\(code.isRate ? "signed ones" : "the code \(code)")", at: site)
  }

  /// Returns an error about a source that does not say what its units are worth.
  fileprivate static func missingQuantum(at site: Site) -> Diagnostic {
    .error(
      "ir.missing-quantum", "the source has no quantum, which its encoder divides by", at: site)
  }
}
