// What can be fuzzed: a frontend with the format of its files and where good files are.

internal import Diagnostics
internal import FuzzSupport
internal import Glibc
internal import KerasFrontend
internal import ONNXFrontend
internal import PluginAPI
internal import SpikeIR

/// A frontend that reads damaged files.
struct FuzzTarget: Sendable {

  /// What is known about the files; its name is the target's.
  var format: FuzzFormat

  /// The folders with good files, from the root of the repository.
  var folders: [String]

  /// The frontend.
  var frontend: any Frontend

  /// All targets.
  ///
  /// A new frontend adds itself here.
  static let all: [FuzzTarget] = [
    FuzzTarget(
      format: .kerasHDF5,
      folders: ["k2", "k3", "bad", "networks"].map { "Tests/Fixtures/keras/\($0)" },
      frontend: KerasFrontend()),
    FuzzTarget(
      format: .onnx,
      folders: [
        "tf2onnx", "torchscript", "dynamo", "blocks", "quantized", "quantized-forms", "storage",
        "types", "operators",
        "elements",
      ].map { "Tests/Fixtures/onnx/\($0)" },
      frontend: ONNXFrontend()),
  ]

  /// Reads the file at `path` with all its tensors.
  ///
  /// - Returns: how that ended: `imported`, or the id of the first problem.
  func load(_ path: String) -> String {
    var sink = DiagnosticSink()
    do throws(CompileError) {
      var model = try frontend.load(path: path, options: ImportOptions(), sink: &sink)
      try model.graph.tensors.materialize()
      return "imported"
    } catch {
      return error.diagnostics.first?.id ?? "nothing said"
    }
  }

  /// Returns the good files, in the order of their names; large ones are left out.
  func seeds() -> [[UInt8]] {
    folders.flatMap { folder -> [[UInt8]] in
      names(in: folder).filter { $0.hasSuffix(format.ending) }.sorted()
        .compactMap { contents(of: "\(folder)/\($0)") }
        .filter { $0.count <= 256 << 10 }
    }
  }

  /// Returns the names of the files in a folder.
  private func names(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      names.append(
        withUnsafeBytes(of: &entry.pointee.d_name) {
          String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        })
    }
    return names
  }
}
