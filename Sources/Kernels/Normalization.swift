// Functions that treat the last dimension as a whole: softmax, and batch normalization along it.

internal import Glibc

/// Computes normalized exponentials, or their logarithms, along the last dimension.
///
/// out[p,c] = e^(in[p,c] − m) / Σ_k e^(in[p,k] − m) with m = max_k in[p,k].
///
/// - Parameters:
///   - out: the result, shape [positions, channels]. Set.
///   - input: the arguments, shape [positions, channels].
///   - channels: the extent of the last dimension, at least 1.
///   - isLogarithm: whether logarithms are computed.
/// - Precondition: the spans have the same count, a multiple of `channels`.
/// - Complexity: O(n), no allocation.
/// - Error: sums and exponentials are evaluated in double precision, the result is rounded once.
package func softmax(
  _ out: inout MutableSpan<Float>, input: Span<Float>, channels: Int, isLogarithm: Bool
) {
  precondition(
    out.count == input.count && input.count % channels == 0, "internal: spans differ in count")
  for start in stride(from: 0, to: input.count, by: channels) {
    let range = start..<(start + channels)
    var top = input[start]
    for i in range { top = maximum(top, input[i]) }
    var sum = 0.0
    for i in range { sum += exponential(Double(input[i]) - Double(top)) }
    let logarithm = log(sum)
    for i in range {
      let x = Double(input[i]) - Double(top)
      out[i] = Float(isLogarithm ? x - logarithm : exponential(x) / sum)
    }
  }
}

/// Normalizes each channel by constants.
///
/// out[p,c] = (in[p,c] − mean[c]) · factor[c] + offset[c].
///
/// - Parameters:
///   - out: the result, shape [positions, channels]. Set.
///   - input: the arguments, shape [positions, channels].
///   - mean: what is subtracted, shape [channels].
///   - factor: what the difference is multiplied by, shape [channels].
///   - offset: what is added, shape [channels].
/// - Precondition: the spans have the counts that the shapes say.
/// - Complexity: O(n), no allocation.
/// - Error: three roundings.
package func normalize(
  _ out: inout MutableSpan<Float>, input: Span<Float>, mean: Span<Float>, factor: Span<Float>,
  offset: Span<Float>
) {
  let channels = mean.count
  precondition(
    factor.count == channels && offset.count == channels && out.count == input.count
      && channels > 0 && input.count % channels == 0, "internal: spans differ in count")
  out.withUnsafeMutableBufferPointer { out in
    input.withUnsafeBufferPointer { input in
      mean.withUnsafeBufferPointer { mean in
        factor.withUnsafeBufferPointer { factor in
          offset.withUnsafeBufferPointer { offset in
            guard var out = out.baseAddress, var x = input.baseAddress,
              let mean = mean.baseAddress, let factor = factor.baseAddress,
              let offset = offset.baseAddress
            else { return }
            let end = x + input.count
            while x < end {
              normalizePixel(
                out, x: x, mean: mean, factor: factor, offset: offset, channels: channels)
              out += channels
              x += channels
            }
          }
        }
      }
    }
  }
}

/// Normalizes the channels of one pixel; whole vectors first, because few channels make a loop
/// too short for the compiler to vectorise it.
@inline(__always)
private func normalizePixel(
  _ out: UnsafeMutablePointer<Float>, x: UnsafePointer<Float>, mean: UnsafePointer<Float>,
  factor: UnsafePointer<Float>, offset: UnsafePointer<Float>, channels: Int
) {
  var c = 0
  while c + panelWidth <= channels {
    let centred = loadLanes(x + c) - loadLanes(mean + c)
    storeLanes(centred * loadLanes(factor + c) + loadLanes(offset + c), to: out + c)
    c += panelWidth
  }
  while c < channels {
    out[c] = (x[c] - mean[c]) * factor[c] + offset[c]
    c += 1
  }
}
