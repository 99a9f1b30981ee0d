// An allocator with a limit: what a message takes when unpacked is up to its file, and a file is
// not to be trusted. The reader estimates first; this is the second belt.

#include "onnx_memory.h"

#include <stdlib.h>

/// What precedes each block: its size, padded so that the block is aligned for every type.
union head {
  size_t size;
  max_align_t align;
};

static void *take(void *data, size_t size) {
  struct onnx_memory *memory = data;
  if (memory->left < sizeof(union head) || memory->left - sizeof(union head) < size) {
    memory->exhausted = 1;
    return NULL;
  }
  union head *head = malloc(sizeof(union head) + size);
  if (!head) {
    memory->exhausted = 1;
    return NULL;
  }
  head->size = size;
  memory->left -= sizeof(union head) + size;
  return head + 1;
}

static void give_back(void *data, void *block) {
  struct onnx_memory *memory = data;
  if (!block) return;
  union head *head = (union head *)block - 1;
  memory->left += sizeof(union head) + head->size;
  free(head);
}

void onnx_memory_init(struct onnx_memory *memory, size_t limit) {
  memory->allocator.alloc = take;
  memory->allocator.free = give_back;
  memory->allocator.allocator_data = memory;
  memory->left = limit;
  memory->exhausted = 0;
}
