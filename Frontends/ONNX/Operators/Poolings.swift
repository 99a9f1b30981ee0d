// Pooling over windows and over whole images.

internal import Diagnostics
internal import SpikeIR

extension OperatorDefinition {

  /// The poolings.
  static let poolings: [OperatorDefinition] = [
    OperatorDefinition(
      "MaxPool", "1-D and 2-D; ceil_mode, dilations, auto_pad; no indices",
      [.takesGrid, .channelsFirst]
    ) {
      (call, builder) throws(Diagnostic) in
      if call.node.outputs.count > 1, !call.node.outputs[1].isEmpty {
        throw .unsupportedUse(call.site, "gives the positions of the largest elements")
      }
      return [.value(try builder.pooled(call, .maximum, call.value(0, &builder)))]
    },
    OperatorDefinition(
      "AveragePool", "1-D and 2-D; ceil_mode, count_include_pad, dilations, auto_pad",
      [.changedInOpset7, .channelsFirst, .needsReals]
    ) { (call, builder) throws(Diagnostic) in
      [.value(try builder.pooled(call, .average, call.value(0, &builder)))]
    },
    OperatorDefinition(
      "LpPool", "1-D and 2-D; ceil_mode, dilations, auto_pad", [.channelsFirst, .needsReals]
    ) {
      (call, builder) throws(Diagnostic) in [.value(try builder.normPooled(call))]
    },
    OperatorDefinition("GlobalMaxPool", "1-D and 2-D", [.takesGrid, .channelsFirst]) {
      (call, builder) throws(Diagnostic) in
      [.value(try builder.globallyPooled(call, .maximum, call.value(0, &builder)))]
    },
    OperatorDefinition("GlobalAveragePool", "1-D and 2-D", [.channelsFirst, .needsReals]) {
      (call, builder) throws(Diagnostic) in
      [.value(try builder.globallyPooled(call, .average, call.value(0, &builder)))]
    },
    OperatorDefinition("GlobalLpPool", "1-D and 2-D", [.channelsFirst, .needsReals]) {
      (call, builder) throws(Diagnostic) in
      let power = Float(try call.int("p", default: 2))
      return [
        .value(
          try builder.norm(of: try call.value(0, &builder), power, for: call.site) {
            (builder, value) throws(Diagnostic) in
            let pooled = try builder.globallyPooled(call, .average, value)
            let count = value.extents[2...].reduce(1, *)
            return try builder.scaled(pooled, by: Float(count), for: call.site, "sum")
          })
      ]
    },
  ]
}

extension NodeCall {

  /// Returns the window of a pooling over the spatial axes `extents`.
  fileprivate func poolingWindow(over extents: [Int]) throws(Diagnostic) -> Sliding {
    guard let size = try ints("kernel_shape") else {
      throw .badNode(site, "has no kernel_shape")
    }
    return try sliding(size: size, over: extents, roundsUp: try flag("ceil_mode"))
  }
}

extension GraphBuilder {

  /// Adds the pooling that `call` describes.
  fileprivate mutating func pooled(
    _ call: NodeCall, _ kind: Pool.Kind, _ input: Value, countsAll: Bool = false
  ) throws(Diagnostic) -> Value {
    let site = call.site
    let rank = try call.spatialRank(of: input)
    let sliding = try call.poolingWindow(over: Array(input.extents[2...]))
    let includesPadding = try call.flag("count_include_pad")
    let countsPadding = kind == .average && (countsAll || includesPadding)
    var image = try image(input, rank, for: site)
    var window = call.window(sliding, withExcess: true)
    if countsPadding, sliding.excess.contains(where: { $0 > 0 }), !countsAll {
      // Padding counts, what the last window needs beyond it does not.
      let padding = call.window(sliding).padding
      image = try add(.pad(Pad(padding)), [image], for: site, "pad")
      var excess = sliding
      excess.pads = sliding.pads.map { _ in 0 }
      window = call.window(excess, withExcess: true)
      let node = try add(.pool(Pool(kind, window: window)), [image], for: site)
      return imageValue(node, like: input)
    }
    let op = Pool(kind, window: window, countsPadding: countsPadding)
    let node = try add(.pool(op), [image], for: site)
    var result = imageValue(node, like: input)
    result.grid = input.grid
    return result
  }

  /// Adds (Σ |x|^p)^(1/p) over windows.
  fileprivate mutating func normPooled(_ call: NodeCall) throws(Diagnostic) -> Value {
    let size = try call.ints("kernel_shape") ?? []
    let power = Float(try call.int("p", default: 2))
    let value = try call.value(0, &self)
    return try norm(of: value, power, for: call.site) { (builder, value) throws(Diagnostic) in
      let pooled = try builder.pooled(call, .average, value, countsAll: true)
      return try builder.scaled(
        pooled, by: Float(size.reduce(1, *)), for: call.site, "sum")
    }
  }

  /// Adds (sum(|x|^p))^(1/p), the sums being computed by `sum`.
  mutating func norm(
    of value: Value, _ power: Float, for site: NodeSite,
    sum: (inout GraphBuilder, Value) throws(Diagnostic) -> Value
  ) throws(Diagnostic) -> Value {
    guard power >= 1 else { throw .badNode(site, "has p=\(power), expected at least 1") }
    if power == 2 {
      let squares = try combined(.multiply, value, value, for: site, "squares")
      return try mapped(
        try sum(&self, squares), .activation(Activation(.squareRoot)), for: site)
    }
    let magnitudes = try mapped(
      value, .activation(Activation(.absolute)), for: site, "magnitudes")
    if power == 1 { return try sum(&self, magnitudes) }
    let powers = try mapped(
      magnitudes, .activation(Activation(.power, alpha: power)), for: site, "powers")
    return try mapped(
      try sum(&self, powers), .activation(Activation(.power, alpha: 1 / power)), for: site)
  }

  /// Adds a pooling of each channel over its whole image.
  fileprivate mutating func globallyPooled(
    _ call: NodeCall, _ kind: Pool.Kind, _ input: Value
  ) throws(Diagnostic) -> Value {
    let rank = try call.spatialRank(of: input)
    let image = try image(input, rank, for: call.site)
    let shape = graph[image].shape
    let op = Pool(kind, window: Window(size: Pair(shape[0], shape[1])))
    let node = try add(.pool(op), [image], for: call.site)
    var result = imageValue(node, like: input)
    result.grid = input.grid
    return result
  }
}
