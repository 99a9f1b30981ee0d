// Operations on sums that move elements or change their arrangement.

internal import Diagnostics
internal import SpikeIR

extension SpikingTerm {

  /// The factors of a direct term.
  ///
  /// - Precondition: the plan had neurons say what is not direct.
  var factor: [Float] {
    guard case .direct(let factor) = map else {
      preconditionFailure("internal: a projected sum reached an operator that needs spikes")
    }
    return factor
  }
}

extension SpikingTerm.Map {

  /// Returns the map followed by a multiplication by `factor`: one value, one a channel or one
  /// of `count` elements.
  func scaled(
    by factor: [Float], count: Int, _ name: String
  ) throws(Diagnostic) -> SpikingTerm.Map {
    switch self {
    case .direct(let own):
      let isPeriodic = own.count % factor.count == 0 || factor.count % own.count == 0
      if isPeriodic { return .direct(factor: product(own, factor)) }
      return .direct(factor: (0..<count).map { own[$0 % own.count] * factor[$0 % factor.count] })
    case .dense(var matrix, let columns):
      for i in matrix.indices { matrix[i] *= factor[i % columns % factor.count] }
      return .dense(matrix: matrix, columns: columns)
    case .conv(var kernel, let extents, let window, let groups):
      guard factor.count == 1 || factor.count == extents[3] else {
        throw .unsupportedShape("the factor of '\(name)' differs from place to place")
      }
      for i in kernel.indices { kernel[i] *= factor[i % extents[3] % factor.count] }
      return .conv(kernel: kernel, extents: extents, window: window, groups: groups)
    }
  }
}

extension SpikingSum {

  /// Returns the only summand.
  ///
  /// - Throws: `convert.unsupported-shape` if there are others; the plan avoids it.
  func single(_ name: String) throws(Diagnostic) -> SpikingTerm {
    guard terms.count == 1 else {
      throw .unsupportedShape("'\(name)' needs one population as its operand, found \(terms.count)")
    }
    return terms[0]
  }

  /// Returns the sum with `other` added; direct terms of one population are joined.
  func adding(_ other: SpikingSum) -> SpikingSum {
    var result = self
    result.offset = sum(offset, other.offset)
    for term in other.terms {
      guard case .direct(let factor) = term.map,
        let i = result.terms.firstIndex(where: { $0.source == term.source && $0.isDirect })
      else {
        result.terms.append(term)
        continue
      }
      result.terms[i].map = .direct(factor: sum(result.terms[i].factor, factor))
    }
    return result
  }
}

extension SpikingTerm {

  /// `true` iff elements come one to one.
  fileprivate var isDirect: Bool {
    if case .direct = map { true } else { false }
  }
}

extension SpikingBuilder {

  /// Returns the real value of one unit of a direct term.
  func unit(of term: SpikingTerm) -> [Float] {
    product(term.factor, quanta[term.source] ?? [1])
  }

  /// Returns `sum` arranged as `shape`, through relays where populations have another shape.
  ///
  /// - Throws: `convert.unsupported-shape` if channels cannot keep their units.
  mutating func relaid(
    _ sum: SpikingSum, to shape: Shape, _ name: String
  ) throws(Diagnostic) -> SpikingSum {
    guard sum.layout != shape else { return sum }
    var result = SpikingSum(terms: [], offset: sum.offset, layout: shape)
    for term in sum.terms {
      switch term.map {
      case .dense:
        // Rows of a matrix lead to elements in row-major order, whatever their arrangement.
        result.terms.append(term)
        continue
      case .conv: throw .unsupportedShape("'\(name)' rearranges the output of a convolution")
      case .direct: break
      }
      let quantum = quanta[term.source] ?? [1]
      let fits = [quantum.count, term.factor.count].allSatisfy { $0 == 1 || $0 == shape.channels }
      guard fits || graph[term.source].shape.channels == shape.channels else {
        throw .unsupportedShape("'\(name)' rearranges channels with different units")
      }
      let source = graph[term.source].name
      let id = addPopulation(
        "\(source)/as\(shape)", shape: shape, model: .relay, quantum: quantum, layer: nil)
      graph.projections.append(
        Projection(
          name: "\(source)->\(graph[id].name)", source: term.source, target: id,
          kind: .identity(IdentityProjection())))
      result.terms.append(SpikingTerm(source: id, map: term.map))
    }
    return result
  }

