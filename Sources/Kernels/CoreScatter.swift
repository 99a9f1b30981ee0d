// Spikes into the sums of a core's slice: the connections of one projection, cut to the box of
// neurons that the slice holds.

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

/// What a projection does with spikes for the neurons of a box.
///
/// Spikes come as neurons of the projection's source, each with the units that it emits; the sums
/// of the box change by units · weights, modulo 2^32.
package enum CoreScatter: Sendable {
  /// Rows of a matrix.
  case dense(CoreMatrix)
  /// Taps of a convolution or pooling.
  case taps(CoreTaps)
  /// Single connections: to the neuron at the same place, or along wires.
  case single(CoreWires)

  /// The form of the connections, for counting: 0 dense, 1 windows, 2 one by one.
  package var form: Int {
    switch self {
    case .dense: 0
    case .taps: 1
    case .single: 2
    }
  }

  /// Adds what spikes contribute to the sums of the box.
  ///
  /// - Parameters:
  ///   - sums: the sums; those of the box begin at `base`. Updated.
  ///   - base: where the sums of the box begin.
  ///   - neurons: the neurons that spike.
  ///   - units: what each emits.
  ///   - range: those of the spikes that count.
  /// - Returns: the number of connections that were used.
  /// - Complexity: O(spikes + connections).
  package func add(
    to sums: inout [Int32], at base: Int, neurons: [Int32], units: [Int32], _ range: Range<Int>
  ) -> Int {
    precondition(
      range.upperBound <= neurons.count && range.upperBound <= units.count && base >= 0,
      "internal: bad spikes")
    return sums.withUnsafeMutableBufferPointer { sums in
      neurons.withUnsafeBufferPointer { neurons in
        units.withUnsafeBufferPointer { units in
          let spikes = CoreSpikes(neurons: neurons, units: units, range: range)
          let target = UnsafeMutableBufferPointer(rebasing: sums[base...])
          return switch self {
          case .dense(let matrix): matrix.add(to: target, spikes)
          case .taps(let taps): taps.add(to: target, spikes)
          case .single(let wires): wires.add(to: target, spikes)
          }
        }
      }
    }
  }
}

/// Spikes that arrive together.
struct CoreSpikes {
  var neurons: UnsafeBufferPointer<Int32>
  var units: UnsafeBufferPointer<Int32>
  var range: Range<Int>
}

/// Adds `count` weights, times `unit`, to sums.
@inline(__always)
private func addRun(
  _ to: UnsafeMutablePointer<Int32>, _ from: UnsafePointer<Int32>, _ count: Int, _ unit: Int32
) {
  if unit == 1 {
    for i in 0..<count { to[i] &+= from[i] }
  } else {
    for i in 0..<count { to[i] &+= from[i] &* unit }
  }
}

/// Every source neuron to every neuron of the box.
package struct CoreMatrix: Sendable {

  /// [source neurons, target neurons].
  let weights: [Int32]
  /// The number of target neurons.
  let width: Int
  /// Runs of the box that lie together in a row of the matrix: start there, start in the box,
  /// length.
  private let runs: [(from: Int, to: Int, count: Int)]
  private let boxCount: Int

  /// Creates connections.
  ///
  /// - Parameters:
  ///   - weights: [source neurons, target neurons].
  ///   - width: the number of target neurons.
  ///   - box: the target neurons that count.
  package init(weights: [Int32], width: Int, box: CoreBox) {
    precondition(
      weights.count.isMultiple(of: width) && box.depth.upperBound <= box.channels
        && box.columns.upperBound <= box.width
        && box.rows.upperBound * box.width * box.channels <= width, "internal: bad matrix")
    self.weights = weights
    self.width = width
    boxCount = box.count
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
    self.runs = runs
  }

  func add(to sums: UnsafeMutableBufferPointer<Int32>, _ spikes: CoreSpikes) -> Int {
    precondition(sums.count >= boxCount, "internal: bad sums")
    guard let sums = sums.baseAddress else { return 0 }
    weights.withUnsafeBufferPointer { weights in
      guard let weights = weights.baseAddress else { return }
      for i in spikes.range {
        let n = Int(spikes.neurons[i])
        precondition(n >= 0 && n &* width < self.weights.count, "internal: bad spike")
        let row = weights + (n &* width)
        for run in runs {
          addRun(sums + run.to, row + run.from, run.count, spikes.units[i])
        }
      }
    }
    return boxCount * spikes.range.count
  }
}

/// Where the taps of a window lie.
package struct CoreWindow: Hashable, Sendable {
  /// The size, [rows, columns].
  var size: (Int, Int) { (sizeY, sizeX) }
  private let sizeY: Int
  private let sizeX: Int
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
    (sizeY, sizeX) = size
    (strideY, strideX) = strides
    (dilationY, dilationX) = dilations
    (top, left) = padding
  }
}

