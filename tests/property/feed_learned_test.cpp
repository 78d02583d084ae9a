// SPDX-License-Identifier: Apache-2.0
// From raw columns to segments: what is learned, fed, fitted and assigned is a function of the table alone.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "prepare/learn.hpp"
#include "property/feed_pipeline.hpp"
#include "support/awkward_cases.hpp"

namespace tessera {
namespace {

using testing::MemoryTable;
using testing::Outcome;

constexpr std::int64_t kRows = 21'001;

/// Customers with an income, visits (skewed counts), a share, a city and a device; some cells are missing.
MemoryTable make_table(double offset, std::int64_t preferred_rows) {
  testing::AwkwardRandom random(3);
  std::vector<double> income, share;
  std::vector<std::int32_t> visits;
  std::vector<std::string> city, device;
  static const std::vector<std::string> cities = {"Paris", "Lyon", "Nice", "Lille", "Brest"};
  for (std::int64_t i = 0; i < kRows; ++i) {
    const std::int64_t group = random.below(4);
    const double amount = static_cast<double>(group) * 4.0 + random.bell();
    income.push_back(i % 97 == 1 ? std::numeric_limits<double>::quiet_NaN() : offset + std::round(amount * 256.0) / 256.0);
    visits.push_back(static_cast<std::int32_t>(std::exp(static_cast<double>(group % 2) + random.bell())));
    share.push_back(random.uniform());
    city.push_back(i % 53 == 7 ? "" : cities[static_cast<std::size_t>((group + random.below(2)) % 5)]);
    device.push_back(random.uniform() < 0.2 * static_cast<double>(group) + 0.1 ? "phone" : "web");
  }
  MemoryTable table(preferred_rows);
  table.add("income", income).add("visits", visits).add("share", share).add("city", city).add("device", device);
  return table;
}

constexpr std::int64_t kAmple = std::int64_t{1} << 30;
constexpr std::int64_t kTight = std::int64_t{2} << 20;  ///< less than the prepared rows take beside a block

struct Learned {
  FeaturePlan plan;
  Outcome outcome;
};

Learned run(int ranks, int threads, std::int64_t preferred_rows, std::int64_t memory_bytes, double offset = 1024.0) {
  std::vector<Learned> of_rank(static_cast<std::size_t>(ranks));
  run_ranks(ranks, [&](Communicator& comm) {
    testing::QuietJob job(threads);
    const JobContext context = job.context();
    const testing::TemporaryFolder scratch;
    MemoryTable table = make_table(offset, preferred_rows);
    const auto backend = open_backend({.device = "cpu"}, context);
    Learned& learned = of_rank[static_cast<std::size_t>(comm.rank())];
    const auto profiles = profile_columns(table, {}, context, memory_bytes);
    learned.plan = learn_plan(table, profiles, {}, context, memory_bytes);
    const FeederOptions options = {.memory_bytes = memory_bytes, .scratch = scratch.path()};
    const auto feeder = make_table_feeder(table, learned.plan, options, context, comm);
    if (ranks == 1) {
      EXPECT_STREQ(feeder->residency(), memory_bytes == kTight ? "spilled" : "resident");
    }
    learned.outcome =
        testing::fit_and_assign(*feeder, *backend, comm, learned.plan, {.segments = 4, .seed = 1, .restarts = 2}, context);
  });
  std::vector<Outcome> outcomes;
  for (const Learned& learned : of_rank) outcomes.push_back(learned.outcome);
  return {of_rank.front().plan, testing::join(outcomes)};
}

TEST(Learned, SameBitsForThreadsReadsMemoryAndRanks) {
  const Learned plain = run(1, 1, 4096, kAmple);
  ASSERT_GT(plain.plan.features(), 5) << "the city is one-hot";
  EXPECT_GT(plain.outcome.summary.incomplete, 0);
  struct Case {
    int ranks, threads;
    std::int64_t preferred_rows, memory_bytes;
  };
  for (const Case& c : {Case{1, 2, 8192, kAmple}, Case{1, 7, 1 << 20, kAmple}, Case{1, 2, 4096, kTight},
                        Case{2, 1, 8192, kAmple}, Case{3, 2, 4096, kTight}}) {
    SCOPED_TRACE(::testing::Message() << c.ranks << " ranks, " << c.threads << " threads, reads of " << c.preferred_rows << ", "
                                      << c.memory_bytes << " bytes");
    const Learned other = run(c.ranks, c.threads, c.preferred_rows, c.memory_bytes);
    EXPECT_TRUE(other.plan == plain.plan);
    testing::expect_equal(other.outcome, plain.outcome);
  }
}

TEST(Learned, TranslationOfAColumnKeepsTheSegments) {
  const Learned here = run(1, 2, 4096, kAmple, 1024.0);
  const Learned there = run(1, 2, 4096, kAmple, 1024.0 + 65'536.0);
  EXPECT_EQ(here.plan.features(), there.plan.features());
  std::int64_t moved = 0;
  for (std::size_t i = 0; i < here.outcome.segment.size(); ++i) moved += here.outcome.segment[i] != there.outcome.segment[i];
  // The mean and deviation are rounded anew: a customer exactly between two segments may fall to the other side.
  EXPECT_LE(moved, 2);
  EXPECT_NEAR(here.outcome.fit.inertia, there.outcome.fit.inertia, 1e-9 * here.outcome.fit.inertia);
}

}  // namespace
}  // namespace tessera
