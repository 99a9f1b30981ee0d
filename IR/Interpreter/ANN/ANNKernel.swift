// What a step of the executor does: a kernel with its constants packed, ready to run.

internal import Kernels

/// What computes the value of a node in place of the node's own kernel, such as an emulated device.
package protocol ANNReplacement: Sendable {

  /// Computes the value of the node for a sample.
  ///
  /// Called by any worker, for several samples at the same time.
  ///
  /// - Parameters:
  ///   - out: the value, row-major. Set.
  ///   - input: the value of the node's first operand.
  ///   - sample: the number of the sample.
  func apply(_ out: inout MutableSpan<Float>, input: Span<Float>, sample: Int)
}

/// A computation of one value from others.
enum ANNKernel: Sendable {

  /// What somebody else computes.
  case replaced(any ANNReplacement)

  /// A convolution or a matrix product.
  case convolution(PackedConvolution)
  /// A depthwise convolution.
  case depthwise(DepthwiseConvolution)
  /// A transposed convolution.
  case transposed(TransposedConvolution)
  /// The largest element of each window.
  case poolMaximum(ImageWindow)
  /// The average of each window, over its elements inside the image or a fixed number.
  case poolAverage(ImageWindow, divisor: Int?)
  /// (in − mean) · factor + offset along the last dimension.
  case normalize(mean: [Float], factor: [Float], offset: [Float])
  /// A function of each element.
  case nonlinearity(Nonlinearity)
  /// The rate of leaky integrate-and-fire neurons.
  case response(SoftLIFResponse)
  /// Normalized exponentials along the last dimension.
  case softmax(channels: Int, isLogarithm: Bool)
  /// Chosen positions along a dimension.
  case select(Selection)
  /// Loops over operands and constants, one after the other, after filling the result.
  case loops(fill: Float?, [ANNLoop])

  /// The number of elements of scratch memory that the kernel needs.
  var scratchCount: Int {
    switch self {
    case .convolution(let x): x.scratchCount
    case .depthwise(let x): x.scratchCount
    case .transposed(let x): x.scratchCount
    case .poolMaximum, .poolAverage, .normalize, .nonlinearity, .response, .softmax, .select,
      .loops, .replaced:
      0
    }
  }

  /// Computes the value.
  ///
  /// - Parameters:
  ///   - out: the value. Set.
  ///   - operands: memory that begins with each operand's value.
  ///   - counts: the number of elements of each operand.
  ///   - scratch: at least `scratchCount` elements. Overwritten.
  ///   - sample: the number of the sample.
  func apply(
    _ out: inout MutableSpan<Float>, operands: [[Float]], counts: [Int], scratch: inout [Float],
    sample: Int
  ) {
    if case .loops(let fill, let loops) = self {
      if let fill { out.update(repeating: fill) }
      for loop in loops { loop.apply(&out, operands: operands, counts: counts) }
      return
    }
    let operand = operands[0]
    let input = operand.span.extracting(0..<counts[0])
    var memory = scratch.mutableSpan
    switch self {
    case .replaced(let x): x.apply(&out, input: input, sample: sample)
    case .convolution(let x): x.apply(&out, input: input, scratch: &memory)
    case .depthwise(let x): x.apply(&out, input: input, scratch: &memory)
    case .transposed(let x): x.apply(&out, input: input, scratch: &memory)
    case .poolMaximum(let window): Kernels.poolMaximum(&out, input: input, window: window)
    case .poolAverage(let window, let divisor):
      Kernels.poolAverage(&out, input: input, window: window, divisor: divisor)
    case .normalize(let mean, let factor, let offset):
      Kernels.normalize(
        &out, input: input, mean: mean.span, factor: factor.span, offset: offset.span)
    case .nonlinearity(let function): function.apply(&out, input: input)
    case .response(let x): x.apply(&out, input: input)
    case .softmax(let channels, let isLogarithm):
      Kernels.softmax(&out, input: input, channels: channels, isLogarithm: isLogarithm)
    case .select(let selection): selection.apply(&out, input: input)
    case .loops: break
    }
  }
}

/// A loop nest with the operand or constant that it reads.
struct ANNLoop: Sendable {

  /// Where elements come from.
  enum Source: Sendable {
    /// The step's operand at this position.
    case operand(Int)
    /// A constant.
    case constant([Float])
  }

  /// Which elements are paired.
  var map: StridedMap

  /// Where elements come from.
  var source: Source

  /// How elements are combined.
  var combination: Combination

  /// Runs the loops.
  fileprivate func apply(
    _ out: inout MutableSpan<Float>, operands: [[Float]], counts: [Int]
  ) {
    switch source {
    case .constant(let values): map.apply(&out, input: values.span, combination)
    case .operand(let i):
      let operand = operands[i]
      map.apply(&out, input: operand.span.extracting(0..<counts[i]), combination)
    }
  }
}
