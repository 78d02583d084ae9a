// SPDX-License-Identifier: Apache-2.0
// Every way to store numbers, written here cell by cell and compared with what was written.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <limits>

#include "hdf5/handle.hpp"
#include "support/temporary_folder.hpp"
#include "table/hdf5_table.hpp"
#include "table_cells.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

using testing::Cells;
using testing::read_cells;

constexpr hsize_t kRows = 500;
constexpr hsize_t kColumns = 3;

enum class Stored { i1, i2, i4, i8, u1, u2, u4, u8, f2, f4, f8, boolean };
enum class Filter { contiguous, chunked, gzip, gzip_shuffle, checksum };
enum class Form { matrix, vectors, record };

struct StorageCase {
  Stored stored;
  bool big_endian;
  Filter filter;
  Form form;
};

/// The element type in the file and in memory, and the memory bytes of cell (i, j).
struct Element {
  Hdf5Handle file_type;
  hid_t memory_type;
  std::size_t bytes;
};

Hdf5Handle half_type() {
  Hdf5Handle type(H5Tcopy(H5T_IEEE_F32LE), H5Tclose);
  H5Tset_fields(type.get(), 15, 10, 5, 0, 10);
  H5Tset_size(type.get(), 2);
  H5Tset_ebias(type.get(), 15);
  return type;
}

Hdf5Handle boolean_type() {
  Hdf5Handle type(H5Tenum_create(H5T_NATIVE_INT8), H5Tclose);
  const std::array<signed char, 2> values = {0, 1};
  H5Tenum_insert(type.get(), "FALSE", &values[0]);
  H5Tenum_insert(type.get(), "TRUE", &values[1]);
  return type;
}

Element make_element(Stored stored, bool big_endian) {
  const std::array<hid_t, 8> integers = {H5T_NATIVE_INT8,  H5T_NATIVE_INT16,  H5T_NATIVE_INT32,  H5T_NATIVE_INT64,
                                         H5T_NATIVE_UINT8, H5T_NATIVE_UINT16, H5T_NATIVE_UINT32, H5T_NATIVE_UINT64};
  Element element;
  if (stored == Stored::boolean) return {boolean_type(), -1, 1};
  if (stored == Stored::f2) {
    element = {half_type(), H5T_NATIVE_FLOAT, 4};
  } else if (stored == Stored::f4 || stored == Stored::f8) {
    element.memory_type = stored == Stored::f4 ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE;
  } else {
    element.memory_type = integers[static_cast<std::size_t>(stored)];
  }
  if (!element.file_type) {
    element.file_type = {H5Tcopy(element.memory_type), H5Tclose};
    element.bytes = H5Tget_size(element.memory_type);
  }
  H5Tset_order(element.file_type.get(), big_endian ? H5T_ORDER_BE : H5T_ORDER_LE);
  return element;
}

template <typename T>
void put(std::vector<std::byte>& bytes, T value) {
  const auto raw = std::bit_cast<std::array<std::byte, sizeof(T)>>(value);
  bytes.insert(bytes.end(), raw.begin(), raw.end());
}

template <typename T>
T integer_value(std::uint64_t random) {
  if (random % 17 == 0) return std::numeric_limits<T>::min();
  if (random % 17 == 1) return std::numeric_limits<T>::max();
  return static_cast<T>(random);
}

template <typename T>
T floating_value(std::uint64_t random) {
  switch (random % 19) {
    case 0:
      return std::numeric_limits<T>::quiet_NaN();
    case 1:
      return -std::numeric_limits<T>::infinity();
    case 2:
      return std::numeric_limits<T>::denorm_min();
    case 3:
      return std::numeric_limits<T>::max();
    case 4:
      return static_cast<T>(-0.0);
    default:
      return static_cast<T>(static_cast<std::int64_t>(random)) / static_cast<T>(3);
  }
}

/// A value that half precision holds: 11 significant bits, exponents from -24 (below the normal range) to 15.
float half_value(std::uint64_t random) {
  switch (random % 19) {
    case 0:
      return std::numeric_limits<float>::quiet_NaN();
    case 1:
      return std::numeric_limits<float>::infinity();
    case 2:
      return 0x1p-24F;
    case 3:
      return 65504.0F;
    default:
      return std::ldexp(static_cast<float>(random % 2048), static_cast<int>(random / 2048 % 16) - 14) *
             (random % 2 ? 1.0F : -1.0F);
  }
}

