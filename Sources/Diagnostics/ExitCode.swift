// The exit statuses of the command, after BSD's sysexits(3).

/// The exit status of the command.
public enum ExitCode: Int32, Hashable, Sendable {
  /// The work is done.
  case done = 0
  /// The command line is wrong.
  case usage = 64
  /// The input data is bad or uses something unsupported.
  case badData = 65
  /// An input file is missing or cannot be opened.
  case missingInput = 66
  /// The network does not fit the target.
  case doesNotFit = 69
  /// A bug of spikec's own.
  case internalError = 70
  /// An output file cannot be written.
  case cannotWrite = 73
  /// Reading or writing failed midway.
  case inputOutput = 74
}
