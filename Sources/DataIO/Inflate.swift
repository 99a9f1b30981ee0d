// Decompression by zlib, with a limit on the output that the caller knows from elsewhere.

internal import CZlib
internal import Diagnostics

/// The wrapping of a deflate stream.
enum DeflateFormat: Int32, Sendable {
  /// Bare deflate, as in zip files.
  case raw = -15
  /// zlib's own wrapping, as in PNG.
  case zlib = 15
  /// gzip files.
  case gzip = 31
}

/// What a decompression gave.
struct Inflated {

  /// The decompressed bytes, at most as many as the limit.
  var bytes: [UInt8]

  /// `true` iff the stream ended within the limit, and its checksum (if any) was right.
  var isComplete: Bool
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
func decompress(
  _ input: [UInt8], _ format: DeflateFormat, limit: Int, name: String
) throws(Diagnostic) -> Inflated {
  var stream = z_stream()
  let created = inflateInit2_(
    &stream, format.rawValue, zlibVersion(), Int32(MemoryLayout<z_stream>.size))
  guard created == Z_OK else { throw .badCompression(name, "zlib cannot start") }
  defer { inflateEnd(&stream) }
  var output: [UInt8] = []
  var consumed = 0
  while true {
    let step = inflateStep(
      &stream, input, from: consumed, into: &output, limit: limit)
    consumed += step.consumed
    switch step.status {
    case Z_STREAM_END:
      let more = format == .gzip && input.holds([0x1F, 0x8B], at: consumed)
      guard more else { return Inflated(bytes: output, isComplete: true) }
      inflateReset(&stream)
    case Z_OK, Z_BUF_ERROR:
      if step.consumed > 0 || step.produced > 0 { continue }
      if output.count == limit { return Inflated(bytes: output, isComplete: false) }
      throw .badCompression(name, "the compressed data end early")
    case Z_DATA_ERROR, Z_NEED_DICT:
      throw .badCompression(name, stream.msg.map { String(cString: $0) } ?? "bad data")
    default:
      throw .badCompression(name, "zlib reports error \(step.status)")
    }
  }
}

/// Lets zlib work once, on at most 1 MiB of input and of output; appends to `output`.
private func inflateStep(
  _ stream: inout z_stream, _ input: [UInt8], from position: Int, into output: inout [UInt8],
  limit: Int
) -> (status: Int32, consumed: Int, produced: Int) {
  let chunk = 1 << 20
  let given = min(chunk, input.count - position)
  let room = min(chunk, max(64, output.count), limit - output.count)
  var status = Z_OK
  var produced = 0
  var left = given
  let piece = [UInt8](unsafeUninitializedCapacity: max(1, room)) { buffer, filled in
    input.withUnsafeBufferPointer { source in
      stream.next_in = source.baseAddress.map { UnsafeMutablePointer(mutating: $0 + position) }
      stream.avail_in = UInt32(given)
      stream.next_out = buffer.baseAddress
      stream.avail_out = UInt32(room)
      status = inflate(&stream, Z_NO_FLUSH)
      left = Int(stream.avail_in)
      produced = room - Int(stream.avail_out)
    }
    filled = produced
  }
  output += piece
  return (status, given - left, produced)
}

/// Returns the CRC-32 of the bytes of `bytes` in `range`, continuing from `start`.
func checksum(_ bytes: [UInt8], _ range: Range<Int>, from start: UInt32 = 0) -> UInt32 {
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
