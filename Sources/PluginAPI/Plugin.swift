// What a frontend, a pass and a backend are: the three kinds of parts that plugins can add.

public import Diagnostics
public import SpikeIR

/// A reader of model files.
public protocol Frontend: Sendable {

  /// The name, kebab-case, such as `keras`.
  var name: String { get }

  /// One line on what is read.
  var summary: String { get }

  /// Returns whether the file at `path`, which begins with `prefix`, is in this frontend's format.
  ///
  /// The prefix is the file's first bytes, at most 4,096.
  func recognizes(path: String, prefix: [UInt8]) -> Bool

  /// Returns the network in the file at `path`; warnings go to `sink`.
  ///
  /// - Throws: all problems found, not only the first.
  func load(path: String, sink: inout DiagnosticSink) throws(CompileError) -> ANNGraph

  /// The kinds of layers that are read, with what is supported of each.
  var layers: [SupportedLayer] { get }
}

/// A line of the table of supported layers.
public struct SupportedLayer: Hashable, Sendable {

  /// The framework's name of the layer.
  public var name: String

  /// What is supported of it.
  public var remark: String

  /// Creates a line.
  public init(_ name: String, _ remark: String = "") {
    self.name = name
    self.remark = remark
  }
}
