// SPDX-License-Identifier: Apache-2.0
#include "hdf5/type_check.hpp"

#include <array>
#include <bit>
#include <cstddef>

#include "hdf5/handle.hpp"

namespace tessera::hdf5 {
namespace {

/// Deeper than anybody nests types.
constexpr int kDeepest = 16;
/// HDF5 takes exponents into 64 bits.
constexpr std::size_t kMostExponentBits = 63;

/// Whether `count` things from `first` on are among `total`, without overflow; none are not.
bool is_within(std::size_t first, std::size_t count, std::size_t total) {
  return count > 0 && first <= total && count <= total - first;
}

bool is_sound(hid_t type, int depth);

bool is_sound_super(hid_t type, std::size_t expected_bytes, int depth) {
  const Hdf5Handle base(H5Tget_super(type), H5Tclose);
  return base && (expected_bytes == 0 || H5Tget_size(base.get()) == expected_bytes) && is_sound(base.get(), depth + 1);
}

bool is_sound_float(hid_t type, std::size_t bits) {
  std::size_t sign = 0, exponent = 0, exponent_bits = 0, fraction = 0, fraction_bits = 0;
  return H5Tget_fields(type, &sign, &exponent, &exponent_bits, &fraction, &fraction_bits) >= 0 && sign < bits &&
         exponent_bits <= kMostExponentBits && is_within(exponent, exponent_bits, bits) &&
         is_within(fraction, fraction_bits, bits);
}

bool is_sound_number(hid_t type, H5T_class_t type_class) {
  const std::size_t bytes = H5Tget_size(type);
  const std::size_t bits = bytes * 8;
  const std::size_t precision = H5Tget_precision(type);
  const int offset = H5Tget_offset(type);
  if (offset < 0 || !is_within(static_cast<std::size_t>(offset), precision, bits)) return false;
  if (type_class != H5T_FLOAT) return true;
  // Nobody keeps a float in much more than its bits; the library reads as many bytes as the type claims, whatever is stored.
  const bool fills = std::has_single_bit(bytes) ? precision > bits / 2 : precision == bits;
  return fills && is_sound_float(type, bits);
}

bool is_sound_record(hid_t type, int depth) {
  const int count = H5Tget_nmembers(type);
  for (int i = 0; i < count; ++i) {
    const auto index = static_cast<unsigned>(i);
    const Hdf5Handle member(H5Tget_member_type(type, index), H5Tclose);
    if (!member || !is_within(H5Tget_member_offset(type, index), H5Tget_size(member.get()), H5Tget_size(type)) ||
        !is_sound(member.get(), depth + 1)) {
      return false;
    }
  }
  return count >= 0;
}

bool is_sound_array(hid_t type, int depth) {
  const int rank = H5Tget_array_ndims(type);
  std::array<hsize_t, H5S_MAX_RANK> extents{};
  if (rank < 1 || rank > H5S_MAX_RANK || H5Tget_array_dims2(type, extents.data()) < 0) return false;
  std::size_t bytes = H5Tget_size(type);
  for (int i = 0; i < rank; ++i) {
    const hsize_t extent = extents[static_cast<std::size_t>(i)];
    if (extent == 0 || bytes % extent != 0) return false;
    bytes /= extent;
  }
  return is_sound_super(type, bytes, depth);
}

bool is_sound(hid_t type, int depth) {
  if (depth > kDeepest || H5Tget_size(type) == 0) return false;
  const H5T_class_t type_class = H5Tget_class(type);
  switch (type_class) {
    case H5T_INTEGER:
    case H5T_FLOAT:
    case H5T_BITFIELD:
    case H5T_TIME:
      return is_sound_number(type, type_class);
    case H5T_ENUM: {
      const Hdf5Handle base(H5Tget_super(type), H5Tclose);
      return base && H5Tget_class(base.get()) == H5T_INTEGER && is_sound_super(type, H5Tget_size(type), depth);
    }
    case H5T_COMPOUND:
      return is_sound_record(type, depth);
    case H5T_ARRAY:
      return is_sound_array(type, depth);
    case H5T_VLEN:
      return is_sound_super(type, 0, depth);
    case H5T_STRING:
    case H5T_OPAQUE:
    case H5T_REFERENCE:
      return true;
    default:
      return false;
  }
}

}  // namespace

bool is_sound_type(hid_t type) {
  const Hdf5Session session;
  return is_sound(type, 0);
}

bool changes_size(hid_t type) {
  const Hdf5Session session;
  switch (H5Tget_class(type)) {
    case H5T_STRING:
      return H5Tis_variable_str(type) != 0;
    case H5T_VLEN:
    case H5T_REFERENCE:
      return true;
    case H5T_ARRAY: {
      const Hdf5Handle base(H5Tget_super(type), H5Tclose);
      return changes_size(base.get());
    }
    case H5T_COMPOUND: {
      const int count = H5Tget_nmembers(type);
      for (int i = 0; i < count; ++i) {
        const Hdf5Handle member(H5Tget_member_type(type, static_cast<unsigned>(i)), H5Tclose);
        if (changes_size(member.get())) return true;
      }
      return false;
    }
    default:
      return false;
  }
}

}  // namespace tessera::hdf5
