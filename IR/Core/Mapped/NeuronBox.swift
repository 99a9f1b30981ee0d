// Boxes of neurons: what a slice of a population is, and what an axon block listens to.

/// A box of a population's neurons: ranges of rows, columns and channels.
///
/// The neurons of populations without image, of shape [channels], lie in row 0 and column 0.
public struct NeuronBox: Hashable, Sendable, CustomStringConvertible {

  /// The rows.
  public var rows: Range<Int>

  /// The columns.
  public var columns: Range<Int>

  /// The channels.
  public var channels: Range<Int>

  /// Creates a box.
  public init(rows: Range<Int>, columns: Range<Int>, channels: Range<Int>) {
    self.rows = rows
    self.columns = columns
    self.channels = channels
  }

  /// Creates the box of all neurons of a population of shape `shape`.
  public init(all shape: Shape) {
    let isImage = shape.rank == 3
    rows = 0..<(isImage ? shape[0] : 1)
    columns = 0..<(isImage ? shape[1] : 1)
    channels = 0..<shape.channels
  }

  /// The number of neurons.
  public var count: Int { rows.count * columns.count * channels.count }

  /// `true` iff there is no neuron in the box.
  public var isEmpty: Bool { rows.isEmpty || columns.isEmpty || channels.isEmpty }

  /// Returns whether all neurons of `other` are in the box.
  public func contains(_ other: NeuronBox) -> Bool {
    other.isEmpty || intersection(other) == other
  }

  /// Returns the neurons that are in both boxes.
  public func intersection(_ other: NeuronBox) -> NeuronBox {
    NeuronBox(
      rows: rows.clamped(to: other.rows), columns: columns.clamped(to: other.columns),
      channels: channels.clamped(to: other.channels))
  }

  /// Returns the smallest box that holds both boxes, neither of them empty.
  public func hull(_ other: NeuronBox) -> NeuronBox {
    NeuronBox(
      rows: rows.hull(other.rows), columns: columns.hull(other.columns),
      channels: channels.hull(other.channels))
  }

  /// Returns the place of a neuron among those of the box, in row-major order.
  ///
  /// - Precondition: the neuron is in the box.
  public func offset(row: Int, column: Int, channel: Int) -> Int {
    ((row - rows.lowerBound) * columns.count + column - columns.lowerBound) * channels.count
      + channel - channels.lowerBound
  }

  /// Returns the index, in a population of shape `shape`, of the neuron at place `offset` of the
  /// box; both orders are row-major.
  ///
  /// - Precondition: `offset` is less than `count`.
  public func neuron(at offset: Int, of shape: Shape) -> Int {
    let (position, channel) = offset.quotientAndRemainder(dividingBy: channels.count)
    let (row, column) = position.quotientAndRemainder(dividingBy: columns.count)
    let width = shape.rank == 3 ? shape[1] : 1
    return ((rows.lowerBound + row) * width + columns.lowerBound + column) * shape.channels
      + channels.lowerBound + channel
  }

  /// The box as text: `[0:14,0:14,8:16]`.
  public var description: String {
    let parts = [rows, columns, channels].map { "\($0.lowerBound):\($0.upperBound)" }
    return "[" + parts.joined(separator: ",") + "]"
  }
}

extension Range where Bound == Int {

  fileprivate func hull(_ other: Range<Int>) -> Range<Int> {
    Swift.min(lowerBound, other.lowerBound)..<Swift.max(upperBound, other.upperBound)
  }
}
