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
        let (shown, blanks) = excerpt(of: source, around: column)
        lines.append("  | \(shown.printable)")
        lines.append("  | \(String(repeating: " ", count: blanks))^")
      }
    }
    lines += notes.map { "  note: \($0.printable)" }
    return lines.joined(separator: "\n")
  }
}

/// Returns the part of a line that a terminal can show, with the number of characters in it
/// before the given column; a line may be as long as a file.
private func excerpt(of line: String, around column: Int) -> (shown: String, blanks: Int) {
  let width = 120
  let characters = line.unicodeScalars
  guard characters.count > width else { return (line, max(0, column - 1)) }
  let start = max(0, min(column - 1, characters.count) - width / 2)
  let shown = String(characters.dropFirst(start).prefix(width))
  guard start > 0 else { return (shown + "…", max(0, column - 1)) }
  return ("…" + shown + "…", max(0, min(column - 1, characters.count) - start + 1))
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
