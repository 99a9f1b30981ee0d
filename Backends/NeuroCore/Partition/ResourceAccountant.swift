// How much of a core slices of populations take, by the accounting of the machine's description.

package import HardwareTargets
package import SpikeIR

/// Counts what slices take of cores of a class.
///
/// *Axons in.* A core has an axon for each neuron of the smallest box, within each slice that sends,
/// that holds all whose spikes it needs; several slices on the core share them. Where axons have
/// types, there is such a box for each type.
///
/// *Axons out.* One for each neuron and core that receives from it.
///
/// *Synapses in blocks.* A list of synapses for each axon and slice. Where the class shares weights,
/// lists that are equal but for a shift of all targets are stored once; but a list can only be
/// shifted by multiples of the number `baseMultiple` of the accounting, so that slices whose
/// channels are no multiple of it hold as many copies as there are remainders of shifts. Lists of
/// consecutive neurons have no indices.
package struct ResourceAccountant: Sendable {

  /// The network.
  package let network: NetworkModel

  /// The class of cores.
  package let kind: CoreClass

  /// What is counted.
  package let budget: CoreBudget

  /// A width of weights that is tried instead of that of the weights, bits.
  var weightBits: Int?

  /// Whether maxima are counted as neurons that add up, to see what that would be worth.
  var replacesMaxima = false

  /// The channels to which inputs are cut down, to see what that would be worth.
  var mostInputChannels: Int?

  /// The neurons of a sender to which inputs are cut down, to see what adding them up in parts would
  /// be worth.
  var mostInputs: Int?

  private let rule: AccountingRule?
  private let shares: Bool
  private let baseMultiple: Int
  private let places: [Int]

  /// Counts the use of cores of class `kind`, a position in the description.
  package init(_ network: NetworkModel, kind: Int) {
    self.network = network
    self.kind = network.target.cores[kind]
    budget = CoreBudget(self.kind, coresPerChip: network.target.coresPerChip)
    rule = self.kind.accounting?.rule
    let sharing = self.kind.synapse?.sharing ?? []
    shares = sharing.contains { $0 != .none }
    let multiple = self.kind.accounting?.parameters["baseMultiple"]?.value ?? 1
    baseMultiple = max(1, Int(exactly: multiple.rounded(.down)) ?? 1)
    places = network.layers.map { [kind = self.kind] in
      kind.placesPerNeuron(of: $0.population, in: network.graph)
    }
  }

  /// The number that channels of slices had better be multiples of.
  var alignment: Int {
    guard case .synapseBlocks = rule, shares else { return 1 }
    return baseMultiple
  }

  /// Whether a layer takes a core as a whole, as the core convolves by itself.
  var takesWholeLayers: Bool {
    guard case .powersOfTwo = rule else { return false }
    return true
  }

  /// The largest number of cores to which a neuron can send; `nil` if it is not limited.
  var mostDestinations: Int? {
    network.target.mostDestinations(of: kind)
  }

  /// The places that a neuron of a layer takes.
  func placesPerNeuron(_ layer: Int) -> Int {
    let isMaximum = network.graph[network.layers[layer].population].model == .maximum
    return isMaximum && replacesMaxima ? 1 : places[layer]
  }

  /// Returns what the neurons of `box` of a layer take, all their axons counted and no axons out.
  func demand(of layer: Int, _ box: NeuronBox) -> CoreDemand {
    var result = neurons(of: layer, box)
    let model = network.layers[layer]
    for sender in model.senders {
      result.inAxons += hull(of: layer, box, from: sender).map { limited($0).count } ?? 0
    }
    for input in model.inputs {
      guard let hull = input.geometry.sources(of: box).map(limited) else { continue }
      add(input.geometry.lists(from: hull, to: box), of: input, box, to: &result)
    }
    return result
  }

  /// Returns the memory that the synapses of a slice along a path take: words or bytes, as the machine
  /// counts, shared lists counted once whichever slices send.
  ///
  /// - Parameters:
  ///   - path: the position of the path in `NetworkModel.paths`.
  ///   - box: the neurons of the slice that receives.
  /// - Returns: the memory; 0 for what comes from the host as constant currents.
  package func memory(along path: Int, into box: NeuronBox) -> Int {
    let population = network.paths[path].target
    guard let layer = network.layer[population.index],
      let input = network.layers[layer].inputs.first(where: { $0.path == path }),
      let hull = input.geometry.sources(of: box)
    else { return 0 }
    var result = CoreDemand()
    add(input.geometry.lists(from: hull, to: box), of: input, box, to: &result)
    return result.memory
  }

  /// Returns what the neurons of `box` take by themselves, without inputs.
  func neurons(of layer: Int, _ box: NeuronBox) -> CoreDemand {
    let model = network.layers[layer]
    var result = CoreDemand()
    result.neurons = box.count
    result.places = box.count * placesPerNeuron(layer)
    result.thresholds = model.thresholds(in: box)
    result.profiles = [model.profile]
    result.classes = model.classes
    switch model.biases {
    case .none: break
    case .channels: result.biasWords = box.channels.count
    case .neurons: result.biasWords = box.count
    }
    if case .powersOfTwo(let rule) = rule {
      result.neuronWords = rule.neuronWords(
        channels: box.channels.count, width: box.columns.count, height: box.rows.count)
    }
    return result
  }

  /// Returns the smallest box of neurons of `sender` that holds all that a layer's `box` listens to
  /// along axons of its type.
  func hull(of layer: Int, _ box: NeuronBox, from sender: Sender) -> NeuronBox? {
    var result: NeuronBox?
    for input in network.layers[layer].inputs where input.sender == sender {
      guard let own = input.geometry.sources(of: box) else { continue }
      result = result?.hull(own) ?? own
    }
    return result
  }

  /// Adds what the lists of an input take.
  ///
  /// - Source: see the accountings of the module `HardwareTargets`.
  func add(
    _ lists: [SynapseList], of input: LayerInput, _ box: NeuronBox, to demand: inout CoreDemand
  ) {
    guard !lists.isEmpty else { return }
    let bits = input.weights.stored(in: kind.synapse, limit: weightBits)
    switch rule {
    case .synapseBlocks(let blocks): add(lists, of: input, box, in: blocks, bits, to: &demand)
    case .powersOfTwo(let powers): add(kernelOf: input, box, powers, bits, to: &demand)
    case .synapseRows(let rows, _): add(lists, in: rows, to: &demand)
    case .bytes(let bytes): add(lists, in: bytes, bits, to: &demand)
    case .denseRectangle, .tiles, nil:
      demand.filledBits += lists.reduce(0) { $0 + $1.synapses * $1.axons } * bits
    }
  }

  /// Adds blocks of synapses, of each list as many as its axons cannot share.
  private func add(
    _ lists: [SynapseList], of input: LayerInput, _ box: NeuronBox,
    in blocks: SynapseBlockAccounting, _ bits: Int, to demand: inout CoreDemand
  ) {
    let copies = copies(of: box)
    let sparse = blocks.indexBits(neurons: box.count) ?? blocks.widestIndex
    for list in lists {
      let format = SynapseFormat(weightBits: bits, indexBits: list.isRun ? 0 : sparse)
      let stored = shares ? list.distinct : list.axons
      let held = shares ? min(list.axons, list.distinct * copies) : list.axons
      let words = blocks.words(synapses: list.synapses, format)
      demand.memory = demand.memory.addingOrMost(words * held)
      demand.filledBits += blocks.filledBits(synapses: list.synapses, format) * stored
      let key = CoreDemand.SynapseKey(
        weightBits: bits, indexBits: format.indexBits, shift: input.shift)
      if !demand.formats.contains(key) { demand.formats.unite([key]) }
    }
  }

  /// Adds a kernel whose extents are rounded up to powers of two.
  private func add(
    kernelOf input: LayerInput, _ box: NeuronBox, _ powers: PowerOfTwoAccounting, _ bits: Int,
    to demand: inout CoreDemand
  ) {
    var (kernel, outputs) = (input.kernel, box.channels.count)
    kernel.channels = min(kernel.channels, mostInputChannels ?? Int.max)
    demand.memory = demand.memory.addingOrMost(
      powers.kernelWords(
        inputChannels: kernel.channels, outputChannels: outputs, kernelWidth: kernel.width,
        kernelHeight: kernel.height))
    demand.filledBits += kernel.channels * outputs * kernel.width * kernel.height * bits
  }

  /// Adds rows of synapses, all as long as the longest.
  private func add(
    _ lists: [SynapseList], in rows: SynapseRowAccounting, to demand: inout CoreDemand
  ) {
    let axons = lists.reduce(0) { $0 + $1.axons }
    let longest = lists.reduce(0) { max($0, $1.synapses) }
    demand.memory = demand.memory.addingOrMost(rows.blockBytes(rows: axons, longest: longest))
    demand.filledBits +=
      lists.reduce(0) { $0 + $1.axons * rows.rowBytes(synapses: $1.synapses) } * 8
  }

  /// Adds bytes of weights.
  private func add(
    _ lists: [SynapseList], in bytes: ByteAccounting, _ bits: Int, to demand: inout CoreDemand
  ) {
    let stored = lists.reduce(0) { $0 + $1.synapses * (shares ? $1.distinct : $1.axons) }
    let filled = stored * (bits + bytes.synapseOverheadBits)
    demand.memory = demand.memory.addingOrMost((filled + 7) / 8)
    demand.filledBits += filled
  }

  /// Returns the part of a box of inputs that is left if these are cut down.
  private func limited(_ box: NeuronBox) -> NeuronBox {
    var result = box
    if let most = mostInputChannels {
      result.channels = box.channels.clamped(to: 0..<max(most, 0))
    }
    return mostInputs.map { result.beginning(most: $0) } ?? result
  }

  /// Returns how many copies of a list it takes to reach all shifts in a slice.
  private func copies(of box: NeuronBox) -> Int {
    guard box.rows.count > 1 || box.columns.count > 1 else { return 1 }
    var (a, b) = (baseMultiple, box.channels.count)
    while b != 0 { (a, b) = (b, a % b) }
    return baseMultiple / a
  }
}
