// The passes of a compilation for analog arrays: none that make spikes unless a code is named.

internal import Diagnostics
internal import HardwareTargets
internal import SpikeIR

/// What arrays ask of a network, as passes.
struct CrossbarPipeline: Sendable {

  /// What the user asks for.
  let request: ConversionRequest

  /// The machine.
  let target: TargetDescription

  /// Whether arrays read frames of spikes, or vectors of values otherwise.
  var readsFrames: Bool { request.code != nil || request.neuron == .leaky }

  /// The passes, as text.
  ///
  /// - Throws: what `ConversionRequest.spikeCode` throws; `driver.needs-code` for options of spiking
  ///   networks without a code.
  func text() throws(Diagnostic) -> String {
    if readsFrames { return try request.pipeline() }
    if let option = spikingOption { throw .needsCode(option, target.id) }
    return "simplify,relax-quantization,sink-transposes,simplify,fold-batchnorm"
  }

  /// An option that only spiking networks know, if there is one.
  private var spikingOption: String? {
    if request.timesteps != nil { return "--timesteps" }
    if request.weightBits != nil { return "--weight-bits" }
    if request.encoder != nil { return "--encoder" }
    if request.decoder != nil { return "--decoder" }
    return request.seed == nil ? nil : "--seed"
  }
}

extension Diagnostic {

  /// Returns an error about an option of spiking networks where arrays read vectors of values.
  fileprivate static func needsCode(_ option: String, _ target: String) -> Diagnostic {
    .error(
      "driver.needs-code",
      "'\(option)' has no effect: the arrays of '\(target)' read vectors of values",
      notes: ["add '--code rate', 'phased' or 'weighted' for frames of spikes"], exitCode: .usage)
  }
}
