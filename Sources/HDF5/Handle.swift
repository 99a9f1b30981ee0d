// Owning handles over the library's identifiers. Every call that takes an identifier is made in
// a method of the handle, so that the handle outlives the call.

internal import CHDF5

/// An identifier of an open object of the library, closed when the value dies.
///
/// Handles live and die inside `Library.locked`.
struct Handle: ~Copyable {

  /// The library's identifier.
  fileprivate let id: hid_t

  private let close: @convention(c) (hid_t) -> herr_t

  /// Takes ownership of `id`; `nil` if the library said that it failed.
  init?(_ id: hid_t, closedBy close: @escaping @convention(c) (hid_t) -> herr_t) {
    guard id >= 0 else { return nil }
    self.id = id
    self.close = close
  }

  deinit {
    _ = close(id)
  }
}

extension Handle {

  /// Opens the object at `path` of the file or group `location`.
  static func object(_ path: String, in location: hid_t) -> Handle? {
    guard !path.utf8.contains(0) else { return nil }
    return Handle(H5Oopen(location, path, spikec_h5_default()), closedBy: H5Oclose)
  }

  /// Writes all elements from `buffer`, which holds `type`.
  func write(_ buffer: UnsafeRawPointer, as type: borrowing Handle) -> Bool {
    write(buffer, as: type.id)
  }

  /// Writes all elements from `buffer`, which holds the library's own `type`.
  func write(_ buffer: UnsafeRawPointer, as type: hid_t) -> Bool {
    guard H5Iget_type(id) != H5I_ATTR else { return H5Awrite(id, type, buffer) >= 0 }
    let all = spikec_h5_all_dataspace()
    return H5Dwrite(id, type, all, all, spikec_h5_default(), buffer) >= 0
  }

  /// Returns a type for strings of variable length, in UTF-8.
  static func variableString() -> Handle? {
    guard let copy = Handle(H5Tcopy(spikec_h5_c_string()), closedBy: H5Tclose),
      H5Tset_size(copy.id, spikec_h5_variable_length()) >= 0,
      H5Tset_cset(copy.id, H5T_CSET_UTF8) >= 0
    else { return nil }
    return copy
  }

  /// Creates a description of extents.
  static func space(_ extents: [Int]) -> Handle? {
    guard !extents.isEmpty else { return Handle(H5Screate(H5S_SCALAR), closedBy: H5Sclose) }
    let extents = extents.map { hsize_t($0) }
    return Handle(H5Screate_simple(Int32(extents.count), extents, nil), closedBy: H5Sclose)
  }

}

// MARK: creation

extension Handle {

  /// Creates a dataset of the library's `type`; the time of creation is not recorded.
  func createDataset(_ path: String, type: hid_t, space: borrowing Handle, parent: hid_t)
    -> Handle?
  {
    let list = spikec_h5_default()
    return Handle(
      H5Dcreate2(parent, path, type, space.id, list, id, list), closedBy: H5Dclose)
  }

  /// Creates a dataset of strings; the time of creation is not recorded.
  func createDataset(
    _ path: String, type: borrowing Handle, space: borrowing Handle, parent: hid_t
  ) -> Handle? {
    createDataset(path, type: type.id, space: space, parent: parent)
  }

  /// Creates an attribute of this object.
  func createAttribute(_ name: String, type: hid_t, space: borrowing Handle) -> Handle? {
    let list = spikec_h5_default()
    return Handle(H5Acreate2(id, name, type, space.id, list, list), closedBy: H5Aclose)
  }

  /// Creates an attribute of strings of this object.
  func createAttribute(
    _ name: String, type: borrowing Handle, space: borrowing Handle
  ) -> Handle? {
    createAttribute(name, type: type.id, space: space)
  }

  /// Creates a group in `parent`, with this as its list of properties.
  func createGroup(_ path: String, parent: hid_t) -> Handle? {
    let list = spikec_h5_default()
    return Handle(H5Gcreate2(parent, path, list, id, list), closedBy: H5Gclose)
  }

  /// Creates a file, with this as its list of properties, and returns the library's identifier.
  func createFile(_ path: String) -> hid_t {
    guard !path.utf8.contains(0) else { return -1 }
    return H5Fcreate(path, spikec_h5_truncate(), id, spikec_h5_default())
  }

  /// Creates the list of properties of a new dataset, group or file that records no times.
  static func timeless(_ list: hid_t) -> Handle? {
    guard let list = Handle(list, closedBy: H5Pclose), H5Pset_obj_track_times(list.id, false) >= 0
    else { return nil }
    return list
  }
}
