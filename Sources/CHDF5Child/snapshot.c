// What is in a file: objects, links, attributes with their elements, datasets without.

#include <stdlib.h>
#include <string.h>

#include "internal.h"

/// The size of the file, the largest attribute to be written, and what may still be looked at.
static uint64_t file_size;
static uint64_t attribute_limit;
static uint64_t objects_left;

// MARK: types and extents

static unsigned type_class(hid_t type) {
  switch (H5Tget_class(type)) {
  case H5T_INTEGER: return SPIKEC_H5_INTEGER;
  case H5T_FLOAT: return SPIKEC_H5_FLOAT;
  case H5T_STRING: return SPIKEC_H5_STRING;
  case H5T_OPAQUE: return SPIKEC_H5_OPAQUE;
  case H5T_ENUM: return SPIKEC_H5_ENUMERATION;
  case H5T_COMPOUND: return SPIKEC_H5_COMPOUND;
  case H5T_REFERENCE: return SPIKEC_H5_REFERENCE;
  case H5T_VLEN: return SPIKEC_H5_LIST;
  default: return SPIKEC_H5_UNKNOWN;
  }
}

/// Writes class, size, byte order (0 little, 1 big, 2 other), sign, precision, offset; the positions
/// and sizes of sign, exponent and mantissa, the bias and whether a leading one is left out; of
/// strings whether their length varies and how they are filled up.
void child_put_type(hid_t type) {
  unsigned class = type_class(type);
  int is_number = class == SPIKEC_H5_INTEGER || class == SPIKEC_H5_FLOAT;
  child_put_u8(class);
  child_put_u64(H5Tget_size(type));
  H5T_order_t order = is_number ? H5Tget_order(type) : H5T_ORDER_NONE;
  child_put_u8(order == H5T_ORDER_LE ? 0 : order == H5T_ORDER_BE ? 1 : 2);
  child_put_u8(class == SPIKEC_H5_INTEGER && H5Tget_sign(type) != H5T_SGN_NONE);
  child_put_u64(is_number ? H5Tget_precision(type) : 0);
  child_put_u64(is_number ? (uint64_t)H5Tget_offset(type) : 0);
  size_t fields[5] = {0, 0, 0, 0, 0};
  int is_float = class == SPIKEC_H5_FLOAT;
  if (is_float) {
    H5Tget_fields(type, &fields[0], &fields[1], &fields[2], &fields[3], &fields[4]);
  }
  for (int i = 0; i < 5; i++) child_put_u64(fields[i]);
  child_put_u64(is_float ? H5Tget_ebias(type) : 0);
  child_put_u8(is_float && H5Tget_norm(type) == H5T_NORM_IMPLIED);
  int is_string = class == SPIKEC_H5_STRING;
  child_put_u8(is_string && H5Tis_variable_str(type) > 0);
  H5T_str_t padding = is_string ? H5Tget_strpad(type) : H5T_STR_ERROR;
  child_put_u8(padding == H5T_STR_NULLTERM ? 0 : padding == H5T_STR_SPACEPAD ? 2 : 1);
}

/// Writes 0 if the extents cannot be read, 1 for no elements at all, or 2, the rank and the extents.
void child_put_space(hid_t space) {
  hsize_t extents[SPIKEC_H5_MAX_RANK];
  int rank = 0;
  switch (H5Sget_simple_extent_type(space)) {
  case H5S_NULL: child_put_u8(1); return;
  case H5S_SCALAR: break;
  case H5S_SIMPLE:
    rank = H5Sget_simple_extent_ndims(space);
    if (rank >= 0 && rank <= SPIKEC_H5_MAX_RANK
        && H5Sget_simple_extent_dims(space, extents, NULL) >= 0) {
      break;
    }
    child_put_u8(0);
    return;
  default: child_put_u8(0); return;
  }
  child_put_u8(2);
  child_put_u8((unsigned)rank);
  for (int i = 0; i < rank; i++) child_put_u64(extents[i]);
}

hssize_t child_element_count(hid_t space) {
  if (H5Sget_simple_extent_type(space) == H5S_NULL) return 0;
  return H5Sget_simple_extent_npoints(space);
}

hid_t child_variable_string(hid_t type) {
  hid_t memory = H5Tcopy(H5T_C_S1);
  H5Tset_size(memory, H5T_VARIABLE);
  H5Tset_cset(memory, H5Tget_cset(type));
  return memory;
}

void child_put_strings(char *const *strings, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (strings[i]) child_put_text(strings[i]);
    else child_put_u64(UINT64_MAX);
  }
}

// MARK: attributes

static uint64_t strings_size(char *const *strings, size_t count) {
  uint64_t size = 8 * (uint64_t)count;
  for (size_t i = 0; i < count; i++) {
    if (strings[i]) size += strlen(strings[i]);
  }
  return size;
}

