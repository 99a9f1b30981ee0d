import SpikeIR
import SpikeInterpreter
import SpikePasses
import TestSupport
import Testing

@Suite("Levels of spikes in a network of operators") struct SpikeLevelsTests {

  @Test("rounds every value that spikes say to one of their levels", arguments: NetworkCase.all)
  func levels(network: NetworkCase) throws {
    var builder = NetworkBuilder(seed: 6)
    let graph = try network.build(&builder)
    let inputs = builder.samples(count: 3)
    let (program, _) = try compiled(graph, exact + ",calibrate{levels=7}", inputs)
    guard case .ann(let calibrated) = program else { throw TestFailure("level changed") }
    let code = SpikeCode.weighted(bits: 3)
    let leveled = try calibrated.withSpikeLevels(code, inputLevels: 255)
    let names = leveled.ids.filter { leveled[$0].name.hasSuffix("/exact") }
    #expect(!names.isEmpty)
    for exactID in names {
      let name = String(leveled[exactID].name.dropLast("/exact".count))
      let id = try #require(leveled.ids.first { leveled[$0].name == name })
      let threshold = try #require(calibrated.nodes.elements.first { $0.name == name }?.threshold)
      let limits = try calibrated.tensors.floats(threshold)
      let levels: Float = leveled[exactID].op == .input ? 255 : 7
      var probe = leveled
      probe.outputs = [exactID, id]
      for input in inputs {
        let values = try ANNExecutor(probe).run(input)
        for (i, (x, y)) in zip(values[0], values[1]).enumerated() {
          let limit = limits[i % limits.count]
          let clipped = min(max(x, -limit), limit)
          #expect(abs(y - clipped) <= 0.5001 * limit / levels)
          let units = y * levels / limit
          #expect(abs(units - units.rounded()) < 1e-3 && abs(units) <= levels + 1e-3)
        }
      }
    }
  }
}
