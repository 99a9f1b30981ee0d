// Elements of a constant that are read from a file when they are asked for, block by block.

internal import Diagnostics
internal import FileReading

/// Where elements are.
enum Payload: Sendable {
  /// Side by side, in little-endian order, from a position of a file on.
  case bytes(StoredFile, offset: Int)
  /// In fields of a message, among others, in a range of a file.
  case fields(StoredFile, ElementField, Range<Int>)
}

/// Numbers in a file.
struct StoredElements: ONNXElements {

  /// The name of the constant, for messages.
  var name: String

  /// The type of the elements.
  var type: ONNXElementType

  /// The number of elements.
  var count: Int

  /// Where the elements are.
  var payload: Payload

  /// The number of bytes that are read at a time: they stay in the processor's cache while they
  /// are converted.
  private static let block = 1 << 20

  func floats() throws(Diagnostic) -> [Float] {
    try array { (result) throws(Diagnostic) in
      // The array's own memory serves where the file has what is asked for.
      if case .bytes(let stored, let offset) = payload, type == .float {
        let file = try stored.open()
        try file.read(into: UnsafeMutableRawBufferPointer(result), at: offset)
        try file.checkUnchanged()
      } else {
        try visit { (first, bytes) throws(Diagnostic) in
          let rest = UnsafeMutableBufferPointer(rebasing: result[first...])
          guard type.decode(bytes, into: rest) else { throw .noNumbers(name, type) }
        }
      }
    }
  }

  func integers() throws(Diagnostic) -> [Int] {
    try array { (result) throws(Diagnostic) in
      try visit { (first, bytes) throws(Diagnostic) in
        let rest = UnsafeMutableBufferPointer(rebasing: result[first...])
        guard type.decode(bytes, into: rest) else { throw .notIntegers(name) }
      }
    }
  }

  /// Returns an array of `count` elements that `fill` initializes.
  private func array<Element: BitwiseCopyable>(
    _ fill: (UnsafeMutableBufferPointer<Element>) throws(Diagnostic) -> Void
  ) throws(Diagnostic) -> [Element] {
    do throws(Diagnostic) {
      return try [Element](filledWith: count, fill)
    } catch {
      throw error.naming(tensor: name)
    }
  }

  /// Calls `body` with the bytes of consecutive elements until all were given.
  ///
  /// It is given the index of the first of them; no byte is given in parts.
  private func visit(
    _ body: (_ first: Int, UnsafeRawBufferPointer) throws(Diagnostic) -> Void
  ) throws(Diagnostic) {
    guard let bits = type.bits else { return }
    let size = count / 8 * bits + (count % 8 * bits + 7) / 8
    switch payload {
    case .bytes(let stored, let offset):
      let file = try stored.open()
      let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: min(size, Self.block), alignment: 64)
      defer { buffer.deallocate() }
      var done = 0
      while done < size {
        let part = UnsafeMutableRawBufferPointer(
          rebasing: buffer[..<min(buffer.count, size - done)])
        try file.read(into: part, at: offset + done)
        try body(done * 8 / bits, UnsafeRawBufferPointer(part))
        done += part.count
      }
      try file.checkUnchanged()
    case .fields(let stored, let field, let range):
      var stream = FieldStream(
        WireReader(try stored.open()), field, in: range, width: max(1, bits / 8))
      var done = 0
      while let block = try stream.next(limit: Self.block) {
        guard block.count <= size - done else {
          throw .wrongCount(found: nil, expected: type.entries(for: count))
        }
        try block.withBytes { (bytes) throws(Diagnostic) in
          try body(done * 8 / bits, bytes)
        }
        done += block.count
      }
      guard done == size else {
        throw .wrongCount(
          found: done / max(1, bits / 8), expected: type.entries(for: count))
      }
    }
  }
}

/// Elements that are no numbers.
struct NoNumbers: ONNXElements {

  /// The name of the constant, for messages.
  var name: String

  /// The type of the elements.
  var type: ONNXElementType

  func floats() throws(Diagnostic) -> [Float] {
    throw .noNumbers(name, type)
  }

  func integers() throws(Diagnostic) -> [Int] {
    throw .noNumbers(name, type)
  }
}

extension Array {

  /// Creates `count` elements that `fill` initializes, unless it throws.
  init(
    filledWith count: Int,
    _ fill: (UnsafeMutableBufferPointer<Element>) throws(Diagnostic) -> Void
  ) throws(Diagnostic) where Element: BitwiseCopyable {
    var failure: Diagnostic?
    self.init(unsafeUninitializedCapacity: count) { buffer, initialized in
      do throws(Diagnostic) {
        let elements = UnsafeMutableBufferPointer(rebasing: buffer[..<count])
        adviseLargePages(UnsafeMutableRawBufferPointer(elements))
        try fill(elements)
        initialized = count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  /// Returns what `body` makes of the array's memory.
  fileprivate func withBytes<Result>(
    _ body: (UnsafeRawBufferPointer) throws(Diagnostic) -> Result
  ) throws(Diagnostic) -> Result {
    try withUnsafeBufferPointer { (elements) throws(Diagnostic) in
      try body(UnsafeRawBufferPointer(elements))
    }
  }
}
