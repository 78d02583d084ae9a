// SPDX-License-Identifier: Apache-2.0
// What is read past the library against what the library reads, byte by byte, for every way to store that HDF5 has.
#include "hdf5/direct_reader.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <fstream>

#include "hdf5/dataset.hpp"
#include "stored_datasets.hpp"
#include "support/temporary_folder.hpp"
#include "tessera/error.hpp"

namespace tessera::hdf5 {
namespace {

using testing::boolean;
using testing::chunked_layouts;
using testing::create_file;
using testing::creation;
using testing::Direct;
using testing::filter_lists;
using testing::Layout;
using testing::NamedFilters;
using testing::NamedType;
using testing::number_types;
using testing::record;
using testing::Stored;
using testing::write_dataset;

/// Reads rows both ways, and says whether it could be done past the library.
bool compare(const Dataset& dataset, std::int64_t first, std::int64_t rows, std::span<const char> wanted,
             ReadThreads& threads) {
  const auto bytes = static_cast<std::size_t>(rows * dataset.row_bytes());
  std::vector<std::byte> expected(bytes, std::byte{0xEE});
  std::vector<std::byte> read(bytes, std::byte{0xEE});
  ReadTasks tasks;
  if (!dataset.plan_read(first, rows, wanted, read.data(), tasks)) return false;
  threads.run(tasks);
  dataset.read(first, rows, dataset.type().memory_type(wanted), expected.data());
  // Bytes between the members of a record are nobody's: the library leaves what it likes in them.
  for (std::size_t i = 0; i < dataset.type().members.size(); ++i) {
    const RecordMember& member = dataset.type().members[i];
    const std::size_t member_bytes = member.type.memory_bytes * static_cast<std::size_t>(member.cells);
    for (std::size_t at = member.offset_bytes; wanted[i] != 0 && at < bytes; at += dataset.type().memory_bytes) {
      EXPECT_EQ(std::memcmp(&read[at], &expected[at], member_bytes), 0) << member.name << " of rows from " << first;
    }
  }
  if (dataset.type().members.empty()) {
    EXPECT_EQ(read, expected) << rows << " rows from " << first;
  }
  return true;
}

/// The whole, in runs of several lengths one after the other, and parts out of order.
Direct compare_reads(const std::string& path, const char* name, std::span<const char> wanted = {}) {
  const InputFile file = open_for_reading(path);
  int direct = 0;
  int reads = 0;
  for (const int thread_count : {1, 3}) {
    ReadThreads threads(thread_count);
    Dataset dataset(file, name);
    dataset.prepare_to_read();
    if (thread_count > 1) dataset.keep_at_most(0);
    const std::int64_t total = dataset.rows();
    const auto part = [&](std::int64_t first, std::int64_t rows) {
      ++reads;
      if (compare(dataset, first, rows, wanted, threads)) ++direct;
    };
    for (const std::int64_t run : {total, std::int64_t{257}, std::int64_t{100}}) {
      for (std::int64_t first = 0; first < total; first += run) part(first, std::min(run, total - first));
    }
    part(total - 1, 1);
    part(total / 3, total / 2);
    part(5, 3);
  }
  return direct == reads ? Direct::always : direct == 0 ? Direct::never : Direct::sometimes;
}

class DirectReaderTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::string path() const { return (folder_.path() / "t.h5").string(); }
  [[nodiscard]] Direct read_back(const Stored& stored, bool latest_format = false, hsize_t user_block = 0) const {
    write_dataset(create_file(path(), latest_format, user_block).get(), "x", stored);
    return compare_reads(path(), "x");
  }

