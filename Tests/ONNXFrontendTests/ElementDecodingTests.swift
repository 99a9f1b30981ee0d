import Diagnostics
import FoundationEssentials
import TestSupport
import Testing

@testable import ONNXFrontend

/// The folder of the constants of all types.
private let folder = URL(filePath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().appending(path: "Fixtures/onnx/elements").path()

/// The elements of the constants as the onnx package reads them, by name; NaNs are `nil`.
private let expected: [String: [UInt32?]] = {
  let bytes = (try? Data(contentsOf: URL(filePath: "\(folder)/elements.tsv"))) ?? Data()
  let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
  return Dictionary(
    uniqueKeysWithValues: lines.map { line in
      let columns = line.split(separator: "\t")
      return (String(columns[0]), columns[1].split(separator: " ").map { UInt32($0, radix: 16) })
    })
}()

@Suite("Elements of ONNX constants") struct ElementDecodingTests {

  @Test("are those that the onnx package reads") func allTypes() throws {
    let model = try ONNXModel(readingAt: "\(folder)/elements.onnx")
    #expect(model.graph.initializers.count == 46)
    for tensor in model.graph.initializers {
      let found = try tensor.elements.floats().map { $0.isNaN ? nil : $0.bitPattern }
      #expect(found == expected[tensor.name], "\(tensor.name)")
    }
  }

  @Test("are integers where the type has nothing else") func integers() throws {
    let model = try ONNXModel(readingAt: "\(folder)/elements.onnx")
    for tensor in model.graph.initializers where tensor.type.isInteger && tensor.type != .uint64 {
      let integers = try tensor.elements.integers()
      #expect(try integers.map { Float($0) } == tensor.elements.floats(), "\(tensor.name)")
    }
    let large = try #require(model.graph.initializers.first { $0.name == "uint64.raw" })
    let error = #expect(throws: Diagnostic.self) { try large.elements.integers() }
    #expect(error?.id == "onnx.bad-tensor")
  }

  @Test("are converted while they are reordered") func permuted() throws {
    let model = try ONNXModel(readingAt: "\(folder)/elements.onnx")
    for var tensor in model.graph.initializers {
      let count = tensor.count
      tensor.extents = count.isMultiple(of: 2) ? [2, count / 2] : [1, count]
      let source = try tensor.elements.floats()
      let columns = tensor.extents[1]
      let transposed = (0..<count).map {
        source[$0 % tensor.extents[0] * columns + $0 / tensor.extents[0]]
      }
      let found = try tensor.floats(permuted: [1, 0])
      #expect(found.map { $0.bitPattern } == transposed.map { $0.bitPattern }, "\(tensor.name)")
    }
  }

  @Test("are read from a file of one constant") func tensorFile() throws {
    let tensor = try ONNXTensor(readingAt: "\(folder)/tensor.pb")
    #expect(tensor.name == "float16.raw" && tensor.type == .float16)
    let found = try tensor.elements.floats().map { $0.isNaN ? nil : $0.bitPattern }
    #expect(found == expected["float16.raw"])
  }

  @Test("may come one by one or in rows") func unpacked() throws {
    let file = try TemporaryFile(
      Wire {
        $0.int(1, 2)
        $0.int(1, 3)
        $0.int(2, 1)
        $0.float(4, 1)
        $0.float(4, 2)
        $0.text(8, "mixed")
        $0.bytes(4, Float(3).littleEndianBytes + Float(4).littleEndianBytes)
        $0.float(4, 5)
        $0.float(4, 6)
      }.bytes)
    let tensor = try ONNXTensor(readingAt: file.path)
    #expect(tensor.extents == [2, 3])
    #expect(try tensor.elements.floats() == [1, 2, 3, 4, 5, 6])
    #expect(try tensor.floats(permuted: [1, 0]) == [1, 4, 2, 5, 3, 6])
    let integers = try TemporaryFile(
      Wire {
        $0.packed(1, [4])
        $0.int(2, 7)
        $0.int(7, -1)
        $0.packed(7, [Int.min, 0])
        $0.int(7, Int.max)
      }.bytes)
    #expect(
      try ONNXTensor(readingAt: integers.path).elements.integers() == [-1, Int.min, 0, Int.max])
  }

  @Test("beyond their type are refused") func outOfRange() throws {
    for (type, value) in [(2, 256), (3, -129), (4, 70_000), (10, 1 << 40)] {
      let file = try TemporaryFile(
        Wire {
          $0.packed(1, [2])
          $0.int(2, type)
          $0.packed(5, [1, value])
        }.bytes)
      let tensor = try ONNXTensor(readingAt: file.path)
      let error = #expect(throws: Diagnostic.self) { try tensor.elements.floats() }
      #expect(error?.id == "onnx.bad-tensor")
    }
  }
}
