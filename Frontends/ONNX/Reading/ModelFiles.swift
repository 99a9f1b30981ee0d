// The files of a model: its own, and those beside it that hold elements of constants.

internal import COnnxProto
internal import Diagnostics
internal import FileReading
internal import Glibc
internal import Synchronization

/// The files of a model.
final class ModelFiles: Sendable {

  /// The path of the model's own file.
  let path: String

  /// The model's own file.
  let model: StoredFile

  /// The folder of the model's own file.
  private let folder: String

  /// The files beside it that were found so far, and what is asked of them.
  private let found = Mutex(Found())

  private struct Found {
    var files: [[String]: StoredFile] = [:]
    var size = 0
    var asked = 0
  }

  /// Describes the files of the model whose own file is `file`.
  init(of file: ReadableFile, at path: String) {
    self.path = path
    model = StoredFile(file, at: .path(path))
    let slash = path.lastIndex(of: "/")
    folder = slash.map { String(path[...$0]) } ?? "."
  }

  /// Returns where elements are that a model keeps in another file.
  ///
  /// - Parameters:
  ///   - entries: what the model says of the place.
  ///   - shape: the constant.
  /// - Returns: the file and the position in it.
  /// - Throws: `onnx.bad-external-data` if the place is not inside the model's folder, is no
  ///   regular file, or is shorter than the constant.
  func external(
    _ entries: [Onnx__StringStringEntryProto], of shape: Shaped
  ) throws(Diagnostic) -> Payload {
    var settings: [String: String] = [:]
    for entry in entries { settings[text(entry.key)] = text(entry.value) }
    guard let location = settings["location"], !location.isEmpty else {
      throw .noExternalLocation(shape.name)
    }
    let offset = try number("offset", in: settings, of: shape) ?? 0
    let file = try file(at: location, of: shape)
    let size = file.identity.size
    let length = try number("length", in: settings, of: shape) ?? shape.size
    guard length == shape.size else { throw .externalLength(shape, location, length) }
    guard offset <= size, length <= size - offset else {
      throw .externalTooShort(shape, location, end: (offset, length), size: size)
    }
    try ask(for: length, of: shape)
    return .bytes(file, offset: offset)
  }

  /// Returns the number that the setting `key` says.
  private func number(
    _ key: String, in settings: [String: String], of shape: Shaped
  ) throws(Diagnostic) -> Int? {
    guard let value = settings[key], !value.isEmpty else { return nil }
    guard value.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(value) else {
      throw .badExternalNumber(shape.name, key, value)
    }
    return number
  }

  /// Returns the file at `location` in the model's folder.
  private func file(at location: String, of shape: Shaped) throws(Diagnostic) -> StoredFile {
    var names: [String] = []
    for name in location.split(separator: "/", omittingEmptySubsequences: false) {
      if name == "." { continue }
      guard !name.isEmpty, name != "..", name.utf8.count <= 255, names.count < 64 else {
        throw .externalOutside(shape.name, location)
      }
      names.append(String(name))
    }
    guard !names.isEmpty else { throw .externalOutside(shape.name, location) }
    if let known = found.withLock({ $0.files[names] }) { return known }
    let file: StoredFile
    do throws(Diagnostic) {
      let open = try ReadableFile.opening(names, inside: folder)
      file = StoredFile(open, at: .inside(folder: folder, names: names))
    } catch {
      throw error.naming(tensor: shape.name)
    }
    found.withLock {
      $0.files[names] = file
      $0.size += file.identity.size
    }
    return file
  }

  /// Notes that `length` bytes are asked for.
  ///
  /// Constants may share some, as tied weights do; but a small file must not become a large network
  /// by being named again and again.
  private func ask(for length: Int, of shape: Shaped) throws(Diagnostic) {
    let fits = found.withLock { found in
      let (sum, overflow) = found.asked.addingReportingOverflow(length)
      guard !overflow, sum / 4 <= found.size + (16 << 20) else { return false }
      found.asked = sum
      return true
    }
    guard fits else { throw .externalShared(shape.name) }
  }
}

extension ReadableFile {

  /// Opens the file at the end of `names`, a way from `folder` on which no link is followed, so
  /// that it cannot lead out of the folder.
  ///
  /// - Throws: `onnx.bad-external-data` if there is none, or no regular one.
  static func opening(_ names: [String], inside folder: String) throws(Diagnostic) -> ReadableFile {
    let path = (folder == "." ? "" : folder) + names.joined(separator: "/")
    var current = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard current >= 0 else { throw .cannotOpen(folder, errno) }
    for (i, name) in names.enumerated() {
      let flags = i == names.count - 1 ? O_NONBLOCK | O_NOCTTY : O_DIRECTORY
      let next = openat(current, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | flags)
      let reason = errno
      // O_DIRECTORY makes the system say "not a directory" of a link.
      let isLink = next < 0 && isLink(name, in: current)
      close(current)
      guard next >= 0 else {
        throw isLink ? .externalLink(path) : .cannotOpenExternal(path, reason)
      }
      current = next
    }
    do throws(Diagnostic) {
      return try ReadableFile(descriptor: current, path: path)
    } catch {
      throw .externalNotRegular(path)
    }
  }

  /// Returns whether `name` in the open folder is a symbolic link.
  private static func isLink(_ name: String, in folder: Int32) -> Bool {
    var status = stat()
    return fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0
      && status.st_mode & S_IFMT == S_IFLNK
  }
}
