// What every command needs: the parts that are known, and where to speak.

internal import DataIO
internal import Diagnostics
internal import PluginAPI
internal import SpikeIR

/// The surroundings in which a command runs.
package struct Session: Sendable {

  /// The parts that are known.
  package let registry: Registry

  /// Where the command speaks.
  package let console: Console

  /// Creates a session.
  package init(registry: Registry, console: Console) {
    self.registry = registry
    self.console = console
  }

  /// A network from a file.
  struct LoadedModel: Sendable {
    /// The network.
    var program: Program
    /// What the file says about itself; `nil` for the text form.
    var provenance: Provenance?
    /// Whether the file has the channels of its inputs first.
    var hasChannelsFirst = false
    /// What the file says of each input beyond the graph; empty if nothing.
    var inputs: [FileValue] = []
    /// What the file says of each output beyond the graph; empty if nothing.
    var outputs: [FileValue] = []
    /// The SHA-256 of the text form; `nil` for files, whose hash takes reading them.
    var textHash: SHA256Digest?

    /// Notes in `request` how the file has its inputs.
    func arrange(_ request: inout PreprocessingRequest) {
      request.prefersChannelsFirst = hasChannelsFirst
      let names = program.interface.inputs.map(\.name)
      request.integerInputs = Set(zip(names, inputs).filter { $1.isInteger }.map(\.0))
    }
  }

  /// Loads the model at `path`; a name that ends in .sir is a text, others a frontend reads.
  ///
  /// Warnings are printed. Without `needsTensors`, weights stay in the file.
  ///
  /// - Throws: what reading throws; `driver.unknown-model` if no frontend knows the format.
  func loadModel(
    _ path: String, _ options: ImportOptions, needsTensors: Bool = true
  ) throws(CompileError) -> LoadedModel {
    let file = try liftingDiagnostic { () throws(Diagnostic) in try InputFile(path: path) }
    if file.isText {
      try refuse(options, for: path, "the text form describes its network itself")
      return try loadText(path)
    }
    if Artefact.recognizes(file) {
      throw CompileError(.isArtefact(path))
    }
    guard let frontend = registry.frontend(for: file) else {
      throw CompileError(.unknownModel(file, registry.frontends))
    }
    if !frontend.takesArchitecture {
      try refuse(
        options, for: path, "files of '\(frontend.name)' describe their network themselves")
    }
    var sink = DiagnosticSink()
    defer { console.report(contentsOf: sink.diagnostics) }
    var model = try frontend.load(path: path, options: options, sink: &sink)
    if needsTensors {
      try model.graph.tensors.materialize()
    }
    return LoadedModel(
      program: .ann(model.graph), provenance: model.provenance,
      hasChannelsFirst: model.hasChannelsFirst, inputs: model.inputs, outputs: model.outputs)
  }

  /// Refuses options that reading the model at `path` would not heed.
  ///
  /// - Throws: `driver.unused-architecture`.
  func refuse(
    _ options: ImportOptions, for path: String, _ reason: String
  ) throws(CompileError) {
    if options.architecture != nil { throw CompileError(.unusedArchitecture(path, reason)) }
  }

  /// Refuses an output that is one of the files that are read.
  ///
  /// - Throws: `output.is-input`.
  func refuse(output: String?, overwriting inputs: [String]) throws(CompileError) {
    guard let output else { return }
    if let input = inputs.first(where: { isSameFile($0, output) }) {
      throw CompileError(.outputIsInput(output, input))
    }
  }
}

extension DataRequest {

  /// The files that are read, without the names of parts inside them.
  var files: [String] {
    (data + [labels].compactMap { $0 }).map { DataSource.path(of: $0) }
  }
}

extension Diagnostic {

  /// Returns an error about an output that is also an input.
  fileprivate static func outputIsInput(_ output: String, _ input: String) -> Diagnostic {
    .error(
      "output.is-input", "the output '\(output)' would overwrite the input '\(input)'",
      exitCode: .usage)
  }

  /// Returns an error about a network at another level than the command takes.
  static func wrongLevel(_ path: String, found: Level, hint: String) -> Diagnostic {
    .error(
      "driver.wrong-level", "the network is at the level '\(found.rawValue)'", at: .file(path),
      notes: [hint])
  }

  /// Returns an error about a description of a network that nobody reads.
  fileprivate static func unusedArchitecture(_ path: String, _ reason: String) -> Diagnostic {
    .error(
      "driver.unused-architecture", "'--architecture' has no effect: \(reason)",
      at: .file(path), notes: ["leave the option out"], exitCode: .usage)
  }

  /// Returns an error about a compiled network where a model is expected.
  fileprivate static func isArtefact(_ path: String) -> Diagnostic {
    .error(
      "driver.is-artefact", "the file is a compiled network, expected a model", at: .file(path),
      notes: ["run it with 'spikec run', or read it with 'spikec inspect'"])
  }
}
