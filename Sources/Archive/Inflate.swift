// Decompression by zlib, with a limit on the output that the caller knows from elsewhere.

internal import CZlib
package import Diagnostics
package import FileReading

/// The wrapping of a deflate stream.
package enum DeflateFormat: Int32, Sendable {
  /// Bare deflate, as in zip files.
  case raw = -15
  /// zlib's own wrapping, as in PNG.
  case zlib = 15
  /// gzip files.
  case gzip = 31
}

/// What a decompression gave.
package struct Inflated {

  /// The decompressed bytes, at most as many as the limit.
  package var bytes: [UInt8]

  /// `true` iff the stream ended within the limit, and its checksum (if any) was right.
  package var isComplete: Bool
}

/// Decompresses `input` until the stream ends or the output reaches `limit` bytes.
///
/// Memory grows with what is really decompressed, not with what a header promises. Members of a
/// gzip file that follow one another are joined.
///
/// - Parameters:
///   - input: the compressed bytes.
///   - format: the wrapping of the stream.
///   - limit: the largest number of bytes to return; the stream may be longer.
///   - name: the file, for messages.
/// - Returns: the bytes, and whether they are all.
/// - Throws: `data.bad-compression` if the stream is damaged or ends early.
package func decompress(
  _ input: [UInt8], _ format: DeflateFormat, limit: Int, name: String
) throws(Diagnostic) -> Inflated {
  var output: [UInt8] = []
  let isComplete = try decompress(ByteSource(input, name: name), format, limit: limit) {
    output += $0
  }
  return Inflated(bytes: output, isComplete: isComplete)
}

/// Decompresses `input` piece by piece until the stream ends or `limit` bytes came out.
///
/// Takes a few megabytes of memory, whatever the size.
///
/// - Parameters:
///   - input: the compressed bytes.
///   - format: the wrapping of the stream.
///   - limit: the largest number of bytes to give out; the stream may be longer.
///   - consume: takes the pieces, in order, each of at most 1 MiB.
/// - Returns: `true` iff the stream ended within the limit and its checksum (if any) was right.
/// - Throws: `data.bad-compression` if the stream is damaged or ends early, what reading `input`
///   throws, and what `consume` throws.
package func decompress(
  _ input: ByteSource, _ format: DeflateFormat, limit: Int,
  _ consume: ([UInt8]) throws(Diagnostic) -> Void
) throws(Diagnostic) -> Bool {
  var stream = z_stream()
  let created = inflateInit2_(
    &stream, format.rawValue, zlibVersion(), Int32(MemoryLayout<z_stream>.size))
  guard created == Z_OK else { throw .badCompression(input.name, "zlib cannot start") }
  defer { inflateEnd(&stream) }
  var window = InputWindow(input)
  var produced = 0
  while true {
    try window.fill()
    let step = inflateStep(&stream, window, room: min(chunk, max(64, produced), limit - produced))
    window.skip(step.consumed)
    produced += step.output.count
    if !step.output.isEmpty { try consume(step.output) }
    switch step.status {
    case Z_STREAM_END:
      guard format == .gzip, try window.startsWith([0x1F, 0x8B]) else { return true }
      inflateReset(&stream)
    case Z_OK, Z_BUF_ERROR:
      if step.consumed > 0 || !step.output.isEmpty { continue }
      if produced == limit { return false }
      throw .badCompression(input.name, "the compressed data end early")
    case Z_DATA_ERROR, Z_NEED_DICT:
      throw .badCompression(input.name, stream.msg.map { String(cString: $0) } ?? "bad data")
    default:
      throw .badCompression(input.name, "zlib reports error \(step.status)")
    }
  }
}

/// The largest piece of input and of output, bytes.
private let chunk = 1 << 20

/// The part of the input that is in memory.
private struct InputWindow {

  let source: ByteSource
  var bytes: [UInt8] = []
  var used = 0
  var position = 0

  init(_ source: ByteSource) {
    self.source = source
  }

  /// Reads on when everything was used.
  mutating func fill() throws(Diagnostic) {
    guard used == bytes.count, position < source.count else { return }
    bytes = try source.read(at: position, count: min(chunk, source.count - position))
    position += bytes.count
    used = 0
  }

  mutating func skip(_ count: Int) {
    used += count
  }

  /// Returns whether the bytes to come are `pattern` and more.
  func startsWith(_ pattern: [UInt8]) throws(Diagnostic) -> Bool {
    let next = position - (bytes.count - used)
    guard pattern.count <= source.count - next else { return false }
    return try source.read(at: next, count: pattern.count) == pattern
  }
}

/// Lets zlib work once, on what is in `window` and at most `room` bytes of output.
private func inflateStep(
  _ stream: inout z_stream, _ window: InputWindow, room: Int
) -> (status: Int32, consumed: Int, output: [UInt8]) {
  let given = window.bytes.count - window.used
  var status = Z_OK
  var left = given
  let output = [UInt8](unsafeUninitializedCapacity: max(1, room)) { buffer, filled in
    window.bytes.withUnsafeBufferPointer { source in
      stream.next_in = source.baseAddress.map {
        UnsafeMutablePointer(mutating: $0 + window.used)
      }
      stream.avail_in = UInt32(given)
      stream.next_out = buffer.baseAddress
      stream.avail_out = UInt32(room)
      status = inflate(&stream, Z_NO_FLUSH)
      left = Int(stream.avail_in)
      filled = room - Int(stream.avail_out)
    }
  }
  return (status, given - left, output)
}

/// Returns the CRC-32 of the bytes of `bytes` in `range`, continuing from `start`.
package func checksum(_ bytes: [UInt8], _ range: Range<Int>, from start: UInt32 = 0) -> UInt32 {
  bytes.withUnsafeBufferPointer { buffer in
    var value = CUnsignedLong(start)
    var position = range.lowerBound
    while position < range.upperBound, let base = buffer.baseAddress {
      let piece = min(range.upperBound - position, 1 << 30)
      value = crc32(value, base + position, UInt32(piece))
      position += piece
    }
    return UInt32(truncatingIfNeeded: value)
  }
}
