// What is counted on a core of a class, by name, and how much of it there is.

package import HardwareTargets

/// The resources of a core that are counted.
package struct CoreBudget: Sendable {

  /// The resources, in alphabetical order.
  package let entries: [Entry]

  /// The capacities of the class that nothing is counted against, in alphabetical order.
  package let uncounted: [String]

  /// What is not checked: capacities that nothing is counted against, and resources of unknown capacity.
  package var unchecked: [String] {
    (uncounted + entries.filter { $0.capacity == nil }.map(\.name)).sorted()
  }

  /// A resource.
  package struct Entry: Hashable, Sendable {
    /// The name.
    package var name: String
    /// What there is for a core; `nil` if unknown, and then not checked.
    ///
    /// Of what the cores of a chip share it is an equal part, so that a chip has room for its cores
    /// whichever they are.
    package var capacity: Int?
    /// What there is for all cores of a chip together, if they share it.
    package var chipCapacity: Int?
    /// What is counted.
    let measure: Measure

    /// Whether slices that share a core take the sum of what each takes; settings that they share
    /// count once, and are full long before a core is.
    package var addsUp: Bool {
      switch measure {
      case .formats, .thresholds, .profiles: false
      default: true
      }
    }
  }

  /// What is counted.
  enum Measure: Hashable, Sendable {
    case places, inAxons, outAxons, synapseMemory, neuronWords, biasWords
    case formats, thresholds, profiles
    /// Parts of a memory in bytes: of neurons each, of synapses, of inputs, bits each.
    case bytes(neuron: Int, synapses: Bool, inputBits: Int)
    /// Rows of an array, several an input.
    case arrayRows(Int)
  }

  /// The capacities that legalization holds networks to, before they are laid out.
  private static let legalized: Set<String> = ["inputs"]

  /// Lists what is counted on a core of class `kind`.
  ///
  /// - Parameters:
  ///   - kind: the class.
  ///   - cores: the cores of a chip.
  /// - Source: the names are those of the descriptions' schema.
  package init(_ kind: CoreClass, coresPerChip cores: Int) {
    let capacities = kind.capacities
    var measures: [String: Measure] = [
      "neurons": .places, "inAxons": .inAxons, "outAxons": .outAxons, "biasWords": .biasWords,
      "synFormats": .formats, "thresholdProfiles": .thresholds, "compartmentProfiles": .profiles,
    ]
    var limits: [String: Int] = [:]
    switch kind.accounting?.rule {
    case .synapseBlocks: measures["synMemWords"] = .synapseMemory
    case .powersOfTwo:
      measures["kernelWords"] = .synapseMemory
      measures["neuronWords"] = .neuronWords
    case .denseRectangle(let rectangle):
      (limits["inAxons"], limits["neurons"]) = (rectangle.rows, rectangle.columns)
    case .synapseRows:
      for name in ["sdramBytes", "synapseBytes"] { measures[name] = .synapseMemory }
    case .bytes(let bytes):
      let names = [bytes.neuronMemory, bytes.synapseMemory, bytes.inputMemory].compactMap { $0 }
      for name in Set(names) {
        measures[name] = .bytes(
          neuron: bytes.neuronMemory == name ? bytes.neuronBytes : 0,
          synapses: bytes.synapseMemory == name,
          inputBits: bytes.inputMemory == name ? bytes.inputBits : 0)
      }
    case .tiles(let tiles):
      (limits["rows"], limits["cols"]) = (tiles.rows, tiles.columns)
      (measures["rows"], measures["cols"]) = (.arrayRows(tiles.rowsPerInput), .places)
    case nil: break
    }
    let names = Set(kind.resources.keys).union(capacities.keys).union(limits.keys)
    entries = names.sorted().compactMap { name -> Entry? in
      guard let measure = measures[name] else { return nil }
      let known = [capacities[name], limits[name]].compactMap { $0 }.min()
      guard CoreClass.sharedByChip.contains(name) else {
        return Entry(name: name, capacity: known, measure: measure)
      }
      return Entry(
        name: name, capacity: known.map { $0 / max(1, cores) }, chipCapacity: known,
        measure: measure)
    }
    uncounted = names.subtracting(Self.legalized).filter { measures[$0] == nil }.sorted()
  }

  /// Returns what `demand` takes of each of `entries`.
  func amounts(_ demand: CoreDemand) -> [Int] { entries.map { amount(of: $0, demand) } }

  /// Returns what `demand` takes of a resource.
  func amount(of entry: Entry, _ demand: CoreDemand) -> Int {
    switch entry.measure {
    case .places: demand.places
    case .inAxons: demand.inAxons
    case .outAxons: demand.outAxons
    case .synapseMemory: demand.memory
    case .neuronWords: demand.neuronWords
    case .biasWords: demand.biasWords
    case .formats: demand.formats.count
    case .thresholds: demand.thresholds.count
    case .profiles: demand.profiles.count
    case .bytes(let neuron, let synapses, let inputBits):
      (demand.neurons * neuron + (demand.inAxons * inputBits + 7) / 8)
        .addingOrMost(synapses ? demand.memory : 0)
    case .arrayRows(let each): demand.inAxons * each
    }
  }

  /// Returns whether no known capacity is exceeded, and a class of cores has all of the neurons.
  func fits(_ demand: CoreDemand) -> Bool {
    demand.classes != 0
      && entries.allSatisfy { entry in
        entry.capacity.map { amount(of: entry, demand) <= $0 } ?? true
      }
  }

  /// Returns the largest part of a capacity that `demand` takes, of resources that add up if slices
  /// share a core.
  func load(_ demand: CoreDemand) -> Double {
    var most = 0.0
    for entry in entries {
      guard let capacity = entry.capacity, entry.addsUp else { continue }
      most = max(most, Self.part(amount(of: entry, demand), of: capacity))
    }
    return most
  }

  /// Returns the resource of which `demand` takes the largest part, and that part.
  func binding(_ demand: CoreDemand) -> (entry: Entry, part: Double)? {
    var best: (Entry, Double)?
    for entry in entries {
      guard let capacity = entry.capacity else { continue }
      let part = Self.part(amount(of: entry, demand), of: capacity)
      if part > best?.1 ?? -1 { best = (entry, part) }
    }
    return best.map { (entry: $0.0, part: $0.1) }
  }

  private static func part(_ amount: Int, of capacity: Int) -> Double {
    capacity > 0 ? Double(amount) / Double(capacity) : amount > 0 ? .infinity : 0
  }
}
