// Tensors in an HDF5 file, each stored once under the hash by which a text form names it.

package import Diagnostics
package import HDF5
package import SpikeIR
internal import SpikeText

extension HDF5Writer {

  /// Writes the elements of all tensors of `store` to the group `/tensors`.
  ///
  /// - Throws: `hdf5.cannot-write`.
  package func writeTensors(of store: TensorStore) throws(Diagnostic) {
    try createGroup("/tensors")
    var written: Set<String> = []
    for tensor in store.tensors.elements {
      let path = tensorPath(tensor.elementType, tensor.hash)
      guard written.insert(path).inserted else { continue }
      let extents = tensor.shape.extents
      switch tensor.data {
      case .float32(let x): try write(x, extents: extents, to: path)
      case .int8(let x): try write(x, extents: extents, to: path)
      case .int16(let x): try write(x, extents: extents, to: path)
      case .int32(let x): try write(x, extents: extents, to: path)
      case .deferred(let x): try write(try x.load(), extents: extents, to: path)
      case .elided: break
      }
    }
  }
}

extension HDF5File {

  /// Gives every elided tensor of `program` its elements from the group `/tensors`.
  ///
  /// - Throws: `sir.missing-tensor`, `sir.different-tensor`, `hdf5.bad-dataset`.
  package func attachTensors(to program: inout Program) throws(CompileError) {
    try program.attachTensors { (type, hash) throws(CompileError) in
      try liftingDiagnostic { () throws(Diagnostic) in try self.tensor(type, hash) }
    }
  }

  /// Returns the elements with the given type and hash, `nil` if the file has none.
  private func tensor(
    _ type: ElementType, _ hash: SHA256Digest
  ) throws(Diagnostic) -> TensorData? {
    let path = tensorPath(type, hash)
    guard exists(path) else { return nil }
    switch type {
    case .float32: return .float32(try floats(path))
    case .int8: return .int8(try integers(path))
    case .int16: return .int16(try integers(path))
    case .int32: return .int32(try integers(path))
    }
  }
}

/// Where a file holds the elements with the given type and hash.
private func tensorPath(_ type: ElementType, _ hash: SHA256Digest) -> String {
  "/tensors/\(type.rawValue)-\(hash)"
}
