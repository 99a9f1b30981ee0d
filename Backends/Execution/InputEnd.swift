// The inputs of a network: encoders that turn numbers into units.

package import Diagnostics
package import SpikeIR

/// An encoder made ready to run.
package struct InputEnd: Sendable {

  /// The encoder.
  package let encoder: Encoder

  /// The position of the encoder in the whole network, on which its random numbers depend.
  package let position: Int

  /// The number of neurons.
  package let count: Int

  /// The ticks of the code.
  package let timesteps: Int

  /// The resolution, one or one a channel.
  private let resolution: [Float]

  /// Prepares an encoder of `graph`.
  ///
  /// - Throws: `ir.elided-tensor` if the quantum is not there.
  package init(
    _ encoder: Encoder, at position: Int, _ graph: SpikingGraph
  ) throws(Diagnostic) {
    let population = graph[encoder.population]
    self.encoder = encoder
    self.position = position
    count = population.shape.count
    timesteps = population.code.timesteps
    var quantum: [Float] = [1]
    if let id = population.quantum { quantum = try graph.tensors.floats(id) }
    resolution = quantum.map { encoder.step(of: $0) }
  }

  /// Returns the levels that say `values`, which are x' of `Encoder`: preprocessed numbers.
  package func encode(_ values: [Float]) -> [Int32] {
    let most = Int32(clamping: encoder.levels)
    let limit = Float(most)
    return values.indices.map { i in
      let quotient = values[i] / resolution[i % resolution.count]
      let rounded = quotient.rounded(.toNearestOrAwayFromZero)
      // Compared before the conversion, because the limit may have been rounded up to 2³¹.
      return rounded >= limit ? most : rounded <= -limit ? -most : Int32(rounded)
    }
  }

  /// Returns the units of every tick that say `levels` in image `image`, unless the encoder is one
  /// of constant currents, which say the levels in every tick.
  package func train(saying levels: [Int32], image: Int) -> SpikeTrain? {
    guard encoder.kind != .constant else { return nil }
    return SpikeTrain(
      encoder, at: position, saying: levels, image: image, timesteps: timesteps)
  }
}
