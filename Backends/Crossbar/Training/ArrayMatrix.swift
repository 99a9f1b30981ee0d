// A matrix of a network on one or several arrays: the three cycles.

internal import Kernels
package import SpikeTraining

/// A matrix on arrays of devices that learn.
///
/// A matrix that is larger than an array is cut into blocks as the arrays' description says; the sums
/// of the blocks of an output are added up digitally. Each block is managed and updated on its own.
///
/// Several devices of a weight are columns of their own with noise of their own, whose reads are
/// averaged digitally; backward each is given the output's gradient, and what the rows sum up is
/// divided by their number.
///
/// Unchecked, for reads keep scratch memory: a matrix is not to be used by two callers at once.
package final class ArrayMatrix: LearningMatrix, @unchecked Sendable {

  /// What has been done.
  package private(set) var activity = ArrayActivity()

  /// The number of blocks, each by itself.
  package var arrayCount: Int { blocks.count }

  /// The devices of each weight.
  package let devicesPerWeight: Int

  private let inputs, outputs: Int
  private let options: PulseOptions
  private let key: RandomField
  private var blocks: [ArrayBlock]
  private var scratch = AnalogScratch()
  private var wide: [Float] = []
  private var sums: [Float] = []

  /// What random numbers are for.
  private enum Cycle: UInt64 {
    case forward, backward, update
  }

  /// Makes the arrays of a matrix and programs them.
  ///
  /// - Precondition: the devices of a weight fit on an array.
  init(_ task: LearningTask, _ training: ArrayTraining, firstArray: Int) {
    (inputs, outputs) = (task.inputs, task.outputs)
    options = training.pulses
    key = RandomField(training.runSeed, UInt64(firstArray), 0x5255_4e53)
    devicesPerWeight = training.devices(of: task.layer)
    precondition(devicesPerWeight <= training.arrays.columns, "internal: more devices than columns")
    let cut = training.cut(task)
    blocks = []
    for rows in cut.inputParts {
      for columns in cut.outputParts {
        blocks.append(
          ArrayBlock(
            task, training, rows: rows, columns: columns, copies: devicesPerWeight,
            number: firstArray + blocks.count))
      }
    }
  }

  /// The weights as their devices hold them on average, [inputs][outputs].
  package var weights: [Float] {
    var result = [Float](repeating: 0, count: inputs * outputs)
    for block in blocks {
      for (i, value) in block.array.means.enumerated() {
        let (row, column) = i.quotientAndRemainder(dividingBy: block.columns.count)
        result[(block.rows.lowerBound + row) * outputs + block.columns.lowerBound + column] = value
      }
    }
    return result
  }

  private func field(_ cycle: Cycle, _ block: Int, _ presentation: Presentation) -> RandomField {
    key.field(presentation.number << 2 | cycle.rawValue).field(UInt64(block))
  }

  package func read(
    _ y: inout MutableSpan<Float>, _ x: Span<Float>, count: Int, _ presentation: Presentation
  ) {
    for i in 0..<count * outputs { y[i] = 0 }
    for b in blocks.indices {
      let key = field(.forward, b, presentation)
      blocks[b].pack()
      let (rows, columns, copies) = (blocks[b].rows, blocks[b].columns, blocks[b].copies)
      var place = AnalogBlock(
        count: count, inputOffset: rows.lowerBound, inputStride: inputs,
        outputOffset: columns.lowerBound, outputStride: outputs)
      guard copies > 1 else {
        activity.forward += blocks[b].forward.read(&y, x, place, key: key, scratch: &scratch)
        continue
      }
      let width = columns.count * copies
      clear(&wide, count * width)
      (place.outputOffset, place.outputStride) = (0, width)
      var target = wide.mutableSpan
      activity.forward += blocks[b].forward.read(&target, x, place, key: key, scratch: &scratch)
      average(wide.span, into: &y, count: count, columns, copies)
    }
  }

  /// Adds to each output the mean of its columns.
  private func average(
    _ wide: Span<Float>, into y: inout MutableSpan<Float>, count: Int, _ columns: Range<Int>,
    _ copies: Int
  ) {
    let (width, scale) = (columns.count, 1 / Float(copies))
    for p in 0..<count {
      let (from, to) = (p * width * copies, p * outputs + columns.lowerBound)
      for c in 0..<copies {
        for k in 0..<width { y[to + k] += scale * wide[from + c * width + k] }
      }
    }
  }

  package func readTransposed(
    _ z: inout MutableSpan<Float>, _ d: Span<Float>, count: Int, _ presentation: Presentation
  ) {
    for i in 0..<count * inputs { z[i] = 0 }
    for b in blocks.indices {
      let key = field(.backward, b, presentation)
      blocks[b].packTransposed()
      let (rows, columns, copies) = (blocks[b].rows, blocks[b].columns, blocks[b].copies)
      var place = AnalogBlock(
        count: count, inputOffset: columns.lowerBound, inputStride: outputs,
        outputOffset: rows.lowerBound, outputStride: inputs)
      guard copies > 1 else {
        activity.backward += blocks[b].backward.read(
          &z, d, place, key: key, transposed: true, scratch: &scratch)
        continue
      }
      repeatColumns(d, count: count, columns, copies)
      clear(&sums, count * rows.count)
      place = AnalogBlock(
        count: count, inputStride: columns.count * copies, outputStride: rows.count)
      var target = sums.mutableSpan
      activity.backward += blocks[b].backward.read(
        &target, wide.span, place, key: key, transposed: true, scratch: &scratch)
      let scale = 1 / Float(copies)
      for p in 0..<count {
        let (from, to) = (p * rows.count, p * inputs + rows.lowerBound)
        for i in 0..<rows.count { z[to + i] += scale * sums[from + i] }
      }
    }
  }

  /// Sets `wide` to the vectors of a block's outputs, one behind the other for each device.
  private func repeatColumns(
    _ d: Span<Float>, count: Int, _ columns: Range<Int>, _ copies: Int
  ) {
    let width = columns.count
    clear(&wide, count * width * copies)
    for p in 0..<count {
      for c in 0..<copies {
        let to = (p * copies + c) * width
        for k in 0..<width { wide[to + k] = d[p * outputs + columns.lowerBound + k] }
      }
    }
  }

  private func clear(_ values: inout [Float], _ count: Int) {
    if values.count != count {
      values = [Float](repeating: 0, count: count)
    } else {
      for i in values.indices { values[i] = 0 }
    }
  }

  package func learn(
    _ x: Span<Float>, _ d: Span<Float>, count: Int, _ presentation: Presentation
  ) {
    for b in blocks.indices {
      let key = field(.update, b, presentation)
      let (rows, columns) = (blocks[b].rows, blocks[b].columns)
      for p in 0..<count {
        let errors = d.extracting(
          p * outputs + columns.lowerBound..<p * outputs + columns.upperBound)
        guard errors.largestSize > 0 else { continue }
        let coincidences = blocks[b].array.update(
          inputs: x.extracting(p * inputs + rows.lowerBound..<p * inputs + rows.upperBound),
          errors: errors, rate: presentation.rate, options, key.field(UInt64(p)))
        activity.updates += 1
        activity.coincidences += coincidences
        if coincidences > 0 { blocks[b].touch() }
      }
    }
  }
}

