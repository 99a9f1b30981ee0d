// The table of tensors: hashes, lists for small tensors, base64 for large ones.

internal import SpikeIR

/// The number of elements up to which a tensor is printed as a list.
private let listLimit = 64

/// Returns the definitions of the tensors of `store`.
func table(of store: TensorStore, weights: Bool) -> [String] {
  let heads = aligned(
    store.ids.map { id in
      let tensor = store[id]
      return ["\(id):", "\(tensor.elementType.rawValue)\(tensor.shape)", quoted(tensor.name), "|"]
    }
  ).map { String($0.dropLast()) }
  return zip(store.ids, heads).flatMap { id, head in
    definition(of: store[id], head: head, weights: weights)
  }
}

private func definition(of tensor: Tensor, head: String, weights: Bool) -> [String] {
  guard weights, tensor.data.count != nil else { return [head + "sha256:\(tensor.hash)"] }
  guard let elements = tensor.data.listed else {
    return [head + "= base64 {"] + base64Lines(tensor.data.littleEndianBytes).map { "  " + $0 }
      + ["}"]
  }
  let line = head + "= [" + elements.joined(separator: ", ") + "]"
  if line.unicodeScalars.count <= 100 { return [line] }
  return [head + "= ["] + rows(of: elements, channels: tensor.shape.channels) + ["]"]
}

/// Returns lines that end where rows of the last dimension end, except in the middle of long rows.
private func rows(of elements: [String], channels: Int) -> [String] {
  let count = max(1, channels) * max(1, 12 / max(1, channels))
  var lines: [String] = []
  var line = ""
  for (i, element) in elements.enumerated() {
    if i % count == 0 || line.utf8.count + element.utf8.count > 97 {
      if !line.isEmpty { lines.append(line) }
      line = " "
    }
    line += " \(element),"
  }
  return line.isEmpty ? lines : lines + [line]
}

extension TensorData {

  /// The elements as text, `nil` if they are many or some cannot be read back exactly.
  fileprivate var listed: [String]? {
    guard let count, count <= listLimit else { return nil }
    switch self {
    case .float32(let x): return x.allSatisfy(\.isFinite) ? x.map(numberLiteral) : nil
    case .int8(let x): return x.map(String.init)
    case .int16(let x): return x.map(String.init)
    case .int32(let x): return x.map(String.init)
    case .elided, .deferred: return nil
    }
  }

  /// The elements as little-endian bytes; none if they are elided.
  fileprivate var littleEndianBytes: [UInt8] {
    switch self {
    case .float32(let x): x.flatMap { bytes($0.bitPattern) }
    case .int8(let x): x.map { UInt8(bitPattern: $0) }
    case .int16(let x): x.flatMap { bytes($0) }
    case .int32(let x): x.flatMap { bytes($0) }
    case .elided, .deferred: []
    }
  }
}

private func bytes<T: FixedWidthInteger>(_ x: T) -> [UInt8] {
  (0..<T.bitWidth / 8).map { UInt8(truncatingIfNeeded: x >> (8 * $0)) }
}
