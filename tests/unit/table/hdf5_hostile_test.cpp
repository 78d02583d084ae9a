// SPDX-License-Identifier: Apache-2.0
// Files that are sound as HDF5 and hold what no writer of their layout would write. They are read without the child that would
// hide a crash of ours.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <hdf5.h>

#include <fstream>
#include <limits>
#include <vector>

#include "hdf5/handle.hpp"
#include "support/temporary_folder.hpp"
#include "table/hdf5_table.hpp"
#include "table_cells.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

using ::testing::HasSubstr;

const std::string kFolder = std::string(TESSERA_TEST_DATA) + "/tables/";

/// A copy of a sound table, to be changed.
class ChangedTable {
 public:
  explicit ChangedTable(const std::string& name) : path_((folder_.path() / "t.h5").string()) {
    std::filesystem::copy_file(kFolder + name, path_);
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all);
    file_ = {H5Fopen(path_.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose};
  }

  /// Puts a dataset in the place of another. Without values it is chunked, so that its extents are only claimed.
  void replace(const std::string& name, hid_t type, const std::vector<hsize_t>& extents, const void* values = nullptr) {
    H5Ldelete(file_.get(), name.c_str(), H5P_DEFAULT);
    const Hdf5Handle space(H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr), H5Sclose);
    const Hdf5Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    const std::vector<hsize_t> chunk(extents.size(), 1);
    if (values == nullptr) H5Pset_chunk(properties.get(), static_cast<int>(chunk.size()), chunk.data());
    const Hdf5Handle dataset(
        H5Dcreate2(file_.get(), name.c_str(), type, space.get(), H5P_DEFAULT, properties.get(), H5P_DEFAULT), H5Dclose);
    ASSERT_TRUE(dataset) << name;
    if (values == nullptr) return;
    ASSERT_GE(H5Dwrite(dataset.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), 0) << name;
  }
  void set_number(const std::string& object, const char* name, std::int64_t value) {
    const Hdf5Handle handle(H5Oopen(file_.get(), object.c_str(), H5P_DEFAULT), H5Oclose);
    H5Adelete(handle.get(), name);
    const Hdf5Handle space(H5Screate(H5S_SCALAR), H5Sclose);
    const Hdf5Handle attribute(H5Acreate2(handle.get(), name, H5T_STD_I64LE, space.get(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    ASSERT_GE(H5Awrite(attribute.get(), H5T_NATIVE_INT64, &value), 0);
  }
  [[nodiscard]] hid_t file() const { return file_.get(); }

  std::unique_ptr<Table> open() {
    file_.close();
    return open_trusted_hdf5_table(path_, {});
  }
  /// What opening and reading it is refused with; also checks that there is advice.
  std::string refusal() {
    try {
      const auto table = open();
      testing::read_cells(*table, 3);
    } catch (const DataError& error) {
      EXPECT_NE(error.advice(), "");
      return error.what();
    }
    return "read";
  }

 private:
  testing::TemporaryFolder folder_;
  std::string path_;
  Hdf5Handle file_;
};

Hdf5Handle text_type(std::size_t bytes) {
  Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.get(), bytes);
  return type;
}

TEST(HostileAnndata, CodesThatAreNoIntegersAreNumbers) {
  ChangedTable file("dense.h5ad");
  const std::vector<double> codes = {0, 1e300, std::numeric_limits<double>::quiet_NaN(), -1, 0.5, 2, 3};
  file.replace("/obs/city/codes", H5T_NATIVE_DOUBLE, {7}, codes.data());
  const auto table = file.open();
  const testing::Cells cells = testing::read_cells(*table, 3);
  ASSERT_EQ(table->info().columns[4].name, "city");
  EXPECT_EQ(table->info().columns[4].type, DataType::float64);
  for (std::size_t row = 0; row < codes.size(); ++row) EXPECT_EQ(cells[row][4], testing::exact_text(codes[row]));
}

TEST(HostileAnndata, CodesBeyondTheCategoriesAreMissing) {
  ChangedTable file("dense.h5ad");
  const std::vector<std::uint64_t> codes = {0, 5, ~std::uint64_t{0}, std::uint64_t{1} << 63, 1, 4, 1u << 31};
  file.replace("/obs/city/codes", H5T_NATIVE_UINT64, {7}, codes.data());
  const testing::Cells cells = testing::read_cells(*file.open(), 7);
  for (const std::size_t row : {0u, 4u, 5u}) EXPECT_NE(cells[row][4], "") << row;
  for (const std::size_t row : {1u, 2u, 3u, 6u}) EXPECT_EQ(cells[row][4], "") << row;
}

TEST(HostileAnndata, AMaskOfTextIsRefused) {
  ChangedTable file("dense.h5ad");
  const Hdf5Handle text = text_type(1);
  file.replace("/obs/visits/mask", text.get(), {7}, "abcdefg");
  EXPECT_THAT(file.refusal(), HasSubstr("/obs/visits/mask: the mask of missing cells is text"));
}

TEST(HostileAnndata, AMaskThatIsTooShortIsRefused) {
  ChangedTable file("dense.h5ad");
  const std::vector<std::uint8_t> mask(3);
  file.replace("/obs/visits/mask", H5T_NATIVE_UINT8, {3}, mask.data());
  EXPECT_THAT(file.refusal(), HasSubstr("/obs/visits/mask: it has 3 cells for 7 rows"));
}

TEST(HostileAnndata, NamesThatAreNeitherTextNorNumbersAreRefused) {
  for (const char* names : {"/var/_index", "/obs/city/categories"}) {
    const hsize_t count = names == std::string("/var/_index") ? 3 : 5;
    ChangedTable opaque("dense.h5ad");
    const Hdf5Handle bytes(H5Tcreate(H5T_OPAQUE, 16), H5Tclose);
    const std::vector<char> values(16 * count, 'x');
    opaque.replace(names, bytes.get(), {count}, values.data());
    EXPECT_THAT(opaque.refusal(), HasSubstr(names));

    ChangedTable records("dense.h5ad");
    const Hdf5Handle record(H5Tcreate(H5T_COMPOUND, 16), H5Tclose);
    H5Tinsert(record.get(), "a", 0, H5T_STD_I64LE);
    records.replace(names, record.get(), {count}, values.data());
    EXPECT_THAT(records.refusal(), HasSubstr(names));
  }
}

TEST(HostileAnndata, NamesThatClaimToBeHugeAreRefusedBeforeThereIsRoomForThem) {
  ChangedTable file("dense.h5ad");
  const Hdf5Handle text = text_type(std::size_t{1} << 20);
  file.replace("/obs/city/categories", text.get(), {hsize_t{1} << 20});
  EXPECT_THAT(file.refusal(), HasSubstr("at most 256 MiB"));
}

TEST(HostileLinks, OutOfTheFileAreNotFollowed) {
  const std::string other = kFolder + "dense.h5ad";
  for (const bool direct : {true, false}) {
    ChangedTable file("dense.h5ad");
    const char* categories = "/obs/city/categories";
    H5Ldelete(file.file(), categories, H5P_DEFAULT);
    H5Lcreate_external(other.c_str(), categories, file.file(), direct ? categories : "/out", H5P_DEFAULT, H5P_DEFAULT);
    if (!direct) H5Lcreate_soft("/out", file.file(), categories, H5P_DEFAULT, H5P_DEFAULT);
    EXPECT_THAT(file.refusal(), HasSubstr("/obs/city/categories: there is no such object in the file")) << direct;
  }
}

TEST(HostilePandas, ABlockWithoutColumnsIsPassedOver) {
  ChangedTable file("pandas_fixed.h5");
  const Hdf5Handle text = text_type(4);
  file.replace("/df/block6_items", text.get(), {0});
  file.replace("/df/block6_values", H5T_NATIVE_DOUBLE, {7, 0});
  file.set_number("/df/block6_values", "transposed", 1);
  file.set_number("/df", "nblocks", 7);
  EXPECT_EQ(file.open()->info().columns.size(), 8u);
}

TEST(HostilePandas, MoreBlocksThanThereAreIsRefused) {
  ChangedTable file("pandas_fixed.h5");
  file.set_number("/df", "nblocks", std::numeric_limits<std::int64_t>::max());
  EXPECT_THAT(file.refusal(), HasSubstr("block6_items"));
}

TEST(HostilePandas, ABlockOfRecordsIsRefused) {
  ChangedTable file("pandas_fixed.h5");
  const Hdf5Handle record(H5Tcreate(H5T_COMPOUND, 8), H5Tclose);
  H5Tinsert(record.get(), "a", 0, H5T_STD_I64LE);
  const std::vector<std::int64_t> values(7);
  file.replace("/df/block0_values", record.get(), {7, 1}, values.data());
  file.set_number("/df/block0_values", "transposed", 1);
  EXPECT_THAT(file.refusal(), HasSubstr("/df"));
}

TEST(HostilePandas, CategoriesThatClaimToBeHugeAreRefused) {
  ChangedTable file("pandas_table.h5");
  const Hdf5Handle text = text_type(std::size_t{1} << 20);
  const Hdf5Handle record(H5Tcreate(H5T_COMPOUND, std::size_t{1} << 20), H5Tclose);
  H5Tinsert(record.get(), "values", 0, text.get());
  file.replace("/df/meta/tier/meta/table", record.get(), {hsize_t{1} << 20});
  EXPECT_THAT(file.refusal(), HasSubstr("the categories of the column cannot be read"));
}

TEST(HostilePandas, CategoriesOfAnotherKindAreRefused) {
  ChangedTable file("pandas_table.h5");
  const Hdf5Handle record(H5Tcreate(H5T_COMPOUND, 16), H5Tclose);
  const Hdf5Handle opaque(H5Tcreate(H5T_OPAQUE, 16), H5Tclose);
  H5Tinsert(record.get(), "values", 0, opaque.get());
  const std::vector<char> values(32);
  file.replace("/df/meta/tier/meta/table", record.get(), {2}, values.data());
  EXPECT_THAT(file.refusal(), HasSubstr("the categories of the column cannot be read"));
}

TEST(HostileRecords, TheirCellsAreLimited) {
  ChangedTable file("compound.h5");
  const hsize_t cells = (1 << 20) + 1;
  const Hdf5Handle array(H5Tarray_create2(H5T_STD_I8LE, 1, &cells), H5Tclose);
  const Hdf5Handle record(H5Tcreate(H5T_COMPOUND, cells), H5Tclose);
  H5Tinsert(record.get(), "many", 0, array.get());
  file.replace("/customers", record.get(), {7});
  EXPECT_THAT(file.refusal(), HasSubstr("more than 1,048,576 cells"));
}

TEST(HostileAttributes, NumbersOfUnusualWidthAreNone) {
  ChangedTable file("pandas_fixed.h5");
  const Hdf5Handle wide(H5Tcopy(H5T_STD_I64LE), H5Tclose);
  H5Tset_size(wide.get(), 40);
  Hdf5Handle group(H5Gopen2(file.file(), "/df", H5P_DEFAULT), H5Gclose);
  H5Adelete(group.get(), "nblocks");
  const Hdf5Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  Hdf5Handle attribute(H5Acreate2(group.get(), "nblocks", wide.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  const std::vector<unsigned char> value(40, 6);
  ASSERT_GE(H5Awrite(attribute.get(), wide.get(), value.data()), 0);
  attribute.close();
  group.close();
  EXPECT_THAT(file.refusal(), HasSubstr("no block holds the column"));
}

TEST(HostileTable, CompactValuesShorterThanTheirShape) {
  const testing::TemporaryFolder folder;
  const std::string path = (folder.path() / "t.h5").string();
  const std::vector<double> values = {1.5, 2.5, 3.5, 4.5};
  {
    const Hdf5Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
    const Hdf5Handle group(H5Gcreate2(file.get(), "t", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
    const hsize_t rows = values.size();
    const Hdf5Handle space(H5Screate_simple(1, &rows, nullptr), H5Sclose);
    const Hdf5Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    H5Pset_layout(properties.get(), H5D_COMPACT);
    for (const char* name : {"spend", "visits"}) {
      const Hdf5Handle dataset(
          H5Dcreate2(group.get(), name, H5T_IEEE_F64LE, space.get(), H5P_DEFAULT, properties.get(), H5P_DEFAULT), H5Dclose);
      ASSERT_GE(H5Dwrite(dataset.get(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0);
    }
  }
  ASSERT_EQ(open_trusted_hdf5_table(path, {})->info().rows, 4);
  std::fstream bytes(path, std::ios::in | std::ios::out | std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(bytes), {}};
  // The size in front of the values, in their layout message.
  const std::size_t at = text.find(std::string_view(reinterpret_cast<const char*>(values.data()), 32));
  ASSERT_NE(at, std::string::npos);
  ASSERT_EQ(text[at - 2], 32);
  bytes.seekp(static_cast<std::streamoff>(at - 2));
  bytes.put(16);
  bytes.close();
  EXPECT_THROW(open_trusted_hdf5_table(path, {}), DataError);
}

}  // namespace
}  // namespace tessera
