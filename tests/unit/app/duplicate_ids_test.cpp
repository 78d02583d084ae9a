// SPDX-License-Identifier: Apache-2.0
#include "app/duplicate_ids.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <vector>

#include "support/memory_table.hpp"

namespace tessera {
namespace {

class DuplicateIds : public ::testing::Test {
 protected:
  SilentObserver observer_;
  CancelToken cancel_;
  ThreadPool threads_{1};
  JobContext job_{observer_, cancel_, threads_};
};

template <typename Cell>
std::int64_t naive_duplicates(const std::vector<Cell>& cells) {
  return static_cast<std::int64_t>(cells.size()) - static_cast<std::int64_t>(std::set<Cell>(cells.begin(), cells.end()).size());
}

TEST_F(DuplicateIds, NumbersOfEveryWidth) {
  std::mt19937_64 random(1);
  std::vector<std::int64_t> wide;
  std::vector<std::int16_t> narrow;
  std::vector<double> real;
  for (int i = 0; i < 70'000; ++i) {
    wide.push_back(static_cast<std::int64_t>(random() % 100'000) - 50'000);
    narrow.push_back(static_cast<std::int16_t>(random()));
    real.push_back(static_cast<double>(random() % 60'000) + 0.5);
  }
  testing::MemoryTable table;
  table.add("wide", wide).add("narrow", narrow).add("real", real);
  EXPECT_EQ(count_duplicate_ids(table, 0, 1 << 30, job_), naive_duplicates(wide));
  EXPECT_EQ(count_duplicate_ids(table, 1, 1 << 30, job_), naive_duplicates(narrow));
  EXPECT_EQ(count_duplicate_ids(table, 2, 1 << 30, job_), naive_duplicates(real));
}

TEST_F(DuplicateIds, TextsButNotEmptyOnes) {
  testing::MemoryTable table;
  table.add("id", std::vector<std::string>{"a", "b", "", "a", "", "ab", "ba", "b"});
  EXPECT_EQ(count_duplicate_ids(table, 0, 1 << 30, job_), 2);
}

TEST_F(DuplicateIds, SeveralPassesCountTheSame) {
  constexpr std::int64_t kRows = 2'500'000;
  std::vector<std::int32_t> ids;
  for (std::int64_t i = 0; i < kRows; ++i) ids.push_back(static_cast<std::int32_t>(i % 2'000'003));
  testing::MemoryTable table;
  table.add("id", ids);
  EXPECT_EQ(duplicate_id_passes(kRows, 8 << 20), 3);
  EXPECT_EQ(count_duplicate_ids(table, 0, 8 << 20, job_), kRows - 2'000'003);
  EXPECT_EQ(table.rows_read(), 3 * kRows);
}

TEST_F(DuplicateIds, StopsWhenAsked) {
  testing::MemoryTable table;
  table.add("id", std::vector<std::int32_t>{1, 2});
  cancel_.cancel(2);
  EXPECT_THROW((void)count_duplicate_ids(table, 0, 1 << 30, job_), CancelledError);
}

}  // namespace
}  // namespace tessera
