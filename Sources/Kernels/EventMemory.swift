// Memory of the event kernels: aligned for vectors, with slack behind for loads that overshoot.

/// A block of memory that kernels share: constants that nobody writes any more, or the scratch of
/// one worker.
///
/// Aligned to 64 bytes and followed by 256 readable bytes, so that a kernel may load whole vectors
/// at the end. A block is written by one worker at a time; the holder sees to that.
package final class EventMemory: @unchecked Sendable {

  /// The number of bytes, without the slack.
  package let byteCount: Int

  /// The first byte.
  let base: UnsafeMutableRawPointer

  /// Bytes behind the end that may be read, and written with what nobody reads.
  static let slack = 256

  /// Creates a block of zeros.
  ///
  /// - Precondition: `byteCount` is not negative.
  package init(byteCount: Int) {
    precondition(byteCount >= 0, "internal: negative size")
    self.byteCount = byteCount
    base = .allocate(byteCount: byteCount + Self.slack, alignment: 64)
    base.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount + Self.slack)
  }

  /// Creates a block that holds `elements`.
  package convenience init(_ elements: [Int8]) {
    self.init(byteCount: elements.count)
    base.copyMemory(from: elements, byteCount: byteCount)
  }

  /// Creates a block that holds `elements`.
  package convenience init(_ elements: [Int32]) {
    self.init(byteCount: elements.count * 4)
    base.copyMemory(from: elements, byteCount: byteCount)
  }

  deinit {
    base.deallocate()
  }

  /// Sets all bytes to 0, the slack included.
  package func clear() {
    base.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount + Self.slack)
  }

  /// Copies the bytes of `other` over the first ones of this block.
  ///
  /// - Precondition: they fit.
  package func copy(_ other: EventMemory) {
    precondition(other.byteCount <= byteCount, "internal: copy overflows")
    base.copyMemory(from: other.base, byteCount: other.byteCount)
  }

  /// The block as 32-bit numbers.
  var int32: UnsafeMutablePointer<Int32> { base.assumingMemoryBound(to: Int32.self) }

  /// The block as words of bits.
  var words: UnsafeMutablePointer<UInt64> { base.assumingMemoryBound(to: UInt64.self) }

  /// The block as counters.
  var counters: UnsafeMutablePointer<Int> { base.assumingMemoryBound(to: Int.self) }

  /// Returns the counters, `count` of them.
  package func readCounters(_ count: Int) -> [Int] {
    precondition(count * 8 <= byteCount, "internal: read overflows")
    return Array(UnsafeBufferPointer(start: counters, count: count))
  }
}
