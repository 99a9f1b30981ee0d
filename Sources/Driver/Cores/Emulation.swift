// What an emulated machine did, as JSON and in words.

internal import HardwareTargets
internal import NeuroCore

/// What an emulated machine did for a sample, on average.
package struct Emulation: Hashable, Sendable {

  private let report: EmulationReport

  /// Creates the description of a report.
  init(_ report: EmulationReport) {
    self.report = report
  }

  private func each(_ count: Int) -> Double { Double(count) / Double(max(1, report.images)) }

  /// The counts by name, for a sample; `nil` if one is unknown.
  private var counts: [(name: String, value: Double?)] {
    [
      ("steps", each(report.steps)), ("spikes", each(report.spikes)),
      ("hostSpikes", each(report.hostSpikes)), ("packets", each(report.packets)),
      ("hops", report.hops.map(each)),
      ("synapticOperations", each(report.synapticOperations)),
      ("hostSynapticOperations", each(report.hostSynapticOperations)),
      ("activeUpdates", each(report.activeUpdates)),
      ("inactiveUpdates", each(report.inactiveUpdates)),
      ("overflows", each(report.overflows.total)), ("lostArrivals", each(report.lostArrivals)),
    ]
  }

  /// The energy for a sample, joules; `nil` if a constant of the machine is not known.
  private var energy: Double? {
    report.energy.totalJoules.map { $0 / Double(max(1, report.images)) }
  }

  /// The time for a sample on the machine, seconds; `nil` if it is not known.
  private var seconds: Double? { report.time.seconds.map { $0 / Double(max(1, report.images)) } }

  /// The member `emulation` of the JSON of a run.
  var json: JSON {
    let images = Double(max(1, report.images))
    return [
      "counts": .object(counts.map { JSON.Member($0.name, JSON($0.value)) }),
      "energyJoules": JSON(energy),
      "dynamicJoules": JSON(report.energy.dynamicJoules.map { $0 / images }),
      "staticJoules": JSON(report.energy.staticJoules.map { $0 / images }),
      "secondsPerImage": JSON(seconds),
      "source": report.energy.sources.isEmpty
        ? .null : .string(report.energy.sources.map(\.key).joined(separator: ", ")),
      "grade": JSON(report.energy.grade?.rawValue),
      "missing": JSON(report.energy.missing + report.time.missing),
      "semantics": JSON(report.semantics),
      "overloads": [
        "synapticOperations": JSON(report.overloads.synapticOperations.map(each)),
        "inputSpikes": JSON(report.overloads.inputSpikes.map(each)),
      ],
      "operatingPoints": .array(
        report.operatingPoints.map {
          [
            "name": .string($0.name), "steps": .integer($0.steps),
            "stepsByTick": JSON($0.stepsOfTick), "overruns": JSON($0.overruns),
            "busySeconds": JSON($0.busySeconds.map { $0 / images }),
            "dynamicJoules": JSON($0.dynamicJoules.map { $0 / images }),
            "staticJoules": JSON($0.staticJoules.map { $0 / images }),
          ]
        }),
      "busiestLinks": .array(
        report.links.sorted { $0.packets > $1.packets }.prefix(10).map {
          [
            "from": JSON([$0.from.x, $0.from.y]), "to": JSON([$0.to.x, $0.to.y]),
            "packets": .number(Double($0.packets) / images),
          ]
        }),
    ]
  }

  /// What happened for a sample, in words.
  var rows: [(String, String)] {
    counts.compactMap { name, value in
      guard let value, value > 0 else { return nil }
      return (Self.names[name] ?? name, fixed(value, 1))
    } + overloadRows + pointRows + [
      ("energy", energy.map { scientific($0, "J") } ?? "unknown"),
      ("time", seconds.map { scientific($0, "s") } ?? "unknown"),
    ]
  }

  /// The steps that asked more of a core than it can do.
  private var overloadRows: [(String, String)] {
    [
      ("steps of cores with too many synaptic operations", report.overloads.synapticOperations),
      ("steps of cores to which more spikes came than can wait", report.overloads.inputSpikes),
    ].compactMap { name, count in
      guard let count, count > 0 else { return nil }
      return (name, fixed(each(count), 1))
    }
  }

  /// How often cores worked at each operating point, and whether that was enough.
  private var pointRows: [(String, String)] {
    report.operatingPoints.filter { $0.steps > 0 }.map { point in
      let overruns = point.overruns.map { $0 == 0 ? "" : ", \(fixed(each($0), 1)) too slow" }
      return ("steps of cores at \(point.name)", fixed(each(point.steps), 1) + (overruns ?? ""))
    }
  }

  /// The emulation in words.
  var text: String {
    var table = Table(["on the machine, an image", ">"])
    for (name, value) in rows { table.add([name, value]) }
    var lines = [table.text]
    if !report.energy.missing.isEmpty {
      lines.append("unknown constants: \(report.energy.missing.joined(separator: ", "))")
    }
    if !report.energy.sources.isEmpty {
      let keys = report.energy.sources.map(\.key).joined(separator: ", ")
      lines.append("constants from \(keys): 'spikec inspect' of the machine has their sources")
    }
    return lines.joined(separator: "\n")
  }

  private static let names = [
    "steps": "time steps", "spikes": "spikes", "hostSpikes": "spikes from the host",
    "packets": "packets", "hops": "links taken by packets",
    "synapticOperations": "synaptic operations of spikes of neurons",
    "hostSynapticOperations": "synaptic operations of spikes from the host",
    "activeUpdates": "updates of active neurons",
    "inactiveUpdates": "updates of neurons at rest", "overflows": "overflows of registers",
    "lostArrivals": "spikes that came too late",
  ]
}

/// Returns a quantity with three digits and a prefix of its unit.
func scientific(_ value: Double, _ unit: String) -> String {
  let prefixes = [(1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n"), (1e-12, "p")]
  let (scale, prefix) = prefixes.first { value >= $0.0 } ?? (1e-12, "p")
  return fixed(value / scale, 2) + " " + prefix + unit
}
