// Rules on the ends of a spiking network: encoders and decoders.

internal import Diagnostics

extension VerifierRule<SpikingGraph> {

  /// The network has at least one encoder and one decoder.
  static var hasEncodersAndDecoders: Self {
    Self(
      ["ir.no-input", "ir.no-output"], "The network has at least one encoder and one decoder."
    ) { graph, sink in
      if graph.encoders.isEmpty { sink.report(.noInput(of: graph.name)) }
      if graph.decoders.isEmpty { sink.report(.noOutput(of: graph.name)) }
    }
  }

  /// Every source is driven by one encoder, with preprocessing that can be computed.
  static var encodersFit: Self {
    Self(
      ["ir.bad-population", "ir.bad-encoder", "ir.bad-preprocessing"],
      "Every source is driven by exactly one encoder, and encoders drive only sources; levels are "
        + "between 1 and 2^31 - 1; the scale is finite, mean and std have one number or one a "
        + "channel, and no std is 0."
    ) { graph, sink in
      var driven = [Int](repeating: 0, count: graph.populations.count)
      for (i, encoder) in graph.encoders.enumerated() {
        let site = Site.entity("encoder \(i) of \(encoder.population)")
        guard let population = graph.populations.find(encoder.population) else {
          sink.report(.badPopulation(encoder.population, at: site))
          continue
        }
        driven[encoder.population.index] += 1
        if population.model != .source { sink.report(.drivesNoSource(population.model, at: site)) }
        if !(1...Int(Int32.max) ~= encoder.levels) {
          sink.report(.badLevels(encoder.levels, at: site))
        }
        if let violation = encoder.preprocessing.violation(channels: population.shape.channels) {
          sink.report(violation.located(at: site))
        }
      }
      for id in graph.populations.ids where graph[id].model == .source && driven[id.index] != 1 {
        sink.report(.badSource(driven[id.index], at: graph.site(id)))
      }
    }
  }

  /// Decoders read integrators, and every integrator is read.
  static var decodersFit: Self {
    Self(
      ["ir.bad-population", "ir.bad-decoder", "ir.undecoded-integrator"],
      "Decoders read only integrators, and every integrator is read by a decoder."
    ) { graph, sink in
      var read: Set<PopulationID> = []
      for (i, decoder) in graph.decoders.enumerated() {
        let site = Site.entity("decoder \(i) of \(decoder.population)")
        guard let population = graph.populations.find(decoder.population) else {
          sink.report(.badPopulation(decoder.population, at: site))
          continue
        }
        read.insert(decoder.population)
        if population.model != .integrator {
          sink.report(.readsNoIntegrator(population.model, at: site))
        }
      }
      for id in graph.populations.ids where graph[id].model == .integrator && !read.contains(id) {
        sink.report(.undecoded(at: graph.site(id)))
      }
    }
  }
}

extension Preprocessing {

  /// Returns what is wrong with the preprocessing of data with the given channels, if anything.
  fileprivate func violation(channels: Int) -> Diagnostic? {
    for (name, list) in [("mean", mean), ("std", std)]
    where list.count != 1 && list.count != channels {
      return .badPreprocessing("'\(name)' has \(list.count) numbers, expected 1 or \(channels)")
    }
    guard scale.isFinite, (mean + std).allSatisfy(\.isFinite) else {
      return .badPreprocessing("'scale', 'mean' and 'std' must be finite")
    }
    guard !std.contains(0) else { return .badPreprocessing("'std' is 0, by which is divided") }
    return nil
  }
}

extension Diagnostic {

  /// Returns an error about preprocessing that cannot be computed.
  fileprivate static func badPreprocessing(_ message: String) -> Diagnostic {
    .error("ir.bad-preprocessing", message)
  }

  /// Returns an error about an encoder of a population that cannot be driven.
  fileprivate static func drivesNoSource(_ found: NeuronModel, at site: Site) -> Diagnostic {
    .error(
      "ir.bad-encoder", "the population's neurons are '\(found.mnemonic)', expected 'source'",
      at: site)
  }

  /// Returns an error about a number of levels that is out of range.
  fileprivate static func badLevels(_ levels: Int, at site: Site) -> Diagnostic {
    .error(
      "ir.bad-encoder", "'levels' is \(levels), accepted range is [1, \(Int32.max)]", at: site)
  }

  /// Returns an error about a source without an encoder or with several.
  fileprivate static func badSource(_ encoders: Int, at site: Site) -> Diagnostic {
    .error(
      "ir.bad-encoder", "the source is driven by \(encoders) encoders, expected exactly 1", at: site
    )
  }

  /// Returns an error about a decoder of a population that cannot be read.
  fileprivate static func readsNoIntegrator(_ found: NeuronModel, at site: Site) -> Diagnostic {
    .error(
      "ir.bad-decoder", "the population's neurons are '\(found.mnemonic)', expected 'integrator'",
      at: site)
  }

  /// Returns an error about an integrator whose potentials nobody reads.
  fileprivate static func undecoded(at site: Site) -> Diagnostic {
    .error("ir.undecoded-integrator", "the integrator is read by no decoder", at: site)
  }
}
