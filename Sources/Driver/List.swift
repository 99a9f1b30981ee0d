// The command `list`: what this program knows.

package import Diagnostics
internal import HardwareTargets
internal import PluginAPI
internal import SpikeIR

/// What can be listed.
package enum ListSubject: String, Hashable, Sendable, CaseIterable {
  /// Readers of model files.
  case frontends
  /// Transformations of networks.
  case passes
  /// Makers of artefacts.
  case backends
  /// Machines to compile for.
  case targets
  /// Neuron models.
  case neurons
  /// Layers of the frameworks' models.
  case layers
}

extension Session {

  /// Returns the list of `subject`, for people or as JSON.
  package func list(_ subject: ListSubject, asJSON: Bool) -> String {
    if asJSON {
      let result: JSON = [
        "schema": "spikec-list/1", "subject": .string(subject.rawValue),
        "items": .array(items(subject)),
      ]
      return result.text
    }
    let columns =
      subject == .targets
      ? ["name", "backend", "family", ">cores", ">neurons a core", ">chips", "energy", "title"]
      : columns(subject)
    var table = Table(columns)
    for row in rows(subject) { table.add(row) }
    return table.text
  }

  private func items(_ subject: ListSubject) -> [JSON] {
    guard subject != .targets else { return targetItems }
    return rows(subject).map { row in
      JSON.object(zip(columns(subject), row).map { JSON.Member($0, .string($1)) })
    }
  }

  /// Returns everything about the pass `name`.
  ///
  /// - Throws: `pass.unknown`.
  package func describe(pass name: String) throws(CompileError) -> String {
    guard let pass = registry.passes.first(where: { $0.name == name }) else {
      throw CompileError(.unknownPass(name, registry.passes.map(\.name)))
    }
    var lines = ["\(pass.name): \(pass.summary)", "", pass.details, ""]
    lines.append("takes level \(pass.requires.rawValue), leaves level \(pass.establishes.rawValue)")
    if !pass.options.isEmpty {
      var table = Table(["option", "default", "values", "meaning"])
      for option in pass.options {
        table.add([option.name, option.defaultValue, option.kind.description, option.summary])
      }
      lines += ["", table.text]
    }
    return lines.joined(separator: "\n")
  }

  private func columns(_ subject: ListSubject) -> [String] {
    switch subject {
    case .frontends, .neurons: ["name", "summary"]
    case .passes: ["name", "takes", "leaves", "summary"]
    case .backends: ["name", "targets"]
    case .targets: []
    case .layers: ["frontend", "layer", "remark"]
    }
  }

  private func rows(_ subject: ListSubject) -> [[String]] {
    switch subject {
    case .frontends: registry.frontends.map { [$0.name, $0.summary] }
    case .passes:
      registry.passes.map { [$0.name, $0.requires.rawValue, $0.establishes.rawValue, $0.summary] }
    case .backends:
      Set(registry.targets.map(\.backend)).sorted().map { backend in
        let names = registry.targets.filter { $0.backend == backend }.map(\.name)
        return [backend, names.joined(separator: ", ")]
      }
    case .targets: targetRows
    case .neurons: registry.neurons.map { [$0.name, $0.summary] }
    case .layers:
      registry.frontends.flatMap { frontend in
        frontend.layers.map { [frontend.name, $0.name, $0.remark] }
      }
    }
  }
}

extension Session {

  /// Targets that are no machines with a description.
  private var plainTargets: [Registry.Target] {
    let names = TargetDescription.builtInNames
    return registry.targets.filter { !names.contains($0.name) }
  }

  /// The backend that serves a machine, `nil` if none does.
  private func backend(of name: String) -> String? {
    registry.targets.first { $0.name == name }?.backend
  }

  private var targetRows: [[String]] {
    plainTargets.map { [$0.name, $0.backend, "", "", "", "", "", $0.summary] }
      + TargetDescription.builtIn.map { target in
        let neurons = target.neuronsPerCore
        let range = neurons.map { $0.count == 1 ? grouped($0.lowerBound) : $0.words } ?? "unknown"
        return [
          target.id, backend(of: target.id) ?? "", target.family.rawValue,
          grouped(target.coresPerChip), range,
          target.topology.levels.first.map { grouped($0.count) } ?? "",
          target.energy.model.rawValue,
          target.title,
        ]
      }
  }

  private var targetItems: [JSON] {
    plainTargets.map { target in
      [
        "name": .string(target.name), "backend": .string(target.backend),
        "summary": .string(target.summary),
      ]
    }
      + TargetDescription.builtIn.map { target in
        let neurons = target.neuronsPerCore
        return [
          "name": .string(target.id), "backend": JSON(backend(of: target.id)),
          "summary": .string(target.title), "family": .string(target.family.rawValue),
          "coresPerChip": .integer(target.coresPerChip),
          "neuronsPerCore": neurons.map { JSON([$0.lowerBound, $0.upperBound]) } ?? .null,
          "chips": JSON(target.topology.levels.first?.count),
          "energy": .string(target.energy.model.rawValue),
        ]
      }
  }
}

extension TargetDescription {

  /// The least and the greatest number of neurons that a core holds, `nil` if it is unknown.
  fileprivate var neuronsPerCore: ClosedRange<Int>? {
    let counts = cores.compactMap { ($0.resources["neurons"] ?? $0.resources["neuronWords"])?.int }
    guard counts.count == cores.count, let least = counts.min(), let most = counts.max() else {
      return nil
    }
    return least...most
  }
}

extension ClosedRange<Int> {

  /// The range as words: `16–256`.
  fileprivate var words: String { "\(grouped(lowerBound))–\(grouped(upperBound))" }
}
