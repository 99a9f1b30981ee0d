// Starting a child: fork, limits, a quiet library.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include "internal.h"

static void limit_to(int resource, uint64_t soft, uint64_t hard) {
  struct rlimit old;
  if (getrlimit(resource, &old) != 0) return;
  struct rlimit limit = {soft, hard};
  if (old.rlim_max != RLIM_INFINITY && limit.rlim_max > old.rlim_max) {
    limit.rlim_max = old.rlim_max;
  }
  if (limit.rlim_cur > limit.rlim_max) limit.rlim_cur = limit.rlim_max;
  setrlimit(resource, &limit);
}

/// Returns the address space that this process uses, bytes; 0 if unknown.
static uint64_t address_space(void) {
  char text[64];
  int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  ssize_t count = read(file, text, sizeof text - 1);
  close(file);
  if (count <= 0) return 0;
  text[count] = 0;
  return strtoull(text, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

/// The processor time for a step, milliseconds.
static uint32_t step_milliseconds;

void child_step(void) {
  const struct itimerval time = {
      {0, 0}, {step_milliseconds / 1000, step_milliseconds % 1000 * 1000 + 1}};
  setitimer(ITIMER_PROF, &time, NULL);
}

/// Gives the process its limits; what it does wrong shall end it without files or messages.
static void confine(const struct spikec_h5_limits *limits) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The parent's handlers would write the files that it has open.
  const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS,
                       SIGXCPU, SIGPROF, SIGPIPE, SIGTERM, SIGINT};
  for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++) signal(fatal[i], SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  limit_to(RLIMIT_CORE, 0, 0);
  limit_to(RLIMIT_FSIZE, 0, 0);
  step_milliseconds = limits->milliseconds;
  child_step();
  limit_to(RLIMIT_CPU, limits->seconds, limits->seconds + 1);
  uint64_t used = address_space();
  if (used > 0) limit_to(RLIMIT_AS, used + limits->memory, used + limits->memory);
  int quiet = open("/dev/null", O_WRONLY);
  if (quiet >= 0) dup2(quiet, STDERR_FILENO);
}

/// Opens the file in a child; ends the child when that fails.
static hid_t begin(
    int output, const struct spikec_h5_source *source, const struct spikec_h5_limits *limits) {
  confine(limits);
  child_stream_start(output, limits->output);
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  // A file may name filters; no library shall be loaded because a file asks for it.
  H5PLset_loading_state(0);
  H5Lunregister(H5L_TYPE_EXTERNAL);
  hid_t file = child_open_source(source);
  if (file < 0) {
    child_put_u8(SPIKEC_H5_NOT_OPENED);
    child_put_library_text();
    child_finish();
  }
  return file;
}

/// Forks; in the parent stores the child and returns its process number, in the child returns 0 and
/// stores the pipe to write to. Returns -1 on failure.
static pid_t fork_with_pipe(struct spikec_h5_child *child, int *output) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
  pid_t process = fork();
  if (process == 0) {
    *output = ends[1];
    return 0;
  }
  int problem = errno;
  close(ends[1]);
  if (process < 0) {
    close(ends[0]);
    errno = problem;
    return -1;
  }
  // Fewer turns for large datasets; the system may refuse.
  fcntl(ends[0], F_SETPIPE_SZ, 1 << 20);
  child->process = process;
  child->output = ends[0];
  return process;
}

int spikec_h5_start_snapshot(
    const struct spikec_h5_source *source, const char *const *names,
    const struct spikec_h5_limits *limits, struct spikec_h5_child *child) {
  int output = -1;
  pid_t process = fork_with_pipe(child, &output);
  if (process < 0) return errno;
  if (process > 0) return 0;
  child_snapshot(begin(output, source, limits), names, limits);
  child_finish();
}

int spikec_h5_start_elements(
    const struct spikec_h5_source *source, const struct spikec_h5_request *request,
    const struct spikec_h5_limits *limits, struct spikec_h5_child *child) {
  int output = -1;
  pid_t process = fork_with_pipe(child, &output);
  if (process < 0) return errno;
  if (process > 0) return 0;
  child_elements(begin(output, source, limits), request);
  child_finish();
}
