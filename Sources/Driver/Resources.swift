// What a run has used.

internal import Glibc

/// Returns the largest amount of memory that the process has held at once, bytes.
///
/// The kernel's own account of the program's memory is asked first: `getrusage` also counts the
/// memory of the process that started the program, up to the moment at which it became this one.
package func peakMemory() -> Int {
  if let kilobytes = highWaterMark() { return kilobytes * 1024 }
  var usage = rusage()
  guard unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
  return Int(usage.ru_maxrss) * 1024
}

/// Returns the field `VmHWM` of the process's status, in units of 1,024 bytes.
private func highWaterMark() -> Int? {
  guard let file = unsafe fopen("/proc/self/status", "r") else { return nil }
  defer { unsafe fclose(file) }
  var line = [CChar](repeating: 0, count: 256)
  while unsafe fgets(&line, Int32(line.count), file) != nil {
    let text = line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    guard text.starts(with: "VmHWM:".utf8) else { continue }
    let digits = text.filter { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    return Int(String(decoding: digits, as: UTF8.self))
  }
  return nil
}

/// A watch that starts when it is made.
package struct Stopwatch: Sendable {

  private let start = ContinuousClock.now

  /// Creates a watch that starts now.
  package init() {}

  /// The seconds since the start.
  package var seconds: Double {
    let elapsed = (ContinuousClock.now - start).components
    return Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
  }
}
