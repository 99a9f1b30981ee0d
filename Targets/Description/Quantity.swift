// Numbers with their foundation: who says so, and how well it is known.

/// A number from a data sheet or a paper.
package struct Quantity: Hashable, Sendable {

  /// The number; `nil` if it is not known.
  package var value: Double?

  /// The unit, such as `J`.
  package var unit: String?

  /// The smallest value that was reported.
  package var min: Double?

  /// The largest value that was reported.
  package var max: Double?

  /// How well the number is founded.
  package var grade: Grade?

  /// The key of the citation, or several, separated by commas.
  package var source: String?

  /// How well a number is founded, the best first.
  package enum Grade: String, Hashable, Sendable, CaseIterable {
    /// Measured on silicon.
    case silicon
    /// Simulated by the vendor before there was silicon.
    case presilicon
    /// From a published model.
    case model
    /// Derived from numbers with a source.
    case derived
    /// Read from a public tool's source code.
    case software
    /// Quoted by somebody else.
    case secondary
    /// From memory, not verified.
    case memory
    /// Given by the user.
    case user
    /// Assumed, where a machine needs some value to be described at all.
    case assumed
  }

  /// Creates a quantity.
  package init(
    _ value: Double?, unit: String? = nil, min: Double? = nil, max: Double? = nil,
    grade: Grade? = nil, source: String? = nil
  ) {
    self.value = value
    self.unit = unit
    self.min = min
    self.max = max
    self.grade = grade
    self.source = source
  }
}

/// Who says something, and how well it is founded.
package struct Evidence: Hashable, Sendable {

  /// How well it is founded.
  package var grade: Quantity.Grade?

  /// The key of the citation, or several, separated by commas.
  package var source: String?

  /// Creates evidence; without arguments, the lack of it.
  package init(grade: Quantity.Grade? = nil, source: String? = nil) {
    self.grade = grade
    self.source = source
  }

  /// `true` iff nobody says so.
  package var isEmpty: Bool { grade == nil && source == nil }
}

extension Quantity {

  /// Who says so.
  package var evidence: Evidence { Evidence(grade: grade, source: source) }

  /// The number, if it is known and whole.
  package var int: Int? { value.flatMap { Int(exactly: $0) } }
}
