#pragma once
#include <stddef.h>
#include <protobuf-c/protobuf-c.h>

/// Memory for one unpacked message that cannot grow beyond what it was created with.
struct onnx_memory {
  ProtobufCAllocator allocator;
  size_t left;
  int exhausted;
};

/// Prepares `memory` to hand out at most `limit` bytes, its own bookkeeping included.
void onnx_memory_init(struct onnx_memory *memory, size_t limit);
