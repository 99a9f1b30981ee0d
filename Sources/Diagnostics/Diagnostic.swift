// The value in which every part of spikec reports a problem: what, where, and what to do next.

/// A problem or remark that concerns the user's input, with its place and advice.
public struct Diagnostic: Error, Hashable, Sendable {

  /// How much a diagnostic matters.
  public enum Severity: String, Hashable, Sendable, Comparable {
    /// Information that needs no action.
    case remark
    /// Something that the result survives but the user should know.
    case warning
    /// Something that prevents the result.
    case error

    /// Returns whether `a` matters less than `b`.
    public static func < (a: Severity, b: Severity) -> Bool {
      a.rank < b.rank
    }

    private var rank: Int {
      switch self {
      case .remark: 0
      case .warning: 1
      case .error: 2
      }
    }
  }

  /// How much the problem matters.
  public var severity: Severity

  /// A stable dotted name, such as `keras.unsupported-layer`, that scripts and tests may match.
  public var id: String

  /// What was found and what was expected: lower case, no final full stop.
  public var message: String

  /// Where the problem lies, if it has a place.
  public var site: Site?

  /// What to do next, one sentence each.
  public var notes: [String]

  /// The exit status of a run that this diagnostic ends.
  public var exitCode: ExitCode

  /// Creates a diagnostic with the given properties.
  public init(
    _ severity: Severity, _ id: String, _ message: String, at site: Site? = nil,
    notes: [String] = [], exitCode: ExitCode = .badData
  ) {
    self.severity = severity
    self.id = id
    self.message = message
    self.site = site
    self.notes = notes
    self.exitCode = exitCode
  }

  /// Returns an error with the given properties.
  public static func error(
    _ id: String, _ message: String, at site: Site? = nil, notes: [String] = [],
    exitCode: ExitCode = .badData
  ) -> Diagnostic {
    Diagnostic(.error, id, message, at: site, notes: notes, exitCode: exitCode)
  }

  /// Returns a warning with the given properties.
  public static func warning(
    _ id: String, _ message: String, at site: Site? = nil, notes: [String] = []
  ) -> Diagnostic {
    Diagnostic(.warning, id, message, at: site, notes: notes)
  }

  /// Returns a remark with the given properties.
  public static func remark(
    _ id: String, _ message: String, at site: Site? = nil, notes: [String] = []
  ) -> Diagnostic {
    Diagnostic(.remark, id, message, at: site, notes: notes)
  }

  /// Returns this diagnostic placed at `site`, unless it already has a place.
  public func located(at site: Site) -> Diagnostic {
    var result = self
    if result.site == nil { result.site = site }
    return result
  }
}

/// The place of a problem.
public enum Site: Hashable, Sendable {

  /// A file as a whole.
  case file(String)

  /// A place inside a model file: an HDF5 path, or the name of a node.
  case inside(file: String, path: String)

  /// A named entity of a graph in memory, such as a node, a population or a pass.
  case entity(String)

  /// A position in a text: 1-based line and column, with the line itself for the caret.
  case text(file: String, line: Int, column: Int, source: String)
}
