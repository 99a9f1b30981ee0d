#pragma once
#include "EventLanes.h"
#include "FloatLanes.h"

/// The number of processors that the process may use, at least 1.
int spikec_processor_count(void);

/// The size of the widest vector register that the program was compiled for, bytes.
static inline int spikec_vector_bytes(void) {
#if defined(__AVX512F__)
  return 64;
#elif defined(__AVX__)
  return 32;
#else
  return 16;
#endif
}

/// The square root, correctly rounded; not a number below 0. The library's function sets `errno`,
/// which keeps loops from vectorising.
static inline float spikec_square_root(float x) {
  return __builtin_elementwise_sqrt(x);
}
