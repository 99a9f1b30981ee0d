// The devices of arrays that learn: how far a pulse moves a weight, how far weights go, and how much
// devices differ.

package import Diagnostics
package import HardwareTargets
internal import Kernels

/// Devices whose weights move by steps of the same mean size over their whole range.
///
/// Each device differs from the mean, fixed at manufacture:
///
///     Δ± = |Δ · (1 + s·ξ₁ ± a·ξ₂)|,  upper = |u·(1 + s_u·ξ₃)|,  lower = −|l·(1 + s_l·ξ₄)|,
///
/// and each step is multiplied by 1 + c·ξ anew, ξ normal. Weights are in the units of the network.
///
/// - Source: Gokmen and Vlasov (2016), table 1; Gokmen, Onen and Haensch (2017), table 1.
package struct PulsedDeviceModel: Hashable, Sendable {

  /// Δ, the mean of the steps of all devices, above 0.
  package var step: Double

  /// s, the standard deviation of steps between devices, parts of Δ.
  package var stepSpread: Double

  /// c, the standard deviation of the steps of a device, parts of its own mean.
  package var stepNoise: Double

  /// a, the standard deviation of half the difference between up and down, parts of Δ.
  package var asymmetry: Double

  /// u and l, the mean bounds of weights: lower ≤ 0 ≤ upper.
  package var lower, upper: Double

  /// s_l and s_u, the standard deviations of the bounds between devices, parts of the bounds.
  package var lowerSpread, upperSpread: Double

  /// The names of the numbers in the `device` group of a description, in the order of the properties.
  package static let names = [
    "dwMin", "dwMinDtod", "dwMinStd", "upDownDtod", "wMin", "wMax", "wMinDtod", "wMaxDtod",
  ]

  /// Creates devices that are all alike.
  package init(step: Double, bound: Double) {
    self.step = step
    (lower, upper) = (-bound, bound)
    (stepSpread, stepNoise, asymmetry, lowerSpread, upperSpread) = (0, 0, 0, 0, 0)
  }

  /// Reads the devices of an array from a description.
  ///
  /// - Parameters:
  ///   - array: the array; its numbers `device.dwMin` and so on.
  ///   - overrides: numbers in place of those of the description, by their names without the group.
  /// - Throws: `crossbar.unknown-device-number` with all numbers that neither gives,
  ///   `crossbar.bad-device-number`, and `crossbar.no-such-device-number` for other names.
  package init(_ array: AnalogArray, overrides: [String: Double] = [:]) throws(CompileError) {
    var sink = DiagnosticSink()
    for name in overrides.keys.sorted() where !Self.names.contains(name) {
      sink.report(.noSuchDeviceNumber(name, known: Self.names))
    }
    let found = Self.names.map { overrides[$0] ?? array.numbers["device.\($0)"]?.value }
    let missing = zip(Self.names, found).filter { $0.1 == nil }.map(\.0)
    if !missing.isEmpty { sink.report(.unknownDeviceNumbers(missing)) }
    try sink.throwIfErrors()
    let values = found.compactMap { $0 }
    self.init(step: values[0], bound: 0)
    (stepSpread, stepNoise, asymmetry) = (values[1], values[2], values[3])
    (lower, upper, lowerSpread, upperSpread) = (values[4], values[5], values[6], values[7])
    for (name, value) in zip(Self.names, values) {
      let isGood =
        switch name {
        case "dwMin": value > 0
        case "wMin": value <= 0
        default: value >= 0
        }
      if !isGood || !value.isFinite {
        sink.report(.badDeviceNumber(name, value, isOption: overrides[name] != nil))
      }
    }
    try sink.throwIfErrors()
  }

  /// Makes devices.
  ///
  /// - Parameters:
  ///   - count: the number of devices.
  ///   - chip: the random numbers of the manufacture.
  /// - Returns: the devices.
  func devices(_ count: Int, chip: RandomField) -> [CrosspointDevice] {
    var numbers = [Float](repeating: 0, count: 4 * count)
    var span = numbers.mutableSpan
    chip.normals(&span)
    return (0..<count).map { i in
      let (gain, difference) = (Double(numbers[4 * i]), Double(numbers[4 * i + 1]))
      let (high, low) = (Double(numbers[4 * i + 2]), Double(numbers[4 * i + 3]))
      let mean = 1 + stepSpread * gain
      return CrosspointDevice(
        up: Float(abs(step * (mean + asymmetry * difference))),
        down: Float(abs(step * (mean - asymmetry * difference))),
        lower: -Float(abs(lower * (1 + lowerSpread * low))),
        upper: Float(abs(upper * (1 + upperSpread * high))))
    }
  }
}
