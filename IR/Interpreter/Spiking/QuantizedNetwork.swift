// The quantized network without time: what `phased` and `weighted` graphs must equal exactly.
// Formulated by gathering, layer by layer, and deliberately shares no loop with the simulator.

package import Diagnostics
package import SpikeIR

/// What the neurons of a quantized network say about one input.
package struct QuantizedValues: Hashable, Sendable {

  /// The units that each neuron says in total, [population][neuron]; empty for integrators.
  package var units: [[Int32]]

  /// The membrane sums u, [population][neuron]; empty for populations without potential.
  package var potentials: [[Int32]]

  /// The decoded outputs of the network, one list of values for each decoder.
  package var outputs: [[Float]]
}

/// A quantized spiking graph of code `phased` or `weighted`, as an integer feed-forward network.
///
/// u = W q + b, then q = min(max(⌊(u + h)/θ⌋, 0), Q), or sgn(u) · min(⌊(|u| + h)/θ⌋, Q) if signed;
/// staircases say the value of the interval of u, relays u, maxima the largest q of their windows,
/// integrators nothing.
package struct QuantizedNetwork: Sendable {

  private let constants: QuantizedConstants

  /// Creates the network that `graph` says.
  ///
  /// - Throws: `simulator.bad-code` under `rate`, what the verifier finds, `ir.bad-element-type`
  ///   if the graph is not quantized, `ir.elided-tensor`, `simulator.overflow`.
  package init(_ graph: SpikingGraph) throws(CompileError) {
    constants = try QuantizedConstants(graph)
    guard constants.ticks == nil else {
      throw CompileError(
        .error(
          "simulator.bad-code", "the code 'rate' has no equal without time",
          at: .entity(graph.name), notes: ["simulate it in time instead"]))
    }
  }

  /// Returns what the network computes for one input.
  ///
  /// - Parameter inputs: one list of preprocessed values for each encoder.
  /// - Returns: units, membrane sums, outputs.
  /// - Throws: `simulator.bad-input`, `simulator.overflow`.
  /// - Complexity: O(connections).
  package func run(_ inputs: [[Float]]) throws(CompileError) -> QuantizedValues {
    var units = try liftingDiagnostic { () throws(Diagnostic) in try constants.encode(inputs) }
    var potentials = [[Int32]](repeating: [], count: units.count)
    for p in constants.graph.populations.ids where constants.graph[p].model != .source {
      let population = constants.graph[p]
      let response = try response(of: p, to: units)
      if population.model.integrates { potentials[p.index] = response }
      switch population.model {
      case .source, .integrator: break
      case .leaky, .currentBased, .bitShift:
        preconditionFailure("internal: leaky neurons without the code rate were not rejected")
      case .maximum, .relay:
        units[p.index] = response
      case .integrateAndFire(let model):
        let own = constants.populations[p.index]
        units[p.index] = response.indices.map { n in
          model.units(
            Int64(response[n]), own.threshold[n], own.initial[n], Int64(population.code.levels))
        }
      case .staircase:
        let own = constants.populations[p.index]
        units[p.index] = response.indices.map { n in
          own.level(of: Int64(response[n]), channel: n % own.steps.count)
        }
      }
    }
    let outputs = constants.decode(
      DecodedRun(units: units.map { [$0] }, potentials: potentials), ticks: 1)
    return QuantizedValues(units: units, potentials: potentials, outputs: outputs)
  }

  /// Returns W q + b for population `p`, or the largest q of each window if it is a maximum.
  ///
  /// - Parameters:
  ///   - p: a population that receives projections.
  ///   - units: q, [population][neuron].
  /// - Returns: one number a neuron.
  /// - Throws: `simulator.overflow`.
  package func response(
    of p: PopulationID, to units: [[Int32]]
  ) throws(CompileError) -> [Int32] {
    if constants.graph[p].model == .maximum { return largest(of: p, units) }
    return try liftingDiagnostic { () throws(Diagnostic) in try membraneSums(of: p, units) }
  }
}

extension IntegrateAndFire {

  /// Returns the units that the membrane sum `u` is worth, at most `levels` of them.
  fileprivate func units(_ u: Int64, _ theta: Int64, _ h: Int64, _ levels: Int64) -> Int32 {
    let magnitude = isSigned ? abs(u) : u
    // Division truncates towards 0; below 0 the result is cut off anyway.
    let quotient = max(magnitude + h, 0) / theta
    return Int32((isSigned ? u.signum() : 1) * min(quotient, levels))
  }
}

extension PopulationConstants {

