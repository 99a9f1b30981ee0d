// What the rules share: which shapes and tensors can be computed with, and how places are named.

internal import Diagnostics

extension Shape {

  /// The most elements that a value may have: far beyond any network, and small enough that the
  /// arithmetic of shape rules, which multiplies by at most `Window.limit`, does not overflow.
  static let elementLimit = 1 << 40

  /// `true` iff every extent is at least 1 and the elements are at most `elementLimit`.
  var isSound: Bool {
    extents.allSatisfy { $0 >= 1 } && (checkedCount.map { $0 <= Self.elementLimit } ?? false)
  }
}

extension Tensor {

  /// `true` iff the shape is sound and the elements, if at hand, are as many as it says.
  var isSound: Bool {
    shape.isSound && (data.count.map { $0 == shape.count } ?? true)
  }
}

extension TensorStore {

  /// Returns the tensor `id` if it exists and is sound.
  func sound(_ id: TensorID) -> Tensor? {
    find(id).flatMap { $0.isSound ? $0 : nil }
  }
}

extension TensorData {

  /// The elements as floating point, `nil` if they are elided or deferred.
  var floatingPoint: [Float]? {
    switch self {
    case .float32(let x): x
    case .int8(let x): x.map { Float($0) }
    case .int16(let x): x.map { Float($0) }
    case .int32(let x): x.map { Float($0) }
    case .elided, .deferred: nil
    }
  }

  /// The position of the first element that is infinite or not a number, if any.
  var firstNonFinite: Int? {
    if case .float32(let x) = self { x.firstIndex { !$0.isFinite } } else { nil }
  }
}

extension ANNGraph {

  /// Returns how diagnostics name the node `id`: as the text form does, `%3 "conv1"`.
  func site(_ id: NodeID) -> Site {
    .entity("\(id) \"\(nodes.find(id)?.name ?? "")\"")
  }
}

extension SpikingGraph {

  /// Returns how diagnostics name the population `id`: as the text form does, `%p3 "conv1"`.
  func site(_ id: PopulationID) -> Site {
    .entity("\(id) \"\(populations.find(id)?.name ?? "")\"")
  }

  /// Returns how diagnostics name the projection `id`: as the text form does, `%j3 "conv1"`.
  func site(_ id: ProjectionID) -> Site {
    .entity("\(id) \"\(projections.find(id)?.name ?? "")\"")
  }
}

extension TensorStore {

  /// Returns how diagnostics name the tensor `id`: as the text form does, `%t3 "conv1/kernel"`.
  func site(_ id: TensorID) -> Site {
    .entity("\(id) \"\(find(id)?.name ?? "")\"")
  }
}
