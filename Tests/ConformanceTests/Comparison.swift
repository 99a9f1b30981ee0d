// Comparing what executors say, with the first difference named.

import SpikeIR
import Testing

/// Checks that two traces of `graph` are equal, and says where they part if not.
func expectSame(
  _ found: SpikeTrace, _ expected: SpikeTrace, in graph: SpikingGraph, _ context: String,
  _ location: SourceLocation = #_sourceLocation
) {
  if found == expected { return }
  Issue.record(
    "\(context): \(difference(found, expected, in: graph) ?? "the traces differ in shape")",
    sourceLocation: location)
}

/// Returns the first difference between two traces: the earliest population, then the earliest
/// tick, so that what follows from it is left out.
private func difference(
  _ found: SpikeTrace, _ expected: SpikeTrace, in graph: SpikingGraph
) -> String? {
  guard found.units.count == expected.units.count else { return nil }
  for p in graph.populations.ids {
    let name = "\(graph[p].model.mnemonic) '\(graph[p].name)' \(graph[p].shape) \(graph[p].code)"
    let (a, b) = (found.units[p.index], expected.units[p.index])
    guard a.map(\.count) == b.map(\.count) else {
      return "\(name) has entries of \(a.map(\.count)), expected \(b.map(\.count))"
    }
    for tick in a.indices {
      for n in a[tick].indices where a[tick][n] != b[tick][n] {
        return "\(name) emits \(a[tick][n]) from neuron \(n) in entry \(tick), expected "
          + "\(b[tick][n])"
      }
    }
    let (v, u) = (found.potentials[p.index], expected.potentials[p.index])
    guard v.count == u.count else {
      return "\(name) has \(v.count) potentials, expected \(u.count)"
    }
    for n in v.indices where v[n] != u[n] {
      return "\(name) ends at potential \(v[n]) in neuron \(n), expected \(u[n])"
    }
  }
  return nil
}

/// Checks that outputs are equal up to the rounding of single precision.
func expectClose(
  _ found: [[Float]], _ expected: [[Float]], _ context: String,
  _ location: SourceLocation = #_sourceLocation
) {
  #expect(found.map(\.count) == expected.map(\.count), "\(context)", sourceLocation: location)
  for (a, b) in zip(found.joined(), expected.joined()) {
    #expect(
      abs(a - b) <= 1e-5 * max(1, abs(b)), "\(context)", sourceLocation: location)
  }
}

extension SpikeTrace {

  /// The units that each neuron emitted in total, [population][neuron]; empty for integrators.
  var totals: [[Int32]] {
    units.map { entries in
      guard var sums = entries.first else { return [] }
      for entry in entries.dropFirst() {
        for n in entry.indices { sums[n] += entry[n] }
      }
      return sums
    }
  }
}
