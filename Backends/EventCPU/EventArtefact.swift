// The artefact `.spk`: a quantized spiking network with its tensors and its origin, in one file.

package import Diagnostics
internal import HDF5
package import SpikeIR
internal import SpikeStore
internal import SpikeText

/// A compiled network, ready for the engine.
///
/// One HDF5 file: the attribute `format`, the dataset `/network` with the text form, the group
/// `/tensors` with the elements under their SHA-256, and the attributes of `/provenance` with
/// where the network comes from. The same content gives the same bytes.
package struct EventArtefact: Hashable, Sendable {

  /// The network, quantized; preprocessing is part of its encoders.
  package var graph: SpikingGraph

  /// Where the network comes from: names and values, such as the source file's SHA-256.
  package var provenance: [Property]

  /// A named value.
  package struct Property: Hashable, Sendable {
    /// The name, kebab-case.
    package var name: String
    /// The value.
    package var value: String

    /// Creates a property.
    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// Creates an artefact.
  package init(graph: SpikingGraph, provenance: [Property]) {
    self.graph = graph
    self.provenance = provenance
  }

  /// The first bytes of every file in this format and its successors.
  private static let format = "spikec-artefact/1"

  /// Returns whether the HDF5 file at `path` says that it is an artefact.
  package static func recognizes(path: String) -> Bool {
    guard let file = try? HDF5File(readingAt: path) else { return false }
    return (try? file.string(attribute: "format"))?.hasPrefix("spikec-artefact/") ?? false
  }

  /// Reads the artefact at `path`; the network is verified, and the engine can lower it.
  ///
  /// - Throws: `hdf5.cannot-open`; `cpu.not-artefact`; what parsing, the verifier and lowering
  ///   find in a damaged file.
  package init(readingAt path: String) throws(CompileError) {
    let file = try liftingDiagnostic { () throws(Diagnostic) in try HDF5File(readingAt: path) }
    let text = try liftingDiagnostic { () throws(Diagnostic) in
      let found = (try? file.string(attribute: "format")) ?? "no format"
      guard found == EventArtefact.format else { throw Diagnostic.notArtefact(path, found) }
      let strings = try file.strings("/network")
      guard let text = strings.first, strings.count == 1 else {
        throw Diagnostic.notArtefact(path, "\(strings.count) networks")
      }
      return text
    }
    var program = try parseProgram(text, file: "\(path):/network")
    try file.attachTensors(to: &program)
    guard case .snn(let graph) = program else {
      throw CompileError(.notArtefact(path, "a network of level \(program.level.rawValue)"))
    }
    _ = try EventEngine(lowering: graph)
    self.graph = graph
    provenance = try liftingDiagnostic { () throws(Diagnostic) in
      guard file.exists("/provenance") else { return [] }
      var result: [Property] = []
      for name in try file.attributeNames(of: "/provenance") {
        result.append(Property(name, try file.string(attribute: name, of: "/provenance")))
      }
      return result
    }
  }

  /// Writes the artefact to `path`.
  ///
  /// - Throws: `hdf5.cannot-write`.
  package func write(to path: String) throws(Diagnostic) {
    let file = try HDF5Writer(creatingAt: path)
    try file.setAttribute("format", EventArtefact.format)
    try file.write(text(of: .snn(graph)), to: "/network")
    try file.writeTensors(of: graph.tensors)
    try file.createGroup("/provenance")
    for property in provenance.sorted(by: { $0.name < $1.name }) {
      try file.setAttribute(property.name, property.value, of: "/provenance")
    }
    try file.close()
  }
}

extension Diagnostic {

  /// Returns an error about a file that is not an artefact of this version.
  fileprivate static func notArtefact(_ path: String, _ found: String) -> Diagnostic {
    .error(
      "cpu.not-artefact", "expected a compiled network (spikec-artefact/1), found \(found)",
      at: .file(path), notes: ["'spikec compile MODEL -o FILE.spk' makes one"])
  }
}
