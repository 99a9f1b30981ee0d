// The pass `split-weights`: wide weights as sums of narrow ones.

internal import Diagnostics
package import PluginAPI
internal import SpikeIR

extension Pass {

  /// Splits projections with wide weights into several with narrow ones.
  package static let splitWeights = Pass.snn(
    name: "split-weights",
    summary: "express wide weights as sums of narrow ones times powers of two",
    details: """
      One-to-one projections have weights of 16 bits after 'quantize', since a residual connection
      shares its unit with the weights of a convolution. A projection with weights above
      2^(bits−1) − 1 becomes one projection for each digit to the base 2^(bits−1), digits from
      −2^(bits−2) to 2^(bits−2) − 1, the highest up to 2^(bits−1) − 1; shifts hold the powers. The sums are
      the same, exactly; a neuron has a synapse for each digit. Digits that are all 0 are left out.
      Before: 'a->b' identity {weights=[5000]: i16}
      After:  'a->b/0' identity {weights=[8]: i8}    'a->b/1' identity {weights=[39], shift=7}
      """,
    options: [PassOption("bits", .integer(2...8), default: "8", "the width of weights, bits")]
  ) { (graph, arguments, context) throws(CompileError) in
    guard graph.isQuantized else { throw CompileError(.notQuantized("split-weights")) }
    let bits = arguments.integer("bits")
    let added = try liftingDiagnostic { () throws(Diagnostic) in try graph.splitWeights(bits: bits)
    }
    context.count("projections", of: "split-weights", by: added)
  }
}

extension SpikingGraph {

  /// Splits weights into digits and returns the number of projections added.
  ///
  /// - Throws: `legalize.shift` if a power exceeds what projections have, `ir.elided-tensor`.
  fileprivate mutating func splitWeights(bits: Int) throws(Diagnostic) -> Int {
    var result = PrimaryMap<ProjectionID, Projection>()
    for projection in projections.elements {
      guard let weights = projection.kind.weights else {
        result.append(projection)
        continue
      }
      let digits = try tensors.integers(weights).digits(bits: bits)
      if digits.count == 1 {
        result.append(projection)
        continue
      }
      for (i, digit) in digits.enumerated() where digit.contains(where: { $0 != 0 }) {
        var own = projection
        own.name = "\(projection.name)/\(i)"
        own.shift += i * (bits - 1)
        guard own.shift <= 24 else { throw .wideDigit(projection.name, own.shift) }
        own.kind.weights = tensors.add(
          Tensor(
            "\(tensors[weights].name)/\(i)", shape: tensors[weights].shape, data: .int8(digit)))
        result.append(own)
      }
    }
    let added = result.count - projections.count
    if added == 0 { return 0 }
    projections = result
    dropUnusedTensors()
    return added
  }
}

extension [Int32] {

  /// Returns the digits of the numbers to the base 2^(bits−1), the lowest first; one if all numbers
  /// are narrow.
  fileprivate func digits(bits: Int) -> [[Int8]] {
    let base = Int64(1) << Int64(bits - 1)
    var (rest, result) = (map { Int64($0) }, [[Int8]]())
    while rest.contains(where: { abs($0) >= base }) {
      var digit: [Int8] = []
      for i in rest.indices {
        let low = (rest[i] + base / 2) & (base - 1)
        digit.append(Int8(low - base / 2))
        rest[i] = (rest[i] - (low - base / 2)) / base
      }
      result.append(digit)
    }
    return result + [rest.map { Int8($0) }]
  }
}

extension Diagnostic {

  fileprivate static func wideDigit(_ name: String, _ shift: Int) -> Diagnostic {
    .error(
      "legalize.shift", "a digit of '\(name)' is multiplied by 2^\(shift), at most 2^24",
      at: .entity(name), notes: ["quantize with more bits"], exitCode: .doesNotFit)
  }
}
