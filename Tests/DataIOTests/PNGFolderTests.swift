import Diagnostics
import SpikeIR
import Testing

@testable import DataIO

@Suite("Folders of images") struct PNGFolderTests {

  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func gray(_ value: UInt8, width: UInt32 = 1) -> [UInt8] {
    png(width, 1, depth: 8, color: 0, rows: [UInt8](repeating: value, count: Int(width) + 1))
  }

  @Test("takes images in natural order and warns of other files") func order() throws {
    for i in [10, 9, 1, 2, 100] {
      try folder.write("img\(i).png", png(1, 1, depth: 8, color: 0, rows: [0, UInt8(i)]))
    }
    try folder.write("notes.txt", [1])
    var sink = DiagnosticSink()
    let source = try DataSource(opening: folder.path, sink: &sink)
    #expect(source.shape == [5, 1, 1, 1] && source.kind == .uint8)
    #expect(sink.diagnostics.map(\.id) == ["data.not-images"])
    let set = try ImageSet(source, matching: [1, 1, 1], preprocessing: Preprocessing())
    let values = try (0..<5).map { try set.sample($0)[0] }
    #expect(values == [1, 2, 9, 10, 100])
  }

  @Test("names the image that differs") func odd() throws {
    for i in 0..<4 { try folder.write("\(i).png", gray(0, width: i == 2 ? 2 : 1)) }
    let error = diagnostic { _ = try open(folder.path) }
    #expect(error?.id == "data.odd-image")
    #expect(error?.site == .file("\(folder.path)/2.png"))
    #expect(error?.message == "the image is [1,2,1] u8, the others are [1,1,1] u8")
  }

  @Test("diagnoses a folder without images") func empty() {
    #expect(diagnostic { _ = try open(folder.path) }?.id == "data.empty")
  }

  @Test(
    "compares digits as numbers",
    arguments: [
      ("a2", "a10"), ("a02", "a10"), ("a", "a1"), ("1b", "a1"), ("a1b2", "a1b10"), ("a01", "a1"),
      ("9", "18446744073709551616"),
    ])
  func natural(a: String, b: String) {
    #expect(precedesNaturally(a, b) && !precedesNaturally(b, a))
  }
}
