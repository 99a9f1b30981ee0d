// What Swift's SIMD types lack for the float kernels: a fused product and sum in one instruction.
#pragma once
#include "EventLanes.h"

typedef float spikec_f32x16 __attribute__((ext_vector_type(16)));

/// a · b + c, rounded once where the processor has such an instruction, else twice.
SPIKEC_LANES spikec_f32x16 spikec_multiply_add(
    spikec_f32x16 a, spikec_f32x16 b, spikec_f32x16 c) {
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
  return __builtin_elementwise_fma(a, b, c);
#else
  return a * b + c;
#endif
}
