// The supervisor: starts workers, watches their lines, keeps the files that did harm.

internal import FuzzSupport
internal import Glibc

/// What a campaign shall do.
struct CampaignOptions {

  /// How many files to read, and the number of the first.
  var count = 20_000
  var first = 0

  /// The seed of all files.
  var seed: UInt64 = 1

  /// How many processes read files at once.
  var workers = 2

  /// The folder for files that did harm.
  var output = "out/fuzz"
}

/// A campaign against one target.
struct Campaign {

  private let target: FuzzTarget
  private let mutator: Mutator
  private let paths: [String]
  private let options: CampaignOptions

  private var outcomes: [String: Int] = [:]
  private var harm: [String: Int] = [:]
  private var done = 0
  private var slowest = 0
  private var largest = 0
  private var largestChild = 0
  private var slowestFile = 0
  private let start = milliseconds()

  /// The processor time that a file may take, milliseconds.
  private static let timeLimit = 5_000

  /// The time after which a worker that says nothing is ended, milliseconds; the machine may have
  /// other things to do.
  private static let patience = 60_000

  /// The memory that a file may take beyond twice its size, in this process and again in the child
  /// that reads for it, KiB.
  private static let memoryLimit = 256 << 10

  /// Prepares a campaign.
  init(
    _ target: FuzzTarget, _ mutator: Mutator, _ paths: [String], _ options: CampaignOptions
  ) {
    self.target = target
    self.paths = paths
    self.mutator = mutator
    self.options = options
  }

  /// Runs the campaign.
  ///
  /// - Returns: whether no file did harm.
  mutating func run() -> Bool {
    var workers = (0..<options.workers).map { spawn(from: options.first + $0) }
    var reported = 0
    while !workers.isEmpty {
      var polls = workers.map { pollfd(fd: $0.output, events: Int16(POLLIN), revents: 0) }
      _ = poll(&polls, nfds_t(polls.count), 1_000)
      for i in workers.indices.reversed() {
        let isOpen = polls[i].revents == 0 || workers[i].receive()
        for line in workers[i].takeLines() { note(line, &workers[i]) }
        let isLate = milliseconds() - workers[i].lastSign > Self.patience
        if isLate { kill(workers[i].process, SIGKILL) }
        if !isOpen || isLate { replace(&workers, i, isLate: isLate) }
      }
      if done / 5_000 > reported {
        reported = done / 5_000
        say("\(target.format.name): \(done) files, \(rate) a second, harm \(harm)")
      }
    }
    report()
    return harm.isEmpty
  }

  private var rate: Int { done * 1_000 / max(1, milliseconds() - start) }

  // MARK: workers

  private func spawn(from first: Int) -> WorkerProcess {
    WorkerProcess(
      next: first,
      [
        "--worker", target.format.name, "--seed", "\(options.seed)", "--first", "\(first)",
        "--workers", "\(options.workers)", "--count", "\(options.first + options.count - first)",
      ])
  }

  /// Notes what a worker says.
  private mutating func note(_ line: String, _ worker: inout WorkerProcess) {
    let words = line.split(separator: " ")
    guard words.count >= 2, let number = Int(words[1]) else { return }
    worker.lastSign = milliseconds()
    guard words[0] == "e", words.count >= 7, let time = Int(words[2]), let memory = Int(words[3]),
      let child = Int(words[4]), let size = Int(words[5])
    else {
      worker.current = number
      return
    }
    worker.current = nil
    done += 1
    worker.next = number + options.workers
    outcomes[words[6...].joined(separator: " "), default: 0] += 1
    if time > slowest { (slowest, slowestFile) = (time, number) }
    largest = max(largest, memory)
    largestChild = max(largestChild, child)
    if time > Self.timeLimit { keep(number, "slow") }
    if max(memory, child) > Self.memoryLimit + 2 * size / 1_024 { keep(number, "memory") }
  }

  /// Lets another worker go on behind the file that ended one.
  private mutating func replace(_ workers: inout [WorkerProcess], _ i: Int, isLate: Bool) {
    let status = workers[i].end()
    var next = workers[i].next
    if let number = workers[i].current {
      done += 1
      keep(number, isLate ? "hang" : "crash")
      next = number + options.workers
    } else if status != 0 {
      fail("a worker ended with the status \(status) between files")
    }
    if next < options.first + options.count {
      workers[i] = spawn(from: next)
    } else {
      workers.remove(at: i)
    }
  }

  // MARK: results

  /// Keeps the file with the given number, which did harm.
  private mutating func keep(_ number: Int, _ kind: String) {
    harm[kind, default: 0] += 1
    var folder = ""
    for part in options.output.split(separator: "/", omittingEmptySubsequences: false) {
      folder += "\(part)/"
      mkdir(folder, 0o755)
    }
    let format = target.format
    let path = "\(folder)\(format.name)-\(kind)-\(options.seed)-\(number)\(format.ending)"
    let architecture = FuzzTarget.architecture(of: paths[mutator.origin(of: number)])
    let words = architecture.map { " --architecture \($0)" } ?? ""
    say(put(mutator.file(number), at: path) ? "\(kind): \(path)\(words)" : "cannot write \(path)")
  }

  private func report() {
    let seconds = (milliseconds() - start) / 1_000
    say("\(target.format.name): \(done) files in \(seconds) s (\(rate) a second)")
    for (outcome, count) in outcomes.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
      say("  \(count)\t\(outcome)")
    }
    say("  slowest: file \(slowestFile) with \(slowest) ms of processor time")
    say("  most memory: \(largest) KiB, and \(largestChild) KiB of a child")
    let found = ["crash", "hang", "slow", "memory"].map { "\($0) \(harm[$0] ?? 0)" }
    say("  harm: \(found.joined(separator: ", "))")
  }
}
