// What is in a file, as values: all that can be said without reading elements of datasets.

internal import Diagnostics

/// What is in a file.
struct Snapshot: Sendable {

  /// The objects; the first is the root group.
  var objects: [StoredObject]

  /// Returns the object at `path`, `nil` if there is none.
  func object(at path: String) -> StoredObject? {
    guard !path.isEmpty, !path.utf8.contains(0) else { return nil }
    var index = 0
    for part in path.utf8.split(separator: UInt8(ascii: "/")) {
      let name = String(Substring(part))
      guard name != "." else { continue }
      guard let next = objects[index].members[name] else { return nil }
      index = next
    }
    return objects[index]
  }
}

/// An object of a file.
struct StoredObject: Sendable {

  /// What the object is.
  var kind: HDF5Kind

  /// Where the object is; a child finds it by this.
  var address: UInt64

  /// The names and addresses of a group's members, by name.
  var links: [StoredLink] = []

  /// The objects to which links lead, as positions in the snapshot.
  var members: [String: Int] = [:]

  /// What the library says if the members cannot be listed.
  var linksProblem: String?

  /// The attributes, by name.
  var attributes: [StoredAttribute] = []

  /// What the library says if the attributes cannot be listed.
  var attributesProblem: String?

  /// What a dataset is; `nil` if that cannot be read.
  var dataset: StoredDataset?

  /// What the library says if a dataset cannot be read.
  var datasetProblem: String?

  /// Returns the attribute `name`, `nil` if there is none.
  func attribute(_ name: String) -> StoredAttribute? {
    attributes.first { $0.name == name }
  }
}

/// A link of a group.
struct StoredLink: Sendable {

  /// The name within the group.
  var name: String

  /// Where the member is; of a link that leads nowhere, no object's address.
  var address: UInt64
}

/// An attribute of an object.
struct StoredAttribute: Sendable {

  /// The name.
  var name: String

  /// The type of the elements; `nil` if it cannot be read.
  var type: StoredType?

  /// The extents; `nil` if they cannot be read.
  var extents: [Int]?

  /// The elements.
  var elements = Elements.none

  /// The elements of an attribute.
  enum Elements: Sendable {
    /// None, more than the file can hold, or none of the kinds below.
    case none
    /// More than are read, bytes.
    case tooLarge(Int)
    /// The library fails to read them, and says why.
    case unreadable(String)
    /// Numbers.
    case numbers([Double])
    /// Strings; `nil` if they are not UTF-8.
    case strings([String]?)
  }
}
