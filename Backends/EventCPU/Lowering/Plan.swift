// What the engine executes: kernels with their operands, in order, and the memory they need.

internal import Kernels
internal import SpikeIR

/// A network made ready to run; immutable, shared by all workers.
struct Plan: Sendable {
  /// The code of all populations, for its ticks and its kind.
  var code: SpikeCode
  /// The most ticks for which potentials provably fit 32 bits.
  var mostTicks: Int
  /// The nodes, in the order in which they are evaluated.
  var steps: [Step] = []
  /// Where the units of each step's node lie, same indices.
  var layouts: [EventLayout] = []
  /// The sizes in bytes of the blocks of memory that a worker needs.
  var blocks: [Int] = []
  /// The step of each population.
  var stepOf: [Int] = []
  /// The largest scratch memory that a kernel needs, bytes.
  var scratchBytes = 0
}

/// The evaluation of a node.
struct Step: Sendable {
  /// What is done.
  var action: Action
  /// `true` iff the outcome is the same in every tick: done once an image.
  var isStatic: Bool
  /// The block of the units that it emits.
  var units: Int
  /// The block of spike counts, [positions].
  var spikes: Int
}

/// What a step does.
enum Action: Sendable {
  /// Nothing: an encoder writes the units.
  case encode
  /// Sums and emits values.
  case relay(RelayAction)
  /// Sums and emits planes.
  case addPlanes(EventPlaneSum, [PlaneInput])
  /// Moves planes; the wires lead to different neurons.
  case movePlanes([EventPlaneWire], sources: [Int])
  /// Pools the largest.
  case maximum(MaximumAction)
  /// Integrates, and fires or not.
  case membrane(MembraneAction)
}

/// A source of a sum of planes, by step.
struct PlaneInput: Sendable {
  /// The step.
  var source: Int
  /// The window that is summed.
  var window: EventWindow
}

/// The parts of a relay that emits values.
struct RelayAction: Sendable {
  /// The connections.
  var inputs: [Input]
  /// The kernel that emits.
  var emit: EventEmit
  /// The block of sums.
  var sums: Int
}

/// The parts of a maximum.
struct MaximumAction: Sendable {
  /// The kernel.
  var kernel: EventMaximum
  /// The step that is pooled.
  var source: Int
  /// The block of counts of the source's units.
  var counts: Int
  /// The block of the largest counts.
  var largest: Int
  /// The block of the largest counts in the last tick.
  var previous: Int
  /// `true` iff a unit is counted as its binary digits.
  var countsDigits: Bool
}

/// The parts of a membrane.
///
/// A class, so that a step refers to it without retaining every kernel in every tick.
final class MembraneAction: Sendable {
  /// The neurons.
  let grid: EventGrid
  /// The connections whose units change from tick to tick.
  let inputs: [Input]
  /// The connections whose units do not.
  let constant: [Input]
  /// The bias.
  let bias: EventParameter
  /// The potential before the first input.
  let initial: EventParameter
  /// The block of potentials.
  let potentials: Int
  /// The block of bias and constant input together, if there is constant input.
  let current: Int?
  /// How the membrane fires.
  let neuron: Neuron
  /// The block of the units that each neuron has emitted, if it may take them back.
  let emitted: Int?
  /// Rows computed together, few enough that their potentials stay in the nearest cache.
  let chunks: [Range<Int>]

  /// Creates the parts.
  init(
    grid: EventGrid, inputs: [Input], constant: [Input], bias: EventParameter,
    initial: EventParameter, potentials: Int, current: Int?, neuron: Neuron, emitted: Int?
  ) {
    self.grid = grid
    self.inputs = inputs
    self.constant = constant
    self.bias = bias
    self.initial = initial
    self.potentials = potentials
    self.current = current
    self.neuron = neuron
    self.emitted = emitted
    let rows = max(1, 16384 / (grid.width * grid.lanes * 4))
    chunks = stride(from: 0, to: grid.height, by: rows).map { $0..<min($0 + rows, grid.height) }
  }

  /// The block of what is left of potentials after a tick; `nil` where none can be read.
  var readablePotentials: Int? {
    switch neuron {
    case .leaks: nil
    case .decays(_, _, let own, _): own
    case .shifts(_, _, let own): own
    case .fires, .quantizes, .follows, .looksUp, .integrates: potentials
    }
  }
}

/// How a membrane fires.
enum Neuron: Sendable {
  /// In every tick.
  case fires(EventFire)
  /// After the window.
  case quantizes(EventQuantize)
  /// In every tick, with a leak; what arrives in a tick takes the place of potentials. With the
  /// blocks of the neurons' state and of the positions'.
  case leaks(EventLeaky, state: Int, positions: Int)
  /// In every tick, with a current and a potential that decay; what arrives in a tick takes the place
  /// of potentials. With the blocks of currents, of potentials, and of the ticks for which they are held.
  case decays(EventDecay, currents: Int, potentials: Int, held: Int)
  /// In every tick, with a current and a potential that decay by shifts; what arrives in a tick takes
  /// the place of potentials. With the blocks of currents and of potentials.
  case shifts(EventShift, currents: Int, potentials: Int)
  /// In every tick, as the potential so far makes expect, with the blocks of the units said so far
  /// and of a table.
  case follows(EventStaircase, said: Int, targets: Int)
  /// After the window, as a table says.
  case looksUp(EventStaircase)
  /// Never.
  case integrates
}

/// A kernel that adds units of a step to potentials.
final class Input: Sendable {
  /// The step whose units arrive.
  let source: Int
  /// The kernel.
  let kernel: Kernel

  /// Creates the connection.
  init(source: Int, kernel: Kernel) {
    self.source = source
    self.kernel = kernel
  }

  /// The kernels.
  enum Kernel: Sendable {
    /// Planes through full connections, by target.
    case gather(EventGather)
    /// Planes through full connections, by spike, with the block of sums.
    case scatter(EventScatter, sums: Int)
    /// Values through full connections.
    case dot(EventDot)
    /// Planes or values within channels.
    case channelwise(EventChannelwise)
    /// Planes or values moved; all rows at once.
    case wire(EventWire)
  }
}
