// Formats of files that are given in place of a model, told by their first bytes.

/// A format that holds no model that can be read.
package struct KnownFormat: Hashable, Sendable {

  /// The name, as in "the file is …".
  package let name: String

  /// What to do to get a model, if that is known.
  package let advice: String?

  private init(_ name: String, _ advice: String? = nil) {
    (self.name, self.advice) = (name, advice)
  }

  /// Tells the format of a file that begins with `start`, `nil` if it is none of them.
  package init?(startingWith start: [UInt8]) {
    if let known = KnownFormat.magic.first(where: { start.starts(with: $0.bytes) }) {
      self = known.format
    } else if start.starts(with: [0x50, 0x4B, 3, 4]) {
      self.init(firstMemberOf: start)
    } else if start.hasText("TFL3", at: 4) {
      self.init(
        "a TensorFlow Lite model",
        "convert it: python -m tf2onnx.convert --tflite FILE --output model.onnx")
    } else if start.hasText("ORTM", at: 4) {
      self.init(
        "a model in onnxruntime's own format (.ort)", "give the .onnx file that it was made of")
    } else if start.hasText("{\"", at: 8), start[4..<8].allSatisfy({ $0 == 0 }) {
      self.init("a safetensors file, which holds weights only", KnownFormat.exporting)
    } else {
      return nil
    }
  }

  /// Tells what a zip archive is by its first member, whose name follows a head of 30 bytes.
  private init(firstMemberOf start: [UInt8]) {
    let length = start.count >= 30 ? Int(start[26]) | Int(start[27]) << 8 : 0
    let name = String(decoding: start.dropFirst(30).prefix(length), as: UTF8.self)
    if name.hasSuffix(".npy") {
      self.init("an archive of NumPy arrays (.npz)", KnownFormat.arrays)
    } else if name.hasSuffix("/data.pkl") || name.hasSuffix("/.format_version") {
      self.init("a PyTorch archive", KnownFormat.exporting)
    } else {
      self.init("a zip archive")
    }
  }

  private static let exporting =
    "export the network with its weights: torch.onnx.export(model, inputs, 'model.onnx')"

  private static let arrays = "it holds data: give it with --input or --calibration"

  private static let unpacking = "unpack the file first"

  private static let magic: [(bytes: [UInt8], format: KnownFormat)] = [
    ([0x89, 0x48, 0x44, 0x46], KnownFormat("HDF5")),
    ([0x1F, 0x8B], KnownFormat("compressed by gzip", unpacking)),
    ([0x28, 0xB5, 0x2F, 0xFD], KnownFormat("compressed by zstd", unpacking)),
    ([0x42, 0x5A, 0x68], KnownFormat("compressed by bzip2", unpacking)),
    ([0xFD, 0x37, 0x7A, 0x58, 0x5A], KnownFormat("compressed by xz", unpacking)),
    ([0x89, 0x50, 0x4E, 0x47], KnownFormat("a PNG image")),
    ([0xFF, 0xD8, 0xFF], KnownFormat("a JPEG image")),
    ([0x7F, 0x45, 0x4C, 0x46], KnownFormat("a program (ELF)")),
    ([0x25, 0x50, 0x44, 0x46], KnownFormat("a PDF document")),
    ([0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59], KnownFormat("a NumPy array", arrays)),
    ([0x80, 2], KnownFormat("a Python pickle, as old PyTorch saves", exporting)),
    ([0x80, 4], KnownFormat("a Python pickle", exporting)),
    ([0x80, 5], KnownFormat("a Python pickle", exporting)),
  ]
}

extension [UInt8] {

  fileprivate func hasText(_ text: String, at offset: Int) -> Bool {
    count >= offset + text.utf8.count && self[offset...].starts(with: text.utf8)
  }

  /// The first line, cut if it is long, if the bytes are a text; `nil` if they are not.
  package var firstLineOfText: String? {
    guard count >= 4, allSatisfy({ $0 >= 32 || (9...13).contains($0) }) else { return nil }
    let text = String(decoding: self, as: UTF8.self)
    let line = text.drop { $0.isWhitespace }.prefix { !$0.isNewline }
    guard line.unicodeScalars.first != "\u{FFFD}", !line.isEmpty else { return nil }
    return line.count > 40 ? String(line.prefix(40)) + "…" : String(line)
  }
}
