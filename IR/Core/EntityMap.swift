// Typed 32-bit identities and the flat arenas they index (after Cranelift's entity maps).

/// A typed index into an arena; entities of different kinds cannot be confused.
public protocol EntityID: Hashable, Sendable, Comparable, CustomStringConvertible {

  /// The position in the arena.
  var raw: UInt32 { get }

  /// Creates the identity of the entity at position `raw`.
  init(raw: UInt32)
}

extension EntityID {

  /// Creates the identity of the entity at position `index`.
  public init(_ index: Int) {
    self.init(raw: UInt32(index))
  }

  /// The position in the arena, for indexing.
  public var index: Int { Int(raw) }

  /// Returns whether `a` comes before `b` in the arena.
  public static func < (a: Self, b: Self) -> Bool { a.raw < b.raw }
}

/// The identity of a tensor in a `TensorStore`.
public struct TensorID: EntityID {
  /// The position in the store.
  public let raw: UInt32
  /// Creates the identity of the tensor at position `raw`.
  public init(raw: UInt32) { self.raw = raw }
  /// The identity in textual form, such as `%t3`.
  public var description: String { "%t\(raw)" }
}

/// The identity of a node, and of the value it computes, in an `ANNGraph`.
public struct NodeID: EntityID {
  /// The position in the graph.
  public let raw: UInt32
  /// Creates the identity of the node at position `raw`.
  public init(raw: UInt32) { self.raw = raw }
  /// The identity in textual form, such as `%3`.
  public var description: String { "%\(raw)" }
}

/// The identity of a population in a `SpikingGraph`.
public struct PopulationID: EntityID {
  /// The position in the graph.
  public let raw: UInt32
  /// Creates the identity of the population at position `raw`.
  public init(raw: UInt32) { self.raw = raw }
  /// The identity in textual form, such as `%p3`.
  public var description: String { "%p\(raw)" }
}

/// The identity of a projection in a `SpikingGraph`.
public struct ProjectionID: EntityID {
  /// The position in the graph.
  public let raw: UInt32
  /// Creates the identity of the projection at position `raw`.
  public init(raw: UInt32) { self.raw = raw }
  /// The identity in textual form, such as `%j3`.
  public var description: String { "%j\(raw)" }
}

/// An arena: the table that owns the entities of one kind, in the order of their creation.
public struct PrimaryMap<ID: EntityID, Element> {

  /// The entities, by position.
  public private(set) var elements: [Element] = []

  /// Creates an empty arena.
  public init() {}

  /// The number of entities.
  public var count: Int { elements.count }

  /// `true` iff there is no entity.
  public var isEmpty: Bool { elements.isEmpty }

  /// The identities of the entities, in order.
  public var ids: [ID] { elements.indices.map { ID($0) } }

  /// Accesses the entity `id`.
  ///
  /// - Precondition: `id` comes from this arena.
  public subscript(id: ID) -> Element {
    get { elements[id.index] }
    set { elements[id.index] = newValue }
  }

  /// Returns the entity `id`, or `nil` if the arena has none such.
  public func find(_ id: ID) -> Element? {
    id.index < elements.count ? elements[id.index] : nil
  }

  /// Adds `element` and returns its identity.
  @discardableResult
  public mutating func append(_ element: Element) -> ID {
    elements.append(element)
    return ID(elements.count - 1)
  }
}

extension PrimaryMap: Equatable where Element: Equatable {}
extension PrimaryMap: Hashable where Element: Hashable {}
extension PrimaryMap: Sendable where Element: Sendable {}

/// A table that annotates the entities of an arena with optional values.
public struct EntityMap<ID: EntityID, Element> {

  private var elements: [Element?] = []

  /// Creates a table without annotations.
  public init() {}

  /// Accesses the annotation of `id`.
  public subscript(id: ID) -> Element? {
    get { id.index < elements.count ? elements[id.index] : nil }
    set {
      while elements.count <= id.index { elements.append(nil) }
      elements[id.index] = newValue
    }
  }
}

extension EntityMap: Sendable where Element: Sendable {}
