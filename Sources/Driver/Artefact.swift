// The artefact of the target `cpu`, `.spk`: what the backend stores, and what the driver adds.

internal import DataIO
internal import Diagnostics
internal import EventCPU
internal import SpikeIR

/// Reading and writing of compiled networks.
enum Artefact {

  /// Returns whether `file` is a compiled network, by its name or by what it says.
  static func recognizes(_ file: InputFile) -> Bool {
    if file.path.hasSuffix(".spk") { return true }
    let isHDF5 = file.prefix.starts(with: [0x89, 0x48, 0x44, 0x46])
    return isHDF5 && EventArtefact.recognizes(path: file.path)
  }

  /// Reads the compiled network at `path`.
  ///
  /// - Throws: what the backend finds wrong with the file.
  static func read(_ path: String) throws(CompileError) -> (
    graph: SpikingGraph, provenance: [(String, String)]
  ) {
    let artefact = try EventArtefact(readingAt: path)
    return (artefact.graph, artefact.provenance.map { ($0.name, $0.value) })
  }

  /// Writes a compiled network to `output`, whole or not at all.
  ///
  /// - Throws: `hdf5.cannot-write`, `output.write-failed`.
  static func write(
    _ graph: SpikingGraph, source: SHA256Digest, options: [(name: String, value: String)],
    to output: OutputFile
  ) throws(CompileError) {
    let origin = [("source-sha256", source.description), ("version", version)]
    let properties = (origin + options).map { EventArtefact.Property($0.0, $0.1) }
    try liftingDiagnostic { () throws(Diagnostic) in
      try EventArtefact(graph: graph, provenance: properties).write(to: output.temporaryPath)
      try output.commit()
    }
  }
}
