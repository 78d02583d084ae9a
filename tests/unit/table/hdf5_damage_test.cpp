// SPDX-License-Identifier: Apache-2.0
// Damaged files: whatever is in them, opening and reading ends in an Error or in cells, not in a crash and not never.
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <iterator>

#include "support/temporary_folder.hpp"
#include "table/hdf5_table.hpp"
#include "table_cells.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

const std::string kFolder = std::string(TESSERA_TEST_DATA) + "/tables/";
constexpr hdf5::ChildLimits kLimits = {.cpu_seconds = 2, .wall_seconds = 4};

std::string load(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void store(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

enum class Outcome { refused, read };

/// Opens and reads everything; of a table that claims to be huge, the beginning.
Outcome try_file(const std::string& path) {
  try {
    const auto table = open_hdf5_table(path, {}, kLimits);
    std::vector<int> all(table->info().columns.size());
    std::iota(all.begin(), all.end(), 0);
    RawChunk chunk;
    for (std::int64_t row = 0; row < std::min<std::int64_t>(table->info().rows, 4000); row += 1000) {
      table->read(row, std::min<std::int64_t>(1000, table->info().rows - row), all, chunk);
      EXPECT_EQ(chunk.columns.size(), all.size());
    }
    return Outcome::read;
  } catch (const Error& error) {
    EXPECT_TRUE(error.code() == ErrorCode::bad_data || error.code() == ErrorCode::unavailable || error.code() == ErrorCode::io)
        << static_cast<int>(error.code()) << ": " << error.what();
    EXPECT_FALSE(std::string(error.what()).empty());
    return Outcome::refused;
  }
}

class DamagedFile : public ::testing::TestWithParam<const char*> {};

TEST_P(DamagedFile, CutShortIsADataError) {
  const testing::TemporaryFolder folder;
  const std::string path = (folder.path() / "cut.h5").string();
  const std::string whole = load(kFolder + GetParam());
  ASSERT_FALSE(whole.empty());
  constexpr std::size_t kCuts = 40;
  for (std::size_t i = 0; i < kCuts; ++i) {
    // Evenly spread, and close to the end.
    const std::size_t length = i < 8 ? whole.size() - 1 - i * i * 16 : i * whole.size() / kCuts;
    store(path, whole.substr(0, length));
    try {
      static_cast<void>(open_hdf5_table(path, {}, kLimits));
      ADD_FAILURE() << "opened after " << length << " of " << whole.size() << " bytes";
    } catch (const DataError& error) {
      EXPECT_EQ(error.code(), ErrorCode::bad_data);
    }
  }
}

TEST_P(DamagedFile, WithFlippedBytesIsReadOrRefused) {
  const testing::TemporaryFolder folder;
  const std::string path = (folder.path() / "flipped.h5").string();
  const std::string whole = load(kFolder + GetParam());
  testing::Sequence sequence(11);
  constexpr int kFiles = 60;
  int refused = 0;
  for (int i = 0; i < kFiles; ++i) {
    std::string bytes = whole;
    const std::uint64_t flips = 1 + sequence.next() % 4;
    for (std::uint64_t flip = 0; flip < flips; ++flip) {
      // Metadata gathers at the beginning of small files.
      const std::size_t range = sequence.next() % 2 == 0 ? std::min<std::size_t>(bytes.size(), 2048) : bytes.size();
      const std::size_t at = sequence.next() % range;
      const auto change = static_cast<unsigned char>(1 + sequence.next() % 255);
      bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ change);
    }
    store(path, bytes);
    refused += try_file(path) == Outcome::refused ? 1 : 0;
  }
  EXPECT_GT(refused, 0) << "no flip did any harm, so this proves nothing";
}

std::string file_name(const ::testing::TestParamInfo<const char*>& file) {
  std::string name = file.param;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Layouts, DamagedFile,
                         ::testing::Values("matrix.h5", "columns.h5", "compound.h5", "pandas_fixed.h5", "pandas_table.h5",
                                           "dense.h5ad", "sibling_names.h5"),
                         file_name);

TEST(DamagedSignature, JunkBehindTheSignatureIsADataError) {
  const testing::TemporaryFolder folder;
  const std::string path = (folder.path() / "junk.h5").string();
  testing::Sequence sequence(3);
  std::string bytes = "\x89HDF\r\n\x1a\n";
  for (int i = 0; i < 4096; ++i) bytes.push_back(static_cast<char>(sequence.next()));
  store(path, bytes);
  EXPECT_THROW(static_cast<void>(open_hdf5_table(path, {}, kLimits)), DataError);
}

}  // namespace
}  // namespace tessera
