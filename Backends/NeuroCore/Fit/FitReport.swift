// Why a network does not fit a machine, and what would make it fit.

package import Diagnostics
package import SpikeIR

/// Why a network does not fit a machine.
package struct FitReport: Hashable, Sendable {

  /// The machine.
  package var target: String

  /// The layers of which no slice, or not the whole where it cannot be cut, fits a core.
  package var layers: [LayerFit]

  /// The cores that are missing, if the layers fit one by one.
  package var shortage: Shortage?

  /// What a layer asks for, and what there is.
  package struct LayerFit: Hashable, Sendable {
    /// The population.
    package var population: PopulationID
    /// Its name.
    package var name: String
    /// Its shape.
    package var shape: Shape
    /// What slices of some shapes take of cores of the classes: the smallest slice first.
    package var attempts: [Attempt]
    /// The resource that stands in the way of the attempt that comes nearest.
    package var binding: String
    /// The smallest changes, each by itself enough, the mildest first.
    package var changes: [Change]
  }

  /// What a slice takes of a core.
  package struct Attempt: Hashable, Sendable {
    /// The extents of the slice.
    package var tile: TileShape
    /// The class of the core.
    package var kind: String
    /// What is used, by name.
    package var uses: [Use]

    /// Whether nothing is exceeded.
    package var fits: Bool { uses.allSatisfy { !$0.isExceeded } }
  }

  /// What is used of a resource.
  package struct Use: Hashable, Sendable {
    /// The name.
    package var name: String
    /// What is used.
    package var used: Int
    /// What there is; `nil` if unknown.
    package var available: Int?

    /// Whether more is used than there is.
    package var isExceeded: Bool { available.map { used > $0 } ?? false }
  }

  /// Cores that are missing.
  package struct Shortage: Hashable, Sendable {
    /// The cores that the network takes.
    package var cores: Int
    /// The chips that they fill.
    package var chips: Int
    /// The chips that may be used.
    package var mostChips: Int
    /// The layers left over where layers take whole cores of several classes.
    package var leftOver: [String]
    /// The smallest changes, each by itself enough.
    package var changes: [Change]
  }

  /// A change after which the network fits, as far as what was found is concerned.
  package enum Change: Hashable, Sendable {
    /// Cut into other tiles than those that were asked for.
    case tile(TileShape)
    /// Search for tiles instead of filling cores in order.
    case search
    /// Store weights with so many bits.
    case weightBits(Int)
    /// Average instead of taking the maximum.
    case averagePooling
    /// Use so many chips.
    case chips(Int)
    /// Describe a machine of so many chips, several of this one joined, of at most `most`.
    case joined(chips: Int, most: Int)
    /// Leave the layer so many channels.
    case channels(Int)
    /// Leave its input so many channels.
    case inputChannels(Int)
    /// Use a kernel of so many rows and columns.
    case kernel(height: Int, width: Int)
    /// Add the input up in so many parts, each of so many inputs at most, by neurons in between.
    case fanInParts(Int, most: Int)
    /// Send the spikes on by so many copies of each neuron.
    case copies(Int)
  }

  /// The error that ends a compilation.
  package var error: CompileError {
    CompileError(
      layers.map { .layerDoesNotFit($0, target) }
        + (shortage.map { [.tooFewCores($0, target)] } ?? []),
      report: ErrorReport(text: text, members: members))
  }
}
