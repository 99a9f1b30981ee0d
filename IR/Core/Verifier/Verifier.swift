// The verifier: the rules that a graph obeys before a pass, an executor or a backend trusts it.
//
// Rules of both levels
//   ir.duplicate-name       names of nodes, and of populations, are unique     Rule+Names
//   ir.bad-tensor           tensors exist, have sound shapes and all elements  Rule+Tensors
//   ir.non-finite           constants and parameters are finite                Rule+Tensors
//   ir.no-input, ir.no-output   the network has an input and an output         Rule+Operands, +Ends
//   ir.bad-element-type     constants have the types that their use needs      Rule+Types
// Rules of the level `ann`
//   ir.bad-operand, ir.use-before-def, ir.bad-output   values exist, operands come first
//                                                                              Rule+Operands
//   ir.bad-operand-count, ir.bad-shape   operators agree with their operands   Rule+Operators
//   ir.bad-variance         variances plus epsilon are positive                Rule+Operators
//   ir.bad-threshold        clipping ranges are positive, one a channel        Rule+Operators
//   ir.bad-response         gains and amplitudes of soft-lif are positive      Rule+Operators
// Rules of the level `snn`
//   ir.bad-code             windows have an accepted number of ticks           Rule+Populations
//   ir.code-mismatch        all populations or none have the code rate         Rule+Populations
//   ir.bad-shape            populations are images or vectors                  Rule+Populations
//   ir.bad-parameter        thresholds, biases and units fit the population    Rule+Populations
//   ir.bad-threshold, ir.bad-unit   they are positive                          Rule+Populations
//   ir.bad-neuron           numbers of leaky neurons are in range              Rule+Populations
//   ir.bad-staircase        thresholds ascend, values are within the code      Rule+Staircases
//   ir.unexpected-parameter, ir.missing-quantum   parameters have a meaning    Rule+Populations
//   ir.bad-population       projections, encoders, decoders name populations   Rule+Projections
//   ir.backward-projection  projections go from earlier to later populations   Rule+Projections
//   ir.bad-shift, ir.bad-delay   they are in range                             Rule+Projections
//   ir.bad-shape            connections fit the populations that they join     Rule+Connections
//   ir.bad-wire             wires start at neurons of the source               Rule+Connections
//   ir.fed-source, ir.bad-maximum, ir.integrator-feeds   neurons are fed as their model needs
//                                                                              Rule+Roles
//   ir.bad-encoder, ir.bad-preprocessing, ir.bad-decoder, ir.undecoded-integrator
//                           sources are encoded once, integrators are decoded  Rule+Ends
//   ir.mixed-types          a graph is quantized as a whole or not at all      Rule+Types
// Rules of the level `mapped`, beside those of `snn`
//   ir.bad-slice            slices are boxes of neurons of their populations   Rule+Slices
//   ir.misplaced-neurons    every neuron has exactly one place                 Rule+Slices
//
// Not checked: what elided tensors hold; whether sums can overflow 32 bits (that depends on the
// executor's order); whether every value or population is used; what plugins' operators mean; the
// parameters of an activation beyond being finite; uniqueness of the names of projections.

public import Diagnostics

extension ANNGraph {

  /// Returns every violation of the rules of the level `ann`; empty if the graph is sound.
  ///
  /// Never traps, whatever the graph holds.
  ///
  /// - Complexity: O(nodes + operands + elements of tensors).
  public func verify() -> [Diagnostic] {
    Self.verifierRules.diagnostics(of: self)
  }

  /// The rules of the level `ann`.
  public static var verifierRules: [VerifierRule<ANNGraph>] {
    [
      .uniqueNames, .soundTensors, .finiteTensors, .operandsComeFirst, .hasInputAndOutput,
      .shapesFollow, .floatingPointConstants, .finiteParameters, .positiveVariances,
      .positiveThresholds, .positiveResponses,
    ]
  }
}

extension SpikingGraph {

  /// Returns every violation of the rules of the level `snn`; empty if the graph is sound.
  ///
  /// Never traps, whatever the graph holds.
  ///
  /// - Complexity: O(populations + projections + elements of tensors).
  public func verify() -> [Diagnostic] {
    Self.verifierRules.diagnostics(of: self)
  }

  /// The rules of the level `snn`.
  public static var verifierRules: [VerifierRule<SpikingGraph>] {
    [
      .uniqueNames, .soundTensors, .finiteTensors, .soundPopulations, .codesAgree, .constantsExist,
      .parametersFit, .parametersArePositive, .staircasesAscend, .leakyNeurons,
      .currentBasedNeurons, .bitShiftNeurons,
      .noParametersWithoutMeaning, .projectionsGoForward, .shiftsAndDelays, .connectionsFit,
      .wiresStartAtNeurons, .fedAsModelsNeed, .hasEncodersAndDecoders, .encodersFit, .decodersFit,
      .elementTypes, .quantizedAsAWhole,
    ]
  }
}

extension MappedGraph {

  /// Returns every violation of the rules of the levels `snn` and `mapped`; empty if the graph is
  /// sound.
  ///
  /// Never traps, whatever the graph holds.
  ///
  /// - Complexity: O(neurons + projections + elements of tensors).
  public func verify() -> [Diagnostic] {
    graph.verify() + Self.verifierRules.diagnostics(of: self)
  }

  /// The rules of the level `mapped` beside those of `snn`.
  public static var verifierRules: [VerifierRule<MappedGraph>] {
    [.slicesAreBoxes, .neuronsHavePlaces]
  }
}

extension Program {

  /// Returns every violation of the rules of the program's level; empty if it is sound.
  public func verify() -> [Diagnostic] {
    switch self {
    case .ann(let graph): graph.verify()
    case .snn(let graph): graph.verify()
    case .mapped(let graph): graph.verify()
    }
  }
}
