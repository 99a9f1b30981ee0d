// What a piece of hardware offers: the description that legalization, mapping, emulation and reports
// follow, so that none of them knows a chip by name. `Targets/*.json` hold the descriptions.

/// A piece of hardware, as its description file has it.
///
/// Whatever is `nil` is unknown, never 0.
package struct TargetDescription: Hashable, Sendable {

  /// The name on the command line, kebab-case, such as `loihi1`.
  package var id: String

  /// The name for people.
  package var title: String

  /// The kind of machine.
  package var family: Family

  /// How time passes.
  package var time: Timing

  /// How cores are arranged and joined.
  package var topology: Topology

  /// The kinds of cores, each with what a core of it offers.
  package var cores: [CoreClass]

  /// What things cost.
  package var energy: Energy

  /// Citations by the keys that quantities name.
  package var sources: [Source]

  /// A citation.
  package struct Source: Hashable, Sendable {
    /// The key, such as `D18`.
    package var key: String
    /// What is cited.
    package var citation: String
  }

  /// The kind of machine.
  package enum Family: String, Hashable, Sendable, CaseIterable {
    case digitalMesh = "digital-mesh"
    case binaryCrossbar = "binary-crossbar"
    case convPipeline = "conv-pipeline"
    case armManycore = "arm-manycore"
    case analogSNN = "analog-snn"
    case analogCrossbar = "analog-crossbar"
    case eventNPU = "event-npu"
  }

  /// The number of cores of all classes on a chip.
  package var coresPerChip: Int { cores.reduce(0) { $0 + $1.count } }
}

/// A number from a data sheet or a paper.
package struct Quantity: Hashable, Sendable {

  /// The number; `nil` if it is not known.
  package var value: Double?

  /// The unit, such as `J`.
  package var unit: String?

  /// The smallest value that was reported.
  package var min: Double?

  /// The largest value that was reported.
  package var max: Double?

  /// How well the number is founded.
  package var grade: Grade?

  /// The key of the citation.
  package var source: String?

  /// How well a number is founded, the best first.
  package enum Grade: String, Hashable, Sendable, CaseIterable {
    /// Measured on silicon.
    case silicon
    /// Simulated by the vendor before there was silicon.
    case presilicon
    /// From a published model.
    case model
    /// Derived from numbers with a source.
    case derived
    /// Read from a public tool's source code.
    case software
    /// Quoted by somebody else.
    case secondary
    /// From memory, not verified.
    case memory
    /// Given by the user.
    case user
    /// Assumed, where a machine needs some value to be described at all.
    case assumed
  }

  /// Creates a quantity.
  package init(
    _ value: Double?, unit: String? = nil, min: Double? = nil, max: Double? = nil,
    grade: Grade? = nil, source: String? = nil
  ) {
    self.value = value
    self.unit = unit
    self.min = min
    self.max = max
    self.grade = grade
    self.source = source
  }
}

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

  /// The time that the end of a tick takes, by the number of tiles or chips that take part.
  package var barrier: [Barrier]

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

  /// The time that the end of a tick takes.
  package struct Barrier: Hashable, Sendable {
    /// The number of tiles that take part.
    package var tiles: Int
    /// The time, seconds.
    package var latency: Quantity
  }
}

/// How cores are arranged and joined.
package struct Topology: Hashable, Sendable {

  /// Chip, tile, core, from the outside in: a chip has `levels[1].count` tiles, and so on.
  package var levels: [Level]

  /// The network between cores.
  package var network: Network

  /// A level of the arrangement.
  package struct Level: Hashable, Sendable {
    /// The name: `chip`, `tile`, `core`.
    package var name: String
    /// How many there are within one of the level outside; of the outermost, at most.
    package var count: Int
    /// Their arrangement, [columns, rows], where it is known.
    package var grid: [Int]?
    /// Whether the arrangement is a guess.
    package var isAssumed: Bool
  }

  /// The network between cores.
  package struct Network: Hashable, Sendable {
    /// The form.
    package var kind: Kind
    /// How a packet finds its way.
    package var routing: Routing?
    /// How often a spike is sent.
    package var delivery: Delivery
    /// The largest distance of a packet, [columns, rows].
    package var reach: [Int]?
    /// The size of a packet, bits.
    package var packetBits: Int?
    /// The part of a packet that may carry a value, bits.
    package var payloadBits: Int?
    /// The entries of a router's table.
    package var routerEntries: Int?
    /// The packets that a link can hold.
    package var linkBuffer: Int?

    /// The form of the network.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
      case mesh = "mesh2d"
      case hexagonalTorus = "hex-torus"
      case multiplexedCrossbar = "crossbar-mux"
      case pointToPoint = "point-to-point"
      case none
    }

    /// How a packet finds its way.
    package enum Routing: String, Hashable, Sendable, CaseIterable {
      /// Columns first, then rows.
      case xy
      /// Tables of keys and masks in routers, which copy packets.
      case multicastTables = "table-multicast"
      /// The source holds the list of those that receive.
      case destinationList = "destination-list"
      /// Wired.
      case fixed
    }

    /// How often a spike is sent.
    package enum Delivery: String, Hashable, Sendable, CaseIterable {
      /// Once for each core that receives it, one after the other.
      case unicastIterated = "unicast-iterated"
      /// Once; routers copy it.
      case multicast
      /// Once, to one core.
      case unicastSingle = "unicast-single"
      /// Not as spikes, but as a vector of values.
      case denseVector = "dense-vector"
    }
  }
}

