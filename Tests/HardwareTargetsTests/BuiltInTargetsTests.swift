// The descriptions that come with the program: all are read, and say what their sources say.

import HardwareTargets
import JSONReading
import Testing

@Suite("Built-in targets") struct BuiltInTargetsTests {

  private func target(_ name: String) throws -> TargetDescription {
    let text = try #require(TargetDescription.builtInText(name))
    return try TargetDescription(parsing: text, file: name)
  }

  @Test("every description is read", arguments: TargetDescription.builtInNames)
  func isRead(_ name: String) throws {
    let target = try target(name)
    #expect(target.id == name && !target.title.isEmpty)
    #expect(target.coresPerChip == target.topology.levels.dropFirst().reduce(1) { $0 * $1.count })
    for core in target.cores {
      let isArray = target.family == .analogCrossbar && core.analog != nil
      #expect(isArray || core.neuron != nil && core.synapse != nil, "\(core.name)")
      if let accounting = core.accounting { #expect(accounting.rule != nil, "\(core.name)") }
    }
  }

  @Test("names are sorted and as in the issue of machines") func names() {
    #expect(TargetDescription.builtInNames == TargetDescription.builtInNames.sorted())
    #expect(TargetDescription.builtIn.map(\.id) == TargetDescription.builtInNames)
    #expect(TargetDescription.builtIn("none") == nil)
  }

  @Test(
    "every number has a source or a grade, every listed source is used",
    arguments: TargetDescription.builtInNames)
  func sources(_ name: String) throws {
    let text = try #require(TargetDescription.builtInText(name))
    let root = try JSON(parsing: text)
    var used: Set<String> = []
    collectSources(.object(root.members?.filter { $0.key != "sources" } ?? [:]), into: &used)
    #expect(used == Set(try target(name).sources.map(\.key)))
  }

  private func collectSources(_ value: JSON, into used: inout Set<String>) {
    if let keys = value["source"]?.string {
      used.formUnion(keys.split(separator: ",").map { String($0.drop { $0 == " " }) })
    }
    for member in value.members?.values ?? [:].values { collectSources(member, into: &used) }
    for element in value.elements ?? [] { collectSources(element, into: &used) }
  }

  @Test("Loihi 1") func loihi() throws {
    let target = try target("loihi1")
    #expect(target.family == .digitalMesh && target.coresPerChip == 128)
    #expect(target.time.model == .tick && target.time.deliveryLatency == 1)
    #expect(target.time.barrier.map(\.tiles) == [1, 32])
    #expect(target.time.chipBarrier.map(\.chips) == [256, 768])
    #expect(target.time.chipBarrier.map(\.latency.value) == [1.43e-5, 1.62e-5])
    #expect(target.topology.levels[1].grid == [8, 4])
    #expect(target.topology.network.delivery == .unicastIterated)
    let core = target.cores[0]
    #expect(core.resources["synMemWords"]?.int == 16_384)
    #expect(core.accounting?.rule == .synapseBlocks(SynapseBlockAccounting()))
    #expect(core.accounting?.parameters["baseMultiple"]?.int == 4)
    let neuron = try #require(core.neuron)
    #expect(neuron.comparison == .greater && neuron.state["u"]?.overflow == .wrap)
    #expect(neuron.state["v"]?.range == -8_388_607...8_388_607)
    #expect(neuron.parameters["vthMant"]?.range == 0...131_071)
    #expect(neuron.parameters["vthMant"]?.shift == 6)
    #expect(neuron.parameters["biasMant"]?.range == -4_095...4_095)
    #expect(neuron.resets.map(\.neuronCost) == [1, 2])
    #expect(neuron.profiles == ["compartment": 32, "threshold": 8])
    #expect(neuron.maximum?.grade == .assumed)
    #expect(core.synapse?.exponent?.range == -7...7)
    #expect(target.energy.events["synop"]?.value == 2.36e-11)
    #expect(target.energy.events["synop"]?.grade == .presilicon)
    #expect(target.energy.standing["chip"]?.source == "F20")
  }

  @Test("Loihi 1: the other set of energies is on the same machine, and apart") func nahuku() throws
  {
    let (a, b) = (try target("loihi1"), try target("loihi1-nahuku"))
    #expect(a.cores == b.cores && a.topology.levels == b.topology.levels)
    #expect(b.energy.events["synop"] == nil && b.energy.events["synopDense"]?.value == 3.55e-11)
    #expect(b.energy.standing["chip"] == Quantity(nil, unit: "W"))
    #expect(a.energy.events.values.allSatisfy { $0.grade == .presilicon })
    #expect(b.energy.events.values.allSatisfy { $0.grade == .model })
  }

  @Test(
    "TrueNorth: power at the measured rates",
    arguments: [(11.58, 0.068), (20.07, 0.071), (95.93, 0.094)])
  func trueNorth(rate: Double, watts: Double) throws {
    let target = try target("truenorth")
    let power = try #require(target.energy.affinePower)
    let found = power.power(eventsPerSecond: rate * Double(1 << 20) * 128)
    #expect(abs(found / watts - 1) < 0.01)
    #expect(
      target.cores[0].accounting?.rule == .denseRectangle(DenseRectangle(rows: 256, columns: 256)))
    #expect(target.coresPerChip * 256 == 1 << 20)
  }

