// What members of arrays are without being said, from the schema.

internal import JSONReading

extension AnalogArray {

  /// Looks whether a member says something that would not be so without it.
  ///
  /// - Parameter name: its dotted name: `output.gain`.
  /// - Returns: whether it is there, is known, and is not the schema's default.
  package func isUnusual(_ name: String) -> Bool {
    let usual = Self.part(name)?["default"]
    if let number = numbers[name] {
      guard let value = number.value else { return false }
      return value != usual?.double
    }
    guard let word = words[name] else { return false }
    // Truth values are words.
    if case .flag(let flag)? = usual { return word != "\(flag)" }
    return word != usual?.string
  }

  /// Returns the schema of a member.
  private static func part(_ name: String) -> JSON? {
    let schema = TargetDescription.schema
    return name.split(separator: ".").reduce(schema.root["$defs"]?["analog"]) { part, name in
      part?["properties"]?[String(name)].map { schema.resolved($0) }
    }
  }
}
