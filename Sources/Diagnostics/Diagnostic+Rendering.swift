// How diagnostics look on a terminal: `severity: message [id]`, the place, the notes.

extension Diagnostic {

  /// Returns the diagnostic as text, without a final line break.
  ///
  /// ```
  /// error: layer 'Attention' is not supported [keras.unsupported-layer]
  ///   --> model.h5:/model_weights/attention_1
  ///   note: replace the layer, or import it with a plugin
  /// ```
  public func rendered(color: Bool = false) -> String {
    let head = color ? "\(severity.color)\(severity.rawValue):\u{1B}[0m" : "\(severity.rawValue):"
    var lines = ["\(head) \(message.printable) [\(id)]"]
    if let site {
      lines.append("  --> \(site.description.printable)")
      if case .text(_, _, let column, let source) = site {
        lines.append("  | \(source.printable)")
        lines.append("  | \(String(repeating: " ", count: max(0, column - 1)))^")
      }
    }
    lines += notes.map { "  note: \($0.printable)" }
    return lines.joined(separator: "\n")
  }
}

extension Site: CustomStringConvertible {

  /// The place as text: `file`, `file:/path`, or `file:line:column`.
  public var description: String {
    switch self {
    case .file(let path): path
    case .inside(let file, let path): "\(file):\(path)"
    case .entity(let name): name
    case .text(let file, let line, let column, _): "\(file):\(line):\(column)"
    }
  }
}

extension Diagnostic.Severity {

  fileprivate var color: String {
    switch self {
    case .remark: "\u{1B}[36m"
    case .warning: "\u{1B}[33m"
    case .error: "\u{1B}[31m"
    }
  }
}

extension String {

  /// The string with control characters made visible, so that a name from a file cannot drive
  /// the terminal.
  fileprivate var printable: String {
    guard unicodeScalars.contains(where: { $0.value < 32 && $0 != "\t" || $0.value == 127 }) else {
      return self
    }
    var result = ""
    for scalar in unicodeScalars {
      if scalar.value < 32 && scalar != "\t" || scalar.value == 127 {
        result += "\\u{\(String(scalar.value, radix: 16))}"
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
