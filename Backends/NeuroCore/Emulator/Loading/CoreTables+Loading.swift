// From tables to what is run. References to what is not there are refused; anything else, right or
// wrong, is done as it is written.

internal import Diagnostics
internal import HardwareTargets
internal import Kernels
internal import SpikeIR

extension CoreTables {

  /// Loads tables.
  ///
  /// - Throws: `emulator.not-for-cores`, `emulator.unsupported-neuron`, `emulator.bad-table`,
  ///   `emulator.threshold`, `emulator.overflow`, `emulator.registers`, `ir.elided-tensor`;
  ///   `placement.too-many-chips`, `placement.unknown-kind`.
  /// - Complexity: O(neurons · routes of a slice + weights + relayed connections).
  init(_ tables: Allocation) throws(Diagnostic) {
    var loader = try TableLoader(tables)
    try loader.loadSlices()
    try loader.loadEmitters()
    try loader.loadRoutes()
    try loader.loadConstants()
    self = loader.finish()
  }
}

/// What loading tables takes.
struct TableLoader {

  let tables: Allocation
  let graph: SpikingGraph
  let isConstant: [Bool]
  private let afferents: [[ProjectionID]]
  var compiler: SynapseCompiler
  var result = CoreTables()
  /// The positions of cores in their table, by number.
  var places: [Int: Int] = [:]
  /// The blocks of axons of each core, by number.
  var blocks: [Int: [Int]] = [:]
  /// The connections of each block.
  var connections: [[Int]] = []
  /// Programs by path and slice.
  var programs: [ProgramKey: SynapseProgram] = [:]

  /// A path and a slice that it leads to.
  struct ProgramKey: Hashable {
    var path: Int
    var slice: Int
  }

  init(_ tables: Allocation) throws(Diagnostic) {
    self.tables = tables
    graph = tables.graph
    guard let code = graph.populations.elements.first?.code, code.isRate else {
      let found = graph.populations.elements.first.map { "the code '\($0.code.keyword)'" }
      throw .notForCores(graph.name, found: found ?? "no populations")
    }
    for population in graph.populations.elements {
      guard case .leaky = population.model else { continue }
      throw .unsupportedNeuron(population.name, population.model.mnemonic)
    }
    guard graph.isQuantized else {
      throw .notForCores(graph.name, found: "floating-point weights")
    }
    isConstant = graph.isConstant
    afferents = graph.afferents()
    compiler = SynapseCompiler(
      graph, tables.paths, leavesOutZeros: tables.target.leavesOutZeros)
    guard tables.starts.count == graph.populations.count, tables.starts.allSatisfy({ $0 >= 0 })
    else { throw .badTable("starts", tables.starts.count, "not one tick for each population") }
    result.timesteps = code.timesteps
    result.starts = tables.starts
    for (i, core) in tables.cores.enumerated() {
      guard places.updateValue(i, forKey: core.number) == nil,
        tables.target.cores.indices.contains(core.kind)
      else { throw .badTable("cores", i, "a core that is named before, or of a kind that is not") }
    }
    try checkPositions()
    try checkPaths()
    try checkAxons()
  }

  /// Refuses positions beyond the routers of the machine, to which no way leads.
  private func checkPositions() throws(Diagnostic) {
    let grid = try tables.grid()
    for (i, core) in tables.cores.enumerated() {
      let place = core.position
      guard 0..<grid.columns ~= place.x, 0..<grid.rows ~= place.y else {
        throw .badTable(
          "cores", i,
          "a router at \(place.x),\(place.y), expected one of \(grid.columns) × \(grid.rows)")
      }
    }
  }

  private func checkPaths() throws(Diagnostic) {
    for (i, path) in tables.paths.enumerated() {
      var place = path.source
      for j in path.projections {
        guard graph.projections.find(j)?.source == place else {
          throw .badTable("paths", i, "projections that do not follow one another")
        }
        place = graph[j].target
      }
      guard !path.projections.isEmpty, place == path.target else {
        throw .badTable("paths", i, "no way to the population that it names")
      }
    }
  }

