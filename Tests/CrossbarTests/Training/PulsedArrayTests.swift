// Updates by pulses: what they change on average, how much that scatters, and what devices allow.

import Kernels
import Testing

@testable import Crossbar

/// The mean and the variance of numbers.
private struct Moments {
  var mean = 0.0
  var variance = 0.0

  init(_ values: [Double]) {
    mean = values.reduce(0, +) / Double(values.count)
    variance =
      values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(1, values.count - 1))
  }
}

/// What updates are made with.
private struct UpdateCase: CustomTestStringConvertible {
  var slots = 10
  var managesSlots = false
  var managesGains = false
  var rate: Float = 0.01
  var noise = 0.3

  var options: PulseOptions {
    var result = PulseOptions()
    (result.slots, result.managesSlots, result.managesGains) = (slots, managesSlots, managesGains)
    return result
  }

  var testDescription: String {
    "slots \(slots), managed: slots \(managesSlots), gains \(managesGains), η \(rate), σ \(noise)"
  }
}

@Suite struct PulsedArrayTests {

  private static let inputs: [Float] = [1, -0.5, 0.25, 0, 0.031, -0.9]
  private static let errors: [Float] = [0.8, -0.3, 0.05, 0, -0.72]

  /// Returns the changes of all weights in `count` updates of a fresh array.
  private func changes(
    _ updates: UpdateCase, _ model: PulsedDeviceModel, count: Int, devicesPerWeight: Int = 1,
    of value: (PulsedArray) -> [Float] = { $0.weights }
  ) -> [[Double]] {
    let fresh = PulsedArray(
      [Float](repeating: 0, count: Self.inputs.count * Self.errors.count),
      inputs: Self.inputs.count, devicesPerWeight: devicesPerWeight, model: model, chipSeed: 5)
    let field = RandomField(11)
    var result = [[Double]](repeating: [], count: value(fresh).count)
    for n in 0..<count {
      var array = fresh
      array.update(
        inputs: Self.inputs.span, errors: Self.errors.span, rate: updates.rate, updates.options,
        field.field(UInt64(n)))
      for (i, weight) in value(array).enumerated() { result[i].append(Double(weight)) }
    }
    return result
  }

  @Test(arguments: [
    UpdateCase(), UpdateCase(slots: 31, managesSlots: true, managesGains: true),
    UpdateCase(slots: 1, managesGains: true, rate: 0.001, noise: 0),
    UpdateCase(slots: 64, noise: 0.5), UpdateCase(slots: 7, managesGains: true, rate: 0.005),
  ])
  fileprivate func updatesAreOuterProductsOnAverage(_ updates: UpdateCase) {
    var model = PulsedDeviceModel(step: 0.001, bound: 10)
    model.stepNoise = updates.noise
    let schedule = PulseSchedule(
      rate: updates.rate, step: 0.001, largestInput: 1, largestError: 0.8, updates.options)
    let count = 4000
    let changes = changes(updates, model, count: count)
    for (i, values) in changes.enumerated() {
      let (row, column) = i.quotientAndRemainder(dividingBy: Self.errors.count)
      let (x, d) = (Double(Self.inputs[row]), Double(Self.errors[column]))
      let chance =
        min(1, abs(x) * Double(schedule.rowGain)) * min(1, abs(d) * Double(schedule.columnGain))
      let slots = Double(schedule.slots)
      let expected = -Double(updates.rate) * x * d
      let variance = 1e-6 * slots * chance * (1 - chance + updates.noise * updates.noise)
      let moments = Moments(values)
      let standardError = (variance / Double(count)).squareRoot()
      #expect(abs(moments.mean - expected) <= 5 * standardError + 1e-9)
      // The variance of a sample of counts scatters as its fourth moment says: that of a Poisson
      // distribution is the worst here.
      let spread = ((2 * variance + 3e-6) * variance / Double(count)).squareRoot()
      #expect(abs(moments.variance - variance) <= 5 * spread + 1e-15)
    }
  }

  @Test func numbersTooLargeForTheSlotsAreClipped() {
    // With gains √(η / (Δ·BL)) = 2, a number of 1 is on all the time.
    let schedule = PulseSchedule(
      rate: 0.04, step: 0.001, largestInput: 1, largestError: 0.8, PulseOptions())
    #expect(schedule.slots == 10)
    #expect(abs(schedule.rowGain - 2) < 1e-6 && abs(schedule.columnGain - 2) < 1e-6)
    let changes = changes(
      UpdateCase(rate: 0.04), PulsedDeviceModel(step: 0.001, bound: 10), count: 50)
    #expect(changes[0].allSatisfy { abs($0 + 0.01) < 1e-6 })
  }

