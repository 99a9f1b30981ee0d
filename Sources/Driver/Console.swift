// Where a run speaks: results to the standard output, everything else to the standard error.

internal import DataIO
package import Diagnostics
internal import FileReading
internal import Glibc
internal import Synchronization

/// The terminal, or the files and pipes that stand in its place.
package final class Console: Sendable {

  /// `true` iff people read along: a progress bar is drawn and colors are used.
  private let isTerminal: Bool
  private let usesColor: Bool

  private struct State {
    var bar = ""
    var task = ""
    var furthest = 0.0
    var lastDrawn: ContinuousClock.Instant?
    var reported: [Diagnostic] = []
  }

  private let state = Mutex(State())

  /// Creates the console of the process.
  package init() {
    isTerminal = isatty(STDERR_FILENO) == 1
    let plain = environment("NO_COLOR") != nil || environment("TERM") == "dumb"
    usesColor = isTerminal && !plain
  }

  /// Prints `diagnostic` to the standard error, once.
  package func report(_ diagnostic: Diagnostic) {
    let isNew = state.withLock { state in
      if state.reported.contains(diagnostic) { return false }
      state.reported.append(diagnostic)
      return true
    }
    if isNew { say(diagnostic.rendered(color: usesColor)) }
  }

  /// Prints `diagnostics` to the standard error, each once.
  package func report(contentsOf diagnostics: [Diagnostic]) {
    for diagnostic in diagnostics { report(diagnostic) }
  }

  /// Prints a line of text to the standard error.
  package func say(_ text: String) {
    state.withLock { state in
      var output = ""
      if !state.bar.isEmpty { output = "\r\u{1B}[K" }
      state.bar = ""
      _ = writeAll(output + text + "\n", to: STDERR_FILENO)
    }
  }

  /// Shows that the part `fraction`, 0 to 1, of `task` is done; on a terminal only.
  package func progress(_ task: String, _ fraction: Double) {
    guard isTerminal else { return }
    state.withLock { state in
      // Workers report on their own: what is done never becomes less.
      state.furthest = state.task == task ? max(state.furthest, fraction) : fraction
      state.task = task
      let fraction = state.furthest
      let now = ContinuousClock.now
      let isDone = fraction >= 1
      if !isDone, let last = state.lastDrawn, now - last < .milliseconds(80) { return }
      state.lastDrawn = now
      let bar = isDone ? "" : Console.bar(task, fraction)
      guard bar != state.bar else { return }
      state.bar = bar
      _ = writeAll("\r" + bar + "\u{1B}[K", to: STDERR_FILENO)
    }
  }

  /// Prints `text`, with a final line break, to the standard output.
  ///
  /// A reader that has closed its end of the pipe has seen enough: that is no error.
  ///
  /// - Throws: `output.write-failed` if the standard output takes no more.
  package func print(_ text: String) throws(CompileError) {
    progress("", 1)
    let code = writeAll(text.hasSuffix("\n") ? text : text + "\n", to: STDOUT_FILENO)
    guard code == 0 || code == EPIPE else {
      throw CompileError(
        .error(
          "output.write-failed",
          "writing to the standard output failed: \(systemMessage(code))",
          exitCode: .inputOutput))
    }
  }

  /// Returns a bar such as `calibrate  [########........]  50 %`.
  static func bar(_ task: String, _ fraction: Double) -> String {
    let width = 30
    let part = min(max(fraction, 0), 1)
    let filled = Int(part * Double(width))
    let name = task.prefix(30) + String(repeating: " ", count: max(0, 16 - task.count))
    return name + " [" + String(repeating: "#", count: filled)
      + String(repeating: ".", count: width - filled) + "] \(Int(part * 100)) %"
  }
}

/// Writes `text` to a file descriptor; returns the error number, 0 if all is written.
private func writeAll(_ text: String, to descriptor: Int32) -> Int32 {
  var text = text
  return text.withUTF8 { buffer in
    var done = 0
    while done < buffer.count, let base = buffer.baseAddress {
      let n = unsafe write(descriptor, base + done, buffer.count - done)
      if n < 0 && errno != EINTR { return errno }
      done += max(0, n)
    }
    return 0
  }
}

/// Returns the value of an environment variable, `nil` if it is not set or empty.
private func environment(_ name: String) -> String? {
  guard let value = unsafe getenv(name) else { return nil }
  let text = unsafe String(cString: value)
  return text.isEmpty ? nil : text
}
