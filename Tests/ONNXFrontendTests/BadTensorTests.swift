import Diagnostics
import FoundationEssentials
import Glibc
import TestSupport
import Testing

@testable import ONNXFrontend

/// Returns what is wrong with a constant.
private func problem(_ tensor: (inout Wire) -> Void) -> Diagnostic? {
  let all = problems(Wire.model(tensor: tensor))
  #expect(all.count <= 1)
  return all.first
}

@Suite("Constants that are not what they say") struct BadTensorTests {

  @Test("are refused with what was found and expected") func sizes() {
    let short = problem {
      $0.packed(1, [2, 3])
      $0.int(2, 1)
      $0.text(8, "w")
      $0.bytes(9, [0, 0, 0, 0])
    }
    #expect(short?.id == "onnx.bad-tensor")
    #expect(
      short?.message == "constant 'w': found 4 bytes, expected 24 for 6 elements of type float")
    let typed = problem {
      $0.packed(1, [3])
      $0.int(2, 1)
      $0.bytes(4, [0, 0, 0, 0])
    }
    #expect(typed?.id == "onnx.bad-tensor")
    let nibbles = problem {
      $0.packed(1, [3])
      $0.int(2, 22)
      $0.bytes(9, [0, 0])
    }
    #expect(nibbles == nil)
    #expect(
      problem {
        $0.packed(1, [3])
        $0.int(2, 7)
        $0.packed(7, [1, 2])
      }?.id == "onnx.bad-tensor")
    #expect(
      problem {
        $0.packed(1, [2])
        $0.int(2, 1)
      }?.message == "constant '': found no data, expected 2 elements of type float")
  }

  @Test("of impossible extents are refused") func extents() {
    for extents in [
      [-1], [0, -5], [1 << 40, 1 << 40], [1 << 40, 1 << 40, 0], [1 << 62, 4], [0, 1 << 40],
    ] {
      let found = problem {
        $0.packed(1, extents)
        $0.int(2, 1)
        $0.bytes(9, [])
      }
      #expect(found?.id == "onnx.bad-tensor", "\(extents)")
    }
    let wide = problem {
      $0.packed(1, [Int](repeating: 1, count: 65))
      $0.int(2, 1)
      $0.text(8, "w")
      $0.bytes(9, [0, 0, 0, 0])
    }
    #expect(wide?.message == "constant 'w': it has 65 axes, accepted are 64")
    #expect(
      problem {
        $0.packed(1, [0, 1 << 16])
        $0.int(2, 1)
      } == nil)
  }

  @Test("of unknown types are refused") func types() {
    for type in [0, 27, 1000, -1, Int.max] {
      #expect(problem { $0.int(2, type) }?.id == "onnx.unknown-element-type")
    }
    #expect(
      problem {
        $0.int(2, 1)
        $0.message(3) { $0.int(1, 0) }
        $0.bytes(9, [0, 0, 0, 0])
      }?.message.contains("segment") == true)
  }

  @Test("of text are refused when they are needed") func text() throws {
    let file = try TemporaryFile(
      Wire.model(tensor: {
        $0.packed(1, [1])
        $0.int(2, 8)
        $0.text(6, "word")
      }))
    let tensor = try #require(try ONNXModel(readingAt: file.path).graph.initializers.first)
    #expect(throws: Diagnostic.self) { try tensor.elements.floats() }
    #expect(throws: Diagnostic.self) { try tensor.elements.integers() }
  }

  @Test("are not read from a file that has changed") func changed() throws {
    let bytes = Wire.model(tensor: {
      $0.int(2, 1)
      $0.bytes(9, Float(1).littleEndianBytes)
    })
    let file = try TemporaryFile(bytes)
    let tensor = try #require(try ONNXModel(readingAt: file.path).graph.initializers.first)
    #expect(try tensor.elements.floats() == [1])
    try file.write(bytes + [0])
    let error = #expect(throws: Diagnostic.self) { try tensor.elements.floats() }
    #expect(error?.id == "file.changed")
    try file.write(Array(bytes.dropLast()))
    #expect(throws: Diagnostic.self) { try tensor.elements.floats() }
  }
}

@Suite("Constants in files of their own") struct ExternalDataTests {

  /// Returns a model with a constant of three floating-point numbers elsewhere.
  private func model(_ entries: [(String, String)]) -> [UInt8] {
    Wire.model(tensor: {
      $0.packed(1, [3])
      $0.int(2, 1)
      $0.text(8, "w")
      $0.int(14, 1)
      for (key, value) in entries {
        $0.message(13) {
          $0.text(1, key)
          $0.text(2, value)
        }
      }
    })
  }

