// How time passes on a machine.

/// How time passes on a machine.
package struct Timing: Hashable, Sendable {

  /// What makes neurons advance.
  package var model: Model

  /// The length of a tick, seconds.
  package var step: Quantity?

  /// How much faster than the biological model the machine runs, for accelerated analog neurons.
  package var acceleration: Quantity?

  /// The ticks after which a spike acts at the core that receives it, at least 0.
  package var deliveryLatency: Int

  /// The time that the end of a tick takes, by the number of tiles of a chip that take part.
  package var barrier: [Barrier]

  /// The time that the end of a tick takes where several chips take part, by their number.
  package var chipBarrier: [ChipBarrier] = []

  /// Who says so.
  package var evidence = Evidence()

  /// What makes neurons advance.
  package enum Model: String, Hashable, Sendable, CaseIterable {
    /// All cores take the same steps.
    case tick
    /// A spike acts when it arrives.
    case event
    /// Currents and potentials are physical.
    case continuous
    /// A frame passes once.
    case singlePass = "single-pass"
  }

  /// The time that the end of a tick takes on several chips.
  package struct ChipBarrier: Hashable, Sendable {
    /// The number of chips that take part.
    package var chips: Int
    /// The time, seconds.
    package var latency: Quantity
  }

  /// The time that the end of a tick takes on a chip.
  package struct Barrier: Hashable, Sendable {
    /// The number of tiles that take part.
    package var tiles: Int
    /// The time, seconds.
    package var latency: Quantity
  }
}
