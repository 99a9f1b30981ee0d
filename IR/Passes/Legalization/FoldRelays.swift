// The pass `fold-relays`: relays that only move elements or scale them, folded into what they feed.

internal import Diagnostics
package import PluginAPI
internal import SpikeIR

extension Pass {

  /// Folds relays into projections where that is exact, and refuses two weights in a row.
  package static let foldRelays = Pass.snn(
    name: "fold-relays",
    summary: "fold relays into the projections around them, refuse two weights in a row",
    details: """
      Cores have no neurons for relays: what a relay receives and what it feeds is one connection,
      whose weight is the product. A relay is folded where two projections in a row are one, exactly:
        identity, then any           the second, from the relay's source; convolutions and poolings
                                     only where no reshape lies between
        wire, then wire              a wire
        wire, then dense             dense, its rows moved; for a concatenation, a dense projection
                                     from each part; wires that use an element twice stay
        weights w, then one-to-one   the first with its weights scaled, if the product is
                                     representable: always where constants are f32
        one-to-one w, then weights   the second with its rows scaled, likewise
      Shifts and delays add up. A relay that nothing listens to any more is dropped. Poolings stay:
      their sums would multiply the weights to be stored. If then a projection with weights leads to
      a relay that feeds another one with weights, the connection has a product for a weight, which
      the few bits of a synapse do not hold: refused (legalize.weighted-chain), all in one run.
      Before: %p1 if [2,2,3] -> %p2 relay [12]  identity     %p2 -> %p3 [5]  dense
      After:  %p1 if [2,2,3] -> %p3 [5]  dense
      """
  ) { (graph, _, context) throws(CompileError) in
    var folder = RelayFolder(graph)
    let folded = try liftingDiagnostic { () throws(Diagnostic) in try folder.run() }
    let problems = folder.weightedChains()
    guard problems.isEmpty else { throw CompileError(problems) }
    if folded > 0 { graph = folder.finished() }
    context.count("connections", of: "fold-relays", by: folded)
  }
}

/// The folding of a graph's relays.
private struct RelayFolder {

  private var graph: SpikingGraph
  private var projections: [Projection]

  init(_ graph: SpikingGraph) {
    self.graph = graph
    projections = graph.projections.elements.map { $0 }
  }

  /// Folds what can be, relay by relay in topological order, and returns the number of projections
  /// that no longer start at a relay.
  ///
  /// - Throws: `ir.elided-tensor`.
  mutating func run() throws(Diagnostic) -> Int {
    var count = 0
    for relay in graph.populations.ids where graph[relay].model == .relay {
      let into = projections.filter { $0.target == relay }
      var result: [Projection] = []
      for projection in projections {
        guard projection.source == relay, let folded = try fold(into, projection) else {
          result.append(projection)
          continue
        }
        result += folded
        count += 1
      }
      // What only led to a relay that nobody listens to is dropped with it.
      if !result.contains(where: { $0.source == relay }) { result.removeAll { $0.target == relay } }
      projections = result
    }
    return count
  }

  /// Returns the graph without the relays that feed nothing.
  func finished() -> SpikingGraph {
    var rewriter = SpikingRewriter(graph)
    let heard = Set(projections.map(\.source))
    for id in graph.populations.ids where graph[id].model != .relay || heard.contains(id) {
      rewriter.copy(id)
    }
    for projection in projections {
      var own = projection
      own.source = rewriter.image(of: own.source)
      own.target = rewriter.image(of: own.target)
      rewriter.graph.projections.append(own)
    }
    return rewriter.finished()
  }

  /// Returns an error for each relay between two projections with weights.
  func weightedChains() -> [Diagnostic] {
    // Whether a weight has been met on the way to each population.
    var weighted = [String?](repeating: nil, count: graph.populations.count)
    var result: [Diagnostic] = []
    for id in graph.populations.ids {
      for projection in projections where projection.target == id {
        let before = weighted[projection.source.index]
        if let before, projection.kind.weights != nil {
          result.append(.weightedChain(graph[projection.source].name, before, projection.name))
        }
        guard graph[id].model == .relay else { continue }
        let own = projection.kind.weights == nil ? before : projection.name
        weighted[id.index] = weighted[id.index] ?? own
      }
    }
    return result
  }

