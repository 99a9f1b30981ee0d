// The pass `crossbar-weights`: integer weights as sums of binary matrices, one for each value that a
// neuron of a binary crossbar keeps.

internal import Diagnostics
package import PluginAPI
internal import SpikeIR

extension Pass {

  /// Splits weights into binary matrices.
  package static let crossbarWeights = Pass.snn(
    name: "crossbar-weights",
    summary: "express weights as sums of binary matrices, each with one value of a neuron's few",
    details: """
      A synapse of a binary crossbar is there or not. What a spike adds to a neuron is the one of the
      neuron's few weights that the axon's type chooses. So a source that needs several values takes
      several axons. A projection becomes one for each binary digit of its weights in two's
      complement: for types = n, digits 0 to n − 2 add 2^i, digit n − 1 subtracts 2^(n−1). Weights
      become 0 and 1, or 0 and −1, and shifts hold the powers: the same sums, exactly. Digits that
      no weight has are left out. A projection without weights, or of whose weights all but those that
      are 0 are the same, is binary already.
      Refused are weights beyond n bits (legalize.weight-bits), populations whose projections
      together need more than n values (legalize.axon-types), and values that 'bits' bits with a sign
      do not hold (legalize.axon-weight), all in one run. Where shifts have it, a unit of the potential
      is made larger first, so that values fit: thresholds and biases are rounded to it.
      Before: 'a->b' dense {weights=[[3, -5]]}
      After:  'a->b/0' dense {weights=[[1, 1]]}            'a->b/1' dense {weights=[[1, 1]], shift=1}
              'a->b/3' dense {weights=[[0, -1]], shift=3}
      with types=4: 3 = 1 + 2, −5 = 1 + 2 − 8
      Source: axon types of TrueNorth, Merolla et al. (2014), supplement; two's complement.
      """,
    options: [
      PassOption("types", .integer(2...8), default: "4", "how many weights a neuron keeps"),
      PassOption(
        "bits", .integer(0...32), default: "0", "the width of these weights with sign, 0: any"),
    ]
  ) { (graph, arguments, context) throws(CompileError) in
    guard graph.isQuantized else { throw CompileError(.notQuantized("crossbar-weights")) }
    var splitter = DigitSplitter(
      graph, types: arguments.integer("types"), bits: arguments.integer("bits"))
    try liftingDiagnostic { () throws(Diagnostic) in try splitter.run() }
    guard splitter.problems.isEmpty else { throw CompileError(splitter.problems) }
    context.count(
      "projections", of: "crossbar-weights",
      by: splitter.graph.projections.count - graph.projections.count)
    graph = splitter.graph
    graph.dropUnusedTensors()
  }
}

/// The splitting of weights into binary digits.
private struct DigitSplitter {

  private(set) var graph: SpikingGraph
  private(set) var problems: [Diagnostic] = []
  private let types: Int
  /// The largest value that a neuron keeps.
  private let most: Int
  /// The values that the neurons of each population add for a spike.
  private var values: [Set<Int>]

  init(_ graph: SpikingGraph, types: Int, bits: Int) {
    (self.graph, self.types) = (graph, types)
    most = bits == 0 ? .max : 1 << (bits - 1) - 1
    values = [Set<Int>](repeating: [], count: graph.populations.count)
  }

  /// Splits all projections.
  ///
  /// - Throws: `ir.elided-tensor`.
  mutating func run() throws(Diagnostic) {
    for id in graph.populations.ids where graph[id].model.integrates { try limitValues(of: id) }
    var result = PrimaryMap<ProjectionID, Projection>()
    for projection in graph.projections.elements {
      for own in try digits(of: projection) { result.append(own) }
    }
    graph.projections = result
    for id in graph.populations.ids {
      let own = values[id.index]
      if own.count > types { problems.append(.manyTypes(graph[id].name, own.count, types)) }
      if let large = own.max(by: { abs($0) < abs($1) }), abs(large) > most {
        problems.append(.largeValue(graph[id].name, large, most))
      }
    }
  }

