// What a measurement takes of the computer, and its results as lines of JSON.

#if canImport(Glibc)
  import Glibc
#endif

/// The processor time that the process has used, all threads together, seconds: what a busy machine
/// does not spoil.
func processorSeconds() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }

/// The most memory that the process has held, bytes.
func peakMemory() -> Int {
  var usage = rusage()
  guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
  return usage.ru_maxrss * 1024
}

/// The seconds that each step of a measurement took.
struct Stopwatch {

  /// The steps, in order: their names, and the seconds that passed and that processors worked.
  private(set) var steps: [(name: String, wall: Double, processor: Double)] = []

  /// Does a step and measures it.
  mutating func measure<Result, Failure: Error>(
    _ name: String, _ step: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let (start, used) = (ContinuousClock.now, processorSeconds())
    let result = try step()
    steps.append(
      (name, (ContinuousClock.now - start) / .seconds(1), processorSeconds() - used))
    return result
  }

  /// The seconds that passed in all steps.
  var wall: Double { steps.reduce(0) { $0 + $1.wall } }

  /// The steps as members of a line.
  var members: [(String, Value)] {
    steps.map { ($0.name + "Seconds", .number($0.wall)) } + [
      ("wallSeconds", .number(wall)),
      ("processorSeconds", .number(steps.reduce(0) { $0 + $1.processor })),
    ]
  }
}

/// A value of a line.
enum Value {
  /// A text, without characters that JSON would escape.
  case text(String)
  /// A number, written with four digits after the point.
  case number(Double)
  /// A count.
  case count(Int)
  /// What is not known.
  case unknown
}

/// Prints a JSON object on a line of its own.
func line(_ members: [(String, Value)]) {
  let fields = members.map { (name, value) in
    switch value {
    case .text(let text): "\"\(name)\":\"\(text)\""
    case .number(let x): "\"\(name)\":\((x * 10_000).rounded() / 10_000)"
    case .count(let n): "\"\(name)\":\(n)"
    case .unknown: "\"\(name)\":null"
    }
  }
  print("{" + fields.joined(separator: ",") + "}")
  fflush(nil)
}
