// The problems of texts, one factory a message.

internal import Diagnostics
internal import SpikeIR

extension Diagnostic {

  /// Returns an error about a character that begins no word.
  static func badCharacter(at site: Site) -> Diagnostic {
    .error("sir.bad-character", "this character begins no word of the text form", at: site)
  }

  /// Returns an error about a text whose closing quote is missing.
  static func unterminatedText(at site: Site) -> Diagnostic {
    .error("sir.unterminated-text", "the closing quote is missing on this line", at: site)
  }

  /// Returns an error about a backslash that stands for nothing.
  static func badEscape(at site: Site) -> Diagnostic {
    .error(
      "sir.bad-escape",
      "there is no such escape, expected \\\\, \\\", \\`, \\n, \\r, \\t or \\u{…}",
      at: site)
  }

  /// Returns an error about a block that is not base64 in braces.
  static func badBase64(at site: Site) -> Diagnostic {
    .error("sir.bad-base64", "expected base64 in braces", at: site)
  }

  /// Returns an error about a word where another kind of word is expected.
  static func unexpected(_ found: Token.Kind, expected: String, at site: Site) -> Diagnostic {
    .error("sir.unexpected", "found \(found), expected \(expected)", at: site)
  }

  /// Returns an error about a number that cannot be represented, or is none.
  static func badNumber(_ text: String, expected: String, at site: Site) -> Diagnostic {
    .error("sir.bad-number", "'\(text)' is not \(expected)", at: site)
  }

  /// Returns an error about a hash that is not 64 hexadecimal digits.
  static func badHash(at site: Site) -> Diagnostic {
    .error("sir.bad-hash", "expected 64 lower-case hexadecimal digits after 'sha256:'", at: site)
  }

  /// Returns an error about a text of another version.
  static func badVersion(_ found: String, at site: Site) -> Diagnostic {
    .error(
      "sir.bad-version", "the text form has version \(found), this program reads version 1",
      at: site)
  }

  /// Returns an error about a statement that belongs to the other level.
  static func wrongLevel(_ what: String, _ level: Level, at site: Site) -> Diagnostic {
    .error(
      "sir.wrong-level", "\(what) does not belong to a program of level '\(level.rawValue)'",
      at: site)
  }

  /// Returns an error about a second `target`.
  static func secondTarget(at site: Site) -> Diagnostic {
    .error("sir.second-target", "the machine is named already, expected one 'target'", at: site)
  }

  /// Returns an error about a program of level `mapped` without machine.
  static func missingTarget(at site: Site) -> Diagnostic {
    .error(
      "sir.missing-target", "a program of level 'mapped' names its machine: target \"loihi1\"",
      at: site)
  }

  /// Returns an error about a range of neurons that holds none.
  static func badRange(_ lower: Int, _ upper: Int, at site: Site) -> Diagnostic {
    .error(
      "sir.bad-range",
      "the range \(lower):\(upper), expected two numbers from 0, the second larger",
      at: site)
  }

  /// Returns an error about a second `return`.
  static func secondReturn(at site: Site) -> Diagnostic {
    .error("sir.second-return", "the program has returned already, expected one 'return'", at: site)
  }

  /// Returns an error about a label that is defined twice.
  static func duplicateLabel(_ label: String, at site: Site) -> Diagnostic {
    .error("sir.duplicate-label", "%\(label) is already defined", at: site)
  }

  /// Returns an error about a label that names no entity of the kind needed.
  static func undefinedLabel(_ label: String, kind: String, at site: Site) -> Diagnostic {
    .error("sir.undefined-label", "there is no \(kind) %\(label)", at: site)
  }

  /// Returns an error about elements that are not as many as the shape says.
  static func badElementCount(_ found: Int, _ shape: Shape, at site: Site) -> Diagnostic {
    let expected = shape.checkedCount.map { "\($0)" } ?? "more than can be counted"
    return .error(
      "sir.bad-element-count",
      "found \(found, of: "element"), the shape \(shape) expects \(expected)",
      at: site)
  }

  /// Returns an error about bytes that do not make up whole elements.
  static func badByteCount(_ found: Int, _ type: ElementType, at site: Site) -> Diagnostic {
    .error(
      "sir.bad-element-count",
      "found \(found, of: "byte"), expected a multiple of \(type.byteCount) for \(type.rawValue)",
      at: site)
  }

  /// Returns an error that ends a list of errors.
  static func tooManyErrors(limit: Int, at site: Site) -> Diagnostic {
    .error("sir.too-many-errors", "stopped after \(limit) errors", at: site)
  }

  /// Returns an error about a tensor for which the container has no elements.
  static func missingTensor(_ tensor: Tensor, id: TensorID) -> Diagnostic {
    .error(
      "sir.missing-tensor",
      "there are no elements for the tensor \(tensor.elementType.rawValue)\(tensor.shape) with "
        + "sha256:\(tensor.hash)", at: .entity("\(id) \"\(tensor.name)\""),
      notes: ["keep the tensor container that was written with the text next to it"])
  }

  /// Returns an error about elements that are not those of the text.
  static func differentTensor(_ tensor: Tensor, id: TensorID) -> Diagnostic {
    .error(
      "sir.different-tensor",
      "the elements found are not those of \(tensor.elementType.rawValue)\(tensor.shape) with "
        + "sha256:\(tensor.hash)", at: .entity("\(id) \"\(tensor.name)\""),
      notes: ["the text and its tensor container do not belong together, or one was changed"])
  }
}
