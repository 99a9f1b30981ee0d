// The runner of golden cases. A mode more is a line in `modes`.

import Diagnostics
import Foundation
import PluginAPI
import SpikeIR
import SpikePasses
import SpikeText
import Testing

/// What the first line of a case can ask for.
private let modes: [String: FileTestMode] = [
  // The program is printed again; `weights` prints elements too.
  "print": { (input, arguments) throws(CompileError) in
    let program = try parseProgram(input, file: "case.sir")
    return FileTestResult(output: text(of: program, weights: arguments["weights"] == "true"))
  },
  // The program is verified.
  "verify": { (input, _) throws(CompileError) in
    let parsed = try parseWithLocations(input, file: "case.sir")
    return FileTestResult(diagnostics: parsed.program.verify().map { parsed.located($0) })
  },
  // Diagnostics of parser and verifier are shown as on a terminal.
  "render": { (input, _) throws(CompileError) in
    var diagnostics: [Diagnostic]
    do throws(CompileError) {
      let parsed = try parseWithLocations(input, file: "case.sir")
      diagnostics = parsed.program.verify().map { parsed.located($0) }
    } catch {
      diagnostics = error.diagnostics
    }
    return FileTestResult(output: diagnostics.map { $0.rendered() }.joined(separator: "\n"))
  },
  // The passes `passes` are applied, and the program is printed, with elements if `weights`.
  "opt": { (input, arguments) throws(CompileError) in
    var program = try parseProgram(input, file: "case.sir")
    var context = PassContext()
    let pipeline = try liftingDiagnostic { () throws(Diagnostic) in
      try Pipeline(parsing: arguments["passes"] ?? "", known: Pass.builtIn)
    }
    try pipeline.run(on: &program, &context, verifiesEach: true)
    return FileTestResult(
      output: text(of: program, weights: arguments["weights"] == "true"),
      diagnostics: context.sink.diagnostics)
  },
  // The program is drawn.
  "dot": { (input, _) throws(CompileError) in
    FileTestResult(output: dot(of: try parseProgram(input, file: "case.sir")))
  },
]

/// The folder of the cases.
private let casesFolder = URL(filePath: #filePath).deletingLastPathComponent()
  .appending(path: "Cases")

/// The cases, as paths relative to their folder.
private let cases: [String] = {
  let found = FileManager.default.enumerator(atPath: casesFolder.path())
  return (found?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(".sir") }.sorted()
}()

@Suite("Golden cases") struct FileTests {

  @Test("there are some") func exist() {
    #expect(cases.count >= 5)
  }

  @Test("give what their files say", arguments: cases)
  func run(path: String) throws {
    let test = try FileTest(casesFolder.appending(path: path))
    let observed = try test.observed(modes)
    guard observed != test.source else { return }
    if ProcessInfo.processInfo.environment["SPIKEC_RECORD"] == "1" {
      try observed.write(to: test.url, atomically: true, encoding: .utf8)
      Issue.record("recorded \(path); run again without SPIKEC_RECORD")
      return
    }
    Attachment.record(observed, named: path.replacing("/", with: "-") + ".observed")
    Issue.record(
      """
      \(path) gives something else: \(firstDifference(test.source, observed)); \
      if that is right, record it with SPIKEC_RECORD=1
      """)
  }
}

/// Returns the first line in which two texts differ, in words.
private func firstDifference(_ expected: String, _ observed: String) -> String {
  let expected = expected.split(separator: "\n", omittingEmptySubsequences: false)
  let observed = observed.split(separator: "\n", omittingEmptySubsequences: false)
  for (i, (a, b)) in zip(expected, observed).enumerated() where a != b {
    return "line \(i + 1) is '\(b)', expected '\(a)'"
  }
  return "\(observed.count) lines, expected \(expected.count)"
}
