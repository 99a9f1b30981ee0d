// The passes of a call of a reader: groups of vectors are converted, multiplied, given noise and
// converted again; those that were clipped are read again.

/// The memory of a reader, for one thread.
package struct AnalogScratch: Sendable {
  /// Converted inputs and sums of a group of vectors.
  var inputs: [Float] = []
  var sums: [Float] = []
  /// The sums of the converted inputs of a group, if asked for.
  var inputTotals: [Float] = []
  /// Squares of inputs and variances, if weights are noisy.
  var squares: [Float] = []
  var variances: [Float] = []
  /// Random numbers.
  var normals: [Float] = []
  /// The reads of each vector of the last call: passes, times signs and slices.
  package fileprivate(set) var reads: [Int32] = []
  /// The vectors still to read.
  var entries: [AnalogEntry] = []

  /// Creates memory that grows as needed.
  package init() {}

  /// Makes room.
  mutating func reserve(group: Int, depth: Int, width: Int, needsVariances: Bool) {
    func grow(_ array: inout [Float], _ count: Int) {
      if array.count < count { array = [Float](repeating: 0, count: count) }
    }
    grow(&inputs, group * depth)
    grow(&sums, group * width)
    grow(&normals, max(depth, width))
    guard needsVariances else { return }
    grow(&squares, group * depth)
    grow(&variances, group * width)
  }
}

/// A vector, or a part of it, to be read.
struct AnalogEntry: Sendable {
  /// The vector.
  var vector: Int32
  /// 0 if it is given as it is, 1 or −1 if what is positive or negative is.
  var sign: Int8
  /// The slice of its inputs' bits.
  var slice: UInt8
  /// α · r.
  var scale: Float
  /// How often inputs are given.
  var repeats: Float = 1
}

/// One call of a reader.
struct AnalogPasses {
  let options: AnalogReadOptions
  let operand: AnalogOperand
  let variance: AnalogOperand?
  let offsets: [Float]
  let correction: ColumnCorrection?
  let scales: [Float]
  let transposed: Bool
  let input: UnsafePointer<Float>
  let inputStride: Int
  let out: UnsafeMutablePointer<Float>
  let outStride: Int
  let depth: Int
  let width: Int
  let key: RandomField
  let first: Int
  let numberStride: Int
  let factor: Float
  let inputSums: UnsafeMutablePointer<Float>?

  /// The vectors whose products are formed together.
  private static let group = 32

  /// Reads `count` vectors: all once, then again those that the bound management asks for.
  func run(count: Int, _ scratch: inout AnalogScratch) -> AnalogReadCounts {
    var counts = AnalogReadCounts()
    scratch.reserve(
      group: Self.group, depth: depth, width: width, needsVariances: variance != nil)
    counts.vectors = count
    scratch.entries.removeAll(keepingCapacity: true)
    scratch.reads.removeAll(keepingCapacity: true)
    scratch.reads.append(contentsOf: repeatElement(0, count: count))
    counts.zeroVectors = enter(count, &scratch.entries)
    let repetitions = options.mostRepetitions
    var pass = 0
    while !scratch.entries.isEmpty {
      let isLast = pass == repetitions
      var kept = 0
      for start in stride(from: 0, to: scratch.entries.count, by: Self.group) {
        let group = start..<min(start + Self.group, scratch.entries.count)
        prepare(group, pass, &scratch)
        kept = finish(group, pass, isLast: isLast, keeping: kept, &scratch, &counts)
      }
      scratch.entries.removeSubrange(kept...)
      pass += 1
    }
    return counts
  }

  /// Lists what is to be read and returns the number of vectors that are not.
  private func enter(_ count: Int, _ entries: inout [AnalogEntry]) -> Int {
    var zeros = 0
    var mean: Float = 0
    if options.noiseManagement == .averageAbsoluteMaximum {
      for v in 0..<count { mean += extremes(input + v * inputStride, count: depth).magnitude }
      mean /= Float(count)
    }
    for v in 0..<count {
      let x = input + v * inputStride
      let range = extremes(x, count: depth)
      guard range.magnitude > 0 else {
        zeros += 1
        continue
      }
      let scale = scale(x, range, mean: mean)
      for slice in 0..<options.slices {
        let entry = AnalogEntry(
          vector: Int32(v), sign: 0, slice: UInt8(slice), scale: scale,
          repeats: Float(options.repeats))
        if options.signs == .both {
          entries.append(entry)
        } else {
          if range.high > 0 { entries.append(entry.with(sign: 1)) }
          if range.low < 0 { entries.append(entry.with(sign: -1)) }
        }
      }
    }
    return zeros
  }

  /// Returns α of a vector; 1 where it would not be positive.
  private func scale(_ x: UnsafePointer<Float>, _ range: Extremes, mean: Float) -> Float {
    var scale: Float =
      switch options.noiseManagement {
      case .none: 1
      case .absoluteMaximum: range.magnitude
      case .maximum: range.high
      case .constant(let value): Float(value)
      case .averageAbsoluteMaximum: mean
      case .signSums(let weight):
        largestSum(x) * Float(weight / options.outputBound)
      }
    if let most = options.largestScale { scale = min(scale, Float(most)) }
    return scale > 0 ? scale : 1
  }

