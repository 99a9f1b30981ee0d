import Diagnostics
import FoundationEssentials
import TestSupport
import Testing

@testable import ONNXFrontend

/// The only id of the diagnostics that reading `bytes` ends with, or all of them.
private func id(_ bytes: [UInt8]) -> String {
  problems(bytes).map { $0.id }.joined(separator: " ")
}

@Suite("Files that are no ONNX models") struct BadFileTests {

  @Test("are told by what they are") func kinds() {
    #expect(id([]) == "onnx.empty-file")
    #expect(
      id([UInt8]("version https://git-lfs.github.com/spec/v1\noid".utf8)) == "onnx.git-lfs-pointer")
    #expect(id([UInt8]("ir_version: 8\ngraph {\n}\n".utf8)) == "onnx.text-format")
    #expect(id([UInt8]("<\n  ir_version: 8\n>\nagraph () => () {}".utf8)) == "onnx.text-format")
    #expect(id([UInt8]("{\"irVersion\": \"8\"}".utf8)) == "onnx.text-format")
    #expect(id([0x89, 0x48, 0x44, 0x46, 13, 10]) == "onnx.not-onnx")
    #expect(id([0x50, 0x4B, 3, 4, 20, 0]) == "onnx.not-onnx")
    #expect(id([UInt8]("hello, world".utf8)) == "onnx.not-onnx")
    #expect(id([0xFF, 0xFF, 0xFF, 0xFF]) == "onnx.not-onnx")
    let constant = Wire {
      $0.packed(1, [1])
      $0.int(2, 1)
      $0.bytes(9, [0, 0, 0, 0])
    }
    #expect(id(constant.bytes) == "onnx.tensor-file")
    #expect(id(Wire { $0.int(1, 8) }.bytes) == "onnx.no-graph")
  }

  @Test("are named by what was found")
  func messages() {
    let cases: [(start: [UInt8], found: String)] = [
      ([UInt8]("<!DOCTYPE html>\n<html>".utf8), "a text that begins with '<!DOCTYPE html>'"),
      ([UInt8]("import torch\n".utf8), "a text that begins with 'import torch'"),
      ([0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10], "a PNG image"),
      ([0x80, 2, 0x63], "a Python pickle, as old PyTorch saves"),
      ([0x1C, 0, 0, 0, 0x54, 0x46, 0x4C, 0x33, 1], "a TensorFlow Lite model"),
      ([0xFE, 0xED, 0xFA, 0xCE, 1, 2, 3], "begins with the bytes FE ED FA CE 01 02 03"),
    ]
    for (start, found) in cases {
      let problems = problems(start)
      #expect(problems.map { $0.id } == ["onnx.not-onnx"])
      #expect(problems.first?.message.hasPrefix("not an ONNX file: it ") == true)
      #expect(problems.first?.message.contains(found) == true, "\(found)")
    }
  }

  @Test("or no files at all are not opened") func notFiles() throws {
    let folder = try TemporaryFolder()
    let paths = [
      (folder.path, "file.cannot-open"), ("\(folder.path)/missing.onnx", "file.missing"),
      ("/dev/zero", "file.cannot-open"), ("a\0b", "file.missing"),
    ]
    for (path, id) in paths {
      let error = #expect(throws: CompileError.self) { try ONNXModel(readingAt: path) }
      #expect(error?.diagnostics.map { $0.id } == [id])
      #expect(error?.exitCode == .missingInput)
    }
  }

  @Test("break off at any byte with a diagnostic") func truncated() throws {
    let fixture = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Fixtures/onnx/tf2onnx/mlp.onnx")
    let whole = [UInt8](try Data(contentsOf: fixture))
    // The graph is one field: where the file lacks its end, nothing else is wrong with it.
    let places = Array(0..<600) + Array(stride(from: 600, to: whole.count - 64, by: 97))
    for count in places + Array(whole.count - 64..<whole.count) {
      let ids = problems(Array(whole[..<count])).map { $0.id }
      #expect(ids.count <= 1)
      if count < whole.count - 40 {
        #expect(
          ["onnx.truncated", "onnx.empty-file", "onnx.no-graph"].contains(ids.first), "\(count)")
      }
    }
    let last = problems(Array(whole[..<3000])).first
    #expect(last?.message.hasPrefix("the file ends at byte 3000, within a field of ") == true)
  }

  @Test("with lengths that do not fit are malformed") func lengths() {
    // A node that is longer than its graph, but not than the file.
    var overlong = Wire()
    overlong.int(1, 8)
    overlong.bytes(7, [0x0A, 5, 1])
    overlong.message(8) { $0.int(2, 13) }
    #expect(id(overlong.bytes) == "onnx.malformed")
    // The same within a node, where it has a place.
    let node = Wire.model(graph: { $0.bytes(1, [0x0A, 3, 1]) })
    #expect(id(node) == "onnx.malformed")
    #expect(problems(node).first?.site.map { "\($0)".hasSuffix(":graph.node[0]") } == true)
    // Numbers without an end, the number 0 of a field, groups.
    #expect(
      id(Wire.model(graph: { $0.bytes(1, [UInt8](repeating: 0xFF, count: 12)) }))
        == "onnx.malformed")
    #expect(id(Wire.model(graph: { $0.bytes(1, [0x00, 0x00]) })) == "onnx.malformed")
    #expect(id(Wire.model(graph: { $0.bytes(1, [0x0B, 0x0C]) })) == "onnx.malformed")
    // A name that is a number, floats of 3 bytes, a constant that is there twice.
    #expect(id(Wire.model(graph: { $0.message(1) { $0.int(4, 1) } })) == "onnx.malformed")
    #expect(id(Wire.model(attribute: { $0.bytes(7, [1, 2, 3]) })) == "onnx.malformed")
    #expect(id(Wire.model(attribute: { $0.bytes(8, [0x80]) })) == "onnx.malformed")
    let doubled = Wire.model(attribute: {
      $0.message(5) { $0.int(2, 1) }
      $0.message(5) { $0.int(2, 1) }
    })
    #expect(id(doubled) == "onnx.malformed")
  }

  @Test("with names that are no text are malformed") func names() {
    for name: [UInt8] in [[0x61, 0], [0xFF], [0xC3], [0xED, 0xA0, 0x80]] {
      #expect(id(Wire.model(graph: { $0.message(1) { $0.bytes(3, name) } })) == "onnx.malformed")
    }
    #expect(id(Wire.model(graph: { $0.message(1) { $0.text(3, "größe") } })) == "")
    let long = [UInt8](repeating: 0x61, count: Skeleton.textLimit + 1)
    #expect(id(Wire.model(graph: { $0.message(1) { $0.bytes(3, long) } })) == "onnx.malformed")
  }

  @Test("with more parts than memory are refused") func tooMany() {
    let nodes = [UInt8](repeating: 0, count: 2_000_000).enumerated().map {
      $0.offset % 2 == 0 ? 0x0A : $0.element
    }
    #expect(id(Wire.model(graph: { $0.bytes += nodes })) == "onnx.too-many-parts")
    // The same within one node.
    #expect(id(Wire.model(graph: { $0.bytes(1, nodes) })) == "onnx.too-many-parts")
  }

  @Test("say one thing only of what has one meaning") func duplicates() {
    let constant = { (wire: inout Wire) in
      wire.message(5) {
        $0.int(2, 1)
        $0.text(8, "w")
        $0.bytes(9, [0, 0, 0, 0])
      }
    }
    #expect(id(Wire.model(graph: constant)) == "")
    #expect(
      id(
        Wire.model(graph: {
          constant(&$0)
          constant(&$0)
        })) == "onnx.duplicate-initializer")
    #expect(
      id(
        Wire.model(graph: {
          $0.message(1) {
            $0.message(5) { $0.text(1, "a") }
            $0.message(5) { $0.text(1, "a") }
          }
        })) == "onnx.duplicate-attribute")
    #expect(
      id(Wire.model(graph: { _ in }) + Wire { $0.message(8) { $0.int(2, 9) } }.bytes)
        == "onnx.two-opsets")
    #expect(
      id(
        Wire.model(graph: {
          $0.message(11) { $0.text(1, "x") }
          $0.message(11) { $0.text(1, "x") }
        })) == "onnx.duplicate-input")
    #expect(id(Wire.model(graph: { $0.message(15) { _ in } })) == "onnx.sparse-initializer")
  }
}