  @Test func managedSlotsFollowTheLargestChange() {
    var options = PulseOptions()
    (options.slots, options.managesSlots, options.managesGains) = (31, true, true)
    let small = PulseSchedule(
      rate: 0.01, step: 0.001, largestInput: 0.5, largestError: 0.7, options)
    // k = 0.01 · 0.5 · 0.7 / 0.001 = 3.5
    #expect(small.slots == 4)
    #expect(abs(small.rowGain * 0.5 - small.columnGain * 0.7) < 1e-6)
    #expect(abs(small.rowGain * small.columnGain - 0.01 / (0.001 * 4)) < 1e-5)
    // k = 100 > 31: rows are not clipped, columns are.
    let large = PulseSchedule(rate: 0.1, step: 0.001, largestInput: 1, largestError: 1, options)
    #expect(large.slots == 31 && abs(large.rowGain - 1) < 1e-6 && large.columnGain > 1)
    let none = PulseSchedule(rate: 0.1, step: 0.001, largestInput: 0, largestError: 1, options)
    #expect(none.slots == 0)
  }

  @Test func stepsHaveTheSizeOfTheirDeviceAndDirection() {
    var model = PulsedDeviceModel(step: 0.01, bound: 5)
    (model.stepSpread, model.asymmetry) = (0.3, 0.1)
    var options = PulseOptions()
    options.slots = 3
    var array = PulsedArray(
      [Float](repeating: 0, count: 4), inputs: 2, model: model, chipSeed: 1, number: 3)
    // Gains of 100: every line is on in every slot.
    let rate: Float = 0.01 * 3 * 10_000
    let count = array.update(
      inputs: [1, -1].span, errors: [1, -1].span, rate: rate, options, RandomField(0))
    #expect(count == 12)
    let devices = array.devices
    let expected = [
      -3 * devices[0].down, 3 * devices[1].up, 3 * devices[2].up, -3 * devices[3].down,
    ]
    for i in 0..<4 { #expect(abs(array.weights[i] - expected[i]) < 1e-6) }
    #expect(Set(devices.flatMap { [$0.up, $0.down] }).count == 8)
  }

  @Test func weightsStayWithinTheBoundsOfTheirDevice() {
    var model = PulsedDeviceModel(step: 0.05, bound: 0.2)
    (model.stepNoise, model.upperSpread, model.lowerSpread) = (0.3, 0.3, 0.3)
    var array = PulsedArray(
      (0..<30).map { Float($0) - 15 }, inputs: 6, model: model, chipSeed: 2)
    func isWithinBounds() -> Bool {
      zip(array.weights, array.devices).allSatisfy { $0 >= $1.lower && $0 <= $1.upper }
    }
    #expect(isWithinBounds())
    for n in 0..<200 {
      array.update(
        inputs: Self.inputs.span, errors: Self.errors.span, rate: 0.1, PulseOptions(),
        RandomField(UInt64(n)))
    }
    #expect(isWithinBounds())
    // Where the gradient pushed for long, weights lie at the bound.
    #expect(array.weights[0] == array.devices[0].lower)
  }

  @Test func severalDevicesAverageTheirOwnPulses() {
    var model = PulsedDeviceModel(step: 0.001, bound: 10)
    model.stepNoise = 0.3
    let (count, copies) = (4000, 4)
    let updates = UpdateCase()
    let changes = changes(
      updates, model, count: count, devicesPerWeight: copies, of: { $0.means })
    for (i, values) in changes.enumerated() {
      let (row, column) = i.quotientAndRemainder(dividingBy: Self.errors.count)
      let (x, d) = (Double(abs(Self.inputs[row])), Double(abs(Self.errors[column])))
      // Copies share the row's pulses, not the columns'.
      let own = 1e-5 * x * d * (1 - x * d + 0.09)
      let shared = 1e-5 * d * d * x * (1 - x)
      let variance = own / Double(copies) + shared * (1 - 1 / Double(copies))
      let moments = Moments(values)
      let expected = -0.01 * Double(Self.inputs[row]) * Double(Self.errors[column])
      #expect(
        abs(moments.mean - expected) <= 5 * (variance / Double(count)).squareRoot() + 1e-9)
      #expect(
        abs(moments.variance - variance)
          <= 5 * ((2 * variance + 3e-6) * variance / Double(count)).squareRoot() + 1e-15)
    }
  }

  @Test func updatesDependOnTheirRandomNumbersAlone() {
    let model = PulsedDeviceModel(step: 0.001, bound: 1)
    func updated(_ seed: UInt64, chip: UInt64) -> [Float] {
      var array = PulsedArray(
        [Float](repeating: 0.5, count: 30), inputs: 6, model: model, chipSeed: chip)
      array.update(
        inputs: Self.inputs.span, errors: Self.errors.span, rate: 0.1, PulseOptions(),
        RandomField(seed))
      return array.weights
    }
    #expect(updated(1, chip: 1) == updated(1, chip: 1))
    #expect(updated(1, chip: 1) == updated(1, chip: 2))
    #expect(updated(1, chip: 1) != updated(2, chip: 1))
  }
}
