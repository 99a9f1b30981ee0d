// A trial reading of an HDF5 file in a child process; in C because Swift offers no fork.

#define _GNU_SOURCE
#include <sys/time.h>
#include "CHDF5Trial.h"

#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/// The processor time that the child may spend, seconds, and how deep it goes into groups.
enum { max_seconds = 10, max_depth = 32 };

/// What the child reads at most, so that large good files take no noticeable time.
struct budget {
  size_t objects;
  hsize_t chunked_bytes;
};

/// The bytes of elements that an attribute or dataset may have without being read in the trial.
static const hssize_t max_elements = 64 << 20;

/// Reads all elements of an attribute or dataset, unless they are too many.
static void read_elements(hid_t id, int is_attribute) {
  hid_t type = is_attribute ? H5Aget_type(id) : H5Dget_type(id);
  hid_t space = is_attribute ? H5Aget_space(id) : H5Dget_space(id);
  if (type < 0 || space < 0) return;
  hssize_t count = H5Sget_simple_extent_npoints(space);
  size_t size = H5Tget_size(type);
  if (count > 0 && count <= max_elements && size > 0 && size <= (size_t)max_elements / count) {
    // Strings of variable length are read as such; everything else as it is stored.
    hid_t memory = H5Tis_variable_str(type) > 0 ? H5Tcopy(H5T_C_S1) : H5Tcopy(type);
    if (H5Tis_variable_str(type) > 0) {
      H5Tset_size(memory, H5T_VARIABLE);
      H5Tset_cset(memory, H5Tget_cset(type));
    }
    void *buffer = calloc((size_t)count, H5Tget_size(memory));
    herr_t status = -1;
    if (buffer && is_attribute) status = H5Aread(id, memory, buffer);
    if (buffer && !is_attribute) {
      status = H5Dread(id, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, buffer);
    }
    if (status >= 0) H5Dvlen_reclaim(memory, space, H5P_DEFAULT, buffer);
    free(buffer);
    H5Tclose(memory);
  }
  H5Sclose(space);
  H5Tclose(type);
}

static herr_t visit_attribute(hid_t object, const char *name, const H5A_info_t *info, void *data) {
  (void)info;
  (void)data;
  hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
  if (attribute < 0) return 0;
  read_elements(attribute, 1);
  H5Aclose(attribute);
  return 0;
}

/// Reads the attributes of an object and, of a dataset, what is more than a block of numbers.
static void read_object(hid_t object, const char *const *names, struct budget *budget) {
  H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, NULL, visit_attribute, NULL);
  // One damaged attribute ends the iteration; a reader may still find the others by name.
  for (; *names; names++) {
    if (H5Aexists(object, *names) > 0) visit_attribute(object, *names, NULL, NULL);
  }
  if (H5Iget_type(object) != H5I_DATASET) return;
  hid_t list = H5Dget_create_plist(object);
  hid_t type = H5Dget_type(object);
  H5D_layout_t layout = list < 0 ? H5D_LAYOUT_ERROR : H5Pget_layout(list);
  int is_elsewhere = layout == H5D_VIRTUAL || (list >= 0 && H5Pget_external_count(list) > 0);
  int is_plain = layout == H5D_CONTIGUOUS && type >= 0 && H5Tget_class(type) != H5T_STRING;
  hsize_t stored = H5Dget_storage_size(object);
  if (!is_elsewhere && !is_plain && stored <= budget->chunked_bytes) {
    budget->chunked_bytes -= stored;
    read_elements(object, 0);
  }
  if (type >= 0) H5Tclose(type);
  if (list >= 0) H5Pclose(list);
}

/// The names of a group's members as they are collected.
struct members {
  char **names;
  size_t count;
};

static herr_t collect_link(hid_t group, const char *name, const H5L_info_t *info, void *data) {
  (void)group;
  (void)info;
  struct members *members = (struct members *)data;
  char **names = realloc(members->names, (members->count + 1) * sizeof *names);
  if (!names) return -1;
  members->names = names;
  names[members->count] = strdup(name);
  return names[members->count++] ? 0 : -1;
}

/// Reads an object and, if it is a group, what lies in it; the budget bounds cycles and bombs.
static void read_tree(
    hid_t object, const char *const *names, int depth, struct budget *budget) {
  if (budget->objects == 0 || depth > max_depth) return;
  budget->objects--;
  read_object(object, names, budget);
  if (H5Iget_type(object) != H5I_GROUP) return;
  struct members members = {NULL, 0};
  H5Literate(object, H5_INDEX_NAME, H5_ITER_INC, NULL, collect_link, &members);
  for (size_t i = 0; i < members.count && members.names[i]; i++) {
    hid_t member = H5Oopen(object, members.names[i], H5P_DEFAULT);
    if (member < 0) continue;
    read_tree(member, names, depth + 1, budget);
    H5Oclose(member);
  }
}

/// What the child does; leaves without the handlers that would write the parent's open files.
static void run_child(const char *path, const char *const *names) {
  const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS, SIGXCPU};
  for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++) signal(fatal[i], SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  struct rlimit limit = {0, 0};
  setrlimit(RLIMIT_CORE, &limit);
  limit.rlim_cur = limit.rlim_max = max_seconds;
  setrlimit(RLIMIT_CPU, &limit);
  int quiet = open("/dev/null", O_WRONLY);
  if (quiet >= 0) dup2(quiet, STDERR_FILENO);
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  if (file >= 0) {
    hid_t root = H5Oopen(file, "/", H5P_DEFAULT);
    if (root >= 0) {
      struct budget budget = {100000, 64 << 20};
      read_tree(root, names, 0, &budget);
      H5Oclose(root);
    }
    H5Fclose(file);
  }
  _exit(0);
}

/// The longest that a child may take, in steps of a millisecond; a file takes a few.
enum { trial_steps = 3000, trial_attempts = 4 };

/// Waits for `child` and stores its status; kills it when it takes too long.
///
/// Returns 0 when it ended by itself, 1 when it was computing too long, 2 when it was stuck: a
/// child forked while another thread held a lock of a library waits for that lock forever, which
/// says nothing about the file.
static int wait_for(pid_t child, int *status) {
  struct rusage usage;
  for (int step = 0; step < trial_steps; step++) {
    pid_t ended = wait4(child, status, WNOHANG, &usage);
    if (ended == child) return 0;
    if (ended < 0 && errno != EINTR) {
      *status = 0;
      return 0;
    }
    usleep(step < 20 ? 200 : 1000);
  }
  kill(child, SIGKILL);
  while (wait4(child, status, 0, &usage) < 0 && errno == EINTR) {}
  return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec >= 1 ? 1 : 2;
}

int spikec_h5_trial(const char *path, const char *const *names) {
  for (int attempt = 0; attempt < trial_attempts; attempt++) {
    pid_t child = fork();
    if (child < 0) return 0;
    if (child == 0) run_child(path, names);
    int status = 0;
    switch (wait_for(child, &status)) {
    case 0: return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    case 1: return SIGXCPU;
    default: break;
    }
  }
  return 0;
}
