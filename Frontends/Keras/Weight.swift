// A weight in its file: what it must be, and how its elements are read.

internal import Diagnostics
internal import HDF5
internal import SpikeIR

/// A weight of a layer.
struct Weight: Sendable {

  /// The file.
  var arrays: ArrayFile

  /// Where in the file, and in which order of dimensions.
  var entry: WeightPath

  /// The layer.
  var place: LayerPlace

  /// What the weight is, such as `kernel`.
  var role: String

  /// The extents that it must have.
  var shape: Shape

  /// The place in the file.
  var site: Site { arrays.site(entry.path) }

  /// Checks that the file has the weight, with the extents and a type that are needed; returns
  /// whether opaque elements are bfloat16.
  ///
  /// - Parameter policy: the name of the layer's type policy; legacy files mark bfloat16 by
  ///   nothing else.
  /// - Returns: `true` iff opaque elements of two bytes are bfloat16.
  /// - Throws: `keras.missing-weights`, `keras.bad-weights` or what the file's reader throws.
  func checked(policy: String?) throws(Diagnostic) -> Bool {
    guard arrays.kind(of: entry.path) != nil else {
      throw .missingWeights(place, "the \(role) is listed but not in the file", at: site)
    }
    let info = try arrays.info(of: entry.path)
    let stored = entry.order?.stored(shape) ?? shape
    guard info.extents == stored.extents else {
      throw .badWeights(
        place, "the \(role) has the shape \(Shape(info.extents)), expected \(stored)", at: site)
    }
    switch info.elementType {
    case .float: return false
    case .opaque(byteCount: 2):
      let mark = try arrays.string("dtype", of: entry.path)
      if (mark ?? policy)?.contains("bfloat16") == true { return true }
    default: break
    }
    throw .badWeights(
      place, "the \(role) holds \(info.elementType), expected floating point", at: site)
  }

  /// Returns the elements in row-major order of `shape`.
  ///
  /// - Throws: `keras.non-finite-weights` and what the file's reader throws.
  func load(isBFloat16: Bool) throws(Diagnostic) -> [Float] {
    let floats = try arrays.floats(entry.path, readsBFloat16: isBFloat16)
    let bad = floats.reduce(0) { $0 + ($1.isFinite ? 0 : 1) }
    guard bad == 0 else {
      throw .nonFiniteWeights(place, role: role, count: bad, of: floats.count, at: site)
    }
    return entry.order?.arranged(floats, as: shape) ?? floats
  }
}

/// How a weight lies in a file whose order of dimensions is not that of Keras 2 and 3.
struct StoredOrder: Hashable, Sendable {

  /// For each dimension of the array in the file, the dimension of the weight, or `single`.
  var axes: [Int]

  /// The dimensions of the weight that run backwards in the file.
  var reversed: Set<Int> = []

  /// Stands for a dimension of extent 1 that the weight does not have.
  static let single = -1

  /// Returns the extents in the file of a weight of the given shape.
  ///
  /// - Precondition: there are as many dimensions as axes.
  func stored(_ shape: Shape) -> Shape {
    Shape(axes.map { $0 == StoredOrder.single ? 1 : shape[$0] })
  }

  /// Returns elements in the file's order in the row-major order of a weight of shape `shape`.
  ///
  /// - Complexity: O(elements).
  func arranged(_ floats: [Float], as shape: Shape) -> [Float] {
    guard floats.count == shape.count else { return floats }
    // The step in the file that one step along each dimension of the weight makes.
    var steps = [Int](repeating: 0, count: shape.rank)
    var step = 1
    for axis in axes.reversed() where axis != StoredOrder.single {
      steps[axis] = step
      step *= shape[axis]
    }
    var start = 0
    for axis in reversed {
      start += steps[axis] * (shape[axis] - 1)
      steps[axis] = -steps[axis]
    }
    var index = [Int](repeating: 0, count: shape.rank)
    return (0..<floats.count).map { _ in
      let value = floats[start]
      for axis in (0..<shape.rank).reversed() {
        index[axis] += 1
        start += steps[axis]
        if index[axis] < shape[axis] { break }
        index[axis] = 0
        start -= steps[axis] * shape[axis]
      }
      return value
    }
  }
}
