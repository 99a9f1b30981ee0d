// Crossbar tables on disk: a folder with the network, the machine, and the tables.

internal import Crossbar
internal import DataIO
internal import Diagnostics
internal import EventCPU
internal import HDF5
internal import HardwareTargets
internal import JSONReading
internal import SpikeIR
internal import SpikeStore
internal import SpikeText

/// A network laid out on analog arrays, with what is written beside its tables.
struct CrossbarFolder: Sendable {

  /// The tables.
  var layout: CrossbarLayout

  /// The network: of tensor operators if arrays read vectors, spiking if they read frames.
  var program: Program

  /// How raw data become the network's input, where it is not spiking.
  var preprocessing: Preprocessing?

  /// The text of the machine's description.
  var targetText: String

  /// Where the network comes from: names and values, in alphabetical order.
  var provenance: [EventArtefact.Property]

  /// The texts of the tables as they were read, by the names of their files; empty if they were not.
  private(set) var texts: [String: [UInt8]] = [:]

  /// The names of the files.
  enum FileName {
    /// Everything in one file, for programs.
    static let allocation = "allocation.json"
    /// The blocks of tiles; also what says that a folder is one of ours.
    static let tiles = "tiles.csv"
    /// The network, spiking.
    static let spiking = "network.spk"
    /// The network of tensor operators as text, with its tensors beside it.
    static let operators = "network.sir"
    /// The description of the machine.
    static let target = "target.json"
  }

  /// Creates a folder's content.
  init(
    _ layout: CrossbarLayout, of program: Program, preprocessing: Preprocessing?,
    targetText: String, provenance: [EventArtefact.Property]
  ) {
    self.layout = layout
    self.program = program
    self.preprocessing = preprocessing
    self.targetText = targetText
    self.provenance = provenance.sorted { $0.name < $1.name }
  }

  /// Returns whether `path` is a folder of crossbar tables.
  static func recognizes(_ path: String) -> Bool {
    let names = namesInFolder(path) ?? []
    return names.contains(FileName.allocation) && names.contains(FileName.tiles)
  }

  /// Writes everything to `folder`, whole or not at all.
  ///
  /// - Throws: `hdf5.cannot-write`, `output.cannot-write`, `output.write-failed`.
  func write(to folder: OutputFolder) throws(Diagnostic) {
    if case .snn(let graph) = program {
      let network = EventArtefact(graph: graph, provenance: provenance)
      try network.write(to: folder.file(FileName.spiking))
    } else {
      let container = try HDF5Writer(
        creatingAt: folder.file(containerPath(FileName.operators)))
      try container.writeTensors(of: program.tensors)
      try container.close()
      try folder.write(Array(SpikeText.text(of: program).utf8), to: FileName.operators)
    }
    try folder.write(Array(targetText.utf8), to: FileName.target)
    for (name, text) in layout.tables { try folder.write(Array(text.utf8), to: name) }
    try folder.write(Array(json.utf8), to: FileName.allocation)
    try folder.commit()
  }
}

// MARK: - Reading

extension CrossbarFolder {

  /// Reads the folder at `path`, whose tables are right.
  ///
  /// - Throws: as `init(readingAt:session:)`; what `CrossbarCheck` finds.
  init(openingAt path: String, session: Session) throws(CompileError) {
    try self.init(readingAt: path, session: session)
    let findings = CrossbarCheck.findings(of: layout)
    if !findings.isEmpty { throw CompileError(findings) }
  }

