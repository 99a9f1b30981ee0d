// From values that follow the schema to the description: machine, time, arrangement, energies.

internal import JSONReading

extension TargetDescription {

  /// Creates the description that `reader` holds.
  ///
  /// - Precondition: it follows the schema.
  init(_ reader: TargetReader) {
    id = reader["id"].string ?? ""
    title = reader["title"].string ?? ""
    family = reader["family"].needed()
    time = Timing(reader["time"])
    topology = Topology(reader["topology"])
    cores = []
    for core in reader["cores"].elements {
      let model = cores.first { $0.name == core["like"].string }
      cores.append(CoreClass(core, like: model))
    }
    energy = Energy(reader["energy"])
    sources = reader["sources"].members { $0.string ?? "" }
      .map { Source(key: $0.key, citation: $0.value) }.sorted { $0.key < $1.key }
    notes = reader["notes"].elements.compactMap(\.string)
  }
}

extension Timing {

  fileprivate init(_ reader: TargetReader) {
    model = reader["model"].needed()
    step = reader["step"].quantity("s")
    acceleration = reader["acceleration"].quantity()
    deliveryLatency = reader["deliveryLatencySteps"].int ?? 0
    barrier = reader["barrier"].elements.map {
      Barrier(tiles: $0["tiles"].int ?? 1, latency: $0["latency"].quantity("s") ?? Quantity(nil))
    }
    chipBarrier = reader["chipBarrier"].elements.map {
      ChipBarrier(
        chips: $0["chips"].int ?? 1, latency: $0["latency"].quantity("s") ?? Quantity(nil))
    }
    evidence = reader.evidence
  }
}

extension Topology {

  fileprivate init(_ reader: TargetReader) {
    levels = reader["levels"].elements.map {
      Level(
        name: $0["name"].string ?? "", count: $0["count"].int ?? 1,
        joined: $0["joined"].quantity(), grid: $0["grid"].ints,
        isAssumed: $0["assumed"].flag, evidence: $0.evidence)
    }
    let noc = reader["noc"]
    network = Network(
      kind: noc["kind"].needed(), routing: noc["routing"].word(),
      delivery: noc["delivery"].needed(), reach: noc["reach"].ints,
      packetBits: noc["packetBits"].int, payloadBits: noc["payloadBits"].int,
      routerEntries: noc["routerEntries"].int, linkBuffer: noc["linkBuffer"].int,
      evidence: noc.evidence)
  }
}

extension Energy {

  fileprivate init(_ reader: TargetReader) {
    model = reader["model"].needed()
    let units = ["volts": "V", "hertz": "Hz", "celsius": "C"]
    corner = units.reduce(into: [:]) { result, unit in
      result[unit.key] = reader["corner"][unit.key].quantity(unit.value)
    }
    standing = reader["static"].quantities("W")
    events = reader["events"].quantities("J")
    latency = reader["latency"].quantities("s")
    levels = reader["levels"].elements.map { OperatingPoint($0) }
  }
}

extension Energy.OperatingPoint {

  fileprivate init(_ reader: TargetReader) {
    name = reader["name"].string ?? ""
    volts = reader["volts"].quantity("V")
    hertz = reader["hertz"].quantity("Hz")
    baseline = reader["baseline"].quantity("W")
    perNeuron = reader["perNeuron"].quantity("J")
    perSynapticOperation = reader["perSynop"].quantity("J")
    mostSpikesPerStep = reader["maxSpikesPerStep"].quantity()
    cyclesPerNeuron = reader["cyclesPerNeuron"].quantity("cycles")
    cyclesPerSynapticOperation = reader["cyclesPerSynop"].quantity("cycles")
  }
}
