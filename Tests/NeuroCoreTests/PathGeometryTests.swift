// The shapes of connections, against all connections listed one by one.

import Diagnostics
import SpikeIR
import TestSupport
import Testing

@testable import NeuroCore

@Suite struct PathGeometryTests {

  @Test(arguments: 0..<60) func equalsListedConnections(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let graph = randomSpikingGraph(
      using: &random, options: SpikingGraphOptions(codes: [.rate(timesteps: 4)]))
    for path in try #require(ConnectionPath.all(in: graph)) {
      let geometry = try PathGeometry(path, in: graph)
      let expected = try ListedPath(path, in: graph)
      for _ in 0..<6 {
        let box = randomBox(of: geometry.targetShape, using: &random)
        let origin = randomBox(of: geometry.sourceShape, using: &random)
        #expect(geometry.sources(of: box) == expected.sources(of: box))
        for from in [origin, NeuronBox(all: geometry.sourceShape)] {
          compare(geometry, expected, from: from, to: box, path.projections.map { graph[$0].kind })
        }
      }
    }
  }

  private func compare(
    _ geometry: PathGeometry, _ expected: ListedPath, from: NeuronBox, to box: NeuronBox,
    _ kinds: [ProjectionKind]
  ) {
    let lists = geometry.lists(from: from, to: box)
    let brute = expected.lists(from: from, to: box)
    #expect(geometry.synapses(from: from, to: box) == brute.reduce(0) { $0 + $1.synapses.count })
    // As many axons of each length, and of consecutive neurons.
    var axons: [[Int]: Int] = [:]
    for list in lists { axons[[list.synapses, list.isRun ? 1 : 0], default: 0] += list.axons }
    var expectedAxons: [[Int]: Int] = [:]
    for list in brute { expectedAxons[[list.synapses.count, list.isRun ? 1 : 0], default: 0] += 1 }
    #expect(axons == expectedAxons)
    // Lists that are taken for the same are.
    let distinct = lists.reduce(0) { $0 + $1.distinct }
    let expectedDistinct = Set(brute.map(\.shifted)).count
    if geometry.axes == nil {
      #expect(
        distinct >= Set(brute.map(\.synapses)).count, "\(kinds)")
    } else {
      #expect(distinct == expectedDistinct)
    }
    #expect(lists.allSatisfy { $0.distinct >= 1 && $0.distinct <= $0.axons })
  }

  @Test func denseLayersSeeThroughFlattening() throws {
    let graph = try flattened()
    let path = try #require(ConnectionPath.all(in: graph)?.first)
    let geometry = try PathGeometry(path, in: graph)
    #expect(geometry.axes != nil)
    // Four neurons of a pooling window have the same list.
    let all = NeuronBox(all: geometry.targetShape)
    let lists = geometry.lists(from: NeuronBox(all: geometry.sourceShape), to: all)
    #expect(lists.reduce(0) { $0 + $1.distinct } == 2 * 2 * 3)
    #expect(lists.reduce(0) { $0 + $1.axons } == 4 * 4 * 3)
    #expect(geometry.synapses(from: NeuronBox(all: geometry.sourceShape), to: all) == 48 * 5)
  }

  /// A source, pooled, flattened, densely connected.
  private func flattened() throws -> SpikingGraph {
    var graph = SpikingGraph(name: "flattened")
    func add(_ name: String, _ shape: Shape, _ model: NeuronModel) -> PopulationID {
      graph.populations.append(
        Population(name: name, shape: shape, code: .rate(timesteps: 4), model: model))
    }
    let source = add("in", [4, 4, 3], .source)
    let pooled = add("pooled", [2, 2, 3], .relay)
    let flat = add("flat", [12], .relay)
    let out = add("out", [5], .integrator)
    let weights = graph.tensors.add(
      Tensor("w", shape: [12, 5], data: .int8([Int8](repeating: 1, count: 60))))
    let window = Window(size: Pair(2, 2), strides: Pair(2, 2))
    for (s, t, kind) in [
      (source, pooled, ProjectionKind.pool(PoolProjection(window: window))),
      (pooled, flat, .identity(IdentityProjection())),
      (flat, out, .dense(DenseProjection(weights: weights))),
    ] {
      graph.projections.append(Projection(name: "p\(t)", source: s, target: t, kind: kind))
    }
    return graph
  }
}

/// Returns a random box of a population, never empty.
func randomBox(of shape: Shape, using random: inout SplitMix64) -> NeuronBox {
  func range(_ count: Int) -> Range<Int> {
    let (a, b) = (random.int(0...count - 1), random.int(0...count - 1))
    return min(a, b)..<max(a, b) + 1
  }
  let all = NeuronBox(all: shape)
  return NeuronBox(
    rows: range(all.rows.count), columns: range(all.columns.count),
    channels: range(all.channels.count))
}

/// All connections along a path, found neuron by neuron.
struct ListedPath {

  /// For each neuron of the source, the targets with what their weight is made of.
  private(set) var reached: [[Int: [[Int]]]]