  /// Reads such a model from `folder`; the elements, or what is wrong.
  private func read(
    _ entries: [(String, String)], in folder: borrowing TemporaryFolder
  ) throws -> Result<[Float], Diagnostic> {
    let path = try folder.write("model.onnx", model(entries))
    do {
      let tensor = try #require(try ONNXModel(readingAt: path).graph.initializers.first)
      return .success(try tensor.elements.floats())
    } catch let error as CompileError {
      return .failure(try #require(error.diagnostics.first))
    } catch let error as Diagnostic {
      return .failure(error)
    }
  }

  private let numbers: [Float] = [1, -2, 0.5]
  private var bytes: [UInt8] { numbers.flatMap { $0.littleEndianBytes } }

  @Test("are read from the model's folder") func read() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.path + "/sub", withIntermediateDirectories: true)
    _ = try folder.write("w.bin", [9, 9] + bytes + [9])
    _ = try folder.write("sub/w.bin", bytes)
    #expect(try read([("location", "sub/w.bin")], in: folder).get() == numbers)
    #expect(try read([("location", "./sub/./w.bin")], in: folder).get() == numbers)
    let part = [("location", "w.bin"), ("offset", "2"), ("length", "12"), ("checksum", "ignored")]
    #expect(try read(part, in: folder).get() == numbers)
  }

  @Test("are read from nowhere else") func traversal() throws {
    let outside = try TemporaryFolder()
    let secret = try outside.write("secret.bin", bytes)
    let folder = try TemporaryFolder()
    let other = URL(filePath: outside.path).lastPathComponent
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/link.bin", withDestinationPath: secret)
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/link", withDestinationPath: outside.path)
    try FileManager.default.createDirectory(
      atPath: folder.path + "/sub", withIntermediateDirectories: true)
    for location in [
      secret, "../\(other)/secret.bin", "sub/../../\(other)/secret.bin", "link.bin",
      "link/secret.bin", "", ".", "/", "..", "sub", "sub/", "missing.bin", "sub//w.bin", "w\\..\\x",
      "model.onnx/x", String(repeating: "a/", count: 500) + "b",
    ] {
      let result = try read([("location", location)], in: folder)
      guard case .failure(let error) = result else {
        Issue.record("read '\(location)'")
        continue
      }
      #expect(error.id == "onnx.bad-external-data", "\(location)")
    }
    guard case .failure(let error) = try read([], in: folder) else { return #expect(Bool(false)) }
    #expect(error.message == "constant 'w': its data is in another file, which is not named")
  }

  @Test("must be there in full") func sizes() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write("w.bin", bytes)
    for (offset, length) in [
      ("1", ""), ("0", "11"), ("0", "13"), ("-4", ""), ("0x0", ""), ("", "12.0"), ("13", ""),
      ("9223372036854775807", "12"), ("99999999999999999999", ""), ("", "18446744073709551615"),
    ] {
      let entries = [("location", "w.bin"), ("offset", offset), ("length", length)]
      guard case .failure(let error) = try read(entries, in: folder) else {
        Issue.record("read from '\(offset)', '\(length)'")
        continue
      }
      #expect(error.id == "onnx.bad-external-data")
      #expect(error.message.hasPrefix("constant 'w': "))
    }
  }

  @Test("are not read from a pipe") func pipe() throws {
    let folder = try TemporaryFolder()
    #expect(mkfifo(folder.path + "/w.bin", 0o600) == 0)
    guard case .failure(let error) = try read([("location", "w.bin")], in: folder) else {
      return #expect(Bool(false))
    }
    #expect(error.id == "onnx.bad-external-data")
  }

  @Test("are not read from another file than was seen first") func replaced() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write("w.bin", bytes)
    let path = try folder.write("model.onnx", model([("location", "w.bin")]))
    let tensor = try #require(try ONNXModel(readingAt: path).graph.initializers.first)
    try FileManager.default.removeItem(atPath: folder.path + "/w.bin")
    #expect(throws: Diagnostic.self) { try tensor.elements.floats() }
    _ = try folder.write("w.bin", bytes + [0, 0, 0, 0])
    let error = #expect(throws: Diagnostic.self) { try tensor.elements.floats() }
    #expect(error?.id == "file.changed")
  }

  @Test("may be shared, but not without end") func shared() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write("w.bin", [UInt8](repeating: 0, count: 4 << 20))
    func shared(_ times: Int) throws -> String {
      try folder.write(
        "model.onnx",
        Wire.model(graph: { graph in
          for i in 0..<times {
            graph.message(5) {
              $0.packed(1, [1 << 20])
              $0.int(2, 1)
              $0.text(8, "w\(i)")
              $0.int(14, 1)
              $0.message(13) {
                $0.text(1, "location")
                $0.text(2, "w.bin")
              }
            }
          }
        }))
    }
    #expect(try ONNXModel(readingAt: shared(10)).graph.initializers.count == 10)
    let path = try shared(200)
    let error = #expect(throws: CompileError.self) { try ONNXModel(readingAt: path) }
    #expect(error?.diagnostics.first?.id == "onnx.bad-external-data")
  }
}
