// Reads of analog arrays: converters, products, noise and the management of scales, many vectors
// at a time.

/// What takes differences of columns out of converted sums: y = (ŷ − offset) · factor.
package struct ColumnCorrection: Hashable, Sendable {

  /// What is taken away from each column, steps of the converter as sums.
  package var offsets: [Float]

  /// What each is multiplied with then.
  package var factors: [Float]

  /// Creates a correction of as many columns as there are offsets and factors.
  package init(offsets: [Float], factors: [Float]) {
    precondition(offsets.count == factors.count, "internal: columns without a correction")
    self.offsets = offsets
    self.factors = factors
  }
}

/// Reads of one array: y = W·x through converters, with noise.
///
/// One vector is read as
///
///     x̂ = q_in(x / (α·r)) + σ_in·N        a = W·x̂ + σ·N
///     ŷ = q_out(a)                        y = ŷ · α·r
///
/// with α from the noise management, r = 1 and more from the bound management, and
/// σ² = σ_out² + Σ x̂² · (variance of the weight). Inputs that are given n times are n · x̂, with √n
/// times their noise, and y is divided by n. Vectors are managed each on its own. Vectors of
/// zeros are not read. All random numbers depend on the key, the vector's number, the pass, the
/// sign and the slice alone.
///
/// - Source: the read of aihwkit (IBM, 1.1.0), whose tiles in C++ manage vectors like this; Gokmen,
///   Onen and Haensch (2017) for noise and bound management.
package struct AnalogReader: Sendable {

  /// What reads do.
  package private(set) var options: AnalogReadOptions

  /// What the array holds.
  package private(set) var operand: AnalogOperand

  /// What is added to the sum of each column before it is converted; empty if nothing is.
  ///
  /// Reads of rows have none.
  package var offsets: [Float] = []

  /// What the result of each column is multiplied with; empty if it is not.
  ///
  /// Reads of rows are not.
  package var scales: [Float] = []

  /// What digital units do to what was converted, to take out what is known to differ from column
  /// to column; `nil` if they do nothing.
  ///
  /// Reads of rows have none.
  package var correction: ColumnCorrection?

  /// The variances of its weights' noise, if they differ from weight to weight.
  private var variance: AnalogOperand?

  /// Creates a reader.
  package init(_ operand: AnalogOperand, _ options: AnalogReadOptions) {
    self.operand = operand
    self.options = options
    variance = Self.variances(operand, options.weightNoise)
  }

  /// Returns the variances of weights' noise, if they differ.
  private static func variances(
    _ operand: AnalogOperand, _ noise: AnalogWeightNoise
  ) -> AnalogOperand? {
    let variances: [Float]
    switch noise {
    case .none, .additive: return nil
    case .relative(let size): variances = operand.weights.map { Float(size * size) * $0 * $0 }
    case .root(let size): variances = operand.weights.map { Float(size * size) * abs($0) }
    }
    return AnalogOperand(variances, rows: operand.rows, columns: operand.columns)
  }

  /// What random numbers are for.
  package enum Stage: UInt64, Sendable {
    case inputs, outputs
  }

  /// Returns the number of a pass of a vector among all.
  package static func place(
    vector: Int, pass: Int, slice: Int = 0, isNegative: Bool = false
  ) -> UInt64 {
    UInt64(vector) << 20 | UInt64(pass) << 12 | UInt64(slice) << 2 | (isNegative ? 2 : 0)
  }

  /// Returns the random numbers of a pass.
  package static func field(_ key: RandomField, _ place: UInt64, _ stage: Stage) -> RandomField {
    key.field(place | stage.rawValue)
  }

  /// Returns a reader of the same array whose reads differ.
  package func with(_ options: AnalogReadOptions) -> AnalogReader {
    var result = self
    result.options = options
    if options.weightNoise != self.options.weightNoise {
      result.variance = Self.variances(operand, options.weightNoise)
      result.variance?.pack()
    }
    return result
  }

  /// Changes the matrix; `pack` afterwards if many vectors are read.
  package mutating func update(_ body: (inout [Float]) -> Void) {
    body(&operand.weights)
    variance = Self.variances(operand, options.weightNoise)
  }

  /// Packs the matrix for reads of many vectors in one direction.
  package mutating func pack(transposed: Bool = false) {
    operand.pack(transposed: transposed)
    variance?.pack(transposed: transposed)
  }

  /// Reads vectors and adds the results.
  ///
  /// - Parameters:
  ///   - out: memory of the results, updated: each is added to what is there.
  ///   - input: memory of the vectors.
  ///   - block: where they are.
  ///   - key: what distinguishes this array and image from others.
  ///   - first: the number of the first vector.
  ///   - transposed: whether columns are driven and rows read.
  ///   - scratch: memory of the thread.
  /// - Returns: what was done.
  /// - Complexity: O(passes · rows · columns).
  package func read(
    _ out: inout MutableSpan<Float>, _ input: Span<Float>, _ block: AnalogBlock,
    key: RandomField, first: Int = 0, transposed: Bool = false, scratch: inout AnalogScratch
  ) -> AnalogReadCounts {
    let depth = transposed ? operand.columns : operand.rows
    let width = transposed ? operand.rows : operand.columns
    guard block.count > 0 else { return AnalogReadCounts() }
    precondition(
      scales.isEmpty || scales.count == operand.columns, "internal: scales differ from columns")
    let last = block.count - 1
    precondition(
      block.inputOffset >= 0 && block.outputOffset >= 0
        && block.inputOffset + last * block.inputStride + depth <= input.count
        && block.outputOffset + last * block.outputStride + width <= out.count
        && (block.inputSums ?? 0) + last * block.outputStride < out.count,
      "internal: block outside of memory")
    var counts = AnalogReadCounts()
    out.withUnsafeMutableBufferPointer { out in
      input.withUnsafeBufferPointer { input in
        guard let out = out.baseAddress, let input = input.baseAddress else { return }
        let work = AnalogPasses(
          options: options, operand: operand, variance: variance,
          offsets: transposed ? [] : offsets, correction: transposed ? nil : correction,
          scales: transposed ? [] : scales,
          transposed: transposed,
          input: input + block.inputOffset, inputStride: block.inputStride,
          out: out + block.outputOffset, outStride: block.outputStride, depth: depth, width: width,
          key: key, first: first, numberStride: block.numberStride, factor: block.factor,
          inputSums: block.inputSums.map { out + $0 })
        counts = work.run(count: block.count, &scratch)
      }
    }
    return counts
  }
}
