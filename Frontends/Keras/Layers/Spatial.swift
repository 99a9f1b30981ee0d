// What layers over one and two spatial dimensions share: images, windows, padding.

internal import Diagnostics
internal import SpikeIR

/// How a window treats the border.
enum PaddingMode: String, CaseIterable {
  /// Windows lie within the image.
  case valid
  /// There are ⌈extent / stride⌉ windows; what is missing is added, the odd element at the end.
  case same
  /// One dimension: windows end at their own position.
  case causal
}

extension LayerConfig {

  /// Returns the option `padding`.
  ///
  /// - Throws: `keras.bad-layer` unless it is one of `modes`.
  func padding(_ modes: [PaddingMode] = [.valid, .same]) throws(Diagnostic) -> PaddingMode {
    let word = try word("padding", default: PaddingMode.valid.rawValue).lowercased()
    guard let mode = PaddingMode(rawValue: word), modes.contains(mode) else {
      let choices = modes.map { "'\($0.rawValue)'" }.joined(separator: " or ")
      throw wrong("padding", expected: choices)
    }
    return mode
  }

  /// Returns the extents `key`, one for each spatial dimension, as a pair: the single extent of
  /// one dimension is the width, and the height is 1.
  func pair(
    _ key: String, rank: Int, default fallback: Int? = nil
  ) throws(Diagnostic) -> Pair {
    let list = try integers(
      key, count: rank, atLeast: 1, default: fallback.map { x in (0..<rank).map { _ in x } })
    guard list.allSatisfy({ $0 <= Window.limit }) else {
      throw wrong(key, expected: "extents of at most \(Window.limit)")
    }
    return rank == 1 ? Pair(1, list[0]) : Pair(list[0], list[1])
  }
}

extension Window {

  /// Creates the window that Keras uses over an image of the given extents.
  ///
  /// - Source: TensorFlow's documentation of padding: total = max((⌈n/s⌉ − 1)·s + (k−1)·d + 1 − n,
  ///   0), of which the smaller half comes before the image.
  init(
    size: Pair, strides: Pair, dilations: Pair = Pair(1, 1), mode: PaddingMode, over image: Shape
  ) {
    func pads(_ n: Int, _ k: Int, _ s: Int, _ d: Int) -> (before: Int, after: Int) {
      let reach = (k - 1) * d
      switch mode {
      case .valid: return (0, 0)
      case .causal: return (reach, 0)
      case .same:
        let total = max(((n + s - 1) / s - 1) * s + reach + 1 - n, 0)
        return (total / 2, total - total / 2)
      }
    }
    let rows = pads(image[0], size.height, strides.height, dilations.height)
    let columns = pads(image[1], size.width, strides.width, dilations.width)
    self.init(
      size: size, strides: strides, dilations: dilations,
      padding: Padding(
        top: rows.before, left: columns.before, bottom: rows.after, right: columns.after))
  }
}

extension GraphBuilder {

  /// Returns the only operand of a layer over `rank` spatial dimensions as an image.
  ///
  /// - Throws: `keras.bad-layer` if the operand has another rank.
  mutating func spatialInput(_ call: LayerCall, rank: Int) throws(Diagnostic) -> NodeID {
    let input = try call.onlyInput()
    let shape = kerasShape(input)
    guard shape.rank == rank + 1 else { throw .badRank(call.place, shape, expected: rank + 1) }
    let isChannelsFirst = try call.config.isChannelsFirst()
    guard rank == 1 else {
      return try image(input, isChannelsFirst: isChannelsFirst, for: call)
    }
    var node = try plain(input, for: call)
    if isChannelsFirst {
      node = try add(.transpose(Transpose([1, 0])), [node], for: call, "channels-last")
    }
    let line = graph[node].shape
    return try add(.reshape(Reshape([1, line[0], line[1]])), [node], for: call, "expand")
  }

  /// Returns the value of a layer over `rank` spatial dimensions whose image is `node`.
  mutating func spatialOutput(
    _ node: NodeID, _ call: LayerCall, rank: Int
  ) throws(Diagnostic) -> Value {
    let isChannelsFirst = try call.config.isChannelsFirst()
    guard rank == 1 else { return Value(node: node, isChannelsFirst: isChannelsFirst) }
    let shape = graph[node].shape
    let line = try add(
      .reshape(Reshape([shape[1], shape[2]])), [node], for: call, "squeeze")
    guard isChannelsFirst else { return Value(node: line) }
    return Value(
      node: try add(.transpose(Transpose([1, 0])), [line], for: call, "channels-first"))
  }

  /// Returns the value of a layer with an option `activation` whose image is `node`.
  mutating func activatedOutput(
    _ node: NodeID, _ call: LayerCall, rank: Int
  ) throws(Diagnostic) -> Value {
    // Keep the activation next to the convolution where the order of dimensions does not matter.
    guard let op = try call.config.activation() else {
      return try spatialOutput(node, call, rank: rank)
    }
    if try call.config.isChannelsFirst() {
      let value = try spatialOutput(node, call, rank: rank)
      return try apply(op, to: value, call, "activation")
    }
    let activated = try add(op, [node], for: call, "activation")
    return try spatialOutput(activated, call, rank: rank)
  }
}
