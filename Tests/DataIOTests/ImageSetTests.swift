import Diagnostics
import SpikeIR
import Testing

@testable import DataIO

@Suite("Image sets") struct ImageSetTests {

  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// Returns bytes 0, 1, 2 … as an array of the given shape, matched with an input.
  private func set(
    _ shape: [Int], for input: Shape, _ preprocessing: Preprocessing = Preprocessing()
  ) throws -> ImageSet {
    let extents = "(" + shape.map { "\($0)," }.joined() + ")"
    let count = shape.reduce(1, *)
    let path = try folder.write(
      "a.npy", npy("'|u1'", extents, (0..<count).map { UInt8($0 & 255) }))
    var sink = DiagnosticSink()
    return try ImageSet(
      DataSource(opening: path, sink: &sink), matching: input, preprocessing: preprocessing)
  }

  @Test(
    "accepts channels last, without an axis, with or without an axis of samples",
    arguments: [
      ([2, 2, 3, 1], [2, 3, 1], 2), ([2, 2, 3], [2, 3, 1], 2), ([2, 3], [2, 3, 1], 1),
      ([2, 3, 1], [2, 3, 1], 1), ([2, 1, 2, 3], [2, 3, 1], 2), ([1, 2, 3], [2, 3, 1], 1),
      ([2, 6], [6], 2), ([6], [6], 1), ([2, 2, 3], [6], 2), ([2, 2, 3, 4], [2, 3, 4], 2),
      ([1, 2, 3, 4], [2, 3, 4], 1), ([2, 5, 3], [1, 5, 3], 2), ([2, 5], [1, 5, 1], 2),
      ([5, 3], [1, 5, 3], 1), ([2, 1, 5, 3], [1, 5, 3], 2), ([2, 4], [1, 1, 4], 2),
      ([2, 1, 4], [1, 1, 4], 2), ([2, 1, 1, 4], [1, 1, 4], 2), ([4], [1, 1, 4], 1),
    ] as [([Int], Shape, Int)])
  func accepted(found: [Int], input: Shape, count: Int) throws {
    let set = try set(found, for: input)
    #expect(set.count == count)
    for i in 0..<count {
      #expect(try set.sample(i) == (0..<input.count).map { Float(i * input.count + $0) })
    }
  }

  @Test("brings channels last") func channelsFirst() throws {
    let set = try set([2, 3, 2, 4], for: [2, 4, 3])
    // The element [n, c, y, x] is 24 n + 8 c + 4 y + x.
    for n in 0..<2 {
      var expected: [Float] = []
      for y in 0..<2 {
        for x in 0..<4 { for c in 0..<3 { expected.append(Float(24 * n + 8 * c + 4 * y + x)) } }
      }
      #expect(try set.sample(n) == expected)
    }
  }

  @Test(
    "brings the channels of sequences last",
    arguments: [
      ([2, 3, 5], [5, 3]), ([2, 3, 5], [1, 5, 3]), ([2, 3, 1, 5], [1, 5, 3]),
    ] as [([Int], Shape)])
  func sequences(found: [Int], input: Shape) throws {
    let set = try set(found, for: input)
    #expect(set.count == 2)
    // The element [n, c, t] is 15 n + 5 c + t.
    for n in 0..<2 {
      let expected = (0..<5).flatMap { t in (0..<3).map { Float(15 * n + 5 * $0 + t) } }
      #expect(try set.sample(n) == expected)
    }
  }

  @Test("reads what fits both ways as the model has it") func ambiguous() throws {
    let last = try set([1, 3, 3], for: [3, 3])
    #expect(try last.sample(0) == [0, 1, 2, 3, 4, 5, 6, 7, 8])
    let first = try set([1, 3, 3], for: [3, 3], Preprocessing(prefersChannelsFirst: true))
    #expect(try first.sample(0) == [0, 3, 6, 1, 4, 7, 2, 5, 8])
    let image = try set([1, 2, 2, 2], for: [2, 2, 2], Preprocessing(prefersChannelsFirst: true))
    #expect(try image.sample(0) == [0, 4, 1, 5, 2, 6, 3, 7])
    // What fits one way only lies that way.
    let only = try set([1, 2, 3], for: [2, 3], Preprocessing(prefersChannelsFirst: true))
    #expect(try only.sample(0) == [0, 1, 2, 3, 4, 5])
  }

  @Test(
    "says the shapes found and expected",
    arguments: [
      ([2, 3, 3, 1], [2, 3, 1]), ([2, 2, 3, 4], [2, 3, 1]), ([5], [6]), ([2, 2, 3], [2, 3, 4]),
      ([2, 5], [1, 1, 4]), ([2, 4, 2], [1, 1, 4]),
    ] as [([Int], Shape)])
  func mismatch(found: [Int], input: Shape) throws {
    let error = diagnostic { _ = try set(found, for: input) }
    #expect(error?.id == "data.shape-mismatch" && error?.exitCode == .badData)
    #expect(error?.message.contains("\(Shape(found))") == true)
  }

