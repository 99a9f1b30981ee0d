// What a mutator knows about ONNX: the tree of messages, and what people who wish ill put into it.

internal import TestSupport

extension FuzzFormat {

  /// ONNX models.
  public static let onnx = FuzzFormat(
    name: "onnx", ending: ".onnx", places: { _ in [] },
    ownMutations: [
      onTree(changeField), onTree(changeField), onTree(changeField), onTree(moveField),
      onTree(changeNumbers), onTree(rewire), onTree(rewire), onTree(rename), onTree(reshape),
      onTree(reshape), onTree(externalize), onTree(retype), onTree(replaceOperator),
      onTree(replaceOperator), onTree(multiply), nest, onTree(version),
    ], ownShare: 0.75)

  private typealias Change = @Sendable (inout ProtobufMessage, inout SplitMix64) -> Void

  /// Returns the change of a file that makes one to four changes of its tree; files that are no
  /// tree any more stay as they are.
  private static func onTree(_ change: @escaping Change) -> Mutation {
    { bytes, random in
      guard var tree = ProtobufMessage(bytes[...], kind: schema.root, schema) else { return }
      for _ in 0..<random.int(1...4) { change(&tree, &random) }
      bytes = tree.bytes
    }
  }

  private static let schema = ProtobufSchema(
    inner: [
      "model": [7: "graph", 8: "opset", 25: "function"],
      "graph": [1: "node", 5: "tensor", 11: "value", 12: "value", 13: "value"],
      "function": [7: "node", 9: "opset", 11: "attribute"],
      "node": [5: "attribute"],
      "attribute": [5: "tensor", 6: "graph", 10: "tensor", 11: "graph"],
      "tensor": [13: "entry"], "value": [2: "type"], "type": [1: "array"], "array": [2: "shape"],
      "shape": [1: "dimension"],
    ], root: "model")

  /// Numbers at the edges of what is meaningful.
  private static let edges: [Int] = [
    0, 1, 2, 3, 7, 13, 64, -1, -2, 255, 1 << 12, 1 << 16, 1 << 20, 1 << 31, -(1 << 31), 1 << 32,
    1 << 40, 1 << 62, Int.max, Int.min, Int.max - 1,
  ]

  private static func edge(_ random: inout SplitMix64) -> UInt64 {
    UInt64(bitPattern: Int64(random.pick(edges)))
  }

  // MARK: any message

  /// Changes, removes or doubles a field of any message.
  @Sendable private static func changeField(
    _ tree: inout ProtobufMessage, _ random: inout SplitMix64
  ) {
    let kinds = Array(Set(tree.kinds)).sorted()
    _ = tree.changeAny(random.pick(kinds), &random) { message, random in
      guard !message.fields.isEmpty else { return }
      let i = random.int(0...message.fields.count - 1)
      switch random.int(0...5) {
      case 0: message.fields.remove(at: i)
      case 1: message.fields.insert(message.fields[i], at: random.int(0...message.fields.count))
      case 2: message.fields[i].number = random.int(1...26)
      default: message.fields[i].value = changed(message.fields[i].value, &random)
      }
    }
  }

