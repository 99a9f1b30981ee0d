// An array of devices that learn: its weights, and rank-1 updates of them by pulses.

package import Kernels

/// A matrix of weights on devices.
///
/// Rows are inputs and columns are outputs. A weight may lie on several devices, in columns of their
/// own: an output is the mean of its columns, and each column draws its own pulses. The columns of
/// the first device of all outputs come first, then those of the second.
package struct PulsedArray: Sendable {

  /// The number of inputs, of outputs, and of devices of each weight.
  package let inputs, outputs, devicesPerWeight: Int

  /// What the devices are like.
  package let model: PulsedDeviceModel

  /// The weight that each device holds, [inputs][devicesPerWeight][outputs].
  package private(set) var weights: [Float]

  /// The devices, [inputs][devicesPerWeight][outputs].
  let devices: [CrosspointDevice]

  /// The pulses of the update that is made, kept for their memory.
  private var rowPulses = PulseTrains()
  private var columnPulses = PulseTrains()

  /// The number of columns.
  package var columns: Int { outputs * devicesPerWeight }

  /// Makes an array and programs it.
  ///
  /// - Parameters:
  ///   - weights: what the devices are to hold, [inputs][outputs]; a device holds the nearest that it
  ///     can.
  ///   - inputs: the number of inputs.
  ///   - devicesPerWeight: the number of devices of each weight, at least 1.
  ///   - model: what the devices are like.
  ///   - chipSeed: distinguishes chips: devices are the same for the same seed and array.
  ///   - number: the array's number on the chip.
  package init(
    _ weights: [Float], inputs: Int, devicesPerWeight: Int = 1, model: PulsedDeviceModel,
    chipSeed: UInt64, number: Int = 0
  ) {
    precondition(
      inputs > 0 && devicesPerWeight > 0 && weights.count.isMultiple(of: inputs)
        && !weights.isEmpty, "internal: bad array")
    self.inputs = inputs
    self.devicesPerWeight = devicesPerWeight
    self.model = model
    outputs = weights.count / inputs
    let chip = RandomField(chipSeed, UInt64(number), 0x4445_5649)
    devices = model.devices(weights.count * devicesPerWeight, chip: chip)
    self.weights = [Float](repeating: 0, count: devices.count)
    for i in devices.indices {
      let (row, column) = i.quotientAndRemainder(dividingBy: outputs * devicesPerWeight)
      self.weights[i] = devices[i].clamped(weights[row * outputs + column % outputs])
    }
  }

  /// The weights as the outputs see them: means over devices, [inputs][outputs].
  package var means: [Float] {
    var result = [Float](repeating: 0, count: inputs * outputs)
    let scale = 1 / Float(devicesPerWeight)
    for row in 0..<inputs {
      for column in 0..<columns {
        result[row * outputs + column % outputs] += scale * weights[row * columns + column]
      }
    }
    return result
  }

  /// Changes the weights by −η · x · dᵀ on average.
  ///
  /// - Parameters:
  ///   - x: what the rows are given, one number a row.
  ///   - errors: d, the gradient by the outputs, one number an output.
  ///   - rate: η, the learning rate.
  ///   - options: how pulses are made.
  ///   - field: the random numbers of the update.
  /// - Returns: the number of coincidences.
  /// - Complexity: O((inputs + columns) · slots + rows with pulses · columns with pulses).
  /// - Source: Gokmen and Vlasov (2016), section "stochastic update rule".
  @discardableResult
  package mutating func update(
    inputs x: Span<Float>, errors: Span<Float>, rate: Float, _ options: PulseOptions,
    _ field: RandomField
  ) -> Int {
    precondition(x.count == inputs && errors.count == outputs, "internal: bad update")
    let schedule = PulseSchedule(
      rate: rate, step: Float(model.step), largestInput: x.largestSize,
      largestError: errors.largestSize, options)
    guard schedule.slots > 0 else { return 0 }
    columnPulses.clear()
    let columnField = field.field(1)
    for device in 0..<devicesPerWeight {
      columnPulses.append(
        errors, gain: schedule.columnGain, slots: schedule.slots, firstLine: device * outputs,
        columnField)
    }
    guard columnPulses.activeLines > 0 else { return 0 }
    columnPulses.index()
    rowPulses.clear()
    rowPulses.append(x, gain: schedule.rowGain, slots: schedule.slots, field.field(2))
    let (devices, columns, noise) = (devices, columns, Float(model.stepNoise))
    let (onRows, onColumns) = (rowPulses, columnPulses)
    var target = weights.mutableSpan
    return applyCoincidences(
      &target, devices: devices.span, columns: columns, rowPulses: onRows,
      columnPulses: onColumns, noise: noise, field.field(3))
  }
}

extension Span<Float> {

  /// The largest absolute value; 0 if there are none.
  var largestSize: Float {
    var result: Float = 0
    for i in 0..<count { result = Swift.max(result, abs(self[i])) }
    return result
  }
}
