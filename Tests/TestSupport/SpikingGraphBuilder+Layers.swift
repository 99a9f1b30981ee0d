// The layers and connections among which the generator of random spiking graphs chooses.

internal import SpikeIR

extension SpikingGraphBuilder {

  /// Adds a population that listens to earlier ones.
  mutating func addLayer() {
    let source = recentEmitter()
    switch random.int(0...11) {
    case 0, 1, 2, 3: addIntegrateAndFire(anyInput(of: source))
    case 4: addMaximum(of: source)
    case 5: addRelay(source.shape.rank == 3 ? pool(source) : identity(source), or: source)
    case 6: addResidual(of: source)
    case 7: addConcatenation(of: source, and: recentEmitter())
    case 8: addMoved(source)
    case 9: addSum(of: source, and: recentEmitter())
    case 10: addRelay(anyInput(of: source), or: source)
    default: addTwoBranches(of: source, and: recentEmitter())
    }
  }

  /// Returns a population to listen to, mostly one of the last.
  private mutating func recentEmitter() -> Emitter {
    random.chance(0.7) ? emitters[emitters.count - 1] : random.pick(emitters)
  }

  // MARK: Layers

  private mutating func addIntegrateAndFire(_ input: (afferents: [Afferent], shape: Shape)) {
    let typical = input.afferents.map(\.typical).max() ?? 1
    if options.hasLeakyNeurons, codes[0].isRate, random.chance(0.6) {
      let bias = random.chance(0.6) ? leakyBias(input.shape, typical: typical) : nil
      let model = leaky(input.shape, typical: typical)
      let id = addPopulation(input.shape, model, afferents: input.afferents, bias: bias)
      return emitters.append(Emitter(id: id, shape: input.shape, bound: 1))
    }
    if options.hasDecayingNeurons, options.isQuantized, codes[0].isRate, random.chance(0.6) {
      let bias = self.bias(input.shape, typical: typical)
      let model = decaying(input.shape, typical: typical)
      let id = addPopulation(input.shape, model, afferents: input.afferents, bias: bias)
      return emitters.append(Emitter(id: id, shape: input.shape, bound: 1))
    }
    if options.hasShiftingNeurons, options.isQuantized, codes[0].isRate, random.chance(0.6) {
      let bias = shiftingBias(input.shape, typical: typical)
      let (model, most) = shifting(input.shape, typical: typical)
      let id = addPopulation(input.shape, model, afferents: input.afferents, bias: bias)
      return emitters.append(Emitter(id: id, shape: input.shape, bound: most))
    }
    let code = random.pick(codes)
    let model =
      random.chance(0.25)
      ? staircase(input.shape, code, typical: typical)
      : integrateAndFire(input.shape, typical: typical)
    let bias = self.bias(input.shape, typical: typical / 2)
    let id = addPopulation(input.shape, model, afferents: input.afferents, bias: bias)
    graph[id].code = code
    emitters.append(Emitter(id: id, shape: input.shape, bound: code.isRate ? 1 : code.levels))
  }

  /// Adds a relay, or integrate-and-fire neurons where its values could become large.
  private mutating func addRelay(
    _ input: (afferents: [Afferent], shape: Shape), or source: Emitter
  ) {
    let bound = input.afferents.reduce(0) { $0 + $1.bound }
    guard bound <= relayLimit else { return addIntegrateAndFire(input) }
    let id = addPopulation(input.shape, .relay, afferents: input.afferents, bias: nil)
    emitters.append(Emitter(id: id, shape: input.shape, bound: bound))
  }

  private mutating func addMaximum(of source: Emitter) {
    guard source.shape.rank == 3 else { return addIntegrateAndFire(anyInput(of: source)) }
    var (afferents, shape) = pool(source)
    afferents[0].shift = 0
    let id = addPopulation(shape, .maximum, afferents: afferents, bias: nil)
    emitters.append(Emitter(id: id, shape: shape, bound: source.bound))
  }

  /// Adds a layer's result to its input, which keeps its precision by i16 weights.
  private mutating func addResidual(of source: Emitter) {
    let branch = source.shape.rank == 3 ? sameConv(source) : dense(source, to: source.shape)
    let shortcut = scaled(source, to: source.shape, magnitude: 32767)
    addIntegrateAndFire(([branch, shortcut], source.shape))
  }

