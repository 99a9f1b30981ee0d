// Strings of datasets and attributes: of fixed or variable length, in each kind of padding.

internal import CHDF5

extension StoredType {

  /// Returns the strings of fixed length in `bytes`, `nil` if they are not UTF-8.
  func fixedStrings(_ bytes: [UInt8]) -> [String]? {
    guard size > 0 else { return nil }
    var strings: [String] = []
    for start in stride(from: 0, to: bytes.count - bytes.count % size, by: size) {
      var slice = bytes[start..<start + size]
      switch padding {
      case .terminated: slice = slice.prefix { $0 != 0 }
      case .spaces: while slice.last == UInt8(ascii: " ") { slice.removeLast() }
      case .zeros: while slice.last == 0 { slice.removeLast() }
      }
      guard let string = String(validating: slice, as: UTF8.self) else { return nil }
      strings.append(string)
    }
    return strings
  }
}

extension ChildStream {

  /// Reads `count` strings with their lengths before them; `nil` if one is not UTF-8.
  mutating func variableStrings(_ count: Int) throws(ChildFailure) -> [String]? {
    guard count <= left / 8 else { throw .nonsense }
    var strings: [String]? = []
    for _ in 0..<count {
      let length = try word()
      guard length != UInt64.max else {
        strings?.append("")
        continue
      }
      guard let length = Int(exactly: length), length <= left else { throw .nonsense }
      if let string = String(validating: try bytes(length), as: UTF8.self) {
        strings?.append(string)
      } else {
        strings = nil
      }
    }
    return strings
  }
}

extension Handle {

  /// Writes `strings` as strings of variable length, for which `type` is the type.
  ///
  /// - Returns: whether the library accepted them; strings with a zero byte cannot be stored.
  func write(_ strings: [String], as type: borrowing Handle) -> Bool {
    guard !strings.contains(where: { $0.utf8.contains(0) }) else { return false }
    let pointers = strings.map { strdup($0) }
    defer { pointers.forEach { free($0) } }
    return pointers.withUnsafeBytes { buffer in
      guard let start = buffer.baseAddress else { return true }
      return write(start, as: type)
    }
  }
}
