// Finding what would make a network fit, by trying.

internal import Diagnostics
internal import HardwareTargets
internal import SpikeIR

/// Looks for the reasons why a network does not fit, and for changes after which it would.
///
/// Where layers can be cut, a layer fits iff its smallest slice does: a single neuron where it
/// listens to most. What a slice takes never shrinks when it grows.
struct FitDiagnosis {

  let builder: PartitionBuilder

  var network: NetworkModel { builder.network }

  init(_ builder: PartitionBuilder) { self.builder = builder }

  // MARK: - Layers that fit no core

  /// Returns why the given layers fit no core.
  ///
  /// - Throws: `ir.elided-tensor`.
  func report(layers: [Int]) throws(CompileError) -> FitReport {
    var result: [FitReport.LayerFit] = []
    for layer in layers {
      result.append(
        try liftingDiagnostic { () throws(Diagnostic) in try diagnosis(of: layer) })
    }
    return FitReport(target: network.target.id, layers: result, shortage: nil)
  }

  private func diagnosis(of layer: Int) throws(Diagnostic) -> FitReport.LayerFit {
    let model = network.layers[layer]
    let attempts = attempts(layer)
    let nearest = attempts.filter { !$0.fits }.min { $0.excess < $1.excess }
    let binding = nearest?.uses.max { a, b in part(a) < part(b) }?.name ?? "outAxons"
    return FitReport.LayerFit(
      population: model.population, name: network.graph[model.population].name,
      shape: model.shape, attempts: attempts, binding: binding,
      changes: try changes(layer))
  }

  private func part(_ use: FitReport.Use) -> Double {
    guard let available = use.available else { return 0 }
    return available > 0 ? Double(use.used) / Double(available) : .infinity
  }

  /// The smallest slice, the one that was asked for, and the shape that comes nearest; or the whole
  /// layer on each class of cores.
  private func attempts(_ layer: Int) -> [FitReport.Attempt] {
    let shape = network.layers[layer].shape
    guard !isWhole(layer) else {
      return accountants(of: layer).map {
        attempt($0, layer, NeuronBox(all: shape), $0.demand(of: layer, NeuronBox(all: shape)))
      }
    }
    let accountant = builder.accountants[builder.main]
    let smallest = smallestSlice(of: layer, accountant)
    var result = [attempt(accountant, layer, smallest, accountant.demand(of: layer, smallest))]
    var evaluator = CutEvaluator(accountant, layer)
    var tried: [CutEvaluator.Evaluation] = []
    if let forced = builder.options.forced[network.layers[layer].population] {
      tried.append(evaluator.evaluate(TileCut(shape, tile: forced), isHasty: false))
    }
    if evaluator.isFast {
      let best = evaluator.cuts().map { evaluator.evaluate($0, isHasty: false) }
        .min { $0.load < $1.load }
      if let best { tried.append(best) }
    }
    for own in tried {
      let tile = own.cut.largest
      let box = NeuronBox(
        rows: 0..<tile.rows, columns: 0..<tile.columns, channels: 0..<tile.channels)
      let other = attempt(accountant, layer, box, own.worst)
      // A shape is shown once, with what the slice of it takes that takes most.
      if let i = result.firstIndex(where: { $0.tile == other.tile }) {
        if other.excess > result[i].excess { result[i] = other }
      } else {
        result.append(other)
      }
    }
    return result
  }

  /// The accountants of the classes of cores that have such neurons.
  private func accountants(of layer: Int) -> [ResourceAccountant] {
    let classes = network.layers[layer].classes
    return builder.accountants.enumerated()
      .filter { $0.offset > 63 || classes >> UInt64($0.offset) & 1 == 1 }.map(\.element)
  }

  /// Whether a layer is not cut: on its machine none is, or other cores than the main ones, for which
  /// layers are cut, have its neurons.
  private func isWhole(_ layer: Int) -> Bool {
    builder.accountants[builder.main].takesWholeLayers
      || network.layers[layer].classes >> UInt64(builder.main) & 1 == 0
  }

  private func attempt(
    _ accountant: ResourceAccountant, _ layer: Int, _ box: NeuronBox, _ demand: CoreDemand
  ) -> FitReport.Attempt {
    let amounts = accountant.budget.amounts(demand)
    return FitReport.Attempt(
      tile: TileShape(
        rows: box.rows.count, columns: box.columns.count, channels: box.channels.count),
      kind: accountant.kind.name,
      uses: zip(accountant.budget.entries, amounts).map {
        FitReport.Use(name: $0.name, used: $1, available: $0.capacity)
      })
  }

  /// Returns the neuron of a layer that takes most of a core: of those in the middle, at the corners
  /// and at the ends of the channels.
  private func smallestSlice(of layer: Int, _ accountant: ResourceAccountant) -> NeuronBox {
    let all = NeuronBox(all: network.layers[layer].shape)
    func places(_ range: Range<Int>) -> [Int] {
      Set([0, range.count / 2, range.count - 1]).sorted()
    }
    var best: (box: NeuronBox, load: Double)?
    for y in places(all.rows) {
      for x in places(all.columns) {
        for c in places(all.channels) {
          let box = NeuronBox(rows: y..<y + 1, columns: x..<x + 1, channels: c..<c + 1)
          let load = accountant.budget.load(accountant.demand(of: layer, box))
          if load > best?.load ?? -1 { best = (box, load) }
        }
      }
    }
    return best?.box ?? all
  }

