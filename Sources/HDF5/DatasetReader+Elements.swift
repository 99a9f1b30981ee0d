// Elements as floating point, integers and strings.

internal import CHDF5Child
internal import Diagnostics
internal import FileReading

extension DatasetReader {

  /// The bytes that are converted at once.
  private static let blockSize = 1 << 20

  /// Returns the numbers of the rows `rows`, everything if absent.
  ///
  /// - Throws: `hdf5.bad-dataset`, `file.changed`, `hdf5.damaged`.
  func floats(rows: Range<Int>?, isBFloat16: Bool) throws(Diagnostic) -> [Float] {
    let part = try part(rows)
    guard !part.elements.isEmpty else { return [] }
    return try filled(part.elements.count) { (target) throws(Diagnostic) in
      try fill(target, part, isBFloat16: isBFloat16)
    }
  }

  /// Calls `body` with the numbers of the rows `rows`, block by block: the position of the first
  /// among all elements, and the numbers.
  ///
  /// - Throws: what `body` throws; `hdf5.bad-dataset`, `file.changed`, `hdf5.damaged`.
  func forEachBlock(
    rows: Range<Int>?, isBFloat16: Bool, _ body: (Int, Span<Float>) throws(Diagnostic) -> Void
  ) throws(Diagnostic) {
    let part = try part(rows)
    guard !part.elements.isEmpty else { return }
    guard stored.layout == SPIKEC_H5_CONTIGUOUS else {
      // A child gives all at once: what is compressed is small beside what it becomes.
      let all = try floats(rows: rows, isBFloat16: isBFloat16)
      return try body(part.elements.lowerBound, all.span)
    }
    let size = Self.blockSize / MemoryLayout<Float>.stride
    for first in stride(from: part.elements.lowerBound, to: part.elements.upperBound, by: size) {
      let elements = first..<min(first + size, part.elements.upperBound)
      let block = try filled(elements.count) { (target) throws(Diagnostic) in
        try fill(target, Part(rows: part.rows, elements: elements), isBFloat16: isBFloat16)
      }
      try body(first, block.span)
    }
  }

  /// Returns the integers of the rows `rows`, everything if absent, which are stored as `T`.
  ///
  /// - Throws: `hdf5.bad-dataset`, `file.changed`, `hdf5.damaged`.
  func integers<T: HDF5Integer>(rows: Range<Int>?) throws(Diagnostic) -> [T] {
    let part = try part(rows)
    guard !part.elements.isEmpty else { return [] }
    let size = MemoryLayout<T>.size
    return try filled(part.elements.count) { (target) throws(Diagnostic) in
      let bytes = UnsafeMutableRawBufferPointer(target)
      if let format = stored.type.numberFormat,
        let offset = try offset(ofElement: part.elements.lowerBound)
      {
        try source.read(into: bytes, at: offset)
        guard format.isBigEndian else {
          for i in target.indices where NumberFormat.isMachineBigEndian {
            target[i] = T(littleEndian: target[i])
          }
          return
        }
        for i in target.indices { target[i] = T(bigEndian: target[i]) }
      } else {
        try fill(
          bytes, part, Form(code: SPIKEC_H5_AS_INTEGERS, size: size, isSigned: T.isSigned))
      }
    }
  }

  /// Returns all elements, which are strings.
  ///
  /// - Throws: `hdf5.bad-dataset`, `file.changed`, `hdf5.damaged`.
  func strings() throws(Diagnostic) -> [String] {
    let part = try part(nil)
    guard !part.elements.isEmpty else { return [] }
    guard let strings = try stringsFromChild(part) else {
      throw problem("cannot be read as UTF-8 text")
    }
    return strings
  }

  // MARK: filling memory

  /// Fills `target` with the numbers of `part`.
  private func fill(
    _ target: UnsafeMutableBufferPointer<Float>, _ part: Part, isBFloat16: Bool
  ) throws(Diagnostic) {
    let format =
      isBFloat16 ? NumberFormat(.bfloat16, isBigEndian: false) : stored.type.numberFormat
    if let format, let offset = try offset(ofElement: part.elements.lowerBound) {
      try fill(target, format, at: offset)
    } else if let format, isBFloat16 {
      let bytes: [UInt8] = try filled(target.count * 2) { (bytes) throws(Diagnostic) in
        try fill(
          UnsafeMutableRawBufferPointer(bytes), part, Form(code: SPIKEC_H5_AS_STORED, size: 2))
      }
      bytes.withUnsafeBytes { format.convert($0, into: target) }
    } else {
      try fill(
        UnsafeMutableRawBufferPointer(target), part, Form(code: SPIKEC_H5_AS_FLOATS, size: 4))
    }
  }

  /// Fills `target` with the numbers that lie at `offset` of the file.
  private func fill(
    _ target: UnsafeMutableBufferPointer<Float>, _ format: NumberFormat, at offset: Int
  ) throws(Diagnostic) {
    guard !format.isNativeFloat else {
      return try source.read(into: UnsafeMutableRawBufferPointer(target), at: offset)
    }
    let step = Self.blockSize / format.size
    var staging = [UInt8](repeating: 0, count: min(step, target.count) * format.size)
    for first in stride(from: 0, to: target.count, by: step) {
      let count = min(step, target.count - first)
      var failure: Diagnostic?
      staging.withUnsafeMutableBytes { buffer in
        let bytes = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(count * format.size)])
        do throws(Diagnostic) {
          try source.read(into: bytes, at: offset + first * format.size)
          format.convert(
            UnsafeRawBufferPointer(bytes),
            into: UnsafeMutableBufferPointer(rebasing: target[first..<first + count]))
        } catch {
          failure = error
        }
      }
      if let failure { throw failure }
    }
  }

  /// Returns an array of `count` elements that `fill` sets, without setting them before.
  private func filled<T: BitwiseCopyable>(
    _ count: Int, _ fill: (UnsafeMutableBufferPointer<T>) throws(Diagnostic) -> Void
  ) throws(Diagnostic) -> [T] {
    var failure: Diagnostic?
    let elements = [T](unsafeUninitializedCapacity: count) { buffer, initialized in
      do throws(Diagnostic) {
        try fill(UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
        initialized = count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return elements
  }
}
