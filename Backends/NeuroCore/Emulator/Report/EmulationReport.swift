// What an emulation counted, and what that costs as far as the machine's description says.

package import HardwareTargets

/// What happened on the emulated cores, over all inputs.
package struct EmulationReport: Hashable, Sendable {

  /// The number of inputs.
  package var images: Int
  /// The steps that the machine took.
  package var steps: Int
  /// Spikes that neurons emitted.
  package var spikes: Int
  /// Spikes that the host sent.
  package var hostSpikes: Int
  /// Packets: a spike once for each core to which it goes.
  package var packets: Int
  /// Links that packets took; `nil` where nobody says how the cores of a chip are joined.
  package var hops: Int?
  /// Synapses that spikes of neurons reached: what other executors of the network count, too.
  package var synapticOperations: Int
  /// Synapses that spikes of the host reached.
  package var hostSynapticOperations: Int
  /// Updates of places whose neuron had a potential, an input or a bias; of what a neuron takes
  /// beside itself to reset by subtraction, when it fired.
  package var activeUpdates: Int
  /// Updates of all other places that neurons take.
  package var inactiveUpdates: Int
  /// The axons of all cores.
  package var axons: Int
  /// The neurons of all cores.
  package var neurons: Int
  /// Numbers that left their registers.
  package var overflows: Overflows
  /// Ticks in which a slice received what it could not use, before it began or after it ended; 0
  /// if tables are right.
  package var lostArrivals: Int
  /// Steps that asked more of a core than it can do.
  package var overloads: Overloads
  /// The cores, ascending by number.
  package var cores: [Core]
  /// What cores did in each tick, over all inputs, [tick][core].
  package var load: CoreLoad
  /// The links between routers that packets took, those of a grid only.
  package var links: [Link]
  /// The energy.
  package var energy: EnergyReport
  /// The modelled time.
  package var time: TimeReport
  /// What cores did at each operating point, for machines that have several and say how one is
  /// chosen.
  package var operatingPoints: [OperatingPointReport]
  /// What the semantics of the emulation leave open: which variant was chosen.
  package var semantics: [String]

  /// Numbers that left their registers.
  package struct Overflows: Hashable, Sendable {
    /// Sums of what arrives in a tick.
    package var sums: Int
    /// Currents.
    package var currents: Int
    /// Potentials.
    package var potentials: Int
    /// All of them.
    package var total: Int { sums + currents + potentials }
  }

  /// Steps of single cores that asked more of them than they can do, over all inputs; such a machine
  /// falls behind or loses spikes, which is not emulated.
  package struct Overloads: Hashable, Sendable {
    /// Steps with more synaptic operations than a core does in a tick; `nil` if its rate, or the
    /// tick, is unknown.
    package var synapticOperations: Int?
    /// Steps to which more spikes came than can wait at a core: lost if they come at once; `nil` if
    /// that number is unknown.
    package var inputSpikes: Int?
  }

  /// A core, over all ticks and inputs.
  package struct Core: Hashable, Sendable {
    /// The number.
    package var number: Int
    /// Where its router is.
    package var position: GridPoint
    /// The neurons that have a place on it.
    package var neurons: Int
    /// Spikes that its neurons emitted.
    package var spikes: Int
    /// Packets that arrived.
    package var packets: Int
    /// Synapses that spikes of neurons and of the host reached.
    package var synapticOperations: Int
    /// Updates of places that had something to do.
    package var activeUpdates: Int
  }

  /// A link between neighbouring routers.
  package struct Link: Hashable, Sendable {
    /// The router that sends.
    package var from: GridPoint
    /// The router that receives.
    package var to: GridPoint
    /// The packets that took the link, over all inputs.
    package var packets: Int
  }
}

/// The energy of an emulation; no total without all of its constants.
package struct EnergyReport: Hashable, Sendable {
  /// The form of the model.
  package var model: Energy.Model
  /// Joules of what happened, `nil` if a constant is unknown.
  package var dynamicJoules: Double?
  /// Joules of what is taken whatever happens, over the modelled time, `nil` if a constant or the
  /// time is unknown.
  package var staticJoules: Double?
  /// The parts of the dynamic energy.
  package var items: [Item]
  /// The constants that are missing.
  package var missing: [String]
  /// The operating point: volts and the like.
  package var corner: [String: Double]
  /// Citations of the constants, by key.
  package var sources: [TargetDescription.Source]
  /// The least founded grade among the constants.
  package var grade: Quantity.Grade?

  /// Both together, `nil` if one is.
  package var totalJoules: Double? {
    guard let dynamicJoules, let staticJoules else { return nil }
    return dynamicJoules + staticJoules
  }

  /// A part of the energy.
  package struct Item: Hashable, Sendable {
    /// The event.
    package var event: String
    /// How often it happened.
    package var count: Int
    /// The energy of one, joules, `nil` if unknown.
    package var joules: Double?
    /// The key of its citation.
    package var source: String?
    /// How well it is founded.
    package var grade: Quantity.Grade?
  }
}

/// The modelled time of an emulation.
package struct TimeReport: Hashable, Sendable {
  /// Seconds, over all inputs, `nil` if a constant is unknown.
  package var seconds: Double?
  /// The longest step, seconds.
  package var longestStep: Double?
  /// `true` iff the machine keeps to real time.
  package var isRealTime: Bool
  /// The constants that are missing.
  package var missing: [String]
}

/// What cores did at an operating point.
package struct OperatingPointReport: Hashable, Sendable {
  /// The name.
  package var name: String
  /// Steps of single cores.
  package var steps: Int
  /// Steps of single cores in each tick of an input, over all inputs.
  package var stepsOfTick: [Int]
  /// Updates of neurons.
  package var updates: Int
  /// Synaptic operations.
  package var synapticOperations: Int
  /// Seconds that cores were busy, at most the tick in each step; `nil` if cycles or clock are
  /// unknown.
  package var busySeconds: Double?
  /// Steps whose work exceeded the tick, `nil` if that is unknown.
  package var overruns: Int?
  /// Joules of updates and synaptic operations, `nil` if a constant is unknown.
  package var dynamicJoules: Double?
  /// Joules of the baseline: that of the point while cores are busy, that of the slowest while they
  /// rest; `nil` if a constant is unknown.
  package var staticJoules: Double?
}
