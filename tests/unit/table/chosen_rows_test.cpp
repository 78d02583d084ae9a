// SPDX-License-Identifier: Apache-2.0
#include "table/chosen_rows.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "support/memory_table.hpp"
#include "support/table_cells.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

using testing::MemoryTable;
using testing::read_column;

constexpr std::int64_t kRows = 20'000;

/// Which rows are chosen: none, all, single ones, long runs with gaps that span whole blocks.
struct Choice {
  const char* name;
  bool (*chosen)(std::int64_t row);
};
const Choice kChoices[] = {
    {"first only", [](std::int64_t row) { return row == 0; }},
    {"last only", [](std::int64_t row) { return row == kRows - 1; }},
    {"all", [](std::int64_t) { return true; }},
    {"every third", [](std::int64_t row) { return row % 3 == 1; }},
    {"runs and gaps", [](std::int64_t row) { return (row / 5'000) % 2 == 1 || row % 4'099 == 7; }},
    {"scattered", [](std::int64_t row) { return std::mt19937_64(static_cast<std::uint64_t>(row))() % 7 == 0; }},
};

struct Expected {
  std::vector<std::int64_t> rows;
  std::vector<double> numbers;
  std::vector<std::string> texts;
};

class ChosenRowsTest : public ::testing::TestWithParam<std::tuple<Choice, std::int64_t, bool>> {
 protected:
  ChosenRowsTest() {
    const auto& [choice, preferred, interleaved] = GetParam();
    std::vector<double> numbers;
    std::vector<std::int16_t> codes;
    std::vector<std::string> texts;
    for (std::int64_t row = 0; row < kRows; ++row) {
      numbers.push_back(1.5 * static_cast<double>(row));
      codes.push_back(static_cast<std::int16_t>(row % 1'000));
      texts.push_back(row % 11 == 0 ? "" : std::string(static_cast<std::size_t>(row % 5), 'x') + std::to_string(row));
      bitmap_.push_back(choice.chosen(row));
      if (!choice.chosen(row)) continue;
      expected_.rows.push_back(row);
      expected_.numbers.push_back(numbers.back());
      expected_.texts.push_back(texts.back());
    }
    auto table = std::make_unique<MemoryTable>(preferred);
    table->add("number", numbers).add("code", codes).add("text", texts);
    table->set_interleaved(interleaved);
    whole_ = table.get();
    chosen_ = std::make_unique<ChosenRows>(std::move(table), bitmap_);
  }

  RowBitmap bitmap_;
  Expected expected_;
  MemoryTable* whole_ = nullptr;
  std::unique_ptr<ChosenRows> chosen_;
};

TEST_P(ChosenRowsTest, TheBitmapFindsWhatAListWouldHold) {
  ASSERT_EQ(bitmap_.count(), std::ssize(expected_.rows));
  EXPECT_EQ(bitmap_.rows(), kRows);
  for (std::int64_t i = 0; i < bitmap_.count(); ++i) {
    ASSERT_EQ(bitmap_.select(i), expected_.rows[static_cast<std::size_t>(i)]);
  }
  for (std::int64_t row = 0; row <= kRows; ++row) {
    const auto found = std::ranges::lower_bound(expected_.rows, row);
    ASSERT_EQ(bitmap_.next(row), found == expected_.rows.end() ? kRows : *found) << row;
  }
}

TEST_P(ChosenRowsTest, ShowsTheCellsOfTheChosenRowsAlone) {
  EXPECT_EQ(chosen_->info().rows, std::ssize(expected_.rows));
  EXPECT_EQ(read_column(*chosen_, 0).numbers, expected_.numbers);
  EXPECT_EQ(read_column(*chosen_, 2).text, expected_.texts);
}

TEST_P(ChosenRowsTest, ReadsAnyRunOfAnyColumnsIntoOneChunk) {
  RawChunk chunk;
  const std::int64_t all = chosen_->info().rows;
  for (std::int64_t first = 0; first < all; first += 4'096) {
    const std::int64_t count = std::min<std::int64_t>(4'096, all - first);
    chosen_->read(first, count, std::vector<int>{2, 1, 0}, chunk);
    ASSERT_EQ(chunk.first_row, first);
    ASSERT_EQ(chunk.rows, count);
    for (std::int64_t i = 0; i < count; ++i) {
      const auto at = static_cast<std::size_t>(first + i);
      ASSERT_EQ((*chunk.columns[0].text)[i], expected_.texts[at]);
      ASSERT_EQ(testing::number_at(chunk.columns[1], i), static_cast<double>(expected_.rows[at] % 1'000));
      ASSERT_EQ(testing::number_at(chunk.columns[2], i), expected_.numbers[at]);
    }
  }
}

TEST_P(ChosenRowsTest, ASweepReadsNoRowOfTheWholeTableTwice) {
  RawChunk chunk;
  const std::int64_t all = chosen_->info().rows;
  const std::int64_t before = whole_->rows_read();
  for (std::int64_t first = 0; first < all; first += 4'096) {
    chosen_->read(first, std::min<std::int64_t>(4'096, all - first), std::vector<int>{0}, chunk);
  }
  EXPECT_LE(whole_->rows_read() - before, kRows);
}

INSTANTIATE_TEST_SUITE_P(Choices, ChosenRowsTest,
                         ::testing::Combine(::testing::ValuesIn(kChoices), ::testing::Values(4'096, 65'536),
                                            ::testing::Bool()));

TEST(ChosenRows, RefusesATableOfAnotherLengthAndRowsBeyondTheEnd) {
  const auto table = [] {
    auto made = std::make_unique<MemoryTable>();
    made->add("x", std::vector<float>{1, 2, 3});
    return made;
  };
  RowBitmap shorter;
  shorter.push_back(true);
  EXPECT_THROW(ChosenRows(table(), shorter), DataError);
  RowBitmap rows;
  for (const bool chosen : {true, false, true}) rows.push_back(chosen);
  ChosenRows chosen(table(), rows);
  RawChunk chunk;
  EXPECT_THROW(chosen.read(1, 2, std::vector<int>{0}, chunk), Error);
  EXPECT_NO_THROW(chosen.read(2, 0, std::vector<int>{0}, chunk));
  EXPECT_EQ(chosen.info().layout, "table in memory, 2 of 3 rows");
}

}  // namespace
}  // namespace tessera
