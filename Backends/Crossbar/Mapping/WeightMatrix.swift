// A layer as the matrices that arrays hold, whichever level of the representation it comes from:
// what is laid out, apart from where.

package import SpikeIR

/// A layer as matrices that arrays read: one for each group, all with the same stream of windows.
///
/// A read multiplies one vector of inputs with the matrix. A convolution reads one vector for each
/// position of its window; a dense layer one for each vector along the last dimension.
///
/// Rows are inputs, in the order (kernel row, kernel column, channel of the group), the last the
/// fastest; a bias that is held by the array is the row after them, whose input is always 1.
/// Columns are outputs: channel o of group g is channel g · outputs + o of the layer.
///
/// - Source: Gokmen, Onen and Haensch (2017), section 2: convolution as a stream of vectors.
package struct WeightMatrix: Hashable, Sendable {

  /// The name of the node or of the projection.
  package var name: String

  /// Where the matrices come from.
  package var source: Source

  /// The number of matrices: the groups of a convolution, 1 for a dense layer.
  package var groups: Int

  /// The inputs of a group without the bias, k² · d.
  package var inputs: Int

  /// The outputs of a group.
  package var outputs: Int

  /// The windows whose elements are the inputs; `nil` where vectors are read as they are.
  package var windows: WindowStream?

  /// The vectors that are read for an image, or for a frame of spikes: the reuse W of the weights.
  package var positions: Int

  /// The weights: [inputs, groups · outputs], however many dimensions the inputs have.
  package var kernel: TensorID

  /// The offsets, [groups · outputs], if the layer has any that the array may hold.
  package var bias: TensorID?

  /// The power of two by which weights are multiplied; 0 but for integer weights of projections.
  package var shift: Int = 0

  /// Whether elements of the vectors that are read may be negative; not asked for in frame mode.
  package var hasNegativeInputs = true

  /// The frames of single bits that are read for an image in frame mode, at most; `nil` for one in
  /// each pass.
  package var frames: Int?

  /// Where matrices come from.
  package enum Source: Hashable, Sendable {
    /// An operator of a graph of tensor operators.
    case node(NodeID)
    /// Connections of a spiking graph.
    case projection(ProjectionID)
  }

  /// The weights of all groups, without the bias.
  package var weightCount: Int { groups * inputs * outputs }

  /// The weights and offsets of all groups.
  package var parameterCount: Int {
    weightCount + (bias == nil ? 0 : groups * outputs)
  }

  /// The products of a weight and an input for an image, or for a frame of spikes.
  package var products: Int { weightCount * positions }
}

/// A window that slides over an image, with the extents of both.
package struct WindowStream: Hashable, Sendable {

  /// The window.
  package var window: Window

  /// The image, [height, width, channels] with the channels of all groups.
  package var image: Shape

  /// The number of positions, vertically and horizontally.
  package var extents: Pair

  /// Creates the windows over an image.
  package init(_ window: Window, over image: Shape, extents: Pair) {
    self.window = window
    self.image = image
    self.extents = extents
  }
}

extension WeightMatrix {

  /// Returns the index in the layer's input of each input of group `group` at position `position`,
  /// −1 outside of the image: the meaning of the order of rows.
  ///
  /// Positions are in row-major order.
  ///
  /// - Complexity: O(inputs).
  package func indices(at position: Int, group: Int) -> [Int] {
    guard let windows else {
      let start = position * groups * inputs + group * inputs
      return Array(start..<start + inputs)
    }
    let (window, image) = (windows.window, windows.image)
    let channels = image[2] / groups
    let (y, x) = position.quotientAndRemainder(dividingBy: windows.extents.width)
    var result: [Int] = []
    result.reserveCapacity(inputs)
    for i in 0..<window.size.height {
      let row = y * window.strides.height + i * window.dilations.height - window.padding.top
      for j in 0..<window.size.width {
        let column = x * window.strides.width + j * window.dilations.width - window.padding.left
        let isInside = 0..<image[0] ~= row && 0..<image[1] ~= column
        let start = (row * image[1] + column) * image[2] + group * channels
        for c in 0..<channels { result.append(isInside ? start + c : -1) }
      }
    }
    return result
  }
}
