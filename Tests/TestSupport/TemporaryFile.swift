// Files for tests, removed when the value dies.

internal import FoundationEssentials

/// A path in the system's temporary folder at which a test may put a file.
public struct TemporaryFile: ~Copyable {

  /// The path.
  public let path: String

  /// Chooses a path that nobody else uses.
  public init() {
    path = FileManager.default.temporaryDirectory
      .appending(path: "spikec-\(UUID().uuidString).h5").path()
  }

  /// Chooses a path and puts `bytes` there.
  public init(_ bytes: [UInt8]) throws {
    self.init()
    try write(bytes)
  }

  /// Puts `bytes` at the path.
  public func write(_ bytes: [UInt8]) throws {
    try Data(bytes).write(to: URL(filePath: path))
  }

  /// The bytes at the path.
  public func bytes() throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: path)))
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }
}
