#pragma once
// What the parts of the child share. All of it is called in the child only.

// Newer libraries can be asked for the names and types of this version.
#ifndef H5_USE_110_API
#define H5_USE_110_API
#endif
#include <hdf5.h>
#include <stddef.h>

#include "CHDF5Child.h"

/// Tells the writer where to write and how much at most.
void child_stream_start(int descriptor, uint64_t limit);

/// Writes to the parent; ends the process when the parent is gone or the limit is reached.
void child_put_bytes(const void *bytes, size_t count);
void child_put_u8(unsigned value);
void child_put_u32(uint32_t value);
void child_put_u64(uint64_t value);
/// Writes the number of bytes and the bytes of a C string.
void child_put_text(const char *text);
/// Writes what the library says about its last failure.
void child_put_library_text(void);
/// Hands over all that was written and ends the process.
_Noreturn void child_finish(void);

/// Begins a step of work, for which there is new time: loops of the library end soon, long work of
/// many steps goes on.
void child_step(void);

/// Opens `source` for reading; negative on failure.
hid_t child_open_source(const struct spikec_h5_source *source);

/// Writes a type and extents.
void child_put_type(hid_t type);
void child_put_space(hid_t space);

/// The extents of elements and their number; negative if they cannot be read.
hssize_t child_element_count(hid_t space);

/// Returns the type in memory of strings of variable length like those of `type`.
hid_t child_variable_string(hid_t type);

/// Writes `count` strings of variable length: each its length and its bytes; no string is marked by
/// the length 2^64 - 1.
void child_put_strings(char *const *strings, size_t count);

void child_snapshot(hid_t file, const char *const *names, const struct spikec_h5_limits *limits);
void child_elements(hid_t file, const struct spikec_h5_request *request);
