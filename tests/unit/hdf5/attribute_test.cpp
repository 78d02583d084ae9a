// SPDX-License-Identifier: Apache-2.0
#include "hdf5/attribute.hpp"

#include <gtest/gtest.h>

#include <array>

#include "hdf5/input_file.hpp"
#include "support/temporary_folder.hpp"
#include "tessera/error.hpp"

namespace tessera::hdf5 {
namespace {

/// A file with nothing in it but attributes of its root.
class Attributes : public ::testing::Test {
 protected:
  testing::TemporaryFolder folder_;
  std::string path_ = (folder_.path() / "a.h5").string();
  Hdf5Handle file_{H5Fcreate(path_.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose};

  /// One attribute made with plain HDF5; no extent: scalar.
  void make(const char* name, hid_t type, std::vector<hsize_t> extent, const void* value) {
    const Hdf5Handle space(
        extent.empty() ? H5Screate(H5S_SCALAR) : H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr),
        H5Sclose);
    const Hdf5Handle attribute(H5Acreate2(file_.get(), name, type, space.get(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    ASSERT_TRUE(attribute);
    ASSERT_GE(H5Awrite(attribute.get(), type, value), 0);
  }
};

TEST_F(Attributes, WhatIsWrittenIsRead) {
  write_attribute(file_.get(), "word", "Orl\u00e9ans");
  write_attribute(file_.get(), "empty", "");
  write_attribute(file_.get(), "words", std::vector<std::string>{"a", "", "three"});
  write_attribute(file_.get(), "none", std::vector<std::string>{});
  write_attribute(file_.get(), "number", 0.1);
  write_attribute(file_.get(), "count", std::int64_t{-(std::int64_t{1} << 62)});
  write_attribute(file_.get(), "numbers", std::vector<double>{1.5, -2.0});
  write_attribute(file_.get(), "counts", std::vector<std::int64_t>{3, 4, 5});
  EXPECT_EQ(read_string_attribute(file_.get(), "word"), "Orl\u00e9ans");
  EXPECT_EQ(read_string_attribute(file_.get(), "empty"), "");
  EXPECT_EQ(read_string_list_attribute(file_.get(), "words"), (std::vector<std::string>{"a", "", "three"}));
  EXPECT_EQ(read_string_list_attribute(file_.get(), "none"), std::vector<std::string>{});
  EXPECT_EQ(read_number_attribute(file_.get(), "number"), 0.1);
  EXPECT_EQ(read_integer_attribute(file_.get(), "count"), -(std::int64_t{1} << 62));
  EXPECT_EQ(read_number_list_attribute(file_.get(), "numbers"), (std::vector<double>{1.5, -2.0}));
  EXPECT_EQ(read_integer_list_attribute(file_.get(), "counts"), (std::vector<std::int64_t>{3, 4, 5}));
}

TEST_F(Attributes, OfAnotherKindOrAbsentAreNothing) {
  write_attribute(file_.get(), "word", "text");
  write_attribute(file_.get(), "numbers", std::vector<double>{1.5, -2.0});
  EXPECT_TRUE(has_attribute(file_.get(), "word"));
  EXPECT_FALSE(has_attribute(file_.get(), "other"));
  EXPECT_EQ(read_string_attribute(file_.get(), "other"), std::nullopt);
  EXPECT_EQ(read_number_attribute(file_.get(), "word"), std::nullopt);
  EXPECT_EQ(read_string_attribute(file_.get(), "numbers"), std::nullopt);
  EXPECT_EQ(read_number_attribute(file_.get(), "numbers"), std::nullopt) << "two numbers are not one";
}

TEST_F(Attributes, OfOtherProgramsAreUnderstood) {
  const Hdf5Handle variable(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(variable.get(), H5T_VARIABLE);
  const std::array<const char*, 2> texts = {"first", nullptr};
  make("variable", variable.get(), {2}, texts.data());
  const Hdf5Handle padded(H5Tcopy(H5T_FORTRAN_S1), H5Tclose);
  H5Tset_size(padded.get(), 4);
  make("padded", padded.get(), {}, "ab  ");
  const signed char big_endian[2] = {1, 44};  // 300
  make("big", H5T_STD_I16BE, {1}, big_endian);
  const Hdf5Handle boolean(H5Tenum_create(H5T_NATIVE_INT8), H5Tclose);
  const signed char yes = 1;
  H5Tenum_insert(boolean.get(), "TRUE", &yes);
  make("boolean", boolean.get(), {}, &yes);
  make("bits", H5T_STD_B8LE, {}, &yes);
  EXPECT_EQ(read_string_list_attribute(file_.get(), "variable"), (std::vector<std::string>{"first", ""}));
  EXPECT_EQ(read_string_attribute(file_.get(), "padded"), "ab");
  EXPECT_EQ(read_integer_attribute(file_.get(), "big"), 300);
  EXPECT_EQ(read_number_attribute(file_.get(), "big"), 300.0);
  EXPECT_EQ(read_integer_attribute(file_.get(), "boolean"), 1);
  EXPECT_EQ(read_integer_attribute(file_.get(), "bits"), 1);
}

TEST(InputFile, AFileThatIsNotThereOrNotHdf5IsSaidToBe) {
  const testing::TemporaryFolder folder;
  try {
    static_cast<void>(open_for_reading((folder.path() / "none.h5").string()));
    FAIL() << "was opened";
  } catch (const FileError& error) {
    EXPECT_EQ(error.code(), ErrorCode::no_input);
  }
  EXPECT_THROW(static_cast<void>(open_for_reading(TESSERA_SOURCE_DIR "/CMakeLists.txt")), DataError);
}

TEST(InputFile, PathsAreJoinedAndTaken) {
  EXPECT_EQ(join_path("/", "a"), "/a");
  EXPECT_EQ(join_path("/a", "b"), "/a/b");
  EXPECT_EQ(parent_path("/a/b"), "/a");
  EXPECT_EQ(parent_path("/a"), "/");
  EXPECT_EQ(parent_path("/"), "/");
  EXPECT_EQ(base_name("/a/b"), "b");
}

}  // namespace
}  // namespace tessera::hdf5