  /// Returns the projections in place of those `into` a relay and `second` from there; `nil` if
  /// some pair is not one projection.
  private mutating func fold(
    _ into: [Projection], _ second: Projection
  ) throws(Diagnostic) -> [Projection]? {
    // A maximum listens to one pooling without shift; leaky neurons integrate constant currents
    // differently, and a relay that adds them to spikes hides them.
    if into.isEmpty || !keepsCurrents(into, second) { return nil }
    var result: [Projection] = []
    for first in into {
      guard first.shift + second.shift <= 24, let kind = try composed(first, second) else {
        return nil
      }
      result.append(
        Projection(
          name: "\(graph[first.source].name)->\(graph[second.target].name)", source: first.source,
          target: second.target, kind: kind, shift: first.shift + second.shift,
          delay: first.delay + second.delay))
    }
    let pools = result.count == 1 && result[0].shift == 0
    return graph[second.target].model == .maximum && !pools ? nil : result
  }

  /// Returns whether what reaches leaky neurons is a constant current after the folding just if it
  /// was one before.
  private func keepsCurrents(_ into: [Projection], _ second: Projection) -> Bool {
    switch graph[second.target].model {
    case .leaky, .currentBased, .bitShift: break
    case .source, .relay, .maximum, .integrateAndFire, .staircase, .integrator: return true
    }
    let constant = graph.isConstant
    return into.allSatisfy { constant[$0.source.index] == constant[second.source.index] }
  }

  /// Returns the kind of the connections along both projections, if there is one.
  private mutating func composed(
    _ first: Projection, _ second: Projection
  ) throws(Diagnostic) -> ProjectionKind? {
    let isReshape = graph[first.source].shape != graph[second.source].shape
    switch (first.kind, second.kind) {
    case (.identity(let a), .dense), (.identity(let a), .wire), (.identity(let a), .identity):
      return try scaled(second.kind, rowsBy: a.weights, relay: second.source, target: second.target)
    case (.identity(let a), .conv), (.identity(let a), .pool):
      if isReshape { return nil }
      return try scaled(second.kind, rowsBy: a.weights, relay: second.source, target: second.target)
    case (.wire(let a), .wire(let b)):
      let (inner, outer) = (try graph.tensors.integers(a.sources), b.sources)
      let sources = try graph.tensors.integers(outer).map { $0 < 0 ? -1 : inner[Int($0)] }
      return .wire(WireProjection(sources: addWires(sources, named: outer)))
    case (.wire, .identity(let b)): return b.weights == nil ? first.kind : nil
    case (.wire(let a), .dense(let b)): return try movedRows(of: b, by: a, from: first.source)
    case (.dense, .identity(let b)), (.conv, .identity(let b)):
      if b.weights == nil {
        // A convolution fills an image of its own shape; matrices fill any.
        if case .conv = first.kind, graph[second.target].shape != graph[second.source].shape {
          return nil
        }
        return first.kind
      }
      return try scaled(first.kind, columnsBy: b.weights, relay: second.source, second.target)
    default: return nil
    }
  }

  private mutating func addWires(_ sources: [Int32], named id: TensorID) -> TensorID {
    graph.tensors.add(
      Tensor(graph.tensors[id].name, shape: [sources.count], data: .int32(sources)))
  }

  /// Returns dense connections whose rows are those of the elements that wires move to them.
  private mutating func movedRows(
    of dense: DenseProjection, by wire: WireProjection, from source: PopulationID
  ) throws(Diagnostic) -> ProjectionKind? {
    let sources = try graph.tensors.integers(wire.sources)
    let old = graph.tensors[dense.weights]
    let (rows, columns) = (graph[source].shape.count, old.shape[1])
    var origins = [Int](repeating: -1, count: rows)
    for (target, source) in sources.enumerated() where source >= 0 {
      if origins[Int(source)] >= 0 { return nil }
      origins[Int(source)] = target
    }
    func moved<T: Numeric>(_ values: [T]) -> [T] {
      var result = [T](repeating: 0, count: rows * columns)
      for (row, origin) in origins.enumerated() where origin >= 0 {
        for c in 0..<columns { result[row * columns + c] = values[origin * columns + c] }
      }
      return result
    }
    let data: TensorData
    switch old.data {
    case .int8(let x): data = .int8(moved(x))
    case .int16(let x): data = .int16(moved(x))
    case .int32(let x): data = .int32(moved(x))
    case .float32, .deferred, .elided:
      data = .float32(moved(try graph.tensors.floats(dense.weights)))
    }
    return .dense(
      DenseProjection(
        weights: graph.tensors.add(Tensor(old.name, shape: [rows, columns], data: data))))
  }

