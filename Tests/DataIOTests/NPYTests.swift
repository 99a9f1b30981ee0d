import DataIO
import Diagnostics
import Foundation
import SpikeIR
import Testing

@testable import DataIO

@Suite("NumPy arrays") struct NPYTests {

  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test(
    "reads every element type in both byte orders",
    arguments: [
      ("b1", [1, 0, 7], [1, 0, 1]), ("u1", [1, 200, 7], [1, 200, 7]),
      ("i1", [1, 255, 128], [1, -1, -128]),
    ] as [(String, [UInt8], [Float])])
  func bytes(type: String, data: [UInt8], expected: [Float]) throws {
    let path = try folder.write("a.npy", npy("'|\(type)'", "(3,)", data))
    #expect(try open(path).values == expected)
  }

  @Test("reads words in both byte orders", arguments: ["<", ">"])
  func words(order: String) throws {
    func bytes<T: FixedWidthInteger>(_ list: [T]) -> [UInt8] {
      list.flatMap { order == "<" ? little($0) : big($0) }
    }
    let cases: [(String, [UInt8], [Float])] = [
      ("u2", bytes([UInt16(1), 65535]), [1, 65535]), ("i2", bytes([Int16(-2), 300]), [-2, 300]),
      ("u4", bytes([UInt32(7), 1 << 31]), [7, 2_147_483_648]),
      ("i4", bytes([Int32(-7), 70000]), [-7, 70000]),
      ("u8", bytes([UInt64(5), 1 << 40]), [5, 1_099_511_627_776]),
      ("i8", bytes([Int64(-5), 1 << 40]), [-5, 1_099_511_627_776]),
      ("f2", bytes([Float16(1.5).bitPattern, Float16(-0.25).bitPattern]), [1.5, -0.25]),
      ("f4", bytes([Float(0.1).bitPattern, Float(-3).bitPattern]), [0.1, -3]),
      ("f8", bytes([Double(0.5).bitPattern, Double(1e10).bitPattern]), [0.5, 1e10]),
    ]
    for (type, data, expected) in cases {
      let path = try folder.write("a.npy", npy("'\(order)\(type)'", "(2,)", data))
      #expect(try open(path).values == expected, "\(order)\(type)")
    }
  }

  @Test("reads versions 1 to 3", arguments: [1, 2, 3] as [UInt8])
  func versions(version: UInt8) throws {
    let path = try folder.write("a.npy", npy("'|u1'", "(2, 1)", [3, 4], version: version))
    let array = try open(path)
    #expect(array.shape == [2, 1] && array.values == [3, 4])
  }

  @Test("brings column-major arrays into row-major order") func columnMajor() throws {
    // The element [i, j, k] is 100 i + 10 j + k; the first index varies fastest in the file.
    var data: [UInt8] = []
    for k in 0..<4 {
      for j in 0..<3 { for i in 0..<2 { data += little(UInt16(100 * i + 10 * j + k)) } }
    }
    let path = try folder.write("a.npy", npy("'<u2'", "(2, 3, 4)", data, fortran: true))
    var expected: [Float] = []
    for i in 0..<2 {
      for j in 0..<3 { for k in 0..<4 { expected.append(Float(100 * i + 10 * j + k)) } }
    }
    #expect(try open(path).values == expected)
  }

  @Test(
    "diagnoses damaged headers",
    arguments: [
      (npy("'|u1'", "(2,)", [1]), "file.truncated"),
      (npy("'|u1'", "(4611686018427387904, 8)", [1]), "data.bad-shape"),
      (npy("'<f8'", "(99999999999999999999999,)", [1]), "data.bad-npy"),
      (npy("'<f4'", "(1000000000000,)", [1]), "file.truncated"),
      (npy("'<f4'", "(-1,)", [1]), "data.bad-npy"),
      (npy("'<c8'", "(1,)", [1]), "data.unsupported-type"),
      (npy("'<U3'", "(1,)", [1]), "data.unsupported-type"),
      (npy("'|O'", "(1,)", [1]), "data.unsupported-type"),
      (npy("[('a', '<f4')]", "(1,)", [1]), "data.unsupported-type"),
      (npy("'|u1'", "((((((((((((2,", [1]), "data.bad-npy"),
      (npy("'|u1'", "7", [1]), "data.bad-npy"),
      (npy("'|u1'", "(1,)", [1], version: 9), "data.bad-npy"),
      (Array(npy("'|u1'", "(1,)", []).prefix(30)), "data.bad-npy"),
      (Array(npy("'|u1'", "(1,)", []).prefix(9)), "data.bad-npy"),
    ] as [([UInt8], String)])
  func damaged(file: [UInt8], id: String) throws {
    let path = try folder.write("a.npy", file)
    #expect(diagnostic { _ = try open(path) }?.id == id)
  }

  @Test("survives every truncation and every changed byte of a header") func fuzz() throws {
    let whole = npy("'<f4'", "(2, 2)", [UInt8](repeating: 0, count: 16))
    for length in 0..<whole.count {
      let path = try folder.write("a.npy", Array(whole.prefix(length)))
      #expect(diagnostic { _ = try open(path) } != nil)
    }
    var random = SystemRandomNumberGenerator()
    for i in 0..<whole.count - 16 {
      var changed = whole
      changed[i] = UInt8.random(in: 0...255, using: &random)
      let path = try folder.write("a.npy", changed)
      _ = diagnostic { _ = try open(path) }
    }
  }

  @Test("writes what it reads", arguments: [[], [3], [2, 3], [1, 2, 3, 1]])
  func roundTrip(extents: [Int]) throws {
    let shape = Shape(extents)
    let values = (0..<shape.count).map { Float($0) * 0.1 - 1 }
    let bytes = npyBytes(values, shape: shape)
    #expect(try NPYHeader(bytes, name: "a").dataOffset % 64 == 0)
    let path = try folder.write("a.npy", bytes)
    let array = try open(path)
    #expect(array.shape == extents && array.kind == .float32 && array.values == values)
  }
}
