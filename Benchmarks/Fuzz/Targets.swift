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
      folders: ["k1", "k2", "k3", "bad", "networks"].map { "Tests/Fixtures/keras/\($0)" }
        + [
          "k1.2.2", "k1.2.2-theano", "k2", "k2.1.6", "k2.2.4", "k2.3.1", "k2.4.0", "k2.12.0", "k3",
          "k3.0.5",
        ].map { "Tests/Fixtures/keras/generations/\($0)" },
      frontend: KerasFrontend()),
    FuzzTarget(
      format: .kerasArchive,
      folders: ["k2", "k3", "generations/k2", "generations/k3"].map {
        "Tests/Fixtures/keras/\($0)"
      },
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
  /// - Parameters:
  ///   - path: the file.
  ///   - architecture: the description of its network, if that is in a file of its own.
  /// - Returns: how that ended: `imported`, or the id of the first problem.
  func load(_ path: String, architecture: String? = nil) -> String {
    var sink = DiagnosticSink()
    var options = ImportOptions()
    options.architecture = architecture
    do throws(CompileError) {
      var model = try frontend.load(path: path, options: options, sink: &sink)
      try model.graph.tensors.materialize()
      return "imported"
    } catch {
      return error.diagnostics.first?.id ?? "nothing said"
    }
  }

  /// Returns the file that describes the network to which the weights in the good file at `path`
  /// belong; `nil` if they describe it themselves.
  static func architecture(of path: String) -> String? {
    for ending in [".legacy-weights.h5", ".weights.h5"] where path.hasSuffix(ending) {
      let description = path.dropLast(ending.count) + ".json"
      return access(String(description), R_OK) == 0 ? String(description) : nil
    }
    return nil
  }

  /// Returns what makes damaged files of the good ones at `paths`; `nil` if there are none.
  func mutator(_ paths: [String], seed: UInt64) -> Mutator? {
    guard !paths.isEmpty else { return nil }
    return Mutator(format, count: paths.count, seed: seed) { number in
      guard let bytes = contents(of: paths[number]), !bytes.isEmpty else {
        fail("cannot read \(paths[number])")
      }
      return bytes
    }
  }

  /// Returns the paths of the good files, in the order of their names; large ones are left out, for
  /// what is damaged in them is mostly weights.
  func paths() -> [String] {
    folders.flatMap { folder -> [String] in
      names(in: folder).filter { $0.hasSuffix(format.ending) }.sorted().map { "\(folder)/\($0)" }
    }.filter { path in
      var status = stat()
      return stat(path, &status) == 0 && 1...FuzzTarget.seedLimit ~= Int(status.st_size)
    }
  }

  /// The size of the largest good file that is damaged, bytes.
  private static let seedLimit = 128 << 10

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
