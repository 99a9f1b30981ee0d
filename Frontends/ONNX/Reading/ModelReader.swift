// Reading a whole file: the head of the model, then its graph and functions message by message, so
// that at any time one node or constant is unpacked and weights are never read.

internal import COnnxProto
internal import Diagnostics
internal import FileReading

extension ONNXModel {

  /// Reads the model in the file at `path`, all but the elements of its constants.
  ///
  /// - Throws: diagnostics of the area `onnx`, located in the file.
  init(readingAt path: String) throws(CompileError) {
    var sink = DiagnosticSink()
    try self.init(readingAt: path, sink: &sink)
  }

  /// Reads the model in the file at `path`, all but the elements of its constants.
  ///
  /// - Parameters:
  ///   - path: the path of the file; files of weights are looked for in its folder.
  ///   - sink: is given warnings, such as that the file is newer than this program.
  /// - Throws: diagnostics of the area `onnx`, located in the file.
  /// - Complexity: O(size of the file without elements); elements are skipped.
  init(readingAt path: String, sink: inout DiagnosticSink) throws(CompileError) {
    do throws(Diagnostic) {
      var reader = try ModelReader(path)
      self = try reader.model(&sink)
    } catch {
      throw CompileError(error.located(at: .file(path)))
    }
  }

  /// The newest version of the file format whose meaning is known here.
  static let newestKnownIRVersion = 14
}

/// A file being read.
struct ModelReader: ~Copyable {

  private var wire: WireReader
  private let files: ModelFiles

  /// An estimate from above of the memory that the values read so far take, bytes.
  private var kept = 0

  /// Opens the file at `path`.
  ///
  /// - Throws: `file.missing`, `file.cannot-open`; `onnx.empty-file` and its like for what is plainly no model.
  init(_ path: String) throws(Diagnostic) {
    let file = try ReadableFile(path: path)
    try file.checkKind()
    files = ModelFiles(of: file, at: path)
    wire = WireReader(file)
  }

  /// The most memory that all values together may take, bytes.
  private var limit: Int { 96 << 20 + wire.size }

  /// Takes memory for a value made of a message with the given skeleton.
  private mutating func keep(_ skeleton: borrowing Skeleton) throws(Diagnostic) {
    kept += 256 + skeleton.cost
    guard kept <= limit else { throw .tooManyParts(limit: limit) }
  }

  /// Returns what `make` makes of the message in `range`.
  private mutating func read<Message, Result>(
    _ range: Range<Int>, as kind: WireMessage, by unpack: Unpacker<Message>, at place: Place,
    _ make: (Message) throws(Diagnostic) -> Result
  ) throws(Diagnostic) -> Result {
    do throws(Diagnostic) {
      let skeleton = try wire.skeleton(of: range, as: kind)
      try keep(skeleton)
      return try skeleton.unpacked(by: unpack, make)
    } catch {
      throw error.located(at: .inside(file: wire.file.path, path: place.description))
    }
  }

  /// A place inside the file, for messages.
  private struct Place: CustomStringConvertible {
    var parent = ""
    var name: String
    var index: Int?

    var description: String { parent + name + (index.map { "[\($0)]" } ?? "") }
  }

  /// Where the parts of a model are that are read message by message.
  private struct Sections {
    var graphs: [Range<Int>] = []
    var functions: [Range<Int>] = []
  }

  /// Finds the parts of the model.
  ///
  /// - Throws: `onnx.not-onnx` and its like if there is no graph.
  private mutating func sections() throws(Diagnostic) -> Sections {
    var result = Sections()
    // Whatever writes models starts with the version of the format.
    var foundModel = false
    while wire.position < wire.size {
      let isModel = foundModel || !result.graphs.isEmpty
      let field = try topField(before: wire.size, foundModel: isModel)
      switch (field.number, field.form) {
      case (1, .varint): foundModel = true
      case (7, .bytes):
        try keep(Skeleton())
        result.graphs.append(field.content)
      case (25, .bytes):
        try keep(Skeleton())
        result.functions.append(field.content)
      case (2, .varint), (9, .bytes):
        throw .isTensorFile()
      default: break
      }
    }
    guard !result.graphs.isEmpty else {
      throw foundModel ? .noGraph() : .notONNX(try wire.file.start(), "it has no graph")
    }
    return result
  }

  /// Reads the model.
  mutating func model(_ sink: inout DiagnosticSink) throws(Diagnostic) -> ONNXModel {
    let end = wire.size
    let sections = try sections()
    let path = files.path
    var result = try read(
      0..<end, as: .model, by: onnx__model_proto__unpack, at: Place(name: "model")
    ) { (head) throws(Diagnostic) in try ONNXModel(head, path: path) }
    if result.irVersion > ONNXModel.newestKnownIRVersion {
      sink.report(.newerFormat(result.irVersion).located(at: .file(files.path)))
    }
    if let opset = result.opset, opset > ONNXModel.newestOpset {
      sink.report(.newerOpset(opset).located(at: .file(files.path)))
    }
    result.graph = try self.graph(in: sections.graphs)
    for (i, range) in sections.functions.enumerated() {
      let place = Place(name: "functions", index: i)
      result.functions.append(try function(in: range, at: place))
    }
    try wire.file.checkUnchanged()
    return result
  }

  /// Reads a field of the model.
  ///
  /// - Throws: `onnx.not-onnx` in place of what is wrong with the field unless something of a model
  ///   was found before.
  private mutating func topField(
    before end: Int, foundModel: Bool
  ) throws(Diagnostic) -> WireField {
    do throws(Diagnostic) {
      return try wire.nextField(before: end)
    } catch {
      let start = try wire.file.start()
      guard !foundModel, start.first != 8,
        error.id == "onnx.malformed" || error.id == "onnx.truncated"
      else { throw error }
      throw .notONNX(start, error.message)
    }
  }