  /// Reads the folder at `path`; the tables are as they say, right or wrong.
  ///
  /// - Throws: `driver.not-tables` if it is none of crossbar tables; what the parts are found to be.
  init(readingAt path: String, session: Session) throws(CompileError) {
    guard CrossbarFolder.recognizes(path) else { throw CompileError(.notCrossbarTables(path)) }
    func file(_ name: String) -> String { path.hasSuffix("/") ? path + name : "\(path)/\(name)" }
    func bytes(_ name: String) throws(CompileError) -> [UInt8] {
      try liftingDiagnostic { () throws(Diagnostic) in try readFile(file(name)) }
    }
    targetText = String(decoding: try bytes(FileName.target), as: UTF8.self)
    let target = try TargetDescription(parsing: targetText, file: file(FileName.target))
    let head = try CrossbarHead(
      reading: String(decoding: try bytes(FileName.allocation), as: UTF8.self),
      file: file(FileName.allocation))
    (preprocessing, provenance) = (head.preprocessing, head.provenance)
    for name in namesInFolder(path) ?? [] where name.hasSuffix(".csv") {
      texts[name] = try bytes(name)
    }
    let matrices: [WeightMatrix]
    let mode: ReadMode
    if head.readsFrames {
      let graph = try EventArtefact(readingAt: file(FileName.spiking)).graph
      program = .snn(graph)
      matrices = WeightMatrix.all(in: graph)
      mode = .frames(graph.populations.elements.first?.code.timesteps ?? 1)
    } else {
      program = try session.loadText(file(FileName.operators)).program
      guard case .ann(let graph) = program else {
        throw CompileError(
          .wrongLevel(
            file(FileName.operators), found: program.level, hint: "expected the level 'ann'"))
      }
      matrices = WeightMatrix.all(in: graph)
      mode = .vectors
    }
    layout = try CrossbarLayout(reading: texts, of: matrices, on: target, mode: mode)
    layout.isOptimal = head.isOptimal
  }
}

/// What `allocation.json` says beside the tables.
private struct CrossbarHead {

  var readsFrames: Bool
  var isOptimal: Bool
  var preprocessing: Preprocessing?
  var provenance: [EventArtefact.Property] = []

  init(reading text: String, file: String) throws(CompileError) {
    let value: JSONReading.JSON
    do { value = try JSONReading.JSON(parsing: text) } catch {
      throw CompileError(.badHead(file, "no JSON"))
    }
    guard value["schema"]?.string == CrossbarFolder.schema else {
      throw CompileError(
        .badHead(
          file, "the schema '\(value["schema"]?.string ?? "none")'", CrossbarFolder.schema))
    }
    guard let mode = value["mode"]?.string, ["vectors", "frames"].contains(mode) else {
      throw CompileError(
        .badHead(file, "the mode '\(value["mode"]?.string ?? "none")'", "'vectors' or 'frames'"))
    }
    readsFrames = mode == "frames"
    isOptimal = value["summary"]?["isOptimal"]?.bool ?? true
    func numbers(_ value: JSONReading.JSON?) -> [Float] {
      (value?.elements ?? []).compactMap { $0.double.map { Float($0) } }
    }
    if let stored = value["preprocessing"], stored != .null {
      let (mean, std) = (numbers(stored["mean"]), numbers(stored["std"]))
      guard let scale = stored["scale"]?.double, !mean.isEmpty, !std.isEmpty else {
        throw CompileError(.badHead(file, "'preprocessing'", "a scale, means and deviations"))
      }
      preprocessing = Preprocessing(
        scale: Float(scale), mean: mean, std: std,
        prefersChannelsFirst: stored["channelsFirst"]?.bool ?? false)
    }
    provenance = (value["provenance"]?.members ?? [:]).sorted { $0.key < $1.key }
      .map { EventArtefact.Property($0.key, $0.value.string ?? "") }
  }
}

extension Diagnostic {

  /// Returns an error about a folder that holds no crossbar tables.
  fileprivate static func notCrossbarTables(_ path: String) -> Diagnostic {
    .error(
      "driver.not-tables", "expected a folder of crossbar tables", at: .file(path),
      notes: ["'spikec compile MODEL --target rpu -o FOLDER' makes one"],
      exitCode: fileExists(path) ? .badData : .missingInput)
  }

  /// Returns an error about a file that should say what the tables are of.
  fileprivate static func badHead(
    _ file: String, _ found: String, _ expected: String = "what 'spikec compile' writes"
  ) -> Diagnostic {
    .error(
      "driver.bad-allocation", "found \(found), expected \(expected)", at: .file(file),
      notes: ["compile the network anew"])
  }
}
