// Energy of the form `levels`: a core chooses an operating point for each tick by the spikes it received.

/// The time and energy that a tick's work takes at an operating point, in closed form.
///
///     t = (neurons · cyclesPerNeuron + synops · cyclesPerSynop) / hertz
///     E = baseline · t + resting · (tick − t) + neurons · perNeuron + synops · perSynop
///
/// where `resting` is the baseline of the slowest point, to which the core returns.
///
/// - Source: Hoeppner et al., the structure of the model; the constants are the description's.
extension Energy.OperatingPoint {

  /// Returns the time that the work of a tick takes, seconds; `nil` if a constant is unknown.
  ///
  /// - Parameters:
  ///   - neurons: the neurons that are updated.
  ///   - synapticOperations: the synaptic operations.
  /// - Returns: seconds; longer than a tick is an overrun.
  package func busySeconds(neurons: Int, synapticOperations: Int) -> Double? {
    guard let hertz = hertz?.value, hertz > 0 else { return nil }
    guard let update = cyclesPerNeuron?.value, let operation = cyclesPerSynapticOperation?.value
    else { return nil }
    return (Double(neurons) * update + Double(synapticOperations) * operation) / hertz
  }
}

extension Energy {

  /// Returns the position in `levels` of the point for a tick before which a core received `spikes`:
  /// the slowest that takes so many, else the fastest.
  ///
  /// - Parameter spikes: the spikes that were received in the tick before.
  /// - Returns: the position; `nil` without points, or if a limit but that of the fastest is unknown.
  package func level(receivedSpikes spikes: Int) -> Int? {
    for (i, point) in levels.dropLast().enumerated() {
      guard let most = point.mostSpikesPerStep?.value else { return nil }
      if Double(spikes) <= most { return i }
    }
    return levels.indices.last
  }

  /// Returns the energy of a core in a tick at the point `level`, joules; `nil` if a constant is
  /// unknown.
  ///
  /// - Parameters:
  ///   - level: the position in `levels`.
  ///   - neurons: the neurons that are updated.
  ///   - synapticOperations: the synaptic operations.
  ///   - tick: the length of a tick, seconds; work that takes longer leaves no rest.
  /// - Returns: joules.
  package func energy(
    level: Int, neurons: Int, synapticOperations: Int, tick: Double
  ) -> Double? {
    guard levels.indices ~= level, let resting = levels[0].baseline?.value else { return nil }
    let point = levels[level]
    guard
      let busy = point.busySeconds(neurons: neurons, synapticOperations: synapticOperations),
      let baseline = point.baseline?.value, let update = point.perNeuron?.value,
      let operation = point.perSynapticOperation?.value
    else { return nil }
    return baseline * busy + resting * max(0, tick - busy) + Double(neurons) * update
      + Double(synapticOperations) * operation
  }
}
