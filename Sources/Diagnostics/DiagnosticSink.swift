// Collecting diagnostics, and the error that carries several at once.

/// A list of diagnostics to which a run appends, so that all problems are reported together.
public struct DiagnosticSink: Hashable, Sendable {

  /// What was reported, in order.
  public private(set) var diagnostics: [Diagnostic] = []

  /// Creates an empty sink.
  public init() {}

  /// `true` iff an error was reported.
  public var hasErrors: Bool {
    diagnostics.contains { $0.severity == .error }
  }

  /// Appends `diagnostic`.
  public mutating func report(_ diagnostic: Diagnostic) {
    diagnostics.append(diagnostic)
  }

  /// Appends the elements of `more`.
  public mutating func report(contentsOf more: some Sequence<Diagnostic>) {
    diagnostics.append(contentsOf: more)
  }

  /// Throws all diagnostics reported so far if one of them is an error.
  public func throwIfErrors() throws(CompileError) {
    if hasErrors { throw CompileError(diagnostics) }
  }
}

/// One or more diagnostics, at least one of them an error, that ended a piece of work.
public struct CompileError: Error, Hashable, Sendable {

  /// What was reported, in order.
  public let diagnostics: [Diagnostic]

  /// The numbers behind the diagnostics, if there are any.
  public let report: ErrorReport?

  /// Creates an error that carries `diagnostics`.
  ///
  /// - Precondition: one of them is an error.
  public init(_ diagnostics: [Diagnostic], report: ErrorReport? = nil) {
    precondition(
      diagnostics.contains { $0.severity == .error }, "internal: a compile error without an error")
    self.diagnostics = diagnostics
    self.report = report
  }

  /// Creates an error that carries one diagnostic.
  public init(_ diagnostic: Diagnostic) {
    self.init([diagnostic])
  }

  /// The exit status of a run that this error ends: that of the first error in the list.
  public var exitCode: ExitCode {
    diagnostics.first { $0.severity == .error }?.exitCode ?? .internalError
  }
}

/// Returns the value of `body`, turning a single diagnostic that it throws into a compile error.
public func liftingDiagnostic<T: ~Copyable>(
  _ body: () throws(Diagnostic) -> T
) throws(CompileError) -> T {
  do throws(Diagnostic) {
    return try body()
  } catch {
    throw CompileError(error)
  }
}
