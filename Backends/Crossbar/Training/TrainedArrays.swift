// How a network learns on arrays, and the arrays of its layers.

package import Diagnostics
package import HardwareTargets
package import Kernels
package import SpikeTraining

/// How a network learns on arrays of devices.
package struct ArrayTraining: Hashable, Sendable {

  /// What the devices are like.
  package var model: PulsedDeviceModel

  /// What reads from rows to columns do, and from columns to rows.
  package var forward, backward: AnalogReadOptions

  /// How updates become pulses.
  package var pulses = PulseOptions()

  /// The number of devices of each weight of the layers of these names; elsewhere as many as the
  /// arrays say.
  package var devicesPerWeight: [String: Int] = [:]

  /// The arrays, for which matrices are cut as they are for networks that do not learn.
  ///
  /// Weights are not repeated on them, and offsets are a row, whatever they say of both.
  package let arrays: ArrayFeatures

  /// Where the differences between devices start.
  package var chipSeed: UInt64 = 0

  /// Where the noise of reads and the pulses start.
  package var runSeed: UInt64 = 0

  /// Creates the training of devices on arrays, with as many slots of an update as they say.
  ///
  /// - Parameters:
  ///   - model: what the devices are like.
  ///   - array: the arrays' description, which `check(_:)` lets pass: `update.pulses`.
  ///   - features: what follows from it for matrices.
  ///   - forward: what reads from rows to columns do.
  ///   - backward: what reads from columns to rows do.
  package init(
    _ model: PulsedDeviceModel, array: AnalogArray, features: ArrayFeatures,
    forward: AnalogReadOptions, backward: AnalogReadOptions
  ) {
    self.model = model
    arrays = features
    (self.forward, self.backward) = (forward, backward)
    pulses.slots = array.numbers["update.pulses"]?.value.flatMap { Int(exactly: $0) } ?? 0
  }

  /// Refuses arrays whose devices do not learn as `PulsedDeviceModel` has it, whatever its numbers.
  ///
  /// - Parameters:
  ///   - array: the arrays' description: `mapping` and `device.model`.
  ///   - name: their class.
  ///   - target: the machine.
  /// - Throws: `crossbar.cannot-learn` unless a device holds a weight with its sign, and unless pulses
  ///   move it by steps of the same mean size; both if both are so.
  package static func check(
    _ array: AnalogArray, name: String, target: String
  ) throws(CompileError) {
    var problems: [Diagnostic] = []
    let arrays = "the arrays of class '\(name)' of '\(target)'"
    let mapping = array.mapping ?? "signed-abstract"
    if mapping != "signed-abstract" { problems.append(.cannotLearn(mapping, on: arrays)) }
    let model = array.words["device.model"] ?? "ideal"
    if model != "ideal" { problems.append(.hasNoConstantSteps(model, on: arrays)) }
    // What helps against each of them is said once.
    if let last = problems.indices.last { problems[last].notes.append(Diagnostic.exactTrains) }
    var sink = DiagnosticSink()
    for problem in problems { sink.report(problem) }
    try sink.throwIfErrors()
  }

  /// Refuses settings that no array can have.
  ///
  /// - Throws: `crossbar.cannot-learn` unless devices of a weight are on one array;
  ///   `crossbar.bad-slots`; `crossbar.too-many-devices` if a weight's devices do not fit on an array.
  package func check() throws(Diagnostic) {
    let most = ([arrays.cells.devices] + devicesPerWeight.values).max() ?? 1
    guard !arrays.spreadsOverArrays || most == 1 else { throw .cannotLearnOnParts(most) }
    guard (1...64).contains(pulses.slots) else { throw .badSlots(pulses.slots) }
    for (layer, count) in devicesPerWeight.sorted(by: { $0.key < $1.key }) {
      guard (1...arrays.columns).contains(count) else {
        throw .tooManyDevices(count, layer: layer, columns: arrays.columns)
      }
    }
  }

  /// The devices of each weight of a layer.
  func devices(of layer: String) -> Int { devicesPerWeight[layer] ?? arrays.cells.devices }

  /// Returns how a layer's matrices, one for each group, are cut and packed.
  func cut(_ task: LearningTask, groups: Int = 1) -> LayerCut {
    var own = arrays
    own.cells.devices = devices(of: task.layer)
    return LayerCut(inputs: task.inputs, outputs: task.outputs, groups: groups, on: own)
  }
}

/// The arrays that a network learns on.
package final class TrainedArrays: LearningMatrices {

  /// How it learns.
  private let training: ArrayTraining

  /// The matrices so far, in the order of the layers.
  package private(set) var matrices: [(task: LearningTask, matrix: ArrayMatrix)] = []

  private var arrayCount = 0

  /// Creates a chip without arrays.
  package init(_ training: ArrayTraining) {
    self.training = training
  }

  package func matrix(for task: LearningTask) -> any LearningMatrix {
    let matrix = ArrayMatrix(task, training, firstArray: arrayCount)
    arrayCount += matrix.arrayCount
    var kept = task
    kept.weights = []
    matrices.append((kept, matrix))
    return matrix
  }
}

extension TrainedArrays {

  /// The arrays that the layers take: blocks of the groups of a layer share them, as they do in
  /// networks that do not learn.
  package var takenArrays: Int {
    var groups: [Int: (task: LearningTask, count: Int)] = [:]
    for (task, _) in matrices { groups[task.number, default: (task, 0)].count += 1 }
    return groups.values.reduce(0) { sum, layer in
      sum + training.cut(layer.task, groups: layer.count).tiles(replicas: 1)
    }
  }

  /// Refuses layers that take more arrays than there are.
  ///
  /// - Parameters:
  ///   - chips: the chips of the machine.
  ///   - target: its name.
  /// - Throws: `fit.arrays`.
  package func check(chips: Int, of target: String) throws(Diagnostic) {
    let available = training.arrays.tiles(onChips: chips)
    guard takenArrays <= available else {
      throw .tooFewArrays(takenArrays, available: available, of: target)
    }
  }

  /// Refuses names that no layer has.
  ///
  /// - Throws: `crossbar.no-such-layer`.
  package func check(layers names: some Collection<String>) throws(Diagnostic) {
    let known = matrices.map(\.task.layer)
    for name in names.sorted() where !known.contains(name) {
      throw .noSuchLayer(name, known: known)
    }
  }
}

/// What a matrix on arrays has done.
package struct ArrayActivity: Hashable, Sendable {

  /// What the reads of forward and of backward cycles did.
  package var forward = AnalogReadCounts()
  package var backward = AnalogReadCounts()

  /// The vectors that changed weights, and the coincidences of their pulses.
  package var updates = 0
  package var coincidences = 0

  /// Creates nothing done.
  package init() {}
}
