// What Swift's SIMD types lack for the event kernels: widening and narrowing that compile to one
// instruction, masks as bits, and the integer dot products of the processor. Loops are Swift.
#pragma once
#include <stdint.h>
#include <string.h>

typedef int8_t spikec_i8x16 __attribute__((ext_vector_type(16)));
typedef int8_t spikec_i8x32 __attribute__((ext_vector_type(32)));
typedef uint8_t spikec_u8x16 __attribute__((ext_vector_type(16)));
typedef int16_t spikec_i16x16 __attribute__((ext_vector_type(16)));
typedef int16_t spikec_i16x32 __attribute__((ext_vector_type(32)));
typedef int32_t spikec_i32x16 __attribute__((ext_vector_type(16)));

#define SPIKEC_LANES static inline __attribute__((always_inline))

/// 32 bytes at p, sign-extended.
SPIKEC_LANES spikec_i16x32 spikec_load_i8x32(const int8_t *p) {
  spikec_i8x32 x;
  memcpy(&x, p, sizeof x);
  return __builtin_convertvector(x, spikec_i16x32);
}

/// 16 bytes at p, sign-extended.
SPIKEC_LANES spikec_i16x16 spikec_load_i8x16(const int8_t *p) {
  spikec_i8x16 x;
  memcpy(&x, p, sizeof x);
  return __builtin_convertvector(x, spikec_i16x16);
}

/// 16 unsigned bytes at p, extended to 32 bits.
SPIKEC_LANES spikec_i32x16 spikec_load_u8x16(const uint8_t *p) {
  spikec_u8x16 x;
  memcpy(&x, p, sizeof x);
  return __builtin_convertvector(x, spikec_i32x16);
}

/// 16 numbers of 16 bits at p, sign-extended to 32 bits.
SPIKEC_LANES spikec_i32x16 spikec_load_i16x16(const int16_t *p) {
  spikec_i16x16 x;
  memcpy(&x, p, sizeof x);
  return __builtin_convertvector(x, spikec_i32x16);
}

/// The lanes, sign-extended to 32 bits.
SPIKEC_LANES spikec_i32x16 spikec_extend_i16x16(spikec_i16x16 x) {
  return __builtin_convertvector(x, spikec_i32x16);
}

