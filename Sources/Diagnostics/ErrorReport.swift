// The numbers behind an error: a table for people, and the same as values for programs. Apart from
// diagnostics, since those are sentences.

/// What an error says beside its diagnostics.
public struct ErrorReport: Hashable, Sendable {

  /// The report for people, lines of text.
  public var text: String

  /// The same for programs, in the order in which it is written.
  public var members: [Member]

  /// Creates a report.
  public init(text: String, members: [Member]) {
    self.text = text
    self.members = members
  }

  /// A value with its name.
  public struct Member: Hashable, Sendable {
    /// The name.
    public var name: String
    /// The value.
    public var value: Value

    /// Creates a member.
    public init(_ name: String, _ value: Value) {
      self.name = name
      self.value = value
    }
  }

  /// A value.
  public indirect enum Value: Hashable, Sendable {
    /// What is not known, or does not apply.
    case none
    /// A truth value.
    case flag(Bool)
    /// A number.
    case number(Int)
    /// A word or sentence.
    case text(String)
    /// Values in order.
    case list([Value])
    /// Values with names, in order.
    case record([Member])

    /// Returns a number, or `none` for one that is not known.
    public static func known(_ number: Int?) -> Value { number.map { .number($0) } ?? .none }
  }
}
