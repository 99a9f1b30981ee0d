import DataIO
import Diagnostics
import Testing

@Suite("NumPy archives") struct ZipTests {

  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  let x = npy("'|u1'", "(2,)", [1, 2])
  let y = npy("'|u1'", "(3,)", [3, 4, 5])

  @Test("reads members by name, stored, deflated and zip64") func byName() throws {
    let path = try folder.write(
      "a.npz",
      zip([
        Member(name: "x.npy", bytes: x), Member(name: "y.npy", bytes: y, isDeflated: true),
        Member(name: "z.npy", bytes: y, isZip64: true),
      ]))
    #expect(try open("\(path):x").values == [1, 2])
    #expect(try open("\(path):x.npy").values == [1, 2])
    #expect(try open("\(path):y").values == [3, 4, 5])
    #expect(try open("\(path):z").values == [3, 4, 5])
  }

  @Test("asks for a name where there are several arrays") func choice() throws {
    let path = try folder.write(
      "a.npz", zip([Member(name: "x.npy", bytes: x), Member(name: "y.npy", bytes: y)]))
    let several = diagnostic { _ = try open(path) }
    #expect(several?.id == "data.choose-member" && several?.message.contains("'x', 'y'") == true)
    let missing = diagnostic { _ = try open("\(path):w") }
    #expect(missing?.id == "data.no-such-member")
    let only = try folder.write("b.npz", zip([Member(name: "x.npy", bytes: x)]))
    #expect(try open(only).values == [1, 2])
    let none = try folder.write("c.npz", zip([]))
    #expect(diagnostic { _ = try open(none) }?.id == "data.empty")
  }

  @Test("diagnoses wrong checksums and sizes", arguments: [false, true])
  func damaged(isDeflated: Bool) throws {
    let whole = zip([Member(name: "x.npy", bytes: x, isDeflated: isDeflated)])
    for length in stride(from: 4, to: whole.count, by: 7) {
      let path = try folder.write("a.npz", Array(whole.prefix(length)))
      #expect(diagnostic { _ = try open(path) }?.id == "data.bad-zip")
    }
    var changed = whole
    let table = whole.count - 22 - 51
    changed[table + 16] ^= 1
    let path = try folder.write("b.npz", changed)
    #expect(diagnostic { _ = try open(path) }?.id == "data.bad-zip")
  }

  @Test("survives every changed byte") func fuzz() throws {
    let whole = zip([
      Member(name: "x.npy", bytes: x, isDeflated: true),
      Member(name: "y.npy", bytes: y, isZip64: true),
    ])
    for i in whole.indices {
      for flip in [0xFF, 0x80, 0x01] as [UInt8] {
        var changed = whole
        changed[i] ^= flip
        let path = try folder.write("a.npz", changed)
        for member in ["x", "y"] { _ = diagnostic { _ = try open("\(path):\(member)") } }
      }
    }
  }

  @Test("refuses members that unpack to more than they say") func bomb() throws {
    var file = zip([
      Member(name: "x.npy", bytes: [UInt8](repeating: 0, count: 32 << 20), isDeflated: true)
    ])
    let table = file.count - 22 - 51
    file.replaceSubrange(table + 24..<table + 28, with: little(UInt32(100)))
    let path = try folder.write("a.npz", file)
    #expect(diagnostic { _ = try open(path) }?.id == "data.bad-zip")
  }
}
