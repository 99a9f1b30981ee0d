// The textbook loops of the floating-point kernels, in double precision; only tests call them.

/// A reference result with what a rounding error is measured against.
package struct ReferenceValues: Sendable {

  /// The exact values, to double precision.
  package var values: [Double]

  /// The sums of the magnitudes of the terms of each value.
  package var magnitudes: [Double]

  /// Creates a result of `count` zeros.
  package init(count: Int) {
    values = [Double](repeating: 0, count: count)
    magnitudes = values
  }

  /// Adds a term to value i.
  mutating func add(_ term: Double, to i: Int) {
    values[i] += term
    magnitudes[i] += abs(term)
  }
}

/// Returns the convolution that `PackedConvolution` and `DepthwiseConvolution` compute.
package func convolutionReference(
  _ input: [Float], kernel: [Float], bias: [Float]?, window w: ImageWindow, outputChannels: Int,
  groups: Int
) -> ReferenceValues {
  let inner = w.channels / groups
  let outer = outputChannels / groups
  var result = ReferenceValues(count: w.positions * outputChannels)
  for y in 0..<w.rows {
    for x in 0..<w.columns {
      for k in 0..<outputChannels {
        let o = (y * w.columns + x) * outputChannels + k
        if let bias { result.add(Double(bias[k]), to: o) }
        for i in 0..<w.tapRows {
          for j in 0..<w.tapColumns {
            let row = y * w.strideY + i * w.dilationY - w.top
            let column = x * w.strideX + j * w.dilationX - w.left
            guard 0..<w.height ~= row, 0..<w.width ~= column else { continue }
            for c in 0..<inner {
              let a = input[(row * w.width + column) * w.channels + k / outer * inner + c]
              let b = kernel[((i * w.tapColumns + j) * inner + c) * outputChannels + k]
              result.add(Double(a) * Double(b), to: o)
            }
          }
        }
      }
    }
  }
  return result
}

/// Returns the transposed convolution that `TransposedConvolution` computes.
package func transposedConvolutionReference(
  _ input: [Float], kernel: [Float], bias: [Float]?, window w: ImageWindow, inputChannels: Int,
  groups: Int
) -> ReferenceValues {
  let inner = inputChannels / groups
  let outer = w.channels / groups
  var result = ReferenceValues(count: w.inputCount)
  for o in 0..<w.inputCount {
    if let bias { result.add(Double(bias[o % w.channels]), to: o) }
  }
  for y in 0..<w.rows {
    for x in 0..<w.columns {
      for i in 0..<w.tapRows {
        for j in 0..<w.tapColumns {
          let row = y * w.strideY + i * w.dilationY - w.top
          let column = x * w.strideX + j * w.dilationX - w.left
          guard 0..<w.height ~= row, 0..<w.width ~= column else { continue }
          for k in 0..<w.channels {
            for c in 0..<inner {
              let channel = k / outer * inner + c
              let a = input[(y * w.columns + x) * inputChannels + channel]
              let tap = (i * w.tapColumns + j) * outer + k % outer
              let b = kernel[tap * inputChannels + channel]
              result.add(
                Double(a) * Double(b), to: (row * w.width + column) * w.channels + k)
            }
          }
        }
      }
    }
  }
  return result
}

/// Returns the elements inside the image of the window of each output, in the order of the taps.
package func poolReference(_ input: [Float], window w: ImageWindow) -> [[Double]] {
  var result: [[Double]] = []
  for y in 0..<w.rows {
    for x in 0..<w.columns {
      for c in 0..<w.channels {
        var elements: [Double] = []
        for i in 0..<w.tapRows {
          for j in 0..<w.tapColumns {
            let row = y * w.strideY + i * w.dilationY - w.top
            let column = x * w.strideX + j * w.dilationX - w.left
            guard 0..<w.height ~= row, 0..<w.width ~= column else { continue }
            elements.append(Double(input[(row * w.width + column) * w.channels + c]))
          }
        }
        result.append(elements)
      }
    }
  }
  return result
}
