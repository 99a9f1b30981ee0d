// A node as messages and names of the graph speak of it.

internal import Diagnostics

/// A node of the model, for messages and for the names of what is made of it.
struct NodeSite: Hashable, Sendable {

  /// The path of the file.
  var file: String

  /// The node's name; if it has none, that of its first result.
  var name: String

  /// The kind of operator.
  var opType: String

  /// The node within the file.
  var site: Site { .inside(file: file, path: name) }
}