  /// Makes the unit of a population's potential so large that its neurons' values fit, if shifts
  /// allow it.
  private mutating func limitValues(of id: PopulationID) throws(Diagnostic) {
    let own = graph.projections.ids.filter { graph[$0].target == id }
    var (largest, least) = (0, Int.max)
    for projection in own {
      var value = 1
      if let weights = graph[projection].kind.weights {
        let values = try graph.tensors.integers(weights)
        let high = Int(values.map(\.magnitude).max() ?? 0)
        let digits = values.binaryDigits(signed: true)
        value =
          digits == 1 ? high : high <= 1 ? 1 : 1 << (high.bitWidth - high.leadingZeroBitCount - 1)
        // The digit of the sign is one more than the largest of magnitudes.
        if digits > 1, values.contains(where: { $0 < 0 }) { value = 1 << (digits - 1) }
      }
      largest = max(largest, value << graph[projection].shift)
      least = min(least, graph[projection].shift)
    }
    var excess = 0
    while largest >> excess > most { excess += 1 }
    guard excess > 0, excess <= least else { return }
    try graph.coarsen(id, by: excess)
    for projection in own { graph[projection].shift -= excess }
  }

  /// Returns the projections in place of `projection`.
  private mutating func digits(of projection: Projection) throws(Diagnostic) -> [Projection] {
    let target = projection.target.index
    guard let id = projection.kind.weights else {
      if graph[projection.target].model != .relay { values[target].insert(1 << projection.shift) }
      return [projection]
    }
    let weights = try graph.tensors.integers(id)
    if let value = weights.first(where: { $0 != 0 }), weights.binaryDigits(signed: true) == 1 {
      values[target].insert(Int(value) << projection.shift)
      return [projection]
    }
    let limit = Int32(1) << Int32(types - 1)
    if let wide = weights.first(where: { !(-limit..<limit ~= $0) }) {
      problems.append(.wideDigits(projection.name, wide, types))
      return [projection]
    }
    var result: [Projection] = []
    for digit in 0..<types {
      let isSign = digit == types - 1
      let bits = weights.map { Int8($0 >> Int32(digit) & 1) }
      guard bits.contains(1) else { continue }
      var own = projection
      own.name = "\(projection.name)/\(digit)"
      own.shift += digit
      if own.shift > 24 {
        problems.append(.wideDigits(projection.name, weights.max() ?? 0, types))
        return [projection]
      }
      own.kind.weights = graph.tensors.add(
        Tensor(
          "\(graph.tensors[id].name)/\(digit)", shape: graph.tensors[id].shape,
          data: .int8(isSign ? bits.map { -$0 } : bits)))
      values[target].insert((isSign ? -1 : 1) << own.shift)
      result.append(own)
    }
    return result
  }
}

extension Diagnostic {

  fileprivate static func wideDigits(_ name: String, _ found: Int32, _ bits: Int) -> Diagnostic {
    .error(
      "legalize.weight-bits",
      "a weight of '\(name)' is \(found), which \(bits) binary digits do not hold",
      at: .entity(name), notes: ["quantize{bits=\(min(8, bits))}", "split-weights{bits=\(bits)}"],
      exitCode: .doesNotFit)
  }

  fileprivate static func largeValue(_ name: String, _ found: Int, _ most: Int) -> Diagnostic {
    .error(
      "legalize.axon-weight", "a spike adds \(found) to neurons of '\(name)', at most \(most)",
      at: .entity(name),
      notes: ["split-fan-in{worth=n} makes the units of neurons with parts larger"],
      exitCode: .doesNotFit)
  }

  fileprivate static func manyTypes(_ name: String, _ found: Int, _ most: Int) -> Diagnostic {
    .error(
      "legalize.axon-types",
      "neurons of '\(name)' need \(found) different weights, a neuron keeps \(most)",
      at: .entity(name),
      notes: [
        "quantize to \(most, of: "bit"), so that all projections share the same powers of two"
      ],
      exitCode: .doesNotFit)
  }
}
