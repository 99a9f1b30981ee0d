// Where the outputs of a network lie on cores, and what is noted of them there.

internal import Diagnostics
internal import Kernels
internal import SpikeExecution
internal import SpikeIR

/// An output with the slices that hold its neurons.
struct OutputSlices: Sendable {

  /// The output.
  let end: OutputEnd

  /// The first tick of its population.
  let first: Int

  /// The slices that hold the population's neurons.
  let slices: [Int]

  /// Prepares the output that `decoder` describes.
  init(_ decoder: Decoder, _ graph: SpikingGraph, _ tables: CoreTables) throws(Diagnostic) {
    end = try OutputEnd(decoder, graph)
    first = tables.starts[decoder.population.index]
    slices = tables.slices.indices.filter { tables.slices[$0].population == decoder.population }
  }
}

extension MeshWorker {

  /// Notes in `record` what slice `s` of an output has just done in its tick `own`, counted from 0.
  func note(_ s: Int, own: Int, in record: inout OutputRecord) {
    let neurons = tables.slices[s].neurons
    let tick = own + 1
    if record.notesUnits {
      for k in 0..<scratch.count {
        let i = Int(scratch.places[k])
        record.note(
          Int32(scratch.units[k]), of: Int(neurons[i]), tick: tick, leaving: potential(s, i))
      }
    }
    guard record.endsSkipping(at: tick) else { return }
    for (i, n) in neurons.enumerated() { record.begin(Int(n), potential: potential(s, i)) }
  }

  /// Returns the potential of neuron `i` of slice `s`, units of the graph.
  func potential(_ s: Int, _ i: Int) -> Int32 {
    state[s].potentials[i] >> tables.slices[s].registers.scale
  }

  /// Returns the potentials of the neurons of an output, [neurons of the population].
  func potentials(of output: OutputSlices) -> [Int32] {
    potentials(of: output.slices, count: output.end.count)
  }

  /// Returns the potentials of the neurons of some slices, [neurons of the population].
  func potentials(of slices: [Int], count: Int) -> [Int32] {
    var result = [Int32](repeating: 0, count: count)
    for s in slices {
      if case .maximum = tables.slices[s].program { continue }
      for (i, n) in tables.slices[s].neurons.enumerated() { result[Int(n)] = potential(s, i) }
    }
    return result
  }
}
