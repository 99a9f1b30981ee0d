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
        + "channel, and no std is 0; encoders that spike need the code rate."
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
        if encoder.kind != .constant, !population.code.isRate {
          let kind = "kind=\(encoder.kind.rawValue)"
          sink.report(.needsRate(kind, "ir.bad-encoder", population.code, site))
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
      "Decoders read the potentials of integrators, the counts or first spikes of if populations, the "
        + "counts of shift-lif populations; only counts have an offset; "
        + "every integrator is read by a decoder; first spikes need the code rate; a decoder starts "
        + "before the last tick, and with the first one unless the code is rate; the shape of an "
        + "output has a dimension at least, and the elements and channels of the population."
    ) { graph, sink in
      var read: Set<PopulationID> = []
      for (i, decoder) in graph.decoders.enumerated() {
        let site = Site.entity("decoder \(i) of \(decoder.population)")
        guard let population = graph.populations.find(decoder.population) else {
          sink.report(.badPopulation(decoder.population, at: site))
          continue
        }
        read.insert(decoder.population)
        if !decoder.reading.fits(population.model) {
          sink.report(.cannotRead(decoder.reading, of: population.model, at: site))
        }
        if decoder.reading == .firstSpike, !population.code.isRate {
          sink.report(.needsRate("reading=first-spike", "ir.bad-decoder", population.code, site))
        }
        let last = population.code.isRate ? population.code.timesteps - 1 : 0
        if !(0...max(0, last) ~= decoder.start) {
          sink.report(.badStart(decoder.start, last: max(0, last), at: site))
        }
        if decoder.offset != 0, decoder.reading != .count || !decoder.offset.isFinite {
          sink.report(.badOffset(decoder.offset, decoder.reading, at: site))
        }
        if let shape = decoder.shape, !shape.rearranges(population.shape) {
          sink.report(.badOutput(shape, of: population.shape, at: site))
        }
      }
      for id in graph.populations.ids where graph[id].model == .integrator && !read.contains(id) {
        sink.report(.undecoded(at: graph.site(id)))
      }
    }
  }
}

extension Shape {

  /// Returns whether the shape holds the elements of `other`, with the same channels.
  fileprivate func rearranges(_ other: Shape) -> Bool {
    rank > 0 && extents.allSatisfy { $0 > 0 } && checkedCount == other.checkedCount
      && channels == other.channels
  }
}

extension Decoder.Reading {

  /// Returns whether neurons of the given model have what is read.
  fileprivate func fits(_ model: NeuronModel) -> Bool {
    switch (self, model) {
    case (.potential, .integrator), (.count, .integrateAndFire), (.count, .bitShift),
      (.firstSpike, .integrateAndFire):
      true
    default: false
    }
  }
}

extension Preprocessing {

  /// Returns what is wrong with the preprocessing of data with the given channels, if anything.
  fileprivate func violation(channels: Int) -> Diagnostic? {
    for (name, list) in [("mean", mean), ("std", std)]
    where list.count != 1 && list.count != channels {
      return .badPreprocessing(
        "'\(name)' has \(list.count, of: "number"), expected 1 or \(channels)")
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
      "ir.bad-encoder",
      "the source is driven by \(encoders, of: "encoder"), expected exactly 1", at: site
    )
  }

  /// Returns an error about a decoder of a population that cannot be read.
  fileprivate static func cannotRead(
    _ reading: Decoder.Reading, of found: NeuronModel, at site: Site
  ) -> Diagnostic {
    .error(
      "ir.bad-decoder",
      "the population's neurons are '\(found.mnemonic)', expected "
        + "'\(reading == .potential ? "integrator" : "if")' for the reading '\(reading.rawValue)'",
      at: site)
  }

  /// Returns an error about an encoder or decoder that has a meaning under `rate` only.
  fileprivate static func needsRate(
    _ attribute: String, _ id: String, _ found: SpikeCode, _ site: Site
  ) -> Diagnostic {
    .error(id, "'\(attribute)' needs the code rate, found \(found)", at: site)
  }

  /// Returns an error about a decoder that starts too late.
  fileprivate static func badStart(_ start: Int, last: Int, at site: Site) -> Diagnostic {
    .error("ir.bad-decoder", "'start' is \(start), accepted range is [0, \(last)]", at: site)
  }

  /// Returns an error about an offset of what is not counted, or one that is no number.
  fileprivate static func badOffset(
    _ offset: Float, _ reading: Decoder.Reading, at site: Site
  ) -> Diagnostic {
    .error(
      "ir.bad-decoder",
      "'offset' is \(offset) for the reading '\(reading.rawValue)', expected a finite number for the "
        + "reading 'count'", at: site)
  }

  /// Returns an error about the shape of an output that does not hold what is read.
  fileprivate static func badOutput(
    _ shape: Shape, of population: Shape, at site: Site
  ) -> Diagnostic {
    .error(
      "ir.bad-decoder",
      "'shape' is \(shape), expected the elements and channels of \(population)", at: site)
  }

  /// Returns an error about an integrator whose potentials nobody reads.
  fileprivate static func undecoded(at site: Site) -> Diagnostic {
    .error("ir.undecoded-integrator", "the integrator is read by no decoder", at: site)
  }
}