  /// Reads the graph in `ranges`; a message that is there in parts is one, says the wire format.
  private mutating func graph(in ranges: [Range<Int>]) throws(Diagnostic) -> ONNXGraph {
    var result = ONNXGraph()
    var names = GraphNames()
    for range in ranges {
      wire.position = range.lowerBound
      while wire.position < range.upperBound {
        let field = try graphField(before: range.upperBound)
        guard let part = GraphPart(rawValue: field.number) else { continue }
        guard field.form == .bytes else { throw .wrongForm(field, in: .graph) }
        try add(part, field, to: &result, &names)
        wire.position = field.content.upperBound
      }
    }
    return result
  }

  /// The names that are given once in a graph.
  private struct GraphNames {
    var initializers: Set<String> = []
    var inputs: Set<String> = []
  }

  /// Reads a part of a graph and adds it to `result`.
  private mutating func add(
    _ part: GraphPart, _ field: WireField, to result: inout ONNXGraph, _ names: inout GraphNames
  ) throws(Diagnostic) {
    switch part {
    case .node:
      let place = Place(parent: "graph.", name: "node", index: result.nodes.count)
      result.nodes.append(try node(in: field.content, at: place))
    case .initializer:
      let tensor = try initializer(in: field.content, result.initializers.count)
      guard names.initializers.insert(tensor.name).inserted else {
        throw .duplicateInitializer(tensor.name)
      }
      result.initializers.append(tensor)
    case .input:
      let place = Place(parent: "graph.", name: "input", index: result.inputs.count)
      let input = try value(in: field.content, at: place)
      guard names.inputs.insert(input.name).inserted else { throw .duplicateInput(input.name) }
      result.inputs.append(input)
    case .output:
      let place = Place(parent: "graph.", name: "output", index: result.outputs.count)
      result.outputs.append(try value(in: field.content, at: place))
    case .name:
      result.name = try read(
        field.start..<field.content.upperBound, as: .graph, by: onnx__graph_proto__unpack,
        at: Place(name: "graph")
      ) { (head) throws(Diagnostic) in text(head.name) }
    case .sparseInitializer:
      throw .sparseInitializer()
    }
  }

  /// The fields of a graph that are read.
  private enum GraphPart: Int {
    case node = 1
    case name = 2
    case initializer = 5
    case input = 11
    case output = 12
    case sparseInitializer = 15
  }

  private mutating func graphField(before end: Int) throws(Diagnostic) -> WireField {
    do throws(Diagnostic) {
      return try wire.nextField(before: end)
    } catch {
      throw error.located(at: .inside(file: wire.file.path, path: "graph"))
    }
  }

  private mutating func node(
    in range: Range<Int>, at place: Place
  ) throws(Diagnostic) -> ONNXNode {
    let files = files
    return try read(range, as: .node, by: onnx__node_proto__unpack, at: place) {
      (message) throws(Diagnostic) in try ONNXNode(message, files)
    }
  }

  private mutating func initializer(
    in range: Range<Int>, _ index: Int
  ) throws(Diagnostic) -> ONNXTensor {
    let place = Place(parent: "graph.", name: "initializer", index: index)
    let files = files
    return try read(range, as: .tensor, by: onnx__tensor_proto__unpack, at: place) {
      (message) throws(Diagnostic) in try ONNXTensor(message, files)
    }
  }

  private mutating func value(
    in range: Range<Int>, at place: Place
  ) throws(Diagnostic) -> ONNXValueInfo {
    try read(range, as: .valueInfo, by: onnx__value_info_proto__unpack, at: place) {
      (message) throws(Diagnostic) in ONNXValueInfo(message)
    }
  }

  /// Reads the function in `range`.
  private mutating func function(
    in range: Range<Int>, at place: Place
  ) throws(Diagnostic) -> ONNXFunction {
    let files = files
    var result = try read(range, as: .function, by: onnx__function_proto__unpack, at: place) {
      (message) throws(Diagnostic) in try ONNXFunction(message, files)
    }
    wire.position = range.lowerBound
    while wire.position < range.upperBound {
      let field = try wire.nextField(before: range.upperBound)
      guard field.number == 7 else { continue }
      guard field.form == .bytes else { throw .wrongForm(field, in: .function) }
      let place = Place(
        parent: place.description + ".", name: "node", index: result.nodes.count)
      result.nodes.append(try node(in: field.content, at: place))
      wire.position = field.content.upperBound
    }
    return result
  }

  /// Reads the file as a single constant.
  mutating func tensor() throws(Diagnostic) -> ONNXTensor {
    let files = files
    let end = wire.size
    let skeleton = try wire.skeleton(of: 0..<end, as: .tensor)
    return try skeleton.unpacked(by: onnx__tensor_proto__unpack) { (message) throws(Diagnostic) in
      try ONNXTensor(message, files)
    }
  }
}

extension ONNXTensor {

  /// Reads the constant in the file at `path`, all but its elements.
  ///
  /// Such files hold what the standard's tests put into networks and expect from them.
  ///
  /// - Throws: diagnostics of the area `onnx`.
  init(readingAt path: String) throws(Diagnostic) {
    do throws(Diagnostic) {
      var reader = try ModelReader(path)
      self = try reader.tensor()
    } catch {
      throw error.located(at: .file(path))
    }
  }
}
