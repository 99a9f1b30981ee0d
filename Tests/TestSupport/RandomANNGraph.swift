// Random graphs of tensor operators that obey every rule of the verifier.

public import SpikeIR

/// What random graphs of tensor operators may contain.
public struct ANNGraphOptions: Sendable {

  /// The number of operators beside inputs.
  public var operators: ClosedRange<Int>

  /// `true` iff nodes have clipping ranges, as after calibration.
  public var hasThresholds: Bool

  /// `true` iff there are operators that only plugins know.
  public var hasCustomOperators: Bool

  /// `true` iff names contain quotes, line breaks and letters of all alphabets.
  public var hasOddNames: Bool

  /// Creates a set of options.
  public init(
    operators: ClosedRange<Int> = 1...16, hasThresholds: Bool = false,
    hasCustomOperators: Bool = false, hasOddNames: Bool = false
  ) {
    self.operators = operators
    self.hasThresholds = hasThresholds
    self.hasCustomOperators = hasCustomOperators
    self.hasOddNames = hasOddNames
  }
}

/// Returns a random graph of tensor operators that the verifier accepts.
///
/// All operators occur, in small shapes: values have at most some hundred elements. Weights are
/// between −1 and 1; values may overflow where operators divide or exponentiate.
public func randomANNGraph(
  using generator: inout SplitMix64, options: ANNGraphOptions = ANNGraphOptions()
) -> ANNGraph {
  var builder = ANNGraphBuilder(generator, options)
  let graph = builder.build()
  generator = builder.random
  return graph
}

/// Returns the random graph of tensor operators of a seed.
public func randomANNGraph(
  seed: UInt64, options: ANNGraphOptions = ANNGraphOptions()
) -> ANNGraph {
  var generator = SplitMix64(seed: seed)
  return randomANNGraph(using: &generator, options: options)
}
