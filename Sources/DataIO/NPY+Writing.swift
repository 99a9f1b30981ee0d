// Writing NumPy arrays, format version 1.0.

package import Diagnostics
package import SpikeIR

/// Writes 32-bit floating-point elements, in row-major order, as a `.npy` file.
///
/// - Throws: `output.cannot-write` or `output.write-failed`.
/// - Precondition: there are as many elements as the shape says.
package func writeNPY(
  _ elements: [Float], shape: Shape, to file: OutputFile
) throws(Diagnostic) {
  precondition(elements.count == shape.count, "internal: elements and shape disagree")
  try file.write(npyBytes(elements, shape: shape))
}

/// Returns the contents of a `.npy` file.
func npyBytes(_ elements: [Float], shape: Shape) -> [UInt8] {
  let extents = shape.extents.map { "\($0)," }.joined(separator: " ")
  var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(extents)), }"
  // The data begin at a multiple of 64 bytes.
  let length = (10 + header.utf8.count + 1 + 63) / 64 * 64 - 10
  header += String(repeating: " ", count: length - header.utf8.count - 1) + "\n"
  var bytes = NPYHeader.magic + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)]
  bytes += header.utf8
  bytes.reserveCapacity(bytes.count + 4 * elements.count)
  for element in elements {
    withUnsafeBytes(of: element.bitPattern.littleEndian) { bytes += $0 }
  }
  return bytes
}