  private mutating func checkAxons() throws(Diagnostic) {
    for (i, block) in tables.axons.enumerated() {
      guard let population = graph.populations.find(block.population),
        NeuronBox(all: population.shape).contains(block.box), block.first >= 0
      else { throw .badTable("axons", i, "neurons that are not in the network") }
      blocks[block.core, default: []].append(i)
    }
    connections = tables.axons.map { _ in [] }
    for (i, connection) in tables.connections.enumerated() {
      guard tables.axons.indices.contains(connection.block),
        tables.paths.indices.contains(connection.path),
        tables.mapped.slices.find(connection.target) != nil,
        tables.paths[connection.path].source == tables.axons[connection.block].population,
        tables.paths[connection.path].target == tables.mapped.slices[connection.target].population
      else { throw .badTable("connections", i, "a block, path or slice that is not there") }
      guard 0...4096 ~= connection.delay else { throw .longDelay(i, connection.delay) }
      connections[connection.block].append(i)
    }
  }

  func finish() -> CoreTables {
    var result = result
    result.relays = compiler.relays
    result.synapses = compiler.synapses
    for slice in result.slices {
      result.sums.append(
        SumPlace(
          first: result.sumCount, count: slice.sumCount, depth: slice.depth,
          firstSlot: result.slotCount))
      result.sumCount += slice.depth * slice.sumCount
      result.slotCount += slice.depth
    }
    result.order = result.slices.indices.sorted {
      (result.slices[$0].population, $0) < (result.slices[$1].population, $1)
    }
    result.latestStart =
      graph.populations.ids.filter { graph[$0].hasNeurons }.map { tables.starts[$0.index] }.max()
      ?? 0
    for e in result.emitters.indices {
      var next = 0
      for r in result.emitters[e].routes {
        result.emitters[e].scratch.append(next)
        next += result.routes[r].capacity
      }
      result.scratch = max(result.scratch, next)
    }
    for route in result.routes {
      for landing in result.landings[route.landings] {
        for delivery in result.deliveries[landing.deliveries] {
          guard let r = delivery.program.relays else { continue }
          let starts = result.relays[r].starts
          let fanOut = starts.indices.dropLast().map { Int(starts[$0 + 1] - starts[$0]) }.max() ?? 0
          result.mostRelayed = max(result.mostRelayed, fanOut * route.capacity)
        }
      }
    }
    result.sharedSlices = result.slices.map { Shared($0) }
    result.sharedEmitters = result.emitters.map { Shared($0) }
    return result
  }
}

// MARK: - Slices

extension TableLoader {

  mutating func loadSlices() throws(Diagnostic) {
    let bounds = try PotentialBounds(graph)
    var parameters: [NeuronParameters] = []
    for p in graph.populations.elements { parameters.append(try .init(p, graph.tensors)) }
    for id in tables.mapped.slices.ids {
      let slice = tables.mapped.slices[id]
      guard let population = graph.populations.find(slice.population), population.hasNeurons,
        NeuronBox(all: population.shape).contains(slice.box), !slice.box.isEmpty,
        let core = places[slice.core]
      else { throw .badTable("slices", id.index, "neurons or a core that are not there") }
      let kind = tables.target.cores[tables.cores[core].kind]
      let own = parameters[slice.population.index]
      let plan = try RegisterPlan(population, limits: own.limits, on: kind)
      let drive = try bounds.drive(of: slice.population, in: graph)
      let drives = max(-drive.low, drive.high) * Double(1 << plan.scale)
      guard drives < Double(1 << 30) else {
        throw .emulatorOverflow("biases and constant currents", population.name, bound: drives)
      }
      if !RegisterPlan.isLimited(kind), let held = bounds.potential(of: slice.population) {
        let bound = max(-held.low, held.high) * Double(1 << plan.scale)
        guard bound <= Double(1 << 30) else {
          throw .emulatorOverflow("potentials", population.name, bound: bound)
        }
      }
      let neurons = (0..<slice.box.count).map {
        Int32(slice.box.neuron(at: $0, of: population.shape))
      }
      let (program, sumBox) = try program(slice, own, neurons, plan, kind)
      result.slices.append(
        EmulatedSlice(
          population: slice.population, core: core, box: slice.box, neurons: neurons,
          start: tables.starts[slice.population.index], sumBox: sumBox, program: program,
          registers: plan.registers, bias: own.bias(neurons, scale: plan.scale),
          initial: own.initial(neurons, scale: plan.scale), emitter: id.index,
          places: slice.box.count * kind.placesPerNeuron(of: slice.population, in: graph)))
    }
  }

