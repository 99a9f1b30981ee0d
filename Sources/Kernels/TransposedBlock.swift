// The transposition of a small block in registers.

/// The rows and columns of a block that is transposed in registers.
let blockExtent = 8

/// Writes the transposition of an 8×8 block: row i of `out` is column i of `input`.
///
/// - Parameters:
///   - out: the first element of the result. Set.
///   - outStride: the distance between rows of the result.
///   - input: the first element of the block.
///   - inStride: the distance between rows of the block.
/// - Complexity: 8 loads, 24 shuffles, 8 stores.
@inline(__always)
func transposeBlock(
  _ out: UnsafeMutablePointer<Float>, stride outStride: Int, from input: UnsafePointer<Float>,
  stride inStride: Int
) {
  // An element has a place of six bits: three for the row, three for the column. Taking apart the
  // even and the odd columns rotates the place of each by a bit; after three rounds, rows and
  // columns are exchanged.
  var a = load(input, 0, inStride)
  var b = load(input, 1, inStride)
  var c = load(input, 2, inStride)
  var d = load(input, 3, inStride)
  var e = load(input, 4, inStride)
  var f = load(input, 5, inStride)
  var g = load(input, 6, inStride)
  var h = load(input, 7, inStride)
  for _ in 0..<3 {
    let (ab, cd) = (SIMD16(lowHalf: a, highHalf: b), SIMD16(lowHalf: c, highHalf: d))
    let (ef, gh) = (SIMD16(lowHalf: e, highHalf: f), SIMD16(lowHalf: g, highHalf: h))
    (a, b, c, d) = (ab.evenHalf, cd.evenHalf, ef.evenHalf, gh.evenHalf)
    (e, f, g, h) = (ab.oddHalf, cd.oddHalf, ef.oddHalf, gh.oddHalf)
  }
  store(a, out, 0, outStride)
  store(b, out, 1, outStride)
  store(c, out, 2, outStride)
  store(d, out, 3, outStride)
  store(e, out, 4, outStride)
  store(f, out, 5, outStride)
  store(g, out, 6, outStride)
  store(h, out, 7, outStride)
}

/// Returns row i of a block.
@inline(__always)
private func load(_ pointer: UnsafePointer<Float>, _ i: Int, _ stride: Int) -> SIMD8<Float> {
  UnsafeRawPointer(pointer + i &* stride).loadUnaligned(as: SIMD8<Float>.self)
}

/// Writes row i of a block.
@inline(__always)
private func store(
  _ row: SIMD8<Float>, _ pointer: UnsafeMutablePointer<Float>, _ i: Int, _ stride: Int
) {
  UnsafeMutableRawPointer(pointer + i &* stride).storeBytes(of: row, as: SIMD8<Float>.self)
}
