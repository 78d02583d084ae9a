// SPDX-License-Identifier: Apache-2.0
#include "comm/thread_ranks.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>

#include "comm/solo.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

TEST(SoloCommunicator, ChangesNothing) {
  SoloCommunicator comm;
  EXPECT_EQ(comm.rank(), 0);
  EXPECT_EQ(comm.size(), 1);
  std::vector<std::int64_t> values = {1, -2};
  comm.sum(std::span(values));
  EXPECT_EQ(values, (std::vector<std::int64_t>{1, -2}));
  const auto all = comm.gather(std::as_bytes(std::span(values)));
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].size(), 16U);
}

class RanksTest : public ::testing::TestWithParam<int> {};

TEST_P(RanksTest, SumIsTheSameOnEveryRank) {
  const int ranks = GetParam();
  run_ranks(ranks, [&](Communicator& comm) {
    ASSERT_EQ(comm.size(), ranks);
    for (int round = 0; round < 50; ++round) {
      std::vector<std::int64_t> small = {comm.rank() + 1, -round};
      comm.sum(std::span(small));
      EXPECT_EQ(small, (std::vector<std::int64_t>{ranks * (ranks + 1) / 2, -round * ranks}));
      std::vector<Int128> large = {(Int128{1} << 100) + comm.rank()};
      comm.sum(std::span(large));
      EXPECT_TRUE(large[0] == (Int128{1} << 100) * ranks + ranks * (ranks - 1) / 2);
    }
  });
}

TEST_P(RanksTest, GatherIsInRankOrderAndLengthsMayDiffer) {
  const int ranks = GetParam();
  run_ranks(ranks, [&](Communicator& comm) {
    const std::string word(static_cast<std::size_t>(comm.rank()) * 3, static_cast<char>('a' + comm.rank()));
    const auto all = comm.gather(std::as_bytes(std::span(word)));
    ASSERT_EQ(all.size(), static_cast<std::size_t>(ranks));
    for (int r = 0; r < ranks; ++r) {
      const auto& part = all[static_cast<std::size_t>(r)];
      EXPECT_EQ(std::string(reinterpret_cast<const char*>(part.data()), part.size()),
                std::string(static_cast<std::size_t>(r) * 3, static_cast<char>('a' + r)));
    }
  });
}

TEST_P(RanksTest, FailureOfOneRankIsRethrownAndStopsTheOthers) {
  const int ranks = GetParam();
  for (int bad = 0; bad < ranks; ++bad) {
    try {
      run_ranks(ranks, [&](Communicator& comm) {
        std::int64_t value = 1;
        comm.sum(std::span(&value, 1));
        if (comm.rank() == bad) throw std::runtime_error("rank " + std::to_string(bad));
        for (;;) comm.sum(std::span(&value, 1));
      });
      FAIL() << "no exception";
    } catch (const std::runtime_error& failure) {
      EXPECT_EQ(failure.what(), "rank " + std::to_string(bad));
    }
  }
}

TEST_P(RanksTest, RankThatLeavesEarlyIsAFailureNotAHang) {
  const int ranks = GetParam();
  if (ranks == 1) GTEST_SKIP() << "one rank waits for nobody";
  EXPECT_THROW(run_ranks(ranks,
                         [&](Communicator& comm) {
                           std::int64_t value = 1;
                           comm.sum(std::span(&value, 1));
                           if (comm.rank() != 0) comm.sum(std::span(&value, 1));
                         }),
               Error);
}

TEST_P(RanksTest, DifferentLengthsAreAFailure) {
  const int ranks = GetParam();
  if (ranks == 1) GTEST_SKIP() << "nothing to compare";
  EXPECT_THROW(run_ranks(ranks,
                         [](Communicator& comm) {
                           std::vector<std::int64_t> values(static_cast<std::size_t>(comm.rank()) + 1);
                           comm.sum(std::span(values));
                         }),
               Error);
}

INSTANTIATE_TEST_SUITE_P(Sizes, RanksTest, ::testing::Values(1, 2, 3, 5));

TEST(Ranks, AreAllRun) {
  std::mutex mutex;
  std::set<int> seen;
  run_ranks(4, [&](Communicator& comm) {
    const std::lock_guard lock(mutex);
    seen.insert(comm.rank());
  });
  EXPECT_EQ(seen, (std::set<int>{0, 1, 2, 3}));
}

}  // namespace
}  // namespace tessera
