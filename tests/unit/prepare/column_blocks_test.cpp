// SPDX-License-Identifier: Apache-2.0
#include "prepare/column_blocks.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "prepare/cells.hpp"
#include "support/memory_table.hpp"

namespace tessera {
namespace {

using testing::MemoryTable;

template <typename T>
std::vector<T> numbers(std::int64_t rows, int start) {
  std::vector<T> values(static_cast<std::size_t>(rows));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<T>((static_cast<int>(i) * 7 + start) % 113);
  return values;
}

TEST(ColumnBlocks, HandOutWhatIsInTheChunk) {
  const std::int64_t rows = 5000;
  for (const bool interleaved : {false, true}) {
    MemoryTable table;
    table.add("a", numbers<float>(rows, 1)).add("b", numbers<float>(rows, 2)).add("c", numbers<double>(rows, 3));
    table.add("d", numbers<std::int16_t>(rows, 4)).add("text", std::vector<std::string>(rows, "x"));
    table.add("e", numbers<float>(rows, 5)).add("f", numbers<std::uint64_t>(rows, 6));
    table.set_interleaved(interleaved);
    std::vector<int> all(table.info().columns.size());
    std::iota(all.begin(), all.end(), 0);
    RawChunk raw;
    table.read(0, rows, all, raw);
    ColumnBlocks blocks;
    for (const std::int64_t begin : {std::int64_t{0}, std::int64_t{4096}}) {
      const std::int64_t count = std::min<std::int64_t>(4096, rows - begin);
      blocks.load(raw.columns, begin, count);
      for (std::size_t j = 0; j < raw.columns.size(); ++j) {
        if (raw.columns[j].type == DataType::text) continue;
        std::vector<double> expected(static_cast<std::size_t>(count));
        read_cells(raw.columns[j], begin, count, expected.data());
        std::visit(
            [&](auto found) { EXPECT_TRUE(std::equal(found.begin(), found.end(), expected.begin(), expected.end())) << j; },
            blocks[static_cast<std::int64_t>(j)]);
      }
    }
  }
}

/// Neighbouring float32 columns of a row-major matrix, which are turned together.
TEST(ColumnBlocks, TurnAMatrix) {
  const std::int64_t rows = 4096, columns = 11;
  std::vector<float> matrix(static_cast<std::size_t>(rows * columns));
  std::iota(matrix.begin(), matrix.end(), 0.0F);
  std::vector<ColumnView> views;
  for (std::int64_t j = 0; j < columns; ++j) {
    views.push_back({DataType::float32, reinterpret_cast<const std::byte*>(matrix.data() + j), columns * 4, nullptr});
  }
  std::swap(views[6], views[9]);  // not neighbours any more
  ColumnBlocks blocks;
  blocks.load(views, 0, rows);
  for (std::int64_t j = 0; j < columns; ++j) {
    const std::int64_t column = j == 6 ? 9 : j == 9 ? 6 : j;
    const auto found = std::get<std::span<const float>>(blocks[j]);
    for (std::int64_t i = 0; i < rows; ++i)
      ASSERT_EQ(found[static_cast<std::size_t>(i)], static_cast<float>(i * columns + column));
  }
}

}  // namespace
}  // namespace tessera
