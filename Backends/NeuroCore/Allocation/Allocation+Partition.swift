// From a partition to tables whose cores have no places yet.

package import Diagnostics
package import HardwareTargets
internal import SpikeIR

extension Allocation {

  /// Lays out what a partition needs; cores keep its numbers until they are placed.
  ///
  /// - Parameters:
  ///   - partition: the network cut into slices.
  ///   - target: the machine.
  /// - Throws: `mapping.too-many-paths`, `ir.elided-tensor`.
  package init(of partition: Partition, on target: TargetDescription) throws(CompileError) {
    let cores = partition.cores.enumerated().map { number, core in
      CoreEntry(number: number, kind: core.kind, position: GridPoint(x: 0, y: 0), used: core.used)
    }
    try self.init(of: partition.mapped, on: target, cores: cores)
    try countWords()
  }

  /// Fills in the memory of synapses: that of all lists of a path into a slice, which several blocks
  /// of axons may share, at the first connection of the two.
  ///
  /// - Throws: `mapping.too-many-paths`, `ir.elided-tensor`.
  private mutating func countWords() throws(CompileError) {
    let network = try NetworkModel(graph, on: target)
    let accountants = target.cores.indices.map { ResourceAccountant(network, kind: $0) }
    var counted = Set<[Int]>()
    let kinds = Dictionary(cores.map { ($0.number, $0.kind) }) { first, _ in first }
    for i in connections.indices {
      let (path, slice) = (connections[i].path, mapped.slices[connections[i].target])
      guard counted.insert([path, connections[i].target.index]).inserted else { continue }
      let kind = kinds[slice.core] ?? 0
      connections[i].words = accountants[kind].memory(along: path, into: slice.box)
    }
  }
}
