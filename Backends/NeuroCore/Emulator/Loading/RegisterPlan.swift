// How a population's numbers are held in the registers of the cores that its neurons lie on.

internal import Diagnostics
internal import HardwareTargets
internal import Kernels
internal import SpikeIR

/// The registers of a population, and its parameters in their units.
///
/// *Scale.* A unit of the graph is 2^k units of the register, where k is the least for which every
/// threshold is exact: a threshold is stored as a mantissa m times 2^s, and neurons fire for
/// v > m·2^s or v ≥ m·2^s, as the machine compares. Potentials are multiples of 2^k, so that it is
/// enough that m·2^s lies between two of them: k = s always is, smaller ones leave more room.
///
/// *Strict comparison.* Where a machine fires for v > θ, unsigned neurons begin with a potential that is
/// one more, and reset by subtraction keeps it so: v + 1 > θ is v ≥ θ. Signed ones compare both ways and
/// have no such offset.
struct RegisterPlan: Sendable {

  /// How numbers are held.
  var registers: CoreRegisters

  /// k.
  var scale: Int { Int(registers.scale) }

  /// Plans the registers of `population` on cores of class `kind`.
  ///
  /// - Parameters:
  ///   - population: the population.
  ///   - limits: the least potentials that fire, units of the graph, for populations of
  ///     integrate-and-fire neurons.
  ///   - kind: what the cores offer.
  /// - Throws: `emulator.threshold` if no register holds a threshold, `emulator.registers`.
  init(_ population: Population, limits: Set<Int64>, on kind: CoreClass) throws(Diagnostic) {
    registers = CoreRegisters()
    guard let neuron = kind.neuron else { return }
    let isRaised = neuron.raises(population)
    let k = try Self.scale(of: population, limits, neuron, isRaised: isRaised)
    registers.scale = Int32(k)
    let unlimited: ClosedRange<Int32> = -(1 << 30) >> Int32(k)...(1 << 30) >> Int32(k)
    (registers.sums, registers.currents, registers.clamp) = (unlimited, unlimited, unlimited)
    try limitSums(kind.synapse, k, population)
    try limitCurrents(neuron.state["u"], k, population, neuron.model == .currentBased)
    if registers.currentBits < 32, registers.clamp == unlimited {
      registers.clamp = .min ... .max
    }
    limitPotentials(neuron.state["v"], isSymmetric: neuron.model == .currentBased)
    if isRaised, registers.potentialBits == 0, neuron.state["v"].map({ $0.bits <= 30 }) ?? false {
      // Potentials are counted without the one that they are raised by.
      registers.potentials =
        registers.potentials.lowerBound - 1...registers.potentials.upperBound - 1
    }
  }

  /// Returns the least potential, units of the register, that fires for the least one of the graph,
  /// or `nil` if no mantissa says so.
  static func limit(
    _ least: Int64, scale k: Int, _ neuron: NeuronFeatures?, isRaised: Bool
  ) -> Int64? {
    guard let field = neuron?.threshold else { return least << Int64(k) }
    let step: Int64 = 1 << Int64(field.shift ?? 0)
    let isStrict = neuron?.comparison == .greater && !isRaised
    // v ≥ least·2^k for multiples v of 2^k: any bound from just above the one before will do.
    let highest = least << Int64(k) - (isStrict ? 1 : 0)
    let lowest = (least - 1) << Int64(k) + (isStrict ? 0 : 1)
    var mantissa = highest / step
    if mantissa * step > highest { mantissa -= 1 }
    guard mantissa * step >= lowest, field.range.contains(Int(mantissa))
    else { return nil }
    return mantissa * step + (isStrict ? 1 : 0)
  }

  private static func scale(
    of population: Population, _ limits: Set<Int64>, _ neuron: NeuronFeatures, isRaised: Bool
  ) throws(Diagnostic) -> Int {
    guard !limits.isEmpty, let field = neuron.threshold else { return 0 }
    for k in 0...max(0, min(field.shift ?? 0, 20)) {
      if limits.allSatisfy({ limit($0, scale: k, neuron, isRaised: isRaised) != nil }) { return k }
    }
    throw .thresholdOutOfRange(
      population.name, limits.max() ?? 0, bits: field.bits, shift: field.shift ?? 0)
  }

  private mutating func limitSums(
    _ synapse: SynapseFeatures?, _ k: Int, _ population: Population
  ) throws(Diagnostic) {
    guard var field = synapse?.accumulator else { return }
    // Sums count as weights do, unless they say otherwise.
    field.shift = field.shift ?? synapse?.weight.shift
    guard field.bits + (field.shift ?? 0) <= 30 else { return }
    registers.sums = field.range(inUnitsOf: k)
    switch field.overflow {
    case .saturate: registers.clamp = registers.sums
    case .wrap: registers.currentBits = Int32(field.bits + (field.shift ?? 0))
    case .some(.none), nil: break
    }
  }

  private mutating func limitCurrents(
    _ field: RegisterField?, _ k: Int, _ population: Population, _ isCurrentBased: Bool
  ) throws(Diagnostic) {
    guard let field, field.bits + (field.shift ?? 0) <= 30 else { return }
    registers.currents = field.range(inUnitsOf: k)
    switch field.overflow {
    case .saturate:
      guard registers.currentBits == 32 else {
        throw .unsupportedRegisters(population.name)
      }
      registers.clamp = registers.clamp.clamped(to: registers.currents)
    case .wrap:
      registers.currentBits = min(registers.currentBits, Int32(field.bits + (field.shift ?? 0)))
      // Current-based neurons keep 2^23 and turn −2^23 into it; see `LoihiNeuron`.
      registers.currentOffset = isCurrentBased && field.isSigned ? 1 : 0
    case .some(.none), nil: break
    }
  }

  private mutating func limitPotentials(_ field: RegisterField?, isSymmetric: Bool) {
    guard let field, field.bits <= 30 else { return }
    let range = field.range
    let saturates = field.overflow != .wrap
    // Current-based neurons clip to a magnitude, so that the lowest number of the width is not used.
    let low = isSymmetric && saturates ? max(range.lowerBound, -range.upperBound) : range.lowerBound
    registers.potentials = Int32(low)...Int32(range.upperBound)
    registers.potentialBits = saturates ? 0 : Int32(field.bits)
  }

  /// Whether potentials and currents are held in registers of a width that is known.
  ///
  /// Otherwise they are held in 31 bits, and what does not fit is refused on loading.
  static func isLimited(_ kind: CoreClass) -> Bool {
    guard let v = kind.neuron?.state["v"] else { return false }
    return v.bits <= 30
  }
}

extension NeuronFeatures {

  /// Whether potentials of `population` are held one unit of the register higher than they are.
  func raises(_ population: Population) -> Bool {
    guard comparison == .greater, case .integrateAndFire(let model) = population.model else {
      return false
    }
    return !model.isSigned
  }

  /// How thresholds are stored, where that is known.
  fileprivate var threshold: RegisterField? {
    parameters["vthMant"] ?? parameters["threshold"]
  }
}

extension RegisterField {

  /// Returns the numbers a for which 2^k · a is in the register, whose numbers are multiplied by
  /// two to the power of its shift.
  fileprivate func range(inUnitsOf k: Int) -> ClosedRange<Int32> {
    let shift = shift ?? 0
    let (low, high) = (range.lowerBound << shift, range.upperBound << shift)
    let step = 1 << k
    // Towards 0: rounded up below it, down above it.
    return Int32(-(-low / step))...Int32(high / step)
  }
}
