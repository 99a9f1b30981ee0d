// Each kernel that adds to potentials against the textbook sum, over sizes around vector lengths.

import TestSupport
import Testing

@testable import Kernels

/// A random convolution with its units and the potentials that it leads to.
private struct ConvolutionCase {

  var window: EventWindow
  var source: EventGrid
  var target: EventGrid
  var weights: [Int32]
  var units: [Int32]
  let shift: Int

  /// Draws a case whose units lie in `range`.
  init(_ random: inout SplitMix64, units range: ClosedRange<Int>, depthwise: Bool = false) {
    let sizes = [1, 3, 15, 16, 17, 31, 32, 33, 40, 63, 64, 65, 72, 97, 129]
    window = EventWindow(height: random.int(1...4), width: random.int(1...4))
    if random.chance(0.5) { window.width = 3 }
    if random.chance(0.3) { window.strideY = 2 }
    if random.chance(0.3) { window.strideX = 2 }
    if random.chance(0.2) { window.dilationY = 2 }
    if random.chance(0.2) { window.dilationX = 2 }
    (window.top, window.left) = (random.int(0...2), random.int(0...2))
    let channels = random.pick(sizes)
    let extents = (random.int(1...4), random.int(1...6))
    target = EventGrid(
      height: extents.0, width: extents.1, channels: depthwise ? channels : random.pick(sizes))
    source = EventGrid(
      height: random.int(1...7), width: random.int(1...9), channels: channels)
    window.widen(&source, for: target)
    shift = random.int(0...2)
    let pairs = depthwise ? channels : channels * target.channels
    weights = (0..<window.taps * pairs).map { _ in Int32(random.int(-127...127)) }
    units = (0..<source.count).map { _ in
      random.chance(0.6) ? 0 : Int32(random.int(range))
    }
  }

  /// The unit of channel `c` under a tap of the window at a target position, 0 outside.
  private func unit(_ y: Int, _ x: Int, _ ky: Int, _ kx: Int, _ c: Int) -> Int32 {
    let sy = y * window.strideY - window.top + ky * window.dilationY
    let sx = x * window.strideX - window.left + kx * window.dilationX
    guard 0..<source.height ~= sy, 0..<source.width ~= sx else { return 0 }
    return units[(sy * source.width + sx) * source.channels + c]
  }

  /// Returns the potentials by the textbook, [positions, channels].
  func expected(depthwise: Bool) -> [Int32] {
    var result = [Int32](repeating: 0, count: target.count)
    for n in result.indices {
      let (p, k) = (n / target.channels, n % target.channels)
      for tap in 0..<window.taps {
        for c in depthwise ? k..<k + 1 : 0..<source.channels {
          let row = tap * source.channels + c
          result[n] +=
            unit(p / target.width, p % target.width, tap / window.width, tap % window.width, c)
            * weights[depthwise ? row : row * target.channels + k]
        }
      }
      result[n] <<= Int32(shift)
    }
    return result
  }

  /// Returns the potentials, without padding, that `body` makes of potentials of 0.
  func run(_ body: (EventMemory) -> Void) -> [Int32] {
    let v = EventMemory(byteCount: target.paddedCount * 4)
    body(v)
    return EventParameter(varying: v, grid: target).read(grid: target)
  }

  /// Returns the units as planes of the given numbers.
  func planes(positive: Int, negative: Int) -> (EventLayout, EventMemory) {
    let layout = EventLayout(
      grid: source, format: .planes(positive: positive, negative: negative))
    let memory = EventMemory(byteCount: layout.byteCount)
    for (n, unit) in units.enumerated() {
      let (p, c) = (n / source.channels, n % source.channels)
      let position = source.framed(p / source.width, p % source.width)
      let place = position * source.bitStride + c
      for (i, plane) in layout.planes.enumerated()
      where plane.isNegative == (unit < 0) && unit.magnitude >> UInt32(plane.power) & 1 == 1 {
        memory.words[i * layout.planeWords + place >> 6] |= 1 << UInt64(place & 63)
      }
    }
    return (layout, memory)
  }

  /// Returns the units as values of the given format.
  func values(_ format: EventFormat) -> (EventLayout, EventMemory) {
    let layout = EventLayout(grid: source, format: format)
    let memory = EventMemory(byteCount: layout.byteCount)
    layout.write(units, to: memory)
    return (layout, memory)
  }
}

