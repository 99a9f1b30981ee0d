// An allocation in a few numbers.

internal import HardwareTargets
internal import SpikeIR

/// What an allocation takes of its machine.
package struct AllocationSummary: Hashable, Sendable {

  /// The number of cores that hold neurons.
  package var cores: Int

  /// The number of chips on which they are.
  package var chips: Int

  /// The number of cores that the machine has on these chips.
  package var coresOfChips: Int

  /// The neurons, each counted once.
  package var neurons: Int

  /// The places that they take, more than one each where a neuron is made of several.
  package var places: Int

  /// The synapses, as the network has them; where cells of a crossbar hold a bit, those that are 1.
  package var synapses: Int

  /// The use of each resource that some core uses, in alphabetical order.
  package var resources: [ResourceUse]

  /// The mean, over the cores, of the utilization of the resource of which each has used most;
  /// `nil` if no capacity is known.
  package var meanUtilization: Double?

  /// The number of pairs of a neuron and a core that its spikes are sent to.
  package var packetsPerFullActivity: Int

  /// The mean number of links that a packet takes, each neuron counted alike; `nil` without packets,
  /// and where nobody says how the cores of a chip are joined.
  package var meanHops: Double?

  /// The ticks from the first input to the last neurons.
  package var depth: Int

  /// The part of the synapse memory in use that holds padding, copies of shared lists and headers of
  /// blocks that are cut short; `nil` where synapses take no memory, or nobody knows how it is counted.
  package var padding: Double?

  /// The resources of the used cores that are not checked, in alphabetical order: their capacity is not
  /// known, or nothing is counted against it.
  package var unchecked: [String]

  /// The use of a resource.
  package struct ResourceUse: Hashable, Sendable {
    /// The name.
    package var name: String
    /// What is used, all cores together.
    package var used: Int
    /// What the cores that hold neurons have, or their chips of what is a chip's; `nil` if that is not
    /// known.
    package var available: Int?
    /// The largest part that a core uses of its own, or the cores of a chip of the chip's.
    package var largestPart: Double?
    /// The number of cores of which this is the resource that is used most.
    package var bindsOn: Int
  }
}

extension Allocation {

  /// What is taken of the machine.
  ///
  /// - Complexity: O(weights + cores · resources + slices · paths + connections + routes).
  package var summary: AllocationSummary {
    let chips = Set(cores.map { $0.number / max(1, target.coresPerChip) }).count
    let bindings = cores.map { binding(of: $0) }
    let known = bindings.compactMap { $0?.utilization }
    let packets = routes.map { axons[$0.block].box.count }
    let links = zip(routes, packets).reduce(0) { $0 + $1.0.hops * $1.1 }
    let sent = packets.reduce(0, +)
    let isCounted = sent > 0 && ((try? grid())?.isArrangementKnown ?? false)
    return AllocationSummary(
      cores: cores.count, chips: chips, coresOfChips: chips * target.coresPerChip,
      neurons: mapped.slices.elements.reduce(0) { $0 + $1.box.count },
      places: mapped.slices.ids.reduce(0) { $0 + places(of: $1) },
      synapses: connections.reduce(0) { $0 + $1.synapses },
      resources: resourceUses(bindings.map { $0?.resource }),
      meanUtilization: known.isEmpty ? nil : known.reduce(0, +) / Double(known.count),
      packetsPerFullActivity: sent, meanHops: isCounted ? Double(links) / Double(sent) : nil,
      depth: starts.max() ?? 0, padding: padding, unchecked: unchecked)
  }

  /// The part of the synapse memory in use that holds no weight or what describes it.
  private var padding: Double? {
    // A network whose paths cannot be looked at has no tables either.
    guard let network = try? NetworkModel(graph, on: target) else { return nil }
    let accountants = target.cores.indices.map { ResourceAccountant(network, kind: $0) }
    let kinds = Dictionary(cores.map { ($0.number, $0.kind) }) { first, _ in first }
    var (filled, all) = (0.0, 0.0)
    for slice in mapped.slices.elements {
      guard let layer = network.layer[slice.population.index], let kind = kinds[slice.core],
        let unit = accountants[kind].memoryUnitBits
      else { continue }
      let demand = accountants[kind].demand(of: layer, slice.box)
      filled += Double(demand.filledBits)
      all += Double(demand.memory) * Double(unit)
    }
    return all > 0 ? max(0, 1 - filled / all) : nil
  }

  private var unchecked: [String] {
    var result: Set<String> = []
    for kind in Set(cores.map(\.kind)) {
      result.formUnion(CoreBudget(target.cores[kind]).unchecked)
    }
    return result.sorted()
  }

  private func resourceUses(_ bindings: [String?]) -> [AllocationSummary.ResourceUse] {
    resourceNames.compactMap { name -> AllocationSummary.ResourceUse? in
      let users = cores.filter { $0.used[name] != nil }
      guard !users.isEmpty else { return nil }
      // What is a chip's is used and offered by chips.
      let isChips = CoreClass.sharedByChip.contains(name)
      let owners = Dictionary(grouping: users) {
        isChips ? $0.number / max(1, target.coresPerChip) : $0.number
      }
      let uses = owners.values.map { own in
        (
          used: own.reduce(0) { $0.addingOrMost($1.used[name] ?? 0) },
          capacity: own.compactMap { target.cores[$0.kind].capacities[name] }.min()
        )
      }
      let parts = uses.compactMap { use -> Double? in
        guard let capacity = use.capacity, capacity > 0 else { return nil }
        return Double(use.used) / Double(capacity)
      }
      let isKnown = uses.allSatisfy { $0.capacity != nil }
      return AllocationSummary.ResourceUse(
        name: name, used: uses.reduce(0) { $0.addingOrMost($1.used) },
        available: isKnown ? uses.reduce(0) { $0.addingOrMost($1.capacity ?? 0) } : nil,
        largestPart: parts.max(), bindsOn: bindings.count { $0 == name })
    }
  }
}
