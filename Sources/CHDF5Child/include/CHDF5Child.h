#pragma once
#include <stdint.h>
#include <sys/types.h>

// Reading HDF5 files in child processes; in C because Swift offers no fork, and because a forked
// child may enter no runtime whose locks another thread held.
//
// libhdf5 trusts much of what a file says: damaged heaps and headers make it follow wild pointers.
// A child has no more memory, time and output than its limits say, and whatever becomes of it, the
// parent sees only a stream of bytes, which it checks.

/// Where the bytes of a file are.
struct spikec_h5_source {
  /// An open file, or -1 if the bytes are in memory.
  int descriptor;
  /// The bytes in memory, which must not change while children run; else null.
  const void *bytes;
  /// Where in the open file the HDF5 file starts.
  uint64_t start;
  /// The size of the HDF5 file, bytes.
  uint64_t size;
};

/// What a child may use.
struct spikec_h5_limits {
  /// Memory beyond what the parent has, bytes.
  uint64_t memory;
  /// Bytes that it may write to the parent.
  uint64_t output;
  /// Bytes that the elements of an attribute may take in memory to be written.
  uint64_t attribute;
  /// Objects and links that it may look at.
  uint64_t objects;
  /// Processor time for an object, a link, an attribute or a block of elements, milliseconds.
  uint32_t milliseconds;
  /// Processor time in all, seconds.
  uint32_t seconds;
};

/// A child at work.
struct spikec_h5_child {
  pid_t process;
  /// The end of a pipe from which the parent reads what the child writes.
  int output;
};

/// The marks in the stream of a snapshot, before each record.
enum {
  SPIKEC_H5_END = 0,
  SPIKEC_H5_OBJECT,
  SPIKEC_H5_LINK,
  SPIKEC_H5_LINKS_FAILED,
  SPIKEC_H5_ATTRIBUTE,
  SPIKEC_H5_ATTRIBUTES_FAILED,
  SPIKEC_H5_DATASET,
  SPIKEC_H5_DATASET_FAILED,
  SPIKEC_H5_NOT_OPENED,
  SPIKEC_H5_TOO_MANY,
  SPIKEC_H5_ELEMENTS,
  SPIKEC_H5_ELEMENTS_FAILED,
};

/// What an object is.
enum { SPIKEC_H5_GROUP = 0, SPIKEC_H5_ARRAY, SPIKEC_H5_OTHER };

/// What elements are.
enum {
  SPIKEC_H5_INTEGER = 0,
  SPIKEC_H5_FLOAT,
  SPIKEC_H5_STRING,
  SPIKEC_H5_OPAQUE,
  SPIKEC_H5_ENUMERATION,
  SPIKEC_H5_COMPOUND,
  SPIKEC_H5_REFERENCE,
  SPIKEC_H5_LIST,
  SPIKEC_H5_UNKNOWN,
};

/// How a dataset's elements are kept.
enum {
  SPIKEC_H5_COMPACT = 0,
  SPIKEC_H5_CONTIGUOUS,
  SPIKEC_H5_CHUNKED,
  SPIKEC_H5_ELSEWHERE,
};

/// What the elements of an attribute are written as.
enum {
  SPIKEC_H5_NOTHING = 0,
  SPIKEC_H5_UNREADABLE,
  /// Too large to be written; the number of bytes follows.
  SPIKEC_H5_TOO_LARGE,
  SPIKEC_H5_DOUBLES,
  SPIKEC_H5_FIXED_STRINGS,
  SPIKEC_H5_VARIABLE_STRINGS,
};

/// What the elements of a dataset shall be written as; integers as their own type.
enum { SPIKEC_H5_AS_FLOATS = 0, SPIKEC_H5_AS_STORED, SPIKEC_H5_AS_INTEGERS, SPIKEC_H5_AS_STRINGS };

/// The largest number of dimensions that HDF5 knows.
enum { SPIKEC_H5_MAX_RANK = 32 };

/// A question for elements of a dataset.
struct spikec_h5_request {
  /// Where the dataset is, as the snapshot says.
  uint64_t address;
  /// The extents that the snapshot gave.
  uint64_t extents[SPIKEC_H5_MAX_RANK];
  uint32_t rank;
  /// What the elements shall be written as, and of integers the size (bytes) and the sign.
  uint32_t form;
  uint32_t integer_size;
  uint32_t is_signed;
  /// The rows: positions along the first dimension.
  uint64_t first_row;
  uint64_t row_count;
  /// How many rows to read at once.
  uint64_t rows_at_once;
};

/// Starts a child that writes what is in a file: objects, links, attributes with their elements,
/// and of datasets all but the elements.
///
/// `names`, ended by a null pointer, are attributes to look for by name where damage hides the list.
/// The caller makes sure that no other thread is inside libhdf5. Returns 0 or an error number.
int spikec_h5_start_snapshot(
    const struct spikec_h5_source *source, const char *const *names,
    const struct spikec_h5_limits *limits, struct spikec_h5_child *child);

/// Starts a child that writes elements of a dataset, row by row.
///
/// The caller makes sure that no other thread is inside libhdf5. Returns 0 or an error number.
int spikec_h5_start_elements(
    const struct spikec_h5_source *source, const struct spikec_h5_request *request,
    const struct spikec_h5_limits *limits, struct spikec_h5_child *child);
