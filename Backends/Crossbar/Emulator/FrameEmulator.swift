// Spiking networks on analog arrays in frame mode: each tick of a projection is a read.

package import Diagnostics
internal import HardwareTargets
internal import Kernels
package import SpikeIR
package import SpikeInterpreter

/// A spiking network whose matrices are on the tiles of a layout, in frame mode.
///
/// What a projection delivers in a tick is read by arrays, whose converters give one bit: 1 where a
/// neuron spiked. Units of either sign and of larger values are read sign by sign and bit by bit, and
/// added up digitally. What a read yields is rounded to whole units of the potential; neurons,
/// their biases and all other connections are digital and exact.
package struct FrameEmulator: Sendable {

  /// What runs the network.
  package let simulator: ClockSimulator

  private let readings: [FrameReading]

  /// The members of the description that exist and are not known.
  package let unknown: [String]

  /// Programs the tiles of a layout.
  ///
  /// - Parameters:
  ///   - graph: the network, quantized.
  ///   - layout: where its matrices are.
  ///   - options: the seeds and the time.
  /// - Throws: `crossbar.bad-array`, what `ClockSimulator` throws.
  /// - Complexity: O(cells).
  package init(
    _ graph: SpikingGraph, _ layout: CrossbarLayout, _ options: EmulationOptions = .init()
  ) throws(CompileError) {
    var readings: [ProjectionID: FrameReading] = [:]
    let arrays = try liftingDiagnostic { () throws(Diagnostic) in
      try EmulatedArrays.all(of: layout, options)
    }
    for (number, layer) in layout.layers.enumerated() {
      guard case .projection(let id) = layer.matrix.source else { continue }
      let emulated = try liftingDiagnostic { () throws(Diagnostic) in
        try EmulatedLayer(
          layer, number: number, of: layout, tensors: graph.tensors, arrays[layer.kind], options)
      }
      readings[id] = FrameReading(
        layer: emulated, number: number, runSeed: options.runSeed,
        targets: graph[graph[id].target].shape.count)
    }
    simulator = try ClockSimulator(graph, reading: readings)
    self.readings = readings.values.sorted { $0.number < $1.number }
    unknown = Array(Set(arrays.flatMap(\.reading.unknown))).sorted()
  }

  /// What was done so far in each layer of the layout, over all inputs.
  package var counts: [LayerReadCounts] { readings.map(\.layer.counts) }
}

/// Reads of a projection.
private struct FrameReading: ProjectionReading {

  let layer: EmulatedLayer
  let number: Int
  let runSeed: UInt64

  /// The neurons of the target.
  let targets: Int

  func sums(of units: [Int32], image: Int, tick: Int) -> [Int64] {
    var result = [Int64](repeating: 0, count: targets)
    var counts = LayerReadCounts()
    for isNegative in [false, true] {
      let magnitudes = units.map { ($0 < 0) == isNegative ? $0.magnitude : 0 }
      let bits = magnitudes.reduce(0, |)
      for bit in 0..<UInt32(32) where bits >> bit & 1 != 0 {
        let frame = magnitudes.map { Float($0 >> bit & 1) }
        let key = RandomField(
          runSeed, UInt64(number), UInt64(image),
          UInt64(tick) << 6 | UInt64(bit) << 1
            | (isNegative ? 1 : 0), 0x4652_414d)
        var sums = [Float](repeating: 0, count: targets)
        var span = sums.mutableSpan
        counts += layer.read(&span, frame.span, key: key, areFrames: true)
        let unit = Int64(isNegative ? -1 : 1) << Int64(bit)
        for n in result.indices {
          // What is read is bounded by weights and their number; limited all the same.
          let sum = Double(sums[n].rounded(.toNearestOrEven))
          result[n] &+= unit &* Int64(min(max(sum, -0x1p30), 0x1p30))
        }
      }
    }
    layer.count(counts)
    return result
  }
}
