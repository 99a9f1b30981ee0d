// What a child writes to its parent, in the byte order of the machine.

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

static int output = -1;
static uint64_t left;
static unsigned char buffer[1 << 16];
static size_t filled;

void child_stream_start(int descriptor, uint64_t limit) {
  output = descriptor;
  left = limit;
  filled = 0;
}

static void write_all(const unsigned char *bytes, size_t count) {
  while (count > 0) {
    ssize_t written = write(output, bytes, count);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) _exit(1);
    bytes += written;
    count -= (size_t)written;
  }
}

static void flush_buffer(void) {
  write_all(buffer, filled);
  filled = 0;
}

void child_put_bytes(const void *bytes, size_t count) {
  // The parent counts too: it ends a child that writes more than was agreed.
  if (count > left) _exit(2);
  left -= count;
  if (count > sizeof buffer - filled) flush_buffer();
  if (count > sizeof buffer) {
    write_all(bytes, count);
    return;
  }
  memcpy(buffer + filled, bytes, count);
  filled += count;
}

void child_put_u8(unsigned value) {
  unsigned char byte = (unsigned char)value;
  child_put_bytes(&byte, 1);
}

void child_put_u32(uint32_t value) { child_put_bytes(&value, sizeof value); }

void child_put_u64(uint64_t value) { child_put_bytes(&value, sizeof value); }

void child_put_text(const char *text) {
  size_t count = strlen(text);
  child_put_u64(count);
  child_put_bytes(text, count);
}

void child_finish(void) {
  child_put_u8(SPIKEC_H5_END);
  flush_buffer();
  _exit(0);
}

/// The most specific and the last error of the library.
struct texts {
  char first[256];
  char last[256];
};

static herr_t visit_error(unsigned n, const H5E_error2_t *error, void *data) {
  (void)n;
  struct texts *texts = data;
  if (!error->desc) return 0;
  strncpy(texts->last, error->desc, sizeof texts->last - 1);
  if (!texts->first[0]) strcpy(texts->first, texts->last);
  return 0;
}

void child_put_library_text(void) {
  struct texts texts = {{0}, {0}};
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, visit_error, &texts);
  size_t first = strlen(texts.first), last = strlen(texts.last);
  int is_one = strcmp(texts.first, texts.last) == 0;
  child_put_u64(is_one ? first : first + 2 + last);
  child_put_bytes(texts.first, first);
  if (is_one) return;
  child_put_bytes("; ", 2);
  child_put_bytes(texts.last, last);
}
