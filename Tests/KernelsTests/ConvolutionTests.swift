// Convolutions of every geometry against the textbook loops in double precision.

import Kernels
import TestSupport
import Testing

/// A convolution to try: geometry, channels, groups.
struct ConvolutionCase: Sendable, CustomTestStringConvertible {

  var height = 5
  var width = 6
  var channels = 3
  var outputs = 5
  var groups = 1
  var taps = (3, 3)
  var strides = (1, 1)
  var dilations = (1, 1)
  /// Top, left, bottom, right.
  var pads = (0, 0, 0, 0)

  /// The geometry.
  var window: ImageWindow {
    let rows = height + pads.0 + pads.2 - (taps.0 - 1) * dilations.0 - 1
    let columns = width + pads.1 + pads.3 - (taps.1 - 1) * dilations.1 - 1
    return ImageWindow(
      height: height, width: width, channels: channels, rows: rows / strides.0 + 1,
      columns: columns / strides.1 + 1, tapRows: taps.0, tapColumns: taps.1, strideY: strides.0,
      strideX: strides.1, dilationY: dilations.0, dilationX: dilations.1, top: pads.0,
      left: pads.1)
  }

  var testDescription: String {
    "\(height)x\(width)x\(channels) to \(outputs), groups \(groups), taps \(taps), strides "
      + "\(strides), dilations \(dilations), pads \(pads)"
  }

  /// Every geometry in a small range that fits.
  static let geometries: [ConvolutionCase] = {
    var cases: [ConvolutionCase] = []
    for taps in [(1, 1), (2, 3), (3, 3), (5, 2)] {
      for strides in [(1, 1), (2, 1), (2, 3)] {
        for dilations in [(1, 1), (2, 2), (1, 2)] {
          for pads in [(0, 0, 0, 0), (1, 1, 1, 1), (0, 1, 2, 0), (3, 4, 1, 2)] {
            let new = ConvolutionCase(
              height: 9, width: 10, taps: taps, strides: strides, dilations: dilations, pads: pads)
            cases.append(new)
          }
        }
      }
    }
    return cases
  }()

  /// Channels around the width of a panel, images around the size of a tile, and groups.
  static let channels: [ConvolutionCase] = {
    var cases: [ConvolutionCase] = []
    for outputs in [1, 7, 15, 16, 17, 31, 32, 33, 48, 64, 100, 129] {
      for (height, width) in [(1, 1), (1, 2), (3, 3), (4, 5), (7, 7)] {
        cases.append(
          ConvolutionCase(
            height: height, width: width, channels: 4, outputs: outputs, pads: (1, 1, 1, 1)))
      }
    }
    for (channels, outputs, groups) in [(4, 8, 2), (6, 9, 3), (32, 64, 2), (12, 4, 4), (5, 5, 5)] {
      cases.append(
        ConvolutionCase(
          channels: channels, outputs: outputs, groups: groups, strides: (2, 1),
          dilations: (1, 2), pads: (1, 0, 1, 1)))
    }
    return cases
  }()
}

/// Returns `count` repeatable values in [−1, 1].
func values(_ count: Int, seed: UInt64) -> [Float] {
  var generator = SplitMix64(seed: seed)
  return (0..<count).map { _ in Float.random(in: -1...1, using: &generator) }
}

/// Checks each value against the bound of a sum of `terms` products in single precision.
func expectClose(_ found: [Float], _ expected: ReferenceValues, terms: Int) {
  #expect(found.count == expected.values.count)
  for (i, value) in found.enumerated() {
    let bound = Double(terms + 2) * 0x1p-24 * expected.magnitudes[i] + 1e-30
    let error = abs(Double(value) - expected.values[i])
    if !(error <= bound) {
      Issue.record("element \(i) is \(value), expected \(expected.values[i]) within \(bound)")
      return
    }
  }
}

@Suite("Convolution") struct ConvolutionTests {

  @Test("matches the reference", arguments: ConvolutionCase.geometries + ConvolutionCase.channels)
  func matchesReference(_ item: ConvolutionCase) {
    let window = item.window
    let terms = window.tapRows * window.tapColumns * item.channels / item.groups
    let input = values(window.inputCount, seed: 1)
    let kernel = values(terms * item.outputs, seed: 2)
    let bias = values(item.outputs, seed: 3)
    let packed = PackedConvolution(
      window, kernel: kernel, bias: bias, outputChannels: item.outputs, groups: item.groups)
    var out = [Float](repeating: .nan, count: window.positions * item.outputs)
    var scratch = [Float](repeating: .nan, count: packed.scratchCount)
    var outSpan = out.mutableSpan
    var scratchSpan = scratch.mutableSpan
    packed.apply(&outSpan, input: input.span, scratch: &scratchSpan)
    let expected = convolutionReference(
      input, kernel: kernel, bias: bias, window: window, outputChannels: item.outputs,
      groups: item.groups)
    expectClose(out, expected, terms: terms)
  }