  /// Returns the value of the interval of channel `c` in which `u` lies, found by halving.
  fileprivate func level(of u: Int64, channel c: Int) -> Int32 {
    var reached = 0..<steps[c].count + 1
    while reached.count > 1 {
      let middle = (reached.lowerBound + reached.upperBound) / 2
      reached =
        steps[c][middle - 1] <= u
        ? middle..<reached.upperBound : reached.lowerBound..<middle
    }
    return Int32(values[reached.lowerBound])
  }
}

// MARK: - Layers

extension QuantizedNetwork {

  /// Returns W q + b for population `p`, all its projections together.
  private func membraneSums(of p: PopulationID, _ units: [[Int32]]) throws(Diagnostic) -> [Int32] {
    var sums = Sums(constants.populations[p.index].bias)
    for j in constants.afferents[p.index] {
      let projection = constants.graph[j]
      let q = units[projection.source.index].map { Int64($0) }
      let (w, source) = (constants.weights[j.index], constants.graph[projection.source].shape)
      let target = constants.graph[p].shape
      switch projection.kind {
      case .dense: addProduct(q, w, to: &sums)
      case .conv(let conv): addConvolution(conv, q, w, source, target, to: &sums)
      case .pool(let pool): addWindows(pool.window, q, w[0], source, target, to: &sums)
      case .identity:
        for n in q.indices { sums.add(q[n] * w[w.count == 1 ? 0 : n % target.channels], at: n) }
      case .wire:
        for (n, source) in constants.wires[j.index].enumerated() where source >= 0 {
          sums.add(q[source] * w[0], at: n)
        }
      }
    }
    return try sums.checked("a sum of '\(constants.graph[p].name)'")
  }

  /// Adds the product of the row `q` with the matrix `w`, [sources, targets].
  private func addProduct(_ q: [Int64], _ w: [Int64], to sums: inout Sums) {
    let columns = sums.values.count
    for column in 0..<columns {
      for row in q.indices { sums.add(q[row] * w[row * columns + column], at: column) }
    }
  }

  /// Adds the convolution of the image `q` with the kernels `w`, output by output.
  private func addConvolution(
    _ conv: ConvProjection, _ q: [Int64], _ w: [Int64], _ source: Shape, _ target: Shape,
    to sums: inout Sums
  ) {
    let (depth, outputs) = (source[2] / conv.groups, target[2])
    for y in 0..<target[0] {
      for x in 0..<target[1] {
        for (tap, pixel) in pixels(of: conv.window, y, x, in: source) {
          for k in 0..<outputs {
            let first = k / (outputs / conv.groups) * depth
            for c in 0..<depth {
              let product = q[pixel * source[2] + first + c] * w[(tap * depth + c) * outputs + k]
              sums.add(product, at: (y * target[1] + x) * outputs + k)
            }
          }
        }
      }
    }
  }

  /// Adds the sums of the windows over the image `q`, each element times `factor`.
  private func addWindows(
    _ window: Window, _ q: [Int64], _ factor: Int64, _ source: Shape, _ target: Shape,
    to sums: inout Sums
  ) {
    for n in 0..<target.count {
      let (position, c) = n.quotientAndRemainder(dividingBy: target[2])
      let (y, x) = position.quotientAndRemainder(dividingBy: target[1])
      for (_, pixel) in pixels(of: window, y, x, in: source) {
        sums.add(q[pixel * source[2] + c] * factor, at: n)
      }
    }
  }

  /// Returns the largest units in each window of the `maximum` population `p`.
  private func largest(of p: PopulationID, _ units: [[Int32]]) -> [Int32] {
    let target = constants.graph[p].shape
    guard let j = constants.afferents[p.index].first,
      case .pool(let pool) = constants.graph[j].kind
    else { preconditionFailure("internal: a maximum without its pooling was not rejected") }
    let source = constants.graph[j].source
    let shape = constants.graph[source].shape
    return (0..<target.count).map { n in
      let (position, c) = n.quotientAndRemainder(dividingBy: target[2])
      let (y, x) = position.quotientAndRemainder(dividingBy: target[1])
      let window = pixels(of: pool.window, y, x, in: shape)
      return window.map { units[source.index][$0.pixel * shape[2] + c] }.max() ?? 0
    }
  }

  /// Returns the taps of `window` at position (y, x) that lie inside the image, each with the
  /// pixel under it; taps and pixels are counted in row-major order.
  private func pixels(
    of window: Window, _ y: Int, _ x: Int, in image: Shape
  ) -> [(tap: Int, pixel: Int)] {
    var result: [(tap: Int, pixel: Int)] = []
    for i in 0..<window.size.height {
      let row = y * window.strides.height + i * window.dilations.height - window.padding.top
      for j in 0..<window.size.width {
        let column = x * window.strides.width + j * window.dilations.width - window.padding.left
        if 0..<image[0] ~= row, 0..<image[1] ~= column {
          result.append((i * window.size.width + j, row * image[1] + column))
        }
      }
    }
    return result
  }
}
