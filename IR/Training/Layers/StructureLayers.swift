// Layers that move or combine elements: pooling, rearrangements, sums and products of operands.

internal import Kernels
internal import SpikeIR

/// Maximum or average pooling.
struct PoolLayer: TrainingLayer {

  /// The operand, [height, width, channels], and the result, [rows, columns, channels].
  let input, output: Buffer

  /// The geometry.
  let window: ImageWindow

  /// What is computed of a window.
  let kind: Pool.Kind

  /// What sums are divided by; the number of elements inside the image if `nil`.
  let divisor: Int?

  func forward(_ pass: LayerPass) {
    for s in 0..<pass.samples {
      let result = UnsafeMutableBufferPointer(
        start: pass.value(output) + s * output.count, count: output.count)
      var out = result.mutableSpan
      let image = UnsafeBufferPointer(
        start: pass.value(input) + s * input.count, count: input.count)
      switch kind {
      case .maximum: poolMaximum(&out, input: image.span, window: window)
      case .average: poolAverage(&out, input: image.span, window: window, divisor: divisor)
      }
    }
  }

  func backward(_ pass: LayerPass) {
    guard let gradients = pass.gradient(output), let sums = pass.gradient(input) else { return }
    for s in 0..<pass.samples {
      let (gradient, sum) = (gradients + s * output.count, sums + s * input.count)
      switch kind {
      case .maximum:
        window.addMaximumGradient(
          sum, of: gradient, at: pass.value(input) + s * input.count,
          output: pass.value(output) + s * output.count, pending: pass.scratch)
      case .average:
        window.addAverageGradient(sum, of: gradient, divisor: divisor)
      }
    }
  }
}

/// A loop nest that pairs elements of a result with elements of an operand, both ways.
struct ElementPairs: Sendable {

  /// From the operand to the result, and from the result to the operand.
  let forward, backward: StridedMap

  /// Creates the pairs; see `StridedMap`.
  init(
    extents: [Int], outStrides: [Int], inStrides: [Int], outOffset: Int = 0, inOffset: Int = 0
  ) {
    forward = StridedMap(
      extents: extents, outStrides: outStrides, inStrides: inStrides, outOffset: outOffset,
      inOffset: inOffset)
    backward = StridedMap(
      extents: extents, outStrides: inStrides, inStrides: outStrides, outOffset: inOffset,
      inOffset: outOffset)
  }

  /// Creates the pairs of an operand that is broadcast to a result, aligned at the last dimension.
  init(broadcasting operand: [Int], to result: [Int]) {
    let missing = result.count - operand.count
    let strides = StridedMap.rowMajor(operand)
    self.init(
      extents: result, outStrides: StridedMap.rowMajor(result),
      inStrides: result.indices.map { d in
        d < missing || operand[d - missing] == 1 ? 0 : strides[d - missing]
      })
  }
}

extension StridedMap {

  /// Combines elements at `input` with their partners at `out`.
  func apply(
    _ out: UnsafeMutablePointer<Float>, count: Int, input: UnsafePointer<Float>, inputCount: Int,
    _ combination: Combination
  ) {
    let result = UnsafeMutableBufferPointer(start: out, count: count)
    let operand = UnsafeBufferPointer(start: input, count: inputCount)
    var target = result.mutableSpan
    apply(&target, input: operand.span, combination)
  }
}

/// An operand with the elements of the result that its elements go to, or are part of.
struct OperandPart: Sendable {
  /// The operand.
  var input: Buffer
  /// Which elements belong together.
  var pairs: ElementPairs
}

/// A result whose elements are elements of the operands, or a constant.
struct RearrangementLayer: TrainingLayer {

  /// The operands, and where their elements go.
  let parts: [OperandPart]

  /// The result.
  let output: Buffer

  /// The value of elements that no operand gives.
  let fill: Float?

  func forward(_ pass: LayerPass) {
    for s in 0..<pass.samples {
      let out = pass.value(output) + s * output.count
      if let fill { out.update(repeating: fill, count: output.count) }
      for part in parts {
        part.pairs.forward.apply(
          out, count: output.count, input: pass.value(part.input) + s * part.input.count,
          inputCount: part.input.count, .copy)
      }
    }
  }

