// What a mutator knows about Keras archives: the zip file around, the description, the weights.

internal import TestSupport

extension FuzzFormat {

  /// Keras archives.
  public static let kerasArchive = FuzzFormat(
    name: "keras-zip", ending: ".keras", places: { archiveHeaders($0) },
    ownMutations: [
      onArchive(changeWeights), onArchive(changeWeights), onArchive(changeWeights),
      onArchive(changeConfig), onArchive(changeConfig), onArchive(changeConfig),
      onArchive(changeHeaders), onArchive(changeHeaders), onArchive(changeEnd),
      onArchive(renameMember), onArchive(changeMembers), onArchive(compress),
      onArchive(compress), onArchive(explode),
    ], ownShare: 0.85)

  private typealias Change = @Sendable (inout ArchiveTree, inout SplitMix64) -> Void

  /// Returns the change of a file that changes the archive once to three times; files that are no
  /// good archives any more stay as they are.
  private static func onArchive(_ change: @escaping Change) -> Mutation {
    { bytes, random in
      guard var tree = ArchiveTree(bytes) else { return }
      for _ in 0..<(random.chance(0.6) ? 1 : random.int(2...3)) { change(&tree, &random) }
      bytes = tree.bytes
    }
  }

  /// Returns the bytes of headers, whose marks all begin with `PK`.
  private static func archiveHeaders(_ bytes: [UInt8]) -> [Int] {
    var places: [Int] = []
    for start in stride(from: 0, to: bytes.count - 4, by: 1)
    where bytes[start] == 0x50 && bytes[start + 1] == 0x4B {
      guard bytes[start + 2] < 9, bytes[start + 3] < 9 else { continue }
      places += stride(from: start, to: min(start + 60, bytes.count), by: 2)
    }
    return places
  }

  /// Numbers at the edges of what headers hold.
  private static func edge(_ right: Int, _ random: inout SplitMix64) -> Int {
    let numbers: [Int] = [
      0, 1, right + 1, max(0, right - 1), right * 2, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFE,
      0xFFFF_FFFF, 1 << 20, random.int(0...max(1, right)), right ^ (1 << random.int(0...31)),
    ]
    return random.pick(numbers)
  }

  /// Changes the member `index`, if there is one that satisfies `condition`.
  private static func change(
    _ tree: inout ArchiveTree, where condition: (ArchiveMember) -> Bool,
    _ body: (inout ArchiveMember) -> Void
  ) {
    guard let index = tree.members.firstIndex(where: condition) else { return }
    body(&tree.members[index])
  }

  // MARK: contents

  /// Damages the weights as a file of their own, with the archive around them right.
  @Sendable private static func changeWeights(
    _ tree: inout ArchiveTree, _ random: inout SplitMix64
  ) {
    change(&tree, where: { $0.name.ends(with: ".h5".utf8) && !$0.contents.isEmpty }) { member in
      let mutator = Mutator(.kerasHDF5, seeds: [member.contents], seed: random.next())
      member.contents = mutator.file(0)
    }
  }

  /// Changes values of the description, or of the writer's.
  @Sendable private static func changeConfig(
    _ tree: inout ArchiveTree, _ random: inout SplitMix64
  ) {
    let name = random.chance(0.9) ? "config.json" : "metadata.json"
    change(&tree, where: { $0.name.elementsEqual(name.utf8) && !$0.contents.isEmpty }) {
      JSONText.change(&$0.contents, &random)
    }
  }

  // MARK: the archive

  /// Makes numbers of headers wrong.
  @Sendable private static func changeHeaders(
    _ tree: inout ArchiveTree, _ random: inout SplitMix64
  ) {
    let index = random.int(0...tree.members.count - 1)
    let total = tree.members.reduce(0) { $0 + $1.contents.count }
    var member = tree.members[index]
    for _ in 0..<random.int(1...2) {
      let field = random.pick(ArchiveMember.Field.allCases)
      let right: Int
      switch field {
      case .flags, .version, .commentLength: right = random.pick([1, 8, 20, 45, 0x800, 0x2000])
      case .method: right = random.pick([0, 1, 6, 8, 9, 12, 14, 93, 95, 98, 99])
      case .checksum: right = Int(random.next() >> 32)
      case .compressedSize, .size: right = member.contents.count
      case .nameLength: right = member.name.count
      case .extraLength: right = member.extra.count
      case .offset: right = random.int(0...max(1, total))
      }
      let value = random.chance(0.4) ? right : edge(right, &random)
      if random.chance(0.7) { member.central[field] = value }
      if random.chance(0.5) { member.local[field] = value }
    }
    if random.chance(0.3) { lengthen(&member, &random) }
    tree.members[index] = member
  }

  /// Says sizes in 64 bits, rightly or not.
  private static func lengthen(_ member: inout ArchiveMember, _ random: inout SplitMix64) {
    let size = member.contents.count
    let values = [size, size, 0].map {
      random.chance(0.5)
        ? $0 : random.pick([-1, 0, 1, 1 << 40, 1 << 62, Int.max, Int.min, size + 1] as [Int])
    }
    let count = random.int(0...3)
    let declared = random.chance(0.8) ? 8 * count : random.pick([0, 7, 24, 0xFFFF])
    member.extra = word(1, 2) + word(declared, 2) + values.prefix(count).flatMap { word($0, 8) }
    for field in [ArchiveMember.Field.size, .compressedSize, .offset] where random.chance(0.6) {
      member.central[field] = 0xFFFF_FFFF
    }
  }