  /// Adds a relay whose elements come from those of `parts`.
  ///
  /// - Parameters:
  ///   - parts: operands of one term each, with the index of each element's origin or −1.
  ///   - shape: the relay's shape.
  ///   - name: the relay's name.
  ///   - layer: the node that the relay stands for, if any.
  ///   - value: the value of elements without origin.
  /// - Returns: the relay's value.
  /// - Throws: `convert.unsupported-shape` if elements of a channel have different units.
  mutating func wired(
    _ parts: [(sum: SpikingSum, sources: [Int32])], shape: Shape, name: String, layer: String?,
    filling value: Float
  ) throws(Diagnostic) -> SpikingSum {
    var units = [Float](repeating: 0, count: shape.count)
    var offsets = [Float](repeating: value, count: shape.count)
    var terms: [SpikingTerm] = []
    let sources = try parts.map { (part) throws(Diagnostic) in try part.sum.single(name).source }
    let isMixed = Set(sources.map { gradedPeak(of: $0) == nil }).count > 1
    for (sum, sources) in parts {
      var term = try sum.single(name)
      if isMixed && code.isRate { term = try spoken(term, name) }
      terms.append(term)
      let unit = self.unit(of: term)
      for (i, origin) in sources.enumerated() where origin >= 0 {
        units[i] = unit[Int(origin) % unit.count]
        offsets[i] = sum.offset[Int(origin) % sum.offset.count]
      }
    }
    let (quantum, shape) = (try channelUnits(units, shape, name), shape.population)
    let id = addPopulation(name, shape: shape, model: .relay, quantum: quantum, layer: layer)
    for (term, part) in zip(terms, parts) {
      let label = "\(graph[term.source].name)->\(graph[id].name)"
      let sources = graph.tensors.add(
        Tensor("\(label)/sources", shape: [shape.count], data: .int32(part.sources)))
      graph.projections.append(
        Projection(
          name: label, source: term.source, target: id,
          kind: .wire(WireProjection(sources: sources))))
    }
    return SpikingSum(
      terms: [SpikingTerm(source: id, map: .direct(factor: [1]))],
      offset: LinearMap.collapsed(offsets, channels: shape.channels).values, layout: shape)
  }

  /// Returns the unit of each channel of a relay whose elements have the given units, 0 where
  /// an element has no origin.
  private func channelUnits(
    _ units: [Float], _ shape: Shape, _ name: String
  ) throws(Diagnostic) -> [Float] {
    var result = [Float](repeating: 0, count: shape.channels)
    for (i, unit) in units.enumerated() where unit != 0 {
      let c = i % shape.channels
      guard result[c] == 0 || result[c] == unit else {
        throw .unsupportedShape("'\(name)' joins elements with different units in one channel")
      }
      result[c] = unit
    }
    return result.map { $0 == 0 ? 1 : $0 }
  }
}

extension Shape {

  /// The arrangement of a population of this shape: a vector or an image.
  var population: Shape {
    switch rank {
    case 1, 3: self
    case 0: [1]
    default: [extents.dropLast(2).reduce(1, *), self[rank - 2], channels]
    }
  }

  /// Returns the position of the element at `index` in row-major order.
  func flatIndex(_ index: [Int]) -> Int {
    zip(index, extents).reduce(0) { $0 * $1.1 + $1.0 }
  }

  /// Returns, for each element in row-major order, what `origin` returns for its index, or −1.
  func mapIndices(_ origin: ([Int]) -> Int?) -> [Int32] {
    mapIndicesToValues { origin($0).map { Int32($0) } ?? -1 }
  }

  /// Returns what `body` returns for the index of each element, in row-major order.
  func mapIndicesToValues<T>(_ body: ([Int]) -> T) -> [T] {
    var result: [T] = []
    result.reserveCapacity(count)
    var index = [Int](repeating: 0, count: rank)
    for _ in 0..<count {
      result.append(body(index))
      for i in (0..<rank).reversed() {
        index[i] += 1
        if index[i] < extents[i] { break }
        index[i] = 0
      }
    }
    return result
  }
}