 private:
  testing::TemporaryFolder folder_;
};

TEST_F(DirectReaderTest, ReadsContiguousNumbers) {
  for (const NamedType& type : number_types()) {
    SCOPED_TRACE(type.name);
    const Hdf5Handle stored = type.make();
    const Hdf5Handle properties = creation({}, {});
    EXPECT_EQ(read_back({stored.get(), {"", {1000}, {}}, properties.get()}), type.direct);
    EXPECT_EQ(read_back({stored.get(), {"", {900, 7}, {}}, properties.get()}, true), type.direct);
  }
}

TEST_F(DirectReaderTest, ReadsChunksOfEveryTypeFilterAndShape) {
  for (const NamedType& type : number_types()) {
    for (const NamedFilters& filters : filter_lists()) {
      if (filters.steps == std::vector<char>{'o'} && !type.integer) continue;
      for (std::size_t i = 0; i < chunked_layouts().size(); ++i) {
        const Layout& layout = chunked_layouts()[i];
        SCOPED_TRACE(fmt::format("{}, {}, {}", type.name, filters.name, layout.name));
        const Hdf5Handle stored = type.make();
        const Hdf5Handle properties = creation(layout.chunk, filters.steps);
        const Direct expected = filters.known ? type.direct : Direct::never;
        // The latest format has an index of its own for each kind of layout.
        const bool latest_format = (i + filters.steps.size()) % 2 == 0;
        EXPECT_EQ(read_back({stored.get(), layout, properties.get()}, latest_format), expected);
      }
    }
  }
}

TEST_F(DirectReaderTest, ReadsTheWantedMembersOfRecords) {
  const Hdf5Handle type = record();
  for (const NamedFilters& filters : filter_lists()) {
    if (filters.steps == std::vector<char>{'o'}) continue;
    for (const Layout& layout : {Layout{"", {1000}, {}}, Layout{"", {1000}, {300}}}) {
      if (layout.chunk.empty() && !filters.steps.empty()) continue;
      SCOPED_TRACE(fmt::format("{}, {}", filters.name, layout.chunk.empty() ? "contiguous" : "chunked"));
      const Hdf5Handle properties = creation(layout.chunk, filters.steps);
      write_dataset(create_file(path()).get(), "x", {type.get(), layout, properties.get()});
      for (const std::array<char, 7>& wanted : {std::array<char, 7>{1, 1, 1, 1, 1, 1, 1},
                                                {0, 1, 0, 0, 0, 0, 0},
                                                {0, 0, 1, 1, 0, 0, 0},
                                                {1, 0, 0, 0, 1, 0, 1},
                                                {0, 0, 0, 0, 0, 1, 0}}) {
        EXPECT_EQ(compare_reads(path(), "x", wanted), filters.known ? Direct::always : Direct::never);
      }
    }
  }
}

TEST_F(DirectReaderTest, ReadsFilesThatBeginWithSomethingElse) {
  const Hdf5Handle contiguous = creation({}, {});
  const Hdf5Handle chunked = creation({100, 3}, {'s', 'g'});
  const Hdf5Handle plain = creation({100, 3}, {});
  for (const hid_t properties : {contiguous.get(), chunked.get(), plain.get()}) {
    EXPECT_EQ(read_back({H5T_IEEE_F32LE, {"", {1000, 3}, {}}, properties}, false, 2048), Direct::always);
    EXPECT_EQ(read_back({H5T_IEEE_F32LE, {"", {1000, 3}, {}}, properties}, true, 512), Direct::always);
  }
}

TEST_F(DirectReaderTest, ChunksThatSkippedAFilterAreUnpackedWithoutIt) {
  const Hdf5Handle properties = creation({64, 4}, {'s', 'g', 'f'});
  const std::array<hsize_t, 2> extent = {64 * 8, 4};
  constexpr std::size_t kElements = 64 * 4;
  for (const unsigned mask : {1U, 2U, 3U, 4U, 6U, 7U}) {
    SCOPED_TRACE(mask);
    {
      const Hdf5Handle file = create_file(path());
      write_dataset(file.get(), "x", {H5T_IEEE_F32LE, {"", {extent[0], extent[1]}, {}}, properties.get()});
      const Hdf5Handle dataset(H5Dopen2(file.get(), "x", H5P_DEFAULT), H5Dclose);
      // Chunk 3 as the other filters make it: written through a dataset that has only those.
      std::vector<char> others;
      for (unsigned i = 0; i < 3; ++i) {
        if ((mask >> i & 1U) == 0) others.push_back("sgf"[i]);
      }
      const Hdf5Handle only_others = creation({64, 4}, others);
      write_dataset(file.get(), "one", {H5T_IEEE_F32LE, {"", {64, 4}, {}}, only_others.get()});
      const Hdf5Handle one(H5Dopen2(file.get(), "one", H5P_DEFAULT), H5Dclose);
      const std::array<hsize_t, 2> origin = {0, 0};
      const std::array<hsize_t, 2> third = {3 * 64, 0};
      hsize_t bytes = 0;
      ASSERT_GE(H5Dflush(one.get()), 0);
      ASSERT_GE(H5Dget_chunk_storage_size(one.get(), origin.data(), &bytes), 0);
      std::vector<std::byte> packed(std::max<std::size_t>(bytes, kElements * 4));
      std::uint32_t skipped = 0;
      ASSERT_GE(H5Dread_chunk(one.get(), H5P_DEFAULT, origin.data(), &skipped, packed.data()), 0);
      ASSERT_GE(H5Dwrite_chunk(dataset.get(), H5P_DEFAULT, mask, third.data(), bytes, packed.data()), 0);
    }
    EXPECT_EQ(compare_reads(path(), "x"), Direct::always);
  }
}

TEST_F(DirectReaderTest, LeavesWhatItDoesNotKnowToTheLibrary) {
  const Hdf5Handle compact = creation({}, {});
  H5Pset_layout(compact.get(), H5D_COMPACT);
  EXPECT_EQ(read_back({H5T_IEEE_F32LE, {"", {100, 3}, {}}, compact.get()}), Direct::never);
  const Hdf5Handle unfiltered_edge = creation({64, 3}, {'g'});
  H5Pset_chunk_opts(unfiltered_edge.get(), H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS);
  EXPECT_EQ(read_back({H5T_IEEE_F32LE, {"", {1000, 3}, {}}, unfiltered_edge.get()}, true), Direct::never);
  const Hdf5Handle deep = creation({64, 3, 2}, {'g'});
  EXPECT_EQ(read_back({H5T_IEEE_F32LE, {"", {100, 3, 4}, {}}, deep.get()}), Direct::never);
  const Hdf5Handle tiny = creation({4, 3}, {'g'});
  EXPECT_EQ(read_back({H5T_IEEE_F32LE, {"", {100, 3}, {}}, tiny.get()}), Direct::never);
}

TEST_F(DirectReaderTest, ValuesThatWereNeverWrittenAreTheFillValue) {
  const float fill = -3.5F;
  for (const bool chunked : {false, true}) {
    const Hdf5Handle properties = creation(chunked ? std::vector<hsize_t>{64, 3} : std::vector<hsize_t>{}, {});
    H5Pset_fill_value(properties.get(), H5T_NATIVE_FLOAT, &fill);
    {
      const Hdf5Handle file = create_file(path());
      const std::array<hsize_t, 2> extent = {1000, 3};
      const Hdf5Handle space(H5Screate_simple(2, extent.data(), nullptr), H5Sclose);
      const Hdf5Handle dataset(
          H5Dcreate2(file.get(), "x", H5T_IEEE_F32LE, space.get(), H5P_DEFAULT, properties.get(), H5P_DEFAULT), H5Dclose);
      if (chunked) {  // the last rows only
        const std::array<hsize_t, 2> start = {900, 0};
        const std::array<hsize_t, 2> count = {100, 3};
        H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr);
        const Hdf5Handle memory(H5Screate_simple(2, count.data(), nullptr), H5Sclose);
        const std::vector<float> ones(300, 1.0F);
        ASSERT_GE(H5Dwrite(dataset.get(), H5T_NATIVE_FLOAT, memory.get(), space.get(), H5P_DEFAULT, ones.data()), 0);
      }
    }
    EXPECT_EQ(compare_reads(path(), "x"), chunked ? Direct::sometimes : Direct::never);
  }
}

