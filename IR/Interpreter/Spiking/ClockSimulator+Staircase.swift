// Staircases in the clock-driven simulator, by their definition: thresholds are counted one by one.

internal import SpikeIR

extension ClockSimulator {

  /// Lets the staircases `p`, which have integrated the input of `tick`, emit at most one unit.
  func follow(_ p: PopulationID, at tick: Int, _ state: inout ClockState) {
    let own = constants.populations[p.index]
    let (ticks, now) = (Int64(constants.graph[p].code.timesteps), Int64(tick) + 1)
    var units = [Int32](repeating: 0, count: own.count)
    for n in units.indices {
      let scaled = (state.membranes[p.index][n] * ticks).quotientRoundedDown(by: now)
      let expected = min(max(scaled, Int64(Int32.min)), Int64(Int32.max))
      let level = own.value(at: expected, neuron: n)
      let magnitude = (2 * now * abs(level) + ticks) / (2 * ticks)
      let unit = (level.signum() * magnitude - state.said[p.index][n]).signum()
      state.said[p.index][n] += unit
      units[n] = Int32(unit)
    }
    state.units[p.index].append(units)
  }

  /// Lets the staircases `p`, whose window is integrated, say their values tick by tick.
  func sayWindow(of p: PopulationID, _ state: inout ClockState) {
    let (own, code) = (constants.populations[p.index], constants.graph[p].code)
    var rest = (0..<own.count).map { own.value(at: state.membranes[p.index][$0], neuron: $0) }
    for tick in 0..<code.timesteps {
      // Under `weighted` a spike in slot k stands for 2^(K−1−k) units, otherwise for one.
      var weight: Int64 = 1
      if case .weighted(let bits) = code { weight <<= Int64(bits - 1 - tick) }
      var units = [Int32](repeating: 0, count: own.count)
      for n in units.indices where abs(rest[n]) >= weight {
        let unit = weight * rest[n].signum()
        rest[n] -= unit
        units[n] = Int32(unit)
      }
      state.units[p.index].append(units)
    }
  }
}

extension PopulationConstants {

  /// Returns the value of the interval in which the potential `v` of a neuron lies.
  fileprivate func value(at v: Int64, neuron: Int) -> Int64 {
    values[steps[neuron % steps.count].count { $0 <= v }]
  }
}

extension Int64 {

  /// Returns the largest integer that is at most the quotient by `divisor`, which is positive.
  fileprivate func quotientRoundedDown(by divisor: Int64) -> Int64 {
    let (quotient, rest) = quotientAndRemainder(dividingBy: divisor)
    return rest < 0 ? quotient - 1 : quotient
  }
}
