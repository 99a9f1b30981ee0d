// What tells a file from all others, and from itself after a change.

internal import Glibc

/// A file as it was at a moment: which one it is, its size, and when it was last changed.
package struct FileIdentity: Hashable, Sendable {

  /// The number of bytes.
  package let size: Int

  private let device: UInt64
  private let inode: UInt64
  private let seconds: Int
  private let nanoseconds: Int

  /// Describes a file by what the system says of it.
  init(_ status: stat) {
    size = Int(status.st_size)
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    seconds = Int(status.st_mtim.tv_sec)
    nanoseconds = Int(status.st_mtim.tv_nsec)
  }
}