  @Test("Speck: an example fits with its kernels and with its neurons nowhere") func speck() throws
  {
    let target = try target("speck2")
    #expect(
      target.coresPerChip == 9 && target.cores.compactMap(\.ids).flatMap { $0 } == Array(0..<9))
    let words = target.cores.reduce(0) { $0 + $1.count * ($1.resources["neuronWords"]?.int ?? 0) }
    #expect(words == 327_680)
    for core in target.cores {
      guard case .powersOfTwo(let accounting) = core.accounting?.rule else {
        Issue.record("another accounting")
        continue
      }
      let kernel = accounting.kernelWords(
        inputChannels: 16, outputChannels: 32, kernelWidth: 3, kernelHeight: 3)
      #expect(kernel <= core.resources["kernelWords"]?.int ?? 0)
      let neurons = accounting.neuronWords(channels: 32, width: 64, height: 64)
      #expect(neurons > core.resources["neuronWords"]?.int ?? .max)
      #expect(
        core.operations == target.cores[0].operations && core.operations?.mostDestinations == 2)
    }
  }

  @Test("SpiNNaker: rows, ring buffer, three levels without constants") func spiNNaker() throws {
    let first = try target("spinnaker1")
    #expect(
      first.cores[0].accounting?.rule
        == .synapseRows(SynapseRowAccounting(), RingBufferAccounting()))
    #expect(first.topology.network.routerEntries == 1_023)
    let second = try target("spinnaker2")
    #expect(second.energy.levels.map(\.hertz?.value) == [125e6, 333e6, 500e6])
    #expect(second.energy.levels.allSatisfy { $0.volts?.grade == .memory })
    #expect(second.energy.levels.allSatisfy { $0.baseline?.value == nil })
    #expect(second.energy.levels.allSatisfy { $0.cyclesPerNeuron == Quantity(nil, unit: "cycles") })
    #expect(second.cores[0].resources["neurons"] == Quantity(nil))
  }

  @Test("ISAAC: a tile of arrays, weights in slices, energies of a read") func isaac() throws {
    let target = try target("isaac")
    #expect(target.coresPerChip == 168 * 12 * 8)
    let analog = try #require(target.cores[0].analog)
    #expect(analog.rows == 128 && analog.mapping == "bit-sliced-offset")
    #expect(analog.numbers["slices"]?.int == 8 && analog.words["unitColumn"] == "true")
    #expect(analog.numbers["readTime"]?.value == 1e-7)
    #expect(target.energy.events["adcConversion"]?.value == 1.5625e-12)
    #expect(target.energy.events["cellRead"]?.grade == .derived)
  }

  @Test("Resistive processing units: the read of 2017") func resistiveProcessingUnits() throws {
    let analog = try #require(try target("rpu").cores[0].analog)
    #expect(analog.numbers["input.steps"]?.value == 126)
    #expect(analog.numbers["output.noise"]?.value == 0.06)
    #expect(analog.words["boundManagement.mode"] == "iterative")
    #expect(analog.numbers["device.dwMin"]?.grade == .software)
    #expect(try target("rpu").energy.events.isEmpty)
  }

  @Test("BrainScaleS-2: an analog array by dotted names") func brainScaleS() throws {
    let core = try target("brainscales2").cores[0]
    #expect(
      core.accounting?.rule
        == .tiles(TileAccounting(rows: 256, columns: 256, rowsPerInput: 2)))
    let analog = try #require(core.analog)
    #expect(analog.rows == 256 && analog.columns == 256 && analog.mapping == "signed-rows")
    #expect(analog.numbers["output.gain"] == Quantity(0.002, grade: .software, source: "HX"))
    #expect(analog.numbers["input.most"] == Quantity(31, grade: .software, source: "HX"))
    #expect(analog.numbers["mismatch.columnGain"] == Quantity(nil))
    #expect(
      analog.words == [
        "input.signed": "false", "output.rounding": "floor", "biasRow": "digital",
        "noiseManagement": "abs-max", "boundManagement.mode": "fewer-repeats",
      ])
    #expect(core.synapse?.weight.range == -63...63)
  }

  @Test("Akida: four kinds of processors") func akida() throws {
    let target = try target("akida1000")
    #expect(target.coresPerChip == 78 && target.cores.map(\.count) == [54, 18, 4, 2])
    let bytes = ByteAccounting(
      neuronMemory: nil, synapseMemory: "weightBytes", inputMemory: "inputBytes", inputBits: 4)
    #expect(target.cores.allSatisfy { $0.accounting?.rule == .bytes(bytes) })
    #expect(target.cores.allSatisfy { $0.neuron?.resets == [] && $0.neuron?.outputBits == 4 })
  }
}
