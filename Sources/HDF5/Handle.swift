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

/// What an object of a file is.
enum ObjectClass {
  case group, dataset, attribute, other
}

extension Handle {

  /// Opens the object at `path` of the file or group `location`.
  static func object(_ path: String, in location: hid_t) -> Handle? {
    guard !path.utf8.contains(0) else { return nil }
    return Handle(H5Oopen(location, path, spikec_h5_default()), closedBy: H5Oclose)
  }

  /// What the object is.
  var objectClass: ObjectClass {
    switch H5Iget_type(id) {
    case H5I_GROUP: .group
    case H5I_DATASET: .dataset
    case H5I_ATTR: .attribute
    default: .other
    }
  }

  /// Opens the attribute `name`.
  func attribute(_ name: String) -> Handle? {
    guard !name.utf8.contains(0), H5Aexists(id, name) > 0 else { return nil }
    return Handle(H5Aopen(id, name, spikec_h5_default()), closedBy: H5Aclose)
  }

  /// Returns the names of the object's attributes, in their order; `nil` if that fails.
  func attributeNames() -> [String]? {
    var list = TextList()
    let status = withUnsafeMutablePointer(to: &list) { list in
      spikec_h5_each_attribute(id, { TextList.append($0, to: $1) }, list)
    }
    return status < 0 ? nil : list.texts
  }

  /// Returns the names of a group's members, in their order; `nil` if that fails.
  func memberNames() -> [String]? {
    var list = TextList()
    let status = withUnsafeMutablePointer(to: &list) { list in
      spikec_h5_each_link(id, { TextList.append($0, to: $1) }, list)
    }
    return status < 0 ? nil : list.texts
  }

  /// Returns the class of the member `name` of a group.
  func memberClass(_ name: String) -> ObjectClass {
    guard let member = Handle.object(name, in: id) else { return .other }
    return member.objectClass
  }
}

// MARK: datasets and attributes

extension Handle {

  /// The type of the elements as stored.
  func type() -> Handle? {
    let raw = objectClass == .attribute ? H5Aget_type(id) : H5Dget_type(id)
    return Handle(raw, closedBy: H5Tclose)
  }

  /// The extents.
  func space() -> Handle? {
    let raw = objectClass == .attribute ? H5Aget_space(id) : H5Dget_space(id)
    return Handle(raw, closedBy: H5Sclose)
  }

  /// Reads all elements into `buffer` as `type`, or those that `selection` of the file selects.
  func read(
    into buffer: UnsafeMutableRawPointer, as type: borrowing Handle
  ) -> Bool {
    read(into: buffer, as: type.id)
  }

  /// Reads all elements into `buffer` as the library's own `type`.
  func read(into buffer: UnsafeMutableRawPointer, as type: hid_t) -> Bool {
    guard objectClass != .attribute else { return H5Aread(id, type, buffer) >= 0 }
    let all = spikec_h5_all_dataspace()
    return H5Dread(id, type, all, all, spikec_h5_default(), buffer) >= 0
  }

  /// Reads the elements that `file` selects into `buffer`, which `memory` describes.
  func read(
    into buffer: UnsafeMutableRawPointer, as type: hid_t, memory: borrowing Handle,
    file: borrowing Handle
  ) -> Bool {
    H5Dread(id, type, memory.id, file.id, spikec_h5_default(), buffer) >= 0
  }

  /// Writes all elements from `buffer`, which holds `type`.
  func write(_ buffer: UnsafeRawPointer, as type: borrowing Handle) -> Bool {
    write(buffer, as: type.id)
  }

  /// Writes all elements from `buffer`, which holds the library's own `type`.
  func write(_ buffer: UnsafeRawPointer, as type: hid_t) -> Bool {
    guard objectClass != .attribute else { return H5Awrite(id, type, buffer) >= 0 }
    let all = spikec_h5_all_dataspace()
    return H5Dwrite(id, type, all, all, spikec_h5_default(), buffer) >= 0
  }

  /// Frees the strings that the library allocated in `buffer`, for which this is the type.
  func reclaim(_ buffer: UnsafeMutableRawPointer, _ space: borrowing Handle) {
    spikec_h5_reclaim(id, space.id, buffer)
  }

