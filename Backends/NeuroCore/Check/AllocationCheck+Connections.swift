// The second half of the check: axons, what they reach, and the ways to them.

internal import Diagnostics
internal import HardwareTargets
internal import SpikeIR

extension AllocationCheck {

  // MARK: - Axons

  /// Checks who sends to axons, and their numbers.
  ///
  /// - Throws: `ir.elided-tensor`.
  mutating func checkAxons() throws(Diagnostic) {
    let types = try typesOfBlocks()
    var senders: [AxonSender: Int] = [:]
    for (i, block) in allocation.axons.enumerated() {
      let name = "axons \(block.first)… of core \(block.core)"
      let sender = AxonSender(
        core: block.core, population: block.population, source: block.source, type: types[i])
      if senders.updateValue(i, forKey: sender) != nil {
        report("axons-twice", "\(name) listen to what others of the core listen to")
      }
      guard let source = block.source else {
        if allocation.graph[block.population].hasNeurons {
          report("axon-source", "\(name) listen to no slice of '\(nameOf(block.population))'")
        }
        continue
      }
      let slice = allocation.mapped.slices[source]
      if slice.population != block.population || !slice.box.contains(block.box) {
        report(
          "axon-source",
          "\(name) listen to \(block.box) of '\(nameOf(block.population))', slice \(source.index) "
            + "is \(slice.box) of '\(nameOf(slice.population))'")
      }
    }
    checkAxonNumbers()
  }

  /// Checks that no axon of a core belongs to two blocks.
  private mutating func checkAxonNumbers() {
    let order = allocation.axons.sorted { ($0.core, $0.first) < ($1.core, $1.first) }
    for (a, b) in zip(order, order.dropFirst()) where a.core == b.core {
      if b.first < a.first + a.box.count {
        report(
          "axon-number",
          "axons of core \(a.core): a block begins at \(b.first), the one before ends at "
            + "\(a.first + a.box.count)")
      }
    }
  }

  private struct AxonSender: Hashable {
    var core: Int
    var population: PopulationID
    var source: SliceID?
    var type: Int
  }

  /// Returns the type of each block of axons, that of the paths that it begins; reports blocks with
  /// several.
  private mutating func typesOfBlocks() throws(Diagnostic) -> [Int] {
    let types = try allocation.target.axonTypes(of: allocation.paths, in: allocation.graph)
    var result = [Int?](repeating: nil, count: allocation.axons.count)
    for connection in allocation.connections {
      let type = types[connection.path]
      if let other = result[connection.block], other != type {
        report(
          "axon-type",
          "\(describe(connection)) needs axons of type \(type), another one type \(other)")
      }
      result[connection.block] = type
    }
    return result.map { $0 ?? 0 }
  }

  private func nameOf(_ population: PopulationID) -> String { allocation.graph[population].name }

  // MARK: - Connections

  /// Checks that every synapse of every path exists once, and acts in the right tick.
  ///
  /// Blocks of a core listen to different neurons, so that nothing is missing if the synapses of
  /// all blocks are as many as the path has.
  mutating func checkConnections() throws(Diagnostic) {
    let isConstant = allocation.graph.isConstant
    var byPath = [[Int]](repeating: [], count: allocation.paths.count)
    for (i, connection) in allocation.connections.enumerated() {
      byPath[connection.path].append(i)
    }
    var needed = [NeuronBox?](repeating: nil, count: allocation.axons.count)
    for (p, path) in allocation.paths.enumerated() {
      let geometry = try PathGeometry(path, in: allocation.graph)
      let count = try SynapseCount(
        path, geometry, in: allocation.graph, on: allocation.target)
      var realized: [SliceID: Int] = [:]
      var pairs = Set<[Int]>()
      for i in byPath[p] {
        let connection = allocation.connections[i]
        if !pairs.insert([connection.block, connection.target.index]).inserted {
          report("connection-twice", "\(describe(connection)) is there twice")
          continue
        }
        guard check(connection, along: path) else { continue }
        let (block, slice) = (
          allocation.axons[connection.block], allocation.mapped.slices[connection.target]
        )
        let found = geometry.synapses(from: block.box, to: slice.box)
        let expected = count.synapses(from: block.box, to: slice.box)
        if expected != connection.synapses {
          report(
            "synapse-count",
            "\(describe(connection)) has \(connection.synapses, of: "synapse"), expected "
              + "\(expected)")
        }
        realized[connection.target, default: 0] += found
        if let hull = geometry.sources(of: slice.box), found > 0 {
          let own = hull.intersection(allocation.senders(to: block))
          needed[connection.block] = needed[connection.block].map { $0.hull(own) } ?? own
        }
      }
      guard !isConstant[path.source.index] else { continue }
      let everything = NeuronBox(all: geometry.sourceShape)
      for target in slices[path.target.index] {
        let expected = geometry.synapses(from: everything, to: allocation.mapped.slices[target].box)
        if realized[target, default: 0] != expected {
          report(
            "synapse-missing",
            "slice \(target.index) of '\(nameOf(path.target))' has \(realized[target, default: 0]) "
              + "synapses from '\(nameOf(path.source))', expected \(expected)")
        }
      }
    }
    for (block, box) in zip(allocation.axons, needed) where box != block.box {
      report(
        "axon-idle",
        "axons \(block.first)… of core \(block.core) listen to \(block.box) of "
          + "'\(nameOf(block.population))', expected \(box?.description ?? "nothing")")
    }
  }

