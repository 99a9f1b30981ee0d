// The geometry shared by convolution and pooling: window, strides, dilations, padding.

public import Diagnostics

/// A pair of extents or steps, vertical first.
public struct Pair: Hashable, Sendable {
  /// The vertical component.
  public var height: Int
  /// The horizontal component.
  public var width: Int

  /// Creates a pair.
  public init(_ height: Int, _ width: Int) {
    self.height = height
    self.width = width
  }

  /// The components as a list, vertical first.
  public var list: [Int] { [height, width] }
}

/// The numbers of rows and columns added around an image; asymmetric where the framework is.
public struct Padding: Hashable, Sendable {
  /// Rows above.
  public var top: Int
  /// Columns to the left.
  public var left: Int
  /// Rows below.
  public var bottom: Int
  /// Columns to the right.
  public var right: Int

  /// Creates a padding.
  public init(top: Int = 0, left: Int = 0, bottom: Int = 0, right: Int = 0) {
    self.top = top
    self.left = left
    self.bottom = bottom
    self.right = right
  }

  /// No padding.
  public static let none = Padding()

  /// The numbers as a list: top, left, bottom, right.
  public var list: [Int] { [top, left, bottom, right] }
}

/// A window that slides over an image.
public struct Window: Hashable, Sendable {

  /// The number of taps in each direction, at least 1.
  public var size: Pair

  /// The step between windows, elements, at least 1.
  public var strides: Pair

  /// The step between taps, elements, at least 1.
  public var dilations: Pair

  /// The rows and columns added around the image.
  public var padding: Padding

  /// Creates a window.
  public init(
    size: Pair, strides: Pair = Pair(1, 1), dilations: Pair = Pair(1, 1),
    padding: Padding = .none
  ) {
    self.size = size
    self.strides = strides
    self.dilations = dilations
    self.padding = padding
  }

  /// Returns the number of window positions over an image of the given extents.
  ///
  /// out = floor((in + before + after − ((size − 1)·dilation + 1)) / stride) + 1, each direction.
  ///
  /// - Throws: `ir.bad-shape` if a parameter is out of range or the window does not fit.
  public func outputExtents(height: Int, width: Int) throws(Diagnostic) -> Pair {
    let positive = size.list + strides.list + dilations.list
    guard positive.allSatisfy({ 1...Window.limit ~= $0 }) else {
      throw .badShape(
        "window \(size.list), strides \(strides.list) and dilations \(dilations.list) must be "
          + "between 1 and \(Window.limit)")
    }
    guard padding.list.allSatisfy({ 0...Window.limit ~= $0 }) else {
      throw .badShape("padding \(padding.list) must be between 0 and \(Window.limit)")
    }
    let rows = height + padding.top + padding.bottom - (size.height - 1) * dilations.height - 1
    let columns = width + padding.left + padding.right - (size.width - 1) * dilations.width - 1
    guard rows >= 0, columns >= 0 else {
      throw .badShape(
        "window \(size.list) with dilations \(dilations.list) does not fit the image "
          + "[\(height),\(width)] with padding \(padding.list)")
    }
    return Pair(rows / strides.height + 1, columns / strides.width + 1)
  }

  /// The largest parameter accepted; far beyond any network, and safe from overflow.
  public static let limit = 1 << 20

  /// The parameters beside the size, those that have their defaults left out.
  public var attributes: [Attribute] {
    [
      Attribute("strides", strides == Pair(1, 1) ? nil : .integers(strides.list)),
      Attribute("pads", padding == .none ? nil : .integers(padding.list)),
      Attribute("dilations", dilations == Pair(1, 1) ? nil : .integers(dilations.list)),
    ].compactMap { $0 }
  }

  /// Creates a window of the given size from the attributes that `attributes` prints.
  public init(size: Pair, reading reader: inout AttributeReader) throws(Diagnostic) {
    let strides = try reader.integers("strides", count: 2, default: [1, 1])
    let pads = try reader.integers("pads", count: 4, default: [0, 0, 0, 0])
    let dilations = try reader.integers("dilations", count: 2, default: [1, 1])
    self.init(
      size: size, strides: Pair(strides[0], strides[1]),
      dilations: Pair(dilations[0], dilations[1]),
      padding: Padding(top: pads[0], left: pads[1], bottom: pads[2], right: pads[3]))
  }
}

extension Shape {

  /// Checks that this is the shape of an image, [height, width, channels].
  public func requireImage(_ role: String = "the operand") throws(Diagnostic) {
    guard rank == 3 else {
      throw .badShape("\(role) has shape \(self), expected [height,width,channels]")
    }
  }
}
