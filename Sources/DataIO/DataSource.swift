// The one entry point for data files: finds out the format and opens it.

internal import Archive
package import Diagnostics
internal import FileReading
internal import Glibc
package import SpikeIR

/// Samples in files: one array, or a folder of images.
package struct DataSource: Sendable {

  enum Storage: Sendable {
    case array(DataArray)
    case folder(PNGFolder)
  }

  let storage: Storage

  /// What the user called the data.
  package let name: String

  /// Opens the data that `argument` names.
  ///
  /// Formats are told by their first bytes, not by the file's extension: NumPy arrays, NumPy
  /// archives (`file.npz:name`), HDF5 (`file.h5:/dataset`), idx, either of `.npy` and idx under
  /// gzip, PNG, and folders of PNG.
  ///
  /// - Throws: `file.missing` if there is no such file, and what the format's reader throws.
  package init(opening argument: String, sink: inout DiagnosticSink) throws(Diagnostic) {
    name = argument
    let (path, member) = splitMember(argument)
    if isFolder(path) {
      storage = .folder(try PNGFolder(path: path, sink: &sink))
    } else {
      storage = .array(try DataArray(path: path, member: member))
    }
  }

  /// Returns the file or folder in `argument`, without the name of a part inside it.
  package static func path(of argument: String) -> String {
    splitMember(argument).path
  }

  /// The shape of the data as they lie in the files, samples first for a folder.
  package var shape: Shape {
    switch storage {
    case .array(let array): array.shape
    case .folder(let folder): Shape([folder.paths.count] + folder.shape)
    }
  }

  /// The type of the elements.
  package var kind: ElementKind {
    switch storage {
    case .array(let array): array.kind
    case .folder(let folder): folder.kind
    }
  }
}

extension DataArray {

  /// Opens the array in the file `path`, or its member `member`.
  ///
  /// - Throws: as `DataSource.init(opening:sink:)`.
  init(path: String, member: String?) throws(Diagnostic) {
    let file = ByteSource(try ReadableFile(path: path))
    let prefix = try file.prefix(IDXHeader.limit)
    let name = member.map { "\(path):\($0)" } ?? path
    if prefix.holds([0x89, 0x48, 0x44, 0x46]) {
      self = try .dataset(file: path, member: member)
    } else if prefix.holds([0x50, 0x4B]) {
      self = try .npz(file, member: member)
    } else if let member {
      throw .noMembers(path, member)
    } else if prefix.holds([0x1F, 0x8B]) {
      self = try .gzip(file)
    } else if prefix.holds(NPYHeader.magic) {
      self = try .npy(file)
    } else if prefix.holds(PNGHeader.signature) {
      self = try .png(file)
    } else if IDXHeader.recognizes(prefix) {
      self = try .idx(file)
    } else {
      throw prefix.isEmpty ? .emptyFile(name) : .unknownFormat(name)
    }
  }

  /// Opens a dataset of the HDF5 file `path`: that which `member` names, or the only one.
  private static func dataset(file path: String, member: String?) throws(Diagnostic) -> DataArray {
    if let member {
      return DataArray(
        name: "\(path):\(member)", dataset: try HDF5Array(file: path, path: member))
    }
    let all = try HDF5Array.datasets(in: path)
    guard let only = all.first, all.count == 1 else { throw .chooseMember(path, all) }
    return DataArray(name: "\(path):\(only)", dataset: try HDF5Array(file: path, path: only))
  }

  /// Opens an array of a NumPy archive: that which `member` names, or the only one.
  private static func npz(_ file: ByteSource, member: String?) throws(Diagnostic) -> DataArray {
    let archive = try ZipArchive(file)
    let arrays = archive.members.filter { $0.name.hasSuffix(".npy") }
    if let member {
      guard let found = arrays.first(where: { $0.name == member || $0.name == member + ".npy" })
      else { throw .noSuchMember(file.name, member, arrays.map { String($0.name.dropLast(4)) }) }
      return try npy(archive.contents(of: found))
    }
    guard let only = arrays.first, arrays.count == 1 else {
      throw .chooseMember(file.name, arrays.map { String($0.name.dropLast(4)) })
    }
    return try npy(archive.contents(of: only))
  }

  /// Opens an idx or NumPy file under gzip; its own header limits what is decompressed.
  private static func gzip(_ file: ByteSource) throws(Diagnostic) -> DataArray {
    let compressed = try file.readAll()
    let head = try decompress(compressed, .gzip, limit: NPYHeader.limit + 12, name: file.name).bytes
    let (shape, kind, offset): ([Int], ElementKind, Int)
    if head.holds(NPYHeader.magic) {
      let header = try NPYHeader(head, name: file.name)
      (shape, kind, offset) = (header.shape, header.kind, header.dataOffset)
    } else {
      let header = try IDXHeader(head, name: file.name)
      (shape, kind, offset) = (header.shape, header.kind, header.dataOffset)
    }
    guard let size = checkedByteCount(shape, kind), size < Int.max - offset else {
      throw .badExtents(file.name, shape)
    }
    let all = try decompress(compressed, .gzip, limit: offset + size, name: file.name)
    guard all.isComplete else {
      throw .trailingBytes(file.name, expected: offset + size, found: all.bytes.count + 1)
    }
    let source = ByteSource(all.bytes, name: file.name)
    return head.holds(NPYHeader.magic) ? try npy(source) : try idx(source)
  }
}

/// Splits `file:member` at the first colon before which there is a file; a path that exists as a
/// whole is not split.
private func splitMember(_ argument: String) -> (path: String, member: String?) {
  guard access(argument, F_OK) != 0 else { return (argument, nil) }
  for (position, character) in zip(argument.indices, argument) where character == ":" {
    let path = String(argument[..<position])
    if !path.isEmpty, access(path, F_OK) == 0 {
      return (path, String(argument[argument.index(after: position)...]))
    }
  }
  for suffix in [".npz:", ".h5:", ".hdf5:"] {
    if let range = argument.firstRange(of: suffix) {
      return (String(argument[..<range.upperBound].dropLast()), nil)
    }
  }
  return (argument, nil)
}

/// Returns whether there is a folder at `path`.
private func isFolder(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

extension Diagnostic {

  /// Returns an error about a file without contents.
  fileprivate static func emptyFile(_ name: String) -> Diagnostic {
    .error("data.empty", "the file is empty", at: .file(name))
  }

  /// Returns an error about a member of a file that has none.
  fileprivate static func noMembers(_ path: String, _ member: String) -> Diagnostic {
    .error(
      "data.no-such-member", "there is no '\(member)' in it: only .npz and .h5 files have parts",
      at: .file(path))
  }

  /// Returns an error about a member that does not exist.
  fileprivate static func noSuchMember(
    _ path: String, _ member: String, _ members: [String]
  ) -> Diagnostic {
    .error(
      "data.no-such-member", "there is no array '\(member)', found \(listed(members))",
      at: .file(path))
  }

  /// Returns an error about a file with several arrays, or none, of which none was named.
  fileprivate static func chooseMember(_ path: String, _ members: [String]) -> Diagnostic {
    guard let first = members.first else {
      return .error("data.empty", "the file holds no arrays", at: .file(path))
    }
    return .error(
      "data.choose-member", "the file holds several arrays: \(listed(members))", at: .file(path),
      notes: ["name one: \(path):\(first)"])
  }
}

/// Returns the first names of a list, for a message.
private func listed(_ names: [String]) -> String {
  let shown = names.prefix(12).map { "'\($0)'" }.joined(separator: ", ")
  return names.count > 12 ? "\(shown) and \(names.count - 12) more" : shown
}
