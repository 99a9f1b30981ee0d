// Pipelines as text, `a,b{x=1,y=2},c`, and running them with observers.

package import Diagnostics
package import PluginAPI
package import SpikeIR

/// A pass with the values of its options.
package struct PipelineStep: Sendable {

  /// The pass.
  package var pass: Pass

  /// The values of its options.
  package var arguments: PassArguments

  /// Creates a step.
  ///
  /// - Throws: `pass.unknown-option` or `pass.bad-option`.
  package init(_ pass: Pass, _ given: [String: String] = [:]) throws(Diagnostic) {
    self.pass = pass
    arguments = try PassArguments(given, of: pass)
  }
}

/// A sequence of passes.
package struct Pipeline: Sendable {

  /// The steps, first to last.
  package var steps: [PipelineStep]

  /// Creates a pipeline of the given steps.
  package init(_ steps: [PipelineStep]) {
    self.steps = steps
  }

  /// Creates the pipeline that `text` describes, from the passes in `known`.
  ///
  /// The grammar is `pass {"," pass}` with pass = name ["{" [option {"," option}] "}"] and
  /// option = name "=" value; blanks around names and values are ignored.
  ///
  /// - Throws: `pass.bad-pipeline`, `pass.unknown`, `pass.unknown-option`, `pass.bad-option`.
  package init(parsing text: String, known: [Pass]) throws(Diagnostic) {
    steps = []
    for item in try Pipeline.split(text) {
      let (name, options) = try Pipeline.parseItem(item)
      guard let pass = known.first(where: { $0.name == name }) else {
        throw .unknownPass(name, known: known)
      }
      steps.append(try PipelineStep(pass, options))
    }
  }

  /// Returns the parts of `text` between the commas that are not inside braces.
  private static func split(_ text: String) throws(Diagnostic) -> [String] {
    var parts: [String] = []
    var current = ""
    var isInside = false
    for character in text {
      switch character {
      case "{":
        if isInside { throw .badPipeline(text, "braces do not nest") }
        isInside = true
        current.append(character)
      case "}":
        if !isInside { throw .badPipeline(text, "'}' without '{'") }
        isInside = false
        current.append(character)
      case "," where !isInside:
        parts.append(current)
        current = ""
      default: current.append(character)
      }
    }
    if isInside { throw .badPipeline(text, "'{' without '}'") }
    parts.append(current)
    let trimmed = parts.map(\.trimmed)
    if trimmed.count == 1 && trimmed[0].isEmpty { return [] }
    if trimmed.contains("") { throw .badPipeline(text, "a pass is missing between commas") }
    return trimmed
  }

  /// Returns the name and the options of one pass.
  private static func parseItem(
    _ item: String
  ) throws(Diagnostic) -> (name: String, options: [String: String]) {
    guard let brace = item.firstIndex(of: "{") else { return (item, [:]) }
    guard item.last == "}" else { throw .badPipeline(item, "text after '}'") }
    let body = item[item.index(after: brace)...].dropLast()
    var options: [String: String] = [:]
    for option in body.split(separator: ",") {
      let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else {
        throw .badPipeline(item, "'\(option)' is not of the form option=value")
      }
      let name = String(parts[0]).trimmed
      guard options.updateValue(String(parts[1]).trimmed, forKey: name) == nil else {
        throw .badPipeline(item, "'\(name)' is given twice")
      }
    }
    return (String(item[..<brace]).trimmed, options)
  }
}

/// Where observers look at the network.
package struct PipelineObserver: Sendable {

  /// Is called before each pass.
  package var before: @Sendable (_ pass: Pass, _ program: Program) -> Void = { _, _ in }

  /// Is called after each pass with the time it took, seconds.
  package var after: @Sendable (_ pass: Pass, _ program: Program, _ seconds: Double) -> Void =
    { _, _, _ in }

  /// Creates an observer that does nothing.
  package init() {}
}

extension Pipeline {

  /// Applies the passes to `program`, in order.
  ///
  /// - Parameters:
  ///   - program: the network.
  ///   - context: the surroundings of the passes.
  ///   - verifiesEach: whether the network is verified before the first and after each pass.
  ///   - observer: is told of each pass.
  /// - Throws: what passes throw; `pass.wrong-level`; the verifier's findings, as internal errors
  ///   after a pass.
  package func run(
    on program: inout Program, _ context: inout PassContext, verifiesEach: Bool = false,
    observer: PipelineObserver = PipelineObserver()
  ) throws(CompileError) {
    if verifiesEach { try Pipeline.verify(program, after: nil) }
    for step in steps {
      guard step.pass.requires == program.level else {
        throw CompileError(.wrongLevel(of: step.pass, found: program.level))
      }
      observer.before(step.pass, program)
      let clock = ContinuousClock()
      let start = clock.now
      try step.pass.run(&program, step.arguments, &context)
      let elapsed = (clock.now - start).components
      if verifiesEach { try Pipeline.verify(program, after: step.pass) }
      let seconds = Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
      observer.after(step.pass, program, seconds)
    }
  }

  /// Throws what the verifier finds wrong with `program`.
  private static func verify(_ program: Program, after pass: Pass?) throws(CompileError) {
    var findings = program.verify()
    guard findings.contains(where: { $0.severity == .error }) else { return }
    if let pass {
      for i in findings.indices {
        findings[i].exitCode = .internalError
        findings[i].notes.append("found after the pass '\(pass.name)', which is a bug of the pass")
      }
    }
    throw CompileError(findings)
  }
}

extension String {

  /// The text without blanks at its ends.
  fileprivate var trimmed: String {
    let tail = drop { $0 == " " || $0 == "\t" || $0 == "\n" }
    return String(tail.reversed().drop { $0 == " " || $0 == "\t" || $0 == "\n" }.reversed())
  }
}

extension Diagnostic {

  /// Returns an error about a pipeline that is not of the form of one.
  fileprivate static func badPipeline(_ text: String, _ reason: String) -> Diagnostic {
    .error(
      "pass.bad-pipeline", "the pipeline '\(text)' cannot be read: \(reason)",
      notes: ["write pass,pass{option=value,option=value},pass"], exitCode: .usage)
  }

  /// Returns an error about a name that no pass has.
  fileprivate static func unknownPass(_ name: String, known: [Pass]) -> Diagnostic {
    .error(
      "pass.unknown", "there is no pass '\(name)'",
      notes: ["the passes are \(known.map(\.name).joined(separator: ", "))"], exitCode: .usage)
  }

  /// Returns an error about a pass that takes networks of another level.
  fileprivate static func wrongLevel(of pass: Pass, found: Level) -> Diagnostic {
    .error(
      "pass.wrong-level",
      "the pass '\(pass.name)' takes a network of level \(pass.requires.rawValue), found "
        + found.rawValue,
      notes: ["the pass 'convert' leads from ann to snn"], exitCode: .usage)
  }
}
