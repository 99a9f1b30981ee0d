// Networks whose layers fit one by one, but not together.

internal import Diagnostics
internal import HardwareTargets
internal import SpikeIR

extension FitDiagnosis {

  /// Returns why cores do not find classes: layers that fit none, or too few cores.
  ///
  /// - Throws: `ir.elided-tensor`.
  func report(
    _ cores: [[Tile]], _ use: CoreUse, _ kinds: [Int?]
  ) throws(CompileError) -> FitReport {
    let homeless = cores.indices.filter { core in
      kinds[core] == nil
        && !builder.accountants.enumerated().contains { (kind, accountant) in
          accountant.holds(use.demand(of: core, accountant), class: kind)
        }
    }
    let layers = Set(homeless.flatMap { cores[$0].map(\.layer) }).sorted()
    // Layers that would fit by themselves are there for the company that they are in.
    let reasons = layers.filter { !fits($0) { _ in } }
    if !layers.isEmpty { return try report(layers: reasons.isEmpty ? layers : reasons) }
    let perChip = max(1, network.target.coresPerChip)
    let isWhole = builder.accountants[builder.main].takesWholeLayers
    let left = cores.indices.filter { kinds[$0] == nil }.flatMap { cores[$0].map(\.layer) }
    let shortage = FitReport.Shortage(
      cores: cores.count, chips: (cores.count + perChip - 1) / perChip,
      mostChips: builder.mostChips,
      leftOver: isWhole
        ? left.map { network.graph[network.layers[$0].population].name } : [],
      changes: isWhole ? [] : changes(cores.count))
    return FitReport(target: network.target.id, layers: [], shortage: shortage)
  }

  /// Returns the changes after which `cores` cores, or fewer, are enough.
  private func changes(_ cores: Int) -> [FitReport.Change] {
    let target = network.target
    let perChip = max(1, target.coresPerChip)
    var result: [FitReport.Change] = []
    let chips = (cores + perChip - 1) / perChip
    let offered = max(1, target.topology.levels.first?.count ?? 1)
    if chips <= offered {
      result.append(.chips(chips))
    } else if let change = joined(chips, of: offered) {
      result.append(change)
    }
    let limit = builder.mostChips * perChip
    if builder.options.strategy == .greedy,
      coresNeeded(weightBits: nil).map({ $0 <= limit }) ?? false
    {
      result.append(.search)
    }
    let widths = builder.accountants[builder.main].kind.synapse?.weightBits ?? []
    for bits in widths.filter({ $0 > 0 }).sorted(by: >) {
      guard let needed = coresNeeded(weightBits: bits), needed <= limit else { continue }
      result.append(.weightBits(bits))
      break
    }
    return result
  }

  /// Returns how many chips the smallest machine has that several of the described ones, of
  /// `offered` chips each, make, and that has `chips`; `nil` if the description says of none so large.
  private func joined(_ chips: Int, of offered: Int) -> FitReport.Change? {
    let most = network.target.topology.levels.first?.joined?.int ?? 0
    let count = (chips + offered - 1) / offered * offered
    return count <= most ? .joined(chips: count, most: most) : nil
  }

  /// Returns the cores that the network takes with weights of at most the given width.
  private func coresNeeded(weightBits: Int?) -> Int? {
    var accountant = builder.accountants[builder.main]
    accountant.weightBits = weightBits
    do throws(CutSearch.Failure) {
      let cuts = try CutSearch(accountant, builder.options).cuts()
      return builder.packed(cuts, accountant).count
    } catch {
      return nil
    }
  }

  /// Returns why a layer's spikes do not find their way, however it is cut.
  ///
  /// - Throws: `ir.elided-tensor`.
  func report(fanOut layer: Int) throws(CompileError) -> FitReport {
    var result = try report(layers: [layer])
    let main = builder.accountants[builder.main]
    let population = network.layers[layer].population
    var destinations = 0
    for consumer in network.consumers[layer] {
      let best = CutSearch(main, builder.options).candidates(of: consumer).first
      guard let cut = best?.cut else { continue }
      destinations += CutEvaluator(main, consumer).fanOut(of: cut, from: population).most
    }
    let capacity = main.budget.entries.first { $0.name == "outAxons" }?.capacity
    let most = main.mostDestinations ?? capacity
    let name = main.mostDestinations == nil ? "outAxons" : "destinations"
    for i in result.layers[0].attempts.indices {
      result.layers[0].attempts[i].uses.removeAll { $0.name == name }
      result.layers[0].attempts[i].uses.append(
        FitReport.Use(name: name, used: destinations, available: most))
    }
    result.layers[0].binding = name
    result.layers[0].changes = []
    if let most, most > 0, destinations > most {
      result.layers[0].changes.append(.copies((destinations + most - 1) / most))
    }
    return result
  }
}
