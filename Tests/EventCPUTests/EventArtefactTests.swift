// Compiled networks on disk: they come back as they were, and damage is diagnosed.

import Diagnostics
import EventCPU
import HDF5
import SpikeIR
import SpikeText
import TestSupport
import Testing

@Suite("Artefacts") struct EventArtefactTests {

  /// A random quantized network with its origin.
  private func artefact(seed: UInt64) -> EventArtefact {
    var random = SplitMix64(seed: seed)
    let graph = randomSpikingGraph(using: &random)
    return EventArtefact(
      graph: graph, provenance: [.init("source-sha256", "00ff"), .init("version", "1")])
  }

  @Test("come back as they were", arguments: 0..<20)
  func roundTrip(seed: UInt64) throws {
    let file = TemporaryFile()
    let written = artefact(seed: seed)
    try written.write(to: file.path)
    #expect(try EventArtefact(readingAt: file.path) == written)
    #expect(EventArtefact.recognizes(path: file.path))
  }

  @Test("have the same bytes for the same content") func deterministic() throws {
    let first = TemporaryFile()
    let second = TemporaryFile()
    let other = TemporaryFile()
    try artefact(seed: 3).write(to: first.path)
    try artefact(seed: 3).write(to: second.path)
    try artefact(seed: 4).write(to: other.path)
    #expect(try first.bytes() == second.bytes())
    #expect(try first.bytes() != other.bytes())
  }

  @Test("that are cut off are diagnosed", arguments: [0.0, 0.1, 0.5, 0.9, 0.999])
  func truncated(part: Double) throws {
    let file = TemporaryFile()
    try artefact(seed: 5).write(to: file.path)
    let bytes = try file.bytes()
    try file.write(Array(bytes.prefix(Int(Double(bytes.count) * part))))
    #expect(throws: CompileError.self) { try EventArtefact(readingAt: file.path) }
    #expect(!EventArtefact.recognizes(path: file.path))
  }

  @Test("of another kind are told apart") func otherKinds() throws {
    let missing = TemporaryFile()
    let error = #expect(throws: CompileError.self) { try EventArtefact(readingAt: missing.path) }
    #expect(error?.exitCode == .missingInput)
    let plain = TemporaryFile()
    try write(to: plain.path, format: nil, network: nil)
    #expect(errors(reading: plain.path) == ["cpu.not-artefact"])
    let later = TemporaryFile()
    try write(to: later.path, format: "spikec-artefact/2", network: "")
    #expect(errors(reading: later.path) == ["cpu.not-artefact"])
    let operators = TemporaryFile()
    let ann = text(of: .ann(ANNGraph(name: "empty")))
    try write(to: operators.path, format: "spikec-artefact/1", network: ann)
    #expect(errors(reading: operators.path) == ["cpu.not-artefact"])
  }

  @Test("without a tensor that the network names are diagnosed") func missingTensor() throws {
    let file = TemporaryFile()
    let network = text(of: .snn(artefact(seed: 6).graph))
    try write(to: file.path, format: "spikec-artefact/1", network: network)
    #expect(errors(reading: file.path)?.first == "sir.missing-tensor")
  }

  /// Writes an HDF5 file with parts of an artefact.
  private func write(to path: String, format: String?, network: String?) throws {
    let file = try HDF5Writer(creatingAt: path)
    if let format { try file.setAttribute("format", format) }
    if let network { try file.write(network, to: "/network") }
    try file.close()
  }

  /// Returns the ids of the errors with which reading the file at `path` ends; `nil` if it works.
  private func errors(reading path: String) -> [String]? {
    do throws(CompileError) {
      _ = try EventArtefact(readingAt: path)
      return nil
    } catch {
      return error.diagnostics.map(\.id)
    }
  }
}
