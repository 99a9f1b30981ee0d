// What a mutator knows about HDF5: where structures begin, and how files say how long they are.

public import TestSupport

extension FuzzFormat {

  /// Whole models of Keras in HDF5.
  public static let kerasHDF5 = FuzzFormat(
    name: "keras-h5", ending: ".h5", places: structures,
    ownMutations: [redirect, declareHuge, renestConfig], repair: setEnd)

  /// Returns every eighth byte of what follows the marks of structures.
  private static func structures(_ bytes: [UInt8]) -> [Int] {
    var places: [Int] = []
    // Writers put structures at multiples of 8, or of 4.
    bytes.withUnsafeBytes { buffer in
      for i in stride(from: 0, to: buffer.count - 4, by: 4)
      where marks.contains(buffer.loadUnaligned(fromByteOffset: i, as: UInt32.self)) {
        places += stride(from: i, to: min(i + 640, buffer.count), by: 8)
      }
    }
    // Object headers of the first version have no mark: a 1, a 0, a small count, and a message.
    for i in stride(from: 0, to: bytes.count - 24, by: 8)
    where bytes[i] == 1 && bytes[i + 1] == 0 && bytes[i + 3] == 0 && bytes[i + 4] != 0
      && bytes[i + 5] == 0 && bytes[i + 6] == 0
    {
      places += stride(from: i, to: min(i + 320, bytes.count), by: 4)
    }
    return places
  }

  /// The marks of structures, as numbers whose lowest byte comes first.
  private static let marks: Set<UInt32> = {
    let texts = [
      "TREE", "SNOD", "HEAP", "GCOL", "OHDR", "OCHK", "FRHP", "FHDB", "FHIB", "BTHD", "BTLF",
    ]
    let numbers = texts.map { UInt32(truncatingIfNeeded: Array($0.utf8).number(at: 0, size: 4)) }
    return Set(numbers + [0x4644_4889])
  }()

  /// Lets an address, a number of 8 bytes that lies within the file, lead to another structure.
  @Sendable private static func redirect(_ bytes: inout [UInt8], _ random: inout SplitMix64) {
    guard bytes.count >= 64 else { return }
    func address(_ bytes: [UInt8], _ random: inout SplitMix64) -> Int? {
      let start = random.int(0...bytes.count - 17) & ~7
      return stride(from: start, to: min(start + 2_048, bytes.count - 8), by: 8).first {
        let number = bytes.number(at: $0, size: 8)
        return number >= 48 && number < UInt64(bytes.count)
      }
    }
    guard let from = address(bytes, &random), let to = address(bytes, &random) else { return }
    bytes.copyNumber8(to: to, from: from)
  }

  private static let hugeNumbers: [UInt64] = [
    1 << 20, 1 << 27, 1 << 31, 0xFFFF_FFFF, 1 << 33, 1 << 48, 1 << 62, UInt64.max,
  ]

  /// Makes an extent or a length, a number of 8 bytes that is small, huge.
  @Sendable private static func declareHuge(_ bytes: inout [UInt8], _ random: inout SplitMix64) {
    guard bytes.count >= 64 else { return }
    let start = random.int(0...bytes.count - 17) & ~7
    let place = stride(from: start, to: min(start + 2_048, bytes.count - 8), by: 8).first {
      1...4_096 ~= bytes.number(at: $0, size: 8)
    }
    guard let place else { return }
    let size = random.pick([4, 8])
    bytes.setNumber(
      random.pick(hugeNumbers), at: place, size: size)
  }

  /// Overwrites a part of the model's description with brackets, names or numbers.
  @Sendable private static func renestConfig(_ bytes: inout [UInt8], _ random: inout SplitMix64) {
    let mark = Array("class_name".utf8)
    let start = random.int(0...bytes.count - 1)
    guard
      let found = bytes[start...].prefix(16_384).indices.first(where: {
        bytes[$0] == mark[0] && bytes[$0...].starts(with: mark)
      })
    else { return }
    let from = min(found + random.int(0...400), bytes.count - 1)
    switch random.int(0...2) {
    case 0: bytes.fill(from: from, &random)
    case 1:
      // A word of the description in the place of another.
      let other = min(found + random.int(0...4_000), bytes.count - 1)
      let length = min(random.int(1...24), bytes.count - max(from, other))
      for i in 0..<length { bytes[from + i] = bytes[other + i] }
    default:
      let digit = bytes[from...].prefix(400).firstIndex { 48...57 ~= $0 }
      if let digit { bytes[digit] = UInt8(random.int(48...57)) }
    }
  }

  /// Sets the end that the superblock declares to the true one, and its checksum if it has one.
  @Sendable private static func setEnd(_ bytes: inout [UInt8], _ random: inout SplitMix64) {
    guard bytes.count >= 96, bytes[8] <= 1 else { return }
    bytes.setNumber(UInt64(bytes.count), at: bytes[8] == 0 ? 40 : 44, size: 8)
  }
}

extension [UInt8] {

  fileprivate mutating func copyNumber8(to: Int, from: Int) {
    setNumber(number(at: from, size: 8), at: to, size: 8)
  }
}