  /// Adds a relay that holds the channels of two populations side by side.
  private mutating func addConcatenation(of a: Emitter, and b: Emitter) {
    guard a.shape.rank == b.shape.rank, a.shape.positions == b.shape.positions else {
      return addMoved(a)
    }
    let (p, q) = (a.shape.channels, b.shape.channels)
    var shape = a.shape
    shape[shape.rank - 1] = p + q
    let left = (0..<shape.count).map { $0 % (p + q) < p ? $0 / (p + q) * p + $0 % (p + q) : -1 }
    let right = (0..<shape.count).map {
      $0 % (p + q) >= p ? $0 / (p + q) * q + $0 % (p + q) - p : -1
    }
    addRelay(([wires(a, left), wires(b, right)], shape), or: a)
  }

  /// Adds a population to which elements are moved at random: some twice, some not at all.
  private mutating func addMoved(_ source: Emitter) {
    let shape: Shape =
      source.shape.rank == 3
      ? [random.int(1...6), random.int(1...6), random.int(1...5)] : [random.int(1...30)]
    let starts = (0..<shape.count).map { _ in
      random.chance(0.2) ? -1 : random.int(0...source.shape.count - 1)
    }
    let input = ([wires(source, starts)], shape)
    if random.chance(0.6) { addRelay(input, or: source) } else { addIntegrateAndFire(input) }
  }

  /// Adds a population that adds up two others of as many neurons.
  private mutating func addSum(of a: Emitter, and b: Emitter) {
    let others = emitters.filter { $0.shape.count == a.shape.count }
    let other = b.shape.count == a.shape.count ? b : random.pick(others)
    let afferents = [identity(a).afferents[0], identity(other).afferents[0]]
    let input = (afferents, a.shape)
    if random.chance(0.5) { addRelay(input, or: a) } else { addIntegrateAndFire(input) }
  }

  /// Adds neurons that listen to two populations of any shapes.
  private mutating func addTwoBranches(of a: Emitter, and b: Emitter) {
    var (afferents, shape) = anyInput(of: a)
    afferents.append(dense(b, to: shape))
    addIntegrateAndFire((afferents, shape))
  }

  // MARK: Connections

  /// Returns connections of any kind from `source`, with the shape to which they lead.
  mutating func anyInput(of source: Emitter) -> (afferents: [Afferent], shape: Shape) {
    guard source.shape.rank == 3 else {
      let shape: Shape = random.chance(0.8) ? [random.int(1...24)] : [2, 3, random.int(1...4)]
      return random.chance(0.7)
        ? ([dense(source, to: shape)], shape)
        : ([scaled(source, to: source.shape, magnitude: 127)], source.shape)
    }
    switch random.int(0...9) {
    case 0: return pool(source)
    case 1: return ([scaled(source, to: source.shape, magnitude: 127)], source.shape)
    case 2, 3:
      let shape: Shape = [random.int(1...24)]
      return ([dense(source, to: shape)], shape)
    case 4: return (([sameConv(source)]), source.shape)
    default: return conv(source)
    }
  }

  /// Returns a convolution with a random window that fits.
  private mutating func conv(_ source: Emitter) -> (afferents: [Afferent], shape: Shape) {
    let window = self.window(over: source.shape)
    let channels = source.shape[2]
    let groups = random.pick((1...channels).filter { channels.isMultiple(of: $0) })
    let outputs = groups * random.int(1...max(1, 6 / groups))
    let taps = window.size.height * window.size.width
    let fan = taps * channels / groups
    let (magnitude, shift) = strength(fan, source)
    let kernel: Shape = [window.size.height, window.size.width, channels / groups, outputs]
    let weights = self.weights("kernel", kernel, magnitude)
    let kind = ConvProjection(weights: weights, window: window, groups: groups)
    let afferent = Afferent(
      source: source, kind: .conv(kind), fan: fan, magnitude: magnitude, shift: shift)
    return ([afferent], shape(window, over: source.shape, channels: outputs))
  }

  /// Returns a convolution that keeps the shape, by padding more below and to the right.
  private mutating func sameConv(_ source: Emitter) -> Afferent {
    let size = Pair(random.int(1...4), random.int(1...3))
    let padding = Padding(
      top: (size.height - 1) / 2, left: (size.width - 1) / 2, bottom: size.height / 2,
      right: size.width / 2)
    let channels = source.shape[2]
    let isDepthwise = random.chance(0.4)
    let fan = size.height * size.width * (isDepthwise ? 1 : channels)
    let (magnitude, shift) = strength(fan, source)
    let kernel: Shape = [size.height, size.width, isDepthwise ? 1 : channels, channels]
    let kind = ConvProjection(
      weights: weights("kernel", kernel, magnitude), window: Window(size: size, padding: padding),
      groups: isDepthwise ? channels : 1)
    return Afferent(
      source: source, kind: .conv(kind), fan: fan, magnitude: magnitude, shift: shift)
  }

