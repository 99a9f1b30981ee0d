// Small exact linear algebra on constants, for passes that move them through layers.

internal import SpikeIR

/// Functions on images and vectors in row-major order; in double precision, not tuned for speed.
enum LinearMap {

  /// Returns the image of the given shape that is `values[c]` everywhere in channel c.
  static func constantImage(_ values: [Float], _ shape: Shape) -> [Float] {
    (0..<shape.count).map { values[$0 % values.count] }
  }

  /// Returns the convolution of `image` with `kernel`, zeros outside.
  ///
  /// - Parameters:
  ///   - image: the elements, [height, width, channels].
  ///   - shape: the extents of the image.
  ///   - kernel: the taps, [height, width, channels / groups, out channels].
  ///   - extents: the extents of the kernel.
  ///   - window: strides, dilations and padding.
  ///   - groups: the number of groups.
  /// - Returns: the elements of the result; nothing if the window does not fit.
  /// - Complexity: O(result · kernel).
  static func convolve(
    _ image: [Float], _ shape: Shape, _ kernel: [Float], _ extents: Shape, _ window: Window,
    _ groups: Int
  ) -> [Float] {
    guard let out = try? window.outputExtents(height: shape[0], width: shape[1]) else { return [] }
    let (cin, cout) = (extents[2], extents[3])
    let coutPerGroup = cout / groups
    var result = [Float](repeating: 0, count: out.height * out.width * cout)
    var sums = [Double](repeating: 0, count: cout)
    for y in 0..<out.height {
      for x in 0..<out.width {
        for k in 0..<cout { sums[k] = 0 }
        for i in 0..<extents[0] {
          let row = y * window.strides.height + i * window.dilations.height - window.padding.top
          guard (0..<shape[0]).contains(row) else { continue }
          for j in 0..<extents[1] {
            let column = x * window.strides.width + j * window.dilations.width - window.padding.left
            guard (0..<shape[1]).contains(column) else { continue }
            let pixel = (row * shape[1] + column) * shape[2]
            for c in 0..<cin {
              let taps = ((i * extents[1] + j) * cin + c) * cout
              for k in 0..<cout {
                let value = image[pixel + k / coutPerGroup * cin + c]
                sums[k] += Double(value) * Double(kernel[taps + k])
              }
            }
          }
        }
        let base = (y * out.width + x) * cout
        for k in 0..<cout { result[base + k] = Float(sums[k]) }
      }
    }
    return result
  }

  /// Returns the product of a row vector and a matrix [in, columns].
  static func multiply(_ vector: [Float], _ matrix: [Float], columns: Int) -> [Float] {
    var sums = [Double](repeating: 0, count: columns)
    for (i, value) in vector.enumerated() where value != 0 {
      for k in 0..<columns { sums[k] += Double(value) * Double(matrix[i * columns + k]) }
    }
    return sums.map { Float($0) }
  }

  /// Returns one value a channel if all pixels agree to rounding, else all values.
  static func collapsed(_ values: [Float], channels: Int) -> (values: [Float], isUniform: Bool) {
    let first = Array(values.prefix(channels))
    let isUniform = values.indices.allSatisfy {
      let (a, b) = (values[$0], first[$0 % channels])
      return abs(a - b) <= 1e-6 * max(abs(a), abs(b))
    }
    return isUniform ? (first, true) : (values, false)
  }
}
