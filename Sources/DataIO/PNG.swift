// PNG images: the header and the chunks. The pixels are in PNG+Pixels.swift.

internal import Archive
internal import Diagnostics
internal import FileReading

/// The header of a PNG image.
///
/// - Source: W3C, Portable Network Graphics specification, third edition, section 11.2.1.
struct PNGHeader: Hashable, Sendable {

  /// What the samples of a pixel mean.
  enum Color: UInt8, Hashable, Sendable {
    /// One sample.
    case gray = 0
    /// Red, green, blue.
    case rgb = 2
    /// An index into a table of colors.
    case palette = 3
    /// Gray and opacity.
    case grayAlpha = 4
    /// Red, green, blue, opacity.
    case rgba = 6

    /// The number of samples of a stored pixel.
    var samples: Int {
      switch self {
      case .gray, .palette: 1
      case .grayAlpha: 2
      case .rgb: 3
      case .rgba: 4
      }
    }
  }

  /// The bytes with which a file begins.
  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  /// The bytes that signature and header occupy.
  static let size = 33

  /// The largest image that is decoded, bytes of pixels.
  static let limit = 1 << 30

  /// The number of columns.
  var width: Int
  /// The number of rows.
  var height: Int
  /// The number of bits of a sample.
  var depth: Int
  /// What the samples mean.
  var color: Color
  /// `true` iff the image is stored in the seven passes of Adam7.
  var isInterlaced: Bool

  /// Reads the header at the beginning of `bytes`.
  ///
  /// - Throws: `data.bad-png` if it is damaged, or the image too large.
  init(_ bytes: [UInt8], name: String) throws(Diagnostic) {
    guard bytes.holds(Self.signature), bytes.holds([0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52], at: 8),
      let width: UInt32 = bytes.bigEndian(at: 16), let height: UInt32 = bytes.bigEndian(at: 20),
      let stored: UInt32 = bytes.bigEndian(at: 29)
    else { throw .badPNG(name, "the header is cut off") }
    guard checksum(bytes, 12..<29) == stored else { throw .badPNG(name, "wrong checksum of IHDR") }
    guard 1...Int32.max ~= Int32(truncatingIfNeeded: width),
      1...Int32.max ~= Int32(truncatingIfNeeded: height)
    else { throw .badPNG(name, "the size is 0 or too large") }
    guard let color = Color(rawValue: bytes[25]), Self.depths(of: color).contains(Int(bytes[24]))
    else {
      throw .badPNG(
        name,
        "color type \(bytes[25]) with \(bytes[24], of: "bit") does not exist")
    }
    guard bytes[26] == 0, bytes[27] == 0, bytes[28] <= 1 else {
      throw .badPNG(name, "unknown compression, filter or interlace method")
    }
    (self.width, self.height) = (Int(width), Int(height))
    (depth, self.color, isInterlaced) = (Int(bytes[24]), color, bytes[28] == 1)
    guard let total = checkedByteCount(shape, kind), total <= Self.limit else {
      throw .badPNG(name, "\(width) × \(height) pixels are too many")
    }
  }

  /// The number of channels after decoding; colors of a palette are looked up, opacity is kept
  /// where every pixel has its own.
  var channels: Int { color == .palette ? 3 : color.samples }

  /// The type of the samples after decoding; fewer than 8 bits are widened to 8.
  var kind: ElementKind { depth == 16 ? .uint16 : .uint8 }

  /// The shape after decoding, [height, width, channels].
  var shape: [Int] { [height, width, channels] }

  /// The number of bits of a stored pixel.
  var bitsPerPixel: Int { color.samples * depth }

  private static func depths(of color: Color) -> [Int] {
    switch color {
    case .gray: [1, 2, 4, 8, 16]
    case .palette: [1, 2, 4, 8]
    case .rgb, .grayAlpha, .rgba: [8, 16]
    }
  }
}

/// The parts of a PNG file that decoding needs.
struct PNGChunks {

  /// The header.
  let header: PNGHeader

  /// The table of colors, three bytes each; empty if there is none.
  private(set) var palette: [UInt8] = []

  /// The compressed pixels.
  private(set) var data: [UInt8] = []

  /// Takes the file `bytes` apart.
  ///
  /// - Throws: `data.bad-png` if it is cut off, a checksum is wrong, or something essential unknown.
  init(_ bytes: [UInt8], name: String) throws(Diagnostic) {
    header = try PNGHeader(bytes, name: name)
    var position = PNGHeader.size
    while true {
      guard let length: UInt32 = bytes.bigEndian(at: position), position <= bytes.count - 12,
        Int(length) <= bytes.count - position - 12,
        let stored: UInt32 = bytes.bigEndian(at: position + 8 + Int(length))
      else { throw .badPNG(name, "the file is cut off") }
      let start = position + 8
      let end = start + Int(length)
      let type = String(decoding: bytes[position + 4..<start], as: UTF8.self)
      let isEssential = bytes[position + 4] & 0x20 == 0
      guard !isEssential || checksum(bytes, position + 4..<end) == stored else {
        throw .badPNG(name, "wrong checksum of \(type)")
      }
      switch type {
      case "PLTE": palette = Array(bytes[start..<end])
      case "IDAT": data += bytes[start..<end]
      case "IEND": return
      default: if isEssential { throw .badPNG(name, "unknown chunk '\(type)'") }
      }
      position = end + 4
    }
  }
}

extension DataArray {

  /// Opens the PNG image in `source` as an array [height, width, channels].
  ///
  /// - Throws: `data.bad-png` or `data.bad-compression`.
  static func png(_ source: ByteSource) throws(Diagnostic) -> DataArray {
    let chunks = try PNGChunks(source.readAll(), name: source.name)
    let pixels = try chunks.pixels(name: source.name)
    return try DataArray(
      name: source.name, shape: chunks.header.shape, kind: chunks.header.kind, bigEndian: true,
      source: ByteSource(pixels, name: source.name))
  }
}
