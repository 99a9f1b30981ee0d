import Diagnostics
import TestSupport
import Testing

@testable import ONNXFrontend

/// Returns the ids of the diagnostics that reading a model made of `bytes` ends with.
func problems(_ bytes: [UInt8]) -> [Diagnostic] {
  do {
    let file = try TemporaryFile(bytes)
    _ = try ONNXModel(readingAt: file.path)
    return []
  } catch let error as CompileError {
    return error.diagnostics
  } catch {
    Issue.record(error)
    return []
  }
}

@Suite("ONNX files") struct ModelReaderTests {

  @Test("give graphs as they are written") func model() throws {
    let file = try TemporaryFile(
      Wire {
        $0.int(1, 7)
        $0.text(2, "writer")
        $0.text(3, "1.2")
        $0.text(6, "not of interest")
        $0.message(8) {
          $0.text(1, "ai.onnx")
          $0.int(2, 13)
        }
        $0.message(8) {
          $0.text(1, "other")
          $0.int(2, 1)
        }
        $0.message(7) {
          $0.message(1) {
            $0.text(1, "x")
            $0.text(1, "")
            $0.text(1, "w")
            $0.text(2, "y")
            $0.text(3, "n1")
            $0.text(4, "Conv")
            $0.text(7, "ai.onnx")
          }
          $0.text(2, "net")
          $0.message(5) {
            $0.packed(1, [2])
            $0.int(2, 1)
            $0.text(8, "w")
            $0.bytes(9, Float(1.5).littleEndianBytes + Float(-2).littleEndianBytes)
          }
          $0.message(11) {
            $0.text(1, "x")
            $0.message(2) {
              $0.message(1) {
                $0.int(1, 1)
                $0.message(2) {
                  $0.message(1) { $0.text(2, "batch") }
                  $0.message(1) { $0.int(1, 3) }
                  $0.message(1) { _ in }
                  $0.message(1) { $0.int(1, -1) }
                }
              }
            }
          }
          $0.message(12) { $0.text(1, "y") }
        }
      }.bytes)
    let model = try ONNXModel(readingAt: file.path)
    #expect(model.irVersion == 7 && model.producer == "writer" && model.producerVersion == "1.2")
    #expect(model.opsets == ["": 13, "other": 1] && model.opset == 13)
    #expect(model.graph.name == "net")
    let node = try #require(model.graph.nodes.first)
    #expect(node.name == "n1" && node.opType == "Conv" && node.domain == "")
    #expect(node.inputs == ["x", "", "w"] && node.outputs == ["y"])
    let weights = try #require(model.graph.initializers.first)
    #expect(weights.name == "w" && weights.extents == [2] && weights.type == .float)
    #expect(try weights.elements.floats() == [1.5, -2])
    #expect(try weights.elements.floats() == [1.5, -2])
    let input = try #require(model.graph.inputs.first)
    #expect(input.type == .float)
    #expect(input.extents == [.named("batch"), .fixed(3), .unknown, .unknown])
    let output = try #require(model.graph.outputs.first)
    #expect(output.type == nil && output.extents == nil)
  }

  @Test("with newer operators than are known are read with a warning") func newerOpset() throws {
    for (opset, ids) in [(ONNXModel.newestOpset, []), (99, ["onnx.newer-opset"])]
      as [(Int, [String])]
    {
      let file = try TemporaryFile(
        Wire {
          $0.int(1, 8)
          $0.message(8) { $0.int(2, opset) }
          $0.message(7) { $0.text(2, "net") }
        }.bytes)
      var sink = DiagnosticSink()
      _ = try ONNXModel(readingAt: file.path, sink: &sink)
      #expect(sink.diagnostics.map { $0.id } == ids)
      for warning in sink.diagnostics {
        #expect(warning.severity == .warning && warning.message.contains("version 99"))
        #expect(warning.message.contains("known is \(ONNXModel.newestOpset)"))
      }
    }
  }

  @Test("may have their graph in parts") func parts() throws {
    let first = Wire.model(graph: {
      $0.message(1) { $0.text(4, "Relu") }
      $0.message(11) { $0.text(1, "x") }
    })
    let second = Wire {
      $0.message(7) {
        $0.message(1) { $0.text(4, "Tanh") }
        $0.text(2, "net")
      }
    }
    let file = try TemporaryFile(first + second.bytes)
    let graph = try ONNXModel(readingAt: file.path).graph
    #expect(graph.nodes.map { $0.opType } == ["Relu", "Tanh"] && graph.name == "net")
    #expect(graph.inputs.map { $0.name } == ["x"])
    let repeated = Wire { $0.message(7) { $0.message(11) { $0.text(1, "x") } } }
    #expect(problems(first + repeated.bytes).map { $0.id } == ["onnx.duplicate-input"])
  }
}