  private static func changed(
    _ value: ProtobufMessage.Value, _ random: inout SplitMix64
  ) -> ProtobufMessage.Value {
    switch value {
    case .varint(let old):
      return .varint(random.chance(0.5) ? edge(&random) : old &+ UInt64(random.int(0...3)) &- 1)
    case .fixed(let bytes):
      let number = random.pick(
        [0, 0x7F80_0000, 0x7FC0_0000, 0x8000_0000, 1, 0x4F00_0000] as [UInt32])
      let start = (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
      return .fixed(Array((start + start).prefix(bytes.count)))
    case .bytes(var bytes):
      switch random.int(0...4) {
      case 0: bytes = []
      case 1: bytes.append(UInt8(random.int(0...255)))
      case 2: bytes = [UInt8](repeating: 0x61, count: random.pick([1, 15, 16, 300, 70_000]))
      case 3: if !bytes.isEmpty { bytes.removeLast() }
      default:
        if !bytes.isEmpty { bytes[random.int(0...bytes.count - 1)] = UInt8(random.int(0...255)) }
      }
      return .bytes(bytes)
    case .message(let message):
      return .bytes(Array(message.bytes.dropLast()))
    }
  }

  /// Moves or copies a field into another message of the same kind.
  @Sendable private static func moveField(
    _ tree: inout ProtobufMessage, _ random: inout SplitMix64
  ) {
    let kind = random.pick(Array(Set(tree.kinds)).sorted())
    var taken: ProtobufMessage.Field?
    _ = tree.changeAny(kind, &random) { message, random in
      if !message.fields.isEmpty { taken = random.pick(message.fields) }
    }
    guard let taken else { return }
    _ = tree.changeAny(kind, &random) { message, random in
      message.fields.removeAll { $0.number == taken.number && random.chance(0.5) }
      message.fields.insert(taken, at: random.int(0...message.fields.count))
    }
  }

  /// Adds fields of one kind many times.
  @Sendable private static func multiply(
    _ tree: inout ProtobufMessage, _ random: inout SplitMix64
  ) {
    guard random.chance(0.2) else { return }
    let kind = random.pick(["graph", "node", "attribute", "tensor", "shape", "model", "type"])
    _ = tree.changeAny(kind, &random) { message, random in
      guard let field = message.fields.randomElement(using: &random) else { return }
      let size = max(1, ProtobufMessage("", [field]).bytes.count)
      let times = min(1 << random.int(1...16), (1 << 19) / size)
      message.fields += [ProtobufMessage.Field](repeating: field, count: times)
    }
  }

  /// Puts a chain of graphs within attributes of nodes into a node.
  @Sendable private static func nest(_ bytes: inout [UInt8], _ random: inout SplitMix64) {
    guard var tree = ProtobufMessage(bytes[...], kind: schema.root, schema) else { return }
    let depth = random.pick([3, 100, 2_000])
    // From the inside out: a node within a graph within an attribute of a node.
    var chain: [UInt8] = []
    for _ in 0..<depth {
      for number in [1, 6, 5] as [UInt64] {
        var outer: [UInt8] = []
        outer.append(varint: number << 3 | 2)
        outer.append(varint: UInt64(chain.count))
        chain = outer + chain
      }
    }
    _ = tree.changeAny("node", &random) { message, _ in message.add(5, .bytes(chain)) }
    bytes = tree.bytes
  }

  // MARK: the graph

  /// Lets an operand of a node be any value: one that comes later, its own result, or none.
  @Sendable private static func rewire(
    _ tree: inout ProtobufMessage, _ random: inout SplitMix64
  ) {
    var names = tree.texts("node", 2) + tree.texts("tensor", 8) + tree.texts("value", 1)
    names.append([])
    let name = random.pick(names)
    _ = tree.changeAny("node", &random) { message, random in
      let number = random.chance(0.85) ? 1 : 2
      let places = message.fields.indices.filter { message.fields[$0].number == number }
      if let place = places.randomElement(using: &random), random.chance(0.85) {
        message.fields[place].value = .bytes(name)
      } else {
        message.add(number, .bytes(name))
      }
    }
  }

  /// Gives a value, a constant or a declaration the name of another.
  @Sendable private static func rename(
    _ tree: inout ProtobufMessage, _ random: inout SplitMix64
  ) {
    let names = tree.texts("node", 2) + tree.texts("tensor", 8) + tree.texts("value", 1)
    guard let name = names.randomElement(using: &random) else { return }
    let (kind, number) = random.pick([("node", 2), ("tensor", 8), ("value", 1), ("node", 3)])
    _ = tree.changeAny(kind, &random) { message, _ in message.set(number, .bytes(name)) }
  }

  private static let operators =
    "Conv ConvTranspose Gemm MatMul BatchNormalization Relu LeakyRelu PRelu Clip Softmax MaxPool "
    + "AveragePool GlobalAveragePool ReduceMean Flatten Reshape Transpose Squeeze Unsqueeze Concat "
    + "Split Slice Pad Add Sub Mul Div Identity Dropout Cast Resize Upsample Constant Shape Gather "
    + "ConstantOfShape Expand Range Tile Where QuantizeLinear DequantizeLinear QLinearConv Pow "
    + "LogSoftmax Erf LpPool Sum Max Min Loop If Einsum DepthToSpace CastLike"

  private static let attributes =
    "kernel_shape strides pads dilations group auto_pad axis axes perm alpha beta transA transB "
    + "epsilon ceil_mode count_include_pad shape value keepdims min max split to output_padding "
    + "output_shape start end starts ends steps mode allowzero p num_outputs scales block_size"

  /// Gives a node another operator, or one more attribute.
  @Sendable private static func replaceOperator(
    _ tree: inout ProtobufMessage, _ random: inout SplitMix64
  ) {
    let names = random.pick([operators, attributes]).split(separator: " ")
    let name = Array(random.pick(names).utf8)
    let isOperator = operators.contains(String(decoding: name, as: UTF8.self))
    _ = tree.changeAny("node", &random) { message, random in
      if isOperator {
        message.set(4, .bytes(name))
      } else {
        message.fields.removeAll { field in
          guard case .message(let old) = field.value else { return false }
          return old.fields.contains { $0.number == 1 && isBytes($0.value, name) }
        }
        message.add(5, .message(attribute(name, &random)))
      }
    }
  }

  private static func isBytes(_ value: ProtobufMessage.Value, _ bytes: [UInt8]) -> Bool {
    if case .bytes(let other) = value { other == bytes } else { false }
  }

  private static func attribute(
    _ name: [UInt8], _ random: inout SplitMix64
  ) -> ProtobufMessage {
    var result = ProtobufMessage("attribute", [])
    result.add(1, .bytes(name))
    switch random.int(0...3) {
    case 0:
      result.add(3, .varint(edge(&random)))
      result.add(20, .varint(2))
    case 1:
      result.add(2, .fixed([0, 0, 0xC0, 0x7F]))
      result.add(20, .varint(1))
    default:
      for _ in 0..<random.int(0...6) { result.add(8, .varint(edge(&random))) }
      result.add(20, .varint(7))
    }
    return result
  }

  /// Changes the numbers of an attribute: strides, paddings, axes.
  @Sendable private static func changeNumbers(
    _ tree: inout ProtobufMessage, _ random: inout SplitMix64
  ) {
    _ = tree.changeAny("attribute", &random) { message, random in
      for i in message.fields.indices where [2, 3, 8, 20].contains(message.fields[i].number) {
        if random.chance(0.4) {
          message.fields[i].value = changed(message.fields[i].value, &random)
        }
        // A row of integers in one field.
        if message.fields[i].number == 8, case .bytes = message.fields[i].value {
          var row: [UInt8] = []
          for _ in 0..<random.int(0...8) { row.append(varint: edge(&random)) }
          message.fields[i].value = .bytes(row)
        }
      }
    }
  }

  // MARK: constants

  /// Changes the extents of a constant or of a declared value.
  @Sendable private static func reshape(
    _ tree: inout ProtobufMessage, _ random: inout SplitMix64
  ) {
    if random.chance(0.5) {
      _ = tree.changeAny("dimension", &random) { message, random in
        message.fields = []
        message.add(1, .varint(random.chance(0.5) ? edge(&random) : UInt64(random.int(0...40))))
      }
      return
    }
    _ = tree.changeAny("tensor", &random) { message, random in
      var extents: [UInt64] = []
      for field in message.fields where field.number == 1 {
        if case .varint(let extent) = field.value { extents.append(extent) }
      }
      switch random.int(0...3) {
      case 0: extents.shuffle(using: &random)
      case 1: extents = [extents.reduce(1, &*)]
      case 2: extents.insert(1, at: random.int(0...extents.count))
      default:
        let place = random.int(0...extents.count)
        if place < extents.count {
          extents[place] = edge(&random)
        } else {
          extents.append(edge(&random))
        }
      }
      message.fields.removeAll { $0.number == 1 }
      for extent in extents { message.add(1, .varint(extent)) }
    }
  }

  /// Changes the type of a constant's elements.
  @Sendable private static func retype(
    _ tree: inout ProtobufMessage, _ random: inout SplitMix64
  ) {
    let type = UInt64(random.int(0...28))
    _ = tree.changeAny(random.pick(["tensor", "array"]), &random) { message, _ in
      message.set(message.kind == "tensor" ? 2 : 1, .varint(type))
    }
  }

  private static let locations = [
    "../../etc/passwd", "/etc/passwd", "/dev/zero", "..", ".", "", "a/../../b", "/proc/self/mem",
    "x", "./x", "a//b", "\\\\host\\x", "stdin", "self/fd/0", String(repeating: "a/", count: 2_000),
  ]

  /// Says that a constant's elements are in another file.
  @Sendable private static func externalize(
    _ tree: inout ProtobufMessage, _ random: inout SplitMix64
  ) {
    _ = tree.changeAny("tensor", &random) { message, random in
      if random.chance(0.9) { message.fields.removeAll { $0.number == 9 } }
      message.set(14, .varint(random.chance(0.95) ? 1 : 7))
      let number = "\(random.pick(edges))"
      for (key, value) in [
        ("location", random.pick(locations)), ("offset", number), ("length", number),
      ] where random.chance(0.8) {
        let entry = ProtobufMessage(
          "entry",
          [
            ProtobufMessage.Field(number: 1, value: .bytes(Array(key.utf8))),
            ProtobufMessage.Field(number: 2, value: .bytes(Array(value.utf8))),
          ])
        message.add(13, .message(entry))
      }
    }
  }

  /// Changes the version of the format or of a set of operators.
  @Sendable private static func version(
    _ tree: inout ProtobufMessage, _ random: inout SplitMix64
  ) {
    let number = UInt64(random.int(0...30))
    if random.chance(0.3) {
      tree.set(1, .varint(number))
    } else {
      _ = tree.changeAny("opset", &random) { message, random in
        message.set(2, .varint(random.chance(0.9) ? number : edge(&random)))
      }
    }
  }
}
