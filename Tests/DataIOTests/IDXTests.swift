import DataIO
import Diagnostics
import Testing

@Suite("idx arrays") struct IDXTests {

  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test(
    "reads every element type",
    arguments: [
      (0x08, [1, 255], [1, 255]), (0x09, [1, 255], [1, -1]),
      (0x0B, big(Int16(1)) + big(Int16(-1)), [1, -1]),
      (0x0C, big(Int32(70000)) + big(Int32(-1)), [70000, -1]),
      (0x0D, big(Float(0.5).bitPattern) + big(Float(-1).bitPattern), [0.5, -1]),
      (0x0E, big(Double(0.5).bitPattern) + big(Double(-1).bitPattern), [0.5, -1]),
    ] as [(UInt8, [UInt8], [Float])])
  func types(type: UInt8, data: [UInt8], expected: [Float]) throws {
    for file in [idx(type, [2, 1], data), deflated(idx(type, [2, 1], data), windowBits: 31)] {
      let array = try open(try folder.write("a-idx2", file))
      #expect(array.shape == [2, 1] && array.values == expected)
    }
  }

  @Test(
    "diagnoses sizes that are not the header's",
    arguments: [
      (idx(8, [3], [1, 2]), "file.truncated"), (idx(8, [1], [1, 2]), "data.trailing-bytes"),
      (idx(8, [.max, .max, .max], [1, 2]), "data.bad-shape"),
      (idx(8, [.max, 1000], [1, 2]), "file.truncated"),
      (idx(7, [1], [1, 2]), "data.unknown-format"),
      ([0, 0, 8, 200, 0, 0, 0, 1], "file.truncated"),
    ] as [([UInt8], String)])
  func damaged(file: [UInt8], id: String) throws {
    let plain = try folder.write("a", file)
    #expect(diagnostic { _ = try open(plain) }?.id == id)
    let compressed = try folder.write("a.gz", deflated(file, windowBits: 31))
    #expect(diagnostic { _ = try open(compressed) }?.id == id)
  }

  @Test("joins the members of a gzip file") func members() throws {
    let file = idx(8, [4], [1, 2, 3, 4])
    let halves =
      deflated(Array(file.prefix(9)), windowBits: 31)
      + deflated(Array(file.dropFirst(9)), windowBits: 31)
    #expect(try open(try folder.write("a.gz", halves)).values == [1, 2, 3, 4])
  }

  @Test("stops at the size that the header says, however much follows") func bomb() throws {
    let zeros = [UInt8](repeating: 0, count: 64 << 20)
    let path = try folder.write("a.gz", deflated(idx(8, [10], zeros), windowBits: 31))
    #expect(diagnostic { _ = try open(path) }?.id == "data.trailing-bytes")
  }

  @Test("diagnoses damaged gzip files") func damagedGzip() throws {
    var file = deflated(idx(8, [1000], (0..<1000).map { UInt8($0 & 255) }), windowBits: 31)
    let short = try folder.write("short.gz", Array(file.dropLast(20)))
    #expect(diagnostic { _ = try open(short) }?.id == "data.bad-compression")
    file[file.count - 6] ^= 1
    let wrong = try folder.write("wrong.gz", file)
    #expect(diagnostic { _ = try open(wrong) }?.id == "data.bad-compression")
  }

  @Test("reads NumPy arrays under gzip") func numpy() throws {
    let file = deflated(npy("'|u1'", "(3,)", [5, 6, 7]), windowBits: 31)
    #expect(try open(try folder.write("a.npy.gz", file)).values == [5, 6, 7])
  }
}
