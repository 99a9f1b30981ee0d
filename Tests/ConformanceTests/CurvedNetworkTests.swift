// Trained networks of curved activations: what spikes say is what the network says.

import Diagnostics
import EventCPU
import SpikeExecution
import SpikeIR
import SpikeInterpreter
import Testing

@Suite("Curved networks in spikes") struct CurvedNetworkTests {

  @Test(
    "a tanh network keeps its classes",
    arguments: [
      (SpikeCode.weighted(bits: 6), 0.985), (.phased(timesteps: 31), 0.985),
      (.rate(timesteps: 64), 0.95),
    ])
  func classes(code: SpikeCode, agreement: Double) throws {
    let (original, graph, images) = try TrainedNetwork.lenet.compiledWithOriginal(
      code, images: 600)
    let staircases = graph.populations.elements.count { population in
      if case .staircase = population.model { true } else { false }
    }
    #expect(staircases == 4)
    let executor = try ANNExecutor(original)
    let result = try EventEngine(lowering: graph).run(
      count: images.count, options: RunOptions(threads: 2), input: { [images[$0]] },
      progress: { _ in })
    var same = 0
    for (i, image) in images.enumerated() {
      let spikes = result.outputs[i * result.outputCount..<(i + 1) * result.outputCount]
      same += spikes.largestPosition == (try executor.run([image]))[0][...].largestPosition ? 1 : 0
    }
    #expect(Double(same) >= agreement * Double(images.count), "\(same) of \(images.count)")
  }
}

extension ArraySlice<Float> {

  /// The distance from the beginning to the largest element.
  fileprivate var largestPosition: Int {
    (indices.max { self[$0] < self[$1] } ?? startIndex) - startIndex
  }
}
