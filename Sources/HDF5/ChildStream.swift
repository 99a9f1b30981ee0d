// What a child process writes, as the parent reads it: counted, timed, never trusted.

internal import CHDF5Child
internal import Diagnostics
internal import Glibc

/// What a child may use.
struct ChildLimits: Sendable {

  /// Memory beyond what the parent has, bytes.
  var memory: Int

  /// What it may write, bytes.
  var output: Int

  /// What an attribute's elements may take in memory, bytes.
  var attribute = HDF5File.attributeLimit

  /// Processor time for an object, a link, an attribute or a block of elements, milliseconds.
  var milliseconds: Int

  /// Processor time in all, seconds.
  var seconds: Int

  /// Objects and links that it may look at.
  var objects: Int = 200_000

  /// The limits for work on `size` bytes of a file that gives up to `output` bytes, of which
  /// `elements` are elements of a dataset.
  ///
  /// With what the parent had, the memory stays below twice the file and 256 MiB: of a text in a
  /// heap the library holds the heap, and up to four copies of the text. On a busy machine it was
  /// measured to go through 70 MB/s, and to take 44 µs for an object, which needs 600 bytes of the
  /// file; the limits leave ten times as much, and at least 40 ms.
  init(reading size: Int, output: Int, elements: Int = 0) {
    memory = Self.sum(Self.sum(size, size), 192 << 20)
    self.output = output
    let work = Self.sum(size, elements)
    milliseconds = min(40 + work / 7_000, 60_000)
    seconds = min(4 + work / 1_000_000, 120)
  }

  /// Returns the sum, at most a quarter of what `Int` can hold.
  static func sum(_ a: Int, _ b: Int) -> Int {
    let (sum, overflow) = a.addingReportingOverflow(b)
    return overflow ? Int.max / 4 : min(sum, Int.max / 4)
  }
}

/// Why a child did not give what was asked for.
enum ChildFailure: Error, Hashable {
  /// It could not be started; the number of the error.
  case notStarted(Int32)
  /// It was ended by a signal.
  case crashed(signal: Int32)
  /// It used up its processor time.
  case tooSlow
  /// It neither worked nor ended.
  case stuck
  /// What it wrote makes no sense, or is more than agreed.
  case nonsense
}

/// The output of a child, which ends with this value.
struct ChildStream: ~Copyable {

  private let child: spikec_h5_child
  private var buffer = [UInt8](repeating: 0, count: 1 << 16)
  private var next = 0
  private var end = 0

  /// What the child may still write, bytes.
  private(set) var left: Int

  /// `true` iff nothing has come from the child yet.
  private var isSilent = true

  /// How long nothing may come before the child is looked at, milliseconds.
  private let patience: Int

  private var deadline: Int
  private let lastDeadline: Int

  private init(_ child: spikec_h5_child, _ limits: ChildLimits) {
    self.child = child
    left = limits.output
    let now = Self.milliseconds()
    patience = limits.milliseconds + 1_500
    deadline = now + patience
    lastDeadline = now + 10_000 * limits.seconds
  }

  deinit {
    close(child.output)
    kill(child.process, SIGKILL)
    var status: Int32 = 0
    while waitpid(child.process, &status, 0) < 0 && errno == EINTR {}
  }

  /// Starts a child and returns what `body` makes of its output.
  ///
  /// - Parameters:
  ///   - limits: what the child may use.
  ///   - start: forks; called while no thread is inside the library.
  ///   - body: reads the output.
  /// - Returns: the value of `body`.
  /// - Throws: what `body` throws, or that the child could not be started.
  static func reading<T: Sendable>(
    _ limits: ChildLimits,
    start: (UnsafePointer<spikec_h5_limits>, UnsafeMutablePointer<spikec_h5_child>) -> Int32,
    _ body: (inout ChildStream) throws(ChildFailure) -> T
  ) throws(ChildFailure) -> T {
    var attempt = 1
    while true {
      var child = spikec_h5_child()
      var agreed = spikec_h5_limits(
        memory: UInt64(limits.memory), output: UInt64(limits.output),
        attribute: UInt64(limits.attribute), objects: UInt64(limits.objects),
        milliseconds: UInt32(clamping: limits.milliseconds),
        seconds: UInt32(clamping: limits.seconds))
      let problem = Library.locked { start(&agreed, &child) }
      guard problem == 0 else { throw .notStarted(problem) }
      var stream = ChildStream(child, limits)
      do throws(ChildFailure) {
        return try body(&stream)
      } catch {
        // A forked child inherits locks; one that another thread held stays closed for ever and
        // says nothing about the file. None is known in the C library and libhdf5.
        guard error == .stuck, stream.isSilent, attempt < 3 else { throw error }
        attempt += 1
      }
    }
  }

  // MARK: reading

  /// Fills `target` with the next bytes.
  mutating func read(into target: UnsafeMutableRawBufferPointer) throws(ChildFailure) {
    guard target.count <= left else { throw .nonsense }
    left -= target.count
    var done = 0
    while done < target.count {
      if next == end && target.count - done >= buffer.count {
        done += try take(into: UnsafeMutableRawBufferPointer(rebasing: target[done...]))
        continue
      }
      if next == end { try fill() }
      let count = min(end - next, target.count - done)
      UnsafeMutableRawBufferPointer(rebasing: target[done..<done + count])
        .copyBytes(from: buffer[next..<next + count])
      next += count
      done += count
    }
  }

