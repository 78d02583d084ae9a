// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <numeric>
#include <string>
#include <vector>

#include "table/hdf5_table.hpp"
#include "table_cells.hpp"
#include "tessera/error.hpp"

namespace tessera::testing {

constexpr hdf5::ChildLimits kDamagedLimits = {.cpu_seconds = 2, .wall_seconds = 4};

inline std::string load_bytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void store_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

/// Changes 1 to `most` bytes; half of them at the beginning, where the metadata of small files gathers.
inline std::string flip_bytes(std::string bytes, Sequence& sequence, std::uint64_t most) {
  const std::uint64_t flips = 1 + sequence.next() % most;
  for (std::uint64_t flip = 0; flip < flips; ++flip) {
    const std::size_t range = sequence.next() % 2 == 0 ? std::min<std::size_t>(bytes.size(), 2048) : bytes.size();
    const std::size_t at = sequence.next() % range;
    const auto change = static_cast<unsigned char>(1 + sequence.next() % 255);
    bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ change);
  }
  return bytes;
}

enum class Outcome { refused, read };

/// Opens and reads everything; of a table that claims to be huge, the beginning.
inline Outcome try_file(const std::string& path) {
  try {
    const auto table = open_hdf5_table(path, {}, kDamagedLimits);
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
    EXPECT_FALSE(error.advice().empty()) << error.what();
    return Outcome::refused;
  }
}

/// A test's name for a file.
inline std::string name_of_file(const ::testing::TestParamInfo<const char*>& file) {
  std::string name = file.param;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

}  // namespace tessera::testing
