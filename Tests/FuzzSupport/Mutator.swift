// Damaged files, made from good ones: the same seed and number give the same file for ever.

public import TestSupport

/// What a mutator knows about a format of files.
public struct FuzzFormat: Sendable {

  /// A change of a file of this format.
  public typealias Mutation = @Sendable (inout [UInt8], inout SplitMix64) -> Void

  /// The name: `keras-h5`.
  public var name: String

  /// The ending of file names, with the dot.
  public var ending: String

  /// Where structure lies, bytes; half of all changes are made there.
  ///
  /// Called for each file that is made.
  public var places: @Sendable ([UInt8]) -> [Int]

  /// Changes that only files of this format have.
  public var ownMutations: [Mutation]

  /// The share of these among all changes.
  public var ownShare: Double

  /// Makes a changed file pass the first checks, such as that of its length; done to three of four.
  public var repair: Mutation

  /// Describes a format.
  public init(
    name: String, ending: String, places: @escaping @Sendable ([UInt8]) -> [Int],
    ownMutations: [Mutation] = [], ownShare: Double = 0.25,
    repair: @escaping Mutation = { _, _ in }
  ) {
    self.name = name
    self.ending = ending
    self.places = places
    self.ownMutations = ownMutations
    self.ownShare = ownShare
    self.repair = repair
  }
}

/// A maker of damaged files.
public struct Mutator: Sendable {

  private let format: FuzzFormat
  private let count: Int
  private let load: @Sendable (Int) -> [UInt8]
  private let seed: UInt64

  /// Creates a maker from good files.
  ///
  /// - Parameters:
  ///   - format: what is known about the files.
  ///   - seeds: the good files, at least one; empty ones are ignored.
  ///   - seed: the seed of all random choices.
  public init(_ format: FuzzFormat, seeds: [[UInt8]], seed: UInt64) {
    let seeds = seeds.filter { !$0.isEmpty }
    self.init(format, count: seeds.count, seed: seed) { seeds[$0] }
  }

  /// Creates a maker from good files that are not kept in memory: processes that start others are
  /// faster and say more about what they are to test when they are small.
  ///
  /// - Parameters:
  ///   - format: what is known about the files.
  ///   - count: the number of good files, at least one.
  ///   - seed: the seed of all random choices.
  ///   - load: returns the good file of a number below `count`, of at least one byte.
  public init(
    _ format: FuzzFormat, count: Int, seed: UInt64, load: @escaping @Sendable (Int) -> [UInt8]
  ) {
    precondition(count > 0, "no seeds")
    (self.format, self.count, self.seed, self.load) = (format, count, seed, load)
  }

  /// Returns the number of the good file of which the damaged one with the given number is made.
  public func origin(of number: Int) -> Int {
    var random = generator(number)
    return random.int(0...count - 1)
  }

  private func generator(_ number: Int) -> SplitMix64 {
    SplitMix64(seed: seed &+ UInt64(number) &* 0xD134_2543_DE82_EF95)
  }

  /// Returns the damaged file with the given number.
  public func file(_ number: Int) -> [UInt8] {
    var random = generator(number)
    var bytes = load(random.int(0...count - 1))
    let original = bytes
    var places: [Int]?
    // Mostly few changes: many end at the first check of a reader.
    let count = random.chance(0.5) ? 1 : random.int(1...6)
    for _ in 0..<count {
      if !format.ownMutations.isEmpty, random.chance(format.ownShare) {
        random.pick(format.ownMutations)(&bytes, &random)
      } else {
        let known = places ?? format.places(original)
        places = known
        change(&bytes, known, &random)
      }
      guard !bytes.isEmpty else { break }
    }
    if random.chance(0.75) { format.repair(&bytes, &random) }
    return bytes
  }

  private func change(_ bytes: inout [UInt8], _ places: [Int], _ random: inout SplitMix64) {
    let start = place(in: bytes, places, &random)
    switch random.int(0...11) {
    case 0, 1: bytes[start] ^= 1 << UInt8(random.int(0...7))
    case 2:
      bytes[start] = random.pick([0, 1, 2, 0x7F, 0x80, 0xFE, 0xFF, UInt8(random.int(0...255))])
    case 3, 4, 5: bytes.changeNumber(at: start, &random)
    case 6: bytes.copyNumber(to: start, from: place(in: bytes, places, &random), &random)
    case 7: bytes.fill(from: start, &random)
    case 8: bytes.changeText(&random)
    case 9: bytes.splice(load(random.int(0...count - 1)), at: start, &random)
    case 10: bytes.moveBlock(to: start, &random)
    default: bytes.resize(at: start, &random)
    }
  }

