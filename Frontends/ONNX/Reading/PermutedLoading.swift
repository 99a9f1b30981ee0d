// Loading a constant in another order of its dimensions than the file has: the frameworks that
// write ONNX put channels first, we put them last.

internal import Diagnostics
internal import FileReading
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
    var nonFinite = 0
    return try elements.floats(Permutation(extents: extents, order: order), nonFinite: &nonFinite)
  }
}

extension ONNXElements {

  /// Returns the elements reordered; all of them are read before.
  func floats(
    _ permutation: Permutation, nonFinite: inout Int
  ) throws(Diagnostic) -> [Float] {
    let source = try floats()
    nonFinite += source.withUnsafeBufferPointer { nonFiniteCount($0) }
    return try permutation.applied(to: source)
  }
}

extension Permutation {

  /// Returns the elements of `source` reordered.
  ///
  /// - Throws: `onnx.bad-tensor` if there are more or fewer than the extents tell.
  func applied<T: BitwiseCopyable>(to source: [T]) throws(Diagnostic) -> [T] {
    guard source.count == count else {
      throw .wrongCount(found: source.count, expected: count)
    }
    guard !isIdentity else { return source }
    return try [T](filledWith: count) { (result) throws(Diagnostic) in
      source.withUnsafeBufferPointer { source in
        guard let from = source.baseAddress, let to = result.baseAddress else { return }
        move(window(0, limit: count), from: from, to: to)
      }
    }
  }
}

/// Returns how many of the numbers are infinite or not a number.
private func nonFiniteCount(_ numbers: UnsafeBufferPointer<Float>) -> Int {
  var count: UInt32 = 0
  // Short stretches, so that the count of a vector's lane is enough; no branches, so that there
  // are vectors.
  for i in numbers.indices {
    count &+= numbers[i].bitPattern & 0x7F80_0000 == 0x7F80_0000 ? 1 : 0
  }
  return Int(count)
}

extension StoredElements {

  /// The number of elements that are read at a time by each worker: as many bytes as a processor
  /// keeps in the cache of its own while it looks at them and moves them.
  private static let windowSize = 1 << 18

  func floats(
    _ permutation: Permutation, nonFinite: inout Int
  ) throws(Diagnostic) -> [Float] {
    do throws(Diagnostic) {
      guard permutation.count == count else {
        throw .wrongCount(found: count, expected: permutation.count)
      }
      guard case .bytes(let stored, let offset) = payload, let bits = type.bits, bits >= 8 else {
        let source = try floats()
        nonFinite += source.withUnsafeBufferPointer { nonFiniteCount($0) }
        return try permutation.applied(to: source)
      }
      let file = try stored.open()
      let result = try [Float](filledWith: count) { (result) throws(Diagnostic) in
        guard let target = result.baseAddress else { return }
        nonFinite += try fill(target, permutation, file, offset)
      }
      try file.checkUnchanged()
      return result
    } catch {
      throw error.naming(tensor: name)
    }
  }

  /// Reads all windows of the source and moves their elements to their places in `result`.
  ///
  /// - Returns: the number of elements that are infinite or not a number.
  private func fill(
    _ result: UnsafeMutablePointer<Float>, _ permutation: Permutation, _ file: ReadableFile,
    _ offset: Int
  ) throws(Diagnostic) -> Int {
    let limit = Self.windowSize
    let inPlace = permutation.isIdentity
    let windows =
      inPlace ? (count + limit - 1) / limit : permutation.windowCount(limit: limit)
    let workers = min(processorCount, windows, 8)
    let failure = Mutex<Diagnostic?>(nil)
    let nonFinite = Atomic<Int>(0)
    // Windows go to places of their own: no two workers write to the same.
    nonisolated(unsafe) let result = result
    let width = (type.bits ?? 8) / 8
    let raw = WorkerMemory(workers: inPlace && type == .float ? 0 : workers, bytes: limit * width)
    let numbers = WorkerMemory(
      workers: inPlace || type == .float ? 0 : workers, bytes: limit * 4)
    forEachItem(windows, workers: workers) { worker, index in
      guard failure.withLock({ $0 == nil }) else { return }
      let window = inPlace ? nil : permutation.window(index, limit: limit)
      let start = window?.start ?? index * limit
      let count = window?.count ?? min(limit, count - start)
      let target = UnsafeMutableRawBufferPointer(start: result + start, count: count * 4)
      do throws(Diagnostic) {
        let source = inPlace && type == .float ? target : raw[worker, count * width]
        let decoded = inPlace ? target : type == .float ? source : numbers[worker, count * 4]
        let floats = try read(source, from: file, at: offset + start * width, decodedTo: decoded)
        nonFinite.wrappingAdd(nonFiniteCount(floats), ordering: .relaxed)
        if let window, let from = floats.baseAddress {
          permutation.move(window, from: from, to: result)
        }
      } catch {
        failure.withLock { $0 = error }
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
    return nonFinite.load(ordering: .relaxed)
  }

  /// Reads bytes of the file into `source` and returns their elements as numbers in `decoded`, which
  /// is the same memory where the file has such numbers.
  private func read(
    _ source: UnsafeMutableRawBufferPointer, from file: ReadableFile, at offset: Int,
    decodedTo decoded: UnsafeMutableRawBufferPointer
  ) throws(Diagnostic) -> UnsafeBufferPointer<Float> {
    try file.read(into: source, at: offset)
    let floats = decoded.bindMemory(to: Float.self)
    if type != .float {
      guard type.decode(UnsafeRawBufferPointer(source), into: floats) else {
        throw .noNumbers(name, type)
      }
    }
    return UnsafeBufferPointer(floats)
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
