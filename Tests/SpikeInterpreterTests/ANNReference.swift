// What each operator means, by index arithmetic in double precision: the textbook that the
// executor is held against.

import Glibc
import Kernels
import SpikeIR

/// The value of an operator with the magnitude that rounding errors are measured against.
struct ReferenceValue {

  /// The value, to double precision.
  var values: [Double]

  /// The sum of the magnitudes of the terms of each element.
  var magnitudes: [Double]

  /// Creates a value of single terms.
  init(_ values: [Double]) {
    self.values = values
    magnitudes = values.map { abs($0) }
  }

  init(_ sums: ReferenceValues) {
    (values, magnitudes) = (sums.values, sums.magnitudes)
  }
}

/// The operands of an operator, and where its constants are.
struct ReferenceOperands {

  var values: [[Float]]
  var shapes: [Shape]
  var out: Shape
  var tensors: TensorStore

  /// Returns operand i at `index` of the result, broadcast.
  func element(_ i: Int, at index: [Int]) -> Double {
    Double(values[i][broadcastIndex(index, shapes[i])])
  }

  /// Returns constant `id` at `index` of the result, broadcast, or `fallback` without one.
  func constant(_ id: TensorID?, at index: [Int], or fallback: Double) throws -> Double {
    guard let id else { return fallback }
    return Double(try tensors.floats(id)[broadcastIndex(index, tensors[id].shape)])
  }

  /// Returns the sums of the terms that `body` gives for each index of the result.
  func sums(_ body: ([Int]) throws -> [Double]) rethrows -> ReferenceValue {
    let terms = try indices(of: out).map(body)
    var result = ReferenceValue(terms.map { $0.reduce(0, +) })
    result.magnitudes = terms.map { $0.reduce(0) { $0 + abs($1) } }
    return result
  }

  /// Returns what `body` makes of each index of the result.
  func map(_ body: ([Int]) throws -> Double) rethrows -> ReferenceValue {
    ReferenceValue(try indices(of: out).map(body))
  }

  private func broadcastIndex(_ index: [Int], _ shape: Shape) -> Int {
    let own = index.suffix(shape.rank)
    return zip(own, shape.extents).reduce(0) { $0 * $1.1 + ($1.1 == 1 ? 0 : $1.0) }
  }
}

/// Returns all indices of a shape in row-major order.
func indices(of shape: Shape) -> [[Int]] {
  shape.extents.reduce([[]]) { prefixes, extent in
    prefixes.flatMap { prefix in (0..<extent).map { prefix + [$0] } }
  }
}

/// Returns the position of `index` in row-major order.
func flat(_ index: [Int], in shape: Shape) -> Int {
  zip(index, shape.extents).reduce(0) { $0 * $1.1 + $1.0 }
}

extension Op {

  /// Returns the value for the given operands; `nil` for functions that have tests of their own.
  // size: table
  func reference(_ x: ReferenceOperands) throws -> ReferenceValue? {
    switch self {
    case .input, .custom, .activation, .softmax: return nil
    case .constant(let op): return try x.map { try x.constant(op.value, at: $0, or: 0) }
    case .conv2d(let op):
      return ReferenceValue(
        convolutionReference(
          x.values[0], kernel: try x.tensors.floats(op.kernel),
          bias: try op.bias.map { try x.tensors.floats($0) },
          window: window(op.window, x.shapes[0], x.out), outputChannels: x.out[2],
          groups: op.groups))
    case .convTranspose2d(let op):
      return ReferenceValue(
        transposedConvolutionReference(
          x.values[0], kernel: try x.tensors.floats(op.kernel),
          bias: try op.bias.map { try x.tensors.floats($0) },
          window: window(op.window, x.out, x.shapes[0]), inputChannels: x.shapes[0][2],
          groups: op.groups))
    case .dense(let op): return try product(op, x)
    case .pool(let op): return pooled(op, x)
    case .batchNorm(let op):
      return try x.sums { index in
        let variance = try x.constant(op.variance, at: index, or: 1)
        let root = (variance + Double(op.epsilon)).squareRoot()
        let factor = try x.constant(op.scale, at: index, or: 1) / root
        return [
          x.element(0, at: index) * factor, -(try x.constant(op.mean, at: index, or: 0)) * factor,
          try x.constant(op.offset, at: index, or: 0),
        ]
      }
    case .fakeQuantize(let op):
      return x.map { index in
        let step = Double((Float(x.element(0, at: index)) / op.scale).rounded(.toNearestOrEven))
        let bounded = min(max(step, Double(op.low - op.zeroPoint)), Double(op.high - op.zeroPoint))
        return step.isNaN ? .nan : bounded * Double(op.scale)
      }
    case .prelu(let op):
      return try x.map { index in
        let element = x.element(0, at: index)
        return element >= 0 ? element : element * (try x.constant(op.slope, at: index, or: 0))
      }
    case .softLIF(let op):
      return try x.map { index in
        let gain = try x.constant(op.gain, at: index, or: 0)
        let j = gain * (x.element(0, at: index) + (try x.constant(op.offset, at: index, or: 0)))
        let gamma = Double(op.gamma)
        // Above 40 the softened rectifier is the identity to all digits; below −40 it is γ·e^(j/γ),
        // which may underflow.
        let softened = j / gamma > 40 ? j : gamma * log1p(exp(j / gamma))
        let s = op.gamma > 0 ? softened : j > 0 || j.isNaN ? j : 0
        let delay = op.gamma > 0 && j / gamma < -40 ? -j / gamma - log(gamma) : log1p(1 / s)
        let period = Double(op.tauRef) + Double(op.tauRC) * delay
        return try x.constant(op.amplitude, at: index, or: 0) / period
      }
    case .scale(let op):
      return try x.sums { index in
        [
          x.element(0, at: index) * (try x.constant(op.factor, at: index, or: 1)),
          try x.constant(op.offset, at: index, or: 0),
        ]
      }
    case .elementwise(let op):
      return x.sums { index in op.terms(x.values.indices.map { x.element($0, at: index) }) }
    case .concat, .reshape, .transpose, .pad, .slice, .upsample, .take:
      return x.map { index in
        origin(of: index, x).map { Double(x.values[$0.operand][$0.position]) } ?? padding
      }
    }
  }

