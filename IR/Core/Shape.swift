// The extents of a tensor or of a value.

/// A shape in elements, outermost dimension first; images are [height, width, channels].
public struct Shape: Hashable, Sendable, ExpressibleByArrayLiteral, CustomStringConvertible {

  /// The extents, each at least 1; empty for a scalar.
  public var extents: [Int]

  /// Creates a shape with the given extents.
  public init(_ extents: [Int]) {
    self.extents = extents
  }

  /// Creates a shape from a literal.
  public init(arrayLiteral elements: Int...) {
    extents = elements
  }

  /// The number of dimensions.
  public var rank: Int { extents.count }

  /// The number of elements: the product of the extents; `nil` where it exceeds `Int`.
  public var checkedCount: Int? {
    var product = 1
    for extent in extents {
      let (value, overflow) = product.multipliedReportingOverflow(by: extent)
      guard !overflow else { return nil }
      product = value
    }
    return product
  }

  /// The number of elements.
  ///
  /// - Precondition: it does not exceed `Int`; shapes from files are checked on the way in.
  public var count: Int { extents.reduce(1, *) }

  /// The extent of the last dimension, 1 for a scalar: the channels of an image or vector.
  public var channels: Int { extents.last ?? 1 }

  /// The number of positions: elements per channel.
  public var positions: Int { extents.dropLast().reduce(1, *) }

  /// The extent of dimension `i`.
  public subscript(i: Int) -> Int {
    get { extents[i] }
    set { extents[i] = newValue }
  }

  /// The shape as text: `[28,28,1]`.
  public var description: String {
    "[" + extents.map(String.init).joined(separator: ",") + "]"
  }
}
