// The messages of the importer; those about a node name it, its operator and its place in the file.

internal import Diagnostics

extension Diagnostic {

  /// Returns an error about a node whose operands and attributes do not agree.
  static func badNode(_ site: NodeSite, _ message: String) -> Diagnostic {
    .error("onnx.bad-node", "'\(site.opType)' \(message)", at: site.site)
  }

  /// Returns an error about an operator that no definition knows.
  static func unsupportedOperator(_ site: NodeSite, domain: String, advice: String) -> Diagnostic {
    let domain = domain.isEmpty ? "" : " of the domain '\(domain)'"
    return .error(
      "onnx.unsupported-operator", "the operator '\(site.opType)'\(domain) is not supported",
      at: site.site, notes: [advice])
  }

  /// Returns an error about a use of a known operator that cannot be imported.
  static func unsupportedUse(
    _ site: NodeSite, _ message: String, advice: String? = nil
  ) -> Diagnostic {
    .error(
      "onnx.unsupported-use", "'\(site.opType)' \(message)", at: site.site,
      notes: advice.map { [$0] } ?? [])
  }

  /// Returns an error about an operator that mixes the samples of a batch.
  static func mixesBatch(_ site: NodeSite) -> Diagnostic {
    .error(
      "onnx.batch-axis",
      "'\(site.opType)' works along the batch axis, expected one that treats each sample alone",
      at: site.site,
      notes: ["export the model with a batch of 1"])
  }

  /// Returns an error about an operand that must be known at import but depends on the input.
  static func needsConstant(_ site: NodeSite, operand: String) -> Diagnostic {
    .error(
      "onnx.needs-constant",
      "'\(site.opType)' needs a constant as \(operand), found a computed value",
      at: site.site,
      notes: ["simplify the model with constant folding, or export it with fixed shapes"])
  }

  /// Returns an error about an attribute of another type or value than the standard demands.
  static func badAttribute(
    _ site: NodeSite, _ name: String, found: String, expected: String
  ) -> Diagnostic {
    .badNode(site, "has the attribute '\(name)' \(found), expected \(expected)")
  }

  /// Returns an error about weights that are infinite or not a number.
  static func nonFiniteWeights(
    _ site: NodeSite, name: String, count: Int, of total: Int
  ) -> Diagnostic {
    .error(
      "onnx.non-finite-weights",
      "\(count) of \(total) elements of the constant '\(name)' of '\(site.opType)' are infinite "
        + "or not a number", at: site.site,
      notes: ["the training has diverged: check the model before exporting it"])
  }

  /// Returns an error about a name that nothing in the graph computes.
  static func undefinedValue(_ site: NodeSite, _ name: String) -> Diagnostic {
    .badNode(site, "uses '\(name)', which nothing computes")
  }

  /// Returns an error about a name that two nodes compute.
  static func duplicateValue(_ site: NodeSite, _ name: String) -> Diagnostic {
    .badNode(site, "computes '\(name)', which something else computes too")
  }

  /// Returns an error about nodes that need each other's results.
  static func cyclicGraph(_ site: NodeSite) -> Diagnostic {
    .error(
      "onnx.cyclic-graph",
      "the result of '\(site.opType)' depends on itself, expected a "
        + "feed-forward network", at: site.site)
  }

  /// Returns an error about an input or output that is no tensor of numbers of known extents.
  ///
  /// - Parameters:
  ///   - file: the path of the file.
  ///   - name: the name of the input.
  ///   - message: what is wrong, without the subject.
  ///   - symbol: the name of an extent that is not known, if that is what is wrong.
  /// - Returns: the error.
  static func badInput(
    _ file: String, _ name: String, _ message: String, _ symbol: String? = nil
  ) -> Diagnostic {
    var notes = ["export the model with fixed extents; only the batch may be left open"]
    if let symbol {
      notes.append(
        "or fix it in the file: 'python -m onnxruntime.tools.make_dynamic_shape_fixed --dim_param "
          + "\(symbol) --dim_value NUMBER IN.onnx OUT.onnx'")
    }
    return .error(
      "onnx.bad-input", "the input '\(name)' \(message)", at: .inside(file: file, path: name),
      notes: notes)
  }

  /// Returns an error about an output that nothing computes, or about a model without one.
  static func badOutput(_ file: String, _ message: String) -> Diagnostic {
    .error("onnx.bad-output", message, at: .file(file))
  }

  /// Returns an error about the version of the standard operators.
  static func unsupportedOpset(_ file: String, _ message: String) -> Diagnostic {
    .error(
      "onnx.unsupported-opset", message, at: .file(file),
      notes: ["convert the model with onnx.version_converter, or export it again"])
  }
}
