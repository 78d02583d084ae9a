// SPDX-License-Identifier: Apache-2.0
// Types that HDF5 makes itself are sound; the same ones with a byte changed in the form in which files hold them are not.
#include "hdf5/type_check.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "hdf5/handle.hpp"

namespace tessera::hdf5 {
namespace {

/// The type as a file holds it: two bytes of H5Tencode, then the message: class and version, three bytes of flags, size (4
/// bytes), properties.
std::string encode(hid_t type) {
  std::size_t bytes = 0;
  H5Tencode(type, nullptr, &bytes);
  std::string text(bytes, '\0');
  H5Tencode(type, text.data(), &bytes);
  return text;
}
constexpr std::size_t kFlags = 3;
constexpr std::size_t kProperties = 10;

/// What is found of the type once `byte` stands at `at` of its encoding.
bool is_sound_with(hid_t type, std::size_t at, unsigned char byte) {
  std::string text = encode(type);
  EXPECT_LT(at, text.size());
  text[at] = static_cast<char>(byte);
  const Hdf5Handle changed(H5Tdecode(text.data()), H5Tclose);
  EXPECT_TRUE(changed) << "HDF5 sees the damage itself";
  return is_sound_type(changed.get());
}

Hdf5Handle record_of(hid_t member) {
  Hdf5Handle record(H5Tcreate(H5T_COMPOUND, 24), H5Tclose);
  H5Tinsert(record.get(), "abcdefg", 16, member);  // a name of eight bytes, behind which its offset stands
  return record;
}
constexpr std::size_t kMemberOffset = kProperties + 8;

TEST(TypeCheck, FloatsAreNotMuchWiderThanTheirBits) {
  const Hdf5Handle wide(H5Tcopy(H5T_IEEE_F64LE), H5Tclose);
  H5Tset_size(wide.get(), 16);
  EXPECT_FALSE(is_sound_type(wide.get()));
  H5Tset_size(wide.get(), 214);
  EXPECT_FALSE(is_sound_type(wide.get()));
}

TEST(TypeCheck, TypesThatHdf5MakesAreSound) {
  const hid_t plain[] = {H5T_STD_I8LE,   H5T_STD_U64BE, H5T_IEEE_F32LE,  H5T_IEEE_F64BE, H5T_NATIVE_LDOUBLE, H5T_STD_B8LE,
                         H5T_UNIX_D64LE, H5T_C_S1,      H5T_STD_REF_OBJ, H5T_NATIVE_INT, H5T_VAX_F32,        H5T_INTEL_F64};
  for (const hid_t type : plain) EXPECT_TRUE(is_sound_type(type)) << encode(type);

  const Hdf5Handle bits(H5Tcopy(H5T_STD_U32LE), H5Tclose);
  H5Tset_precision(bits.get(), 12);
  H5Tset_offset(bits.get(), 20);
  EXPECT_TRUE(is_sound_type(bits.get()));
  const Hdf5Handle labels(H5Tenum_create(H5T_STD_I16BE), H5Tclose);
  EXPECT_TRUE(is_sound_type(labels.get()));
  const Hdf5Handle text(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(text.get(), H5T_VARIABLE);
  EXPECT_TRUE(is_sound_type(text.get()));
  const hsize_t extents[] = {3, 4};
  const Hdf5Handle array(H5Tarray_create2(text.get(), 2, extents), H5Tclose);
  EXPECT_TRUE(is_sound_type(array.get()));
  const Hdf5Handle sequence(H5Tvlen_create(array.get()), H5Tclose);
  EXPECT_TRUE(is_sound_type(sequence.get()));
  const Hdf5Handle opaque(H5Tcreate(H5T_OPAQUE, 9), H5Tclose);
  EXPECT_TRUE(is_sound_type(opaque.get()));
  const Hdf5Handle inner = record_of(bits.get());
  const Hdf5Handle outer(H5Tcreate(H5T_COMPOUND, 24), H5Tclose);
  H5Tinsert(outer.get(), "inner", 0, inner.get());
  EXPECT_TRUE(is_sound_type(outer.get()));
}

TEST(TypeCheck, BitsOfANumberLieWithinItsBytes) {
  EXPECT_TRUE(is_sound_with(H5T_STD_I32LE, kProperties, 0));
  EXPECT_FALSE(is_sound_with(H5T_STD_I32LE, kProperties, 1)) << "33 bits of 32";
  EXPECT_FALSE(is_sound_with(H5T_STD_I32LE, kProperties + 3, 1)) << "a precision of 288 bits";
  EXPECT_FALSE(is_sound_with(H5T_STD_I32LE, kProperties + 2, 0)) << "a precision of nothing";
  EXPECT_FALSE(is_sound_with(H5T_STD_B8LE, kProperties + 1, 1)) << "an offset of 256 bits";
  EXPECT_FALSE(is_sound_with(H5T_IEEE_F32LE, kFlags + 1, 200)) << "its sign";
  EXPECT_FALSE(is_sound_with(H5T_IEEE_F32LE, kProperties + 4, 200)) << "its exponent";
  EXPECT_FALSE(is_sound_with(H5T_IEEE_F32LE, kProperties + 5, 100)) << "a long exponent";
  EXPECT_FALSE(is_sound_with(H5T_IEEE_F32LE, kProperties + 5, 0)) << "no exponent";
  EXPECT_FALSE(is_sound_with(H5T_IEEE_F32LE, kProperties + 6, 30)) << "its fraction";
  EXPECT_FALSE(is_sound_with(H5T_IEEE_F32LE, kProperties + 7, 64)) << "a long fraction";
}

TEST(TypeCheck, MembersLieWithinTheirRecordHoweverDeep) {
  const Hdf5Handle record = record_of(H5T_STD_I64LE);
  EXPECT_TRUE(is_sound_with(record.get(), kMemberOffset, 8));
  EXPECT_FALSE(is_sound_with(record.get(), kMemberOffset, 17));
  EXPECT_FALSE(is_sound_with(record.get(), kMemberOffset + 3, 255)) << "so far that the sum overflows";

  const Hdf5Handle sequence(H5Tvlen_create(record.get()), H5Tclose);
  const std::string outer = encode(sequence.get());
  const std::size_t at = outer.find("abcdefg");
  ASSERT_NE(at, std::string::npos);
  EXPECT_TRUE(is_sound_with(sequence.get(), at + 8, 16));
  EXPECT_FALSE(is_sound_with(sequence.get(), at + 8, 17));
}

TEST(TypeCheck, CellsOfAnArrayFillIt) {
  const hsize_t extents[] = {3, 4};
  const Hdf5Handle array(H5Tarray_create2(H5T_STD_I16LE, 2, extents), H5Tclose);
  const std::string text = encode(array.get());
  const std::string dimension = std::string("\x04\0\0\0", 4);
  const std::size_t at = text.find(dimension, kProperties);
  ASSERT_NE(at, std::string::npos);
  EXPECT_TRUE(is_sound_with(array.get(), at, 4));
  EXPECT_FALSE(is_sound_with(array.get(), at, 5));
  EXPECT_FALSE(is_sound_with(array.get(), at, 2));
  EXPECT_FALSE(is_sound_with(array.get(), at + 3, 128));
}

TEST(TypeCheck, ReferencesChangeTheirSizeHoweverDeep) {
  const Hdf5Handle text(H5Tcopy(H5T_C_S1), H5Tclose);
  EXPECT_FALSE(changes_size(text.get()));
  H5Tset_size(text.get(), H5T_VARIABLE);
  const Hdf5Handle sequence(H5Tvlen_create(H5T_STD_I8LE), H5Tclose);
  const hsize_t extent = 1;
  for (const hid_t type : {text.get(), sequence.get(), H5T_STD_REF_OBJ}) {
    EXPECT_TRUE(changes_size(type));
    const Hdf5Handle array(H5Tarray_create2(type, 1, &extent), H5Tclose);
    const Hdf5Handle record(H5Tcreate(H5T_COMPOUND, 64), H5Tclose);
    H5Tinsert(record.get(), "a", 0, H5T_STD_I8LE);
    EXPECT_FALSE(changes_size(record.get()));
    H5Tinsert(record.get(), "b", 8, array.get());
    EXPECT_TRUE(changes_size(record.get()));
  }
}

TEST(TypeCheck, NestingHasAnEnd) {
  Hdf5Handle type(H5Tcopy(H5T_STD_I8LE), H5Tclose);
  for (int depth = 0; depth < 40; ++depth) type = Hdf5Handle(H5Tvlen_create(type.get()), H5Tclose);
  EXPECT_FALSE(is_sound_type(type.get()));
}

}  // namespace
}  // namespace tessera::hdf5
