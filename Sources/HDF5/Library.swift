// The one door to libhdf5: calls pass it one at a time, with the library's own error output off.

internal import CHDF5
internal import Diagnostics
internal import Synchronization

/// The library as a whole.
enum Library {

  /// Held during every call, and while a child is forked: the child inherits the library in the
  /// state in which no thread is inside it, so that none of its locks stays closed.
  ///
  /// A libhdf5 built without thread safety, as many are, corrupts its tables when two threads call
  /// it at once, even for different files; one built with it takes turns anyway.
  private static let door = Mutex(())

  /// Returns the value of `body`, which may call the library and must not call `locked` itself.
  static func locked<T: Sendable, E: Error>(_ body: () throws(E) -> T) throws(E) -> T {
    try door.withLock { (_) throws(E) in
      // Thread-safe builds keep this setting for each thread. The first call sets the library up,
      // once here instead of in every child.
      spikec_h5_silence()
      spikec_h5_forget_errors()
      return try body()
    }
  }

  /// Returns the errors that the library has noted since the door was passed, the most specific
  /// first, without repetitions.
  static func errorTexts() -> [String] {
    var texts = TextList()
    withUnsafeMutablePointer(to: &texts) { list in
      spikec_h5_each_error({ text, context in TextList.append(text, to: context) }, list)
    }
    return texts.texts.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }
}

/// A list that callbacks of the library fill.
struct TextList {

  /// The texts so far.
  var texts: [String] = []

  /// Appends the C string `text` to the list at which `context` points.
  static func append(_ text: UnsafePointer<CChar>?, to context: UnsafeMutableRawPointer?) {
    guard let text, let context else { return }
    context.assumingMemoryBound(to: TextList.self).pointee.texts.append(String(cString: text))
  }
}
