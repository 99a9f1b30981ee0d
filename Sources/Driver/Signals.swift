// What happens when the user interrupts a run: no half-written file stays behind.

internal import DataIO
internal import Glibc

/// Makes interrupts remove unfinished files and end the process with status 128 + signal, and
/// makes writing to a closed pipe an error instead of a signal.
///
/// Must be called before the process starts its first thread: the signals are blocked in all
/// threads but one that waits for them, where everything, unlike in a signal handler, is allowed.
/// Signals that the parent process chose to ignore stay ignored.
package func handleSignals() {
  signal(SIGPIPE, SIG_IGN)
  var set = sigset_t()
  unsafe sigemptyset(&set)
  for number in [SIGINT, SIGTERM, SIGHUP] { unsafe sigaddset(&set, number) }
  unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
  var thread = pthread_t()
  unsafe pthread_create(&thread, nil, { _ in unsafe waitForSignal() }, nil)
}

private func waitForSignal() -> UnsafeMutableRawPointer? {
  var set = sigset_t()
  unsafe sigemptyset(&set)
  for number in [SIGINT, SIGTERM, SIGHUP] { unsafe sigaddset(&set, number) }
  var number: Int32 = 0
  while unsafe sigwait(&set, &number) != 0 {}
  OutputFile.removeUnfinished()
  // Everything may be in the middle of something: nothing but the exit itself is run.
  _exit(128 + number)
}
