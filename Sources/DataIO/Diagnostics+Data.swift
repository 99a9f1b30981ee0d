// What can be wrong with data files: one factory for each message.

internal import Diagnostics
internal import SpikeIR

extension Diagnostic {

  /// Returns an error about a file longer than its header says.
  static func trailingBytes(_ name: String, expected: Int, found: Int) -> Diagnostic {
    .error(
      "data.trailing-bytes", "the header says \(expected, of: "byte") of data, found \(found)",
      at: .file(name))
  }

  /// Returns an error about extents whose product does not fit a machine word.
  static func badExtents(_ name: String, _ extents: [Int]) -> Diagnostic {
    .error("data.bad-shape", "the shape \(Shape(extents)) is impossible", at: .file(name))
  }

  /// Returns an error about a damaged NumPy file.
  static func badNPY(_ name: String, _ what: String) -> Diagnostic {
    .error("data.bad-npy", "not a readable NumPy array: \(what)", at: .file(name))
  }

  /// Returns an error about elements that are not plain numbers.
  static func unsupportedType(_ name: String, _ what: String) -> Diagnostic {
    .error(
      "data.unsupported-type", "\(what) is not supported, expected plain numbers",
      at: .file(name), notes: ["convert the array, for example with .astype('float32')"])
  }

  /// Returns an error about a damaged PNG image.
  static func badPNG(_ name: String, _ what: String) -> Diagnostic {
    .error("data.bad-png", "not a readable PNG image: \(what)", at: .file(name))
  }

  /// Returns an error about a file in none of the known formats.
  static func unknownFormat(_ name: String) -> Diagnostic {
    .error(
      "data.unknown-format", "the format of the data is not known", at: .file(name),
      notes: ["expected .npy, .npz:name, .h5:/dataset, idx (also .gz), .png or a folder of .png"])
  }
}