/// The first 16 lanes, sign-extended to 32 bits.
SPIKEC_LANES spikec_i32x16 spikec_extend_low(spikec_i16x32 x) {
  return __builtin_convertvector(
      __builtin_shufflevector(x, x, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
      spikec_i32x16);
}

/// The last 16 lanes, sign-extended to 32 bits.
SPIKEC_LANES spikec_i32x16 spikec_extend_high(spikec_i16x32 x) {
  return __builtin_convertvector(
      __builtin_shufflevector(
          x, x, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31),
      spikec_i32x16);
}

/// Stores the low 8 bits of each lane at p.
SPIKEC_LANES void spikec_store_u8x16(uint8_t *p, spikec_i32x16 x) {
  spikec_u8x16 y = __builtin_convertvector(x, spikec_u8x16);
  memcpy(p, &y, sizeof y);
}

/// Stores the low 16 bits of each lane at p.
SPIKEC_LANES void spikec_store_i16x16(int16_t *p, spikec_i32x16 x) {
  spikec_i16x16 y = __builtin_convertvector(x, spikec_i16x16);
  memcpy(p, &y, sizeof y);
}

typedef _Bool spikec_mask16 __attribute__((ext_vector_type(16)));

/// Bit i is set iff lane i of a is at least lane i of b.
SPIKEC_LANES uint16_t spikec_bits_ge(spikec_i32x16 a, spikec_i32x16 b) {
  spikec_mask16 mask = __builtin_convertvector(a >= b, spikec_mask16);
  uint16_t bits;
  memcpy(&bits, &mask, sizeof bits);
  return bits;
}

/// The lanes times 2^power, negated if sign is -1 rather than 0.
SPIKEC_LANES spikec_i32x16 spikec_scale_i32x16(spikec_i32x16 x, int32_t power, int32_t sign) {
  return ((x << power) ^ sign) - sign;
}

/// The lanes times 2^power, negated if sign is -1 rather than 0.
SPIKEC_LANES spikec_i16x16 spikec_scale_i16x16(spikec_i16x16 x, int32_t power, int32_t sign) {
  return ((x << (int16_t)power) ^ (int16_t)sign) - (int16_t)sign;
}

/// The lanes times 2^power.
SPIKEC_LANES spikec_i16x32 spikec_shift_i16x32(spikec_i16x32 x, int32_t power) {
  return x << (int16_t)power;
}

/// -1 in the lanes that are negative, 0 in the others.
SPIKEC_LANES spikec_i32x16 spikec_sign(spikec_i32x16 x) {
  return x >> 31;
}

/// The magnitudes of the lanes.
SPIKEC_LANES spikec_i32x16 spikec_magnitude(spikec_i32x16 x) {
  return __builtin_elementwise_abs(x);
}

/// The smaller of a and b, lane by lane.
SPIKEC_LANES spikec_i32x16 spikec_min(spikec_i32x16 a, spikec_i32x16 b) {
  return __builtin_elementwise_min(a, b);
}

/// The larger of a and b, lane by lane.
SPIKEC_LANES spikec_i32x16 spikec_max(spikec_i32x16 a, spikec_i32x16 b) {
  return __builtin_elementwise_max(a, b);
}

/// The number of bits set, lane by lane.
SPIKEC_LANES spikec_i32x16 spikec_popcount(spikec_i32x16 x) {
  return __builtin_elementwise_popcount(x);
}

/// The sum of the lanes.
SPIKEC_LANES int32_t spikec_sum(spikec_i32x16 x) {
  return __builtin_reduce_add(x);
}

/// The lanes rounded towards 0 after division by positive b, given 1/b in single precision.
///
/// Exact for 0 <= a < 2^22 b: the estimate is off by at most one, which is corrected.
SPIKEC_LANES spikec_i32x16 spikec_divide(
    spikec_i32x16 a, spikec_i32x16 b, const float *reciprocals) {
  typedef float f32x16 __attribute__((ext_vector_type(16)));
  f32x16 r;
  memcpy(&r, reciprocals, sizeof r);
  spikec_i32x16 q = __builtin_convertvector(__builtin_convertvector(a, f32x16) * r, spikec_i32x16);
  spikec_i32x16 rest = a - q * b;
  return q + (rest < 0) - (rest >= b);
}

/// The lanes of x whose bits are set, 0 elsewhere.
SPIKEC_LANES spikec_i32x16 spikec_keep(uint16_t bits, spikec_i32x16 x) {
  spikec_mask16 mask;
  memcpy(&mask, &bits, sizeof bits);
  return -__builtin_convertvector(mask, spikec_i32x16) & x;
}

/// The lanes of count, one more where a is at least b.
SPIKEC_LANES spikec_i32x16 spikec_count_ge(
    spikec_i32x16 count, spikec_i32x16 a, spikec_i32x16 b) {
  return count - (a >= b);
}

/// The numbers at p that the lanes of index count from it.
SPIKEC_LANES spikec_i32x16 spikec_gather(const int32_t *p, spikec_i32x16 index) {
#if defined(__AVX512F__)
  typedef int32_t v16 __attribute__((vector_size(64)));
  return (spikec_i32x16)__builtin_ia32_gathersiv16si((v16)index, p, (v16)index, 0xffff, 4);
#else
  spikec_i32x16 result;
  for (int i = 0; i < 16; i++) result[i] = p[index[i]];
  return result;
#endif
}

/// The same, lane i counting from p + i.
SPIKEC_LANES spikec_i32x16 spikec_gather_lanes(const int32_t *p, spikec_i32x16 index) {
  const spikec_i32x16 own = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  return spikec_gather(p, index + own);
}

/// The lanes times n/t rounded down, limited to 32 bits.
///
/// Exact for whole n and t from 1 to 4,096: products have less than 44 bits, and a quotient that is
/// not whole is further from a whole number than its rounding error.
SPIKEC_LANES spikec_i32x16 spikec_extrapolate(spikec_i32x16 x, double n, double t) {
  typedef double f64x16 __attribute__((ext_vector_type(16)));
  f64x16 y = __builtin_elementwise_floor(__builtin_convertvector(x, f64x16) * n / t);
  y = __builtin_elementwise_min(y, (f64x16)2147483647.0);
  y = __builtin_elementwise_max(y, (f64x16)-2147483648.0);
  return __builtin_convertvector(y, spikec_i32x16);
}

/// Adds to each lane the products of the two signed 16-bit halves of the lanes of a and b.
///
/// Exact unless all four halves of a lane are -32768.
SPIKEC_LANES spikec_i32x16 spikec_dot_pairs(
    spikec_i32x16 sum, spikec_i32x16 a, spikec_i32x16 b) {
#if defined(__AVX512VNNI__)
  typedef int32_t v16 __attribute__((vector_size(64)));
  return (spikec_i32x16)__builtin_ia32_vpdpwssd512((v16)sum, (v16)a, (v16)b);
#elif defined(__AVX512BW__)
  typedef int16_t v32 __attribute__((vector_size(64)));
  return sum + (spikec_i32x16)__builtin_ia32_pmaddwd512((v32)a, (v32)b);
#elif defined(__AVX2__)
  typedef int16_t w16 __attribute__((vector_size(32)));
  typedef int32_t w8 __attribute__((vector_size(32)));
  union { spikec_i32x16 all; w16 part[2]; } x = {a}, y = {b};
  union { w8 part[2]; spikec_i32x16 all; } z;
  for (int i = 0; i < 2; i++) z.part[i] = __builtin_ia32_pmaddwd256(x.part[i], y.part[i]);
  return sum + z.all;
#elif defined(__SSE2__)
  typedef int16_t w8 __attribute__((vector_size(16)));
  typedef int32_t w4 __attribute__((vector_size(16)));
  union { spikec_i32x16 all; w8 part[4]; } x = {a}, y = {b};
  union { w4 part[4]; spikec_i32x16 all; } z;
  for (int i = 0; i < 4; i++) z.part[i] = __builtin_ia32_pmaddwd128(x.part[i], y.part[i]);
  return sum + z.all;
#else
  return sum + (a << 16 >> 16) * (b << 16 >> 16) + (a >> 16) * (b >> 16);
#endif
}

/// Whether the processor multiplies unsigned by signed bytes, which makes dot_quads worth while.
SPIKEC_LANES _Bool spikec_has_dot_quads(void) {
#if defined(__AVX512VNNI__)
  return 1;
#else
  return 0;
#endif
}

/// Adds to each lane the products of the four unsigned bytes of a with the four signed ones of b.
SPIKEC_LANES spikec_i32x16 spikec_dot_quads(
    spikec_i32x16 sum, spikec_i32x16 a, spikec_i32x16 b) {
#if defined(__AVX512VNNI__)
  typedef int32_t v16 __attribute__((vector_size(64)));
  return (spikec_i32x16)__builtin_ia32_vpdpbusd512((v16)sum, (v16)a, (v16)b);
#else
  spikec_i32x16 result = sum;
  for (int shift = 24; shift >= 0; shift -= 8)
    result += ((a << shift >> 24) & 255) * (b << shift >> 24);
  return result;
#endif
}

typedef float spikec_f32x16 __attribute__((ext_vector_type(16)));

/// The lanes in single precision, rounded to nearest.
SPIKEC_LANES spikec_f32x16 spikec_float(spikec_i32x16 x) {
  return __builtin_convertvector(x, spikec_f32x16);
}

/// Bit i is set iff lane i of a is larger than lane i of b.
SPIKEC_LANES uint16_t spikec_bits_above(spikec_f32x16 a, spikec_f32x16 b) {
  spikec_mask16 mask = __builtin_convertvector(a > b, spikec_mask16);
  uint16_t bits;
  memcpy(&bits, &mask, sizeof bits);
  return bits;
}

/// The larger of a and b, lane by lane; b where they cannot be compared.
SPIKEC_LANES spikec_f32x16 spikec_larger(spikec_f32x16 a, spikec_f32x16 b) {
  return a > b ? a : b;
}

/// The lanes of a whose bits are set, those of b elsewhere.
SPIKEC_LANES spikec_f32x16 spikec_choose(uint16_t bits, spikec_f32x16 a, spikec_f32x16 b) {
  spikec_mask16 mask;
  memcpy(&mask, &bits, sizeof bits);
  return -__builtin_convertvector(mask, spikec_i32x16) ? a : b;
}

/// The lanes of x, 0 where the magnitude is below 2^-20.
SPIKEC_LANES spikec_f32x16 spikec_without_traces(spikec_f32x16 x) {
  return __builtin_elementwise_abs(x) < 0x1p-20f ? (spikec_f32x16)0 : x;
}

/// Whether all lanes are 0.
SPIKEC_LANES _Bool spikec_all_zero(spikec_f32x16 x) {
  return spikec_bits_above(__builtin_elementwise_abs(x), (spikec_f32x16)0) == 0;
}
