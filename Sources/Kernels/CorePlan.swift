// How spikes follow the paths of `CoreSynapses`: plans that hold numbers only, so that following one
// counts no references.

/// Spikes that arrive together.
struct CoreSpikes {
  var neurons: UnsafeBufferPointer<Int32>
  var units: UnsafeBufferPointer<Int32>
  var range: Range<Int>
}

/// How a path is followed.
enum CorePlan: Sendable {
  /// Rows of a matrix.
  case dense(MatrixPlan)
  /// Taps of a convolution or pooling.
  case taps(TapPlan)
  /// To the neuron at the same place.
  case same(SamePlan)
  /// Along wires.
  case wires(WirePlan)

  /// The number of sums of the slice.
  var sums: Int {
    switch self {
    case .dense(let plan): plan.sums
    case .taps(let plan): plan.sums
    case .same(let plan): plan.box.count
    case .wires(let plan): plan.box.count
    }
  }

  /// Adds what spikes contribute to the sums of a slice; returns the number of connections used.
  @inline(__always)
  func add(
    to sums: UnsafeMutableBufferPointer<Int32>, _ spikes: CoreSpikes,
    _ weights: UnsafeBufferPointer<Int32>, _ lists: UnsafeBufferPointer<Int32>
  ) -> Int {
    guard let sums = sums.baseAddress, let weights = weights.baseAddress else { return 0 }
    return switch self {
    case .dense(let plan): plan.add(to: sums, spikes, weights, lists)
    case .taps(let plan): plan.add(to: sums, spikes, weights, lists)
    case .same(let plan): plan.add(to: sums, spikes, weights)
    case .wires(let plan): plan.add(to: sums, spikes, lists)
    }
  }
}

/// Adds `count` weights, times `unit`, to sums.
///
/// Runs are as long as a slice has channels, often 8 to 64: whole vectors first, without the
/// questions whether memory overlaps that a plain loop asks anew for each run.
@inline(__always)
private func addRun(
  _ sums: UnsafeMutablePointer<Int32>, _ weights: UnsafePointer<Int32>, _ count: Int, _ unit: Int32
) {
  let to = UnsafeMutableRawPointer(sums)
  let from = UnsafeRawPointer(weights)
  var i = 0
  if unit == 1 {
    while i &+ 16 <= count {
      addVector(SIMD16<Int32>.self, to, from, i)
      i &+= 16
    }
    if i &+ 8 <= count {
      addVector(SIMD8<Int32>.self, to, from, i)
      i &+= 8
    }
    if i &+ 4 <= count {
      addVector(SIMD4<Int32>.self, to, from, i)
      i &+= 4
    }
  }
  while i < count {
    sums[i] &+= weights[i] &* unit
    i &+= 1
  }
}

/// Adds the weights of a vector, which begin at `i`, to sums.
@inline(__always)
private func addVector<Vector: SIMD>(
  _: Vector.Type, _ to: UnsafeMutableRawPointer, _ from: UnsafeRawPointer, _ i: Int
) where Vector.Scalar == Int32 {
  let weights = from.loadUnaligned(fromByteOffset: 4 &* i, as: Vector.self)
  let sums = to.loadUnaligned(fromByteOffset: 4 &* i, as: Vector.self)
  to.storeBytes(of: sums &+ weights, toByteOffset: 4 &* i, as: Vector.self)
}

/// Every source neuron to every neuron of the slice.
struct MatrixPlan: Sendable {

  /// Where the weights begin.
  let weights: Int
  /// The number of source neurons.
  let sources: UInt32
  /// The number of target neurons.
  let width: Int
  /// Triples: start in a row of the matrix, start in the sums, length.
  let runs: Range<Int>
  /// The number of sums.
  let sums: Int

  func add(
    to sums: UnsafeMutablePointer<Int32>, _ spikes: CoreSpikes, _ weights: UnsafePointer<Int32>,
    _ lists: UnsafeBufferPointer<Int32>
  ) -> Int {
    for i in spikes.range {
      let n = UInt32(bitPattern: spikes.neurons[i])
      precondition(n < sources, "internal: bad spike")
      let row = weights + (self.weights &+ Int(n) &* width)
      for run in stride(from: runs.lowerBound, to: runs.upperBound, by: 3) {
        addRun(
          sums + Int(lists[run + 1]), row + Int(lists[run]), Int(lists[run + 2]), spikes.units[i])
      }
    }
    return self.sums * spikes.range.count
  }
}

