// Elements of a tensor that stay in the model file until they are needed, so that looking at a
// network costs nothing of its weights.

public import Diagnostics

/// Floating-point elements in row-major order that are loaded each time they are asked for.
///
/// Two values are equal iff they are copies of one another: comparing never loads.
public struct DeferredElements: Sendable {

  /// The number of elements.
  public let count: Int

  private let source: Source

  /// Creates `count` elements that `load` reads and, where the file's order differs, permutes.
  public init(count: Int, load: @escaping @Sendable () throws(Diagnostic) -> [Float]) {
    self.count = count
    source = Source(load)
  }

  /// Returns the elements, anew at every call.
  ///
  /// - Throws: what the file's reader throws; `ir.different-count` if it gives another number of
  ///   elements than was announced.
  public func load() throws(Diagnostic) -> [Float] {
    let elements = try source.load()
    guard elements.count == count else {
      throw .error(
        "ir.different-count",
        "found \(elements.count, of: "element"), expected \(count)")
    }
    return elements
  }

  /// Returns the elements after `change`, which is applied when they are loaded.
  public func map(
    count: Int, _ change: @escaping @Sendable ([Float]) throws(Diagnostic) -> [Float]
  ) -> DeferredElements {
    let original = self
    return DeferredElements(count: count) { () throws(Diagnostic) in
      try change(try original.load())
    }
  }

  /// The identity and the closure that the copies of a value share.
  private final class Source: Sendable {
    let load: @Sendable () throws(Diagnostic) -> [Float]

    init(_ load: @escaping @Sendable () throws(Diagnostic) -> [Float]) {
      self.load = load
    }
  }
}

extension DeferredElements: Hashable {

  /// Returns whether the values are copies of one another.
  public static func == (a: DeferredElements, b: DeferredElements) -> Bool {
    a.source === b.source
  }

  /// Feeds the identity to `hasher`.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(ObjectIdentifier(source))
  }
}

extension TensorStore {

  /// Loads all elements that wait in files; afterwards the store stands on its own.
  ///
  /// - Throws: what the files' readers throw, for all tensors that cannot be loaded, each located at
  ///   its tensor; after the first no elements are kept.
  /// - Complexity: one pass over the elements; at any time one tensor is held twice at most.
  public mutating func materialize() throws(CompileError) {
    var sink = DiagnosticSink()
    for id in ids {
      guard case .deferred(let elements) = self[id].data else { continue }
      do throws(Diagnostic) {
        let floats = try elements.load()
        if !sink.hasErrors { self[id].data = .float32(floats) }
      } catch {
        sink.report(error.located(at: .entity(self[id].name)))
      }
    }
    try sink.throwIfErrors()
  }
}
