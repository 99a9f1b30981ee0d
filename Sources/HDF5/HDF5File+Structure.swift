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
    snapshot.object(at: path)?.kind
  }

  /// Returns whether there is an object at `path`.
  public func exists(_ path: String) -> Bool {
    kind(of: path) != nil
  }

  /// Returns the members of the group at `path`, by name.
  ///
  /// - Throws: `hdf5.not-found` or `hdf5.bad-group`.
  public func members(of path: String = "/") throws(Diagnostic) -> [HDF5Member] {
    let group = try object(path)
    guard group.kind == .group else {
      throw .badGroup("found a dataset, expected a group", nil, in: self.path, at: path)
    }
    if let problem = group.linksProblem {
      throw .badGroup("cannot list the members", problem, in: self.path, at: path)
    }
    return group.links.map { link in
      let target = group.members[link.name].map { snapshot.objects[$0].kind }
      return HDF5Member(name: link.name, kind: target ?? .other)
    }
  }
}