/// Appends a value and returns what must be read.
std::string put_value(Stored stored, std::uint64_t random, std::vector<std::byte>& bytes) {
  const auto put_integer = [&]<typename T>(T value) {
    put(bytes, value);
    return std::to_string(value);
  };
  const auto put_floating = [&]<typename T>(T value) {
    put(bytes, value);
    return testing::exact_text(static_cast<double>(value));
  };
  switch (stored) {
    case Stored::i1:
      return put_integer(integer_value<std::int8_t>(random));
    case Stored::i2:
      return put_integer(integer_value<std::int16_t>(random));
    case Stored::i4:
      return put_integer(integer_value<std::int32_t>(random));
    case Stored::i8:
      return put_integer(integer_value<std::int64_t>(random));
    case Stored::u1:
      return put_integer(integer_value<std::uint8_t>(random));
    case Stored::u2:
      return put_integer(integer_value<std::uint16_t>(random));
    case Stored::u4:
      return put_integer(integer_value<std::uint32_t>(random));
    case Stored::u8:
      return put_integer(integer_value<std::uint64_t>(random));
    case Stored::f2:
      return put_floating(half_value(random));
    case Stored::f4:
      return put_floating(floating_value<float>(random));
    case Stored::f8:
      return put_floating(floating_value<double>(random));
    case Stored::boolean:
      return put_integer(static_cast<std::int8_t>(random % 2));
  }
  return "?";
}

Hdf5Handle storage_properties(Filter filter, std::vector<hsize_t> chunk) {
  Hdf5Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  if (filter == Filter::contiguous) return properties;
  H5Pset_chunk(properties.get(), static_cast<int>(chunk.size()), chunk.data());
  if (filter == Filter::gzip_shuffle) H5Pset_shuffle(properties.get());
  if (filter == Filter::gzip || filter == Filter::gzip_shuffle) H5Pset_deflate(properties.get(), 4);
  if (filter == Filter::checksum) H5Pset_fletcher32(properties.get());
  return properties;
}

void write_dataset(hid_t file, const std::string& name, hid_t file_type, hid_t memory_type, std::vector<hsize_t> extent,
                   std::vector<hsize_t> chunk, Filter filter, const void* bytes) {
  const Hdf5Handle space(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr), H5Sclose);
  const Hdf5Handle properties = storage_properties(filter, std::move(chunk));
  const Hdf5Handle dataset(H5Dcreate2(file, name.c_str(), file_type, space.get(), H5P_DEFAULT, properties.get(), H5P_DEFAULT),
                           H5Dclose);
  ASSERT_TRUE(dataset);
  ASSERT_GE(H5Dwrite(dataset.get(), memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes), 0);
}

/// A compound of `columns` members a, b, c ... of one type.
Hdf5Handle record_of(hid_t element, std::size_t bytes) {
  Hdf5Handle record(H5Tcreate(H5T_COMPOUND, kColumns * bytes), H5Tclose);
  for (std::size_t j = 0; j < kColumns; ++j) {
    H5Tinsert(record.get(), std::string(1, static_cast<char>('a' + j)).c_str(), j * bytes, element);
  }
  return record;
}

/// Writes the table and returns its cells.
Cells write_table(const std::string& path, const StorageCase& wanted) {
  Element element = make_element(wanted.stored, wanted.big_endian);
  const hid_t memory = element.memory_type < 0 ? element.file_type.get() : element.memory_type;
  testing::Sequence sequence(7);
  std::vector<std::byte> rows;
  std::array<std::vector<std::byte>, kColumns> columns;
  Cells cells(kRows);
  for (auto& line : cells) {
    for (auto& column : columns) {
      const std::uint64_t random = sequence.next();
      line.push_back(put_value(wanted.stored, random, rows));
      static_cast<void>(put_value(wanted.stored, random, column));
    }
  }
  const Hdf5Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
  if (wanted.form == Form::matrix) {
    write_dataset(file.get(), "x", element.file_type.get(), memory, {kRows, kColumns}, {64, 2}, wanted.filter, rows.data());
  } else if (wanted.form == Form::vectors) {
    for (std::size_t j = 0; j < kColumns; ++j) {
      const std::string name(1, static_cast<char>('a' + j));
      write_dataset(file.get(), name, element.file_type.get(), memory, {kRows}, {64}, wanted.filter, columns.at(j).data());
    }
  } else {
    const Hdf5Handle in_file = record_of(element.file_type.get(), H5Tget_size(element.file_type.get()));
    const Hdf5Handle in_memory = record_of(memory, element.bytes);
    write_dataset(file.get(), "x", in_file.get(), in_memory.get(), {kRows}, {64}, wanted.filter, rows.data());
  }
  return cells;
}

