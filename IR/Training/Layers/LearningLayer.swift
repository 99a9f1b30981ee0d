// Dense layers and convolutions whose matrices compute and learn by themselves.

internal import Kernels

/// A convolution, grouped or not, or a dense layer as a convolution with one tap.
///
/// Windows are gathered as vectors, one a position, each with a 1 at the end if there is an offset:
/// the stream that an array is given. The transposed read gives the gradients of the windows, which
/// are added up where windows overlap.
struct LearningLayer: TrainingLayer {

  /// The operand, [height, width, channels], and the result, [rows, columns, outputs].
  let input, output: Buffer

  /// The geometry.
  let window: ImageWindow

  /// The number of output channels.
  let outputs: Int

  /// Whether there is an offset.
  let hasOffset: Bool

  /// The matrices, one a group of channels.
  let matrices: [any LearningMatrix]

  private var inner: Int { window.channels / matrices.count }
  private var outer: Int { outputs / matrices.count }
  private var terms: Int { window.tapRows * window.tapColumns * inner }
  private var inputs: Int { terms + (hasOffset ? 1 : 0) }

  /// The number of elements of scratch memory.
  static func scratchCount(_ window: ImageWindow, groups: Int, outputs: Int) -> Int {
    let inputs = window.tapRows * window.tapColumns * (window.channels / groups) + 1
    return window.positions * (2 * inputs + outputs / groups) + inputs
  }

  /// The parts of the scratch memory.
  private func scratch(
    _ pass: LayerPass
  ) -> (
    x: UnsafeMutablePointer<Float>, z: UnsafeMutablePointer<Float>, y: UnsafeMutablePointer<Float>
  ) {
    let count = window.positions * inputs
    return (pass.scratch, pass.scratch + count, pass.scratch + 2 * count)
  }

  func forward(_ pass: LayerPass) {
    let (x, _, y) = scratch(pass)
    for s in 0..<pass.samples {
      let result = pass.value(output) + s * output.count
      for (g, matrix) in matrices.enumerated() {
        gather(x, pass.value(input) + s * input.count, group: g)
        let out = matrices.count == 1 ? result : y
        var target = UnsafeMutableBufferPointer(start: out, count: window.positions * outer)
          .mutableSpan
        matrix.read(
          &target, UnsafeBufferPointer(start: x, count: window.positions * inputs).span,
          count: window.positions, pass.presentation)
        guard matrices.count > 1 else { continue }
        for p in 0..<window.positions {
          (result + p * outputs + g * outer).update(from: y + p * outer, count: outer)
        }
      }
    }
  }

  func backward(_ pass: LayerPass) {
    guard let gradients = pass.gradient(output) else { return }
    let (x, z, y) = scratch(pass)
    let positions = window.positions
    for s in 0..<pass.samples {
      let gradient = gradients + s * output.count
      for (g, matrix) in matrices.enumerated() {
        var errors = UnsafePointer(gradient)
        if matrices.count > 1 {
          for p in 0..<positions {
            (y + p * outer).update(from: gradient + p * outputs + g * outer, count: outer)
          }
          errors = UnsafePointer(y)
        }
        let d = UnsafeBufferPointer(start: errors, count: positions * outer).span
        if let sum = pass.gradient(input) {
          var target = UnsafeMutableBufferPointer(start: z, count: positions * inputs).mutableSpan
          matrix.readTransposed(&target, d, count: positions, pass.presentation)
          scatter(sum + s * input.count, z, group: g)
        }
        gather(x, pass.value(input) + s * input.count, group: g)
        matrix.learn(
          UnsafeBufferPointer(start: x, count: positions * inputs).span, d, count: positions,
          pass.presentation)
      }
    }
  }

  /// Copies the windows of a group, with ones at their ends.
  private func gather(
    _ x: UnsafeMutablePointer<Float>, _ image: UnsafePointer<Float>, group: Int
  ) {
    guard hasOffset else {
      return window.gatherColumns(
        x, from: image, positions: 0..<window.positions, first: group * inner, count: inner)
    }
    for p in 0..<window.positions {
      let row = x + p * inputs
      window.gatherColumns(
        row, from: image, positions: p..<p + 1, first: group * inner, count: inner)
      row[terms] = 1
    }
  }

  /// Adds the gradients of the windows of a group, without those of the ones.
  private func scatter(
    _ image: UnsafeMutablePointer<Float>, _ z: UnsafePointer<Float>, group: Int
  ) {
    for p in 0..<window.positions {
      window.scatterColumns(
        into: image, from: z + p * inputs, positions: p..<p + 1, first: group * inner,
        count: inner)
    }
  }
}