  /// Returns what the neurons of a slice do, and the box of what their sums belong to.
  private func program(
    _ slice: CoreSlice, _ own: NeuronParameters, _ neurons: [Int32], _ plan: RegisterPlan,
    _ kind: CoreClass
  ) throws(Diagnostic) -> (NeuronProgram, NeuronBox) {
    let population = graph[slice.population]
    guard kind.neuron?.has(population.model) ?? true else {
      throw .unsupportedNeuron(population.name, population.model.mnemonic)
    }
    switch population.model {
    case .integrateAndFire:
      return (.fire(own.firing(neurons, scale: plan.scale, kind.neuron)), slice.box)
    case .currentBased(let model):
      return (.decay(own.decaying(neurons, model)), slice.box)
    case .bitShift(let model):
      return (.shift(own.shifting(neurons, model)), slice.box)
    case .integrator: return (.integrate, slice.box)
    case .staircase: return (.staircase(own.staircase(slice.box.channels)), slice.box)
    case .maximum:
      guard let j = afferents[slice.population.index].first,
        let box = compiler.counted(by: slice.box, of: slice.population, j),
        case .pool(let pool) = graph[j].kind
      else { throw .unsupportedNeuron(population.name, population.model.mnemonic) }
      return (.maximum(MaximumNeurons(slice.box, pool.window, counts: box)), box)
    case .source, .relay, .leaky:
      throw .unsupportedNeuron(population.name, population.model.mnemonic)
    }
  }
}

// MARK: - Routes

extension TableLoader {

  /// Lists who emits, and which routes the spikes of each neuron take.
  mutating func loadEmitters() throws(Diagnostic) {
    for (i, slice) in result.slices.enumerated() {
      result.emitters.append(
        SpikeEmitter(
          population: slice.population, slice: i, neurons: slice.neurons, routeSets: [], sets: []))
    }
    for id in graph.populations.ids where graph[id].model == .source && !isConstant[id.index] {
      result.emitters.append(
        SpikeEmitter(
          population: id, slice: nil, neurons: (0..<graph[id].shape.count).map { Int32($0) },
          routeSets: [], sets: []))
    }
    var own = result.emitters.map { _ in [Int]() }
    for (r, route) in tables.routes.enumerated() {
      guard tables.axons.indices.contains(route.block), places[route.core] != nil else {
        throw .badTable("routes", r, "a block of axons or a core that is not there")
      }
      let listened = tables.axons[route.block].population
      if let source = route.source {
        guard source.index < result.slices.count else {
          throw .badTable("routes", r, "a slice that is not there")
        }
        own[source.index].append(r)
      } else {
        // A route from what never speaks is never taken.
        let host = result.emitters.firstIndex { $0.slice == nil && $0.population == listened }
        if let host { own[host].append(r) }
      }
    }
    for e in result.emitters.indices { collectSets(of: e, own[e]) }
  }

  private mutating func collectSets(of e: Int, _ routes: [Int]) {
    let box = emitterBox(e)
    var known: [[Int]: Int32] = [:]
    var sets: [[Int]] = []
    var ofNeurons: [Int32] = []
    ofNeurons.reserveCapacity(box.count)
    for row in box.rows {
      let inRow = routes.filter { tables.axons[tables.routes[$0].block].box.rows.contains(row) }
      for column in box.columns {
        let here = inRow.filter {
          tables.axons[tables.routes[$0].block].box.columns.contains(column)
        }
        for channel in box.channels {
          let set = here.filter {
            tables.axons[tables.routes[$0].block].box.channels.contains(channel)
          }
          if known[set] == nil {
            known[set] = Int32(sets.count)
            sets.append(set)
          }
          ofNeurons.append(known[set] ?? 0)
        }
      }
    }
    result.emitters[e].routeSets = ofNeurons
    result.emitters[e].sets = sets
    result.emitters[e].routes = routes
    let position = Dictionary(uniqueKeysWithValues: routes.enumerated().map { ($1, $0) })
    for set in sets {
      result.emitters[e].setRoutes += set.compactMap { position[$0] }
      result.emitters[e].setStarts.append(result.emitters[e].setRoutes.count)
    }
  }

  /// Returns the neurons of emitter `e`.
  func emitterBox(_ e: Int) -> NeuronBox {
    let emitter = result.emitters[e]
    if let slice = emitter.slice { return result.slices[slice].box }
    return NeuronBox(all: graph[emitter.population].shape)
  }
}
