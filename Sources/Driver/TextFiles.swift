// Programs as two files: the text form, and beside it an HDF5 file with the tensors.

internal import DataIO
internal import Diagnostics
internal import HDF5
internal import SpikeIR
internal import SpikeStore
internal import SpikeText

/// Where the tensors of the text file `path` are: in a file beside it.
func containerPath(_ path: String) -> String { path + ".h5" }

extension Session {

  /// Loads the text form at `path` with its tensors, verified.
  ///
  /// - Throws: what parsing and the verifier find, `sir.missing-tensor` if the tensors are neither
  ///   in the text nor beside it.
  func loadText(_ path: String, needsTensors: Bool = true) throws(CompileError) -> LoadedModel {
    let bytes = try liftingDiagnostic { () throws(Diagnostic) in try readFile(path) }
    let parsed = try parseWithLocations(String(decoding: bytes, as: UTF8.self), file: path)
    var program = parsed.program
    let container = containerPath(path)
    if !program.elidedTensors.isEmpty && (needsTensors || fileExists(container)) {
      if fileExists(container) {
        let file = try liftingDiagnostic { () throws(Diagnostic) in
          try HDF5File(readingAt: container)
        }
        try file.attachTensors(to: &program)
        // The text names the hashes of the tensors: its own hash stands for them too.
      } else {
        try program.attachTensors { (_, _) throws(CompileError) in nil }
      }
    }
    let findings = program.verify().map(parsed.located)
    if findings.contains(where: { $0.severity == .error }) { throw CompileError(findings) }
    console.report(contentsOf: findings)
    return LoadedModel(program: program, textHash: SHA256Digest(of: bytes))
  }
}

/// The text form and its container, to be written whole or not at all.
struct TextOutput: Sendable {

  private let text: OutputFile
  private let container: OutputFile

  /// Prepares to write the text form to `path`.
  ///
  /// - Throws: `output.cannot-write`.
  init(creating path: String) throws(Diagnostic) {
    text = try OutputFile(creating: path)
    container = try OutputFile(creating: containerPath(path))
  }

  /// Writes `program` and its tensors.
  ///
  /// - Throws: `output.cannot-write`, `output.write-failed`, `hdf5.cannot-write`.
  func write(_ program: Program) throws(Diagnostic) {
    let file = try HDF5Writer(creatingAt: container.temporaryPath)
    try file.writeTensors(of: program.tensors)
    try file.close()
    try text.write(Array(SpikeText.text(of: program).utf8))
    try container.commit()
    try text.commit()
  }
}
