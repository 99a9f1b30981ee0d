// What the axons of a block reach in a slice along a path: the last projection, cut to the slice,
// behind the relays that lie between.

internal import Diagnostics
internal import Kernels
internal import SpikeIR

/// Where the spikes of a path go before its last projection: through relays, which send each on to
/// none or several of their neurons.
struct RelayTable: Sendable {
  /// For each neuron of the path's source where its entries begin, and where the last ones end.
  var starts: [Int32]
  /// The neurons of the last projection's source.
  var neurons: [Int32]
  /// The factors by which units are multiplied.
  var factors: [Int32]
}

/// The way from the neurons of a population to the sums of a slice.
struct SynapseProgram: Sendable {
  /// The relays on the way; `nil` if there are none.
  var relays: Int?
  /// The connections of the last projection.
  var path: CorePath
}

/// Makes the programs of connections; what several of them share is made once.
struct SynapseCompiler {

  private let graph: SpikingGraph
  private let paths: [ConnectionPath]

  /// The relays of paths that have any.
  private(set) var relays: [RelayTable] = []

  /// The connections.
  private(set) var synapses: CoreSynapses

  private var relaysOfPath: [Int: Int] = [:]
  private var weights: [ProjectionID: [Int32]] = [:]
  private var wires: [ProjectionID: WireLists] = [:]
  private var storedWeights: [ProjectionID: Range<Int>] = [:]
  private var storedWires: [ProjectionID: Range<Int>] = [:]

  /// Creates a compiler for the paths of `graph`.
  ///
  /// - Parameters:
  ///   - graph: the network.
  ///   - paths: its paths.
  ///   - leavesOutZeros: whether synapses of weight 0 do not exist.
  init(_ graph: SpikingGraph, _ paths: [ConnectionPath], leavesOutZeros: Bool) {
    self.graph = graph
    self.paths = paths
    synapses = CoreSynapses(leavesOutZeros: leavesOutZeros)
  }

  /// Returns the box of neurons whose counts a slice of maxima holds: all that it looks at.
  ///
  /// - Returns: the box, or `nil` if the population's input is no pooling of an image.
  func counted(by box: NeuronBox, of population: PopulationID, _ j: ProjectionID) -> NeuronBox? {
    guard case .pool(let pool) = graph[j].kind, graph[graph[j].source].shape.rank == 3 else {
      return nil
    }
    let shape = graph[graph[j].source].shape
    let window = pool.window
    return NeuronBox(
      rows: window.covered(
        by: box.rows, stride: window.strides.height, size: window.size.height,
        dilation: window.dilations.height, before: window.padding.top, of: shape[0]),
      columns: window.covered(
        by: box.columns, stride: window.strides.width, size: window.size.width,
        dilation: window.dilations.width, before: window.padding.left, of: shape[1]),
      channels: box.channels)
  }

  /// Returns the program of path `p` into the box `box` of its target.
  ///
  /// Into maxima the box is that of the counts, and the last projection, the pooling, is left to
  /// the neurons.
  ///
  /// - Throws: `ir.elided-tensor`, `ir.bad-element-type`, `emulator.overflow`.
  mutating func program(of p: Int, into box: NeuronBox) throws(Diagnostic) -> SynapseProgram {
    let path = paths[p]
    let last = path.projections[path.projections.count - 1]
    let table = try relayTable(of: p)
    if graph[path.target].model == .maximum {
      let counts = coreBox(box, of: graph[graph[last].source].shape)
      let path = synapses.addSame(weights: synapses.store([1]), box: counts)
      return SynapseProgram(relays: table, path: path)
    }
    return SynapseProgram(relays: table, path: try connections(along: last, into: box))
  }

