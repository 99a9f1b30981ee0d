// Spikes into the sums of slices of cores: the connections of projections, cut to the boxes of neurons
// that slices hold, all in one memory.
//
// Slices are small and many, so that what a packet costs is not the weights that it adds but how they
// are found. Hence there is one array of weights and one of tables for all, plans that refer to them
// hold numbers only, and the taps that a row or column of the source has within a slice are listed.

/// A box of neurons within an image of neurons, both row-major with channels last.
package struct CoreBox: Hashable, Sendable {

  /// The columns of the image.
  var width: Int
  /// The channels of the image.
  var channels: Int
  /// The rows of the box.
  var rows: Range<Int>
  /// The columns of the box.
  var columns: Range<Int>
  /// The channels of the box.
  var depth: Range<Int>

  /// Creates a box.
  ///
  /// - Parameters:
  ///   - width: the columns of the image.
  ///   - channels: the channels of the image.
  ///   - rows: the rows of the box.
  ///   - columns: the columns of the box.
  ///   - depth: the channels of the box.
  package init(
    width: Int, channels: Int, rows: Range<Int>, columns: Range<Int>, depth: Range<Int>
  ) {
    self.width = width
    self.channels = channels
    self.rows = rows
    self.columns = columns
    self.depth = depth
  }

  /// The number of neurons.
  package var count: Int { rows.count * columns.count * depth.count }

  /// Returns the place in the box of neuron `n` of the image, or `nil` if it is not in the box.
  @inline(__always)
  func offset(of n: Int) -> Int? {
    let (position, channel) = n.quotientAndRemainder(dividingBy: channels)
    let (row, column) = position.quotientAndRemainder(dividingBy: width)
    guard depth.contains(channel), columns.contains(column), rows.contains(row) else { return nil }
    return ((row &- rows.lowerBound) &* columns.count &+ column &- columns.lowerBound)
      &* depth.count &+ channel &- depth.lowerBound
  }
}

/// Where the taps of a window lie.
package struct CoreWindow: Hashable, Sendable {
  /// The rows of taps.
  let rows: Int
  /// The columns of taps.
  let columns: Int
  let strideY: Int
  let strideX: Int
  let dilationY: Int
  let dilationX: Int
  let top: Int
  let left: Int

  /// Creates a window; each pair is vertical, horizontal, and `padding` is above and left.
  package init(
    size: (Int, Int), strides: (Int, Int), dilations: (Int, Int), padding: (Int, Int)
  ) {
    (rows, columns) = size
    (strideY, strideX) = strides
    (dilationY, dilationX) = dilations
    (top, left) = padding
  }
}

/// A way from the neurons of a projection's source to the sums of a slice: a plan in `CoreSynapses`.
package struct CorePath: Hashable, Sendable {

  /// The form of connections.
  package enum Form: Int, Hashable, Sendable, CaseIterable {
    /// Rows of a matrix.
    case dense
    /// Taps of a convolution or pooling.
    case taps
    /// Single connections: to the neuron at the same place, or along wires.
    case single
  }

  /// The position of the plan.
  let plan: Int

  /// The form of the connections.
  package let form: Form
}

