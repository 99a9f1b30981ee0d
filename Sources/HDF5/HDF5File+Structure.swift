// What is in a file: objects, their kinds, the members of groups.

public import Diagnostics

/// What an object of an HDF5 file is.
public enum HDF5Kind: Hashable, Sendable {
  /// A group of objects.
  case group
  /// An array.
  case dataset
  /// Something else: a named type, or a link that leads nowhere.
  case other
}

/// A member of a group.
public struct HDF5Member: Hashable, Sendable {

  /// The name within the group.
  public var name: String

  /// What the member is.
  public var kind: HDF5Kind
}

extension HDF5File {

  /// Returns what the object at `path` is, `nil` if there is none.
  public func kind(of path: String) -> HDF5Kind? {
    let file = file
    return Library.locked { () -> HDF5Kind? in
      guard let object = Handle.object(path, in: file.id) else { return nil }
      return HDF5Kind(object.objectClass)
    }
  }

  /// Returns whether there is an object at `path`.
  public func exists(_ path: String) -> Bool {
    kind(of: path) != nil
  }

  /// Returns the members of the group at `path`, by name.
  ///
  /// - Throws: `hdf5.not-found` or `hdf5.bad-group`.
  public func members(of path: String = "/") throws(Diagnostic) -> [HDF5Member] {
    try locked { file throws(Diagnostic) in
      let group = try file.object(path)
      guard group.objectClass == .group else {
        throw Diagnostic.badGroup("found a dataset, expected a group", in: file.path, at: path)
      }
      guard let names = group.memberNames() else {
        throw Diagnostic.badGroup("cannot list the members", in: file.path, at: path)
      }
      var members: [HDF5Member] = []
      for name in names {
        members.append(HDF5Member(name: name, kind: HDF5Kind(group.memberClass(name))))
      }
      return members
    }
  }
}

extension HDF5Kind {

  /// Creates the kind for the library's class of an object.
  init(_ objectClass: ObjectClass) {
    switch objectClass {
    case .group: self = .group
    case .dataset: self = .dataset
    case .attribute, .other: self = .other
    }
  }
}