  @Test("diagnoses an empty set") func empty() throws {
    #expect(diagnostic { _ = try set([0, 2, 3], for: [2, 3, 1]) }?.id == "data.empty")
  }

  @Test("preprocesses by channel") func preprocessing() throws {
    let all = try set([1, 1, 4], for: [1, 4, 1], Preprocessing(scale: 0.5, mean: [1], std: [2]))
    #expect(try all.sample(0) == [-0.5, -0.25, 0, 0.25])
    let each = try set(
      [1, 1, 2, 2], for: [1, 2, 2], Preprocessing(scale: 1, mean: [0, 1], std: [1, 2]))
    #expect(try each.sample(0) == [0, 0, 2, 1])
  }

  @Test("takes a prefix") func prefix() throws {
    let set = try set([3, 2], for: [2])
    #expect(set.prefix(2).count == 2 && set.prefix(9).count == 3)
  }

  @Test("diagnoses values that are not finite") func notFinite() throws {
    let data = [Float.nan, 1, 2, .infinity].flatMap { little($0.bitPattern) }
    let path = try folder.write("a.npy", npy("'<f4'", "(2, 2)", data))
    var sink = DiagnosticSink()
    let set = try ImageSet(
      DataSource(opening: path, sink: &sink), matching: [2], preprocessing: Preprocessing())
    #expect(diagnostic { _ = try set.sample(0) }?.id == "data.not-finite")
    let second = diagnostic { _ = try set.sample(1) }
    #expect(second?.message.contains("sample 1") == true)
  }

  @Test("notices a file that shrinks while it is read") func shrunk() throws {
    let set = try set([3, 2], for: [2])
    try folder.write("a.npy", [1])
    #expect(diagnostic { _ = try set.sample(2) }?.id == "file.changed")
  }
}

@Suite("Data sources") struct DataSourceTests {

  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test("a missing file ends with status 66") func missing() {
    for path in ["\(folder.path)/no.npy", "\(folder.path)/no.npz:x", "\(folder.path)/no.h5:/x"] {
      let error = diagnostic { _ = try open(path) }
      #expect(error?.id == "file.missing" && error?.exitCode == .missingInput)
    }
  }

  @Test("diagnoses unknown formats, empty files, devices and members of plain files")
  func unknown() throws {
    let text = try folder.write("a.txt", Array("hello, world".utf8))
    #expect(diagnostic { _ = try open(text) }?.id == "data.unknown-format")
    #expect(diagnostic { _ = try open("\(text):x") }?.id == "data.no-such-member")
    let empty = try folder.write("b.npy", [])
    #expect(diagnostic { _ = try open(empty) }?.id == "data.empty")
    #expect(diagnostic { _ = try open("/dev/null") }?.id == "file.cannot-open")
  }

  @Test("prefers a file whose name holds a colon") func colon() throws {
    let path = try folder.write("a:b.npy", npy("'|u1'", "(1,)", [4]))
    #expect(try open(path).values == [4])
  }
}

@Suite("Labels") struct LabelsTests {

  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test("reads vectors and columns of any type") func accepted() throws {
    let files = [
      idx(8, [3], [1, 0, 2]), deflated(idx(8, [3], [1, 0, 2]), windowBits: 31),
      npy("'|u1'", "(3,)", [1, 0, 2]), npy("'|u1'", "(3, 1)", [1, 0, 2]),
      npy("'<i8'", "(3,)", [1, 0, 2].flatMap { little(Int64($0)) }),
      npy("'<f4'", "(3,)", [1, 0, 2].flatMap { little(Float($0).bitPattern) }),
    ]
    for file in files {
      let labels = try Labels(reading: try folder.write("a", file))
      #expect(labels.classes == [1, 0, 2])
    }
  }

  @Test("diagnoses what is not a class") func rejected() throws {
    let half = npy("'<f4'", "(1,)", little(Float(0.5).bitPattern))
    for file in [npy("'|i1'", "(1,)", [255]), half, npy("'|u1'", "(1, 2)", [0, 1])] {
      let path = try folder.write("a", file)
      #expect(diagnostic { _ = try Labels(reading: path) }?.id == "data.bad-labels")
    }
  }

  @Test("compares the number of labels with the samples") func count() throws {
    let labels = try Labels(reading: try folder.write("a", idx(8, [3], [1, 0, 2])))
    #expect(try labels.checked(samples: 3, first: 2, classCount: 2) == [1, 0])
    let wrong = diagnostic { _ = try labels.checked(samples: 4, first: 2, classCount: 3) }
    #expect(wrong?.id == "data.label-count" && wrong?.exitCode == .badData)
    let large = diagnostic { _ = try labels.checked(samples: 3, first: 3, classCount: 2) }
    #expect(large?.id == "data.bad-labels")
  }
}
