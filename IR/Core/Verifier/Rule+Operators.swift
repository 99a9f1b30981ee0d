// Rules on the operators of an `ann` graph: shapes, and the constants that have a range.

internal import Diagnostics

extension VerifierRule<ANNGraph> {

  /// Shapes follow from operands and constants by the operators' shape rules.
  static var shapesFollow: Self {
    Self(
      ["ir.bad-operand-count", "ir.bad-shape", "ir.bad-tensor"],
      "A node's operands are as many, its constants exist, and its shape is as its operator says."
    ) { graph, sink in
      for id in graph.ids {
        for tensor in graph[id].op.tensors where graph.tensors.find(tensor) == nil {
          sink.report(.missingTensor(tensor, at: graph.site(id)))
        }
        if let violation = graph.shapeViolation(of: id) {
          sink.report(violation.located(at: graph.site(id)))
        }
      }
    }
  }

  /// Variances of batch normalizations, with ε added, are positive.
  static var positiveVariances: Self {
    Self(
      ["ir.bad-variance"], "The variances of a batch normalization plus its epsilon are positive."
    ) { graph, sink in
      for id in graph.ids {
        guard case .batchNorm(let norm) = graph[id].op,
          let elements = graph.tensors.find(norm.variance)?.data.floatingPoint,
          let i = elements.firstIndex(where: { !($0 + norm.epsilon > 0) && $0.isFinite }),
          norm.epsilon.isFinite
        else { continue }
        sink.report(.badVariance(elements[i], channel: i, norm.epsilon, at: graph.site(id)))
      }
    }
  }

  /// Clipping ranges are positive, one a channel or one for all.
  static var positiveThresholds: Self {
    Self(
      ["ir.bad-threshold", "ir.bad-tensor"],
      "A node's threshold, if any, has the shape [channels] or [1] and is positive."
    ) { graph, sink in
      for id in graph.ids {
        guard let threshold = graph[id].threshold else { continue }
        guard let tensor = graph.tensors.find(threshold) else {
          sink.report(.missingTensor(threshold, at: graph.site(id)))
          continue
        }
        let channels = graph[id].shape.channels
        if tensor.isSound, tensor.shape != [channels], tensor.shape != [1] {
          sink.report(.badThresholdShape(tensor.shape, channels, at: graph.site(id)))
        } else if let elements = tensor.data.floatingPoint,
          let x = elements.first(where: { $0 <= 0 })
        {
          sink.report(.nonPositiveThreshold(x, at: graph.site(id)))
        }
      }
    }
  }

  /// Gains and amplitudes of responses are positive.
  static var positiveResponses: Self {
    Self(
      ["ir.bad-response"], "The gains and amplitudes of a soft-lif are positive."
    ) { graph, sink in
      for id in graph.ids {
        guard case .softLIF(let op) = graph[id].op else { continue }
        for (name, tensor) in [("gain", op.gain), ("amplitude", op.amplitude)] {
          guard let elements = graph.tensors.find(tensor)?.data.floatingPoint,
            let i = elements.firstIndex(where: { $0 <= 0 })
          else { continue }
          sink.report(.badResponse(name, elements[i], channel: i, at: graph.site(id)))
        }
      }
    }
  }
}

extension ANNGraph {

  /// Returns what is wrong with the shape of node `id` or the number of its operands, if anything.
  ///
  /// Returns `nil` also where a missing or unsound operand or constant, which other rules report,
  /// leaves the shape unknown.
  fileprivate func shapeViolation(of id: NodeID) -> Diagnostic? {
    let node = nodes[id]
    guard node.shape.isSound else { return .unsoundShape(node.shape) }
    guard node.op != .input else {
      return node.inputs.isEmpty
        ? nil : .badOperandCount(node.inputs.count, of: "input", expected: 0...0)
    }
    let operands = node.inputs.compactMap { nodes.find($0)?.shape }
    guard operands.count == node.inputs.count, operands.allSatisfy(\.isSound),
      node.op.tensors.allSatisfy({ tensors.sound($0) != nil })
    else { return nil }
    do throws(Diagnostic) {
      let expected = try node.op.outputShape(of: operands, tensors)
      return expected == node.shape ? nil : .wrongShape(node.shape, expected: expected)
    } catch {
      return error
    }
  }
}

extension Diagnostic {

  /// Returns an error about a constant that the store does not have.
  static func missingTensor(_ id: TensorID, at site: Site) -> Diagnostic {
    .error("ir.bad-tensor", "there is no tensor \(id)", at: site)
  }

  /// Returns an error about a shape with which nothing can be computed.
  static func unsoundShape(_ shape: Shape) -> Diagnostic {
    .badShape("the shape is \(shape), expected extents of at least 1 and at most 2^40 elements")
  }

  /// Returns an error about a node whose shape is not the one that its operator computes.
  fileprivate static func wrongShape(_ found: Shape, expected: Shape) -> Diagnostic {
    .badShape("the shape is \(found), the operator computes \(expected)")
  }

  /// Returns an error about a variance that leaves nothing to divide by.
  fileprivate static func badVariance(
    _ variance: Float, channel: Int, _ epsilon: Float, at site: Site
  ) -> Diagnostic {
    .error(
      "ir.bad-variance",
      "the variance of channel \(channel) is \(variance), with epsilon \(epsilon) the sum must be "
        + "positive", at: site)
  }

  /// Returns an error about a response that does not rise.
  fileprivate static func badResponse(
    _ name: String, _ value: Float, channel: Int, at site: Site
  ) -> Diagnostic {
    .error(
      "ir.bad-response",
      "the \(name) of channel \(channel) is \(value), expected a positive number",
      at: site)
  }

  /// Returns an error about a threshold that is neither one a channel nor one for all.
  fileprivate static func badThresholdShape(
    _ shape: Shape, _ channels: Int, at site: Site
  ) -> Diagnostic {
    .error(
      "ir.bad-threshold", "the threshold has shape \(shape), expected [\(channels)] or [1]",
      at: site)
  }

  /// Returns an error about a threshold that is 0 or negative.
  static func nonPositiveThreshold(_ threshold: Float, at site: Site) -> Diagnostic {
    .error("ir.bad-threshold", "a threshold is \(threshold), expected a positive number", at: site)
  }
}
