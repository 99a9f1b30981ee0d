// Integers in byte arrays, with bounds checked: positions come from files.

extension [UInt8] {

  /// Returns the big-endian integer at `offset`, `nil` if the array ends before.
  package func bigEndian<T: FixedWidthInteger>(at offset: Int, as type: T.Type = T.self) -> T? {
    littleEndian(at: offset, as: T.self).map(\.byteSwapped)
  }

  /// Returns the little-endian integer at `offset`, `nil` if the array ends before.
  package func littleEndian<T: FixedWidthInteger>(at offset: Int, as type: T.Type = T.self) -> T? {
    let size = MemoryLayout<T>.size
    guard offset >= 0, count >= size, offset <= count - size else { return nil }
    return withUnsafeBytes {
      T(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: T.self))
    }
  }

  /// Returns whether the bytes at `offset` are `pattern`.
  package func holds(_ pattern: some Collection<UInt8>, at offset: Int = 0) -> Bool {
    offset >= 0 && offset <= count && self[offset...].starts(with: pattern)
  }
}
