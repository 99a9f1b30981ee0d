// Writing groups, datasets and attributes.

internal import CHDF5
public import Diagnostics

extension HDF5Writer {

  /// Creates the group at `path`, whose parent exists.
  ///
  /// - Throws: `hdf5.cannot-write`.
  public func createGroup(_ path: String) throws(Diagnostic) {
    try locked { file throws(Diagnostic) in
      let list = Handle.timeless(spikec_h5_create_group_list())
      guard !path.utf8.contains(0), let group = list?.createGroup(path, parent: file.id) else {
        throw Diagnostic.cannotWrite("the group", in: file.path, at: path)
      }
      _ = consume group
    }
  }

  /// Creates the dataset at `path`, 32-bit floating point in row-major order.
  ///
  /// - Parameters:
  ///   - elements: as many as the extents say.
  ///   - extents: outermost first; empty for a scalar.
  ///   - path: where to write; the parent exists.
  /// - Throws: `hdf5.cannot-write`.
  public func write(
    _ elements: [Float], extents: [Int], to path: String
  ) throws(Diagnostic) {
    try write(
      elements, extents: extents, to: path, memory: spikec_h5_native_float,
      stored: spikec_h5_float32_le)
  }

  /// Creates the dataset at `path`, integers in row-major order.
  ///
  /// - Parameters:
  ///   - elements: as many as the extents say.
  ///   - extents: outermost first; empty for a scalar.
  ///   - path: where to write; the parent exists.
  /// - Throws: `hdf5.cannot-write`.
  public func write<T: HDF5Integer>(
    _ elements: [T], extents: [Int], to path: String
  ) throws(Diagnostic) {
    try write(
      elements, extents: extents, to: path, memory: { T.nativeType }, stored: { T.fileType })
  }

  /// Creates the dataset at `path`, a single string.
  ///
  /// - Throws: `hdf5.cannot-write`; strings with a zero byte cannot be stored.
  public func write(_ string: String, to path: String) throws(Diagnostic) {
    try writeStrings([string], extents: [], to: path)
  }

  /// Creates the dataset at `path`, a list of strings.
  ///
  /// - Throws: `hdf5.cannot-write`; strings with a zero byte cannot be stored.
  public func write(_ strings: [String], to path: String) throws(Diagnostic) {
    try writeStrings(strings, extents: [strings.count], to: path)
  }

  /// Creates the attribute `name` of the object at `path`, a single string.
  ///
  /// - Throws: `hdf5.not-found` or `hdf5.cannot-write`.
  public func setAttribute(
    _ name: String, _ string: String, of path: String = "/"
  ) throws(Diagnostic) {
    try setStrings(name, [string], extents: [], of: path)
  }

  /// Creates the attribute `name` of the object at `path`, a list of strings.
  ///
  /// - Throws: `hdf5.not-found` or `hdf5.cannot-write`.
  public func setAttribute(
    _ name: String, _ strings: [String], of path: String = "/"
  ) throws(Diagnostic) {
    try setStrings(name, strings, extents: [strings.count], of: path)
  }

  /// Creates the attribute `name` of the object at `path`, a 64-bit integer.
  ///
  /// - Throws: `hdf5.not-found` or `hdf5.cannot-write`.
  public func setAttribute(
    _ name: String, _ integer: Int, of path: String = "/"
  ) throws(Diagnostic) {
    let value = [Int64(integer)]
    try setNumbers(
      name, value, extents: [], of: path, memory: spikec_h5_native_int64,
      stored: spikec_h5_int64_le)
  }

  /// Creates the attribute `name` of the object at `path`, a list of 64-bit numbers.
  ///
  /// - Throws: `hdf5.not-found` or `hdf5.cannot-write`.
  public func setAttribute(
    _ name: String, _ numbers: [Double], of path: String = "/"
  ) throws(Diagnostic) {
    try setNumbers(
      name, numbers, extents: [numbers.count], of: path, memory: spikec_h5_native_double,
      stored: spikec_h5_float64_le)
  }
}

extension HDF5Writer {

  /// Creates a dataset; the library's types are asked for behind the lock, which they need.
  private func write<T: BitwiseCopyable>(
    _ elements: [T], extents: [Int], to path: String, memory: () -> hid_t, stored: () -> hid_t
  ) throws(Diagnostic) {
    precondition(
      checkedProduct(extents) == elements.count,
      "internal: \(elements.count) elements for the extents \(extents)")
    try locked { file throws(Diagnostic) in
      guard !path.utf8.contains(0),
        let list = Handle.timeless(spikec_h5_create_dataset_list()),
        let space = Handle.space(extents),
        let dataset = list.createDataset(path, type: stored(), space: space, parent: file.id),
        elements.isEmpty || dataset.write(elements, as: memory())
      else { throw Diagnostic.cannotWrite("the dataset", in: file.path, at: path) }
    }
  }

  private func writeStrings(
    _ strings: [String], extents: [Int], to path: String
  ) throws(Diagnostic) {
    try locked { file throws(Diagnostic) in
      guard !path.utf8.contains(0),
        let list = Handle.timeless(spikec_h5_create_dataset_list()),
        let type = Handle.variableString(), let space = Handle.space(extents),
        let dataset = list.createDataset(path, type: type, space: space, parent: file.id),
        dataset.write(strings, as: type)
      else { throw Diagnostic.cannotWrite("the strings", in: file.path, at: path) }
    }
  }

  private func setStrings(
    _ name: String, _ strings: [String], extents: [Int], of path: String
  ) throws(Diagnostic) {
    try locked { file throws(Diagnostic) in
      let object = try file.object(path)
      guard !name.utf8.contains(0), let type = Handle.variableString(),
        let space = Handle.space(extents),
        let attribute = object.createAttribute(name, type: type, space: space),
        attribute.write(strings, as: type)
      else { throw Diagnostic.cannotWrite("attribute '\(name)'", in: file.path, at: path) }
    }
  }

  private func setNumbers<T: BitwiseCopyable>(
    _ name: String, _ numbers: [T], extents: [Int], of path: String, memory: () -> hid_t,
    stored: () -> hid_t
  ) throws(Diagnostic) {
    try locked { file throws(Diagnostic) in
      let object = try file.object(path)
      guard !name.utf8.contains(0), let space = Handle.space(extents),
        let attribute = object.createAttribute(name, type: stored(), space: space),
        numbers.isEmpty || attribute.write(numbers, as: memory())
      else { throw Diagnostic.cannotWrite("attribute '\(name)'", in: file.path, at: path) }
    }
  }
}

extension HDF5Integer {

  /// The library's name of the type in memory.
  fileprivate static var nativeType: hid_t {
    switch (isSigned, bitWidth) {
    case (false, _): spikec_h5_native_uint8()
    case (true, 8): spikec_h5_native_int8()
    case (true, 16): spikec_h5_native_int16()
    case (true, 32): spikec_h5_native_int32()
    default: spikec_h5_native_int64()
    }
  }

  /// The library's name of the type in files.
  fileprivate static var fileType: hid_t {
    switch (isSigned, bitWidth) {
    case (false, _): spikec_h5_uint8_le()
    case (true, 8): spikec_h5_int8_le()
    case (true, 16): spikec_h5_int16_le()
    case (true, 32): spikec_h5_int32_le()
    default: spikec_h5_int64_le()
    }
  }
}
