// What can be wrong with a constant and with the file that holds its elements.

internal import Diagnostics
internal import FileReading
internal import Glibc

extension Diagnostic {

  /// Returns the diagnostic with the name of the constant before its message.
  func naming(tensor name: String) -> Diagnostic {
    let start = "constant '\(name)': "
    guard !message.hasPrefix(start) else { return self }
    var result = self
    result.message = start + message
    return result
  }

  // MARK: Constants

  private static func badTensor(_ name: String, _ message: String) -> Diagnostic {
    Diagnostic.error("onnx.bad-tensor", message).naming(tensor: name)
  }

  /// The type of the elements is not one of the standard's.
  static func unknownElementType(_ name: String, _ number: Int64) -> Diagnostic {
    let known = ONNXElementType.allCases.map { $0.rawValue }
    return Diagnostic.error(
      "onnx.unknown-element-type",
      "the type of the elements is \(number), known are \(known.min() ?? 0) to "
        + "\(known.max() ?? 0)"
    ).naming(tensor: name)
  }

  /// The constant is a part of another.
  static func segmented(_ name: String) -> Diagnostic {
    badTensor(name, "it is a segment of a larger one, which is not supported")
  }

  /// The extents are not those of a constant.
  static func badExtents(_ name: String, _ fault: String) -> Diagnostic {
    badTensor(name, "it \(fault)")
  }

  /// The place of the elements is neither here nor in another file.
  static func badLocation(_ name: String, _ number: Int64) -> Diagnostic {
    badTensor(name, "the location of its data is \(number), expected 0 or 1")
  }

  /// There are more or fewer bytes than elements.
  static func wrongSize(_ shape: Shaped, found: Int) -> Diagnostic {
    badTensor(
      shape.name,
      "found \(found) bytes, expected \(shape.size) for \(shape.count) elements of type "
        + "\(shape.type)")
  }

  /// There are no elements.
  static func noElements(_ shape: Shaped) -> Diagnostic {
    badTensor(shape.name, "found no data, expected \(shape.count) elements of type \(shape.type)")
  }

  /// There cannot be as many elements as there must be.
  static func wrongEntries(_ shape: Shaped, size: Int, expected: Int) -> Diagnostic {
    badTensor(
      shape.name,
      "found \(size) bytes of elements of type \(shape.type), which cannot be \(expected)")
  }

  /// There are more or fewer elements than there must be.
  static func wrongCount(found: Int?, expected: Int) -> Diagnostic {
    .error(
      "onnx.bad-tensor", "found \(found.map { "\($0)" } ?? "more") elements, expected \(expected)")
  }

  /// An integer does not fit the type.
  static func entryOutOfRange(_ value: Int64, _ width: Int) -> Diagnostic {
    .error("onnx.bad-tensor", "the element \(value) does not fit \(8 * width) bits")
  }

  /// An element is no integer.
  static func notIntegers(_ name: String) -> Diagnostic {
    badTensor(name, "an element is no integer, expected integers")
  }

  /// The elements are no numbers.
  static func noNumbers(_ name: String, _ type: ONNXElementType) -> Diagnostic {
    badTensor(name, "its elements are of type \(type), expected real numbers")
  }

  // MARK: Other files

  private static func badExternal(_ message: String, notes: [String] = []) -> Diagnostic {
    .error("onnx.bad-external-data", message, notes: notes)
  }

  /// Nothing says where the elements are.
  static func noExternalLocation(_ name: String) -> Diagnostic {
    badExternal("its data is in another file, which is not named").naming(tensor: name)
  }

  /// The place of the elements is not within the model's folder.
  static func externalOutside(_ name: String, _ location: String) -> Diagnostic {
    badExternal(
      "its data is said to be in '\(location)', expected a path inside the model's folder"
    ).naming(tensor: name)
  }

  /// A number in the description of the place is none.
  static func badExternalNumber(_ name: String, _ key: String, _ value: String) -> Diagnostic {
    badExternal("the \(key) of its data is '\(value)', expected a number").naming(tensor: name)
  }

  /// The file gives more or fewer bytes than there are elements.
  static func externalLength(_ shape: Shaped, _ location: String, _ length: Int) -> Diagnostic {
    badExternal(
      "found \(length) bytes in '\(location)', expected \(shape.size) for \(shape.count) elements "
        + "of type \(shape.type)"
    ).naming(tensor: shape.name)
  }

  /// The file is too short.
  static func externalTooShort(
    _ shape: Shaped, _ location: String, end: (offset: Int, length: Int), size: Int
  ) -> Diagnostic {
    badExternal(
      "'\(location)' has \(size) bytes, expected \(end.length) from byte \(end.offset) on",
      notes: ["the file is incomplete, or of another version of the model"]
    ).naming(tensor: shape.name)
  }

  /// Many constants share a file's bytes.
  static func externalShared(_ name: String) -> Diagnostic {
    badExternal("too many constants share the bytes of the files of weights").naming(tensor: name)
  }

  /// The way to the file goes through a link.
  static func externalLink(_ path: String) -> Diagnostic {
    badExternal(
      "'\(path)' is a symbolic link, which could lead out of the model's folder",
      notes: ["put a copy of the file in its place"])
  }

  /// The file cannot be opened.
  static func cannotOpenExternal(_ path: String, _ reason: Int32) -> Diagnostic {
    badExternal(
      "cannot open '\(path)': \(systemMessage(reason))",
      notes: ["weights that a model keeps in files of their own must lie beside it"])
  }

  /// The path leads to a folder, a pipe or a device.
  static func externalNotRegular(_ path: String) -> Diagnostic {
    badExternal("'\(path)' is no regular file")
  }
}
