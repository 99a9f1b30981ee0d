// The trained networks of the examples: what they say of test images is what Keras said of them.

import FoundationEssentials
import SpikeIR
import SpikeInterpreter
import TestSupport
import Testing

@Suite("Networks of the examples") struct ExampleNetworkTests {

  private static let names = [
    "compact", "depthwise", "lenet", "maxpool", "mlp", "residual", "unbiased",
  ]

  @Test("every network has outputs to compare with") func complete() throws {
    let folder = TrainedNetwork.example("mlp").path(of: "Examples/networks/fashion-mnist")
    let models = try FileManager.default.contentsOfDirectory(atPath: folder)
      .filter { $0.hasSuffix(".h5") }
    #expect(models.sorted() == Self.names.map { $0 + ".h5" })
  }

  @Test("says of 200 images what Keras says", arguments: names) func outputs(name: String) throws {
    let trained = TrainedNetwork.example(name)
    let expected = try NumPyArray(
      trained.path(of: trained.model.replacing(".h5", with: ".outputs200.npy")))
    let (graph, images) = try trained.loaded(images: 200)
    try #require(expected.extents == [200, 10] && images.count == 200)
    let executor = try ANNExecutor(graph)
    for (i, image) in images.enumerated() {
      for (found, wanted) in zip(try executor.run([image])[0], expected[i]) {
        // Both are sums in single precision, of probabilities.
        #expect(abs(found - wanted) <= 1e-4, "image \(i)")
      }
    }
  }
}