/// Writes what the elements are written as, and the elements.
static void put_attribute_elements(hid_t attribute, hid_t type, hssize_t count) {
  unsigned class = type_class(type);
  size_t size = H5Tget_size(type);
  int is_number = class == SPIKEC_H5_INTEGER || class == SPIKEC_H5_FLOAT;
  // What a file cannot hold is a lie about the extents; the reader sees it as well.
  if (count <= 0 || size == 0 || (uint64_t)count > file_size / size
      || (!is_number && class != SPIKEC_H5_STRING)) {
    child_put_u8(SPIKEC_H5_NOTHING);
    return;
  }
  int is_variable = class == SPIKEC_H5_STRING && H5Tis_variable_str(type) > 0;
  hid_t memory = is_number ? H5Tcopy(H5T_NATIVE_DOUBLE)
                 : is_variable ? child_variable_string(type) : H5Tcopy(type);
  size_t memory_size = H5Tget_size(memory);
  if ((uint64_t)count > attribute_limit / memory_size) {
    child_put_u8(SPIKEC_H5_TOO_LARGE);
    child_put_u64((uint64_t)count > UINT64_MAX / memory_size ? UINT64_MAX : count * memory_size);
    H5Tclose(memory);
    return;
  }
  void *elements = calloc((size_t)count, memory_size);
  H5Eclear2(H5E_DEFAULT);
  if (!elements || H5Aread(attribute, memory, elements) < 0) {
    child_put_u8(SPIKEC_H5_UNREADABLE);
    child_put_library_text();
  } else if (is_variable) {
    uint64_t size = strings_size(elements, (size_t)count);
    child_put_u8(size > attribute_limit ? SPIKEC_H5_TOO_LARGE : SPIKEC_H5_VARIABLE_STRINGS);
    if (size > attribute_limit) child_put_u64(size);
    else child_put_strings(elements, (size_t)count);
    hid_t space = H5Aget_space(attribute);
    H5Dvlen_reclaim(memory, space, H5P_DEFAULT, elements);
    H5Sclose(space);
  } else {
    child_put_u8(is_number ? SPIKEC_H5_DOUBLES : SPIKEC_H5_FIXED_STRINGS);
    child_put_bytes(elements, (size_t)count * memory_size);
  }
  free(elements);
  H5Tclose(memory);
}

static herr_t visit_attribute(hid_t object, const char *name, const H5A_info_t *info, void *data) {
  (void)info;
  (void)data;
  child_step();
  hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
  hid_t type = attribute < 0 ? -1 : H5Aget_type(attribute);
  hid_t space = attribute < 0 ? -1 : H5Aget_space(attribute);
  child_put_u8(SPIKEC_H5_ATTRIBUTE);
  child_put_text(name);
  child_put_u8(type >= 0 && space >= 0);
  if (type >= 0 && space >= 0) {
    child_put_type(type);
    child_put_space(space);
    put_attribute_elements(attribute, type, child_element_count(space));
  } else {
    child_put_library_text();
  }
  if (space >= 0) H5Sclose(space);
  if (type >= 0) H5Tclose(type);
  if (attribute >= 0) H5Aclose(attribute);
  return 0;
}

static void put_attributes(hid_t object, const char *const *names) {
  H5Eclear2(H5E_DEFAULT);
  if (H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, NULL, visit_attribute, NULL) >= 0) return;
  child_put_u8(SPIKEC_H5_ATTRIBUTES_FAILED);
  child_put_library_text();
  // One damaged attribute ends the list; the others can still be found by name.
  for (; *names; names++) {
    if (H5Aexists(object, *names) > 0) visit_attribute(object, *names, NULL, NULL);
  }
}

// MARK: datasets

static void put_dataset(hid_t dataset) {
  H5Eclear2(H5E_DEFAULT);
  hid_t type = H5Dget_type(dataset);
  hid_t space = H5Dget_space(dataset);
  hid_t list = H5Dget_create_plist(dataset);
  if (type < 0 || space < 0 || list < 0) {
    child_put_u8(SPIKEC_H5_DATASET_FAILED);
    child_put_library_text();
    return;
  }
  child_put_u8(SPIKEC_H5_DATASET);
  child_put_type(type);
  child_put_space(space);
  H5D_layout_t layout = H5Pget_layout(list);
  int is_elsewhere = H5Pget_external_count(list) != 0;
  hsize_t chunk[SPIKEC_H5_MAX_RANK] = {0};
  haddr_t offset = HADDR_UNDEF;
  unsigned kept = SPIKEC_H5_ELSEWHERE;
  if (layout == H5D_COMPACT) kept = SPIKEC_H5_COMPACT;
  if (layout == H5D_CHUNKED && H5Pget_chunk(list, SPIKEC_H5_MAX_RANK, chunk) > 0) {
    kept = SPIKEC_H5_CHUNKED;
  }
  if (layout == H5D_CONTIGUOUS && !is_elsewhere) {
    kept = SPIKEC_H5_CONTIGUOUS;
    offset = H5Dget_offset(dataset);
  }
  child_put_u8(kept);
  child_put_u64(kept == SPIKEC_H5_ELSEWHERE ? 0 : H5Dget_storage_size(dataset));
  child_put_u64(offset);
  child_put_u64(chunk[0]);
  H5Pclose(list);
  H5Sclose(space);
  H5Tclose(type);
}