/// The taps of a convolution, seen from the source, for the neurons of a box.
package struct CoreTaps: Sendable {

  /// [rows, columns, source channels of a group, target channels].
  let weights: [Int32]
  private let window: CoreWindow
  private let groups: Int
  private let sourceWidth: Int
  private let sourceChannels: Int
  private let box: CoreBox

  /// Creates connections.
  ///
  /// - Parameters:
  ///   - weights: [rows, columns, source channels of a group, target channels].
  ///   - window: the window.
  ///   - groups: the number of groups of channels.
  ///   - sourceWidth: the columns of the source.
  ///   - sourceChannels: the channels of the source.
  ///   - box: the target neurons that count.
  package init(
    weights: [Int32], window: CoreWindow, groups: Int, sourceWidth: Int, sourceChannels: Int,
    box: CoreBox
  ) {
    precondition(
      weights.count == window.size.0 * window.size.1 * (sourceChannels / groups) * box.channels
        && box.depth.upperBound <= box.channels, "internal: bad kernels")
    self.weights = weights
    self.window = window
    self.groups = groups
    self.sourceWidth = sourceWidth
    self.sourceChannels = sourceChannels
    self.box = box
  }

  func add(to sums: UnsafeMutableBufferPointer<Int32>, _ spikes: CoreSpikes) -> Int {
    precondition(sums.count >= box.count, "internal: bad sums")
    guard let sums = sums.baseAddress else { return 0 }
    let (inputs, outputs) = (sourceChannels / groups, box.channels / groups)
    let (columns, depth, channels) = (box.columns.count, box.depth.count, box.channels)
    var used = 0
    weights.withUnsafeBufferPointer { weights in
      guard let weights = weights.baseAddress else { return }
      for i in spikes.range {
        let (position, c) = Int(spikes.neurons[i]).quotientAndRemainder(
          dividingBy: sourceChannels)
        let (y, x) = position.quotientAndRemainder(dividingBy: sourceWidth)
        let (group, input) = groups == 1 ? (0, c) : c.quotientAndRemainder(dividingBy: inputs)
        let first = max(group &* outputs, box.depth.lowerBound)
        let count = min((group &+ 1) &* outputs, box.depth.upperBound) &- first
        guard count > 0 else { continue }
        let skipped = first &- box.depth.lowerBound
        let unit = spikes.units[i]
        let rowTaps = CoreTapRange(
          y &+ window.top, window.strideY, window.dilationY, window.size.0, box.rows)
        let columnTaps = CoreTapRange(
          x &+ window.left, window.strideX, window.dilationX, window.size.1, box.columns)
        rowTaps.forEach { (ky, row) in
          columnTaps.forEach { (kx, column) in
            let tap = ky &* window.size.1 &+ kx
            let to: Int = (row &* columns &+ column) &* depth &+ skipped
            let from: Int = (tap &* inputs &+ input) &* channels &+ first
            addRun(sums + to, weights + from, count, unit)
            used &+= count
          }
        }
      }
    }
    return used
  }
}

/// The taps of one direction that meet a source row or column.
private struct CoreTapRange {
  private let place: Int
  private let stride: Int
  private let dilation: Int
  private let size: Int
  private let targets: Range<Int>

  @inline(__always)
  init(_ place: Int, _ stride: Int, _ dilation: Int, _ size: Int, _ targets: Range<Int>) {
    (self.place, self.stride, self.dilation, self.size) = (place, stride, dilation, size)
    self.targets = targets
  }

  /// Calls `body` with each tap and the place, within the box, of the window that it belongs to.
  @inline(__always)
  func forEach(_ body: (_ tap: Int, _ target: Int) -> Void) {
    for tap in 0..<size {
      let start = place &- tap &* dilation
      if start < 0 { break }
      if stride == 1 {
        if targets.contains(start) { body(tap, start &- targets.lowerBound) }
        continue
      }
      let (target, rest) = start.quotientAndRemainder(dividingBy: stride)
      if rest == 0, targets.contains(target) { body(tap, target &- targets.lowerBound) }
    }
  }
}

/// Connections one by one.
package struct CoreWires: Sendable {

  /// Weights, [channels] or [1].
  private let weights: [Int32]
  private let box: CoreBox
  /// For each source neuron, where its list of targets begins; empty if each leads to the neuron
  /// at the same place.
  private let starts: [Int32]
  private let targets: [Int32]

  /// Creates connections to the neurons at the same place.
  ///
  /// - Parameters:
  ///   - weights: one for each channel of the target, or one.
  ///   - box: the target neurons that count.
  package init(weights: [Int32], box: CoreBox) {
    precondition(!weights.isEmpty, "internal: no weights")
    self.weights = weights
    self.box = box
    (starts, targets) = ([], [])
  }

  /// Creates connections along wires.
  ///
  /// - Parameters:
  ///   - weight: of all of them.
  ///   - starts: for each source neuron where its targets begin, and where the last ones end.
  ///   - targets: the targets.
  ///   - box: the target neurons that count.
  package init(weight: Int32, starts: [Int32], targets: [Int32], box: CoreBox) {
    weights = [weight]
    self.box = box
    self.starts = starts
    self.targets = targets
  }

  func add(to sums: UnsafeMutableBufferPointer<Int32>, _ spikes: CoreSpikes) -> Int {
    precondition(sums.count >= box.count, "internal: bad sums")
    var used = 0
    for i in spikes.range {
      let n = Int(spikes.neurons[i])
      if starts.isEmpty {
        used &+= add(to: sums, neuron: n, spikes.units[i])
      } else {
        for j in Int(starts[n])..<Int(starts[n + 1]) {
          used &+= add(to: sums, neuron: Int(targets[j]), spikes.units[i])
        }
      }
    }
    return used
  }

  @inline(__always)
  private func add(
    to sums: UnsafeMutableBufferPointer<Int32>, neuron: Int, _ unit: Int32
  ) -> Int {
    guard let offset = box.offset(of: neuron) else { return 0 }
    let weight = weights.count == 1 ? weights[0] : weights[neuron % weights.count]
    sums[offset] &+= unit &* weight
    return 1
  }
}