/// What a core of one kind offers.
package struct CoreClass: Hashable, Sendable {

  /// The name of the kind.
  package var name: String

  /// The number of such cores on a chip.
  package var count: Int

  /// The positions of these cores among those of a chip, if they have fixed ones.
  package var ids: [Int]?

  /// The capacities by name, such as `neurons`; see `Accounting` for who counts what.
  package var resources: [String: Quantity]

  /// How the use of memory is counted.
  package var accounting: Accounting?

  /// What neurons can do.
  package var neuron: NeuronFeatures?

  /// What synapses can hold.
  package var synapse: SynapseFeatures?

  /// The analog array, if there is one.
  package var analog: AnalogArray?

  /// Which connections exist, where not any can be built.
  package var operations: Operations?

  /// How the use of memory is counted.
  package struct Accounting: Hashable, Sendable {
    /// The rule.
    package var algorithm: Algorithm
    /// The numbers that it needs, by name.
    package var parameters: [String: Quantity]
    /// The words that it needs, by name.
    package var options: [String: String]

    /// The rule.
    package enum Algorithm: String, Hashable, Sendable, CaseIterable {
      /// Lists of synapses in blocks, an axon each (Loihi).
      case synapseBlocks = "syn-blocks"
      /// Kernels and neurons, each extent rounded up to a power of two (Speck).
      case powersOfTwo = "pow2-conv"
      /// A rectangle of axons by neurons, filled or not (TrueNorth).
      case denseRectangle = "dense-rect"
      /// Rows of synapse words in external memory (SpiNNaker).
      case synapseRows = "sdram-rows"
      /// Bytes of states and weights in one memory.
      case bytes
      /// Blocks of rows and columns of analog arrays.
      case tiles
    }
  }
}

/// A number in a register.
package struct RegisterField: Hashable, Sendable {
  /// The width, bits, sign included.
  package var bits: Int
  /// Whether there is a sign.
  package var isSigned: Bool
  /// What happens beyond the width.
  package var overflow: Overflow?
  /// What has a value of its own.
  package var scope: Scope?
  /// The power of two by which the stored number is multiplied.
  package var shift: Int?
  /// What is added to the stored number.
  package var offset: Int?
  /// The smallest number, if not that of the width.
  package var min: Int?
  /// The largest number, if not that of the width.
  package var max: Int?

  /// What happens beyond the width.
  package enum Overflow: String, Hashable, Sendable, CaseIterable { case wrap, saturate, none }
  /// What has a value of its own.
  package enum Scope: String, Hashable, Sendable, CaseIterable {
    case neuron, profile, core, layer, chip
  }

  /// The numbers that the register holds.
  package var range: ClosedRange<Int> {
    let width = Swift.min(bits, 62)
    let (low, high) = isSigned ? (-1 << (width - 1), 1 << (width - 1) - 1) : (0, 1 << width - 1)
    return Swift.min(min ?? low, max ?? high)...(max ?? high)
  }
}