// MARK: objects

/// Addresses of objects: in the order of discovery, and as an open-addressed set. The empty place
/// is `HADDR_UNDEF`.
static haddr_t *queue, *set;
static size_t queued, queue_room, set_room;

static size_t place_of(haddr_t address) {
  size_t place = (size_t)((address * 0x9E3779B97F4A7C15u) >> 20) & (set_room - 1);
  while (set[place] != HADDR_UNDEF && set[place] != address) place = (place + 1) & (set_room - 1);
  return place;
}

static void *grown(void *old, size_t count) {
  void *new = realloc(old, count * sizeof(haddr_t));
  if (!new) abort();
  return new;
}

/// Puts an object on the list of those to be looked at, unless it is there: cycles end here.
static void discover(haddr_t address) {
  if (address == HADDR_UNDEF) return;
  if (2 * queued >= set_room) {
    set_room = set_room ? 2 * set_room : 1024;
    set = grown(set, set_room);
    for (size_t i = 0; i < set_room; i++) set[i] = HADDR_UNDEF;
    for (size_t i = 0; i < queued; i++) set[place_of(queue[i])] = queue[i];
  }
  size_t place = place_of(address);
  if (set[place] == address) return;
  set[place] = address;
  if (queued == queue_room) {
    queue_room = queue_room ? 2 * queue_room : 256;
    queue = grown(queue, queue_room);
  }
  queue[queued++] = address;
}

/// Takes one from the budget; ends the process when it is used up.
static void spend(void) {
  if (objects_left == 0) {
    child_put_u8(SPIKEC_H5_TOO_MANY);
    child_finish();
  }
  objects_left--;
}

static herr_t visit_link(hid_t group, const char *name, const H5L_info_t *info, void *data) {
  (void)data;
  spend();
  child_step();
  haddr_t target = HADDR_UNDEF;
  if (info->type == H5L_TYPE_HARD) target = info->u.address;
  H5O_info_t object;
  if (info->type == H5L_TYPE_SOFT
      && H5Oget_info_by_name2(group, name, &object, H5O_INFO_BASIC, H5P_DEFAULT) >= 0) {
    target = object.addr;
  }
  child_put_u8(SPIKEC_H5_LINK);
  child_put_text(name);
  child_put_u64(target);
  discover(target);
  return 0;
}

static void put_object(hid_t file, haddr_t address, const char *const *names) {
  hid_t object = H5Oopen_by_addr(file, address);
  // What cannot be opened is a link that leads nowhere.
  if (object < 0) return;
  H5I_type_t type = H5Iget_type(object);
  child_put_u8(SPIKEC_H5_OBJECT);
  child_put_u64(address);
  child_put_u8(
      type == H5I_GROUP ? SPIKEC_H5_GROUP : type == H5I_DATASET ? SPIKEC_H5_ARRAY : SPIKEC_H5_OTHER);
  put_attributes(object, names);
  if (type == H5I_DATASET) put_dataset(object);
  H5Eclear2(H5E_DEFAULT);
  if (type == H5I_GROUP
      && H5Literate(object, H5_INDEX_NAME, H5_ITER_INC, NULL, visit_link, NULL) < 0) {
    child_put_u8(SPIKEC_H5_LINKS_FAILED);
    child_put_library_text();
  }
  H5Oclose(object);
}

void child_snapshot(hid_t file, const char *const *names, const struct spikec_h5_limits *limits) {
  hsize_t size = 0;
  H5Fget_filesize(file, &size);
  file_size = size;
  attribute_limit = limits->attribute;
  objects_left = limits->objects;
  H5O_info_t root;
  H5Eclear2(H5E_DEFAULT);
  if (H5Oget_info_by_name2(file, "/", &root, H5O_INFO_BASIC, H5P_DEFAULT) < 0) {
    child_put_u8(SPIKEC_H5_NOT_OPENED);
    child_put_library_text();
    child_finish();
  }
  discover(root.addr);
  for (size_t i = 0; i < queued; i++) {
    spend();
    child_step();
    put_object(file, queue[i], names);
  }
}
