// What reads of a machine's arrays do, from its description: converters, noise, management, wires.

package import Kernels

/// What reads of an array do.
///
/// A member that a description does not have is an effect that its machine is not said to have:
/// the read is ideal in that respect. One that is `null` exists and is not known; it has no effect
/// either, and is named in `unknown`, for whoever prints results.
package struct ReadParameters: Hashable, Sendable {

  /// What reads from rows to columns do.
  package var forward: AnalogReadOptions

  /// What reads from columns to rows do.
  package var backward: AnalogReadOptions

  /// What the sum of an output, inputs times relative weights, is multiplied with before it is
  /// converted.
  package var gain: Double

  /// The resistance of the wires, if it is described.
  package var wires: WireResistance?

  /// The standard deviation of columns' gains relative to the nominal one: fixed for a chip.
  package var columnGainSpread: Double

  /// The standard deviation of columns' offsets, before conversion: fixed for a chip.
  package var columnOffsetSpread: Double

  /// What the largest weight of a block is set to; the unit of weights in an array.
  package var largestWeight: Double

  /// Whether the weights of each output are scaled to the largest by themselves, not those of a
  /// whole block; digital units multiply outputs with a factor each then.
  package var scalesColumns = false

  /// The members that exist and are not known.
  package var unknown: [String]

  /// Creates the parameters of ideal reads.
  package init() {
    forward = AnalogReadOptions()
    backward = AnalogReadOptions()
    gain = 1
    wires = nil
    columnGainSpread = 0
    columnOffsetSpread = 0
    largestWeight = 1
    unknown = []
  }

  /// Whether reads differ from exact products in nothing but rounding.
  package var isIdeal: Bool {
    forward == AnalogReadOptions() && wires == nil && columnGainSpread == 0
      && columnOffsetSpread == 0
  }

  /// Returns the options of reads of spikes: inputs are 0 or 1, which a converter of one bit gives
  /// at full scale, so that there is nothing to scale; only reads of repeated inputs may follow.
  package var frames: AnalogReadOptions {
    var options = forward
    options.input = AnalogConverter(step: 1, low: 0, high: 1)
    options.noiseManagement = .none
    if options.boundManagement != .fewerRepeats { options.boundManagement = .none }
    options.largestScale = nil
    options.signs = .both
    options.sliceBits = nil
    options.slices = 1
    return options
  }
}

/// The resistance of wires.
package struct WireResistance: Hashable, Sendable {

  /// The resistance of a column's wire between two cells, as a part of that of a cell of the
  /// largest conductance: R · g.
  package var column: Double

  /// The same of a row's wire.
  package var row: Double

  /// Creates resistances; none unless given.
  package init(column: Double = 0, row: Double = 0) {
    self.column = column
    self.row = row
  }
}
