// How numbers become pulse probabilities: the number of slots, and the gains of rows and columns.

/// How an update is made of pulses.
package struct PulseOptions: Hashable, Sendable {

  /// The number of slots of an update, or the most if it is managed, from 1 to 64.
  package var slots = 10

  /// Whether the number of slots follows the largest possible change.
  package var managesSlots = false

  /// Whether rows and columns are given the same largest probability.
  package var managesGains = false

  /// Creates the options of the baseline: ten slots, nothing managed.
  package init() {}
}

/// The pulses of one update: a probability is the gain times the size of a number.
///
/// With BL slots, rows with gain B and columns with gain A, a weight takes
/// BL · (B·|x|) · (A·|d|) steps of Δ on average, which is η·x·d since A·B = η / (Δ·BL), as long as no
/// probability exceeds 1.
package struct PulseSchedule: Hashable, Sendable {

  /// The number of slots; 0 if nothing is to be changed.
  package var slots: Int

  /// B, the gain of rows.
  package var rowGain: Float

  /// A, the gain of columns.
  package var columnGain: Float

  /// Chooses the pulses of an update.
  ///
  ///     BL = min(⌈k⌉, BL_max) if managed, else BL_max,  k = η · x_max · d_max / Δ
  ///     A = B = √(η / (Δ·BL))
  ///     A ← A·√(x_max / d*),  B ← B·√(d* / x_max) if managed,  d* = d_max · min(1, BL_max / k)
  ///
  /// With managed gains rows and columns have the same largest probability; where the change is too
  /// large for the slots, columns are clipped and rows are not.
  ///
  /// - Parameters:
  ///   - rate: η, the learning rate, at least 0.
  ///   - step: Δ, the mean step of the devices.
  ///   - largestInput: the largest size of a row's number.
  ///   - largestError: the largest size of a column's number.
  ///   - options: what is managed.
  /// - Source: Gokmen and Vlasov (2016), equation 2; Gokmen, Onen and Haensch (2017), "update
  ///   management"; the number of slots: Rasch et al. (2019), section 2.
  package init(
    rate: Float, step: Float, largestInput: Float, largestError: Float, _ options: PulseOptions
  ) {
    (slots, rowGain, columnGain) = (0, 0, 0)
    let most = Float(options.slots)
    let largestChange = rate * largestInput * largestError / step
    guard largestChange > 0, largestChange.isFinite else { return }
    slots = options.managesSlots ? Int(min(most, largestChange.rounded(.up))) : options.slots
    let gain = (rate / (step * Float(slots))).squareRoot()
    (rowGain, columnGain) = (gain, gain)
    guard options.managesGains else { return }
    let reachable = largestError * min(1, most / largestChange)
    let balance = (largestInput / reachable).squareRoot()
    columnGain = gain * balance
    rowGain = gain / balance
  }
}
