import Diagnostics
import Testing

@testable import ONNXFrontend

@Suite("ONNX constants") struct ONNXTensorTests {

  @Test("convert to integers only where they are whole numbers") func integers() throws {
    #expect(try ONNXNumbers([1, -2, 0]).integers() == [1, -2, 0])
    let error = #expect(throws: Diagnostic.self) { try ONNXNumbers([1, 0.5]).integers() }
    #expect(error?.id == "onnx.bad-tensor")
    #expect(throws: Diagnostic.self) { try ONNXNumbers([.infinity]).integers() }
  }
}
