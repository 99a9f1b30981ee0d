// Archives that other tools packed, and archives that are damaged or hold something else.

import Archive
import Diagnostics
import FileReading
import FoundationEssentials
import PluginAPI
import SpikeIR
import TestSupport
import Testing

@testable import KerasFrontend

@Suite("Keras archives") struct KerasArchiveTests {

  private let fixture = Fixture(name: "generations/k3/plain")

  /// Returns the members of the fixture's archive.
  private func members() throws -> [ZipEntry] {
    let archive = try ZipArchive(ByteSource(try ReadableFile(path: fixture.path("keras"))))
    return try archive.members.map { ZipEntry($0.name, try archive.contents(of: $0).readAll()) }
  }

  /// Returns the fixture's members, that called `name` with other contents, or without it.
  private func members(_ name: String, _ bytes: [UInt8]?) throws -> [ZipEntry] {
    try members().compactMap { member in
      guard member.name == name else { return member }
      return bytes.map { ZipEntry(name, $0) }
    }
  }

  /// Returns the diagnostics of the archive of `members`, and where they lie in it.
  private func problems(_ members: [ZipEntry]) throws -> [String] {
    try problems(bytes: zipArchive(members))
  }

  private func problems(bytes: [UInt8]) throws -> [String] {
    let file = try TemporaryFile(bytes)
    return (loadingError(file.path)?.diagnostics ?? []).map { diagnostic in
      let site = diagnostic.site?.description ?? ""
      #expect(site.hasPrefix(file.path))
      return diagnostic.id + site.dropFirst(file.path.count)
    }
  }

  @Test("entries may lie in the folder of a model that was unpacked and packed again")
  func folder() throws {
    var entries = try members().map { ZipEntry("my model/" + $0.name, $0.bytes) }
    entries.append(ZipEntry("__MACOSX/my model/config.json", [1, 2, 3]))
    let file = try TemporaryFile(zipArchive(entries))
    try expectSameOutputs(try load(file.path).model.graph, fixture)
    // Of two folders none is the model's.
    let two = try problems(entries + members().map { ZipEntry("other/" + $0.name, $0.bytes) })
    #expect(two == ["keras.not-a-model"])
  }

  @Test("entries may come in any order, with others, their sizes said in any way")
  func packings() throws {
    for sizes in [ZipEntry.Sizes.plain, .descriptor, .zip64] {
      for isDeflated in [false, true] {
        var entries = try members().reversed().map { entry in
          ZipEntry(entry.name, entry.bytes, isDeflated: isDeflated, sizes: sizes)
        }
        entries.insert(ZipEntry("assets/", []), at: 1)
        entries.insert(ZipEntry("../../etc/evil", [1, 2, 3]), at: 0)
        let file = try TemporaryFile(zipArchive(entries))
        try expectSameOutputs(try load(file.path).model.graph, fixture)
      }
    }
  }

  @Test("what is missing is said") func missing() throws {
    #expect(try problems(members("config.json", nil)) == ["keras.not-a-model"])
    #expect(try problems(members("model.weights.h5", nil)) == ["keras.not-a-model"])
    #expect(try problems(members("metadata.json", nil)) == ["keras.unsupported-version"])
    #expect(try problems([ZipEntry("readme.txt", [65])]) == ["keras.not-a-model"])
    var other = try members("model.weights.h5", nil)
    other.append(ZipEntry("model.weights.npz", [1, 2]))
    #expect(try problems(other) == ["keras.unsupported-weights"])
    #expect(try problems(members() + members()) == ["keras.bad-archive"])
  }

  @Test(
    "wrong JSON is placed in its member",
    arguments: [
      ("{", "keras.bad-config:config.json"), ("[]", "keras.bad-config:config.json"),
      ("{\"class_name\": \"Mine\", \"config\": {}}", "keras.unsupported-model:config.json"),
      ("{\"class_name\": \"Sequential\", \"config\": {}}", "keras.bad-config:config.json"),
      ("\u{0}\u{1}", "keras.bad-config:config.json"),
    ])
  func wrongJSON(_ text: String, _ expected: String) throws {
    #expect(try problems(members("config.json", Array(text.utf8))) == [expected])
  }

