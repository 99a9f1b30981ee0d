#pragma once
#include <hdf5.h>

/// HDF5 exposes its native types as mutable globals, which Swift 6 rejects; read them here instead.
static inline hid_t spikec_h5_native_float(void) { return H5T_NATIVE_FLOAT; }
static inline hid_t spikec_h5_default(void) { return H5P_DEFAULT; }
static inline hid_t spikec_h5_all_dataspace(void) { return H5S_ALL; }
