// From the structure of a constant to a constant: its extents are checked against the bytes that
// the file has for it, so that nothing is ever allocated for elements that are not there.

internal import COnnxProto
internal import Diagnostics

extension ONNXTensor {

  /// Takes over a constant; its elements stay in `files`.
  ///
  /// - Throws: `onnx.bad-tensor`, `onnx.bad-external-data`.
  init(_ message: Onnx__TensorProto, _ files: ModelFiles) throws(Diagnostic) {
    let name = text(message.name)
    guard let type = ONNXElementType(rawValue: Int(message.data_type)) else {
      throw .unknownElementType(name, message.data_type)
    }
    guard message.segment == nil else { throw .segmented(name) }
    let extents = numbers(message.dims, message.n_dims).map { Int($0) }
    if let fault = ONNXTensor.fault(in: extents) { throw .badExtents(name, fault) }
    let count = extents.reduce(1, *)
    self.init(name: name, type: type, extents: extents, elements: ONNXNumbers([]))
    guard let bits = type.bits else {
      elements = NoNumbers(name: name, type: type)
      return
    }
    let (product, overflow) = count.multipliedReportingOverflow(by: bits)
    guard !overflow, product <= Int.max - 7 else {
      throw .badExtents(name, "has the extents \(extents), whose product no file can hold")
    }
    let shape = Shaped(name: name, type: type, count: count, size: (product + 7) / 8)
    let payload: Payload
    switch message.data_location {
    case 0: payload = try shape.payload(inside: message, files)
    case 1:
      let entries = messages(message.external_data, message.n_external_data)
      payload = try files.external(entries, of: shape)
    default: throw .badLocation(name, message.data_location)
    }
    elements = StoredElements(name: name, type: type, count: count, payload: payload)
  }
}

/// What is known of a constant before its elements are found.
struct Shaped {

  /// The name of the constant, for messages.
  var name: String

  /// The type of the elements.
  var type: ONNXElementType

  /// The number of elements.
  var count: Int

  /// The number of bytes of the elements where they lie side by side.
  var size: Int

  /// Returns where the elements are in the model's own file.
  ///
  /// - Throws: `onnx.bad-tensor` if there are more or fewer than the shape tells.
  fileprivate func payload(
    inside message: Onnx__TensorProto, _ files: ModelFiles
  ) throws(Diagnostic) -> Payload {
    let spans = messages(message.elements, message.n_elements)
    let raw = spans.first { $0.field == ElementField.raw.rawValue }
    let typed = spans.first { $0.field == type.field.rawValue }
    // Some writers leave an empty field of bytes beside the typed one.
    if let raw, raw.size > 0 || typed == nil {
      guard raw.size == size else { throw .wrongSize(self, found: Int(raw.size)) }
      return .bytes(files.model, offset: Int(raw.start))
    }
    guard let typed else {
      guard count == 0 else { throw .noElements(self) }
      return .bytes(files.model, offset: 0)
    }
    try check(entries: Int(typed.size))
    return .fields(files.model, type.field, Int(typed.start)..<Int(typed.end))
  }

  /// Throws unless `size` bytes can hold as many entries of a typed field as there must be.
  private func check(entries size: Int) throws(Diagnostic) {
    let entries = type.entries(for: count)
    let fits: Bool =
      switch type.field.single {
      case .fixed32: size / 4 == entries && size % 4 == 0
      case .fixed64: size / 8 == entries && size % 8 == 0
      default: entries <= size && size / 10 <= entries
      }
    guard fits else { throw .wrongEntries(self, size: size, expected: entries) }
  }
}

extension ONNXElementType {

  /// The number of bits of an element, `nil` for text and complex numbers.
  var bits: Int? {
    switch self {
    case .uint2, .int2: 2
    case .uint4, .int4, .float4E2M1: 4
    case .uint8, .int8, .bool, .float8E4M3FN, .float8E4M3FNUZ, .float8E5M2, .float8E5M2FNUZ,
      .float8E8M0:
      8
    case .uint16, .int16, .float16, .bfloat16: 16
    case .float, .int32, .uint32: 32
    case .double, .int64, .uint64: 64
    case .string, .complex64, .complex128: nil
    }
  }

  /// The field that holds elements of the type where they are not given as bytes.
  ///
  /// - Source: ONNX, the comments on `TensorProto`.
  var field: ElementField {
    switch self {
    case .float, .complex64: .floats
    case .double, .complex128: .doubles
    case .int64: .int64s
    case .uint32, .uint64: .uint64s
    case .string: .strings
    case .uint8, .int8, .uint16, .int16, .int32, .bool, .float16, .bfloat16, .float8E4M3FN,
      .float8E4M3FNUZ, .float8E5M2, .float8E5M2FNUZ, .uint4, .int4, .float4E2M1, .float8E8M0,
      .uint2, .int2:
      .int32s
    }
  }

  /// Returns the number of entries of the typed field that hold `count` elements: elements of less
  /// than a byte share one.
  func entries(for count: Int) -> Int {
    guard let bits, bits < 8 else { return count }
    let share = 8 / bits
    return count / share + (count % share == 0 ? 0 : 1)
  }
}
