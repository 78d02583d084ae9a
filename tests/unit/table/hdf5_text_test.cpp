// SPDX-License-Identifier: Apache-2.0
// Text of variable length: sound, and with references and heaps that lead HDF5 beyond its buffers. Files are read without the
// child that would hide a crash.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <hdf5.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <vector>

#include "hdf5/handle.hpp"
#include "support/temporary_folder.hpp"
#include "table/hdf5_table.hpp"
#include "table_cells.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

using ::testing::HasSubstr;

Hdf5Handle variable_text() {
  Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.get(), H5T_VARIABLE);
  return type;
}

/// How a dataset of text is stored.
struct Storage {
  hsize_t chunk_rows = 0;  ///< 0: contiguous
  bool gzip = false;
  hsize_t user_block_bytes = 0;
};

/// A file /t/name of text, null for a missing cell, beside numbers /t/number.
class TextFile {
 public:
  TextFile(const std::vector<const char*>& cells, const Storage& storage) : path_((folder_.path() / "t.h5").string()) {
    const Hdf5Handle creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
    H5Pset_userblock(creation.get(), storage.user_block_bytes);
    const Hdf5Handle file(H5Fcreate(path_.c_str(), H5F_ACC_TRUNC, creation.get(), H5P_DEFAULT), H5Fclose);
    const Hdf5Handle group(H5Gcreate2(file.get(), "t", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
    const hsize_t rows = cells.size();
    const Hdf5Handle space(H5Screate_simple(1, &rows, nullptr), H5Sclose);
    const Hdf5Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    if (storage.chunk_rows > 0) H5Pset_chunk(properties.get(), 1, &storage.chunk_rows);
    if (storage.gzip) H5Pset_deflate(properties.get(), 4);
    const Hdf5Handle type = variable_text();
    const Hdf5Handle text(H5Dcreate2(group.get(), "name", type.get(), space.get(), H5P_DEFAULT, properties.get(), H5P_DEFAULT),
                          H5Dclose);
    H5Dwrite(text.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, cells.data());
    if (storage.chunk_rows == 0) references_ = H5Dget_offset(text.get());
  }

  /// Row, and byte within its reference: 0 length (4 bytes), 4 address (8), 12 number (4).
  void change_reference(std::size_t row, std::size_t byte, unsigned char value) {
    std::string bytes = load();
    bytes[static_cast<std::size_t>(references_) + 16 * row + byte] = static_cast<char>(value);
    store(bytes);
  }
  /// A byte of the first collection of the heap: 8 its size, 16 the first object, 24 its size.
  void change_heap(std::size_t byte, unsigned char value) {
    std::string bytes = load();
    const std::size_t heap = bytes.find("GCOL");
    ASSERT_NE(heap, std::string::npos);
    bytes[heap + byte] = static_cast<char>(value);
    store(bytes);
  }
  [[nodiscard]] testing::Cells read(std::int64_t run_rows) const {
    return testing::read_cells(*open_trusted_hdf5_table(path_, {}), run_rows);
  }
  std::string refusal() const {
    try {
      static_cast<void>(read(7));
    } catch (const DataError& error) {
      EXPECT_NE(error.advice(), "");
      return error.what();
    }
    return "read";
  }

 private:
  std::string load() const {
    std::ifstream in(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void store(const std::string& bytes) const {
    std::ofstream(path_, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }

  testing::TemporaryFolder folder_;
  std::string path_;
  haddr_t references_ = 0;
};

class SoundText : public ::testing::TestWithParam<Storage> {};

TEST_P(SoundText, IsRead) {
  constexpr int kRows = 3000;  // dozens of collections
  const std::string longest(20'000, 'x');
  std::vector<std::string> written;
  for (int i = 0; i < kRows; ++i) written.push_back(i % 1000 == 17 ? longest : i % 5 == 0 ? "" : fmt::format("cell {}", i));
  std::vector<const char*> cells;
  for (int i = 0; i < kRows; ++i) cells.push_back(i % 7 == 0 ? nullptr : written[static_cast<std::size_t>(i)].c_str());
  const TextFile file(cells, GetParam());
  for (const std::int64_t run : {7, 1000, 4096}) {
    const testing::Cells read = file.read(run);
    ASSERT_EQ(read.size(), cells.size());
    for (std::size_t i = 0; i < cells.size(); ++i) EXPECT_EQ(read[i][0], i % 7 == 0 ? "" : written[i]) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Storages, SoundText,
                         ::testing::Values(Storage{}, Storage{.chunk_rows = 100}, Storage{.chunk_rows = 2000, .gzip = true},
                                           Storage{.chunk_rows = 64, .gzip = true}, Storage{.user_block_bytes = 512}));

TEST(DamagedText, AReferenceThatLeadsNowhereIsRefusedWithItsRow) {
  struct Change {
    std::size_t byte;
    unsigned char value;
  };
  // Longer, shorter and huge; an address in the middle of something and beyond the file; a number that is free, that is beyond
  // those of the collection, and that is far beyond.
  const Change changes[] = {{0, 200}, {0, 1}, {3, 64}, {4, 8}, {9, 1}, {12, 200}, {13, 2}, {15, 128}};
  for (const Change& change : changes) {
    TextFile file({"anna", "berta", "carl", "dora"}, {});
    file.change_reference(2, change.byte, change.value);
    EXPECT_THAT(file.refusal(), HasSubstr("/t/name: row 2: the text is damaged")) << change.byte << ": " << int{change.value};
  }
}

TEST(DamagedText, AHeapWhoseObjectsDoNotFitIsRefused) {
  struct Change {
    std::size_t byte;
    unsigned char value;
  };
  // The size of the collection, of its first object (small, beyond the collection, beyond everything), and a free space of
  // nothing.
  const Change changes[] = {{9, 1}, {8, 20}, {15, 255}, {24, 60}, {25, 200}, {31, 255}, {16, 0}};
  for (const Storage& storage : {Storage{}, Storage{.chunk_rows = 1}}) {  // a chunk of one reference is left to HDF5
    for (const Change& change : changes) {
      TextFile file({"anna", "berta", "carl", "dora"}, storage);
      file.change_heap(change.byte, change.value);
      EXPECT_THAT(file.refusal(), HasSubstr("damaged")) << change.byte << ": " << int{change.value};
    }
  }
}

TEST(DamagedText, AnAttributeIsNotReadFromADamagedHeap) {
  const testing::TemporaryFolder folder;
  const std::string path = (folder.path() / "t.h5").string();
  {
    const Hdf5Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
    const hsize_t extents[] = {3, 2};
    const Hdf5Handle space(H5Screate_simple(2, extents, nullptr), H5Sclose);
    const Hdf5Handle data(H5Dcreate2(file.get(), "x", H5T_NATIVE_FLOAT, space.get(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                          H5Dclose);
    const Hdf5Handle type = variable_text();
    const Hdf5Handle names(H5Screate_simple(1, &extents[1], nullptr), H5Sclose);
    const Hdf5Handle attribute(H5Acreate2(data.get(), "columns", type.get(), names.get(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    const char* words[] = {"age", "income"};
    H5Awrite(attribute.get(), type.get(), words);
  }
  EXPECT_EQ(open_trusted_hdf5_table(path, {})->info().columns[1].name, "income");
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  file.clear();
  file.seekp(static_cast<std::streamoff>(bytes.find("GCOL") + 25));
  file.put('\x40');  // 16,384 bytes more in the first object
  file.close();
  try {
    static_cast<void>(open_trusted_hdf5_table(path, {}));
    FAIL() << "the attribute was read";
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("the heap that holds its text is damaged"));
  }
}

TEST(Records, TheirReferencesAreCheckedToo) {
  struct Customer {
    char code[3];
    const char* names[2];
    float spend;
    const char* city;
  };
  const testing::TemporaryFolder folder;
  const std::string path = (folder.path() / "t.h5").string();
  constexpr hsize_t kRows = 50;
  // In the file a reference takes 16 bytes and nothing is between the members.
  constexpr std::size_t kStoredBytes = 3 + 2 * 16 + 4 + 16;
  constexpr std::size_t kCity = kStoredBytes - 16;
  haddr_t start = 0;
  {
    const Hdf5Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
    const Hdf5Handle text = variable_text();
    const Hdf5Handle code(H5Tcopy(H5T_C_S1), H5Tclose);
    H5Tset_size(code.get(), 3);
    const hsize_t two = 2;
    const Hdf5Handle names(H5Tarray_create2(text.get(), 1, &two), H5Tclose);
    const Hdf5Handle type(H5Tcreate(H5T_COMPOUND, sizeof(Customer)), H5Tclose);
    H5Tinsert(type.get(), "code", HOFFSET(Customer, code), code.get());
    H5Tinsert(type.get(), "names", HOFFSET(Customer, names), names.get());
    H5Tinsert(type.get(), "spend", HOFFSET(Customer, spend), H5T_NATIVE_FLOAT);
    H5Tinsert(type.get(), "city", HOFFSET(Customer, city), text.get());
    const Hdf5Handle packed(H5Tcopy(type.get()), H5Tclose);
    H5Tpack(packed.get());
    std::vector<Customer> customers(kRows, {{'a', 'b', 'c'}, {"anna", nullptr}, 1.5f, "Bonn"});
    const Hdf5Handle space(H5Screate_simple(1, &kRows, nullptr), H5Sclose);
    const Hdf5Handle data(H5Dcreate2(file.get(), "customers", packed.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                          H5Dclose);
    H5Dwrite(data.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, customers.data());
    start = H5Dget_offset(data.get());
    ASSERT_EQ(H5Dget_storage_size(data.get()), kRows * kStoredBytes);
  }
  const testing::Cells sound = testing::read_cells(*open_trusted_hdf5_table(path, {}), 20);
  EXPECT_EQ(sound[49], (std::vector<std::string>{"abc", "anna", "", testing::exact_text(1.5), "Bonn"}));
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(start + 31 * kStoredBytes + kCity + 13));
  file.put('\2');  // an object beyond those of the collection
  file.close();
  const auto table = open_trusted_hdf5_table(path, {});
  try {
    testing::read_cells(*table, 20);
    FAIL() << "the reference was followed";
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("/customers: row 31: the text is damaged"));
  }
}

TEST(Records, NumbersBesideTextAreTheSameWithoutIt) {
  struct Customer {
    std::int32_t id;
    const char* city;
    double spend;
  };
  const testing::TemporaryFolder folder;
  const std::string path = (folder.path() / "t.h5").string();
  constexpr hsize_t kRows = 100;
  for (const hsize_t chunk : {hsize_t{0}, hsize_t{50}}) {
    {
      const Hdf5Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
      const Hdf5Handle type(H5Tcreate(H5T_COMPOUND, sizeof(Customer)), H5Tclose);
      const Hdf5Handle text = variable_text();
      H5Tinsert(type.get(), "id", HOFFSET(Customer, id), H5T_NATIVE_INT32);
      H5Tinsert(type.get(), "city", HOFFSET(Customer, city), text.get());
      H5Tinsert(type.get(), "spend", HOFFSET(Customer, spend), H5T_NATIVE_DOUBLE);
      std::vector<Customer> customers;
      for (hsize_t i = 0; i < kRows; ++i) {
        customers.push_back({static_cast<std::int32_t>(i), i % 2 == 0 ? "Bonn" : "Paris", static_cast<double>(i) / 4});
      }
      const Hdf5Handle space(H5Screate_simple(1, &kRows, nullptr), H5Sclose);
      const Hdf5Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
      if (chunk > 0) H5Pset_chunk(properties.get(), 1, &chunk);
      const Hdf5Handle data(
          H5Dcreate2(file.get(), "customers", type.get(), space.get(), H5P_DEFAULT, properties.get(), H5P_DEFAULT), H5Dclose);
      H5Dwrite(data.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, customers.data());
    }
    const auto table = open_trusted_hdf5_table(path, {});
    for (const std::vector<int>& columns : {std::vector<int>{0, 1, 2}, {0, 2}, {2}}) {
      const testing::Cells cells = testing::read_cells(*table, columns, 30);
      for (std::size_t i = 0; i < kRows; ++i) {
        EXPECT_EQ(cells[i].back(), testing::exact_text(static_cast<double>(i) / 4)) << columns.size();
        EXPECT_EQ(cells[i].front(), columns.size() > 1 ? fmt::format("{}", i) : cells[i].back());
      }
    }
  }
}

}  // namespace
}  // namespace tessera