  /// Reads a byte.
  mutating func byte() throws(ChildFailure) -> UInt8 {
    guard left > 0 else { throw .nonsense }
    if next == end { try fill() }
    left -= 1
    next += 1
    return buffer[next - 1]
  }

  /// Reads a number of 64 bits.
  mutating func word() throws(ChildFailure) -> UInt64 {
    var word: UInt64 = 0
    var failure: ChildFailure?
    withUnsafeMutableBytes(of: &word) { target in
      do throws(ChildFailure) { try read(into: target) } catch { failure = error }
    }
    if let failure { throw failure }
    return word
  }

  /// Reads a number of bytes, elements or dimensions, which is at most `limit`.
  mutating func count(atMost limit: Int) throws(ChildFailure) -> Int {
    guard let count = Int(exactly: try word()), count <= limit else { throw .nonsense }
    return count
  }

  /// Reads `count` bytes.
  mutating func bytes(_ count: Int) throws(ChildFailure) -> [UInt8] {
    try elements(count, zero: 0)
  }

  /// Reads `count` elements.
  mutating func elements<T: BitwiseCopyable>(
    _ count: Int, zero: T
  ) throws(ChildFailure) -> [T] {
    guard count <= left / MemoryLayout<T>.stride else { throw .nonsense }
    var elements = [T](repeating: zero, count: count)
    var failure: ChildFailure?
    elements.withUnsafeMutableBytes { target in
      do throws(ChildFailure) { try read(into: target) } catch { failure = error }
    }
    if let failure { throw failure }
    return elements
  }

  /// Reads a text of any length with its length before it; what is not UTF-8 is replaced.
  mutating func text() throws(ChildFailure) -> String {
    String(decoding: try bytes(try count(atMost: left)), as: UTF8.self)
  }

  // MARK: waiting

  private mutating func fill() throws(ChildFailure) {
    var count = 0
    var failure: ChildFailure?
    // Exclusive access: the buffer is not part of `self` while the system writes into it.
    var buffer = self.buffer
    self.buffer = []
    buffer.withUnsafeMutableBytes { target in
      do throws(ChildFailure) { count = try take(into: target) } catch { failure = error }
    }
    self.buffer = buffer
    if let failure { throw failure }
    next = 0
    end = count
  }

  /// Takes what there is, at least a byte, directly from the pipe.
  private mutating func take(
    into target: UnsafeMutableRawBufferPointer
  ) throws(ChildFailure) -> Int {
    while true {
      // What has come is taken first: a child that waits for this process to read is not late.
      let remaining = deadline - Self.milliseconds()
      var wanted = pollfd(fd: child.output, events: Int16(POLLIN), revents: 0)
      let ready = poll(&wanted, 1, Int32(max(0, min(remaining, 1_000))))
      guard ready > 0 else {
        if remaining <= 0 { try extendDeadline() }
        continue
      }
      let got = Glibc.read(child.output, target.baseAddress, target.count)
      if got > 0 {
        isSilent = false
        deadline = max(deadline, Self.milliseconds() + patience)
        return got
      }
      if got < 0 && errno == EINTR { continue }
      throw reasonOfEnd()
    }
  }

  /// Gives a child more time that had no processor or waits for a disk; its processor time is
  /// limited by the system.
  ///
  /// - Throws: that the child is stuck.
  private mutating func extendDeadline() throws(ChildFailure) {
    let now = Self.milliseconds()
    guard now < lastDeadline else { throw .tooSlow }
    guard let state = stateOfChild(), "RDT".utf8.contains(state) else { throw .stuck }
    deadline = now + 500
  }

  /// Returns the letter with which the system describes what the child does.
  private func stateOfChild() -> UInt8? {
    let file = open("/proc/\(child.process)/stat", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var text = [UInt8](repeating: 0, count: 512)
    let count = Glibc.read(file, &text, text.count)
    guard count > 0, let name = text[..<count].lastIndex(of: UInt8(ascii: ")")) else { return nil }
    return name + 2 < count ? text[name + 2] : nil
  }

  /// Returns why the child ended that closed its output too early.
  private func reasonOfEnd() -> ChildFailure {
    var info = siginfo_t()
    // It may take a moment to die; the status is left for the deinitializer.
    for _ in 0..<2_000 {
      info.si_signo = 0
      let result = waitid(P_PID, id_t(child.process), &info, WEXITED | WNOHANG | WNOWAIT)
      if result != 0 && errno != EINTR { return .nonsense }
      if result == 0 && info.si_signo != 0 { break }
      usleep(500)
    }
    guard info.si_signo != 0, info.si_code != CLD_EXITED else { return .nonsense }
    let signal = info._sifields._sigchld.si_status
    return [SIGPROF, SIGXCPU, SIGKILL].contains(signal) ? .tooSlow : .crashed(signal: signal)
  }

  /// Returns the time since some moment, milliseconds.
  private static func milliseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int(time.tv_sec) * 1_000 + Int(time.tv_nsec) / 1_000_000
  }
}