  func backward(_ pass: LayerPass) {
    guard let gradient = pass.gradient(output) else { return }
    for part in parts {
      guard let sum = pass.gradient(part.input) else { continue }
      for s in 0..<pass.samples {
        part.pairs.backward.apply(
          sum + s * part.input.count, count: part.input.count, input: gradient + s * output.count,
          inputCount: output.count, .add)
      }
    }
  }
}

/// A combination of operands element by element, with broadcasting.
struct CombinationLayer: TrainingLayer {

  /// The operands, with the elements of the result that their elements are part of.
  let parts: [OperandPart]

  /// The result.
  let output: Buffer

  /// How operands are combined.
  let kind: Elementwise.Kind

  /// The number of elements of scratch memory: the operands as large as the result, and a gradient.
  var scratchCount: Int { (parts.count + 1) * output.count }

  func forward(_ pass: LayerPass) {
    let combination: Combination =
      switch kind {
      case .add, .average: .add
      case .subtract: .subtract
      case .multiply: .multiply
      case .divide: .divide
      case .maximum: .maximum
      case .minimum: .minimum
      }
    for s in 0..<pass.samples {
      let out = pass.value(output) + s * output.count
      for (i, part) in parts.enumerated() {
        part.pairs.forward.apply(
          out, count: output.count, input: pass.value(part.input) + s * part.input.count,
          inputCount: part.input.count, i == 0 ? .copy : combination)
      }
      guard kind == .average else { continue }
      let factor = 1 / Float(parts.count)
      for i in 0..<output.count { out[i] *= factor }
    }
  }

  func backward(_ pass: LayerPass) {
    guard let gradients = pass.gradient(output) else { return }
    let count = output.count
    let share = pass.scratch + parts.count * count
    for s in 0..<pass.samples {
      let gradient = gradients + s * count
      if kind != .add && kind != .subtract && kind != .average { expandOperands(pass, s) }
      for (i, part) in parts.enumerated() {
        guard let sum = pass.gradient(part.input) else { continue }
        setShare(share, of: i, gradient, pass.value(output) + s * count, pass.scratch)
        part.pairs.backward.apply(
          sum + s * part.input.count, count: part.input.count, input: share, inputCount: count,
          .add)
      }
    }
  }

  /// Copies the operands of sample `s`, broadcast, to the scratch memory.
  private func expandOperands(_ pass: LayerPass, _ s: Int) {
    for (i, part) in parts.enumerated() {
      part.pairs.forward.apply(
        pass.scratch + i * output.count, count: output.count,
        input: pass.value(part.input) + s * part.input.count, inputCount: part.input.count, .copy)
    }
  }

  /// Sets `share` to the gradient by the broadcast operand i.
  private func setShare(
    _ share: UnsafeMutablePointer<Float>, of i: Int, _ gradient: UnsafePointer<Float>,
    _ value: UnsafePointer<Float>, _ operands: UnsafePointer<Float>
  ) {
    let count = output.count
    switch kind {
    case .add: share.update(from: gradient, count: count)
    case .subtract: for e in 0..<count { share[e] = i == 0 ? gradient[e] : -gradient[e] }
    case .average:
      let factor = 1 / Float(parts.count)
      for e in 0..<count { share[e] = factor * gradient[e] }
    case .multiply:
      share.update(from: gradient, count: count)
      for other in parts.indices where other != i {
        let x = operands + other * count
        for e in 0..<count { share[e] *= x[e] }
      }
    case .divide:
      let divisor = operands + count
      for e in 0..<count {
        share[e] = gradient[e] / divisor[e] * (i == 0 ? 1 : -value[e])
      }
    case .maximum, .minimum:
      // The first operand that is the result takes the gradient.
      for e in 0..<count {
        let first = parts.indices.first { operands[$0 * count + e] == value[e] }
        share[e] = first == i ? gradient[e] : 0
      }
    }
  }
}
