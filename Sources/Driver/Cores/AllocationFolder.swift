// Allocation tables on disk: a folder with the network, the machine, and the tables.

internal import DataIO
internal import Diagnostics
internal import EventCPU
internal import HardwareTargets
internal import NeuroCore
internal import SpikeIR

/// A network laid out on a machine, with what is written beside its tables.
struct AllocationFolder: Sendable {

  /// The tables.
  var allocation: Allocation

  /// The text of the machine's description.
  var targetText: String

  /// Where the network comes from.
  var provenance: [EventArtefact.Property]

  /// The texts of the tables as they were read, by the names of their files; empty if they were not.
  private(set) var texts: [String: [UInt8]] = [:]

  /// The names of the files beside the tables.
  enum FileName {
    /// Everything in one file, for programs; also what says that a folder is one of ours.
    static let allocation = "allocation.json"
    /// The network.
    static let network = "network.spk"
    /// The description of the machine.
    static let target = "target.json"
  }

  /// Returns whether `path` is a folder of allocation tables.
  static func recognizes(_ path: String) -> Bool {
    (namesInFolder(path)?.contains(FileName.allocation) ?? false)
      && !CrossbarFolder.recognizes(path)
  }

  /// Writes everything to `folder`, whole or not at all.
  ///
  /// - Throws: `hdf5.cannot-write`, `output.cannot-write`, `output.write-failed`.
  func write(to folder: OutputFolder) throws(Diagnostic) {
    let network = EventArtefact(graph: allocation.graph, provenance: provenance)
    try network.write(to: folder.file(FileName.network))
    try folder.write(Array(targetText.utf8), to: FileName.target)
    for (name, text) in allocation.tables { try folder.write(Array(text.utf8), to: name) }
    try folder.write(Array(allocation.json.utf8), to: FileName.allocation)
    try folder.commit()
  }

  /// Reads the folder at `path`; the tables are as they say, right or wrong.
  ///
  /// - Throws: `driver.not-tables` if it is none of allocation tables; what the parts are found to be.
  init(readingAt path: String) throws(CompileError) {
    guard AllocationFolder.recognizes(path) else { throw CompileError(.notTables(path)) }
    func file(_ name: String) -> String { path.hasSuffix("/") ? path + name : "\(path)/\(name)" }
    let artefact = try EventArtefact(readingAt: file(FileName.network))
    let text = try liftingDiagnostic { () throws(Diagnostic) in
      try readFile(file(FileName.target))
    }
    targetText = String(decoding: text, as: UTF8.self)
    let target = try TargetDescription(parsing: targetText, file: file(FileName.target))
    var tables: [String: [UInt8]] = [:]
    for name in namesInFolder(path) ?? [] where name.hasSuffix(".csv") {
      tables[name] = try liftingDiagnostic { () throws(Diagnostic) in try readFile(file(name)) }
    }
    texts = tables
    allocation = try Allocation(reading: tables, of: artefact.graph, on: target)
    provenance = artefact.provenance
  }

  /// Creates a folder's content.
  init(_ allocation: Allocation, targetText: String, provenance: [EventArtefact.Property]) {
    self.allocation = allocation
    self.targetText = targetText
    self.provenance = provenance
  }
}

extension Diagnostic {

  /// Returns an error about a folder that holds no tables.
  fileprivate static func notTables(_ path: String) -> Diagnostic {
    .error(
      "driver.not-tables",
      fileExists(path)
        ? "expected a folder of allocation tables or crossbar tables" : "there is no such folder",
      at: .file(path),
      notes: [
        "'spikec compile MODEL --target loihi1 -o FOLDER' makes one for cores, '--target rpu' one for "
          + "arrays"
      ],
      exitCode: fileExists(path) ? .badData : .missingInput)
  }
}
