// A driver of libhdf5 that reads a part of an open file, or bytes in memory: no path is looked up
// again, nothing is locked, nothing can be written.

#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"
#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif

/// A file of this driver.
struct file {
  H5FD_t base;
  haddr_t end_of_addresses;
};

/// What is read; a child reads one file.
static struct spikec_h5_source source;

static H5FD_t *open_file(const char *name, unsigned flags, hid_t list, haddr_t max_address) {
  (void)name;
  (void)flags;
  (void)list;
  (void)max_address;
  return calloc(1, sizeof(struct file));
}

static herr_t close_file(H5FD_t *file) {
  free(file);
  return 0;
}

static herr_t query(const H5FD_t *file, unsigned long *flags) {
  (void)file;
  *flags = H5FD_FEAT_DATA_SIEVE | H5FD_FEAT_AGGREGATE_METADATA;
  return 0;
}

static haddr_t get_eoa(const H5FD_t *file, H5FD_mem_t type) {
  (void)type;
  return ((const struct file *)file)->end_of_addresses;
}

static herr_t set_eoa(H5FD_t *file, H5FD_mem_t type, haddr_t address) {
  (void)type;
  ((struct file *)file)->end_of_addresses = address;
  return 0;
}

static haddr_t get_eof(const H5FD_t *file, H5FD_mem_t type) {
  (void)file;
  (void)type;
  return source.size;
}

/// Reads; what lies behind the end of the file is zero, as in the library's own drivers.
static herr_t read_file(
    H5FD_t *file, H5FD_mem_t type, hid_t list, haddr_t address, size_t count, void *buffer) {
  (void)file;
  (void)type;
  (void)list;
  unsigned char *bytes = buffer;
  size_t there = address >= source.size ? 0 : count;
  if (there > source.size - (address >= source.size ? source.size : address)) {
    there = (size_t)(source.size - address);
  }
  memset(bytes + there, 0, count - there);
  if (source.descriptor < 0) {
    memcpy(bytes, (const unsigned char *)source.bytes + (there ? address : 0), there);
    return 0;
  }
  while (there > 0) {
    ssize_t got = pread(source.descriptor, bytes, there, (off_t)(source.start + address));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return -1;
    bytes += got;
    address += (haddr_t)got;
    there -= (size_t)got;
  }
  return 0;
}

static herr_t write_file(
    H5FD_t *file, H5FD_mem_t type, hid_t list, haddr_t address, size_t count, const void *bytes) {
  (void)file;
  (void)type;
  (void)list;
  (void)address;
  (void)count;
  (void)bytes;
  return -1;
}

static const H5FD_class_t driver = {
#if H5_VERSION_GE(1, 13, 0)
    .version = H5FD_CLASS_VERSION,
    .value = 511,
#endif
    .name = "spikec",
    .maxaddr = ((haddr_t)1 << 63) - 1,
    .fc_degree = H5F_CLOSE_WEAK,
    .open = open_file,
    .close = close_file,
    .query = query,
    .get_eoa = get_eoa,
    .set_eoa = set_eoa,
    .get_eof = get_eof,
    .read = read_file,
    .write = write_file,
    .fl_map = H5FD_FLMAP_SINGLE,
};

hid_t child_open_source(const struct spikec_h5_source *asked) {
  source = *asked;
  hid_t id = H5FDregister(&driver);
  hid_t list = H5Pcreate(H5P_FILE_ACCESS);
  if (id < 0 || list < 0 || H5Pset_driver(list, id, NULL) < 0) return -1;
  return H5Fopen("file", H5F_ACC_RDONLY, list);
}
