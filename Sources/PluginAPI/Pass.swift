// A pass: a documented value that transforms a network.

public import Diagnostics
public import SpikeIR

/// A transformation of a network, with everything a user reads about it.
public struct Pass: Sendable {

  /// The name, kebab-case; equal in code, documents, tests and on the command line.
  public var name: String

  /// One line on what the pass does.
  public var summary: String

  /// What the pass does in full: the rule, the source, the network before and after.
  public var details: String

  /// The options, with their defaults.
  public var options: [PassOption]

  /// The level of the network that the pass takes.
  public var requires: Level

  /// The level of the network that the pass leaves.
  public var establishes: Level

  /// The transformation.
  public var run:
    @Sendable (inout Program, PassArguments, inout PassContext) throws(CompileError) -> Void

  /// Creates a pass.
  public init(
    name: String, summary: String, details: String, options: [PassOption] = [],
    requires: Level, establishes: Level,
    run:
      @escaping @Sendable (inout Program, PassArguments, inout PassContext)
      throws(CompileError) -> Void
  ) {
    self.name = name
    self.summary = summary
    self.details = details
    self.options = options
    self.requires = requires
    self.establishes = establishes
    self.run = run
  }

  /// Creates a pass from the `ann` level to itself.
  public static func ann(
    name: String, summary: String, details: String, options: [PassOption] = [],
    run:
      @escaping @Sendable (inout ANNGraph, PassArguments, inout PassContext)
      throws(CompileError) -> Void
  ) -> Pass {
    Pass(
      name: name, summary: summary, details: details, options: options, requires: .ann,
      establishes: .ann
    ) { (program, arguments, context) throws(CompileError) in
      guard case .ann(var graph) = program else { return }
      try run(&graph, arguments, &context)
      program = .ann(graph)
    }
  }

  /// Creates a pass from the `snn` level to itself.
  public static func snn(
    name: String, summary: String, details: String, options: [PassOption] = [],
    run:
      @escaping @Sendable (inout SpikingGraph, PassArguments, inout PassContext)
      throws(CompileError) -> Void
  ) -> Pass {
    Pass(
      name: name, summary: summary, details: details, options: options, requires: .snn,
      establishes: .snn
    ) { (program, arguments, context) throws(CompileError) in
      guard case .snn(var graph) = program else { return }
      try run(&graph, arguments, &context)
      program = .snn(graph)
    }
  }
}

/// An option of a pass.
public struct PassOption: Hashable, Sendable {

  /// What an option's value may be.
  public enum Kind: Hashable, Sendable {
    /// An integer in a range.
    case integer(ClosedRange<Int>)
    /// A number in a range.
    case number(ClosedRange<Double>)
    /// One of several words.
    case word([String])

    /// The accepted values, as text.
    public var description: String {
      switch self {
      case .integer(let range): "an integer in [\(range.lowerBound), \(range.upperBound)]"
      case .number(let range): "a number in [\(range.lowerBound), \(range.upperBound)]"
      case .word(let words): "one of \(words.joined(separator: ", "))"
      }
    }
  }

  /// The name, kebab-case.
  public var name: String

  /// One line on what the option does.
  public var summary: String

  /// What the value may be.
  public var kind: Kind

  /// The value when the option is not given.
  public var defaultValue: String

  /// Creates an option.
  public init(_ name: String, _ kind: Kind, default defaultValue: String, _ summary: String) {
    self.name = name
    self.kind = kind
    self.defaultValue = defaultValue
    self.summary = summary
  }
}

/// The values of a pass's options, checked against their declarations.
public struct PassArguments: Hashable, Sendable {

  private var values: [String: String] = [:]

  /// Creates the arguments of `pass` from the given values, defaults for the others.
  ///
  /// - Throws: `pass.unknown-option` or `pass.bad-option`.
  public init(_ given: [String: String] = [:], of pass: Pass) throws(Diagnostic) {
    for (name, value) in given.sorted(by: { $0.key < $1.key }) {
      guard let option = pass.options.first(where: { $0.name == name }) else {
        throw .unknownOption(name, of: pass)
      }
      guard option.accepts(value) else { throw .badOption(option, value, of: pass) }
    }
    for option in pass.options { values[option.name] = given[option.name] ?? option.defaultValue }
  }

  /// Returns the arguments with `value` for the option `name`.
  ///
  /// - Precondition: the pass declares the option, and the value is one that it takes.
  public func setting(_ name: String, to value: String) -> PassArguments {
    precondition(values[name] != nil, "internal: '\(name)' is not declared as an option")
    var result = self
    result.values[name] = value
    return result
  }

  /// Returns the value of the integer option `name`.
  ///
  /// - Precondition: the pass declares it as an integer.
  public func integer(_ name: String) -> Int {
    guard let value = values[name].flatMap({ Int($0) }) else {
      preconditionFailure("internal: '\(name)' is not declared as an integer option")
    }
    return value
  }

  /// Returns the value of the numeric option `name`.
  ///
  /// - Precondition: the pass declares it as a number.
  public func number(_ name: String) -> Double {
    guard let value = values[name].flatMap({ Double($0) }) else {
      preconditionFailure("internal: '\(name)' is not declared as a numeric option")
    }
    return value
  }

  /// Returns the value of the option `name` as a word.
  ///
  /// - Precondition: the pass declares it.
  public func word(_ name: String) -> String {
    guard let value = values[name] else {
      preconditionFailure("internal: '\(name)' is not declared as an option")
    }
    return value
  }
}

extension PassOption {

  /// Returns whether `value` is one that the option takes.
  fileprivate func accepts(_ value: String) -> Bool {
    switch kind {
    case .integer(let range): Int(value).map { range.contains($0) } ?? false
    case .number(let range): Double(value).map { range.contains($0) } ?? false
    case .word(let words): words.contains(value)
    }
  }
}

extension Diagnostic {

  /// Returns an error about an option that a pass does not have.
  fileprivate static func unknownOption(_ name: String, of pass: Pass) -> Diagnostic {
    let known = pass.options.map(\.name).joined(separator: ", ")
    return .error(
      "pass.unknown-option", "the pass '\(pass.name)' has no option '\(name)'",
      notes: [known.isEmpty ? "it has no options" : "its options are \(known)"],
      exitCode: .usage)
  }

  /// Returns an error about a value that an option does not take.
  fileprivate static func badOption(
    _ option: PassOption, _ value: String, of pass: Pass
  ) -> Diagnostic {
    .error(
      "pass.bad-option",
      "'\(option.name)' of the pass '\(pass.name)' is '\(value)', expected "
        + option.kind.description,
      exitCode: .usage)
  }
}
