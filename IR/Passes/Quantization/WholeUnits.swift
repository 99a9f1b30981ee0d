// Neurons whose potentials are whole numbers of units already, such as those that say inputs.

internal import Diagnostics
internal import SpikeIR

extension SpikingGraph {

  /// Turns the constants of population `id` into integers, in its own membrane unit, if they are
  /// whole numbers and its inputs are units of the sources, and returns whether they are.
  ///
  /// - Parameters:
  ///   - id: the population.
  ///   - afferents: the projections that it receives.
  /// - Returns: whether nothing is left to be quantized.
  /// - Throws: `ir.elided-tensor`.
  mutating func keepUnit(
    of id: PopulationID, _ afferents: [ProjectionID]
  ) throws(Diagnostic) -> Bool {
    guard self[id].membraneUnit != nil, case .integrateAndFire(var model) = self[id].model,
      !afferents.isEmpty, afferents.allSatisfy({ self[$0].kind.isIdentity })
    else { return false }
    for projection in afferents {
      guard let weights = self[projection].kind.weights else { continue }
      guard try tensors.floats(weights).allSatisfy({ abs($0) == 1 }) else { return false }
    }
    let constants = [model.threshold, model.initial, model.retraction, self[id].bias]
    for constant in constants.compactMap({ $0 }) {
      let isWhole = try tensors.floats(constant).allSatisfy {
        $0 == $0.rounded() && abs($0) <= largestRange
      }
      guard isWhole else { return false }
    }
    for projection in afferents {
      guard let weights = self[projection].kind.weights else { continue }
      self[projection].kind.weights = tensors.add(
        Tensor(
          tensors[weights].name, shape: tensors[weights].shape,
          data: .int8(try tensors.floats(weights).map { Int8($0) })))
    }
    model.threshold = try addWhole(model.threshold)
    if let initial = model.initial { model.initial = try addWhole(initial) }
    if let retraction = model.retraction { model.retraction = try addWhole(retraction) }
    if let bias = self[id].bias { self[id].bias = try addWhole(bias) }
    self[id].model = .integrateAndFire(model)
    return true
  }

  /// Adds the elements of `id`, which are whole numbers, as integers.
  private mutating func addWhole(_ id: TensorID) throws(Diagnostic) -> TensorID {
    let values = try tensors.floats(id)
    return tensors.add(
      Tensor(tensors[id].name, shape: tensors[id].shape, data: .int32(values.map { Int32($0) })))
  }
}