  @Test("text that is not UTF-8 is refused") func notText() throws {
    #expect(
      try problems(members("config.json", [0x7B, 0xFF, 0x7D])) == ["keras.bad-config:config.json"])
    #expect(
      try problems(members("metadata.json", Array("{}".utf8))) == ["keras.unsupported-version"])
    #expect(
      try problems(members("metadata.json", Array("{".utf8))) == ["keras.bad-config:metadata.json"])
    let future = Array(#"{"keras_version": "9.0.0"}"#.utf8)
    let file = try TemporaryFile(zipArchive(members("metadata.json", future)))
    #expect(try load(file.path).warnings == ["keras.newer-version"])
  }

  @Test("damaged weights are placed in their member") func damagedWeights() throws {
    let whole = try #require(try members().first { $0.name == "model.weights.h5" }).bytes
    let texts = try problems(members("model.weights.h5", Array("no HDF5".utf8)))
    #expect(texts == ["hdf5.cannot-open:model.weights.h5"])
    let cut = try problems(members("model.weights.h5", Array(whole.prefix(whole.count / 2))))
    #expect(cut == ["hdf5.truncated:model.weights.h5"])
  }

  @Test("sizes that lie and wrong checksums are found", arguments: [false, true])
  func lies(isDeflated: Bool) throws {
    for name in ["config.json", "model.weights.h5"] {
      for (size, error) in [(1 << 33, 0), (100, 0), (nil, 1)] as [(Int?, UInt32)] {
        let entries = try members().map { entry in
          entry.name != name
            ? entry
            : ZipEntry(
              name, entry.bytes, isDeflated: isDeflated, sizes: .zip64, declaredSize: size,
              checksumError: error)
        }
        let found = try problems(entries)
        #expect(found.count == 1 && found[0].hasPrefix("keras.bad-archive"), "\(found)")
      }
    }
  }

  @Test("models within models that have no end, as good as, are refused") func unfolding() throws {
    let input = #"{"class_name": "InputLayer", "name": "in", "config": {"batch_shape": [null, 4]}}"#
    var config = #"{"name": "m", "layers": [\#(input)], "input_layers": [["in", 0, 0]], "#
    config += #""output_layers": [["in", 0, 0]]}"#
    // Each model calls the one in it twice, one call behind the other; among outputs, Keras 3 counts
    // from 1.
    for _ in 0..<35 {
      let calls = #"[[["in", 0, 0, {}]], [["m", 0, 0, {}]]]"#
      let inner =
        #"{"class_name": "Functional", "name": "m", "config": \#(config), "#
        + #""inbound_nodes": \#(calls)}"#
      config = #"{"name": "m", "layers": [\#(input), \#(inner)], "input_layers": [["in", 0, 0]], "#
      config += #""output_layers": [["m", 2, 0]]}"#
    }
    let text = #"{"class_name": "Functional", "config": \#(config)}"#
    #expect(try problems(members("config.json", Array(text.utf8))) == ["keras.too-large"])
  }

  @Test("weights that would fill the disk are not unpacked") func bomb() throws {
    let entries = try members().map { entry in
      entry.name != "model.weights.h5"
        ? entry
        : ZipEntry(
          entry.name, entry.bytes, isDeflated: true, sizes: .zip64, declaredSize: 257 << 20)
    }
    let file = try TemporaryFile(zipArchive(entries))
    let error = #expect(throws: CompileError.self) { try load(file.path) }
    #expect(error?.diagnostics.first?.message.contains("would unpack from") == true)
  }

  @Test("descriptions that would fill the memory are not read") func largeText() throws {
    let entries = [ZipEntry("config.json", [0x20], sizes: .zip64, declaredSize: 32 << 20 + 1)]
    let file = try TemporaryFile(zipArchive(entries))
    let error = #expect(throws: CompileError.self) { try load(file.path) }
    #expect(error?.diagnostics.first?.message.contains("accepted are") == true)
  }

  @Test("a file that is cut anywhere ends in a diagnostic") func truncated() throws {
    let whole = zipArchive(try members())
    for count in stride(from: 4, to: whole.count, by: 997) {
      #expect(try problems(bytes: Array(whole.prefix(count))) == ["keras.bad-archive"])
    }
  }

  @Test("the weights of a model go where groups say, not where names sort") func groups() throws {
    let names = [
      "Conv2D": "conv2d", "MaxPooling2D": "max_pooling2d", "ReLU": "re_lu", "PReLU": "p_re_lu",
      "BatchNormalization": "batch_normalization", "DepthwiseConv2D": "depthwise_conv2d",
      "Conv2DTranspose": "conv2d_transpose", "InputLayer": "input_layer",
      "Sequential": "sequential", "My>Layer": "my_layer", "ELU": "elu",
      "GlobalAveragePooling2D": "global_average_pooling2d", "TFOpLambda": "tf_op_lambda",
    ]
    for (className, group) in names { #expect(className.snakeCase == group) }
  }
}
