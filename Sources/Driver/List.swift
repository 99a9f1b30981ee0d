// The command `list`: what this program knows.

package import Diagnostics
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
    let rows = rows(subject)
    if asJSON {
      let items = rows.map { row in
        JSON.object(zip(columns(subject), row).map { JSON.Member($0, .string($1)) })
      }
      let result: JSON = [
        "schema": "spikec-list/1", "subject": .string(subject.rawValue), "items": .array(items),
      ]
      return result.text
    }
    var table = Table(columns(subject))
    for row in rows { table.add(row) }
    return table.text
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
    case .targets: ["name", "backend", "summary"]
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
    case .targets: registry.targets.map { [$0.name, $0.backend, $0.summary] }
    case .neurons: registry.neurons.map { [$0.name, $0.summary] }
    case .layers:
      registry.frontends.flatMap { frontend in
        frontend.layers.map { [frontend.name, $0.name, $0.remark] }
      }
    }
  }
}
