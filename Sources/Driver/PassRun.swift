// Running a pipeline as the command line asks: dumps, timings, counters, early ends.

internal import Diagnostics
internal import Kernels
internal import PluginAPI
internal import SpikeIR
internal import SpikePasses
internal import SpikeText
internal import Synchronization

/// What the user said about passes.
package struct PassRequest: Hashable, Sendable {

  /// The passes in place of the standard ones, if given.
  package var pipeline: String?

  /// The passes before which the network is printed.
  package var printBefore: [String] = []

  /// The passes after which the network is printed; `all` means each.
  package var printAfter: [String] = []

  /// Whether the network is verified after each pass.
  package var verifiesEach = false

  /// Whether the time of each pass is printed.
  package var timesPasses = false

  /// Whether what passes counted is printed.
  package var printsStatistics = false

  /// Creates a request for no passes and no output.
  package init() {}
}

/// A pass with the time that it took.
struct PassTiming: Hashable, Sendable {
  /// The name.
  var name: String
  /// The time, seconds.
  var seconds: Double
}

/// A pipeline with what is to be observed of it.
struct PassRun: Sendable {

  /// The passes as text.
  let pipelineText: String

  /// The passes.
  let pipeline: Pipeline

  private let request: PassRequest
  private let console: Console

  /// Prepares the pipeline that `request` names, or else `standard`; passes that would lead beyond
  /// the level `last` are left out.
  ///
  /// - Throws: `pass.bad-pipeline`, `pass.unknown`, `pass.unknown-option`, `pass.bad-option`.
  init(
    _ request: PassRequest, standard: String, upTo last: Level?, registry: Registry,
    console: Console
  ) throws(Diagnostic) {
    pipelineText = request.pipeline ?? standard
    var pipeline = try Pipeline(parsing: pipelineText, known: registry.passes)
    if last == .ann {
      let end = pipeline.steps.firstIndex { $0.pass.establishes != .ann }
      pipeline.steps.removeSubrange((end ?? pipeline.steps.count)...)
    }
    for name in request.printBefore + request.printAfter
    where name != "all" && !registry.passes.contains(where: { $0.name == name }) {
      throw .unknownPass(name, registry.passes.map(\.name))
    }
    let names = pipeline.steps.map(\.pass.name) + ["all"]
    for name in request.printBefore + request.printAfter where !names.contains(name) {
      console.report(.unusedPass(name))
    }
    (self.pipeline, self.request, self.console) = (pipeline, request, console)
  }

  /// Returns whether the pass `name` is one of them.
  func contains(_ name: String) -> Bool {
    pipeline.steps.contains { $0.pass.name == name }
  }

  /// Applies the passes to `program`; returns the time of each.
  ///
  /// - Parameters:
  ///   - program: the network.
  ///   - context: the surroundings of the passes.
  ///   - recorder: is given the network that each pass leaves, if it is there.
  /// - Returns: the time of each pass.
  /// - Throws: what passes throw. What they reported is printed first.
  func apply(
    to program: inout Program, _ context: inout PassContext, recorder: StageRecorder? = nil
  ) throws(CompileError) -> [PassTiming] {
    let timings = Mutex<[PassTiming]>([])
    var observer = PipelineObserver()
    let (request, console) = (request, console)
    observer.before = { pass, program in
      if request.printBefore.contains(pass.name) || request.printBefore.contains("all") {
        console.say("// before \(pass.name)\n" + text(of: program))
      }
    }
    observer.after = { pass, program, seconds in
      timings.withLock { $0.append(PassTiming(name: pass.name, seconds: seconds)) }
      recorder?.record(pass, program)
      if request.printAfter.contains(pass.name) || request.printAfter.contains("all") {
        console.say("// after \(pass.name)\n" + text(of: program))
      }
    }
    context.progress = { task, fraction in console.progress(task, fraction) }
    defer {
      console.progress("", 1)
      console.report(contentsOf: context.sink.diagnostics)
    }
    try pipeline.run(
      on: &program, &context, verifiesEach: request.verifiesEach, observer: observer)
    let result = timings.withLock { $0 }
    if request.timesPasses { console.say(PassRun.table(of: result)) }
    if request.printsStatistics { console.say(PassRun.table(of: context.statistics)) }
    return result
  }

  private static func table(of timings: [PassTiming]) -> String {
    var table = Table(["pass", ">seconds"])
    for timing in timings { table.add([timing.name, fixed(timing.seconds, 3)]) }
    table.add(["total", fixed(timings.reduce(0) { $0 + $1.seconds }, 3)])
    return table.text
  }

  private static func table(of statistics: [Statistic]) -> String {
    var table = Table(["pass", "counter", ">value"])
    for item in statistics { table.add([item.pass, item.name, grouped(item.value)]) }
    return table.text
  }
}

extension Diagnostic {

  /// Returns a warning about a pass, named for a dump, that is not run.
  fileprivate static func unusedPass(_ name: String) -> Diagnostic {
    .warning("pass.not-run", "the pass '\(name)' is not run: there is nothing to print")
  }

  /// Returns an error about a name that no pass has.
  static func unknownPass(_ name: String, _ known: [String]) -> Diagnostic {
    .error(
      "pass.unknown", "there is no pass '\(name)'",
      notes: ["the passes are \(known.joined(separator: ", "))"], exitCode: .usage)
  }
}
