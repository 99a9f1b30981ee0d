// A process that reads damaged files one after the other and says what it is about to do, so that
// its supervisor knows which file ended it.

internal import FuzzSupport
internal import Glibc

/// The work of one process: the files `first`, `first + step` and so on below `end`.
struct Worker {

  let target: FuzzTarget
  let mutator: Mutator
  let first: Int
  let step: Int
  let end: Int

  /// Where the damaged file is put; a file system in memory spares the disk.
  private var path: String { "/dev/shm/spikec-fuzz-\(getpid())\(target.format.ending)" }

  /// Reads the files.
  ///
  /// Before each one a line `b NUMBER` is written, after it a line
  /// `e NUMBER MILLISECONDS KIB SIZE OUTCOME` with the processor time of this process and its
  /// children, the memory that the peak lay above the memory before, and the file's size.
  func run() {
    _ = target.load("/nonexistent\(target.format.ending)")
    for number in stride(from: first, to: end, by: step) {
      let bytes = mutator.file(number)
      guard put(bytes, at: path) else { fail("cannot write \(path)") }
      say("b \(number)")
      forgetPeak()
      let (before, time) = (memory("VmRSS:"), processorTime())
      let outcome = target.load(path)
      let peak = memory("VmHWM:") - before
      say("e \(number) \(processorTime() - time) \(peak) \(bytes.count) \(outcome)")
    }
    unlink(path)
  }

  /// Lets the system measure the peak of this process's memory anew.
  private func forgetPeak() {
    let file = open("/proc/self/clear_refs", O_WRONLY)
    guard file >= 0 else { return }
    _ = write(file, "5", 1)
    close(file)
  }

  /// Returns a line of what the system says about this process, KiB.
  private func memory(_ name: String) -> Int {
    let lines = String(decoding: contents(of: "/proc/self/status") ?? [], as: UTF8.self)
    for line in lines.split(separator: "\n") where line.hasPrefix(name) {
      return line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first
        .flatMap { Int($0) } ?? 0
    }
    return 0
  }

  /// Returns the processor time that this process and its ended children used, milliseconds.
  private func processorTime() -> Int {
    [RUSAGE_SELF.rawValue, RUSAGE_CHILDREN.rawValue].reduce(0) { sum, who in
      var usage = rusage()
      getrusage(__rusage_who_t(who), &usage)
      let seconds = Int(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
      return sum + seconds * 1_000
        + Int(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1_000
    }
  }
}

/// Writes a line at once; the process may be ended at any time.
func say(_ line: String) {
  let bytes = Array((line + "\n").utf8)
  _ = write(1, bytes, bytes.count)
}

/// Returns the contents of the file at `path`, `nil` if it cannot be read.
func contents(of path: String) -> [UInt8]? {
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { return nil }
  defer { close(file) }
  var bytes: [UInt8] = []
  var block = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = read(file, &block, block.count)
    guard count > 0 else { return count == 0 ? bytes : nil }
    bytes += block[..<count]
  }
}

/// Writes a file and returns whether that worked.
func put(_ bytes: [UInt8], at path: String) -> Bool {
  let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
  guard file >= 0 else { return false }
  defer { close(file) }
  return bytes.isEmpty || write(file, bytes, bytes.count) == bytes.count
}

/// Ends the program with a message.
func fail(_ message: String) -> Never {
  let text = "fuzz: \(message)\n"
  _ = write(2, text, text.utf8.count)
  exit(64)
}