  let source: Shape
  let target: Shape

  init(_ path: ConnectionPath, in graph: SpikingGraph) throws {
    source = graph[path.source].shape
    target = graph[path.target].shape
    reached = (0..<source.count).map { [$0: [[]]] }
    for id in path.projections {
      let step = try Self.connections(of: graph[id], in: graph)
      reached = reached.map { front in
        var next: [Int: [[Int]]] = [:]
        for (middle, routes) in front {
          for (end, weight) in step[middle] {
            next[end, default: []] += routes.map { $0 + [weight] }
          }
        }
        return next
      }
    }
  }

  /// Returns, for each neuron of the source, the neurons that it reaches and the place of the weight,
  /// −1 for weights 1.
  private static func connections(
    of projection: Projection, in graph: SpikingGraph
  ) throws -> [[(Int, Int)]] {
    let (source, target) = (graph[projection.source].shape, graph[projection.target].shape)
    var result = [[(Int, Int)]](repeating: [], count: source.count)
    switch projection.kind {
    case .dense:
      for s in 0..<source.count {
        for t in 0..<target.count { result[s].append((t, s * target.count + t)) }
      }
    case .identity(let identity):
      for s in 0..<source.count {
        result[s].append((s, identity.weights == nil ? -1 : s % target.channels))
      }
    case .wire(let wire):
      for (t, s) in try graph.tensors.integers(wire.sources).enumerated() where s >= 0 {
        result[Int(s)].append((t, -1))
      }
    case .pool(let pool):
      forEachTap(pool.window, source, target) { (from, to, _) in
        for c in 0..<source[2] { result[from * source[2] + c].append((to * source[2] + c, -1)) }
      }
    case .conv(let conv):
      let (inputs, outputs) = (source[2] / conv.groups, target[2] / conv.groups)
      forEachTap(conv.window, source, target) { (from, to, tap) in
        for c in 0..<source[2] {
          for k in 0..<outputs {
            let out = c / inputs * outputs + k
            let weight = (tap * inputs + c % inputs) * target[2] + out
            result[from * source[2] + c].append((to * target[2] + out, weight))
          }
        }
      }
    }
    return result
  }

  private static func forEachTap(
    _ window: Window, _ source: Shape, _ target: Shape, _ body: (Int, Int, Int) -> Void
  ) {
    for y in 0..<target[0] {
      for x in 0..<target[1] {
        for i in 0..<window.size.height {
          for j in 0..<window.size.width {
            let row = y * window.strides.height + i * window.dilations.height - window.padding.top
            let column =
              x * window.strides.width + j * window.dilations.width - window.padding.left
            guard 0..<source[0] ~= row, 0..<source[1] ~= column else { continue }
            body(row * source[1] + column, y * target[1] + x, i * window.size.width + j)
          }
        }
      }
    }
  }

  /// The synapses of a neuron in a box.
  struct List {
    /// Targets with what the weight is made of.
    var synapses: [[Int]: [[Int]]]
    /// The same, without the place in the image but with the channel of the source.
    var shifted: [[Int]: [[Int]]]
    /// Whether the targets follow each other.
    var isRun: Bool
  }

  /// Returns the lists, not empty, of neurons of `origin` in `box`.
  func lists(from origin: NeuronBox, to box: NeuronBox) -> [List] {
    (0..<origin.count).compactMap { offset in
      let neuron = origin.neuron(at: offset, of: source)
      let own = reached[neuron].filter { box.contains(neuron: $0.key, of: target) }
      guard !own.isEmpty else { return nil }
      var synapses: [[Int]: [[Int]]] = [:]
      var shifted: [[Int]: [[Int]]] = [:]
      let boxes = own.keys.map { NeuronBox(neuron: $0, of: target) }
      let top = boxes.map(\.rows.lowerBound).min() ?? 0
      let left = boxes.map(\.columns.lowerBound).min() ?? 0
      var places: [Int] = []
      for (end, unordered) in own {
        let routes = unordered.sorted { $0.lexicographicallyPrecedes($1) }
        let place = NeuronBox(neuron: end, of: target)
        let (row, column) = (place.rows.lowerBound, place.columns.lowerBound)
        let channel = place.channels.lowerBound
        synapses[[end]] = routes
        shifted[[row - top, column - left, channel, -1 - neuron % source.channels]] = routes
        places.append(box.offset(row: row, column: column, channel: channel))
      }
      let (low, high) = (places.min() ?? 0, places.max() ?? 0)
      return List(
        synapses: synapses, shifted: shifted, isRun: high - low == places.count - 1)
    }
  }

  /// Returns the smallest box of neurons that reach neurons of `box`.
  func sources(of box: NeuronBox) -> NeuronBox? {
    var result: NeuronBox?
    for (n, own) in reached.enumerated()
    where own.keys.contains(where: { box.contains(neuron: $0, of: target) }) {
      let one = NeuronBox(neuron: n, of: source)
      result = result?.hull(one) ?? one
    }
    return result
  }
}