  @Test("sums run over the taps in order, whatever the tile") func isOrdered() {
    let window = ConvolutionCase(height: 7, width: 5, channels: 9, pads: (1, 1, 1, 1)).window
    let input = values(window.inputCount, seed: 4)
    let kernel = values(9 * 9 * 20, seed: 5)
    let packed = PackedConvolution(window, kernel: kernel, bias: nil, outputChannels: 20)
    var out = [Float](repeating: .nan, count: window.positions * 20)
    var scratch = [Float](repeating: .nan, count: packed.scratchCount)
    var outSpan = out.mutableSpan
    var scratchSpan = scratch.mutableSpan
    packed.apply(&outSpan, input: input.span, scratch: &scratchSpan)
    for position in 0..<window.positions {
      for k in 0..<20 {
        var sum: Float = 0
        for t in 0..<81 {
          let row = position / 5 + t / 27 - 1
          let column = position % 5 + t / 9 % 3 - 1
          let isInside = 0..<7 ~= row && 0..<5 ~= column
          let x = isInside ? input[(row * 5 + column) * 9 + t % 9] : 0
          let product = x * kernel[t * 20 + k]
          sum += product
        }
        #expect(out[position * 20 + k] == sum)
      }
    }
  }

  @Test("an image count that differs from the shape traps") func trapsOnWrongCount() async {
    await #expect(processExitsWith: .failure) {
      let window = ConvolutionCase().window
      let packed = PackedConvolution(
        window, kernel: [Float](repeating: 0, count: 135), bias: nil, outputChannels: 5)
      var out = [Float](repeating: 0, count: window.positions * 5)
      var scratch: [Float] = []
      let input: [Float] = [0]
      var outSpan = out.mutableSpan
      var scratchSpan = scratch.mutableSpan
      packed.apply(&outSpan, input: input.span, scratch: &scratchSpan)
    }
  }
}

@Suite("Depthwise convolution") struct DepthwiseConvolutionTests {

  @Test(
    "matches the reference", arguments: ConvolutionCase.geometries,
    [(1, 1), (5, 2), (16, 1), (18, 3)]
  )
  func matchesReference(_ geometry: ConvolutionCase, _ shape: (channels: Int, multiplier: Int)) {
    var item = geometry
    item.channels = shape.channels
    let window = item.window
    let outputs = shape.channels * shape.multiplier
    let taps = window.tapRows * window.tapColumns
    let input = values(window.inputCount, seed: 1)
    let kernel = values(taps * outputs, seed: 2)
    let bias = values(outputs, seed: 3)
    let convolution = DepthwiseConvolution(
      window, kernel: kernel, bias: bias, multiplier: shape.multiplier)
    var out = [Float](repeating: .nan, count: window.positions * outputs)
    var scratch = [Float](repeating: .nan, count: convolution.scratchCount)
    var outSpan = out.mutableSpan
    var scratchSpan = scratch.mutableSpan
    convolution.apply(&outSpan, input: input.span, scratch: &scratchSpan)
    let expected = convolutionReference(
      input, kernel: kernel, bias: bias, window: window, outputChannels: outputs,
      groups: shape.channels)
    expectClose(out, expected, terms: taps)
  }
}

@Suite("Transposed convolution") struct TransposedConvolutionTests {

  @Test(
    "matches the reference", arguments: ConvolutionCase.geometries,
    [(1, 1, 1), (4, 6, 2), (3, 17, 1)]
  )
  func matchesReference(
    _ geometry: ConvolutionCase, _ shape: (inputs: Int, outputs: Int, groups: Int)
  ) {
    var item = geometry
    item.channels = shape.outputs
    let window = item.window
    let taps = window.tapRows * window.tapColumns
    let input = values(window.positions * shape.inputs, seed: 1)
    let kernel = values(taps * shape.outputs / shape.groups * shape.inputs, seed: 2)
    let bias = values(shape.outputs, seed: 3)
    let convolution = TransposedConvolution(
      window, kernel: kernel, bias: bias, inputChannels: shape.inputs, groups: shape.groups)
    var out = [Float](repeating: .nan, count: window.inputCount)
    var scratch = [Float](repeating: .nan, count: convolution.scratchCount)
    var outSpan = out.mutableSpan
    var scratchSpan = scratch.mutableSpan
    convolution.apply(&outSpan, input: input.span, scratch: &scratchSpan)
    let expected = transposedConvolutionReference(
      input, kernel: kernel, bias: bias, window: window, inputChannels: shape.inputs,
      groups: shape.groups)
    expectClose(out, expected, terms: taps * shape.inputs)
  }
}
