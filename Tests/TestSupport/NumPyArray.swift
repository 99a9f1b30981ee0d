// Arrays that the scripts which make fixtures leave beside them.

import Foundation
import Testing

/// An array of 32-bit floating point in NumPy's format.
public struct NumPyArray: Sendable {

  /// The extents, the samples first.
  public let extents: [Int]

  /// The elements in row-major order.
  public let elements: [Float]

  /// Reads the file at `path`.
  ///
  /// - Throws: what reading throws, or an unmet requirement if the file holds something else.
  public init(_ path: String) throws {
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
    let headerCount = Int(bytes[8]) + Int(bytes[9]) << 8
    let header = String(decoding: bytes[10..<10 + headerCount], as: UTF8.self)
    try #require(header.contains("'<f4'") && header.contains("'fortran_order': False"))
    let tuple = try #require(header.split(separator: "(").last?.split(separator: ")").first)
    extents = tuple.split(separator: ",").compactMap { Int($0.filter { $0 != " " }) }
    elements = stride(from: 10 + headerCount, to: bytes.count, by: 4).map { i in
      Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[i + $1]) << (8 * UInt32($1)) })
    }
  }

  /// The elements of sample i.
  public subscript(i: Int) -> [Float] {
    let size = elements.count / extents[0]
    return Array(elements[i * size..<(i + 1) * size])
  }
}
