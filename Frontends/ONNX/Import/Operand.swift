// What a name in the graph stands for while the graph is imported.

internal import SpikeIR

/// A value that depends on the network's inputs.
struct Value: Sendable {

  /// The node that computes the value.
  var node: NodeID

  /// How the value's axes lie in the node's elements.
  var layout: Layout

  /// The grid of integers for which the value's real numbers stand, if the model has it quantized.
  var grid: QuantizationGrid?

  /// The type by which the model computes the value, `nil` until the results of a call are typed.
  ///
  /// Values are held as 32-bit floating point whatever their type is.
  var type: ONNXElementType?

  /// Creates a value.
  init(
    _ node: NodeID, _ layout: Layout, grid: QuantizationGrid? = nil,
    type: ONNXElementType? = nil
  ) {
    self.node = node
    self.layout = layout
    self.grid = grid
    self.type = type
  }

  /// The extents of the axes, that of the batch included.
  var extents: [Int] { layout.extents }

  /// The number of axes.
  var rank: Int { layout.rank }
}

/// A grid of real numbers (q − zero) · scale for integers q.
struct QuantizationGrid: Hashable, Sendable {

  /// The distance of neighbours.
  var scale: Float

  /// The integer that stands for 0.
  var zero: Int

  /// The type of the integers.
  var type: ONNXElementType

  /// The integers that there are.
  var range: ClosedRange<Int>
}

/// What a name stands for.
enum Operand: Sendable {
  /// A constant.
  case constant(ONNXTensor)
  /// A value that depends on the network's inputs.
  case value(Value)

  /// The extents of the axes, that of the batch included.
  var extents: [Int] {
    switch self {
    case .constant(let x): x.extents
    case .value(let x): x.extents
    }
  }
  /// The type of the elements, `nil` if nothing says it.
  var type: ONNXElementType? {
    switch self {
    case .constant(let x): x.type
    case .value(let x): x.grid?.type ?? x.type
    }
  }
}
