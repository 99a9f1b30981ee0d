// Writing NumPy archives: several named arrays in one zip file, not compressed.

internal import Archive
package import Diagnostics
package import SpikeIR

/// An array with a name.
package struct NamedArray: Sendable {

  /// The name.
  package var name: String

  /// The extents.
  package var shape: Shape

  /// The elements in row-major order.
  package var elements: [Float]

  /// Creates a named array.
  package init(name: String, shape: Shape, elements: [Float]) {
    (self.name, self.shape, self.elements) = (name, shape, elements)
  }
}

/// Writes arrays of 32-bit floating point as a `.npz` file, each under its name.
///
/// Slashes in names become underscores, for NumPy takes members in folders for other files' names.
///
/// - Throws: `output.cannot-write` or `output.write-failed`.
/// - Precondition: arrays have as many elements as their shapes say.
package func writeNPZ(_ arrays: [NamedArray], to file: OutputFile) throws(Diagnostic) {
  var members: [(name: String, bytes: [UInt8])] = []
  for array in arrays {
    precondition(
      array.elements.count == array.shape.count, "internal: elements and shape disagree")
    let stem = String(array.name.map { $0 == "/" ? "_" : $0 })
    var name = stem
    var number = 2
    while members.contains(where: { $0.name == name + ".npy" }) {
      name = "\(stem)_\(number)"
      number += 1
    }
    members.append((name + ".npy", npyBytes(array.elements, shape: array.shape)))
  }
  try file.write(storedArchive(members))
}