  /// Returns the connections of projection `j` into the box `box` of its target.
  private mutating func connections(
    along j: ProjectionID, into box: NeuronBox
  ) throws(Diagnostic) -> CorePath {
    let (source, target) = (graph[graph[j].source].shape, graph[graph[j].target].shape)
    let own = coreBox(box, of: target)
    let factors = try scaledWeights(of: j)
    let weights = storedWeights[j] ?? synapses.store(factors)
    storedWeights[j] = weights
    switch graph[j].kind {
    case .dense: return synapses.addMatrix(weights: weights, width: target.count, box: own)
    case .conv(let conv):
      return synapses.addTaps(
        weights: weights, window: CoreWindow(conv.window), groups: conv.groups,
        source: (source[0], source[1], source[2]), box: own)
    case .pool(let pool):
      return synapses.addTaps(
        weights: weights, window: CoreWindow(pool.window), groups: source[2],
        source: (source[0], source[1], source[2]), box: own)
    case .identity: return synapses.addSame(weights: weights, box: own)
    case .wire:
      let lists = try wireLists(of: j)
      let stored = storedWires[j] ?? synapses.store(wires: lists.starts, lists.targets)
      storedWires[j] = stored
      return synapses.addWires(weight: factors[0], wires: stored, box: own)
    }
  }

  /// Returns the weights of projection `j` times 2^shift; of a pooling, those of its taps.
  private mutating func scaledWeights(of j: ProjectionID) throws(Diagnostic) -> [Int32] {
    if let known = weights[j] { return known }
    let own = try NeuronConnections.weights(of: j, in: graph)
    weights[j] = own
    return own
  }

  /// Returns the lists of targets of each source neuron of the wires `j`.
  private mutating func wireLists(of j: ProjectionID) throws(Diagnostic) -> WireLists {
    if let known = wires[j] { return known }
    let own = try NeuronConnections.wires(of: j, in: graph)
    wires[j] = own
    return own
  }

  /// Returns the position of the relays of path `p`, `nil` if it has none.
  private mutating func relayTable(of p: Int) throws(Diagnostic) -> Int? {
    if let known = relaysOfPath[p] { return known }
    let chain = paths[p].projections.dropLast()
    guard !chain.isEmpty else { return nil }
    let count = graph[paths[p].source].shape.count
    var entries = (0..<count).map { [Int32($0): Int64(1)] }
    for j in chain {
      let connections = try NeuronConnections(graph, j, scaledWeights(of: j), wireLists(of: j))
      entries = entries.map { own in
        var next: [Int32: Int64] = [:]
        for (n, factor) in own {
          connections.forEach(from: Int(n)) { (target, weight) in
            next[Int32(target), default: 0] &+= factor &* Int64(weight)
          }
        }
        return next
      }
    }
    relays.append(try RelayTable(entries, name: graph[paths[p].target].name))
    relaysOfPath[p] = relays.count - 1
    return relays.count - 1
  }
}

extension RelayTable {

  /// Collects the neurons that each neuron reaches, with factors.
  fileprivate init(_ entries: [[Int32: Int64]], name: String) throws(Diagnostic) {
    self.init(starts: [0], neurons: [], factors: [])
    for own in entries {
      for (neuron, factor) in own.sorted(by: { $0.key < $1.key }) where factor != 0 {
        guard let fitting = Int32(exactly: factor) else {
          throw .emulatorOverflow("weights of synapses", name, bound: Double(factor))
        }
        neurons.append(neuron)
        factors.append(fitting)
      }
      starts.append(Int32(neurons.count))
    }
  }
}

/// Returns the box `box` of a population of shape `shape` as kernels have it.
func coreBox(_ box: NeuronBox, of shape: Shape) -> CoreBox {
  CoreBox(
    width: shape.rank == 3 ? shape[1] : 1, channels: shape.channels, rows: box.rows,
    columns: box.columns, depth: box.channels)
}

extension CoreWindow {

  /// Creates the window as kernels have it.
  fileprivate init(_ window: Window) {
    self.init(
      size: (window.size.height, window.size.width),
      strides: (window.strides.height, window.strides.width),
      dilations: (window.dilations.height, window.dilations.width),
      padding: (window.padding.top, window.padding.left))
  }
}

extension Window {

  /// Returns the rows or columns of an image of extent `extent` that windows at `places` cover.
  fileprivate func covered(
    by places: Range<Int>, stride: Int, size: Int, dilation: Int, before: Int, of extent: Int
  ) -> Range<Int> {
    let first = places.lowerBound * stride - before
    let last = (places.upperBound - 1) * stride - before + (size - 1) * dilation
    return max(0, min(first, extent))..<max(max(0, min(first, extent)), min(last + 1, extent))
  }
}
