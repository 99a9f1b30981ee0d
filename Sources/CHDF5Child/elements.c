// The elements of a dataset, band of rows by band of rows.

#include <stdlib.h>

#include "internal.h"

static _Noreturn void fail(void) {
  child_put_u8(SPIKEC_H5_ELEMENTS_FAILED);
  child_put_library_text();
  child_finish();
}

static hid_t memory_type(const struct spikec_h5_request *request, hid_t type) {
  switch (request->form) {
  case SPIKEC_H5_AS_FLOATS: return H5Tcopy(H5T_NATIVE_FLOAT);
  case SPIKEC_H5_AS_STORED: return H5Tcopy(type);
  case SPIKEC_H5_AS_STRINGS:
    return H5Tis_variable_str(type) > 0 ? child_variable_string(type) : H5Tcopy(type);
  default: break;
  }
  switch (request->integer_size) {
  case 1: return H5Tcopy(request->is_signed ? H5T_NATIVE_INT8 : H5T_NATIVE_UINT8);
  case 2: return H5Tcopy(request->is_signed ? H5T_NATIVE_INT16 : H5T_NATIVE_UINT16);
  case 4: return H5Tcopy(request->is_signed ? H5T_NATIVE_INT32 : H5T_NATIVE_UINT32);
  default: return H5Tcopy(request->is_signed ? H5T_NATIVE_INT64 : H5T_NATIVE_UINT64);
  }
}

/// Writes the elements that `buffer` holds: strings of variable length one by one, all else whole.
static void put_block(hid_t memory, hid_t space, hssize_t count, void *buffer) {
  child_put_u8(SPIKEC_H5_ELEMENTS);
  if (H5Tis_variable_str(memory) > 0) {
    child_put_u64((uint64_t)count);
    child_put_strings(buffer, (size_t)count);
    H5Dvlen_reclaim(memory, space, H5P_DEFAULT, buffer);
    return;
  }
  size_t bytes = (size_t)count * H5Tget_size(memory);
  child_put_u64(bytes);
  child_put_bytes(buffer, bytes);
}

/// Returns whether `space` has the extents that the snapshot gave.
static int has_extents(hid_t space, const struct spikec_h5_request *request) {
  hsize_t extents[SPIKEC_H5_MAX_RANK];
  int rank = H5Sget_simple_extent_ndims(space);
  if (rank != (int)request->rank || H5Sget_simple_extent_dims(space, extents, NULL) < 0) return 0;
  for (int i = 0; i < rank; i++) {
    if (extents[i] != request->extents[i]) return 0;
  }
  return 1;
}

static void put_scalar(hid_t dataset, hid_t memory, hid_t space) {
  void *buffer = calloc(1, H5Tget_size(memory));
  if (!buffer || H5Dread(dataset, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, buffer) < 0) fail();
  put_block(memory, space, 1, buffer);
}

static void put_rows(
    hid_t dataset, hid_t memory, hid_t space, const struct spikec_h5_request *request) {
  hsize_t start[SPIKEC_H5_MAX_RANK] = {0}, count[SPIKEC_H5_MAX_RANK];
  size_t row = 1;
  for (uint32_t i = 0; i < request->rank; i++) {
    count[i] = request->extents[i];
    if (i > 0) row *= count[i];
  }
  uint64_t end = request->first_row + request->row_count;
  size_t largest = request->rows_at_once < request->row_count ? request->rows_at_once
                                                              : request->row_count;
  void *buffer = calloc(largest * row, H5Tget_size(memory));
  if (!buffer) fail();
  for (uint64_t first = request->first_row; first < end; first += count[0]) {
    child_step();
    start[0] = first;
    count[0] = end - first < largest ? end - first : largest;
    hid_t block = H5Screate_simple((int)request->rank, count, NULL);
    if (block < 0 || H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) < 0
        || H5Dread(dataset, memory, block, space, H5P_DEFAULT, buffer) < 0) {
      fail();
    }
    put_block(memory, block, (hssize_t)(count[0] * row), buffer);
    H5Sclose(block);
  }
}

void child_elements(hid_t file, const struct spikec_h5_request *request) {
  H5Eclear2(H5E_DEFAULT);
  hid_t dataset = H5Oopen_by_addr(file, request->address);
  if (dataset < 0 || H5Iget_type(dataset) != H5I_DATASET) fail();
  hid_t type = H5Dget_type(dataset);
  hid_t space = H5Dget_space(dataset);
  if (type < 0 || space < 0 || !has_extents(space, request)) fail();
  hid_t memory = memory_type(request, type);
  if (memory < 0) fail();
  if (request->rank == 0) put_scalar(dataset, memory, space);
  else put_rows(dataset, memory, space, request);
}
