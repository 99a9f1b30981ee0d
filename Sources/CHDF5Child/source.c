// A driver of libhdf5 that reads a part of an open file, or bytes in memory: no path is looked up
// again, nothing is locked, nothing can be written.

#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
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

/// The size of lengths in the file, bytes; known when the file is open.
static size_t length_size = 8;

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

/// Copies `count` bytes from `address` on; what lies behind the end of the file is zero, as in the
/// library's own drivers. Returns 0, or -1 if the system fails.
static int read_at(haddr_t address, size_t count, unsigned char *bytes) {
  size_t there = address >= source.size ? 0 : count;
  if (there > source.size - (address >= source.size ? source.size : address)) {
    there = (size_t)(source.size - address);
  }
  memset(bytes + there, 0, count - there);
  if (source.descriptor < 0) {
    if (there > 0) memcpy(bytes, (const unsigned char *)source.bytes + address, there);
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

/// Returns the number in the first `count` bytes, of which those behind the eighth do not matter.
static uint64_t little_endian(const unsigned char *bytes, size_t count) {
  uint64_t value = 0;
  if (count > 8) count = 8;
  while (count > 0) value = value << 8 | bytes[--count];
  return value;
}

/// Returns whether the objects of a heap of texts at `address`, which starts with `head`, fill it
/// one behind the other, or why not.
///
/// The library goes from one to the next without looking: a size of 0 lets it go round for ever, a
/// large one leads it out of its memory.
///
/// Source: the HDF5 File Format Specification, version 3.0, section III.E.
static const char *heap_problem(haddr_t address, const unsigned char *head, size_t head_size) {
  size_t header = (8 + length_size + 7) & ~(size_t)7;
  if (head_size < header) return NULL;
  uint64_t size = little_endian(head + 8, length_size);
  if (size < header) return "a heap is smaller than its header";
  if (address > source.size || size > source.size - address) return "a heap ends behind the file";
  unsigned char window[1 << 14];
  haddr_t start = address;
  size_t held = 0;
  for (uint64_t place = header; size - place >= header;) {
    haddr_t at = address + place;
    if (at < start || at + header > start + held) {
      held = source.size - at < sizeof window ? (size_t)(source.size - at) : sizeof window;
      start = at;
      if (read_at(at, held, window) != 0) return "a heap cannot be read";
    }
    const unsigned char *object = window + (at - start);
    uint64_t step = little_endian(object + 8, length_size);
    // The size of free space includes its header.
    if (little_endian(object, 2) != 0) {
      if (step > size) return "an object of a heap is larger than the heap";
      step = header + ((step + 7) & ~(uint64_t)7);
    }
    if (step == 0 || step > size - place) return "the objects of a heap do not fill it";
    place += step;
  }
  return NULL;
}

static herr_t read_file(
    H5FD_t *file, H5FD_mem_t type, hid_t list, haddr_t address, size_t count, void *buffer) {
  (void)file;
  (void)list;
  if (read_at(address, count, buffer) != 0) return -1;
  // The library asks for heaps of texts as it asks for elements; no number begins like this.
  if (type != H5FD_MEM_DRAW && type != H5FD_MEM_GHEAP) return 0;
  if (count < 5 || memcmp(buffer, "GCOL\1", 5) != 0) return 0;
  const char *problem = heap_problem(address, buffer, count);
  if (!problem) return 0;
  H5Epush2(
      H5E_DEFAULT, __FILE__, __func__, __LINE__, H5E_ERR_CLS, H5E_HEAP, H5E_BADVALUE, "%s",
      problem);
  return -1;
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
  hid_t file = H5Fopen("file", H5F_ACC_RDONLY, list);
  hid_t creation = file < 0 ? -1 : H5Fget_create_plist(file);
  size_t address_size = 0;
  if (creation >= 0) H5Pget_sizes(creation, &address_size, &length_size);
  return file;
}
