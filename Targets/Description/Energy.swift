// What things cost on a machine.

/// What things cost.
package struct Energy: Hashable, Sendable {
  /// The form of the model.
  package var model: Model
  /// The operating point: `volts`, `hertz`, `celsius`.
  package var corner: [String: Quantity]
  /// The power that is taken whatever happens, by what takes it, watts.
  package var standing: [String: Quantity]
  /// The energy of events by name, such as `synop`, joules.
  package var events: [String: Quantity]
  /// The time of events by name, seconds.
  package var latency: [String: Quantity]
  /// The operating points to choose from in each tick.
  package var levels: [OperatingPoint]

  /// The form of the model.
  package enum Model: String, Hashable, Sendable, CaseIterable {
    case affine
    case pointAverage = "point-average"
    case perEvent = "per-event"
    case levels
    case none
  }

  /// An operating point.
  package struct OperatingPoint: Hashable, Sendable {
    /// The name.
    package var name: String
    /// The voltage, volts.
    package var volts: Quantity?
    /// The clock, hertz.
    package var hertz: Quantity?
    /// The power of a core at rest, watts.
    package var baseline: Quantity?
    /// The energy of a neuron's update, joules.
    package var perNeuron: Quantity?
    /// The energy of a synaptic operation, joules.
    package var perSynapticOperation: Quantity?
    /// The largest number of spikes that a core may receive in a tick at this point.
    package var mostSpikesPerStep: Quantity?
    /// The time of a neuron's update, clock cycles.
    package var cyclesPerNeuron: Quantity?
    /// The time of a synaptic operation, clock cycles.
    package var cyclesPerSynapticOperation: Quantity?
  }
}
