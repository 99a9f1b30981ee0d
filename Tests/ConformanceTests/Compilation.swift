// Compiling networks the way the command does, pass by pass, for comparing executors on them.

import DataIO
import Diagnostics
import FoundationEssentials
import KerasFrontend
import PluginAPI
import SpikeIR
import SpikePasses
import Testing

/// The folder of the package.
private let root = URL(filePath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent().path()

/// The codes under which every network is compiled, with a usual number of ticks.
let usualCodes: [SpikeCode] = [
  .rate(timesteps: 16), .phased(timesteps: 8), .weighted(bits: 5),
]

/// Returns `graph` as a quantized spiking network of the given code.
///
/// Every pass is followed by the verifier, whose findings are thrown as internal errors. With a
/// `synapse`, rectifiers become leaky neurons.
func compiled(
  _ graph: ANNGraph, _ code: SpikeCode, calibratedOn inputs: CalibrationInputs,
  preprocessing: Preprocessing = Preprocessing(), synapse: String? = nil
) throws(CompileError) -> SpikingGraph {
  var program = Program.ann(graph)
  var context = PassContext()
  context.calibration = inputs
  context.preprocessing = preprocessing
  let pipeline = try liftingDiagnostic { () throws(Diagnostic) in
    try Pipeline(
      parsing: "simplify,relax-quantization,sink-transposes,simplify,expand-activations,"
        + "fold-batchnorm,"
        + "calibrate{levels=\(code.levels)},\(synapse == nil ? "" : "soften,")"
        + "convert{code=\(code.keyword),timesteps=\(code.timesteps),"
        + "synapse=\(synapse ?? "none")},quantize",
      known: Pass.builtIn)
  }
  try pipeline.run(on: &program, &context, verifiesEach: true)
  guard case .snn(let result) = program else { preconditionFailure("internal: not converted") }
  return result
}

/// A trained network of the fixtures and examples, with images for it.
struct TrainedNetwork: Sendable, CustomTestStringConvertible {

  /// The path of the model, from the package's folder.
  let model: String

  /// The path of the images.
  let images: String

  /// The path in reports.
  var testDescription: String { model }

  /// Returns the absolute path of a file of the package.
  func path(of file: String) -> String { "\(root)/\(file)" }

  /// Every trained network that comes with the package.
  static let all: [TrainedNetwork] =
    ["depthwise", "maxpool", "mlp", "plain", "residual"].map {
      TrainedNetwork(
        model: "Tests/Fixtures/keras/networks/\($0).h5",
        images: "Tests/Fixtures/keras/networks/images64-idx3-ubyte.gz")
    } + [
      TrainedNetwork(
        model: "Examples/fashion-mnist/fashion_cnn.h5",
        images: "Examples/fashion-mnist/test1000-images-idx3-ubyte.gz"),
      lenet, example("compact"),
    ]

  /// A network of hyperbolic tangents.
  static let lenet = example("lenet")

  /// Returns a network for Fashion-MNIST of the examples.
  static func example(_ name: String) -> TrainedNetwork {
    TrainedNetwork(
      model: "Examples/networks/fashion-mnist/\(name).h5",
      images: "Examples/fashion-mnist/test1000-images-idx3-ubyte.gz")
  }

  /// Returns the network with a quantized spiking network of the given code and `count` images; of
  /// leaky neurons if a `synapse` is given.
  func compiled(
    _ code: SpikeCode, images count: Int, synapse: String? = nil
  ) throws(CompileError) -> (graph: SpikingGraph, images: [[Float]]) {
    let (_, graph, images) = try compiledWithOriginal(code, images: count, synapse: synapse)
    return (graph, images)
  }

  /// Returns the network, calibrated on up to 256 of the images, and what it was compiled from.
  func compiledWithOriginal(
    _ code: SpikeCode, images count: Int, synapse: String? = nil
  ) throws(CompileError) -> (original: ANNGraph, graph: SpikingGraph, images: [[Float]]) {
    let (network, samples) = try loaded(images: max(32, count))
    let graph = try ConformanceTests.compiled(
      network, code,
      calibratedOn: CalibrationInputs(count: min(256, samples.count)) { [samples] in
        [samples[$0]]
      },
      preprocessing: Self.preprocessing, synapse: synapse)
    return (network, graph, Array(samples.prefix(count)))
  }

  private static let preprocessing = Preprocessing(scale: 1 / 255)

  /// Returns the network as imported, and up to `count` of the images.
  func loaded(
    images count: Int
  ) throws(CompileError) -> (network: ANNGraph, images: [[Float]]) {
    var sink = DiagnosticSink()
    let network = try KerasFrontend().load(
      path: "\(root)/\(model)", options: ImportOptions(), sink: &sink
    ).graph
    let samples = try liftingDiagnostic { () throws(Diagnostic) in
      let source = try DataSource(opening: "\(root)/\(images)", sink: &sink)
      let set = try ImageSet(
        source, matching: network[network.inputs[0]].shape, preprocessing: Self.preprocessing)
      var samples: [[Float]] = []
      for i in 0..<min(set.count, count) { samples.append(try set.sample(i)) }
      return samples
    }
    return (network, samples)
  }
}