@Suite("Event kernels") struct EventKernelTests {

  @Test("add planes through full connections", arguments: 0..<60)
  func planes(seed: Int) {
    var random = SplitMix64(seed: UInt64(seed))
    let test = ConvolutionCase(&random, units: -3...3)
    let expected = test.expected(depthwise: false)
    let (layout, units) = test.planes(positive: 2, negative: 2)
    #expect(layout.read(units) == test.units)
    let narrow = test.weights.map { Int8($0) }
    let gather = EventGather(
      weights: narrow, window: test.window, channels: test.source.channels, target: test.target,
      shift: test.shift)
    let gathered = test.run { v in
      gather.accumulate(
        v, rows: 0..<test.target.height, units: units, layout: layout,
        scratch: EventMemory(byteCount: gather.scratchBytes))
    }
    #expect(gathered == expected, "\(test.window)")
    guard
      let scatter = EventScatter(
        weights: narrow, window: test.window, source: test.source, target: test.target,
        shift: test.shift, units: -3...3)
    else { return }
    let sums = EventMemory(byteCount: scatter.sumBytes)
    // Twice, since a flush must leave sums of 0 behind.
    for _ in 0..<2 {
      let scattered = test.run { v in
        scatter.scatter(sums, units: units, layout: layout)
        for y in 0..<test.target.height { scatter.flush(v, rows: y..<y + 1, sums: sums) }
      }
      #expect(scattered == expected, "\(test.window)")
    }
  }

  @Test(
    "add values through full connections", arguments: 0..<40,
    [EventDotKind.quads, .pairs, .singles])
  func values(seed: Int, kind: EventDotKind) {
    var random = SplitMix64(seed: UInt64(seed))
    let test = ConvolutionCase(&random, units: kind == .quads ? 0...255 : -200...200)
    let (_, units) = test.values(kind.format)
    let kernel = EventDot(
      weights: test.weights, window: test.window, source: test.source, target: test.target,
      kind: kind, shift: test.shift)
    let result = test.run { v in
      kernel.accumulate(v, rows: 0..<test.target.height, units: units)
    }
    #expect(result == test.expected(depthwise: false), "\(test.window)")
  }

  @Test("add within channels", arguments: 0..<40)
  func channelwise(seed: Int) {
    var random = SplitMix64(seed: UInt64(seed))
    let test = ConvolutionCase(&random, units: 0...3, depthwise: true)
    let kernel = EventChannelwise(
      weights: test.weights, window: test.window, target: test.target, shift: test.shift)
    let sources = [
      test.planes(positive: 2, negative: 1), test.values(.uint8), test.values(.int16),
      test.values(.int32),
    ]
    for (layout, units) in sources {
      let result = test.run { v in
        kernel.accumulate(v, rows: 0..<test.target.height, units: units, layout: layout)
      }
      #expect(result == test.expected(depthwise: true), "\(layout.format) \(test.window)")
    }
  }

  @Test("divide exactly", arguments: [1, 2, 3, 255, 4095, 100_003, 1 << 29, Int32.max])
  func divide(threshold: Int32) {
    let grid = EventGrid(height: 1, width: 1, channels: 16)
    let layout = EventLayout(grid: grid, format: .int32)
    for levels in [1, 15, 255, 4095] {
      let kernel = EventQuantize(
        grid: grid, threshold: [Int32](repeating: threshold, count: 16),
        initial: [Int32](repeating: 0, count: 16), levels: levels, isSigned: true,
        countsDigits: false)
      let near = (-8..<8).map { i -> Int32 in
        let multiple = Int(threshold) * max(1, levels - abs(i))
        let v = i < 0 ? -multiple - i - 4 : multiple + i - 4
        // The magnitude must fit, too.
        return Int32(max(-Int(Int32.max), min(v, Int(Int32.max))))
      }
      let units = EventMemory(byteCount: layout.byteCount)
      kernel.step(
        EventMemory(near), rows: 0..<1, units: units, layout: layout,
        spikes: EventMemory(byteCount: 8))
      let expected = near.map { v in
        v.signum() * Int32(min(Int(v.magnitude) / Int(threshold), levels))
      }
      #expect(layout.read(units) == expected, "θ = \(threshold), Q = \(levels)")
    }
  }
}
