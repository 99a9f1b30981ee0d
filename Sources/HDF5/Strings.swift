// Strings in datasets and attributes: of fixed or variable length, in each kind of padding.

internal import CHDF5

extension Handle {

  /// Returns the strings of a dataset or attribute, `nil` if the library fails to read them or
  /// they are not UTF-8.
  ///
  /// - Precondition: the elements are strings, `count` of them.
  func strings(count: Int) -> [String]? {
    guard let type = type() else { return nil }
    guard count > 0 else { return [] }
    return type.isVariableString ? variableStrings(type, count) : fixedStrings(type, count)
  }

  private func variableStrings(_ type: borrowing Handle, _ count: Int) -> [String]? {
    guard let memory = type.variableStringInMemory(), let space = space() else { return nil }
    var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
    guard pointers.withUnsafeMutableBytes({ readAll(into: $0, as: memory) }) else { return nil }
    let result = allOrNil(pointers.map { $0.map { String(validatingCString: $0) } ?? "" })
    pointers.withUnsafeMutableBytes { buffer in
      if let start = buffer.baseAddress { memory.reclaim(start, space) }
    }
    return result
  }

  private func fixedStrings(_ type: borrowing Handle, _ count: Int) -> [String]? {
    let size = type.elementSize
    var bytes = [UInt8](repeating: 0, count: count * size)
    guard bytes.withUnsafeMutableBytes({ readAll(into: $0, as: type) }) else { return nil }
    let padding = type.stringPadding
    return allOrNil(
      (0..<count).map { i in
        var slice = bytes[i * size..<(i + 1) * size]
        switch padding {
        case H5T_STR_NULLTERM: slice = slice.prefix { $0 != 0 }
        case H5T_STR_SPACEPAD: while slice.last == 32 { slice.removeLast() }
        default: while slice.last == 0 { slice.removeLast() }
        }
        return String(validating: slice, as: UTF8.self)
      })
  }

  private func allOrNil(_ strings: [String?]) -> [String]? {
    let found = strings.compactMap { $0 }
    return found.count == strings.count ? found : nil
  }

  private func readAll(
    into buffer: UnsafeMutableRawBufferPointer, as type: borrowing Handle
  ) -> Bool {
    guard let start = buffer.baseAddress else { return false }
    return read(into: start, as: type)
  }

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