  /// Checks what a connection says by itself, and returns whether its synapses can be counted.
  private mutating func check(_ connection: AxonConnection, along path: ConnectionPath) -> Bool {
    let block = allocation.axons[connection.block]
    let slice = allocation.mapped.slices[connection.target]
    guard block.population == path.source, slice.population == path.target else {
      report(
        "connection-path",
        "\(describe(connection)) takes the path from '\(nameOf(path.source))' to "
          + "'\(nameOf(path.target))'")
      return false
    }
    if slice.core != block.core {
      report(
        "connection-core",
        "\(describe(connection)) ends on core \(slice.core), its axons are on core \(block.core)")
    }
    let latency = allocation.target.time.deliveryLatency
    let expected =
      allocation.starts[path.target.index] - allocation.starts[path.source.index] - latency
    if connection.delay != expected {
      report(
        "delay",
        "\(describe(connection)) has a delay of \(connection.delay, of: "tick"), expected "
          + "\(expected)")
    }
    let kind = allocation.target.kind(ofCore: block.core)
    if let offered = allocation.target.cores[kind].synapse?.delay,
      connection.delay > offered.upperBound
    {
      report(
        "delay-range",
        "\(describe(connection)) has a delay of \(connection.delay, of: "tick"), the "
          + "machine has at most \(offered.upperBound)")
    }
    return true
  }

  private func describe(_ connection: AxonConnection) -> String {
    let block = allocation.axons[connection.block]
    return "the connection of axons \(block.first)… of core \(block.core) with slice "
      + "\(connection.target.index)"
  }

  // MARK: - Routes

  mutating func checkRoutes() {
    var ways = [Int](repeating: 0, count: allocation.axons.count)
    for route in allocation.routes {
      let block = allocation.axons[route.block]
      ways[route.block] += 1
      if route.source != block.source || route.core != block.core {
        report(
          "route-end",
          "the route of \(describe(route.source)) to core \(route.core) leads to axons of core "
            + "\(block.core) that listen to \(describe(block.source))")
      }
    }
    checkDestinations()
    for (block, count) in zip(allocation.axons, ways) where count != 1 {
      report(
        count == 0 ? "route-missing" : "route-twice",
        "\(count) routes lead from \(describe(block.source)) to axons \(block.first)… of core "
          + "\(block.core), expected 1")
    }
  }

  /// Checks that no neuron sends to more places than the machine offers.
  private mutating func checkDestinations() {
    var routes: [SliceID: [NeuronBox]] = [:]
    for route in allocation.routes {
      guard let source = route.source else { continue }
      routes[source, default: []].append(allocation.axons[route.block].box)
    }
    for (source, boxes) in routes.sorted(by: { $0.key < $1.key }) {
      let slice = allocation.mapped.slices[source]
      let kind = allocation.target.cores[allocation.target.kind(ofCore: slice.core)]
      guard let most = allocation.target.mostDestinations(of: kind), boxes.count > most else {
        continue
      }
      let shape = allocation.graph[slice.population].shape
      var counts = [Int](repeating: 0, count: shape.count)
      for box in boxes {
        for offset in 0..<box.count { counts[box.neuron(at: offset, of: shape)] += 1 }
      }
      if let found = counts.max(), found > most {
        report(
          "destinations",
          "a neuron of slice \(source.index) of '\(nameOf(slice.population))' sends to "
            + "\(found, of: "place"), at most \(most)")
      }
    }
  }

  private func describe(_ source: SliceID?) -> String {
    source.map { "slice \($0.index)" } ?? "the host"
  }
}

extension Allocation {

  /// The neurons to which a block of axons may listen: those of its slice, or all of a source.
  fileprivate func senders(to block: AxonBlock) -> NeuronBox {
    block.source.map { mapped.slices[$0].box } ?? NeuronBox(all: graph[block.population].shape)
  }
}