DataType expected_type(Stored stored) {
  if (stored == Stored::boolean) return DataType::uint8;
  if (stored == Stored::f2) return DataType::float32;
  return static_cast<DataType>(static_cast<int>(stored) - (stored > Stored::f2 ? 1 : 0));
}

class StoredNumbers : public ::testing::TestWithParam<Stored> {};

TEST_P(StoredNumbers, AreReadAsTheyWereWritten) {
  const testing::TemporaryFolder folder;
  const std::string path = (folder.path() / "t.h5").string();
  for (const bool big_endian : {false, true}) {
    for (const Filter filter : {Filter::contiguous, Filter::chunked, Filter::gzip, Filter::gzip_shuffle, Filter::checksum}) {
      for (const Form form : {Form::matrix, Form::vectors, Form::record}) {
        SCOPED_TRACE(
            fmt::format("big endian {}, filter {}, form {}", big_endian, static_cast<int>(filter), static_cast<int>(form)));
        const Cells expected = write_table(path, {GetParam(), big_endian, filter, form});
        const auto table = open_trusted_hdf5_table(path, {});
        ASSERT_EQ(table->info().columns.size(), kColumns);
        EXPECT_EQ(table->info().columns.front().type, expected_type(GetParam()));
        EXPECT_EQ(read_cells(*table, 500), expected);
        EXPECT_EQ(read_cells(*table, 37), expected);
        const Cells middle = read_cells(*table, {1}, 100);
        for (std::size_t i = 0; i < kRows; ++i) ASSERT_EQ(middle[i].front(), expected[i][1]);
      }
    }
  }
}

