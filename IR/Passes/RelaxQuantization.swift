// The pass `relax-quantization`: fake quantizations become rectifiers or vanish.

internal import Diagnostics
package import PluginAPI
internal import SpikeIR

extension Pass {

  /// Replaces fake quantizations by their clipping alone, because spikes have steps of their own.
  package static let relaxQuantization = Pass.ann(
    name: "relax-quantization",
    summary: "keep the clipping of quantized models and drop their rounding",
    details: """
      Spikes say values in steps of their own, so those of a quantized model's activations are
      dropped. A fake quantization has the range from a = (low − zero-point)·scale to
      b = (high − zero-point)·scale. It becomes
      - nothing, if its operand exceeds the range by no more than a step;
      - a rectifier cut at b, if a = 0: quantized models leave out rectifiers in front of it;
      - else nothing; with signed=clip, a + min(max(0, x − a), b − a), whose neurons say the value
        with an error of their own.
      Before: %2 = fake-quantize %1 {scale=0.5, low=0, high=255}
      After:  %2 = activation %1 {kind=relu, max=127.5}
      A warning says how many roundings are dropped: outputs change by what they contributed.
      """,
    options: [
      PassOption(
        "signed", .word(["drop", "clip"]), default: "drop", "what becomes of ranges with a < 0")
    ]
  ) { (graph, arguments, context) throws(CompileError) in
    let clips = arguments.word("signed") == "clip"
    var tally = (rectifiers: 0, clipped: 0, dropped: 0)
    try liftingDiagnostic { () throws(Diagnostic) in
      var ranges: [ClosedRange<Float>] = []
      graph = try graph.rewritten { (result, _, node, inputs) throws(Diagnostic) in
        while ranges.count < result.nodes.count {
          let added = result[NodeID(ranges.count)]
          ranges.append(added.range(of: added.inputs.map { ranges[$0.index] }))
        }
        guard case .fakeQuantize(let op) = node.op else { return result.keep(node, inputs) }
        let range = ranges[inputs[0].index]
        if op.lowest - op.scale <= range.lowerBound, range.upperBound <= op.highest + op.scale {
          tally.dropped += 1
          return inputs[0]
        } else if op.low == op.zeroPoint {
          tally.rectifiers += 1
          var rectifier = node
          rectifier.op = .activation(Activation(.relu, maximum: op.highest))
          return result.keep(rectifier, inputs)
        } else if clips {
          tally.clipped += 1
          return try result.clipped(inputs[0], to: op, node)
        } else {
          tally.dropped += 1
          return inputs[0]
        }
      }
    }
    context.count("rectifiers", of: "relax-quantization", by: tally.rectifiers)
    context.count("clipped", of: "relax-quantization", by: tally.clipped)
    context.count("dropped", of: "relax-quantization", by: tally.dropped)
    if tally != (0, 0, 0) {
      context.sink.report(.relaxedQuantization(tally.rectifiers + tally.clipped, tally.dropped))
    }
  }
}

extension ANNGraph {

  /// Adds a + min(max(0, x − a), b − a) for the range [a, b] of `op`, under the name of `node`.
  fileprivate mutating func clipped(
    _ x: NodeID, to op: FakeQuantize, _ node: Node
  ) throws(Diagnostic) -> NodeID {
    func shift(_ amount: Float) -> Op {
      let offset = tensors.add("\(node.name)/offset", shape: [1], floats: [amount])
      return .scale(Scale(factor: nil, offset: offset))
    }
    let raised = try add(freshName(node.name, "raised"), shift(-op.lowest), [x])
    let rectifier = Activation(.relu, maximum: op.highest - op.lowest)
    let cut = try add(freshName(node.name, "clipped"), .activation(rectifier), [raised])
    return try add(node.name, shift(op.lowest), [cut])
  }
}

extension Node {

  /// Returns a range in which the node's value lies, as far as its operator tells.
  ///
  /// - Parameter operands: ranges in which the operands lie.
  /// - Returns: the range, everything if nothing is known.
  /// - Complexity: O(operands).
  func range(of operands: [ClosedRange<Float>]) -> ClosedRange<Float> {
    let anything = -Float.infinity...Float.infinity
    guard let first = operands.first else { return anything }
    let low = operands.map(\.lowerBound).min() ?? first.lowerBound
    let high = operands.map(\.upperBound).max() ?? first.upperBound
    switch op {
    case .activation(let function):
      if let maximum = function.rectifierMaximum {
        return first.clamped(to: 0...max(0, maximum ?? .infinity))
      }
      switch function.kind {
      case .sigmoid, .hardSigmoid: return 0...1
      case .tanh, .hardTanh, .softsign, .erf, .sign: return -1...1
      default: return anything
      }
    case .fakeQuantize(let op): return first.clamped(to: op.lowest...op.highest)
    case .softmax(let op): return op.isLogarithm ? anything : 0...1
    // A window without elements gives 0, and so may padding.
    case .pool: return min(0, low)...max(0, high)
    case .pad(let op): return min(op.value, low)...max(op.value, high)
    case .concat, .reshape, .transpose, .slice, .upsample, .take: return low...high
    case .input, .constant, .conv2d, .convTranspose2d, .dense, .batchNorm, .prelu, .scale,
      .softLIF, .elementwise, .custom:
      return anything
    }
  }
}

extension Diagnostic {

  /// Returns a warning that the roundings of a quantized model are not part of its spikes.
  fileprivate static func relaxedQuantization(_ clipped: Int, _ dropped: Int) -> Diagnostic {
    .warning(
      "relax-quantization.dropped",
      "the roundings of \(clipped + dropped) quantized activations are dropped; \(clipped) of "
        + "them still clip",
      notes: ["spikes round in steps of their own; 'spikec infer' runs the model as it is"])
  }
}
