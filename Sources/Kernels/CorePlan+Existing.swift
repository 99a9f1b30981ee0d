// How many connections spikes meet where those of weight 0 do not exist: on crossbars whose cells hold
// a bit. Counted by sums over the weights, so that a run of them costs as much as one.

extension CorePlan {

  /// Returns the number of connections of weights other than 0 that spikes take.
  ///
  /// - Parameters:
  ///   - spikes: the spikes.
  ///   - nonzero: for each weight, and behind the last, how many before it are not 0.
  ///   - lists: what plans refer to.
  /// - Returns: the number.
  /// - Complexity: O(spikes · runs of weights).
  func existing(
    _ spikes: CoreSpikes, _ nonzero: UnsafeBufferPointer<Int32>,
    _ lists: UnsafeBufferPointer<Int32>
  ) -> Int {
    var used = 0
    for i in spikes.range {
      let n = Int(spikes.neurons[i])
      switch self {
      case .dense(let plan): used &+= plan.existing(n, nonzero, lists)
      case .taps(let plan): used &+= plan.existing(n, nonzero, lists)
      case .same(let plan): used &+= plan.existing(n, nonzero)
      case .wires(let plan): used &+= plan.existing(n, lists)
      }
    }
    return used
  }
}

extension UnsafeBufferPointer<Int32> {

  /// Returns how many of `count` weights from place `first` on are not 0.
  @inline(__always)
  fileprivate func count(from first: Int, _ count: Int) -> Int {
    Int(self[first &+ count] &- self[first])
  }
}

extension MatrixPlan {

  fileprivate func existing(
    _ n: Int, _ nonzero: UnsafeBufferPointer<Int32>, _ lists: UnsafeBufferPointer<Int32>
  ) -> Int {
    var used = 0
    for run in stride(from: runs.lowerBound, to: runs.upperBound, by: 3) {
      used &+= nonzero.count(from: weights &+ n &* width &+ Int(lists[run]), Int(lists[run + 2]))
    }
    return used
  }
}

extension TapPlan {

  fileprivate func existing(
    _ n: Int, _ nonzero: UnsafeBufferPointer<Int32>, _ lists: UnsafeBufferPointer<Int32>
  ) -> Int {
    let (position, channel) = n.quotientAndRemainder(dividingBy: Int(sourceChannels))
    let (y, x) = position.quotientAndRemainder(dividingBy: Int(sourceColumns))
    let (group, input) = channel.quotientAndRemainder(dividingBy: inputs)
    let own = depth.clamped(to: group * outputs..<(group + 1) * outputs)
    let from = weights &+ input &* channels &+ own.lowerBound
    var used = 0
    for row in stride(from: Int(lists[rows &+ y]), to: Int(lists[rows &+ y &+ 1]), by: 2) {
      let first = from &+ Int(lists[row])
      for column in stride(
        from: Int(lists[columns &+ x]), to: Int(lists[columns &+ x &+ 1]), by: 2)
      {
        used &+= nonzero.count(from: first &+ Int(lists[column]), own.count)
      }
    }
    return used
  }
}

extension SamePlan {

  fileprivate func existing(_ n: Int, _ nonzero: UnsafeBufferPointer<Int32>) -> Int {
    guard box.offset(of: n) != nil else { return 0 }
    return nonzero.count(from: weights.lowerBound + (weights.count == 1 ? 0 : n % weights.count), 1)
  }
}

extension WirePlan {

  fileprivate func existing(_ n: Int, _ lists: UnsafeBufferPointer<Int32>) -> Int {
    guard weight != 0 else { return 0 }
    return (Int(lists[wires.lowerBound + n])..<Int(lists[wires.lowerBound + n + 1]))
      .count { box.offset(of: Int(lists[$0])) != nil }
  }
}
