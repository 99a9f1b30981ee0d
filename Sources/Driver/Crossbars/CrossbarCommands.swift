// What commands do with networks on analog arrays: lay out, check, inspect.

internal import Crossbar
internal import DataIO
internal import Diagnostics
internal import EventCPU
internal import HardwareTargets
internal import PluginAPI
internal import SpikeIR
internal import SpikeText
internal import Tables

/// The tiles that a network may take.
package enum TileBudget: Hashable, Sendable {
  /// At most so many.
  case most(Int)
  /// All that the machine has.
  case all
}

extension Session {

  /// Lays a network out on the arrays of `target`.
  ///
  /// - Parameters:
  ///   - program: the network: of tensor operators for vectors, spiking for frames.
  ///   - target: the machine.
  ///   - budget: the tiles that copies of layers may take; as few tiles as possible if `nil`.
  /// - Returns: the layout.
  /// - Throws: what `CrossbarLayout` throws; `driver.wrong-tables` if its check finds a bug. What of
  ///   the description keeps the tables from being run is a warning.
  func layOut(
    _ program: Program, onto target: TargetDescription, within budget: TileBudget?
  ) throws(CompileError) -> CrossbarLayout {
    var options = LayoutOptions()
    switch budget {
    case .most(let tiles): options.budget = .most(tiles)
    case .all: options.budget = .all
    case nil: options.budget = .least
    }
    let layout: CrossbarLayout
    switch program {
    case .ann(let graph): layout = try CrossbarLayout(of: graph, on: target, options: options)
    case .snn(let graph): layout = try CrossbarLayout(of: graph, on: target, options: options)
    case .mapped(let mapped):
      layout = try CrossbarLayout(of: mapped.graph, on: target, options: options)
    }
    let findings = CrossbarCheck.findings(of: layout)
    if let first = findings.first { throw CompileError(.wrongLayout(first)) }
    warnOfReads(on: target)
    return layout
  }

  /// Warns of what in the description of arrays keeps networks from being run on them, all of it.
  func warnOfReads(on target: TargetDescription) {
    for core in target.cores {
      guard let array = core.analog else { continue }
      do throws(Diagnostic) {
        _ = try ReadParameters(array, name: core.name)
      } catch { console.report(.cannotBeRun(on: target.id, error)) }
      do throws(Diagnostic) {
        _ = try DeviceModel(array, name: core.name)
      } catch { console.report(.cannotBeRun(on: target.id, error)) }
    }
  }

  /// Checks crossbar tables against their machine and their network.
  ///
  /// - Throws: what reading throws; what is wrong with tables that can be read is in the report.
  func checkCrossbar(_ folder: String) throws(CompileError) -> CheckReport {
    let tables = try CrossbarFolder(readingAt: folder, session: self)
    var findings = CrossbarCheck.findings(of: tables.layout, readFrom: tables.texts)
    let name = CrossbarFolder.FileName.allocation
    let json = try liftingDiagnostic { () throws(Diagnostic) in
      try readFile(folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)")
    }
    if findings.isEmpty,
      let difference = differenceOfTexts(name, json, Array(tables.json.utf8))
    {
      findings.append(difference)
    }
    return CheckReport(
      folder: folder, target: tables.layout.target.id, findings: findings,
      summary: MachineLayout.arrays(tables.layout).summary)
  }

  /// Returns the tables in a folder in the given format.
  ///
  /// - Throws: what reading throws, `driver.wrong-level`, `driver.unused-architecture`.
  func inspectCrossbar(
    _ path: String, _ options: ImportOptions, level: Level?, format: InspectFormat?, weights: Bool
  ) throws(CompileError) -> String {
    try refuse(options, for: path, "a compiled network describes itself")
    let folder = try CrossbarFolder(openingAt: path, session: self)
    if let level, level != folder.program.level {
      throw CompileError(
        .wrongLevel(path, found: folder.program.level, hint: "leave out '--level'"))
    }
    switch format {
    case .text: return SpikeText.text(of: folder.program, weights: weights)
    case .dot: return dot(of: folder.program)
    case .json: return folder.json
    case .summary, nil:
      if weights { return SpikeText.text(of: folder.program, weights: true) }
      let origin = folder.provenance.map { "\($0.name): \($0.value)" }
      return ([folder.layout.summaryText] + origin).joined(separator: "\n")
    }
  }
}

extension Diagnostic {

  /// Returns a warning about a machine whose description is good for a layout but not for a run.
  fileprivate static func cannotBeRun(on target: String, _ reason: Diagnostic) -> Diagnostic {
    .warning(
      "driver.cannot-run", "networks cannot be run on '\(target)': \(reason.message)",
      notes: reason.notes)
  }

  /// Returns an error about a layout that its own check refuses, which is a bug.
  fileprivate static func wrongLayout(_ finding: Diagnostic) -> Diagnostic {
    .error(
      "driver.wrong-tables", "the layout is wrong: \(finding.message)",
      notes: ["this is a bug of spikec; please report it"], exitCode: .internalError)
  }
}
