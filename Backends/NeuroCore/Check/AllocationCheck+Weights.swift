// The check of weights: what tensors hold is what the registers of the cores can.

internal import Diagnostics
internal import HardwareTargets
internal import SpikeIR

extension AllocationCheck {

  /// Checks that the weights of every path are within the range of the cores where it ends.
  ///
  /// Where weights are chosen from tables, `crossbar-weights` has made them entries of these.
  ///
  /// - Throws: `ir.elided-tensor`.
  mutating func checkWeights() throws(Diagnostic) {
    let (graph, target) = (allocation.graph, allocation.target)
    guard graph.isQuantized else { return }
    let isConstant = graph.isConstant
    var seen = Set<[Int]>()
    for path in allocation.paths where !isConstant[path.source.index] {
      let cores = slices[path.target.index].map { allocation.mapped.slices[$0].core }
      for kind in Set(cores.map { target.kind(ofCore: $0) }).sorted() {
        guard let synapse = target.cores[kind].synapse, synapse.table == nil else { continue }
        for id in path.projections where seen.insert([id.index, kind]).inserted {
          guard let weights = graph[id].kind.weights else { continue }
          let values = try graph.tensors.integers(weights)
          guard let low = values.min(), let high = values.max() else { continue }
          let range = synapse.weights(ofBothSigns: low < 0 && high > 0)
          guard range.contains(Int(low)), range.contains(Int(high)) else {
            report(
              "weight-range",
              "weights of '\(graph[id].name)' are in \(low)...\(high), a core of class "
                + "'\(target.cores[kind].name)' holds \(range.lowerBound)...\(range.upperBound)")
            continue
          }
        }
      }
    }
  }
}

extension SynapseFeatures {

  /// Returns the weights that can be stored, before the shift.
  ///
  /// A register without sign holds magnitudes, the sign is that of the list or row. Lists that may also
  /// have one sign drop the lowest bit where they mix both.
  fileprivate func weights(ofBothSigns isMixed: Bool) -> ClosedRange<Int> {
    let range = weight.range
    guard weight.isSigned else { return -range.upperBound...range.upperBound }
    guard isMixed, signModes.contains(.mixed), signModes.count > 1 else { return range }
    return range.lowerBound / 2...range.upperBound / 2
  }
}
