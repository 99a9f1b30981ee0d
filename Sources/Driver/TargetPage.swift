// A machine as tables for people: what it is, what its cores offer, what things cost, who says so.

internal import Diagnostics
internal import HardwareTargets

/// A machine as text.
struct TargetPage {

  /// The machine.
  let target: TargetDescription

  /// The tables.
  var text: String {
    let parts = [overview, resources] + features + [energies, sources, notes]
    return parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
  }

  // MARK: The machine

  private var overview: String {
    let network = target.topology.network
    var table = Table(["", ""])
    table.add(["family", target.family.rawValue])
    table.add(["time", time])
    for entry in target.time.barrier {
      let tiles = entry.tiles == 1 ? "1 tile" : "\(grouped(entry.tiles)) tiles"
      table.add(["end of a tick, \(tiles)", entry.latency.words])
    }
    for entry in target.time.chipBarrier {
      table.add(["end of a tick, \(counted(entry.chips, "chip"))", entry.latency.words])
    }
    table.add(["arrangement", target.topology.levels.map(\.words).joined(separator: ", ")])
    table.add(["cores a chip", grouped(target.coresPerChip)])
    table.add(["network", network.words])
    return "\(target.id): \(target.title)\n" + table.text
  }

  private var time: String {
    let time = target.time
    var words = [time.model.rawValue]
    if time.model == .tick {
      words.append(
        "spikes act \(time.deliveryLatency) \(time.deliveryLatency == 1 ? "tick" : "ticks") later")
    }
    if let step = time.step { words.append("a step is \(step.words)") }
    if let factor = time.acceleration { words.append("\(factor.words) times as fast as biology") }
    return (words + [time.evidence.words]).filter { !$0.isEmpty }.joined(separator: ", ")
  }

  // MARK: Kinds of cores

  private var resources: String {
    var table = Table(["core", ">number", "resource", ">available", "grade", "source"])
    for core in target.cores {
      var head = [core.name, grouped(core.count)]
      for (name, quantity) in core.resources.sorted(by: { $0.key < $1.key }) {
        table.add(
          head + [
            name, quantity.int.map { grouped($0) } ?? "unknown",
            quantity.grade?.rawValue ?? "", quantity.source ?? "",
          ])
        head = ["", ""]
      }
      if !head[0].isEmpty { table.add(head + ["", "", "", ""]) }
    }
    return table.text
  }

  /// The features of cores, once for all kinds that have the same.
  private var features: [String] {
    var groups: [(names: [String], rows: [[String]])] = []
    for core in target.cores {
      let rows = core.features
      if let i = groups.firstIndex(where: { $0.rows == rows }) {
        groups[i].names.append(core.name)
      } else {
        groups.append(([core.name], rows))
      }
    }
    return groups.filter { !$0.rows.isEmpty }.map { group in
      var table = Table(["of \(group.names.joined(separator: ", "))", "", "grade", "source"])
      for row in group.rows { table.add(row) }
      return table.text
    }
  }

  // MARK: Costs

  private var energies: String {
    let energy = target.energy
    var table = Table(["energy: \(energy.model.rawValue)", ">value", "range", "grade", "source"])
    let groups = [
      ("at", energy.corner), ("power, ", energy.standing), ("energy, ", energy.events),
      ("time, ", energy.latency),
    ]
    for (title, constants) in groups {
      for (name, quantity) in constants.sorted(by: { $0.key < $1.key }) {
        table.add([title == "at" ? name : title + name] + quantity.cells)
      }
    }
    for level in energy.levels {
      let constants = [
        ("volts", level.volts), ("hertz", level.hertz), ("baseline", level.baseline),
        ("perNeuron", level.perNeuron), ("perSynop", level.perSynapticOperation),
        ("maxSpikesPerStep", level.mostSpikesPerStep), ("cyclesPerNeuron", level.cyclesPerNeuron),
        ("cyclesPerSynop", level.cyclesPerSynapticOperation),
      ]
      for (name, quantity) in constants {
        table.add(["\(level.name), \(name)"] + (quantity ?? Quantity(nil)).cells)
      }
    }
    return energy.model == .none ? "energy: nothing is known" : table.text
  }

  private var sources: String {
    guard !target.sources.isEmpty else { return "" }
    return "sources\n"
      + target.sources.map { "  \($0.key): \($0.citation)" }.joined(separator: "\n")
  }

  private var notes: String {
    target.notes.isEmpty ? "" : "notes\n" + target.notes.map { "  \($0)" }.joined(separator: "\n")
  }
}

extension Topology.Level {

  /// The level as words: `32 tiles (8 × 4)`.
  fileprivate var words: String {
    let grid = grid.map { " (\($0.map(String.init).joined(separator: " × ")))" } ?? ""
    let foundation = isAssumed ? " [assumed]" : evidence.words.isEmpty ? "" : " [\(evidence.words)]"
    let joined = joined?.int.map { ", joined up to \(grouped($0))" } ?? ""
    return "\(grouped(count)) × \(name)\(grid)\(foundation)\(joined)"
  }
}

extension Topology.Network {

  /// The network as words.
  fileprivate var words: String {
    let parts: [String?] = [
      kind.rawValue, routing?.rawValue, delivery.rawValue,
      reach.map { "reach \($0.map(String.init).joined(separator: " × "))" },
      packetBits.map { "packets of \($0, of: "bit")" },
      payloadBits.map {
        "payload of \($0, of: "bit")"
      },
      routerEntries.map { "\(grouped($0)) router entries" },
      linkBuffer.map { "\($0, of: "packet") a link" }, evidence.words,
    ]
    return parts.compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: ", ")
  }
}

extension Evidence {

  /// The evidence as words: `software: D18, NL`.
  var words: String {
    [grade?.rawValue, source].compactMap { $0 }.joined(separator: ": ")
  }
}

extension Quantity {

  /// The number with its unit as words; `unknown` without one.
  var words: String {
    guard let value else { return "unknown" }
    return scaled(value, unit)
  }

  /// Cells of a table: the number, its range, its grade, its source.
  fileprivate var cells: [String] {
    let range: [String?] = [
      min.map { "from \(scaled($0, unit))" }, max.map { "to \(scaled($0, unit))" },
    ]
    return [
      words, range.compactMap { $0 }.joined(separator: " "), grade?.rawValue ?? "", source ?? "",
    ]
  }
}

/// Returns `value` with `unit`, in thousandths or thousands where it is small or large.
func scaled(_ value: Double, _ unit: String?) -> String {
  guard let unit, ["J", "W", "s", "Hz", "V", "S", "Ohm", "m"].contains(unit) else {
    let number = Int(exactly: value).map { grouped($0) } ?? "\(value)"
    return [number, unit == "1" ? nil : unit].compactMap { $0 }.joined(separator: " ")
  }
  guard value != 0 else { return "0 \(unit)" }
  let prefixes = ["p", "n", "µ", "m", "", "k", "M", "G"]
  var (index, factor) = (0, 1e12)
  while index + 1 < prefixes.count, (value * factor).magnitude >= 999.9995 {
    index += 1
    factor /= 1000
  }
  // Six digits: what a division by a power of ten puts behind them is left out.
  let digits = fixed(value * factor, 4)
  let trimmed = digits.contains(".") ? digits.trimmingZeros : digits
  return "\(trimmed) \(prefixes[index])\(unit)"
}

extension String {

  /// The decimal number without zeros at its end.
  fileprivate var trimmingZeros: String {
    let rest = reversed().drop { $0 == "0" }
    return String((rest.first == "." ? rest.dropFirst() : rest).reversed())
  }
}
