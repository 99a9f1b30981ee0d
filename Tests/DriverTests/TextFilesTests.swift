import Diagnostics
import Foundation
import SpikeIR
import SpikeText
import Testing

@testable import Driver

@Suite("Programs in files") struct TextFilesTests {

  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
    "spikec-tests-\(UUID().uuidString)")

  private let session = Session(registry: .builtIn, console: Console())

  init() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  /// Returns a network with tensors of which two are equal.
  private func network() throws -> ANNGraph {
    var graph = ANNGraph(name: "tiny")
    let input = try graph.add("in", .input, shape: [2])
    let kernel = graph.tensors.add("a", shape: [2, 2], floats: [1, 2, 3, 4])
    let same = graph.tensors.add("b", shape: [2, 2], floats: [1, 2, 3, 4])
    let first = try graph.add("first", .dense(Dense(kernel: kernel)), [input])
    graph.outputs = [try graph.add("second", .dense(Dense(kernel: same)), [first])]
    return graph
  }

  @Test("read back as they were written") func roundTrip() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("a.sir").path
    let program = Program.ann(try network())
    try TextOutput(creating: path).write(program)
    #expect(try session.loadText(path).program == program)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(names == ["a.sir", "a.sir.h5"])
  }

  @Test("miss their tensors when the container is gone") func missing() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("a.sir").path
    try TextOutput(creating: path).write(.ann(try network()))
    try FileManager.default.removeItem(atPath: path + ".h5")
    let error = #expect(throws: CompileError.self) { try session.loadText(path) }
    #expect(error?.diagnostics.map(\.id) == ["sir.missing-tensor", "sir.missing-tensor"])
    #expect(try session.loadText(path, needsTensors: false).program.elidedTensors.count == 2)
  }

  @Test("are verified, with the place in the text") func verified() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("a.sir").path
    let text =
      "sir 1 ann \"x\"\n\n%0: [2] = input \"a\"\n%1: [3] = activation \"b\" (%0) {kind=relu}\nreturn (%1)\n"
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: CompileError.self) { try session.loadText(path) }
    let site = error?.diagnostics.first?.site
    guard case .text(_, let line, _, _)? = site else {
      Issue.record("found \(String(describing: site))")
      return
    }
    #expect(line == 4)
  }
}