  /// Returns the larger of the sums of positive and of negative inputs, as magnitude.
  private func largestSum(_ x: UnsafePointer<Float>) -> Float {
    var (positive, negative) = (0.0, 0.0)
    for i in 0..<depth {
      if x[i] > 0 { positive += Double(x[i]) } else { negative -= Double(x[i]) }
    }
    return Float(max(positive, negative))
  }

  /// Converts the inputs of a group and forms the products.
  private func prepare(_ group: Range<Int>, _ pass: Int, _ scratch: inout AnalogScratch) {
    let entries = scratch.entries
    let (noise, needsSquares) = (Float(options.inputNoise), variance != nil)
    var sums = [Float](repeating: 0, count: inputSums == nil ? 0 : group.count)
    scratch.inputs.withUnsafeMutableBufferPointer { inputs in
      scratch.normals.withUnsafeMutableBufferPointer { normals in
        scratch.squares.withUnsafeMutableBufferPointer { squares in
          guard let inputs = inputs.baseAddress, let normals = normals.baseAddress else { return }
          for (row, e) in group.enumerated() {
            let target = inputs + row * depth
            convert(target, entries[e])
            let repeats = entries[e].repeats
            if repeats > 1 { for i in 0..<depth { target[i] *= repeats } }
            if inputSums != nil { sums[row] = sum(target, count: depth) }
            if noise > 0 {
              field(entries[e], pass, .inputs).fillNormals(normals, count: depth)
              let size = repeats > 1 ? noise * repeats.squareRoot() : noise
              for i in 0..<depth { target[i] += size * normals[i] }
            }
            if needsSquares, let squares = squares.baseAddress {
              let square = squares + row * depth
              for i in 0..<depth { square[i] = target[i] * target[i] }
            }
          }
        }
      }
    }
    scratch.inputTotals = sums
    multiply(operand, scratch.inputs, &scratch.sums, count: group.count)
    if let variance { multiply(variance, scratch.squares, &scratch.variances, count: group.count) }
  }

  private func multiply(
    _ operand: AnalogOperand, _ vectors: [Float], _ out: inout [Float], count: Int
  ) {
    out.withUnsafeMutableBufferPointer { out in
      vectors.withUnsafeBufferPointer { vectors in
        guard let out = out.baseAddress, let vectors = vectors.baseAddress else { return }
        operand.product(out, vectors, count: count, transposed: transposed)
      }
    }
  }

  /// Converts the inputs of an entry.
  private func convert(_ target: UnsafeMutablePointer<Float>, _ entry: AnalogEntry) {
    let x = input + Int(entry.vector) * inputStride
    guard entry.sign != 0 else {
      options.input.apply(target, x, count: depth, scale: entry.scale)
      return slice(target, entry)
    }
    let sign: Float = entry.sign > 0 ? 1 : -1
    for i in 0..<depth {
      let y = sign * x[i]
      target[i] = y > 0 ? y : 0
    }
    options.input.apply(target, target, count: depth, scale: entry.scale)
    slice(target, entry)
  }

  /// Leaves of inputs that are whole steps the bits of one slice, as multiples of a step.
  private func slice(_ target: UnsafeMutablePointer<Float>, _ entry: AnalogEntry) {
    guard let bits = options.sliceBits, let step = options.input.step else { return }
    let unit = Float(step)
    let shift = Int32(Int(entry.slice) * bits)
    let mask = Int32(1) << Int32(bits) - 1
    for i in 0..<depth {
      let size = (abs(target[i]) / unit).rounded()
      // What is not a number has no bits; it stays one in each slice, and in the result.
      guard size < 0x1p31 else { continue }
      let code = Int32(size)
      let digit = Float(code >> shift & mask) * unit
      target[i] = target[i] < 0 ? -digit : digit
    }
  }

  /// Adds noise to the sums of a group and converts them; keeps those that are to be read again.
  ///
  /// - Returns: the number of entries kept, at the front.
  private func finish(
    _ group: Range<Int>, _ pass: Int, isLast: Bool, keeping: Int,
    _ scratch: inout AnalogScratch, _ counts: inout AnalogReadCounts
  ) -> Int {
    var kept = keeping
    counts.passes += group.count
    counts.conversions += group.count * width
    for (row, e) in group.enumerated() {
      let entry = scratch.entries[e]
      scratch.reads[Int(entry.vector)] += 1
      counts.presentations += Int(entry.repeats)
      let clipped = convertSums(row, entry, pass, &scratch)
      if clipped > 0 {
        if pass == 0 { counts.clippedVectors += 1 }
        if !isLast {
          scratch.entries[kept] = next(entry)
          kept += 1
          continue
        }
        counts.clippedOutputs += clipped
      }
      add(row, entry, scratch)
    }
    return kept
  }

