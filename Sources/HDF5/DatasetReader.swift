// The elements of a dataset: contiguous ones from the file itself, all others from a child.

internal import CHDF5Child
internal import Diagnostics
internal import FileReading

/// What reads a dataset's elements.
struct DatasetReader: Sendable {

  /// The file.
  let source: ByteSource

  /// Where the dataset is, for messages.
  let path: String

  /// Where the dataset is, for children.
  let address: UInt64

  /// What and where the elements are.
  let stored: StoredDataset

  /// The extents, outermost first.
  let extents: [Int]

  /// What the dataset is, in the terms of this module's interface.
  var info: HDF5Dataset {
    HDF5Dataset(extents: extents, elementType: stored.type.elementType)
  }

  /// How many times larger than its storage a chunked dataset may be: deflate reaches 1,032.
  private static let expansionLimit: UInt64 = 1_100

  /// Returns the number of elements, after checking that the file holds them.
  ///
  /// Without the check, a few bytes could declare any amount of memory. Compressed elements may
  /// take up to `expansionLimit` times their storage.
  ///
  /// - Throws: `hdf5.bad-dataset`.
  func checkedCount() throws(Diagnostic) -> Int {
    guard stored.layout != SPIKEC_H5_ELSEWHERE else {
      throw problem("the elements are in another file, expected them in this one")
    }
    let there = min(stored.storage, UInt64(source.count))
    let limit =
      stored.layout == SPIKEC_H5_CHUNKED
      ? there.multipliedReportingOverflow(by: Self.expansionLimit).partialValue : there
    guard let bytes = checkedProduct(extents + [max(1, stored.type.size)]), bytes <= limit,
      // In memory an element takes 16 bytes at most: a string.
      let count = checkedProduct(extents), count <= Int.max / 16
    else {
      throw problem(
        "declares the extents \(extents) of \(info.elementType), found \(there, of: "byte")")
    }
    return count
  }

  /// A part of the elements, checked.
  struct Part {
    /// The positions along the first dimension; of a scalar, one.
    var rows: Range<Int>
    /// The positions of the elements.
    var elements: Range<Int>
  }

  /// Returns the rows `rows`, everything if absent.
  ///
  /// - Throws: `hdf5.bad-dataset`, `file.changed`.
  func part(_ rows: Range<Int>?) throws(Diagnostic) -> Part {
    let count = try checkedCount()
    try source.checkUnchanged()
    guard let rows else {
      return Part(rows: 0..<(extents.first ?? 1), elements: 0..<count)
    }
    guard let all = extents.first, rows.lowerBound >= 0, rows.upperBound <= all else {
      throw problem("asked for rows \(rows) of a dataset of extents \(extents)")
    }
    let row = count == 0 ? 0 : count / all
    return Part(rows: rows, elements: rows.lowerBound * row..<rows.upperBound * row)
  }

  /// Returns where in the file the element `position` lies; `nil` unless all are contiguous.
  ///
  /// - Throws: `hdf5.bad-dataset` if contiguous elements are not within the file.
  func offset(ofElement position: Int) throws(Diagnostic) -> Int? {
    guard stored.layout == SPIKEC_H5_CONTIGUOUS else { return nil }
    guard let start = Int(exactly: stored.offset), start <= source.count,
      let bytes = checkedProduct(extents + [stored.type.size]), bytes <= source.count - start
    else { throw problem("the elements do not lie within the file") }
    return start + position * stored.type.size
  }

  /// Returns an error about this dataset.
  func problem(_ message: String, _ libraryText: String? = nil) -> Diagnostic {
    .badDataset(message, libraryText, in: source.name, at: path)
  }
}

// MARK: elements from a child

extension DatasetReader {

  /// What a child shall write.
  struct Form {
    /// `SPIKEC_H5_AS_FLOATS` and so on.
    var code: Int
    /// The size of an element in memory, bytes.
    var size: Int
    /// Of integers, whether they have a sign.
    var isSigned = false
  }

  /// Fills `target` with the elements of `part` in the given form, from a child.
  ///
  /// - Throws: `hdf5.bad-dataset` if the library cannot read them, `hdf5.damaged` if it crashes.
  func fill(
    _ target: UnsafeMutableRawBufferPointer, _ part: Part, _ form: Form
  ) throws(Diagnostic) {
    try withChild(part, form, output: target.count) { (stream) throws(ChildFailure) in
      var done = 0
      return try stream.blocks { (stream) throws(ChildFailure) in
        let count = try stream.count(atMost: target.count - done)
        try stream.read(into: UnsafeMutableRawBufferPointer(rebasing: target[done..<done + count]))
        done += count
      } isComplete: {
        done == target.count
      }
    }
  }