/// The taps of a convolution, seen from the source.
struct TapPlan: Sendable {

  /// Where the weights begin.
  let weights: Int
  /// The number of source neurons.
  let sources: UInt32
  let sourceColumns: UInt32
  let sourceChannels: UInt32
  /// The source channels of a group.
  let inputs: Int
  /// The target channels of a group.
  let outputs: Int
  /// The channels of the target.
  let channels: Int
  /// The channels of the slice.
  let depth: Range<Int>
  /// Where the lists of each source row begin; entries are pairs: what to add to the place of weights
  /// and of sums.
  let rows: Int
  /// Where the lists of each source column begin.
  let columns: Int
  /// The number of sums.
  let sums: Int

  func add(
    to sums: UnsafeMutablePointer<Int32>, _ spikes: CoreSpikes, _ weights: UnsafePointer<Int32>,
    _ lists: UnsafeBufferPointer<Int32>
  ) -> Int {
    let isGrouped = outputs != channels
    var used = 0
    for i in spikes.range {
      let n = UInt32(bitPattern: spikes.neurons[i])
      precondition(n < sources, "internal: bad spike")
      let (position, channel) = n.quotientAndRemainder(dividingBy: sourceChannels)
      let (y, x) = position.quotientAndRemainder(dividingBy: sourceColumns)
      var (input, first, end) = (Int(channel), depth.lowerBound, depth.upperBound)
      if isGrouped {
        let (group, own) = input.quotientAndRemainder(dividingBy: inputs)
        input = own
        first = max(group &* outputs, first)
        end = min((group &+ 1) &* outputs, end)
        guard first < end else { continue }
      }
      let to = sums + (first &- depth.lowerBound)
      let from = weights + (self.weights &+ input &* channels &+ first)
      let rowStart = Int(lists[rows &+ Int(y)])
      let rowEnd = Int(lists[rows &+ Int(y) &+ 1])
      let columnStart = Int(lists[columns &+ Int(x)])
      let columnEnd = Int(lists[columns &+ Int(x) &+ 1])
      var row = rowStart
      while row < rowEnd {
        let ownTo = to + Int(lists[row &+ 1])
        let ownFrom = from + Int(lists[row])
        var column = columnStart
        while column < columnEnd {
          addRun(
            ownTo + Int(lists[column &+ 1]), ownFrom + Int(lists[column]), end &- first,
            spikes.units[i])
          column &+= 2
        }
        row &+= 2
      }
      used &+= (end &- first) &* (rowEnd &- rowStart) &* (columnEnd &- columnStart)
    }
    // Entries are pairs, in both directions.
    return used / 4
  }
}

/// To the neuron at the same place.
struct SamePlan: Sendable {

  /// The weights: one for each channel of the target, or one.
  let weights: Range<Int>
  /// The neurons of the slice.
  let box: CoreBox

  func add(
    to sums: UnsafeMutablePointer<Int32>, _ spikes: CoreSpikes, _ weights: UnsafePointer<Int32>
  ) -> Int {
    var used = 0
    for i in spikes.range {
      let n = Int(spikes.neurons[i])
      guard let offset = box.offset(of: n) else { continue }
      let weight = self.weights.count == 1 ? 0 : n % self.weights.count
      sums[offset] &+= spikes.units[i] &* weights[self.weights.lowerBound + weight]
      used &+= 1
    }
    return used
  }
}

/// Along wires.
struct WirePlan: Sendable {

  /// The weight of all of them.
  let weight: Int32
  /// Where the starts of the lists of source neurons lie, and that of what follows the last one.
  let wires: Range<Int>
  /// The neurons of the slice.
  let box: CoreBox

  func add(
    to sums: UnsafeMutablePointer<Int32>, _ spikes: CoreSpikes,
    _ lists: UnsafeBufferPointer<Int32>
  ) -> Int {
    var used = 0
    for i in spikes.range {
      let n = Int(spikes.neurons[i])
      precondition(n >= 0 && n < wires.count - 1, "internal: bad spike")
      let start = wires.lowerBound + n
      for j in Int(lists[start])..<Int(lists[start + 1]) {
        guard let offset = box.offset(of: Int(lists[j])) else { continue }
        sums[offset] &+= spikes.units[i] &* weight
        used &+= 1
      }
    }
    return used
  }
}
