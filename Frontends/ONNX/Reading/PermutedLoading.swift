// Loading a constant in another order of its dimensions than the file has: the frameworks that
// write ONNX put channels first, we put them last.

internal import Diagnostics
internal import Kernels
internal import Synchronization

extension ONNXTensor {

  /// Returns the elements in row-major order of the array whose extents are `extents[order[0]]`,
  /// `extents[order[1]]` and so on.
  ///
  /// `[3, 2, 1, 0]`, for instance, makes [height, width, in, out] of a kernel [out, in, width,
  /// height], and `[1, 0]` makes [in, out] of a matrix [out, in].
  ///
  /// - Parameter order: each dimension once.
  /// - Returns: the elements, converted as by `floats()`.
  /// - Throws: `onnx.bad-tensor` and what reading throws.
  /// - Complexity: O(elements); beside the result, a few megabytes are held for each processor.
  func floats(permuted order: [Int]) throws(Diagnostic) -> [Float] {
    guard count > 0 else { return try elements.floats() }
    return try elements.floats(Permutation(extents: extents, order: order))
  }
}

extension ONNXElements {

  /// Returns the elements reordered; all of them are read before.
  func floats(_ permutation: Permutation) throws(Diagnostic) -> [Float] {
    try permutation.applied(to: try floats())
  }
}

extension Permutation {

  /// Returns the elements of `source` reordered.
  ///
  /// - Throws: `onnx.bad-tensor` if there are more or fewer than the extents tell.
  fileprivate func applied(to source: [Float]) throws(Diagnostic) -> [Float] {
    guard !isIdentity else { return source }
    guard source.count == count else {
      throw .wrongCount(found: source.count, expected: count)
    }
    return try [Float](filledWith: count) { (result) throws(Diagnostic) in
      source.withUnsafeBufferPointer { source in
        guard let from = source.baseAddress, let to = result.baseAddress else { return }
        move(window(0, limit: count), from: from, to: to)
      }
    }
  }
}

extension StoredElements {

  /// The number of elements that are read at a time by each worker: as many bytes as a processor
  /// keeps in the cache of its own while it moves them.
  private static let windowSize = 1 << 18

  func floats(_ permutation: Permutation) throws(Diagnostic) -> [Float] {
    guard !permutation.isIdentity else { return try floats() }
    precondition(permutation.count == count, "internal: another number of elements")
    guard case .bytes(let stored, let offset) = payload, let bits = type.bits, bits >= 8 else {
      return try permutation.applied(to: try floats())
    }
    do throws(Diagnostic) {
      let file = try stored.open()
      let result = try [Float](filledWith: count) { (result) throws(Diagnostic) in
        guard let target = result.baseAddress else { return }
        try fill(target, permutation, file, offset)
      }
      try file.checkUnchanged()
      return result
    } catch {
      throw error.naming(tensor: name)
    }
  }

  /// Reads all windows of the source and moves their elements to their places.
  private func fill(
    _ result: UnsafeMutablePointer<Float>, _ permutation: Permutation, _ file: borrowing OpenFile,
    _ offset: Int
  ) throws(Diagnostic) {
    let width = (type.bits ?? 8) / 8
    let limit = Self.windowSize
    let windows = permutation.windowCount(limit: limit)
    let failure = Mutex<Diagnostic?>(nil)
    let workers = min(processorCount, windows, 8)
    // Windows go to places of their own: no two workers write to the same.
    nonisolated(unsafe) let result = result
    let reader = file.reader
    let raw = WorkerMemory(workers: workers, bytes: limit * width)
    let numbers = WorkerMemory(workers: type == .float ? 0 : workers, bytes: limit * 4)
    forEachItem(windows, workers: workers) { worker, index in
      guard failure.withLock({ $0 == nil }) else { return }
      let window = permutation.window(index, limit: limit)
      do throws(Diagnostic) {
        let bytes = raw[worker, window.count * width]
        try reader.read(into: bytes, at: offset + window.start * width)
        var source = bytes
        if type != .float {
          source = numbers[worker, window.count * 4]
          guard type.decode(UnsafeRawBufferPointer(bytes), into: source.bindMemory(to: Float.self))
          else { throw .noNumbers(name, type) }
        }
        guard let start = source.bindMemory(to: Float.self).baseAddress else { return }
        permutation.move(window, from: start, to: result)
      } catch {
        failure.withLock { $0 = error }
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
  }
}

/// Scratch memory of the same size for each worker, freed when the value dies.
private final class WorkerMemory: @unchecked Sendable {

  private let memory: [UnsafeMutableRawBufferPointer]

  init(workers: Int, bytes: Int) {
    memory = (0..<workers).map { _ in
      UnsafeMutableRawBufferPointer.allocate(byteCount: bytes, alignment: 64)
    }
  }

  /// The first `count` bytes of the memory of `worker`.
  subscript(worker: Int, count: Int) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(rebasing: memory[worker][..<count])
  }

  deinit {
    for part in memory { part.deallocate() }
  }
}