  /// The value of elements that come from nowhere.
  private var padding: Double {
    if case .pad(let op) = self { Double(op.value) } else { .nan }
  }

  /// Returns where the element at `index` of an operator that moves elements comes from.
  private func origin(
    of index: [Int], _ x: ReferenceOperands
  ) -> (operand: Int, position: Int)? {
    var origin = index
    switch self {
    case .concat(let op):
      var i = 0
      while origin[op.axis] >= x.shapes[i][op.axis] {
        origin[op.axis] -= x.shapes[i][op.axis]
        i += 1
      }
      return (i, flat(origin, in: x.shapes[i]))
    case .reshape: return (0, flat(index, in: x.out))
    case .transpose(let op): for (i, d) in op.order.enumerated() { origin[d] = index[i] }
    case .pad(let op): origin = zip(index, op.low).map { $0 - $1 }
    case .slice(let op): origin = index.indices.map { op.starts[$0] + index[$0] * op.steps[$0] }
    case .upsample(let op):
      origin = [index[0] / op.factors.height, index[1] / op.factors.width, index[2]]
    case .take(let op): origin[op.axis] = op.indices[index[op.axis]]
    default: return nil
    }
    let isInside = zip(origin, x.shapes[0].extents).allSatisfy { (0..<$1).contains($0) }
    return isInside ? (0, flat(origin, in: x.shapes[0])) : nil
  }

  private func product(_ op: Dense, _ x: ReferenceOperands) throws -> ReferenceValue {
    let (kernel, extents) = (try x.tensors.floats(op.kernel), x.tensors[op.kernel].shape)
    var result = try x.map { index in
      try x.constant(op.bias, at: [index[index.count - 1]], or: 0)
    }
    for (o, index) in indices(of: x.out).enumerated() {
      let row = flat(Array(index.dropLast()), in: Shape(Array(x.out.extents.dropLast())))
      for c in 0..<extents[0] {
        let weight = Double(kernel[c * extents[1] + index[index.count - 1]])
        let term = Double(x.values[0][row * extents[0] + c]) * weight
        result.values[o] += term
        result.magnitudes[o] += abs(term)
      }
    }
    return result
  }

  private func pooled(_ op: Pool, _ x: ReferenceOperands) -> ReferenceValue {
    let window = window(op.window, x.shapes[0], x.out)
    let windows = poolReference(x.values[0], window: window)
    let size = Double(window.tapRows * window.tapColumns)
    var result = ReferenceValue(
      windows.map { elements in
        switch op.kind {
        case .maximum:
          let isNumber = elements.allSatisfy { !$0.isNaN }
          return elements.isEmpty ? 0 : isNumber ? elements.max() ?? 0 : .nan
        case .average:
          let divisor = op.countsPadding ? size : Double(max(1, elements.count))
          return elements.reduce(0, +) / divisor
        }
      })
    result.magnitudes = windows.map { $0.reduce(0) { $0 + abs($1) } }
    return result
  }

  private func window(_ window: Window, _ image: Shape, _ out: Shape) -> ImageWindow {
    ImageWindow(
      height: image[0], width: image[1], channels: image[2], rows: out[0], columns: out[1],
      tapRows: window.size.height, tapColumns: window.size.width,
      strideY: window.strides.height, strideX: window.strides.width,
      dilationY: window.dilations.height, dilationX: window.dilations.width,
      top: window.padding.top, left: window.padding.left)
  }
}

extension Elementwise {

  /// Returns terms whose sum is the combination of some numbers.
  fileprivate func terms(_ x: [Double]) -> [Double] {
    if kind == .maximum || kind == .minimum, x.contains(where: \.isNaN) { return [.nan] }
    switch kind {
    case .add: return x
    case .subtract: return [x[0], -x[1]]
    case .multiply: return [x.reduce(1, *)]
    case .divide: return [x[0] / x[1]]
    case .average: return x.map { $0 / Double(x.count) }
    case .maximum: return [x.max() ?? 0]
    case .minimum: return [x.min() ?? 0]
    }
  }
}