std::string stored_name(const ::testing::TestParamInfo<Stored>& stored) {
  constexpr std::array<const char*, 12> kNames = {"i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "boolean"};
  return kNames.at(static_cast<std::size_t>(stored.param));
}

INSTANTIATE_TEST_SUITE_P(AllTypes, StoredNumbers,
                         ::testing::Values(Stored::i1, Stored::i2, Stored::i4, Stored::i8, Stored::u1, Stored::u2, Stored::u4,
                                           Stored::u8, Stored::f2, Stored::f4, Stored::f8, Stored::boolean),
                         stored_name);

TEST(Hdf5Storage, AMatrixIsSeenInPlaceRowMajor) {
  const testing::TemporaryFolder folder;
  const std::string path = (folder.path() / "t.h5").string();
  write_table(path, {Stored::f4, false, Filter::contiguous, Form::matrix});
  const auto table = open_hdf5_table(path, {});
  RawChunk chunk;
  table->read(0, 10, std::vector<int>{0, 1, 2}, chunk);
  for (const std::ptrdiff_t j : {0, 1, 2}) {
    const ColumnView& view = chunk.columns[static_cast<std::size_t>(j)];
    EXPECT_EQ(view.stride_bytes, static_cast<std::ptrdiff_t>(kColumns * sizeof(float)));
    EXPECT_EQ(view.data - chunk.columns.front().data, j * static_cast<std::ptrdiff_t>(sizeof(float)));
  }
}

TEST(Hdf5Storage, PreferredRowsFollowTheChunks) {
  const testing::TemporaryFolder folder;
  const std::string path = (folder.path() / "t.h5").string();
  {
    const Hdf5Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
    const std::vector<float> values(30000 * 16);
    write_dataset(file.get(), "x", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, {30000, 16}, {3 * 4096, 16}, Filter::gzip, values.data());
  }
  const std::int64_t rows = open_hdf5_table(path, {})->preferred_rows();
  EXPECT_EQ(rows % (3 * 4096), 0);
  EXPECT_GE(rows * 16 * 4, std::int64_t{4} << 20);
  EXPECT_LE(rows * 16 * 4, std::int64_t{16} << 20);
}

TEST(Hdf5Storage, WhatUnpackingTakesIsKnown) {
  const testing::TemporaryFolder folder;
  const std::string path = (folder.path() / "t.h5").string();
  {
    const Hdf5Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
    const std::vector<float> values(30000 * 16);
    write_dataset(file.get(), "x", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, {30000, 16}, {10000, 16}, Filter::gzip_shuffle,
                  values.data());
  }
  constexpr std::int64_t kChunkBytes = 10000 * 16 * 4;
  const std::int64_t of_one = open_hdf5_table(path, {.threads = 1})->working_bytes();
  const std::int64_t of_three = open_hdf5_table(path, {.threads = 3})->working_bytes();
  EXPECT_GE(of_three - of_one, 2 * 2 * kChunkBytes) << "a thread holds a chunk as it is stored, and unpacked";
  EXPECT_LE(of_three - of_one, 2 * 3 * kChunkBytes);
  EXPECT_GE(of_one, 2 * kChunkBytes + 2 * kChunkBytes) << "chunks at the ends of reads are kept";
}

TEST(Hdf5Storage, AMissingFilterIsNamedWithItsNumber) {
  const testing::TemporaryFolder folder;
  const std::string path = (folder.path() / "t.h5").string();
  {
    // An optional filter that is not there is skipped in writing but recorded, as if by a program that had it.
    const Hdf5Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
    const Hdf5Handle properties = storage_properties(Filter::chunked, {10, 2});
    const Hdf5Session quiet;
    ASSERT_GE(H5Pset_filter(properties.get(), 32015, H5Z_FLAG_OPTIONAL, 0, nullptr), 0);
    const std::array<hsize_t, 2> extent = {10, 2};
    const Hdf5Handle space(H5Screate_simple(2, extent.data(), nullptr), H5Sclose);
    const Hdf5Handle dataset(
        H5Dcreate2(file.get(), "x", H5T_IEEE_F32LE, space.get(), H5P_DEFAULT, properties.get(), H5P_DEFAULT), H5Dclose);
    ASSERT_TRUE(dataset);
  }
  try {
    static_cast<void>(open_hdf5_table(path, {}));
    FAIL() << "was opened";
  } catch (const DeviceError& error) {
    EXPECT_EQ(error.code(), ErrorCode::unavailable);
    EXPECT_NE(std::string(error.what()).find("zstd (id 32015)"), std::string::npos) << error.what();
    EXPECT_NE(error.advice().find("HDF5_PLUGIN_PATH"), std::string::npos);
  }
}

TEST(Hdf5Storage, AFileThatIsLockedByAnotherIsReadWithoutALockAndSaysSo) {
  const testing::TemporaryFolder folder;
  const std::string path = (folder.path() / "t.h5").string();
  const Cells expected = write_table(path, {Stored::f8, false, Filter::contiguous, Form::matrix});
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(::flock(descriptor, LOCK_EX), 0);
  auto table = open_hdf5_table(path, {});
  ASSERT_FALSE(table->info().notes.empty());
  EXPECT_NE(table->info().notes.back().find("without a lock"), std::string::npos);
  EXPECT_EQ(read_cells(*table, 100), expected);
  ::close(descriptor);
  EXPECT_EQ(read_cells(*open_hdf5_table(path, {}), 100), expected) << "while it is still open without a lock";
  table.reset();
  EXPECT_TRUE(open_hdf5_table(path, {})->info().notes.empty());
}

TEST(Hdf5Storage, ATableOfManyMoreRowsThanMemoryCostsNothingToOpen) {
  const testing::TemporaryFolder folder;
  const std::string path = (folder.path() / "t.h5").string();
  constexpr hsize_t kMany = hsize_t{1} << 40;
  {
    const Hdf5Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
    const Hdf5Handle properties = storage_properties(Filter::gzip, {4096, 3});
    const std::array<hsize_t, 2> extent = {kMany, 3};
    const Hdf5Handle space(H5Screate_simple(2, extent.data(), nullptr), H5Sclose);
    const Hdf5Handle dataset(
        H5Dcreate2(file.get(), "x", H5T_IEEE_F32LE, space.get(), H5P_DEFAULT, properties.get(), H5P_DEFAULT), H5Dclose);
    const std::array<hsize_t, 2> start = {kMany - 2, 0};
    const std::array<hsize_t, 2> count = {2, 3};
    H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr);
    const Hdf5Handle memory(H5Screate_simple(2, count.data(), nullptr), H5Sclose);
    const std::array<float, 6> values = {1, 2, 3, 4, 5, 6};
    ASSERT_GE(H5Dwrite(dataset.get(), H5T_NATIVE_FLOAT, memory.get(), space.get(), H5P_DEFAULT, values.data()), 0);
  }
  const auto table = open_hdf5_table(path, {});
  EXPECT_EQ(table->info().rows, std::int64_t{1} << 40);
  RawChunk chunk;
  table->read(table->info().rows - 3, 3, std::vector<int>{2}, chunk);
  EXPECT_EQ(testing::cell_text(chunk.columns[0], 0), testing::exact_text(0.0));
  EXPECT_EQ(testing::cell_text(chunk.columns[0], 2), testing::exact_text(6.0));
}

}  // namespace
}  // namespace tessera