/// A part of a matrix on an array of its own.
private struct ArrayBlock {

  /// The rows and columns of the matrix.
  let rows, columns: Range<Int>

  /// The devices of each weight.
  let copies: Int

  /// The devices.
  var array: PulsedArray

  /// The readers of both directions, and whether they have the weights of the devices.
  private(set) var forward, backward: AnalogReader
  private var isCurrent = false
  private var isCurrentTransposed = false

  init(
    _ task: LearningTask, _ training: ArrayTraining, rows: Range<Int>, columns: Range<Int>,
    copies: Int, number: Int
  ) {
    (self.rows, self.columns, self.copies) = (rows, columns, copies)
    var weights: [Float] = []
    weights.reserveCapacity(rows.count * columns.count)
    for row in rows {
      let start = row * task.outputs
      weights += task.weights[start + columns.lowerBound..<start + columns.upperBound]
    }
    array = PulsedArray(
      weights, inputs: rows.count, devicesPerWeight: copies, model: training.model,
      chipSeed: training.chipSeed, number: number)
    let operand = AnalogOperand(array.weights, rows: rows.count, columns: array.columns)
    forward = AnalogReader(operand, training.forward)
    backward = AnalogReader(operand, training.backward)
  }

  /// Notes that the devices have changed.
  mutating func touch() {
    (isCurrent, isCurrentTransposed) = (false, false)
  }

  /// Gives the forward reader the weights of the devices.
  mutating func pack() {
    guard !isCurrent else { return }
    isCurrent = true
    let weights = array.weights
    forward.update { $0 = weights }
    forward.pack()
  }

  /// Gives the backward reader the weights of the devices.
  mutating func packTransposed() {
    guard !isCurrentTransposed else { return }
    isCurrentTransposed = true
    let weights = array.weights
    backward.update { $0 = weights }
    backward.pack(transposed: true)
  }
}
