// The command `inspect` on allocation tables.

internal import Diagnostics
internal import EventCPU
internal import NeuroCore
internal import PluginAPI
internal import SpikeIR
internal import SpikeText

extension Session {

  /// Returns the allocation tables in a folder in the given format: what they take of the machine and
  /// how they were made, `allocation.json`, the network with the places of its neurons, a drawing.
  ///
  /// - Throws: what reading throws, `driver.wrong-level`, `driver.unused-architecture`.
  func inspectTables(
    _ path: String, _ options: ImportOptions, level: Level?, format: InspectFormat?, weights: Bool
  ) throws(CompileError) -> String {
    try refuse(options, for: path, "a compiled network describes itself")
    let folder = try AllocationFolder(readingAt: path)
    if let level, level != .mapped {
      throw CompileError(.wrongLevel(path, found: .mapped, hint: "leave out '--level'"))
    }
    let program = Program.mapped(folder.allocation.mapped)
    switch format {
    case .text: return SpikeText.text(of: program, weights: weights)
    case .dot: return dot(of: program)
    case .json: return folder.allocation.json
    case .summary, nil:
      if weights { return SpikeText.text(of: program, weights: true) }
      let origin = folder.provenance.map { "\($0.name): \($0.value)" }
      return ([folder.allocation.summary.text] + origin).joined(separator: "\n")
    }
  }
}
