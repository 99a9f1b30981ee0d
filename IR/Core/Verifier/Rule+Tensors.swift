// Rules on the store of constants, used or not.

internal import Diagnostics

extension VerifierRule<ANNGraph> {

  /// Tensors of the store have sound shapes and all their elements.
  static var soundTensors: Self {
    Self(["ir.bad-tensor"], soundTensorsSummary) { graph, sink in
      reportUnsound(graph.tensors, &sink)
    }
  }

  /// Elements of tensors are finite.
  static var finiteTensors: Self {
    Self(["ir.non-finite"], finiteTensorsSummary) { graph, sink in
      reportNonFinite(graph.tensors, &sink)
    }
  }

  /// Parameters of operators are finite; a padding may be with infinity.
  static var finiteParameters: Self {
    Self(
      ["ir.non-finite"],
      "The parameters of operators are finite; a padding may be with an infinite value."
    ) { graph, sink in
      for id in graph.ids {
        for attribute in graph[id].op.attributes {
          if attribute.value.isAcceptable(of: graph[id].op) { continue }
          sink.report(.nonFiniteParameter(attribute.name, at: graph.site(id)))
        }
      }
    }
  }
}

extension VerifierRule<SpikingGraph> {

  /// Tensors of the store have sound shapes and all their elements.
  static var soundTensors: Self {
    Self(["ir.bad-tensor"], soundTensorsSummary) { graph, sink in
      reportUnsound(graph.tensors, &sink)
    }
  }

  /// Elements of tensors are finite.
  static var finiteTensors: Self {
    Self(["ir.non-finite"], finiteTensorsSummary) { graph, sink in
      reportNonFinite(graph.tensors, &sink)
    }
  }
}

private let soundTensorsSummary =
  "Every tensor has extents of at least 1 and as many elements as they say, at most 2^40."

private let finiteTensorsSummary = "No tensor holds an infinity or a not-a-number."

private func reportUnsound(_ store: TensorStore, _ sink: inout DiagnosticSink) {
  for id in store.ids where !store[id].isSound {
    sink.report(.unsoundTensor(store[id], at: store.site(id)))
  }
}

private func reportNonFinite(_ store: TensorStore, _ sink: inout DiagnosticSink) {
  for id in store.ids {
    guard let position = store[id].data.firstNonFinite else { continue }
    sink.report(.nonFiniteElement(position, at: store.site(id)))
  }
}

extension AttributeValue {

  /// Returns whether the numbers of this value are those that a parameter of `op` may have.
  fileprivate func isAcceptable(of op: Op) -> Bool {
    switch self {
    case .number(let x): if case .pad = op { !x.isNaN } else { x.isFinite }
    case .numbers(let x): x.allSatisfy(\.isFinite)
    case .integer, .integers, .word, .text, .tensor: true
    }
  }
}

extension Diagnostic {

  /// Returns an error about a tensor whose shape is unsound or does not match its elements.
  fileprivate static func unsoundTensor(_ tensor: Tensor, at site: Site) -> Diagnostic {
    guard tensor.shape.isSound, let count = tensor.data.count else {
      return .error(
        "ir.bad-tensor",
        "the shape \(tensor.shape) is not that of a tensor, expected extents of "
          + "at least 1 and at most 2^40 elements", at: site)
    }
    return .error(
      "ir.bad-tensor",
      "the tensor holds \(count, of: "element"), its shape \(tensor.shape) expects "
        + "\(tensor.shape.count)", at: site)
  }

  /// Returns an error about an element that is infinite or not a number.
  fileprivate static func nonFiniteElement(_ position: Int, at site: Site) -> Diagnostic {
    .error("ir.non-finite", "element \(position) is not a finite number", at: site)
  }

  /// Returns an error about a parameter that is infinite or not a number.
  fileprivate static func nonFiniteParameter(_ name: String, at site: Site) -> Diagnostic {
    .error("ir.non-finite", "the parameter '\(name)' is not a finite number", at: site)
  }
}
