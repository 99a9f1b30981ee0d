// The memory in which networks are trained: flat, allocated once, one tape a worker.

internal import Diagnostics
internal import Kernels
internal import SpikeIR

/// Floats at a fixed place, released with the value.
///
/// Workers write to parts that do not overlap; whoever hands out the memory sees to it.
final class FloatMemory: @unchecked Sendable {

  /// The first element.
  let base: UnsafeMutablePointer<Float>

  /// The number of elements.
  let count: Int

  /// Allocates zeros.
  init(count: Int) {
    self.count = count
    base = .allocate(capacity: max(1, count))
    base.initialize(repeating: 0, count: max(1, count))
  }

  deinit {
    base.deallocate()
  }

  /// Sets all elements to 0.
  func clear() {
    base.update(repeating: 0, count: count)
  }
}

/// Where a value lies in the memory of a tape, for each sample one after the other.
struct Buffer: Hashable, Sendable {

  /// The elements of the samples before, per sample of the tape's capacity.
  var offset: Int

  /// The same for the gradient; `nil` if nothing that is trained lies behind the value.
  var gradientOffset: Int?

  /// The number of elements for each sample.
  var count: Int
}

/// What the neurons of a network do in a pass.
enum TrainingMode: Hashable, Sendable {
  /// Softened rates with noise, drawn for this seed and step.
  case training(SpikeNoise, seed: UInt64, step: Int)
  /// Rates of neurons with a sharp threshold, as they will spike.
  case evaluation
}

/// A worker's memory for some samples.
final class TrainingTape: @unchecked Sendable {

  /// The number of samples that fit.
  let capacity: Int

  /// The values of all buffers.
  let values: FloatMemory

  /// The gradients of all buffers.
  let gradients: FloatMemory

  /// Memory that a layer may use while it works.
  let scratch: FloatMemory

  /// Allocates memory for `capacity` samples.
  init(_ plan: TrainingPlan, capacity: Int, withGradients: Bool) {
    self.capacity = capacity
    values = FloatMemory(count: plan.valueCount * capacity)
    gradients = FloatMemory(count: withGradients ? plan.gradientCount * capacity : 0)
    scratch = FloatMemory(count: plan.scratchCount)
  }
}

/// The weights as the layers read them.
final class TrainingWeights: @unchecked Sendable {

  /// The parameters, one after the other.
  let parameters: FloatMemory

  /// The matrices of the layers as products take them.
  let packed: FloatMemory

  /// Allocates weights.
  init(_ plan: TrainingPlan) {
    parameters = FloatMemory(count: plan.parameterCount)
    packed = FloatMemory(count: plan.packedCount)
  }

  /// Allocates weights and fills them with those of the plan's network.
  ///
  /// - Throws: what loading tensors throws.
  convenience init(loading plan: TrainingPlan) throws(CompileError) {
    self.init(plan)
    try liftingDiagnostic { () throws(Diagnostic) in
      for parameter in plan.parameters {
        let values = try plan.graph.tensors.floats(parameter.tensor)
        for (i, value) in values.enumerated() {
          parameters.base[parameter.range.offset + i] = value
        }
      }
    }
  }
}

/// What a layer works on: a number of samples on a tape.
struct LayerPass {

  /// The memory.
  let tape: TrainingTape

  /// The weights.
  let weights: TrainingWeights

  /// Where the gradients by the parameters are added up; `nil` in passes without gradients.
  let parameterGradients: UnsafeMutablePointer<Float>?

  /// The number of samples.
  var samples: Int

  /// What neurons do.
  var mode: TrainingMode

  /// The number of the first sample in its batch.
  var firstSample: Int

  /// What matrices that learn by themselves are told.
  var presentation = Presentation(number: 0)

  /// Returns the values of a buffer, [samples][count].
  func value(_ buffer: Buffer) -> UnsafeMutablePointer<Float> {
    tape.values.base + buffer.offset * tape.capacity
  }

  /// Returns the gradients by the values of a buffer, [samples][count]; `nil` if none are wanted.
  func gradient(_ buffer: Buffer) -> UnsafeMutablePointer<Float>? {
    buffer.gradientOffset.map { tape.gradients.base + $0 * tape.capacity }
  }

  /// Memory that a layer may use while it works.
  var scratch: UnsafeMutablePointer<Float> { tape.scratch.base }
}

/// A layer of a network in training; knows where its operands and its result lie.
protocol TrainingLayer: Sendable {

  /// Computes the result of all samples.
  func forward(_ pass: LayerPass)

  /// Adds the gradients by the operands and parameters, from that by the result.
  func backward(_ pass: LayerPass)
}
