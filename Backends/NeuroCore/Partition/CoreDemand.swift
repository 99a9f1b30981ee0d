// What slices take of a core, before it is known how much the core has.

/// What one or several slices take of a core.
struct CoreDemand: Hashable, Sendable {

  /// The neurons.
  var neurons = 0

  /// The places for neurons, several of which a neuron may take.
  var places = 0

  /// The axons that receive.
  var inAxons = 0

  /// The pairs of a neuron and a core that receives its spikes.
  var outAxons = 0

  /// The memory of synapses, in the unit of the accounting: words or bytes.
  var memory = 0

  /// The part of `memory` that holds weights and what describes them, in bits; the rest is padding
  /// and copies.
  var filledBits = 0

  /// The words of neurons, where extents are rounded up.
  var neuronWords = 0

  /// The words of offsets.
  var biasWords = 0

  /// The formats of synapses, ascending.
  var formats: [SynapseKey] = []

  /// The sets of parameters of thresholds, ascending.
  var thresholds: [Int] = []

  /// The sets of parameters of dynamics, ascending.
  var profiles: [Int] = []

  /// The classes of cores that have such neurons, a bit for each position in the description.
  var classes = UInt64.max

  /// A format of synapses.
  struct SynapseKey: Hashable, Comparable, Sendable {
    var weightBits: Int
    var indexBits: Int
    var shift: Int

    static func < (a: Self, b: Self) -> Bool {
      (a.weightBits, a.indexBits, a.shift) < (b.weightBits, b.indexBits, b.shift)
    }
  }

  /// Returns whether cores of the class at position `kind` have all of these neurons.
  func mayLie(on kind: Int) -> Bool { kind > 63 || classes >> UInt64(kind) & 1 == 1 }

  /// Adds what other slices take; axons add up.
  mutating func add(_ other: CoreDemand) {
    neurons += other.neurons
    places += other.places
    inAxons += other.inAxons
    outAxons += other.outAxons
    memory = memory.addingOrMost(other.memory)
    filledBits += other.filledBits
    neuronWords = neuronWords.addingOrMost(other.neuronWords)
    biasWords += other.biasWords
    formats.unite(other.formats)
    thresholds.unite(other.thresholds)
    profiles.unite(other.profiles)
    classes &= other.classes
  }
}

extension Array where Element: Comparable {

  /// Adds the elements of `other` that are not there; both ascend.
  mutating func unite(_ other: [Element]) {
    for element in other where !contains(element) {
      insert(element, at: firstIndex { $0 > element } ?? endIndex)
    }
  }
}

extension Int {

  /// Returns the sum, or the largest number if it is larger.
  func addingOrMost(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