  /// Returns all elements, which are strings; `nil` if they are not UTF-8.
  ///
  /// - Throws: `hdf5.bad-dataset` if the library cannot read them, `hdf5.damaged` if it crashes.
  func stringsFromChild(_ part: Part) throws(Diagnostic) -> [String]? {
    let type = stored.type
    let count = part.elements.count
    let size = type.isVariableString ? 16 : type.size
    let output =
      type.isVariableString
      ? ChildLimits.sum(source.count, source.count + 8 * count) : count * type.size
    var strings: [String]? = []
    try withChild(part, Form(code: SPIKEC_H5_AS_STRINGS, size: size), output: output) {
      (stream) throws(ChildFailure) in
      strings = []
      var done = 0
      return try stream.blocks { (stream) throws(ChildFailure) in
        var block: [String]?
        if type.isVariableString {
          let length = try stream.count(atMost: count - done)
          block = try stream.variableStrings(length)
          done += length
        } else {
          let bytes = try stream.bytes(try stream.count(atMost: (count - done) * type.size))
          block = type.fixedStrings(bytes)
          done += bytes.count / max(1, type.size)
        }
        strings = block.flatMap { block in strings.map { $0 + block } }
      } isComplete: {
        done == count
      }
    }
    return strings
  }

  /// Lets a child write the elements of `part`, which `body` reads; `body` returns what the library
  /// says about its failure, `nil` without one.
  private func withChild(
    _ part: Part, _ form: Form, output: Int,
    _ body: (inout ChildStream) throws(ChildFailure) -> String?
  ) throws(Diagnostic) {
    let row = extents.isEmpty ? 1 : max(1, part.elements.count / max(1, part.rows.count))
    let rowBytes = row.multipliedReportingOverflow(by: max(form.size, stored.type.size))
    guard !rowBytes.overflow else { throw problem("has rows that are too large") }
    let rows = rowsAtOnce(rowBytes: rowBytes.partialValue)
    let block = min(rows, part.rows.count).multipliedReportingOverflow(by: rowBytes.partialValue)
    guard !block.overflow else { throw problem("has chunks that are too large") }
    let limits = ChildLimits(
      reading: source.count, output: ChildLimits.sum(output, 1 << 16 + 9 * part.rows.count),
      elements: output)
    var request = request(part, form, rowsAtOnce: rows)
    let failure: String?
    do throws(ChildFailure) {
      failure = try ChildStream.reading(
        limits,
        start: { limits, child in
          source.withSource { spikec_h5_start_elements($0, &request, limits, child) }
        }, body)
    } catch {
      throw .childFailed(error, source.name)
    }
    if let failure { throw problem("cannot read the elements", failure) }
  }

  /// Returns how many rows a child reads at once: 4 MiB, but whole chunks.
  private func rowsAtOnce(rowBytes: Int) -> Int {
    let rows = max(1, (4 << 20) / max(1, rowBytes))
    guard let chunk = Int(exactly: stored.chunkRows), chunk > 1 else { return rows }
    return rows < chunk ? chunk : rows - rows % chunk
  }

  private func request(_ part: Part, _ form: Form, rowsAtOnce: Int) -> spikec_h5_request {
    var request = spikec_h5_request()
    request.address = address
    request.rank = UInt32(extents.count)
    withUnsafeMutableBytes(of: &request.extents) { target in
      for (i, extent) in extents.enumerated() {
        target.storeBytes(of: UInt64(extent), toByteOffset: 8 * i, as: UInt64.self)
      }
    }
    request.form = UInt32(form.code)
    request.integer_size = UInt32(form.size)
    request.is_signed = form.isSigned ? 1 : 0
    request.first_row = UInt64(part.rows.lowerBound)
    request.row_count = UInt64(part.rows.count)
    request.rows_at_once = UInt64(rowsAtOnce)
    return request
  }
}

extension ChildStream {

  /// Reads blocks of elements to their end; `readBlock` reads one, its count first.
  ///
  /// - Returns: what the library says about its failure, `nil` without one.
  fileprivate mutating func blocks(
    _ readBlock: (inout ChildStream) throws(ChildFailure) -> Void, isComplete: () -> Bool
  ) throws(ChildFailure) -> String? {
    while true {
      switch Int(try byte()) {
      case SPIKEC_H5_ELEMENTS: try readBlock(&self)
      case SPIKEC_H5_ELEMENTS_FAILED: return try text()
      case SPIKEC_H5_NOT_OPENED: return try text()
      case SPIKEC_H5_END where isComplete(): return nil
      default: throw .nonsense
      }
    }
  }
}
