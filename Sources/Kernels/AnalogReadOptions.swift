// What reads of analog arrays do, what was done, and where vectors are.

/// How much of a vector an array is given at once.
package enum AnalogSigns: Hashable, Sendable {
  /// Inputs of both signs.
  case both
  /// Positive inputs alone: what is negative is read on its own and subtracted.
  case separate
}

/// The scale with which a vector is given to an array.
package enum NoiseManagement: Hashable, Sendable {
  /// α = 1.
  case none
  /// α = max |x|.
  case absoluteMaximum
  /// α = max x.
  case maximum
  /// α is given.
  case constant(Double)
  /// α is the mean of max |x| of the vectors that are read together.
  case averageAbsoluteMaximum
  /// α = max(Σ⁺x, Σ⁻x) · w / bound of the output, where w is given: the scale at which even
  /// weights that are all w clip nothing.
  case signSums(weight: Double)
}

/// What happens if outputs are clipped.
package enum BoundManagement: Hashable, Sendable {
  /// They stay so.
  case none
  /// The vector is read again at half the scale until nothing is clipped, ⌊r⌋ > `factor` or
  /// r > `resolution` / Δ of the input; r = 1, 2, 4 ….
  case iterative(factor: Double, resolution: Double)
  /// The vector is read once more with
  /// α = max(α, min(α / Δ · `resolution`, max(Σ⁺x, Σ⁻x) · w / bound)).
  case worstCase(weight: Double, resolution: Double)
  /// Inputs are given half as often in the next read, until nothing is clipped or they are given once.
  case fewerRepeats
}

/// Noise of weights, which each read draws anew, as it is seen at the outputs.
package enum AnalogWeightNoise: Hashable, Sendable {
  /// None.
  case none
  /// Every weight has this standard deviation.
  case additive(Double)
  /// That of a weight is this times its magnitude.
  case relative(Double)
  /// That of a weight is this times the root of its magnitude.
  case root(Double)
}

/// What a read does, in numbers of the array: see `AnalogReader`.
package struct AnalogReadOptions: Hashable, Sendable {
  /// The converter of inputs.
  package var input = AnalogConverter()
  /// The converter of outputs.
  package var output = AnalogConverter()
  /// The standard deviation of the noise of converted inputs.
  package var inputNoise = 0.0
  /// The standard deviation of the noise of outputs before they are converted.
  package var outputNoise = 0.0
  /// The noise of weights.
  package var weightNoise = AnalogWeightNoise.none
  /// The scale.
  package var noiseManagement = NoiseManagement.none
  /// The largest α; `nil` if there is none.
  package var largestScale: Double?
  /// What happens if outputs are clipped.
  package var boundManagement = BoundManagement.none
  /// Which signs inputs have.
  package var signs = AnalogSigns.both
  /// How often inputs are given in a read before columns are converted, at least 1.
  ///
  /// Sums grow with it, the noise of outputs does not.
  package var repeats = 1
  /// The bits of an input that are given at a time, if not all; then inputs are whole steps.
  package var sliceBits: Int?
  /// The number of slices; 1 unless `sliceBits` is set.
  package var slices = 1

  /// Creates the options of an ideal read.
  package init() {}

  /// The farther bound of outputs.
  package var outputBound: Double { max(output.high, -output.low) }

  /// The number of passes that may follow the first.
  package var mostRepetitions: Int {
    switch boundManagement {
    case .none: return 0
    case .worstCase: return 1
    case .fewerRepeats: return Int.bitWidth - 1 - max(1, repeats).leadingZeroBitCount
    case .iterative(let factor, let resolution):
      var count = 0
      var r = 1.0
      let most = input.step.map { resolution / $0 } ?? .infinity
      // ⌊r⌋ > factor for all r beyond, so 64 doublings are more than any description asks for.
      while r <= most, r.rounded(.down) <= factor, count < 64 { (r, count) = (2 * r, count + 1) }
      return count
    }
  }
}

/// What reads were done.
package struct AnalogReadCounts: Hashable, Sendable {
  /// The vectors that were given.
  package var vectors = 0
  /// Those of zeros alone, which are not read.
  package var zeroVectors = 0
  /// The reads of the array: one for each pass, sign and slice of a vector.
  package var passes = 0
  /// How often inputs were given to the array in them.
  package var presentations = 0
  /// The vectors of whose outputs some were clipped in the first pass.
  package var clippedVectors = 0
  /// The outputs that were clipped when no further pass followed.
  package var clippedOutputs = 0
  /// The outputs that were converted.
  package var conversions = 0

  /// Creates counts of nothing.
  package init() {}

  /// Adds counts.
  package static func += (a: inout Self, b: Self) {
    a.vectors += b.vectors
    a.zeroVectors += b.zeroVectors
    a.passes += b.passes
    a.presentations += b.presentations
    a.clippedVectors += b.clippedVectors
    a.clippedOutputs += b.clippedOutputs
    a.conversions += b.conversions
  }
}

/// The place of a block of vectors in a larger matrix of them.
package struct AnalogBlock: Hashable, Sendable {
  /// The number of vectors.
  package var count: Int
  /// The first element of the first input, and the distance to that of the next.
  package var inputOffset, inputStride: Int
  /// The first element of the first output, and the distance to that of the next.
  package var outputOffset, outputStride: Int
  /// What outputs are multiplied with before they are added.
  package var factor: Float
  /// The distance between the numbers of vectors, on which their random numbers depend.
  package var numberStride: Int
  /// The first element of the sums of converted inputs, at distance `outputStride`; `nil` if they
  /// are not asked for.
  package var inputSums: Int?

  /// Creates the place of a block.
  package init(
    count: Int, inputOffset: Int = 0, inputStride: Int, outputOffset: Int = 0, outputStride: Int,
    factor: Float = 1, numberStride: Int = 1, inputSums: Int? = nil
  ) {
    self.count = count
    self.inputOffset = inputOffset
    self.inputStride = inputStride
    self.outputOffset = outputOffset
    self.outputStride = outputStride
    self.factor = factor
    self.numberStride = numberStride
    self.inputSums = inputSums
  }
}