  /// Adds noise to the sums of a row and converts them; returns the number that were clipped.
  private func convertSums(
    _ row: Int, _ entry: AnalogEntry, _ pass: Int, _ scratch: inout AnalogScratch
  ) -> Int {
    let constant = constantDeviation(row, scratch.inputs)
    let isNoisy = constant > 0 || variance != nil
    let field = field(entry, pass, .outputs)
    return scratch.sums.withUnsafeMutableBufferPointer { sums in
      scratch.normals.withUnsafeMutableBufferPointer { normals in
        guard let sums = sums.baseAddress, let normals = normals.baseAddress else { return 0 }
        let y = sums + row * width
        for j in offsets.indices { y[j] += offsets[j] }
        if isNoisy {
          field.fillNormals(normals, count: width)
          if variance != nil {
            let base = constant * constant
            let v = row * width
            scratch.variances.withUnsafeBufferPointer { variances in
              for j in 0..<width {
                y[j] += (base + max(variances[v + j], 0)).squareRoot() * normals[j]
              }
            }
          } else {
            for j in 0..<width { y[j] += constant * normals[j] }
          }
        }
        return options.output.apply(y, y, count: width, scale: 1)
      }
    }
  }

  /// Returns the standard deviation of noise that all outputs of a row share.
  private func constantDeviation(_ row: Int, _ inputs: [Float]) -> Float {
    guard case .additive(let size) = options.weightNoise else { return Float(options.outputNoise) }
    var energy = 0.0
    for i in row * depth..<(row + 1) * depth { energy += Double(inputs[i]) * Double(inputs[i]) }
    let variance = options.outputNoise * options.outputNoise + size * size * energy
    return Float(variance.squareRoot())
  }

  /// Adds the converted sums of a row to the vector's result.
  private func add(_ row: Int, _ entry: AnalogEntry, _ scratch: borrowing AnalogScratch) {
    var factor = self.factor * (entry.sign < 0 ? -entry.scale : entry.scale) / entry.repeats
    if let bits = options.sliceBits { factor *= Float(1 << (Int(entry.slice) * bits)) }
    let target = out + Int(entry.vector) * outStride
    inputSums?[Int(entry.vector) * outStride] += factor * scratch.inputTotals[row]
    scratch.sums.withUnsafeBufferPointer { sums in
      guard let y = sums.baseAddress.map({ $0 + row * width }) else { return }
      if let correction {
        for j in 0..<width {
          let sum = (y[j] - correction.offsets[j]) * correction.factors[j]
          target[j] += factor * (scales.isEmpty ? sum : sum * scales[j])
        }
        return
      }
      guard !scales.isEmpty else {
        for j in 0..<width { target[j] += factor * y[j] }
        return
      }
      scales.withUnsafeBufferPointer { scales in
        guard let scales = scales.baseAddress else { return }
        for j in 0..<width { target[j] += factor * y[j] * scales[j] }
      }
    }
  }

  /// Returns what is read in the next pass; passes of fewer repeats end at one.
  private func next(_ entry: AnalogEntry) -> AnalogEntry {
    var result = entry
    if case .fewerRepeats = options.boundManagement {
      result.repeats = max(1, (entry.repeats / 2).rounded(.down))
    } else {
      result.scale = nextScale(entry)
    }
    return result
  }

  /// Returns α · r of the next pass.
  private func nextScale(_ entry: AnalogEntry) -> Float {
    guard case .worstCase(let weight, let resolution) = options.boundManagement else {
      return 2 * entry.scale
    }
    let x = input + Int(entry.vector) * inputStride
    let safe = largestSum(x) * Float(weight / options.outputBound)
    let most = options.input.step.map { entry.scale * Float(resolution / $0) } ?? .infinity
    return max(entry.scale, min(most, safe))
  }

  /// Returns the random numbers of a pass.
  private func field(
    _ entry: AnalogEntry, _ pass: Int, _ stage: AnalogReader.Stage
  ) -> RandomField {
    let place = AnalogReader.place(
      vector: first + Int(entry.vector) * numberStride, pass: pass, slice: Int(entry.slice),
      isNegative: entry.sign < 0)
    return AnalogReader.field(key, place, stage)
  }
}

extension AnalogEntry {

  fileprivate func with(sign: Int8) -> AnalogEntry {
    AnalogEntry(vector: vector, sign: sign, slice: slice, scale: scale, repeats: repeats)
  }
}

/// Returns the sum of a vector's elements, in double precision.
private func sum(_ x: UnsafePointer<Float>, count: Int) -> Float {
  var result = 0.0
  for i in 0..<count { result += Double(x[i]) }
  return Float(result)
}

/// The range of a vector's elements, 0 included.
struct Extremes {
  var low: Float
  var high: Float
  var magnitude: Float { max(-low, high) }
}

/// Returns the range of a vector's elements.
func extremes(_ x: UnsafePointer<Float>, count: Int) -> Extremes {
  var (low, high) = (Lanes.zero, Lanes.zero)
  var i = 0
  while i + panelWidth <= count {
    let lanes = loadLanes(x + i)
    low.replace(with: lanes, where: lanes .< low)
    high.replace(with: lanes, where: lanes .> high)
    i += panelWidth
  }
  var result = Extremes(low: low.min(), high: high.max())
  while i < count {
    result.low = min(result.low, x[i])
    result.high = max(result.high, x[i])
    i += 1
  }
  return result
}