  /// Returns dense connections.
  mutating func dense(_ source: Emitter, to target: Shape) -> Afferent {
    let (magnitude, shift) = strength(source.shape.count, source)
    let matrix = weights("matrix", [source.shape.count, target.count], magnitude)
    return Afferent(
      source: source, kind: .dense(DenseProjection(weights: matrix)), fan: source.shape.count,
      magnitude: magnitude, shift: shift)
  }

  /// Returns the connections of a pooling with a random window that fits.
  private mutating func pool(_ source: Emitter) -> (afferents: [Afferent], shape: Shape) {
    let window = self.window(over: source.shape)
    let fan = window.size.height * window.size.width
    let shift = random.chance(0.8) ? 0 : 1
    let afferent = Afferent(
      source: source, kind: .pool(PoolProjection(window: window)), fan: fan, magnitude: 1,
      shift: shift)
    return ([afferent], shape(window, over: source.shape, channels: source.shape[2]))
  }

  /// Returns one-to-one connections without weights.
  private mutating func identity(_ source: Emitter) -> (afferents: [Afferent], shape: Shape) {
    let afferent = Afferent(
      source: source, kind: .identity(IdentityProjection()), fan: 1, magnitude: 1,
      shift: random.chance(0.8) ? 0 : 2)
    return ([afferent], source.shape)
  }

  /// Returns one-to-one connections with a weight a channel or one for all.
  private mutating func scaled(_ source: Emitter, to target: Shape, magnitude: Int) -> Afferent {
    let strongest = sumLimit / (source.bound * repetitions)
    let largest = max(1, min(magnitude, strongest))
    let layout: Shape = random.chance(0.7) ? [target.channels] : [1]
    let weights = self.weights("scales", layout, largest, wide: magnitude > 127)
    return Afferent(
      source: source, kind: .identity(IdentityProjection(weights: weights)), fan: 1,
      magnitude: largest, shift: 0)
  }

  /// Returns wires from the given neurons.
  private mutating func wires(_ source: Emitter, _ starts: [Int]) -> Afferent {
    let sources = add("wires", [starts.count], .int32(starts.map { Int32($0) }))
    return Afferent(
      source: source, kind: .wire(WireProjection(sources: sources)), fan: 1, magnitude: 1, shift: 0)
  }

  // MARK: Windows and weights

  /// Returns a window with at least one position over an image of the given shape.
  private mutating func window(over image: Shape) -> Window {
    func fits(_ size: Int, _ dilation: Int, _ extent: Int, _ padding: Int) -> Bool {
      (size - 1) * dilation + 1 <= extent + padding
    }
    while true {
      let size = Pair(random.int(1...3), random.int(1...3))
      let dilations = random.chance(0.8) ? Pair(1, 1) : Pair(random.int(1...2), random.int(1...3))
      let strides = random.chance(0.5) ? Pair(1, 1) : Pair(random.int(1...3), random.int(1...2))
      let padding =
        random.chance(0.4)
        ? Padding.none
        : Padding(
          top: random.int(0...2), left: random.int(0...2), bottom: random.int(0...2),
          right: random.int(0...1))
      if fits(size.height, dilations.height, image[0], padding.top + padding.bottom),
        fits(size.width, dilations.width, image[1], padding.left + padding.right)
      {
        return Window(size: size, strides: strides, dilations: dilations, padding: padding)
      }
    }
  }

  /// Returns the shape to which a window that fits leads.
  private func shape(_ window: Window, over image: Shape, channels: Int) -> Shape {
    guard let extents = try? window.outputExtents(height: image[0], width: image[1]) else {
      preconditionFailure("internal: the window was chosen to fit")
    }
    return [extents.height, extents.width, channels]
  }

  /// Returns a magnitude of weights and a shift that keep sums over `fan` connections in bounds.
  private mutating func strength(_ fan: Int, _ source: Emitter) -> (magnitude: Int, shift: Int) {
    let limit = max(1, sumLimit / (fan * source.bound * repetitions))
    let magnitude = min(limit, random.pick([1, 7, 127, 127, 127, 1000, 32767]))
    let shift = random.chance(0.7) ? 0 : random.int(0...4)
    return (magnitude, magnitude << shift <= limit ? shift : 0)
  }

  /// Adds weights, i8 where they fit unless `wide`.
  private mutating func weights(
    _ name: String, _ shape: Shape, _ magnitude: Int, wide: Bool = false
  ) -> TensorID {
    let values = (0..<shape.count).map { _ in random.weight(magnitude) }
    return add(
      name, shape,
      magnitude <= 127 && !wide
        ? .int8(values.map { Int8($0) }) : .int16(values.map { Int16($0) }))
  }
}
