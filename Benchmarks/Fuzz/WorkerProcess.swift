// A worker as its supervisor sees it: a process and the lines that it writes.

internal import Glibc

/// A running worker.
struct WorkerProcess {

  /// The number of the process.
  let process: pid_t

  /// Where its lines come from.
  let output: Int32

  /// The file that it is reading.
  var current: Int?

  /// The file that follows those that it has read.
  var next: Int

  /// When it last said something.
  var lastSign = milliseconds()

  private var pending: [UInt8] = []

  /// Starts this program again with the given arguments, to read the file `next` first.
  init(next: Int, _ arguments: [String]) {
    self.next = next
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { fail("no pipe") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    let words = (["fuzz"] + arguments).map { strdup($0) } + [nil]
    // Without the report that takes seconds after each crash. Names of functions are looked up at
    // once and not again in each child.
    let environment = [strdup("SWIFT_BACKTRACE=enable=no"), strdup("LD_BIND_NOW=1"), nil]
    var child: pid_t = 0
    let status = posix_spawn(&child, "/proc/self/exe", &actions, nil, words, environment)
    (words + environment).forEach { free($0) }
    posix_spawn_file_actions_destroy(&actions)
    close(ends[1])
    guard status == 0 else { fail("cannot start a worker: \(status)") }
    process = child
    output = ends[0]
  }

  /// Reads what there is; returns whether more may come.
  mutating func receive() -> Bool {
    var block = [UInt8](repeating: 0, count: 1 << 14)
    let count = read(output, &block, block.count)
    if count > 0 { pending += block[..<count] }
    return count > 0
  }

  /// Returns the complete lines that have come.
  mutating func takeLines() -> [String] {
    guard let end = pending.lastIndex(of: 10) else { return [] }
    let lines = pending[...end].split(separator: 10).map { String(decoding: $0, as: UTF8.self) }
    pending.removeSubrange(...end)
    return lines
  }

  /// Returns the status with which the process ended.
  func end() -> Int32 {
    close(output)
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 && errno == EINTR {}
    return status
  }
}

/// Returns the time since some moment, milliseconds.
func milliseconds() -> Int {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Int(time.tv_sec) * 1_000 + Int(time.tv_nsec) / 1_000_000
}
