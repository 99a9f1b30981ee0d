// Constant arrays: their element types, storage, and the store that owns them.

public import Diagnostics

/// The type of a tensor's elements.
public enum ElementType: String, Hashable, Sendable, CaseIterable {
  /// 32-bit IEEE floating point.
  case float32 = "f32"
  /// 8-bit two's complement.
  case int8 = "i8"
  /// 16-bit two's complement.
  case int16 = "i16"
  /// 32-bit two's complement.
  case int32 = "i32"

  /// The size of an element, bytes.
  public var byteCount: Int {
    switch self {
    case .float32, .int32: 4
    case .int16: 2
    case .int8: 1
    }
  }
}

/// The elements of a tensor in row-major order, or the hash of elements that are elsewhere.
public enum TensorData: Hashable, Sendable {
  /// 32-bit floating-point elements.
  case float32([Float])
  /// 8-bit elements.
  case int8([Int8])
  /// 16-bit elements.
  case int16([Int16])
  /// 32-bit elements.
  case int32([Int32])
  /// 32-bit floating-point elements that wait in the model file; see `TensorStore.materialize`.
  case deferred(DeferredElements)
  /// Elements that are not at hand: a text form printed them as their SHA-256.
  case elided(ElementType, hash: SHA256Digest)

  /// The type of the elements.
  public var elementType: ElementType {
    switch self {
    case .float32, .deferred: .float32
    case .int8: .int8
    case .int16: .int16
    case .int32: .int32
    case .elided(let type, _): type
    }
  }

  /// The number of elements at hand, `nil` if elided.
  public var count: Int? {
    switch self {
    case .float32(let x): x.count
    case .int8(let x): x.count
    case .int16(let x): x.count
    case .int32(let x): x.count
    case .deferred(let x): x.count
    case .elided: nil
    }
  }
}

/// A named constant array.
public struct Tensor: Hashable, Sendable {

  /// Where the tensor comes from, such as `conv1/kernel`; free text, not necessarily unique.
  public var name: String

  /// The extents.
  public var shape: Shape

  /// The elements.
  public var data: TensorData

  /// Creates a tensor with the given properties.
  ///
  /// - Precondition: the elements are elided or as many as the shape says.
  public init(_ name: String, shape: Shape, data: TensorData) {
    precondition(
      data.count.map { $0 == shape.count } ?? true,
      "internal: tensor '\(name)' of shape \(shape) holds \(data.count ?? 0) elements")
    self.name = name
    self.shape = shape
    self.data = data
  }

  /// Creates a tensor of 32-bit floating-point elements.
  public init(_ name: String, shape: Shape, floats: [Float]) {
    self.init(name, shape: shape, data: .float32(floats))
  }

  /// The type of the elements.
  public var elementType: ElementType { data.elementType }

  /// The SHA-256 of the elements as little-endian bytes in row-major order.
  ///
  /// - Precondition: the elements are not deferred.
  public var hash: SHA256Digest {
    switch data {
    case .float32(let x): SHA256Digest(ofLittleEndian: x)
    case .int8(let x): SHA256Digest(ofLittleEndian: x)
    case .int16(let x): SHA256Digest(ofLittleEndian: x)
    case .int32(let x): SHA256Digest(ofLittleEndian: x)
    case .elided(_, let hash): hash
    case .deferred:
      preconditionFailure("internal: tensor '\(name)' is deferred; materialize the store first")
    }
  }
}

/// The arena of a graph's tensors; passes share it by value and never copy the elements.
public struct TensorStore: Hashable, Sendable {

  /// The tensors, by identity.
  public private(set) var tensors = PrimaryMap<TensorID, Tensor>()

  /// Creates an empty store.
  public init() {}

  /// The number of tensors.
  public var count: Int { tensors.count }

  /// The identities of the tensors, in order.
  public var ids: [TensorID] { tensors.ids }

  /// Adds `tensor` and returns its identity.
  @discardableResult
  public mutating func add(_ tensor: Tensor) -> TensorID {
    tensors.append(tensor)
  }

  /// Adds a tensor of 32-bit floating-point elements and returns its identity.
  @discardableResult
  public mutating func add(_ name: String, shape: Shape, floats: [Float]) -> TensorID {
    add(Tensor(name, shape: shape, floats: floats))
  }

  /// Accesses the tensor `id`.
  ///
  /// - Precondition: `id` comes from this store; the verifier checks identities from text.
  public subscript(id: TensorID) -> Tensor {
    get { tensors[id] }
    set { tensors[id] = newValue }
  }

  /// Returns the tensor `id`, or `nil` if the store has none such.
  public func find(_ id: TensorID) -> Tensor? {
    tensors.find(id)
  }

  /// Returns the elements of tensor `id` as floating point; integers are converted exactly.
  ///
  /// - Throws: `ir.elided-tensor` if the elements are not at hand; what their file's reader throws
  ///   if they are deferred.
  public func floats(_ id: TensorID) throws(Diagnostic) -> [Float] {
    switch self[id].data {
    case .float32(let x): return x
    case .deferred(let x): return try x.load()
    case .int8(let x): return x.map { Float($0) }
    case .int16(let x): return x.map { Float($0) }
    case .int32(let x): return x.map { Float($0) }
    case .elided: throw .elidedTensor(self[id])
    }
  }

  /// Returns the elements of tensor `id` as 32-bit integers.
  ///
  /// - Throws: `ir.elided-tensor` if the elements are not at hand, `ir.bad-element-type` if they
  ///   are not integers.
  public func integers(_ id: TensorID) throws(Diagnostic) -> [Int32] {
    switch self[id].data {
    case .int8(let x): return x.map { Int32($0) }
    case .int16(let x): return x.map { Int32($0) }
    case .int32(let x): return x
    case .float32, .deferred: throw .notIntegers(self[id])
    case .elided: throw .elidedTensor(self[id])
    }
  }
}

extension Diagnostic {

  /// Returns an error about a tensor whose elements are needed but elided.
  static func elidedTensor(_ tensor: Tensor) -> Diagnostic {
    .error(
      "ir.elided-tensor",
      "the elements of tensor '\(tensor.name)' \(tensor.shape) are not at hand",
      at: .entity(tensor.name),
      notes: ["keep the tensor container (.h5) next to the .sir file, or print with --weights"])
  }

  /// Returns an error about a tensor that holds floating point where integers are needed.
  static func notIntegers(_ tensor: Tensor) -> Diagnostic {
    .error(
      "ir.bad-element-type",
      "tensor '\(tensor.name)' holds \(tensor.elementType.rawValue), expected integers",
      at: .entity(tensor.name), notes: ["run the pass 'quantize' first"])
  }
}