/// The message and advice of what reading throws.
std::pair<std::string, std::string> damage_of(const std::string& path) {
  const InputFile file = open_for_reading(path);
  Dataset dataset(file, "/x");
  dataset.prepare_to_read();
  std::vector<std::byte> read(static_cast<std::size_t>(dataset.rows() * dataset.row_bytes()));
  ReadTasks tasks;
  EXPECT_TRUE(dataset.plan_read(0, dataset.rows(), {}, read.data(), tasks));
  try {
    ReadThreads(2).run(tasks);
  } catch (const DataError& error) {
    return {error.what(), error.advice()};
  }
  return {"", ""};
}

TEST_F(DirectReaderTest, DamagedChunksAreErrorsThatNameTheFileAndTheDataset) {
  for (const auto& [filters, expected] : {std::pair<std::vector<char>, const char*>{{'g'}, "gzip stream"},
                                          {{'s', 'g'}, "gzip stream"},
                                          {{'f'}, "fletcher32"},
                                          {{'s', 'g', 'f'}, "fletcher32"}}) {
    const Hdf5Handle properties = creation({512, 3}, filters);
    StoredBytes place;
    {
      const Hdf5Handle file = create_file(path());
      write_dataset(file.get(), "x", {H5T_IEEE_F32LE, {"", {1024, 3}, {}}, properties.get()});
      const Hdf5Handle dataset(H5Dopen2(file.get(), "x", H5P_DEFAULT), H5Dclose);
      const std::array<hsize_t, 2> second = {512, 0};
      unsigned mask = 0;
      haddr_t address = 0;
      hsize_t bytes = 0;
      ASSERT_GE(H5Dflush(dataset.get()), 0);
      ASSERT_GE(H5Dget_chunk_info_by_coord(dataset.get(), second.data(), &mask, &address, &bytes), 0);
      place = {address, bytes};
    }
    {
      std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(static_cast<std::streamoff>(place.address + place.bytes / 2));
      file.write("\x5A\xA5\x5A", 3);
    }
    const auto [message, advice] = damage_of(path());
    EXPECT_THAT(message, ::testing::HasSubstr(expected));
    EXPECT_THAT(message, ::testing::HasSubstr(path()));
    EXPECT_THAT(message, ::testing::HasSubstr("/x"));
    EXPECT_THAT(advice, ::testing::HasSubstr("write it again"));
  }
}

TEST_F(DirectReaderTest, AFileThatShrinksWhileItIsReadIsAnError) {
  const Hdf5Handle properties = creation({}, {});
  write_dataset(create_file(path()).get(), "x", {H5T_IEEE_F32LE, {"", {100'000, 3}, {}}, properties.get()});
  const InputFile file = open_for_reading(path());
  Dataset dataset(file, "/x");
  dataset.prepare_to_read();
  ASSERT_EQ(::truncate(path().c_str(), 100'000), 0);
  std::vector<std::byte> read(1'200'000);
  ReadTasks tasks;
  ASSERT_TRUE(dataset.plan_read(0, 100'000, {}, read.data(), tasks));
  EXPECT_THROW(ReadThreads(2).run(tasks), DataError);
}

}  // namespace
}  // namespace tessera::hdf5
