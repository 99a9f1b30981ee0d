// A process that reads damaged files one after the other and says what it is about to do, so that
// its supervisor knows which file ended it.

internal import FuzzSupport
internal import Glibc

/// The work of one process: the files `first`, `first + step` and so on below `end`.
struct Worker {

  let target: FuzzTarget
  let mutator: Mutator
  let paths: [String]
  let first: Int
  let step: Int
  let end: Int

  /// Where the damaged file is put; a file system in memory spares the disk.
  private var path: String { "/dev/shm/spikec-fuzz-\(getpid())\(target.format.ending)" }

  /// Reads the files.
  ///
  /// Before each one a line `b NUMBER` is written, after it a line
  /// `e NUMBER MILLISECONDS KIB CHILD-KIB SIZE OUTCOME` with the processor time of this process and
  /// its children, the peak of this process's memory, that of its largest child if it is larger than
  /// all before and else 0, and the file's size. Children that have the memory of this process when
  /// they start are counted with it.
  func run() {
    _ = target.load("/nonexistent\(target.format.ending)")
    for number in stride(from: first, to: end, by: step) {
      let bytes = mutator.file(number)
      guard put(bytes, at: path) else { fail("cannot write \(path)") }
      let architecture = FuzzTarget.architecture(of: paths[mutator.origin(of: number)])
      say("b \(number)")
      forgetPeak()
      let (largest, time) = (usage(RUSAGE_CHILDREN).memory, processorTime())
      let outcome = target.load(path, architecture: architecture)
      let child = usage(RUSAGE_CHILDREN).memory
      say(
        "e \(number) \(processorTime() - time) \(peak()) \(child > largest ? child : 0) "
          + "\(bytes.count) \(outcome)")
      // A peak among children hides those of later ones: another worker goes on.
      if child > Worker.childLimit { break }
    }
    unlink(path)
  }

  /// The peak of a child's memory after which another worker goes on, KiB: less than any file may
  /// take.
  private static let childLimit = 200 << 10

  /// Lets the system measure the peak of this process's memory anew.
  private func forgetPeak() {
    let file = open("/proc/self/clear_refs", O_WRONLY)
    guard file >= 0 else { return }
    _ = write(file, "5", 1)
    close(file)
  }

  /// Returns the peak of this process's memory since it was forgotten, KiB.
  private func peak() -> Int {
    let lines = contents(of: "/proc/self/status") ?? []
    guard let place = lines.firstRange(of: Array("VmHWM:".utf8)) else { return 0 }
    return lines[place.upperBound...].drop { $0 == 32 || $0 == 9 }.prefix { 48...57 ~= $0 }
      .reduce(0) { $0 * 10 + Int($1) - 48 }
  }

  /// Returns the processor time that this process and its ended children used, milliseconds.
  private func processorTime() -> Int {
    (usage(RUSAGE_SELF).microseconds + usage(RUSAGE_CHILDREN).microseconds) / 1_000
  }

  /// Returns the processor time and the peak of memory, KiB, of this process or its ended children.
  private func usage(_ who: __rusage_who) -> (microseconds: Int, memory: Int) {
    var usage = rusage()
    getrusage(__rusage_who_t(who.rawValue), &usage)
    let seconds = Int(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
    let rest = Int(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
    return (seconds * 1_000_000 + rest, usage.ru_maxrss)
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
