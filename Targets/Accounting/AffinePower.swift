// Energy of the form `affine`: a power that is always taken and an energy for each synaptic event.

/// A power that grows with the rate of events.
///
///     P = standing + perEvent · rate
///
/// A constant energy for each event alone would be wrong at every load but one, because it spreads
/// the standing power over the events of that load.
package struct AffinePower: Hashable, Sendable {

  /// The power without any event, watts.
  package var standing: Double

  /// The energy of an event, joules.
  package var perEvent: Double

  /// Creates the power of a chip.
  package init(standing: Double, perEvent: Double) {
    self.standing = standing
    self.perEvent = perEvent
  }

  /// Returns the power at so many events a second, watts.
  package func power(eventsPerSecond: Double) -> Double {
    standing + perEvent * eventsPerSecond
  }

  /// Returns the energy of so many events within a time, joules.
  ///
  /// - Parameters:
  ///   - events: the number of events.
  ///   - seconds: the time.
  /// - Returns: joules, the standing power included.
  package func energy(events: Double, seconds: Double) -> Double {
    standing * seconds + perEvent * events
  }
}

extension Energy {

  /// The power of a chip as a function of synaptic events, if the description has this form and both
  /// constants are known.
  package var affinePower: AffinePower? {
    guard model == .affine, let chip = standing["chip"]?.value, let synop = events["synop"]?.value
    else { return nil }
    return AffinePower(standing: chip, perEvent: synop)
  }
}
