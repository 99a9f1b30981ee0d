// Finding and reading the fixtures that the frameworks wrote.

import FoundationEssentials
import Testing

/// The folder of the Keras fixtures.
let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .appending(path: "Fixtures/keras").path()

/// A model file with samples of its inputs and the framework's outputs.
struct Fixture: Sendable, CustomTestStringConvertible {

  /// The generation's folder and the name: `k3/dense`.
  let name: String

  /// The name in reports.
  var testDescription: String { name }

  /// The path of the file with the given ending.
  func path(_ ending: String) -> String { "\(fixtures)/\(name).\(ending)" }

  /// All fixtures of the given folders, in the order of their names.
  static func all(_ folders: [String]) -> [Fixture] {
    folders.flatMap { folder in
      let names = try? FileManager.default.contentsOfDirectory(atPath: "\(fixtures)/\(folder)")
      return (names ?? []).sorted()
        .filter {
          $0.hasSuffix(".h5") && !$0.hasSuffix(".weights.h5") && !$0.hasSuffix("-weights.h5")
        }
        .map { Fixture(name: "\(folder)/\($0.dropLast(3))") }
    }
  }

  /// Returns the samples of all inputs or outputs: first by position, then by sample.
  func samples(_ kind: String) throws -> [NumPyArray] {
    if let array = try? NumPyArray(path("\(kind).npy")) { return [array] }
    var arrays: [NumPyArray] = []
    while let array = try? NumPyArray(path("\(kind)\(arrays.count).npy")) { arrays.append(array) }
    return arrays
  }
}

/// An array of 32-bit floating point in NumPy's format.
struct NumPyArray {

  /// The extents, the samples first.
  let extents: [Int]

  /// The elements in row-major order.
  let elements: [Float]

  /// Reads the file at `path`.
  init(_ path: String) throws {
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
  subscript(i: Int) -> [Float] {
    let size = elements.count / extents[0]
    return Array(elements[i * size..<(i + 1) * size])
  }
}
