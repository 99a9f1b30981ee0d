#pragma once

/// Reads the structure of the HDF5 file at `path` in a child process, as far as a reader might.
///
/// libhdf5 trusts much of what a file says: damaged heaps and headers make it follow wild pointers.
/// What it survives in a child it survives here, since it does the same again.
///
/// Returns 0 if the child came to its end (the file may still have errors that the library
/// reports), or the number of the signal that ended the child. A child that cannot be started
/// counts as one that came to its end.
///
/// `names`, ended by a null pointer, are attributes that the reader will look for by name.
///
/// The caller makes sure that no other thread is inside libhdf5.
int spikec_h5_trial(const char *path, const char *const *names);