  /// Makes numbers of the archive's end wrong, or puts something before or behind the archive.
  @Sendable private static func changeEnd(
    _ tree: inout ArchiveTree, _ random: inout SplitMix64
  ) {
    switch random.int(0...5) {
    case 0: tree.before = [UInt8](repeating: 0x50, count: random.pick([1, 4, 512, 70_000]))
    case 1: tree.behind = [UInt8](repeating: 0x4B, count: random.pick([1, 22, 65_535, 65_536]))
    case 2:
      tree.longEnd = (0..<7).map { _ in
        random.chance(0.6) ? -1 : random.pick([0, 1, 1 << 33, 1 << 62, Int.max, 65_535] as [Int])
      }
      if random.chance(0.7) { tree.end[.offset] = 0xFFFF_FFFF }
    default:
      for _ in 0..<random.int(1...2) {
        tree.end[random.pick(ArchiveTree.EndField.allCases)] = edge(
          random.pick([0, 1, 100, 1_000, 10_000]), &random)
      }
    }
  }

  private static let names = [
    "../config.json", "/config.json", "./config.json", "config.json/", "CONFIG.JSON", "",
    "config.json\0", "a/b/c/config.json", "..\\config.json", "/etc/passwd", "\u{202E}nosj.gifnoc",
    "model.weights.h5/x", "model.weights.npz", "assets/x", "config.json", "metadata.json",
    "model.weights.h5",
  ]

  /// Gives a member another name.
  @Sendable private static func renameMember(
    _ tree: inout ArchiveTree, _ random: inout SplitMix64
  ) {
    let index = random.int(0...tree.members.count - 1)
    var name = Array(random.pick(names).utf8)
    if random.chance(0.1) { name = [UInt8](repeating: 0x61, count: random.pick([300, 65_535])) }
    if random.chance(0.1) { name = [0xFF, 0xFE, 0xC0, 0x80] }
    tree.members[index].name = name
  }

  /// Takes members out, doubles them, changes their order, or adds many.
  @Sendable private static func changeMembers(
    _ tree: inout ArchiveTree, _ random: inout SplitMix64
  ) {
    let index = random.int(0...tree.members.count - 1)
    switch random.int(0...4) {
    case 0: if tree.members.count > 1 { tree.members.remove(at: index) }
    case 1:
      var copy = tree.members[index]
      if random.chance(0.5), !copy.contents.isEmpty { copy.contents.removeLast() }
      tree.members.insert(copy, at: random.int(0...tree.members.count))
    case 2: tree.members.shuffle(using: &random)
    case 3: tree.members[index].contents = random.chance(0.5) ? [] : [UInt8(random.int(0...255))]
    default:
      let name = random.chance(0.5) ? tree.members[index].name : Array("x".utf8)
      let more = ArchiveMember(name: name, contents: [1])
      tree.members += [ArchiveMember](repeating: more, count: 1 << random.int(1...12))
    }
  }

  // MARK: compression

  /// Compresses a member and damages what comes of it.
  @Sendable private static func compress(
    _ tree: inout ArchiveTree, _ random: inout SplitMix64
  ) {
    let index = random.int(0...tree.members.count - 1)
    tree.members[index].isDeflated = true
    tree.members[index].isStreamed = random.chance(0.2)
    guard random.chance(0.7) else { return }
    let contents = tree.members[index].contents
    var stream = deflated(contents)
    for _ in 0..<random.int(1...4) where !stream.isEmpty {
      let place = random.int(0...stream.count - 1)
      switch random.int(0...4) {
      case 0: stream[place] ^= 1 << UInt8(random.int(0...7))
      case 1: stream.removeSubrange(place...)
      case 2: stream.fill(from: place, &random)
      case 3: stream.append(UInt8(random.int(0...255)))
      default: stream.moveBlock(to: place, &random)
      }
    }
    tree.members[index].stream = (stream, checksum(contents), contents.count)
  }

  /// Makes a member large that takes little room in the archive.
  @Sendable private static func explode(
    _ tree: inout ArchiveTree, _ random: inout SplitMix64
  ) {
    let index = random.int(0...tree.members.count - 1)
    let pattern = random.pick([" ", "[", "0,", "\"", "\0", "{\"a\":", "[1,"])
    let repeated = [[UInt8]](repeating: Array(pattern.utf8), count: (1 << 16) / pattern.utf8.count)
    // Large ones take long to write: few of them.
    let exponent = random.chance(0.97) ? random.int(0...6) : random.int(7...13)
    tree.members[index].inflateTo(Array(repeated.joined()), count: 1 << exponent)
    if random.chance(0.2) { tree.members[index].central[.size] = 1 << random.int(4...31) }
  }
}

extension [UInt8] {

  /// Returns whether the last bytes are `end`.
  fileprivate func ends(with end: some Collection<UInt8>) -> Bool {
    suffix(end.count).elementsEqual(end)
  }
}
