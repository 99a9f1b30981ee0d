// The page `Docs/supported-layers.md`: what each frontend reads, what it becomes, and whether that
// becomes spikes; written from the frontends' own tables and the conversion's own rules.

internal import Diagnostics
internal import PluginAPI
internal import SpikeIR
internal import SpikePasses

extension Registry {

  /// The page of supported layers.
  package var supportedLayersPage: String {
    var lines = [
      "# Supported layers", "",
      "Written from the tables of the frontends and the rules of the conversion; a test holds this",
      "page against them. *Becomes* names the operators of the representation ([IR.md](IR.md)).",
      "*Spikes* says whether they become spikes: everywhere, as the last layer only (there the host",
      "computes them from what the last neurons say), or not; what does not still runs under",
      "`spikec infer`. `spikec inspect MODEL` says it for a whole network.",
    ]
    for frontend in frontends {
      lines += [
        "", "## \(frontend.name)", "", "Reads \(frontend.summary).", "",
        "| layer | supported | becomes | spikes |", "|---|---|---|---|",
      ]
      for layer in frontend.layers {
        let name =
          layer.name.hasPrefix("tf.") || layer.name.contains(":")
          ? layer.name : "`\(layer.name)`"
        lines.append("| \(name) | \(layer.remark) | \(layer.becomes) | \(layer.spikes) |")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

extension SupportedLayer {

  /// The operators of the sample, in order.
  fileprivate var becomes: String {
    guard let sample else { return "" }
    var names: [String] = []
    for id in sample.ids where sample[id].op != .input {
      let name = "`\(sample[id].op.mnemonic)`"
      if !names.contains(name) { names.append(name) }
    }
    return names.isEmpty ? "nothing" : names.joined(separator: ", ")
  }

  /// Whether the sample becomes spikes within a network and at its end.
  fileprivate var spikes: String {
    guard let sample else { return "" }
    let inside = ConversionCheck(sample.followedByNeurons)
    if inside.converts { return inside.fates.contains(.levels) ? "yes, in levels" : "yes" }
    if ConversionCheck(sample).converts { return "as the last layer" }
    let reasons = inside.fates.compactMap { fate -> String? in
      if case .impossible(let reason) = fate { reason } else { nil }
    }
    return "no: " + (reasons.first ?? "it has no counterpart")
  }
}

extension ANNGraph {

  /// The network with a rectifier behind each output, so that none is the last layer.
  fileprivate var followedByNeurons: ANNGraph {
    var graph = self
    graph.outputs = outputs.enumerated().map { i, output in
      (try? graph.add("after\(i)", .activation(.relu), [output])) ?? output
    }
    return graph
  }
}
