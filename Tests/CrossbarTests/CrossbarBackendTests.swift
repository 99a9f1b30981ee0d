// Tests which machines have arrays.

import HardwareTargets
import Testing

@testable import Crossbar

@Suite struct CrossbarBackendTests {

  @Test func spikingCoresAreNoArrays() throws {
    let meshes = TargetDescription.builtIn.filter { $0.family == .digitalMesh }
    #expect(!meshes.isEmpty && meshes.allSatisfy { !$0.hasAnalogArrays })
    let analog = try #require(TargetDescription.builtIn.first { $0.id == "brainscales2" })
    #expect(analog.hasAnalogArrays)
  }
}
