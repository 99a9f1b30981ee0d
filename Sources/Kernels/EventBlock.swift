// Accumulators of 16, 32 or 64 channels that stay in vector registers.

internal import CKernels

/// Accumulators of 16-bit partial sums for a block of channels of one target position.
///
/// Generic code over blocks is inlined into kernels of concrete types, so that the optimizer keeps
/// the sums in registers.
protocol EventBlock {
  /// The number of channels.
  static var width: Int { get }
  /// Creates sums of 0.
  init()
  /// Adds `width` weights.
  mutating func add(_ row: UnsafePointer<Int8>)
  /// Adds the sums, times ±2^power, to potentials.
  func flush(to v: UnsafeMutablePointer<Int32>, _ scale: EventScale)
}

/// A factor ±2^power, as kernels apply it.
struct EventScale {
  /// The power.
  let power: Int32
  /// 0, or −1 if the factor is negative.
  let sign: Int32

  /// Creates the factor.
  @inline(__always) init(power: Int, isNegative: Bool) {
    self.power = Int32(truncatingIfNeeded: power)
    sign = isNegative ? -1 : 0
  }

  /// Adds `x` times the factor to the 16 potentials at `v`.
  @inline(__always) func add(_ x: SIMD16<Int32>, to v: UnsafeMutablePointer<Int32>) {
    let memory = UnsafeMutableRawPointer(v)
    let sum = memory.loadUnaligned(as: SIMD16<Int32>.self) &+ spikec_scale_i32x16(x, power, sign)
    memory.storeBytes(of: sum, as: SIMD16<Int32>.self)
  }
}

/// 16 channels.
struct EventBlock16: EventBlock {
  private var sums = SIMD16<Int16>()
  @inline(__always) static var width: Int { 16 }
  @inline(__always) init() {}
  @inline(__always) mutating func add(_ row: UnsafePointer<Int8>) {
    sums &+= spikec_load_i8x16(row)
  }
  @inline(__always) func flush(to v: UnsafeMutablePointer<Int32>, _ scale: EventScale) {
    scale.add(spikec_extend_i16x16(sums), to: v)
  }
}

/// 32 channels.
struct EventBlock32: EventBlock {
  private var sums = SIMD32<Int16>()
  @inline(__always) static var width: Int { 32 }
  @inline(__always) init() {}
  @inline(__always) mutating func add(_ row: UnsafePointer<Int8>) {
    sums &+= spikec_load_i8x32(row)
  }
  @inline(__always) func flush(to v: UnsafeMutablePointer<Int32>, _ scale: EventScale) {
    scale.add(spikec_extend_low(sums), to: v)
    scale.add(spikec_extend_high(sums), to: v + 16)
  }
}

/// 64 channels.
struct EventBlock64: EventBlock {
  private var low = EventBlock32()
  private var high = EventBlock32()
  @inline(__always) static var width: Int { 64 }
  @inline(__always) init() {}
  @inline(__always) mutating func add(_ row: UnsafePointer<Int8>) {
    low.add(row)
    high.add(row + 32)
  }
  @inline(__always) func flush(to v: UnsafeMutablePointer<Int32>, _ scale: EventScale) {
    low.flush(to: v, scale)
    high.flush(to: v + 32, scale)
  }
}