  // MARK: - Changes

  /// Returns the changes after which a layer fits, the mildest first.
  private func changes(_ layer: Int) throws(Diagnostic) -> [FitReport.Change] {
    let main = builder.accountants[builder.main]
    var result: [FitReport.Change] = []
    if builder.options.forced[network.layers[layer].population] != nil {
      var options = builder.options
      options.forced = [:]
      let free = CutSearch(main, options).candidates(of: layer)
      if let best = free.first { result.append(.tile(best.cut.largest)) }
    }
    let offered = main.kind.synapse?.weightBits?.filter { $0 > 0 } ?? []
    let bits = offered.sorted(by: >).first { bits in
      bits < widest(layer) && fits(layer) { $0.weightBits = bits }
    }
    if let bits { result.append(.weightBits(bits)) }
    if network.graph[network.layers[layer].population].model == .maximum,
      fits(layer, { $0.replacesMaxima = true })
    {
      result.append(.averagePooling)
    }
    if let size = try smallerKernel(layer) {
      result.append(.kernel(height: size.height, width: size.width))
    }
    result += fewerChannels(layer)
    return result
  }

  /// The bits of the widest weights that a layer stores.
  private func widest(_ layer: Int) -> Int {
    let synapse = builder.accountants[builder.main].kind.synapse
    return network.layers[layer].inputs.reduce(0) {
      max($0, $1.weights.stored(in: synapse, limit: nil))
    }
  }

  /// Returns whether a layer fits a core of some class under other circumstances.
  func fits(_ layer: Int, _ change: (inout ResourceAccountant) -> Void) -> Bool {
    accountants(of: layer).contains { own in
      var accountant = own
      change(&accountant)
      return fits(layer, accountant)
    }
  }

  private func fits(_ layer: Int, _ accountant: ResourceAccountant) -> Bool {
    let box =
      isWhole(layer)
      ? NeuronBox(all: network.layers[layer].shape) : smallestSlice(of: layer, accountant)
    return accountant.budget.fits(accountant.demand(of: layer, box))
  }

  /// Returns how many channels, of the layer where it is not cut, and of its input, would fit.
  private func fewerChannels(_ layer: Int) -> [FitReport.Change] {
    let model = network.layers[layer]
    var result: [FitReport.Change] = []
    let all = NeuronBox(all: model.shape)
    if isWhole(layer) {
      let own = most(all.channels.count - 1) { count in
        let box = NeuronBox(rows: all.rows, columns: all.columns, channels: 0..<count)
        return accountants(of: layer).contains {
          $0.budget.fits($0.demand(of: layer, box))
        }
      }
      if own > 0 { result.append(.channels(own)) }
    }
    let inputs = model.senders.reduce(0) {
      max($0, network.graph[$1.population].shape.channels)
    }
    let input = most(inputs - 1) { count in fits(layer) { $0.mostInputChannels = count } }
    if input > 0 { result.append(.inputChannels(input)) }
    guard !isWhole(layer) else { return result }
    if let parts = parts(layer, channels: inputs, most: input) { result.append(parts) }
    return result
  }

  /// Returns the largest number up to `limit` that will do, 0 if none does; what does for a number does
  /// for all below.
  func most(_ limit: Int, _ does: (Int) -> Bool) -> Int {
    var (low, high) = (0, max(0, limit) + 1)
    while high - low > 1 {
      let middle = (low + high) / 2
      if does(middle) { low = middle } else { high = middle }
    }
    return low
  }

  /// Returns the largest smaller kernel, centred where the present one is, with which a layer fits.
  private func smallerKernel(_ layer: Int) throws(Diagnostic) -> Pair? {
    var graph = network.graph
    let model = network.layers[layer]
    while true {
      var isSmaller = false
      var size = Pair(1, 1)
      for id in graph.projections.ids where graph[id].target == model.population {
        guard case .conv(var conv) = graph[id].kind else { continue }
        isSmaller = conv.window.shrink() || isSmaller
        size = conv.window.size
        graph[id].kind = .conv(conv)
      }
      guard isSmaller else { return nil }
      var inputs: [LayerInput] = []
      for input in model.inputs {
        inputs.append(try LayerInput(input, network.paths[input.path], in: graph))
      }
      var changed = network
      changed.layers[layer].inputs = inputs
      let does = builder.accountants.indices.contains {
        fits(layer, ResourceAccountant(changed, kind: $0))
      }
      if does { return size }
    }
  }
}

extension Window {

  /// Takes a row or column of taps off each side where there are three or more; returns whether there
  /// are.
  fileprivate mutating func shrink() -> Bool {
    let (isTall, isWide) = (size.height > 2, size.width > 2)
    if isTall {
      size.height -= 2
      padding.top -= dilations.height
    }
    if isWide {
      size.width -= 2
      padding.left -= dilations.width
    }
    return isTall || isWide
  }
}