  /// Returns `kind` with the weights of each input multiplied by its factor.
  private mutating func scaled(
    _ kind: ProjectionKind, rowsBy factor: TensorID?, relay: PopulationID, target: PopulationID
  ) throws(Diagnostic) -> ProjectionKind? {
    guard let factor else { return kind }
    let channels = graph[relay].shape.channels
    switch kind {
    case .identity(let second):
      guard let weights = second.weights else {
        let fits =
          graph.tensors[factor].shape.count == 1 || graph[target].shape.channels == channels
        return fits ? .identity(IdentityProjection(weights: factor)) : nil
      }
      guard graph.tensors[weights].shape.count == 1 || graph[target].shape.channels == channels
      else { return nil }
      return try product(kind, weights, factor) { i, _ in i }
    case .dense(let second):
      let columns = graph.tensors[second.weights].shape[1]
      return try product(kind, second.weights, factor) { i, n in i / columns % n }
    case .conv(let second):
      let shape = graph.tensors[second.weights].shape
      let (depth, width) = (shape[2], shape[3])
      let group = width / second.groups
      return try product(kind, second.weights, factor) { i, n in
        (i % width / group * depth + i / width % depth) % n
      }
    case .wire, .pool: return nil
    }
  }

  /// Returns `kind` with the weights of each output multiplied by its factor.
  private mutating func scaled(
    _ kind: ProjectionKind, columnsBy factor: TensorID?, relay: PopulationID, _ target: PopulationID
  ) throws(Diagnostic) -> ProjectionKind? {
    guard let factor, let weights = kind.weights, graph[relay].shape == graph[target].shape else {
      return nil
    }
    let width = graph.tensors[weights].shape.channels
    return try product(kind, weights, factor) { i, n in i % width % n }
  }

  /// Returns `kind` with the products of `weights` and `factor` as weights; `nil` if integers have
  /// none of the type of the weights.
  private mutating func product(
    _ kind: ProjectionKind, _ weights: TensorID, _ factor: TensorID,
    by index: (_ i: Int, _ count: Int) -> Int
  ) throws(Diagnostic) -> ProjectionKind? {
    let (a, b) = (graph.tensors[weights], graph.tensors[factor])
    let (n, count) = (b.shape.count, max(a.shape.count, kind.isIdentity ? b.shape.count : 0))
    let m = a.shape.count
    let data: TensorData
    if a.elementType == .float32, b.elementType == .float32 {
      let (x, y) = (try graph.tensors.floats(weights), try graph.tensors.floats(factor))
      data = .float32((0..<count).map { x[$0 % m] * y[index($0, n) % n] })
    } else {
      let (x, y) = (try graph.tensors.integers(weights), try graph.tensors.integers(factor))
      let products = (0..<count).map { Int64(x[$0 % m]) * Int64(y[index($0, n) % n]) }
      let limit: Int64 = kind.isIdentity ? 32767 : 127
      guard products.allSatisfy({ abs($0) <= limit }) else { return nil }
      data = kind.isIdentity ? .int16(products.map { Int16($0) }) : .int8(products.map { Int8($0) })
    }
    var result = kind
    result.weights = graph.tensors.add(
      Tensor(a.name, shape: count == m ? a.shape : [count], data: data))
    return result
  }
}

extension Diagnostic {

  /// Returns an error about two weights in a row.
  fileprivate static func weightedChain(
    _ relay: String, _ first: String, _ second: String
  ) -> Diagnostic {
    .error(
      "legalize.weighted-chain",
      "'\(first)' and '\(second)' both have weights, with only the relay '\(relay)' between them",
      at: .entity(relay),
      notes: [
        "run 'fold-relays' before 'quantize', where products of weights are folded",
        "put an activation between the two layers",
      ], exitCode: .doesNotFit)
  }
}
