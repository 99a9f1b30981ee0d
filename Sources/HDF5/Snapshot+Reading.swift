// The snapshot of a file as a child writes it, record by record.

internal import CHDF5Child
internal import Diagnostics
internal import FileReading

extension Snapshot {

  /// Takes the snapshot of a file in a child process.
  ///
  /// - Parameters:
  ///   - source: the file.
  ///   - attributes: names of attributes to look for where damage hides the list.
  /// - Throws: `hdf5.cannot-open` if the library refuses the file, `hdf5.damaged` if it crashes on
  ///   it or does not come to an end, `hdf5.too-large` if there is too much in it.
  init(of source: ByteSource, attributes: [String]) throws(Diagnostic) {
    let limits = ChildLimits(
      reading: source.count, output: ChildLimits.sum(source.count, 64 << 20))
    let names = attributes.filter { !$0.utf8.contains(0) }
    let start = {
      (limits: UnsafePointer<spikec_h5_limits>, child: UnsafeMutablePointer<spikec_h5_child>) in
      withCStrings(names) { names in
        source.withSource { spikec_h5_start_snapshot($0, names, limits, child) }
      }
    }
    let outcome: SnapshotOutcome
    do throws(ChildFailure) {
      outcome = try ChildStream.reading(limits, start: start) { (stream) throws(ChildFailure) in
        var reader = SnapshotReader(size: source.count)
        return try reader.read(from: &stream)
      }
    } catch {
      throw .childFailed(error, source.name)
    }
    switch outcome {
    case .complete(let snapshot): self = snapshot
    case .notOpened(let text): throw .damagedFile(source.name, text)
    case .tooMany: throw .tooManyObjects(source.name, limit: limits.objects)
    }
  }
}

/// Calls `body` with the strings as C has them, ended by a null pointer.
private func withCStrings<R>(
  _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> R
) -> R {
  // One block of text, so that nothing is allocated string by string.
  let text = strings.flatMap { Array($0.utf8CString) }
  return text.withUnsafeBufferPointer { buffer in
    var pointers: [UnsafePointer<CChar>?] = []
    var offset = 0
    for string in strings {
      pointers.append(buffer.baseAddress.map { $0 + offset })
      offset += string.utf8CString.count
    }
    return body(pointers + [nil])
  }
}

/// How the taking of a snapshot ended.
private enum SnapshotOutcome: Sendable {
  case complete(Snapshot)
  /// The library refuses the file, and says why.
  case notOpened(String)
  case tooMany
}

/// The state of reading a snapshot.
private struct SnapshotReader {

  /// The size of the file, bytes.
  let size: Int

  private var objects: [StoredObject] = []
  private var positions: [UInt64: Int] = [:]

  init(size: Int) {
    self.size = size
  }

  /// Reads records to the end of the snapshot.
  mutating func read(from stream: inout ChildStream) throws(ChildFailure) -> SnapshotOutcome {
    // The object to which records belong is kept outside of the list: changed in place there, the
    // list would be copied for each record.
    var current = StoredObject(kind: .other, address: 0)
    var hasObject = false
    while true {
      let mark = Int(try stream.byte())
      switch mark {
      case SPIKEC_H5_OBJECT, SPIKEC_H5_END:
        if hasObject { objects.append(current) }
        guard mark == SPIKEC_H5_OBJECT else { return .complete(try linked()) }
        hasObject = true
        current = try readObject(from: &stream)
        positions[current.address] = objects.count
      case SPIKEC_H5_NOT_OPENED: return .notOpened(try stream.text())
      case SPIKEC_H5_TOO_MANY: return .tooMany
      default:
        guard hasObject else { throw .nonsense }
        try readPart(mark, of: &current, from: &stream)
      }
    }
  }

  private func readObject(from stream: inout ChildStream) throws(ChildFailure) -> StoredObject {
    let address = try stream.word()
    switch Int(try stream.byte()) {
    case SPIKEC_H5_GROUP: return StoredObject(kind: .group, address: address)
    case SPIKEC_H5_ARRAY: return StoredObject(kind: .dataset, address: address)
    default: return StoredObject(kind: .other, address: address)
    }
  }

