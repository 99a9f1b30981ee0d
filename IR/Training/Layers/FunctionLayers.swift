// Layers that work element by element: functions, neurons, constant factors and offsets.

internal import Kernels

/// An element-wise function.
struct FunctionLayer: TrainingLayer {

  /// The operand and the result.
  let input, output: Buffer

  /// The function.
  let function: Nonlinearity

  func forward(_ pass: LayerPass) {
    let count = pass.samples * output.count
    let values = UnsafeMutableBufferPointer(start: pass.value(output), count: count)
    let operand = UnsafeBufferPointer(start: pass.value(input), count: count)
    var out = values.mutableSpan
    function.apply(&out, input: operand.span)
  }

  func backward(_ pass: LayerPass) {
    guard let gradient = pass.gradient(output), let sum = pass.gradient(input) else { return }
    function.addGradient(
      sum, of: gradient, at: pass.value(input), count: pass.samples * output.count)
  }
}

/// Neurons, with the derivative that training uses.
struct NeuronLayer: TrainingLayer {

  /// What the neurons do.
  enum Response: Sendable {
    /// Leaky neurons fire at a rate.
    case softLIF(SoftLIFLayer)
    /// Neurons say steps.
    case staircase(StaircaseLayer)
  }

  /// The operand, the result, and the derivatives of the last pass.
  let input, output, slope: Buffer

  /// What the neurons do.
  let response: Response

  /// The number of the layer, so that layers draw different numbers.
  let number: Int

  func forward(_ pass: LayerPass) {
    let (out, slopes) = (pass.value(output), pass.value(slope))
    let operand = UnsafePointer(pass.value(input))
    let count = output.count
    switch (response, pass.mode) {
    case (.staircase(let layer), _):
      layer.apply(out, slope: slopes, input: operand, count: pass.samples * count)
    case (.softLIF(let layer), .evaluation):
      layer.applySharp(out, input: operand, count: pass.samples * count)
    case (.softLIF(let layer), .training(let noise, let seed, let step)):
      for s in 0..<pass.samples {
        let field = RandomField(
          seed, UInt64(step), UInt64(pass.firstSample + s), UInt64(number))
        layer.apply(
          out + s * count, slope: slopes + s * count, input: operand + s * count, count: count,
          noise: noise, field)
      }
    }
  }

  func backward(_ pass: LayerPass) {
    guard let gradient = pass.gradient(output), let sum = pass.gradient(input) else { return }
    let slopes = UnsafePointer(pass.value(slope))
    for i in 0..<pass.samples * output.count { sum[i] += gradient[i] * slopes[i] }
  }
}

/// Constant factors and offsets, which repeat along the elements of a sample.
struct AffineLayer: TrainingLayer {

  /// The operand and the result.
  let input, output: Buffer

  /// The factors and offsets, as many as divide the elements of a sample.
  let factor, offset: [Float]

  func forward(_ pass: LayerPass) {
    forEachPeriod(pass.samples) { start in
      let (x, y) = (pass.value(input) + start, pass.value(output) + start)
      for i in factor.indices { y[i] = x[i] * factor[i] + offset[i] }
    }
  }

  func backward(_ pass: LayerPass) {
    guard let gradient = pass.gradient(output), let sum = pass.gradient(input) else { return }
    forEachPeriod(pass.samples) { start in
      let (g, dx) = (gradient + start, sum + start)
      for i in factor.indices { dx[i] += g[i] * factor[i] }
    }
  }

  private func forEachPeriod(_ samples: Int, _ body: (Int) -> Void) {
    for start in stride(from: 0, to: samples * output.count, by: factor.count) { body(start) }
  }
}

/// A rectifier with a slope below 0 for each element; the slopes are not trained.
struct SlopedRectifierLayer: TrainingLayer {

  /// The operand and the result.
  let input, output: Buffer

  /// The slopes, one an element of a sample.
  let slope: [Float]

  func forward(_ pass: LayerPass) {
    for s in 0..<pass.samples {
      let (x, y) = (pass.value(input) + s * slope.count, pass.value(output) + s * slope.count)
      for i in slope.indices { y[i] = x[i] >= 0 ? x[i] : x[i] * slope[i] }
    }
  }

  func backward(_ pass: LayerPass) {
    guard let gradient = pass.gradient(output), let sum = pass.gradient(input) else { return }
    for s in 0..<pass.samples {
      let x = pass.value(input) + s * slope.count
      let (g, dx) = (gradient + s * slope.count, sum + s * slope.count)
      for i in slope.indices { dx[i] += x[i] >= 0 ? g[i] : g[i] * slope[i] }
    }
  }
}

/// Normalized exponentials along the last dimension, or their logarithms, inside a network.
struct SoftmaxLayer: TrainingLayer {

  /// The operand and the result.
  let input, output: Buffer

  /// The number of elements that are normalized together.
  let channels: Int

  /// `true` iff the logarithm is computed.
  let isLogarithm: Bool

  func forward(_ pass: LayerPass) {
    for start in stride(from: 0, to: pass.samples * output.count, by: channels) {
      let x = UnsafeBufferPointer(start: pass.value(input) + start, count: channels)
      let logarithms = logSoftmax(x)
      let y = pass.value(output) + start
      for c in 0..<channels {
        y[c] = Float(isLogarithm ? logarithms[c] : exponentialOf(logarithms[c]))
      }
    }
  }

  func backward(_ pass: LayerPass) {
    guard let gradient = pass.gradient(output), let sum = pass.gradient(input) else { return }
    for start in stride(from: 0, to: pass.samples * output.count, by: channels) {
      let (y, g, dx) = (pass.value(output) + start, gradient + start, sum + start)
      var total: Float = 0
      for c in 0..<channels { total += isLogarithm ? g[c] : g[c] * y[c] }
      for c in 0..<channels {
        dx[c] +=
          isLogarithm
          ? g[c] - Float(exponentialOf(Double(y[c]))) * total : y[c] * (g[c] - total)
      }
    }
  }
}

/// A value that does not depend on the samples.
struct ConstantLayer: TrainingLayer {

  /// The result.
  let output: Buffer

  /// The value.
  let value: [Float]

  func forward(_ pass: LayerPass) {
    value.withUnsafeBufferPointer { value in
      guard let base = value.baseAddress else { return }
      for s in 0..<pass.samples {
        (pass.value(output) + s * value.count).update(from: base, count: value.count)
      }
    }
  }

  func backward(_ pass: LayerPass) {}
}
