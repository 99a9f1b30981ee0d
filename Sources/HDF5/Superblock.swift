// A look at a file's first bytes before the library sees it: is it there, is it HDF5, is it whole.

internal import Diagnostics
internal import FileReading

extension ByteSource {

  /// Checks that the file starts like an HDF5 file and is as long as it says.
  ///
  /// - Throws: `hdf5.cannot-open` or `hdf5.truncated`, and what reading throws.
  /// - Source: the HDF5 File Format Specification, version 3.0, section II.A.
  func checkSuperblock() throws(Diagnostic) {
    var offset = 0
    // The superblock may follow a block of the user's, whose size is a power of two from 512 on.
    while offset < count {
      let bytes = try prefix(96, at: offset)
      if bytes.starts(with: signature) {
        guard let end = declaredEnd(bytes), UInt64(offset) <= UInt64.max - end else { return }
        guard UInt64(offset) + end <= UInt64(count) else {
          throw .cutOff(name, found: UInt64(count), expected: UInt64(offset) + end)
        }
        return
      }
      offset = offset == 0 ? 512 : offset.multipliedReportingOverflow(by: 2).partialValue
      if offset <= 0 { break }
    }
    let guess = Guess(try prefix(512))
    throw .notHDF5(name, looksLike: guess.description, notes: guess.notes)
  }
}

/// The first bytes of every superblock.
private let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]

/// Returns the distance from the superblock to the end of the file that it declares; `nil` if the
/// superblock is of a form that only the library understands.
private func declaredEnd(_ bytes: [UInt8]) -> UInt64? {
  guard bytes.count >= 64 else { return UInt64(64) }
  switch bytes[8] {
  case 0, 1:
    guard bytes[13] == 8 else { return nil }
    let base = bytes[8] == 0 ? 24 : 28
    return distance(littleEndian(bytes, base + 16), from: littleEndian(bytes, base))
  case 2, 3:
    guard bytes[9] == 8 else { return nil }
    return distance(littleEndian(bytes, 28), from: littleEndian(bytes, 12))
  default: return nil
  }
}

/// Returns `end` counted from the superblock; addresses count from `base`, which is where the
/// superblock lies.
private func distance(_ end: UInt64, from base: UInt64) -> UInt64? {
  end == UInt64.max || end < base ? nil : end - base
}

private func littleEndian(_ bytes: [UInt8], _ start: Int) -> UInt64 {
  (0..<8).reduce(0) { $0 | UInt64(bytes[start + $1]) << (8 * UInt64($1)) }
}

/// What a file that is not HDF5 seems to be.
private struct Guess {

  /// What was found, with an article.
  var description: String

  /// What to do about it.
  var notes: [String] = []

  /// Guesses by the first bytes of a file.
  init(_ bytes: [UInt8]) {
    if bytes.isEmpty {
      self.init("an empty file", "copy or download the file again")
    } else if let known = Guess.known.first(where: { bytes.starts(with: $0.prefix) }) {
      self.init(known.description, known.note)
    } else if bytes.allSatisfy({ $0 == 0 }) {
      self.init("zeros", "copy or download the file again")
    } else if bytes.allSatisfy({ $0 >= 32 && $0 < 127 || 9...13 ~= $0 }) {
      let start = String(decoding: bytes.prefix(40), as: UTF8.self)
      self.init("text that starts with '\(start)'", "give the path of the model file itself")
    } else {
      let digits = bytes.prefix(8).map { byte in
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
      self.init("a file that starts with the bytes \(digits.joined(separator: " "))", nil)
    }
  }

  private init(_ description: String, _ note: String?) {
    self.description = description
    notes = note.map { [$0] } ?? []
  }

  private static let known: [(prefix: [UInt8], description: String, note: String?)] = [
    (Array("PK\u{3}\u{4}".utf8), "a zip archive", "a '.keras' file is such an archive"),
    ([0x1F, 0x8B], "a gzip archive", "decompress it first: gunzip FILE"),
    ([0x93] + Array("NUMPY".utf8), "a NumPy array", nil),
    ([0x89] + Array("PNG".utf8), "a PNG image", nil),
    ([0x80, 0x02], "a Python pickle", "save the model in the HDF5 format"),
    ([0x80, 0x04], "a Python pickle", "save the model in the HDF5 format"),
    ([0x80, 0x05], "a Python pickle", "save the model in the HDF5 format"),
    ([0x08, 0x03], "protocol buffers, perhaps an ONNX model", nil),
    ([0x08, 0x07], "protocol buffers, perhaps an ONNX model", nil),
    ([0x08, 0x08], "protocol buffers, perhaps an ONNX model", nil),
    (
      Array("version https://git-lfs".utf8), "a pointer of Git LFS",
      "fetch the file itself: git lfs pull"
    ),
    (Array("<".utf8), "a web page or XML", "download the file again"),
    (Array("{".utf8), "JSON", "the architecture alone has no weights; save the whole model"),
  ]
}
