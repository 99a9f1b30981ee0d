// The command `check`: whether allocation tables are right.

internal import DataIO
package import Diagnostics
internal import HardwareTargets
internal import NeuroCore
internal import Tables

/// What `check` found.
package struct CheckReport: Sendable {

  /// The folder.
  package var folder: String

  /// The name of the machine.
  package var target: String

  /// What is wrong, nothing if the tables are right.
  package var findings: [Diagnostic]

  /// What the tables take of the machine.
  let summary: LayoutSummary

  /// The report as one JSON object (schema `spikec-check/1`).
  package var json: String {
    let value: JSON = [
      "schema": "spikec-check/1", "folder": .string(folder), "target": .string(target),
      "isRight": .bool(findings.isEmpty),
      "findings": .array(
        findings.map { ["id": .string($0.id), "message": .string($0.message)] }),
      "summary": summary.json,
    ]
    return value.text
  }

  /// The report in words.
  package var text: String {
    summary.text
      + (findings.isEmpty
        ? "\n\nThe tables are right." : "\n\n\(grouped(findings.count)) things are wrong.")
  }
}

extension Session {

  /// Checks allocation tables against their machine and their network.
  ///
  /// - Throws: what reading throws; what is wrong with tables that can be read is in the report.
  package func check(_ folder: String) throws(CompileError) -> CheckReport {
    if CrossbarFolder.recognizes(folder) { return try checkCrossbar(folder) }
    let tables = try AllocationFolder(readingAt: folder)
    var findings = try AllocationCheck.findings(of: tables.allocation, readFrom: tables.texts)
    let name = AllocationFolder.FileName.allocation
    let json = try liftingDiagnostic { () throws(Diagnostic) in
      try readFile(folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)")
    }
    if findings.isEmpty,
      let difference = differenceOfTexts(name, json, Array(tables.allocation.json.utf8))
    {
      findings.append(difference)
    }
    return CheckReport(
      folder: folder, target: tables.allocation.target.id, findings: findings,
      summary: MachineLayout.cores(tables.allocation).summary)
  }
}

extension AllocationSummary {

  /// The summary as a table.
  var text: String {
    var lines = [
      "\(counted(neurons, "neuron")) and \(counted(synapses, "synapse")) on "
        + "\(counted(cores, "core")) of \(counted(chips, "chip")) (\(counted(coresOfChips, "core")))",
      "",
    ]
    var table = Table(["resource", ">used", ">available", ">of the fullest core", ">binds on"])
    for resource in resources {
      table.add([
        resource.name, grouped(resource.used), resource.available.map { grouped($0) } ?? "unknown",
        resource.largestPart.map { fixed(100 * $0, 1) + " %" } ?? "–",
        resource.bindsOn == 0 ? "–" : counted(resource.bindsOn, "core"),
      ])
    }
    if !resources.isEmpty { lines += [table.text, ""] }
    if let meanUtilization {
      lines.append("mean utilization of what binds: \(fixed(100 * meanUtilization, 1)) %")
    }
    if let padding {
      lines.append("padding and copies in the synapse memory: \(fixed(100 * padding, 1)) %")
    }
    if !unchecked.isEmpty {
      lines.append(
        "not checked, for want of numbers or of what they count: "
          + unchecked.joined(separator: ", "))
    }
    lines.append("packets if every neuron spiked once: \(grouped(packetsPerFullActivity))")
    if let meanHops { lines.append("links of a packet: \(fixed(meanHops, 2)) on average") }
    lines.append("ticks from the input to the output: \(depth)")
    return lines.joined(separator: "\n")
  }
}
