#pragma once
#include <hdf5.h>
#include <stdlib.h>
#include <string.h>

// What Swift cannot reach by itself: macros that cast or check, types that the library exposes as
// mutable globals (which Swift 6 rejects), and functions whose names depend on the version.

static inline hid_t spikec_h5_default(void) { return H5P_DEFAULT; }
static inline hid_t spikec_h5_all_dataspace(void) { return H5S_ALL; }
static inline size_t spikec_h5_variable_length(void) { return H5T_VARIABLE; }
static inline unsigned spikec_h5_truncate(void) { return H5F_ACC_TRUNC; }

static inline hid_t spikec_h5_c_string(void) { return H5T_C_S1; }
static inline hid_t spikec_h5_native_float(void) { return H5T_NATIVE_FLOAT; }
static inline hid_t spikec_h5_native_double(void) { return H5T_NATIVE_DOUBLE; }
static inline hid_t spikec_h5_native_uint8(void) { return H5T_NATIVE_UINT8; }
static inline hid_t spikec_h5_native_int8(void) { return H5T_NATIVE_INT8; }
static inline hid_t spikec_h5_native_int16(void) { return H5T_NATIVE_INT16; }
static inline hid_t spikec_h5_native_int32(void) { return H5T_NATIVE_INT32; }
static inline hid_t spikec_h5_native_int64(void) { return H5T_NATIVE_INT64; }
static inline hid_t spikec_h5_float32_le(void) { return H5T_IEEE_F32LE; }
static inline hid_t spikec_h5_float64_le(void) { return H5T_IEEE_F64LE; }
static inline hid_t spikec_h5_uint8_le(void) { return H5T_STD_U8LE; }
static inline hid_t spikec_h5_int8_le(void) { return H5T_STD_I8LE; }
static inline hid_t spikec_h5_int16_le(void) { return H5T_STD_I16LE; }
static inline hid_t spikec_h5_int32_le(void) { return H5T_STD_I32LE; }
static inline hid_t spikec_h5_int64_le(void) { return H5T_STD_I64LE; }

static inline hid_t spikec_h5_create_dataset_list(void) { return H5Pcreate(H5P_DATASET_CREATE); }
static inline hid_t spikec_h5_create_group_list(void) { return H5Pcreate(H5P_GROUP_CREATE); }
static inline hid_t spikec_h5_create_file_list(void) { return H5Pcreate(H5P_FILE_CREATE); }

/// Keeps the library from printing its errors.
static inline void spikec_h5_silence(void) { H5Eset_auto2(H5E_DEFAULT, NULL, NULL); }

/// Forgets the errors reported so far.
static inline void spikec_h5_forget_errors(void) { H5Eclear2(H5E_DEFAULT); }

typedef void (*spikec_h5_text_callback)(const char *text, void *context);

struct spikec_h5_visit {
  spikec_h5_text_callback callback;
  void *context;
};

static inline herr_t spikec_h5_visit_error(unsigned n, const H5E_error2_t *error, void *data) {
  (void)n;
  struct spikec_h5_visit *visit = (struct spikec_h5_visit *)data;
  if (error->desc) visit->callback(error->desc, visit->context);
  return 0;
}

/// Calls back with the description of each error of the stack, the most specific first.
static inline void spikec_h5_each_error(spikec_h5_text_callback callback, void *context) {
  struct spikec_h5_visit visit = {callback, context};
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, spikec_h5_visit_error, &visit);
}
