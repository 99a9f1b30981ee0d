// What can be wrong with an ONNX file as a file: each message says what was found and expected.

internal import Diagnostics

extension Diagnostic {

  // MARK: Files

  /// The file has no bytes.
  static func emptyFile() -> Diagnostic {
    .error("onnx.empty-file", "the file is empty")
  }

  /// The file stands for one that git keeps elsewhere.
  static func gitLFSPointer() -> Diagnostic {
    .error(
      "onnx.git-lfs-pointer", "the file is a pointer of git-lfs, not the model that it points to",
      notes: ["fetch the model with 'git lfs pull'"])
  }

  /// The file is a model in a form for people.
  static func textFormat() -> Diagnostic {
    .error(
      "onnx.text-format", "the file is a model as text, expected the binary format",
      notes: ["save it again with 'onnx.save', which writes the binary format by default"])
  }

  /// The file is of another, known format.
  static func otherFormat(_ name: String, advice: String? = nil) -> Diagnostic {
    .error("onnx.not-onnx", "not an ONNX file: it is \(name)", notes: [advice ?? expectedModel])
  }

  /// The first bytes are none of a model.
  static func notONNX(_ start: [UInt8], _ reason: String) -> Diagnostic {
    let bytes = start.prefix(8).map { byte in
      (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }
    return .error(
      "onnx.not-onnx",
      "not an ONNX file: it begins with the bytes \(bytes.joined(separator: " ")) (\(reason))",
      notes: [expectedModel])
  }

  private static let expectedModel =
    "expected is a model in the binary format of ONNX, as exporters write it"

  /// The file is a single constant.
  static func isTensorFile() -> Diagnostic {
    .error("onnx.tensor-file", "the file holds a single constant (TensorProto), expected a model")
  }

  // MARK: The wire format

  /// The file ends within a field.
  static func truncated(at end: Int) -> Diagnostic {
    .error(
      "onnx.truncated", "the file ends at byte \(end), within a field",
      notes: ["the file is incomplete: copy or download it again"])
  }

  /// The file ends within a field's value.
  static func truncated(at end: Int, needed: UInt64, from start: Int) -> Diagnostic {
    .error(
      "onnx.truncated",
      "the file ends at byte \(end), within a field of \(needed) bytes that starts at \(start)",
      notes: ["the file is incomplete: copy or download it again"])
  }

  /// A field starts with a number that no field has.
  static func badTag(_ tag: UInt64, at place: Int) -> Diagnostic {
    malformed("found no field at byte \(place): its tag is \(tag)")
  }

  /// A number does not end.
  static func longNumber(at place: Int) -> Diagnostic {
    malformed("the number at byte \(place) has more than 64 bits")
  }

  /// A value is longer than its message.
  static func fieldTooLong(_ count: UInt64, at place: Int, left: Int) -> Diagnostic {
    malformed(
      "the value at byte \(place) has \(count) bytes, but its message ends after \(left)")
  }

  /// A message ends within a field.
  static func messageEnds(at place: Int) -> Diagnostic {
    malformed("the message that ends at byte \(place) ends within a field")
  }

  /// A field has a value of another form than the standard says.
  static func wrongForm(_ field: WireField, in message: WireMessage) -> Diagnostic {
    malformed(
      "field \(field.number) of a \(message) at byte \(field.start) is written as \(field.form)")
  }

  /// A message is there twice.
  static func doubled(_ field: WireField, in message: WireMessage) -> Diagnostic {
    malformed("field \(field.number) of a \(message) is there again at byte \(field.start)")
  }

  /// A row of numbers of four bytes has a rest.
  static func ragged(_ count: Int, at place: Int) -> Diagnostic {
    malformed("the numbers at byte \(place) have \(count) bytes, expected a multiple of 4")
  }

  /// A text is no text.
  static func notText(at place: Int) -> Diagnostic {
    malformed("the text at byte \(place) is not UTF-8 without zeros")
  }

  /// A text is longer than any name.
  static func longText(_ count: Int, at place: Int) -> Diagnostic {
    malformed("the text at byte \(place) has \(count) bytes, at most \(Skeleton.textLimit)")
  }

  /// The library finds a fault that the reader did not.
  static func notUnpacked() -> Diagnostic {
    malformed("libprotobuf-c cannot unpack the message")
  }

  private static func malformed(_ message: String) -> Diagnostic {
    .error("onnx.malformed", message)
  }

  /// What the file describes takes too much memory.
  static func tooManyParts(limit: Int) -> Diagnostic {
    .error(
      "onnx.too-many-parts",
      "what the file describes beside weights takes more than \(limit >> 20) MB")
  }

  // MARK: The model

  /// The model has no graph.
  static func noGraph() -> Diagnostic {
    .error(
      "onnx.no-graph", "found no graph, expected an ONNX model",
      notes: ["the file is incomplete, or a protocol buffer of another kind"])
  }

  /// The file format is newer than this program.
  static func newerFormat(_ version: Int) -> Diagnostic {
    .warning(
      "onnx.newer-format",
      "the file has version \(version) of the format, known is "
        + "\(ONNXModel.newestKnownIRVersion): what is new is ignored")
  }

  /// The standard operators are newer than this program.
  static func newerOpset(_ version: Int) -> Diagnostic {
    .warning(
      "onnx.newer-opset",
      "the model uses version \(version) of the standard operators, the newest known is "
        + "\(ONNXModel.newestOpset): operators are read as of that version",
      notes: [
        "compare 'spikec infer' with the framework, or export with opset "
          + "\(ONNXModel.newestOpset)"
      ])
  }

  /// A domain has two versions of its operators.
  static func twoOpsets(_ domain: String, _ a: Int, _ b: Int) -> Diagnostic {
    .error("onnx.two-opsets", "the operators of the domain '\(domain)' have versions \(a) and \(b)")
  }

  /// Two constants have one name.
  static func duplicateInitializer(_ name: String) -> Diagnostic {
    .error("onnx.duplicate-initializer", "two initializers have the name '\(name)'")
  }

  /// Two inputs have one name.
  static func duplicateInput(_ name: String) -> Diagnostic {
    .error("onnx.duplicate-input", "two inputs of the graph have the name '\(name)'")
  }

  /// The graph has a constant of which only some elements are given.
  static func sparseInitializer() -> Diagnostic {
    .error("onnx.sparse-initializer", "sparse initializers are not supported")
  }

  /// Two attributes of a node have one name.
  static func duplicateAttribute(_ name: String, of node: ONNXNode) -> Diagnostic {
    .error(
      "onnx.duplicate-attribute",
      "the \(node.opType) node '\(node.name)' has two attributes '\(name)'")
  }

  /// An attribute says that it is a constant and has none.
  static func noTensor(in name: String) -> Diagnostic {
    .error("onnx.bad-attribute", "the attribute '\(name)' has no value, expected a constant")
  }
}
