import Diagnostics
import SpikeIR
import SpikeText
import Testing

@Suite("Attaching of tensors") struct AttachTensorsTests {

  private func elided() throws -> (full: Program, elided: Program) {
    var graph = ANNGraph(name: "x")
    graph.tensors.add("a", shape: [2], floats: [1, 2])
    graph.tensors.add("b", shape: [1], floats: [3])
    let full = Program.ann(graph)
    return (full, try parseProgram(text(of: full), file: "x.sir"))
  }

  private func failure(_ lookup: @escaping (SHA256Digest) -> TensorData?) throws -> [String] {
    var (_, program) = try elided()
    let before = program
    let error = #expect(throws: CompileError.self) {
      try program.attachTensors { _, hash in lookup(hash) }
    }
    #expect(program == before)
    return error?.diagnostics.map(\.id) ?? []
  }

  @Test("reports all tensors that are missing") func missing() throws {
    #expect(try failure { _ in nil } == ["sir.missing-tensor", "sir.missing-tensor"])
  }

  @Test("refuses elements of another number") func count() throws {
    #expect(
      try failure { _ in .float32([1, 2]) } == ["sir.different-tensor"])
  }

  @Test("refuses elements of another type") func type() throws {
    let found = try failure { _ in .int32([1, 2]) }
    #expect(found == ["sir.different-tensor", "sir.different-tensor"])
  }

  @Test("refuses elements with another hash") func hash() throws {
    let (full, _) = try elided()
    let b = full.tensors[TensorID(1)]
    let found = try failure { $0 == b.hash ? b.data : .float32([1, 2.5]) }
    #expect(found == ["sir.different-tensor"])
  }

  @Test("leaves tensors that are at hand") func atHand() throws {
    var (full, _) = try elided()
    let before = full
    try full.attachTensors { _, _ in nil }
    #expect(full == before)
  }
}
