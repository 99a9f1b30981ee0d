// The bytes of a file as child processes are told of them.

internal import CHDF5Child
internal import FileReading

extension ByteSource {

  /// Calls `body` with the description that children understand.
  func withSource<R>(_ body: (UnsafePointer<spikec_h5_source>) -> R) -> R {
    switch storage {
    case .file(let file):
      var source = spikec_h5_source(
        descriptor: file.descriptor, bytes: nil, start: UInt64(start), size: UInt64(count))
      return body(&source)
    case .memory(let bytes):
      return bytes.withUnsafeBytes { buffer in
        var source = spikec_h5_source(
          descriptor: -1, bytes: buffer.baseAddress.map { $0 + start }, start: 0,
          size: UInt64(count))
        return body(&source)
      }
    }
  }
}