  private func readPart(
    _ mark: Int, of object: inout StoredObject, from stream: inout ChildStream
  ) throws(ChildFailure) {
    switch mark {
    case SPIKEC_H5_LINK:
      object.links.append(StoredLink(name: try stream.text(), address: try stream.word()))
    case SPIKEC_H5_LINKS_FAILED: object.linksProblem = try stream.text()
    case SPIKEC_H5_ATTRIBUTE: object.attributes.append(try readAttribute(from: &stream))
    case SPIKEC_H5_ATTRIBUTES_FAILED: object.attributesProblem = try stream.text()
    case SPIKEC_H5_DATASET: object.dataset = try readDataset(from: &stream)
    case SPIKEC_H5_DATASET_FAILED: object.datasetProblem = try stream.text()
    default: throw .nonsense
    }
  }

  /// Returns the snapshot, in which links lead to objects.
  private func linked() throws(ChildFailure) -> Snapshot {
    guard let root = objects.first, root.kind == .group else { throw .nonsense }
    var objects = objects
    for i in objects.indices {
      for link in objects[i].links {
        guard let target = positions[link.address], objects[i].members[link.name] == nil else {
          continue
        }
        objects[i].members[link.name] = target
      }
    }
    return Snapshot(objects: objects)
  }

  // MARK: attributes and datasets

  private func readAttribute(
    from stream: inout ChildStream
  ) throws(ChildFailure) -> StoredAttribute {
    var attribute = StoredAttribute(name: try stream.text())
    guard try stream.byte() != 0 else {
      attribute.elements = .unreadable(try stream.text())
      return attribute
    }
    let type = try readType(from: &stream)
    let extents = try readExtents(from: &stream)
    attribute.type = type
    attribute.extents = extents
    let form = Int(try stream.byte())
    guard form != SPIKEC_H5_NOTHING else { return attribute }
    if form == SPIKEC_H5_UNREADABLE {
      attribute.elements = .unreadable(try stream.text())
      return attribute
    }
    if form == SPIKEC_H5_TOO_LARGE {
      attribute.elements = .tooLarge(Int(clamping: try stream.word()))
      return attribute
    }
    // The child has checked this too, but may be out of its mind.
    guard let extents, let bytes = checkedProduct(extents + [max(1, type.size)]), bytes <= size,
      let count = checkedProduct(extents)
    else { throw .nonsense }
    switch form {
    case SPIKEC_H5_DOUBLES: attribute.elements = .numbers(try stream.elements(count, zero: 0.0))
    case SPIKEC_H5_FIXED_STRINGS:
      attribute.elements = .strings(type.fixedStrings(try stream.bytes(count * type.size)))
    case SPIKEC_H5_VARIABLE_STRINGS:
      attribute.elements = .strings(try stream.variableStrings(count))
    default: throw .nonsense
    }
    return attribute
  }

  private func readDataset(from stream: inout ChildStream) throws(ChildFailure) -> StoredDataset {
    let type = try readType(from: &stream)
    let extents = try readExtents(from: &stream)
    return StoredDataset(
      type: type, extents: extents, layout: Int(try stream.byte()), storage: try stream.word(),
      offset: try stream.word(), chunkRows: try stream.word())
  }

  private func readType(from stream: inout ChildStream) throws(ChildFailure) -> StoredType {
    let kind = Int(try stream.byte())
    // No element is larger than this; products with extents are checked.
    let size = try stream.count(atMost: Int.max)
    let order = try stream.byte()
    let isSigned = try stream.byte() != 0
    let precision = try stream.word()
    let offset = try stream.word()
    let fields = StoredType.Fields(
      sign: try stream.word(), exponent: try stream.word(), exponentSize: try stream.word(),
      mantissa: try stream.word(), mantissaSize: try stream.word(), bias: try stream.word(),
      hasImpliedOne: try stream.byte() != 0)
    let isVariable = try stream.byte() != 0
    guard let padding = StoredType.Padding(rawValue: try stream.byte()) else { throw .nonsense }
    return StoredType(
      kind: kind, size: size, isBigEndian: order == 0 ? false : order == 1 ? true : nil,
      isSigned: isSigned, precision: precision, offset: offset, fields: fields,
      isVariableString: isVariable, padding: padding)
  }

  /// Returns the extents; empty for a scalar, one 0 for nothing at all, `nil` if they are unknown.
  private func readExtents(from stream: inout ChildStream) throws(ChildFailure) -> [Int]? {
    switch try stream.byte() {
    case 0: return nil
    case 1: return [0]
    default: break
    }
    let rank = Int(try stream.byte())
    guard rank <= SPIKEC_H5_MAX_RANK else { throw .nonsense }
    var extents: [Int]? = []
    for _ in 0..<rank {
      let extent = Int(exactly: try stream.word())
      extents = extent.flatMap { extent in extents.map { $0 + [extent] } }
    }
    return extents
  }
}
