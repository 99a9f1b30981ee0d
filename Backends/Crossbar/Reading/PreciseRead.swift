// The read of one vector in double precision: the textbook form, which the fast one is held against,
// and what single numbers are shown with.

package import Kernels

/// What a read in double precision gave.
package struct PreciseRead: Hashable, Sendable {
  /// The outputs.
  package var outputs: [Double]
  /// r of the last pass; 1 if there was one.
  package var reduction: Double
  /// The passes.
  package var passes: Int
  /// Whether outputs were clipped in the last pass.
  package var isClipped: Bool
}

extension PreciseRead {

  /// Reads a vector of inputs of both signs.
  ///
  /// - Parameters:
  ///   - input: the vector, [rows].
  ///   - weights: [rows, columns].
  ///   - columns: the number of columns.
  ///   - options: what a read does; inputs in one slice.
  ///   - key: where random numbers begin, as for `AnalogReader.read`.
  ///   - vector: the number of the vector.
  /// - Precondition: inputs are neither sliced nor separated by sign, nor scaled by averages.
  /// - Complexity: O(passes · rows · columns).
  package init(
    _ input: [Double], weights: [Double], columns: Int, _ options: AnalogReadOptions,
    key: RandomField = RandomField(0), vector: Int = 0
  ) {
    precondition(
      options.slices == 1 && options.signs == .both
        && options.noiseManagement != .averageAbsoluteMaximum, "internal: no textbook read")
    let chain = TextbookChain(
      input: input, weights: weights, columns: columns, options: options, key: key, vector: vector)
    outputs = [Double](repeating: 0, count: columns)
    (reduction, passes, isClipped) = (1, 0, false)
    guard input.contains(where: { $0 != 0 }) else { return }
    let alpha = chain.firstScale
    var (scale, repeats) = (alpha, Double(options.repeats))
    repeat {
      (outputs, isClipped) = chain.pass(passes, scale: scale, repeats: repeats)
      reduction = scale / alpha
      passes += 1
      if isClipped, options.boundManagement == .fewerRepeats {
        repeats = max(1, (repeats / 2).rounded(.down))
      } else if isClipped {
        scale = chain.next(scale)
      }
    } while isClipped && passes <= options.mostRepetitions
  }
}

/// A vector and what it is read with.
private struct TextbookChain {

  let input: [Double]
  let weights: [Double]
  let columns: Int
  let options: AnalogReadOptions
  let key: RandomField
  let vector: Int

  /// max(Σ⁺x, Σ⁻x) · w / bound.
  private func safeScale(_ weight: Double) -> Double {
    let positive = input.reduce(0) { $0 + max($1, 0) }
    let negative = input.reduce(0) { $0 - min($1, 0) }
    return max(positive, negative) * weight / options.outputBound
  }

  /// α.
  var firstScale: Double {
    let magnitude = input.reduce(0) { max($0, abs($1)) }
    let scale =
      switch options.noiseManagement {
      case .none: 1.0
      case .absoluteMaximum, .averageAbsoluteMaximum: magnitude
      case .maximum: input.max() ?? 1
      case .constant(let value): value
      case .signSums(let weight): safeScale(weight)
      }
    let limited = min(scale, options.largestScale ?? .infinity)
    return limited > 0 ? limited : 1
  }

  /// The scale after one that clipped.
  func next(_ scale: Double) -> Double {
    guard case .worstCase(let weight, let resolution) = options.boundManagement else {
      return 2 * scale
    }
    let most = options.input.step.map { scale / $0 * resolution } ?? .infinity
    return max(scale, min(most, safeScale(weight)))
  }

  /// Reads once; returns scaled outputs and whether some were clipped.
  func pass(_ pass: Int, scale: Double, repeats: Double) -> ([Double], Bool) {
    let place = AnalogReader.place(vector: vector, pass: pass)
    let rows = input.count
    let inputs = input.enumerated().map { i, x in
      let given = options.input.convert(x / scale).value * repeats
      guard options.inputNoise > 0 else { return given }
      return given + repeats.squareRoot() * options.inputNoise
        * Double(AnalogReader.field(key, place, .inputs).normal(at: i, of: rows))
    }
    var isClipped = false
    let outputs = (0..<columns).map { j in
      var sum = 0.0
      var variance = options.outputNoise * options.outputNoise
      for i in 0..<rows {
        let w = weights[i * columns + j]
        sum += inputs[i] * w
        variance += inputs[i] * inputs[i] * weightVariance(w)
      }
      if variance > 0 {
        sum +=
          variance.squareRoot()
          * Double(AnalogReader.field(key, place, .outputs).normal(at: j, of: columns))
      }
      let read = options.output.convert(sum)
      if read.isClipped { isClipped = true }
      return read.value * scale / repeats
    }
    return (outputs, isClipped)
  }

  private func weightVariance(_ weight: Double) -> Double {
    switch options.weightNoise {
    case .none: 0
    case .additive(let size): size * size
    case .relative(let size): size * size * weight * weight
    case .root(let size): size * size * abs(weight)
    }
  }
}
