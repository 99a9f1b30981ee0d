// Networks on analog arrays in vector mode: matrices are read on the tiles of a layout, everything
// else is computed by the executor of tensor graphs.

package import Diagnostics
internal import HardwareTargets
internal import Kernels
package import SpikeIR
package import SpikeInterpreter

/// What an emulation assumes beyond the description of the machine.
package struct EmulationOptions: Hashable, Sendable {

  /// Where the random numbers of manufacture and programming begin.
  package var chipSeed: UInt64 = 1

  /// Where those of reads begin.
  package var runSeed: UInt64 = 1

  /// The time since programming, seconds.
  package var seconds = 0.0

  /// How often test vectors are read to measure the columns of each block before anything else, so
  /// that digital units take out how they differ; 0 if they are not measured.
  package var calibrationReads = 0

  /// What reads do, in place of what the description says.
  package var reading: ReadParameters?

  /// What devices do, in place of what the description says.
  package var devices: DeviceModel?

  /// Creates the usual options.
  package init() {}
}

/// A network whose matrices are on the tiles of a layout, in vector mode.
package struct CrossbarEmulator: Sendable {

  /// What runs the network: its samples' numbers are those of images.
  package let executor: ANNExecutor

  /// What is assumed.
  package let options: EmulationOptions

  private let layers: [EmulatedLayer]

  /// The members of the description that exist and are not known.
  package let unknown: [String]

  /// Programs the tiles of a layout and prepares the rest of the network.
  ///
  /// - Parameters:
  ///   - graph: the network, of the level `ann`.
  ///   - layout: where its matrices are.
  ///   - options: the seeds and the time.
  /// - Throws: `crossbar.bad-array`, what `ANNExecutor` throws, `ir.elided-tensor`.
  /// - Complexity: O(cells).
  package init(
    _ graph: ANNGraph, _ layout: CrossbarLayout, _ options: EmulationOptions = .init()
  ) throws(CompileError) {
    var layers: [EmulatedLayer] = []
    var replacements: [NodeID: any ANNReplacement] = [:]
    let arrays = try liftingDiagnostic { () throws(Diagnostic) in
      try EmulatedArrays.all(of: layout, options)
    }
    for (number, layer) in layout.layers.enumerated() {
      guard case .node(let id) = layer.matrix.source else { continue }
      let emulated = try liftingDiagnostic { () throws(Diagnostic) in
        try EmulatedLayer(
          layer, number: number, of: layout, tensors: graph.tensors, arrays[layer.kind], options)
      }
      layers.append(emulated)
      replacements[id] = emulated
    }
    executor = try ANNExecutor(graph, replacing: replacements)
    self.layers = layers
    self.options = options
    unknown = Array(Set(arrays.flatMap(\.reading.unknown))).sorted()
  }

  /// What was done so far in each layer of the layout, over all samples.
  package var counts: [LayerReadCounts] { layers.map(\.counts) }
}

extension EmulatedArrays {

  /// Returns the arrays of a layout, class by class.
  static func all(
    of layout: CrossbarLayout, _ options: EmulationOptions
  ) throws(Diagnostic) -> [EmulatedArrays] {
    var result: [EmulatedArrays] = []
    for features in layout.arrays {
      guard let core = layout.target.cores.first(where: { $0.name == features.name }),
        let analog = core.analog
      else { throw .badRead("no description", expected: "one of its arrays", of: features.name) }
      var reading = ReadParameters()
      var devices = DeviceModel()
      if let given = options.reading {
        reading = given
      } else {
        reading = try ReadParameters(analog, name: features.name)
      }
      if let given = options.devices {
        devices = given
      } else {
        devices = try DeviceModel(analog, name: features.name)
      }
      var arrays = EmulatedArrays(features: features, reading: reading, devices: devices)
      // Weights of arrays that also hold synapses of neurons are whole numbers.
      if options.devices == nil, let most = core.synapse?.weight.max {
        arrays.largestCode = Double(most)
      }
      result.append(arrays)
    }
    return result
  }
}
