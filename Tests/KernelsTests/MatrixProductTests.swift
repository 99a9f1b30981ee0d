import Testing

@testable import Kernels

@Suite("Matrix products") struct MatrixProductTests {

  private func numbers(_ count: Int, _ seed: Int) -> [Float] {
    let field = RandomField(UInt64(seed))
    return (0..<count).map { Float(Int(field.bits(at: $0) % 2001)) / 1000 - 1 }
  }

  @Test(
    "agree with the textbook, in all layouts", arguments: [1, 2, 3, 7, 8, 9, 17, 40],
    [1, 5, 16, 17, 31, 32, 33, 48, 72])
  func agree(rows: Int, columns: Int) {
    for depth in [1, 2, 9, 30] {
      let a = numbers(rows * depth, 1)
      let b = numbers(depth * columns, 2)
      let bias = numbers(columns, 3)
      for isTransposedA in [false, true] {
        for isTransposedB in [false, true] {
          for start in 0..<3 {
            var out = numbers(rows * (columns + 3), 4)
            var wanted = out.map { Double($0) }
            for i in 0..<rows {
              for k in 0..<columns {
                var sum =
                  start == 0 ? 0 : start == 1 ? Double(bias[k]) : wanted[i * (columns + 3) + k]
                for t in 0..<depth {
                  let x = isTransposedA ? a[t * rows + i] : a[i * depth + t]
                  let w = isTransposedB ? b[k * depth + t] : b[t * columns + k]
                  sum += Double(x) * Double(w)
                }
                wanted[i * (columns + 3) + k] = sum
              }
            }
            product(
              &out, a, b, bias, rows, columns, depth, isTransposedA, isTransposedB, start)
            #expect(zip(out, wanted).allSatisfy { abs(Double($0) - $1) < 1e-5 })
          }
        }
      }
    }
  }

  private func product(
    _ out: inout [Float], _ a: [Float], _ b: [Float], _ bias: [Float], _ rows: Int,
    _ columns: Int, _ depth: Int, _ isTransposedA: Bool, _ isTransposedB: Bool, _ start: Int
  ) {
    var packed = [Float](repeating: .nan, count: packedCount(depth: depth, columns: columns))
    out.withUnsafeMutableBufferPointer { out in
      a.withUnsafeBufferPointer { a in
        b.withUnsafeBufferPointer { b in
          bias.withUnsafeBufferPointer { bias in
            packed.withUnsafeMutableBufferPointer { packed in
              guard let out = out.baseAddress, let a = a.baseAddress, let b = b.baseAddress,
                let bias = bias.baseAddress, let packed = packed.baseAddress
              else { return }
              packColumns(
                packed,
                of: MatrixView(
                  b, rowStride: isTransposedB ? 1 : columns,
                  columnStride: isTransposedB ? depth : 1), depth: depth, columns: columns)
              multiply(
                out, stride: columns + 3, rows: rows, columns: columns, depth: depth,
                MatrixView(
                  a, rowStride: isTransposedA ? 1 : depth,
                  columnStride: isTransposedA ? rows : 1), packed: packed,
                start: [.zero, .row(bias), .result][start])
            }
          }
        }
      }
    }
  }
}