/// The connections of slices.
///
/// Spikes come as neurons of a projection's source, each with the units that it emits; the sums
/// of a slice change by units · weights, modulo 2^32.
package struct CoreSynapses: Sendable {

  /// The weights of all projections.
  private var weights: [Int32] = []

  /// What plans refer to: runs, taps, wires.
  private var lists: [Int32] = []

  private var plans: [CorePlan] = []

  /// For each weight, and behind the last, how many before it are not 0; empty where connections of
  /// weight 0 are connections as others are.
  private var nonzero: [Int32] = []

  /// Creates a memory without connections.
  ///
  /// - Parameter leavesOutZeros: whether connections of weight 0 do not exist, so that spikes do not
  ///   use them.
  package init(leavesOutZeros: Bool = false) {
    if leavesOutZeros { nonzero = [0] }
  }

  /// Stores weights, for any number of paths.
  ///
  /// - Returns: where they lie.
  package mutating func store(_ weights: [Int32]) -> Range<Int> {
    let first = self.weights.count
    self.weights += weights
    if var count = nonzero.last {
      for weight in weights {
        count += weight == 0 ? 0 : 1
        nonzero.append(count)
      }
    }
    return first..<self.weights.count
  }

  /// Stores lists of wires, for any number of paths.
  ///
  /// - Parameters:
  ///   - starts: for each source neuron where its targets begin, and where the last ones end.
  ///   - targets: the targets.
  /// - Returns: where they lie.
  package mutating func store(wires starts: [Int32], _ targets: [Int32]) -> Range<Int> {
    let first = lists.count
    lists += starts.map { $0 &+ Int32(first + starts.count) }
    lists += targets
    return first..<first + starts.count
  }

  private mutating func add(_ plan: CorePlan, _ form: CorePath.Form) -> CorePath {
    plans.append(plan)
    return CorePath(plan: plans.count - 1, form: form)
  }

  // MARK: - Paths

  /// Adds connections of every source neuron to every neuron of a box.
  ///
  /// - Parameters:
  ///   - weights: [source neurons, target neurons], as stored.
  ///   - width: the number of target neurons.
  ///   - box: the target neurons that count.
  /// - Returns: the path.
  package mutating func addMatrix(weights: Range<Int>, width: Int, box: CoreBox) -> CorePath {
    precondition(
      weights.count.isMultiple(of: width) && box.depth.upperBound <= box.channels
        && box.columns.upperBound <= box.width
        && box.rows.upperBound * box.width * box.channels <= width, "internal: bad matrix")
    // Runs of the box that lie together in a row of the matrix: start there, start in the box, length.
    var runs: [(from: Int, to: Int, count: Int)] = []
    var to = 0
    for row in box.rows {
      for column in box.columns {
        let from = (row * box.width + column) * box.channels + box.depth.lowerBound
        if let last = runs.last, last.from + last.count == from {
          runs[runs.count - 1].count += box.depth.count
        } else {
          runs.append((from, to, box.depth.count))
        }
        to += box.depth.count
      }
    }
    let first = lists.count
    lists += runs.flatMap { [Int32($0.from), Int32($0.to), Int32($0.count)] }
    return add(
      .dense(
        MatrixPlan(
          weights: weights.lowerBound, sources: UInt32(weights.count / width), width: width,
          runs: first..<lists.count, sums: box.count)), .dense)
  }

  /// Adds the taps of a convolution, seen from the source.
  ///
  /// - Parameters:
  ///   - weights: [rows, columns, source channels of a group, target channels], as stored.
  ///   - window: the window.
  ///   - groups: the number of groups of channels.
  ///   - source: the rows, columns and channels of the source.
  ///   - box: the target neurons that count.
  /// - Returns: the path.
  package mutating func addTaps(
    weights: Range<Int>, window: CoreWindow, groups: Int,
    source: (rows: Int, columns: Int, channels: Int), box: CoreBox
  ) -> CorePath {
    let inputs = source.channels / groups
    precondition(
      weights.count == window.rows * window.columns * inputs * box.channels
        && box.depth.upperBound <= box.channels, "internal: bad kernels")
    let tap = inputs * box.channels
    let rows = list(
      source.rows, window.top, window.strideY, window.dilationY, window.rows, box.rows,
      weights: window.columns * tap, sums: box.columns.count * box.depth.count)
    let columns = list(
      source.columns, window.left, window.strideX, window.dilationX, window.columns, box.columns,
      weights: tap, sums: box.depth.count)
    return add(
      .taps(
        TapPlan(
          weights: weights.lowerBound,
          sources: UInt32(source.rows * source.columns * source.channels),
          sourceColumns: UInt32(source.columns), sourceChannels: UInt32(source.channels),
          inputs: inputs, outputs: box.channels / groups, channels: box.channels,
          depth: box.depth, rows: rows, columns: columns, sums: box.count)), .taps)
  }

  /// Lists, for each row or column of a source, the taps that meet it in windows of a box: by how much
  /// weights and sums are further.
  private mutating func list(
    _ extent: Int, _ before: Int, _ stride: Int, _ dilation: Int, _ size: Int,
    _ targets: Range<Int>, weights: Int, sums: Int
  ) -> Int {
    var (starts, entries) = ([Int32](), [Int32]())
    let first = lists.count
    for place in 0..<extent {
      starts.append(Int32(first + extent + 1 + entries.count))
      for tap in 0..<size {
        let (target, rest) = (place + before - tap * dilation).quotientAndRemainder(
          dividingBy: stride)
        guard rest == 0, targets.contains(target) else { continue }
        entries += [Int32(tap * weights), Int32((target - targets.lowerBound) * sums)]
      }
    }
    starts.append(Int32(first + extent + 1 + entries.count))
    lists += starts + entries
    return first
  }

  /// Adds connections to the neurons at the same place.
  ///
  /// - Parameters:
  ///   - weights: one for each channel of the target, or one, as stored.
  ///   - box: the target neurons that count.
  /// - Returns: the path.
  package mutating func addSame(weights: Range<Int>, box: CoreBox) -> CorePath {
    precondition(!weights.isEmpty, "internal: no weights")
    return add(.same(SamePlan(weights: weights, box: box)), .single)
  }

  /// Adds connections along wires.
  ///
  /// - Parameters:
  ///   - weight: of all of them.
  ///   - wires: their lists, as stored.
  ///   - box: the target neurons that count.
  /// - Returns: the path.
  package mutating func addWires(weight: Int32, wires: Range<Int>, box: CoreBox) -> CorePath {
    add(.wires(WirePlan(weight: weight, wires: wires, box: box)), .single)
  }

  // MARK: - Spikes

  /// Adds what spikes contribute to the sums of a slice.
  ///
  /// - Parameters:
  ///   - path: the connections.
  ///   - sums: the sums of all slices; those of the slice begin at `base`. Updated.
  ///   - base: where the sums of the slice begin.
  ///   - neurons: the neurons that spike.
  ///   - units: what each emits.
  ///   - range: those of the spikes that count.
  /// - Returns: the number of connections that were used, those of weight 0 only where they exist.
  /// - Complexity: O(spikes + connections).
  package func add(
    _ path: CorePath, to sums: inout [Int32], at base: Int, neurons: [Int32], units: [Int32],
    _ range: Range<Int>
  ) -> Int {
    let plan = plans[path.plan]
    precondition(
      range.upperBound <= neurons.count && range.upperBound <= units.count && base >= 0
        && base + plan.sums <= sums.count, "internal: bad spikes")
    return sums.withUnsafeMutableBufferPointer { sums in
      neurons.withUnsafeBufferPointer { neurons in
        units.withUnsafeBufferPointer { units in
          weights.withUnsafeBufferPointer { weights in
            lists.withUnsafeBufferPointer { lists in
              let spikes = CoreSpikes(neurons: neurons, units: units, range: range)
              let target = UnsafeMutableBufferPointer(rebasing: sums[base..<base + plan.sums])
              let used = plan.add(to: target, spikes, weights, lists)
              guard !nonzero.isEmpty else { return used }
              return nonzero.withUnsafeBufferPointer { plan.existing(spikes, $0, lists) }
            }
          }
        }
      }
    }
  }
}
