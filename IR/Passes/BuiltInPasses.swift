// The one list of built-in passes.

package import PluginAPI

extension Pass {

  /// The passes that come with spikec, in the order in which a compilation applies them.
  package static let builtIn: [Pass] = [
    .simplify, .relaxQuantization, .sinkTransposes, .expandActivations, .foldBatchNorm,
    .foldPooling, .equalize, .calibrate, .soften, .convert, .spikeInputs, .splitSigns,
    .poolMaximum, .foldRelays, .denseToConv, .delayReadout, .quantize, .discretizeLeaky,
    .correctBias, .splitWeights, .encodeParameters, .splitFanIn, .crossbarWeights,
    .addSplitters, .checkLegal, .boundPotentials,
  ]
}