/// What neurons of a core can do.
package struct NeuronFeatures: Hashable, Sendable {

  /// The dynamics.
  package var model: Model
  /// The state by name: `u`, `v`.
  package var state: [String: RegisterField]
  /// The parameters by name: `du`, `dv`, `biasMant`, `biasExp`, `vthMant`, `weight…`.
  package var parameters: [String: RegisterField]
  /// The spike test.
  package var comparison: Comparison?
  /// How products are rounded.
  package var rounding: Rounding?
  /// How potentials decay.
  package var leak: Leak?
  /// The resets that are offered, with what each costs.
  package var resets: [Reset]
  /// The refractory times that are offered, ticks, from shortest to longest.
  package var refractory: ClosedRange<Int>?
  /// The sets of parameters that a core can hold, by name: `compartment`, `threshold`.
  package var profiles: [String: Int]
  /// The width of what a neuron emits, bits; 1 for spikes.
  package var outputBits: Int?
  /// The spike codes that the neurons can say; `rate` if none is named.
  package var codes: [String]
  /// How a neuron can say the largest count of several others, `nil` if none can.
  package var maximum: MaximumGate?

  /// The dynamics.
  package enum Model: String, Hashable, Sendable, CaseIterable {
    case currentBased = "cuba-lif"
    case leaky = "lif"
    case integrateAndFire = "if"
    case trueNorth = "tn-if"
    case bitShift = "cuba-lif-shift"
    case adaptiveAnalog = "adex-analog"
    case programmable
    case reluStep = "relu-step"
    case none
  }

  /// The spike test.
  package enum Comparison: String, Hashable, Sendable, CaseIterable {
    case greater = ">"
    case greaterOrEqual = ">="
  }

  /// How products are rounded.
  package enum Rounding: String, Hashable, Sendable, CaseIterable {
    case towardZero = "toward-zero"
    case floor
    case nearestEven = "nearest-even"
    case none
  }

  /// How potentials decay.
  package enum Leak: String, Hashable, Sendable, CaseIterable {
    case multiplicative, additive, bitshift, bias, none
    case exponentialExact = "exponential-exact"
  }

  /// A reset.
  package struct Reset: Hashable, Sendable {
    /// What becomes of the potential.
    package var mode: Mode
    /// The number of neurons that one with this reset takes.
    package var neuronCost: Int
    /// The largest number of spikes in a tick.
    package var mostSpikesPerStep: Int?

    /// What becomes of the potential.
    package enum Mode: String, Hashable, Sendable, CaseIterable {
      case zero, value, subtract, none, saturate
    }
  }

  /// A neuron that says the largest count of several others.
  package struct MaximumGate: Hashable, Sendable {
    /// The number of neurons that it takes for each of the others.
    package var costPerInput: Int
    /// The number of neurons that it takes beside.
    package var costPerOutput: Int
    /// How well it is founded that this can be built.
    package var grade: Quantity.Grade
  }
}

/// What synapses of a core can hold.
package struct SynapseFeatures: Hashable, Sendable {
  /// The weight.
  package var weight: RegisterField
  /// The widths of magnitudes that can be stored, bits.
  package var weightBits: [Int]?
  /// Whether lists of synapses may mix signs.
  package var signModes: [SignMode]
  /// The exponent of two of the weights.
  package var exponent: RegisterField?
  /// Weights that are chosen from a table by the type of an axon.
  package var table: Table?
  /// The delays that are offered, ticks, from shortest to longest.
  package var delay: ClosedRange<Int>?
  /// The sum of what arrives in a tick.
  package var accumulator: RegisterField?
  /// Which synapses may be stored once.
  package var sharing: [Sharing]

  /// Whether lists of synapses may mix signs.
  package enum SignMode: String, Hashable, Sendable, CaseIterable {
    case mixed, excitatory, inhibitory
  }

  /// Which synapses may be stored once.
  package enum Sharing: String, Hashable, Sendable, CaseIterable {
    case kernel
    case axonPopulation = "axon-population"
    case synapseGroup = "synapse-group"
    case none
  }

  /// Weights that are chosen from a table by the type of an axon.
  package struct Table: Hashable, Sendable {
    /// The number of types.
    package var types: Int
    /// The width of a weight, bits.
    package var bits: Int
    /// What has a table of its own.
    package var scope: RegisterField.Scope
  }
}

/// Which connections a core can build, where not any.
package struct Operations: Hashable, Sendable {
  /// The kinds: `dense`, `sparse`, `conv2d`, `depthwise2d`, `sumpool`, `maxpool`, `merge`.
  package var kinds: [Kind]
  /// The largest kernel.
  package var largestKernel: Int?
  /// The strides.
  package var strides: [Int]?
  /// The paddings.
  package var paddings: [Int]?
  /// The extents of pooling windows.
  package var pools: [Int]?
  /// The largest number of channels.
  package var mostChannels: Int?
  /// The largest image that is received, [width, height].
  package var largestInput: [Int]?
  /// The largest image that is emitted, [width, height].
  package var largestOutput: [Int]?
  /// The largest number of cores to which a core sends.
  package var mostDestinations: Int?
  /// Whether kernels must be square.
  package var needsSquareKernels: Bool

  /// A kind of connection.
  package enum Kind: String, Hashable, Sendable, CaseIterable {
    case dense, sparse, conv2d, depthwise2d, sumpool, maxpool, merge
  }
}

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

/// An analog array; what the crossbar backend reads.
package struct AnalogArray: Hashable, Sendable {
  /// The number of inputs.
  package var rows: Int
  /// The number of outputs.
  package var columns: Int
  /// How signed weights are held, as the description has it.
  package var mapping: String?
  /// All other members as the description has them, by dotted name: `input.bound`.
  package var numbers: [String: Quantity]
  /// All other members that are words, by dotted name: `noiseManagement`.
  package var words: [String: String]
}