  /// Returns a position in `bytes`, half of the time one of structure.
  private func place(
    in bytes: [UInt8], _ places: [Int], _ random: inout SplitMix64
  ) -> Int {
    if !places.isEmpty, random.chance(0.6) {
      return min(random.pick(places) + random.int(0...7), bytes.count - 1)
    }
    return random.int(0...bytes.count - 1)
  }
}

extension [UInt8] {

  /// Replaces the number of 1, 2, 4 or 8 bytes at `start` by one at the edge of what fits.
  public mutating func changeNumber(at start: Int, _ random: inout SplitMix64) {
    let size = random.pick([1, 2, 4, 8])
    guard start + size <= count else { return }
    let isBig = random.chance(0.2)
    let old = number(at: start, size: size, isBig: isBig)
    let size64 = UInt64(count)
    var edges: [UInt64] = [0, 1, size64, size64 &- 1, size64 &+ 1]
    edges += [1 << 16, 1 << 31, 0xFFFF_FFFF, 1 << 40, 1 << 62, 1 << 63, UInt64.max, UInt64.max - 1]
    edges += [old &+ 1, old &- 1, old &* 2, old &* 1_000, UInt64(random.int(0...count))]
    edges.append(old ^ 1 << UInt64(random.int(0...63)))
    let new = random.pick(edges)
    setNumber(new, at: start, size: size, isBig: isBig)
  }

  /// Puts a number that is elsewhere in the file at `start`: offsets become circles.
  public mutating func copyNumber(
    to start: Int, from other: Int, _ random: inout SplitMix64
  ) {
    let size = random.pick([2, 4, 8])
    guard start + size <= count, other + size <= count else { return }
    setNumber(number(at: other, size: size, isBig: false), at: start, size: size, isBig: false)
  }

  /// Overwrites a run with a pattern: zeros, ones, or something that nests.
  public mutating func fill(from start: Int, _ random: inout SplitMix64) {
    let patterns: [[UInt8]] = [
      [0], [0xFF], Array("[".utf8), Array("{\"a\":".utf8), [0x0A, 0x7F],
      [UInt8(random.int(0...255))],
    ]
    let pattern = random.pick(patterns)
    let end = Swift.min(start + random.int(1...(1 << random.int(1...12))), count)
    for i in start..<end { self[i] = pattern[(i - start) % pattern.count] }
  }

  /// Changes a letter or digit of a text in the file, if there is any near a random place.
  public mutating func changeText(_ random: inout SplitMix64) {
    let start = random.int(0...count - 1)
    let isWord = { (byte: UInt8) in
      48...57 ~= byte || 65...90 ~= byte || 97...122 ~= byte
    }
    guard let first = self[start...].prefix(4_096).firstIndex(where: isWord) else { return }
    let last = self[first...].prefix(32).prefix(while: isWord).endIndex
    let digits = Array(random.pick(["0", "9", "-1", "e"]).utf8)
    for i in first..<(random.chance(0.5) ? last : first + 1) {
      self[i] =
        random.chance(0.7) ? digits[(i - first) % digits.count] : UInt8(random.int(32...126))
    }
  }

  /// Overwrites a block with one of another file.
  public mutating func splice(
    _ other: [UInt8], at start: Int, _ random: inout SplitMix64
  ) {
    let from =
      random.chance(0.5) ? Swift.min(start, other.count - 1) : random.int(0...other.count - 1)
    let length = Swift.min(
      1 << random.int(0...12), Swift.min(count - start, other.count - from))
    for i in 0..<length { self[start + i] = other[from + i] }
  }

  /// Overwrites a block with another one of the same file.
  public mutating func moveBlock(to start: Int, _ random: inout SplitMix64) {
    splice(self, at: start, &random)
  }

  /// Cuts the file, or takes out or doubles a block, so that all behind it moves.
  public mutating func resize(at start: Int, _ random: inout SplitMix64) {
    let length = Swift.min(1 << random.int(0...12), count - start)
    switch random.int(0...2) {
    case 0: removeSubrange(start...)
    case 1: removeSubrange(start..<start + length)
    default: insert(contentsOf: Array(self[start..<start + length]), at: start)
    }
  }

  /// Returns the number of `size` bytes at `start`.
  public func number(at start: Int, size: Int, isBig: Bool = false) -> UInt64 {
    let bytes = self[start..<start + size]
    return (isBig ? Array(bytes) : bytes.reversed()).reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Puts the lowest `size` bytes of a number at `start`.
  public mutating func setNumber(
    _ number: UInt64, at start: Int, size: Int, isBig: Bool = false
  ) {
    for i in 0..<size {
      self[start + (isBig ? size - 1 - i : i)] = UInt8(truncatingIfNeeded: number >> UInt64(8 * i))
    }
  }
}
