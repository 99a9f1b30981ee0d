import DataIO
import Diagnostics
import Testing

@testable import DataIO

@Suite("PNG images") struct PNGTests {

  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test("decodes every color type") func colors() throws {
    let cases: [(file: [UInt8], shape: [Int], values: [Float])] = [
      (png(2, 1, depth: 8, color: 0, rows: [0, 7, 9]), [1, 2, 1], [7, 9]),
      (png(1, 1, depth: 16, color: 0, rows: [0, 1, 2]), [1, 1, 1], [258]),
      (png(3, 1, depth: 1, color: 0, rows: [0, 0b1010_0000]), [1, 3, 1], [255, 0, 255]),
      (png(3, 1, depth: 2, color: 0, rows: [0, 0b0001_1000]), [1, 3, 1], [0, 85, 170]),
      (png(3, 1, depth: 4, color: 0, rows: [0, 0x1F, 0x20]), [1, 3, 1], [17, 255, 34]),
      (png(1, 2, depth: 8, color: 4, rows: [0, 7, 8, 0, 9, 10]), [2, 1, 2], [7, 8, 9, 10]),
      (png(1, 1, depth: 8, color: 2, rows: [0, 7, 8, 9]), [1, 1, 3], [7, 8, 9]),
      (png(1, 1, depth: 8, color: 6, rows: [0, 7, 8, 9, 10]), [1, 1, 4], [7, 8, 9, 10]),
      (
        png(2, 1, depth: 8, color: 3, rows: [0, 1, 0], palette: [1, 2, 3, 4, 5, 6]), [1, 2, 3],
        [4, 5, 6, 1, 2, 3]
      ),
      (
        png(2, 1, depth: 1, color: 3, rows: [0, 0b0100_0000], palette: [1, 2, 3, 4, 5, 6]),
        [1, 2, 3], [1, 2, 3, 4, 5, 6]
      ),
    ]
    for (file, shape, values) in cases {
      let image = try open(try folder.write("a.png", file))
      #expect(image.shape == shape && image.values == values)
    }
  }

  /// Returns the pixels of an image of random bytes, and the same filtered by all filters in turn.
  private func filtered(
    width: Int, height: Int, samples: Int
  ) -> (pixels: [UInt8], rows: [UInt8]) {
    let length = width * samples
    let pixels = (0..<height * length).map { _ in UInt8.random(in: 0...255) }
    var rows: [UInt8] = []
    for y in 0..<height {
      rows.append(UInt8(y % 5))
      for i in 0..<length {
        func at(_ dy: Int, _ dx: Int) -> Int {
          y < dy || i < dx ? 0 : Int(pixels[(y - dy) * length + i - dx])
        }
        let (a, b, c) = (at(0, samples), at(1, 0), at(1, samples))
        let p = a + b - c
        let nearest = [a, b, c].min { abs(p - $0) < abs(p - $1) } ?? 0
        let predicted = [0, a, b, (a + b) / 2, nearest][y % 5]
        rows.append(pixels[y * length + i] &- UInt8(predicted))
      }
    }
    return (pixels, rows)
  }

  @Test("undoes all filters", arguments: [(0, 1), (4, 2), (2, 3), (6, 4)])
  func filters(color: Int, samples: Int) throws {
    let (pixels, rows) = filtered(width: 9, height: 11, samples: samples)
    let image = try open(
      try folder.write("a.png", png(9, 11, depth: 8, color: UInt8(color), rows: rows)))
    #expect(image.values == pixels.map { Float($0) })
  }

  @Test("decodes interlaced images of any size", arguments: 1...9, [1, 2, 5, 8])
  func interlaced(width: Int, height: Int) throws {
    let starts = [(0, 0), (4, 0), (0, 4), (2, 0), (0, 2), (1, 0), (0, 1)]
    let steps = [(8, 8), (8, 8), (4, 8), (4, 4), (2, 4), (2, 2), (1, 2)]
    var rows: [UInt8] = []
    for (start, step) in zip(starts, steps) where start.0 < width {
      for y in stride(from: start.1, to: height, by: step.1) {
        rows.append(0)
        for x in stride(from: start.0, to: width, by: step.0) { rows.append(UInt8(10 * y + x)) }
      }
    }
    let file = png(
      UInt32(width), UInt32(height), depth: 8, color: 0, rows: rows, interlaced: true)
    let expected = (0..<height).flatMap { y in (0..<width).map { Float(10 * y + $0) } }
    #expect(try open(try folder.write("a.png", file)).values == expected)
  }

  @Test("diagnoses damaged images") func damaged() throws {
    let good = ("IHDR", ihdr(2, 1, depth: 8, color: 0))
    let data = ("IDAT", deflated([0, 1, 2], windowBits: 15))
    func with(_ head: [UInt8], _ rows: [UInt8] = [0, 1, 2]) -> [UInt8] {
      png([("IHDR", head), ("IDAT", deflated(rows, windowBits: 15)), ("IEND", [])])
    }
    var wrongSum = png([good, data, ("IEND", [])])
    wrongSum[45] ^= 1
    let cases: [[UInt8]] = [
      with(ihdr(0, 1, depth: 8, color: 0)), with(ihdr(.max, 1, depth: 8, color: 0)),
      with(ihdr(1 << 30, 1 << 30, depth: 8, color: 0)), with(ihdr(2, 1, depth: 3, color: 0)),
      with(ihdr(2, 1, depth: 4, color: 2)), with(ihdr(2, 1, depth: 8, color: 5)),
      with(ihdr(2, 1, depth: 8, color: 0), [0, 1]),
      with(ihdr(2, 1, depth: 8, color: 0), [0, 1, 2, 3]),
      with(ihdr(2, 1, depth: 8, color: 0), [5, 1, 2]), with(ihdr(2, 1, depth: 8, color: 3)),
      png([good, data]), png([good, ("ABCD", []), data, ("IEND", [])]), wrongSum,
    ]
    for (i, file) in cases.enumerated() {
      let path = try folder.write("a.png", file)
      #expect(diagnostic { _ = try open(path) }?.id == "data.bad-png", "case \(i)")
    }
    let broken = try folder.write(
      "b.png", png([good, ("IDAT", [1, 2, 3, 4]), ("IEND", [])]))
    #expect(diagnostic { _ = try open(broken) }?.id == "data.bad-compression")
  }

  @Test("ignores chunks that are not essential") func ancillary() throws {
    let file = png([
      ("IHDR", ihdr(1, 1, depth: 8, color: 0)), ("tEXt", [1, 2, 3]),
      ("IDAT", deflated([0, 9], windowBits: 15)), ("IEND", []),
    ])
    #expect(try open(try folder.write("a.png", file)).values == [9])
  }

  @Test("survives every changed byte") func fuzz() throws {
    let whole = png(
      3, 3, depth: 2, color: 3, rows: [0, 1, 0, 2, 0, 3], palette: [1, 2, 3, 4, 5, 6])
    for i in whole.indices {
      for flip in [0xFF, 0x80, 0x01] as [UInt8] {
        var changed = whole
        changed[i] ^= flip
        let path = try folder.write("a.png", changed)
        _ = diagnostic { _ = try open(path) }
      }
    }
  }

  @Test("stops at the size that the header says, however much follows") func bomb() throws {
    let rows = [UInt8](repeating: 0, count: 64 << 20)
    let path = try folder.write("a.png", png(4, 4, depth: 8, color: 0, rows: rows))
    #expect(diagnostic { _ = try open(path) }?.id == "data.bad-png")
  }
}
