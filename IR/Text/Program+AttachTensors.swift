// A text and its tensor container make a whole program: elided tensors get their elements back.

public import Diagnostics
public import SpikeIR

extension Program {

  /// The tensors whose elements are not at hand, in the order of the store.
  public var elidedTensors: [Tensor] {
    tensors.tensors.elements.filter { $0.data.count == nil }
  }

  /// Gives every elided tensor the elements that `lookup` returns for its type and hash.
  ///
  /// - Parameters:
  ///   - checkingHashes: `true` iff the hash of what is found is computed and compared.
  ///   - lookup: returns the elements with the given type and SHA-256 (of their little-endian
  ///     bytes), or `nil` if it has none.
  /// - Throws: `sir.missing-tensor` or `sir.different-tensor`, for each tensor concerned, and what
  ///   `lookup` throws. The program is unchanged then.
  /// - Complexity: O(elements).
  public mutating func attachTensors(
    checkingHashes: Bool = true,
    from lookup: (ElementType, SHA256Digest) throws(CompileError) -> TensorData?
  ) throws(CompileError) {
    var store = tensors
    var sink = DiagnosticSink()
    for id in store.ids {
      let tensor = store[id]
      guard case .elided(let type, let hash) = tensor.data else { continue }
      guard let data = try lookup(type, hash) else {
        sink.report(.missingTensor(tensor, id: id))
        continue
      }
      guard data.elementType == type, let count = data.count, count == tensor.shape.checkedCount
      else {
        sink.report(.differentTensor(tensor, id: id))
        continue
      }
      store[id].data = data
      if checkingHashes, store[id].hash != hash { sink.report(.differentTensor(tensor, id: id)) }
    }
    try sink.throwIfErrors()
    setTensors(store)
  }

  private mutating func setTensors(_ store: TensorStore) {
    switch self {
    case .ann(var graph):
      graph.tensors = store
      self = .ann(graph)
    case .snn(var graph):
      graph.tensors = store
      self = .snn(graph)
    case .mapped(var mapped):
      mapped.graph.tensors = store
      self = .mapped(mapped)
    }
  }
}