  /// How a dataset's elements are kept.
  func storage() -> Storage? {
    guard let list = Handle(H5Dget_create_plist(id), closedBy: H5Pclose) else { return nil }
    return Storage(
      byteCount: H5Dget_storage_size(id), isChunked: list.isChunked,
      isElsewhere: list.isElsewhere)
  }

  private var isChunked: Bool { H5Pget_layout(id) == H5D_CHUNKED }

  private var isElsewhere: Bool {
    H5Pget_layout(id) == H5D_VIRTUAL || H5Pget_external_count(id) > 0
  }
}

/// How a dataset's elements are kept.
struct Storage {

  /// The space used in the file, bytes.
  var byteCount: UInt64

  /// `true` iff the elements are kept in chunks, which may be compressed.
  var isChunked: Bool

  /// `true` iff the elements are in other files.
  var isElsewhere: Bool
}

// MARK: types and extents

extension Handle {

  /// The type that the elements have as HDF5 describes it.
  var elementType: HDF5ElementType {
    let size = H5Tget_size(id)
    switch H5Tget_class(id) {
    case H5T_FLOAT: return .float(byteCount: size)
    case H5T_INTEGER where H5Tget_sign(id) == H5T_SGN_NONE: return .unsigned(byteCount: size)
    case H5T_INTEGER: return .signed(byteCount: size)
    case H5T_STRING: return .string
    case H5T_OPAQUE: return .opaque(byteCount: size)
    case H5T_ENUM: return .other("an enumeration")
    case H5T_COMPOUND: return .other("a compound")
    case H5T_REFERENCE: return .other("references")
    case H5T_VLEN: return .other("lists")
    default: return .other("an unknown type")
    }
  }

  /// The size of an element as stored, bytes.
  var elementSize: Int { H5Tget_size(id) }

  /// `true` iff this is the type of strings of variable length.
  var isVariableString: Bool { H5Tis_variable_str(id) > 0 }

  /// How strings of fixed length are filled up: after a zero byte anything, zeros, or spaces.
  var stringPadding: H5T_str_t { H5Tget_strpad(id) }

  /// Returns the type in memory for strings of variable length like those of this type; for a
  /// string type made anew, `nil` asks for UTF-8.
  static func variableString(like type: hid_t? = nil) -> Handle? {
    guard let copy = Handle(H5Tcopy(spikec_h5_c_string()), closedBy: H5Tclose),
      H5Tset_size(copy.id, spikec_h5_variable_length()) >= 0,
      H5Tset_cset(copy.id, type.map { H5Tget_cset($0) } ?? H5T_CSET_UTF8) >= 0
    else { return nil }
    return copy
  }

  /// Returns the type in memory for strings of variable length with this type's character set.
  func variableStringInMemory() -> Handle? {
    Handle.variableString(like: id)
  }

  /// The extents; empty for a scalar, one 0 for nothing at all; `nil` if they cannot be read.
  var extents: [Int]? {
    switch H5Sget_simple_extent_type(id) {
    case H5S_NULL: return [0]
    case H5S_SCALAR: return []
    case H5S_SIMPLE: break
    default: return nil
    }
    let rank = H5Sget_simple_extent_ndims(id)
    guard rank >= 0 else { return nil }
    var extents = [hsize_t](repeating: 0, count: Int(rank))
    guard H5Sget_simple_extent_dims(id, &extents, nil) >= 0 else { return nil }
    var result: [Int] = []
    for extent in extents {
      guard let extent = Int(exactly: extent) else { return nil }
      result.append(extent)
    }
    return result
  }

  /// Creates a description of extents.
  static func space(_ extents: [Int]) -> Handle? {
    guard !extents.isEmpty else { return Handle(H5Screate(H5S_SCALAR), closedBy: H5Sclose) }
    let extents = extents.map { hsize_t($0) }
    return Handle(H5Screate_simple(Int32(extents.count), extents, nil), closedBy: H5Sclose)
  }

  /// Selects `count` rows from `first` on, of extents whose first is the rows.
  func selectRows(_ rows: Range<Int>, of extents: [Int]) -> Bool {
    var start = extents.map { _ in hsize_t(0) }
    var count = extents.map { hsize_t($0) }
    start[0] = hsize_t(rows.lowerBound)
    count[0] = hsize_t(rows.count)
    return H5Sselect_hyperslab(id, H5S_SELECT_SET, start, nil, count, nil) >= 0
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
