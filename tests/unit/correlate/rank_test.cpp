// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <random>

#include "support/correlation_run.hpp"
#include "support/memory_table.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

using testing::correlate_rows;
using testing::MemoryTable;
using Numbers = std::vector<double>;

constexpr double kGap = std::numeric_limits<double>::quiet_NaN();

CorrelateOptions ranks(RankPolicy policy, CorrelationMethod method = CorrelationMethod::spearman) {
  CorrelateOptions options;
  options.prepare.features = {"x", "y", "z"};
  options.method = method;
  options.ranks = policy;
  return options;
}

struct Cells {
  Numbers x, y, z, weights;
  std::vector<std::int32_t> labels;

  Cells(std::size_t rows, double missing, unsigned seed) {
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal;
    std::uniform_real_distribution<double> uniform;
    for (std::size_t i = 0; i < rows; ++i) {
      const double common = normal(random);
      const auto cell = [&](double value) { return uniform(random) < missing ? kGap : value; };
      x.push_back(cell(common + normal(random)));
      y.push_back(cell(std::exp(2.0 * common)));
      z.push_back(cell(std::floor(3.0 * (normal(random) - common))));
      weights.push_back(static_cast<double>(1 + random() % 3));
      labels.push_back(static_cast<std::int32_t>(random() % 2));
    }
  }
  [[nodiscard]] MemoryTable table(bool weighted = false) const {
    MemoryTable table;
    table.add("x", x).add("y", y).add("z", z);
    if (weighted) table.add("w", weights).declare(std::nullopt, Role::weight);
    return table;
  }
  [[nodiscard]] Cells repeated() const {
    Cells all(0, 0.0, 1);
    for (std::size_t i = 0; i < x.size(); ++i) {
      for (int copy = 0; copy < static_cast<int>(weights[i]); ++copy) {
        all.x.push_back(x[i]);
        all.y.push_back(y[i]);
        all.z.push_back(z[i]);
        all.labels.push_back(labels[i]);
      }
    }
    return all;
  }
};

void expect_near(const Matrix<double>& a, const Matrix<double>& b, double tolerance) {
  ASSERT_EQ(a.rows(), b.rows());
  for (std::int64_t i = 0; i < a.rows(); ++i) {
    for (std::int64_t j = 0; j < a.rows(); ++j) EXPECT_NEAR(a(i, j), b(i, j), tolerance) << i << ' ' << j;
  }
}

TEST(Spearman, WeightTwoIsTheRowTwice) {
  for (const double missing : {0.0, 0.2}) {
    const Cells cells(800, missing, 1);
    for (const RankPolicy policy : {RankPolicy::exact, RankPolicy::sketch}) {
      MemoryTable weighted = cells.table(true), plain = cells.repeated().table();
      const CorrelationTable a = correlate_rows(weighted, ranks(policy), cells.labels);
      const CorrelationTable b = correlate_rows(plain, ranks(policy), cells.repeated().labels);
      // Bins lie about the mean of the rows, which weights move: those of both tables agree up to their error.
      for (std::size_t g = 0; g < 3; ++g)
        expect_near(a.groups[g].r, b.groups[g].r, policy == RankPolicy::exact ? 1e-12 : a.rank_error + b.rank_error);
    }
  }
}

TEST(Spearman, GapsThatHideNothingChangeNothing) {
  // One row has none of the columns: without it, all go the way of complete columns.
  const Cells complete(5'000, 0.0, 2);
  Cells more = complete;
  for (Numbers* column : {&more.x, &more.y, &more.z}) column->push_back(kGap);
  more.labels.push_back(0);
  MemoryTable a = complete.table(), b = more.table();
  const CorrelationTable without = correlate_rows(a, ranks(RankPolicy::exact), complete.labels);
  const CorrelationTable with = correlate_rows(b, ranks(RankPolicy::exact), more.labels);
  for (std::size_t g = 0; g < 3; ++g) expect_near(without.groups[g].r, with.groups[g].r, 1e-12);
}

TEST(Spearman, BinsKeepTheirPromise) {
  const Cells cells(40'000, 0.0, 3);
  MemoryTable table = cells.table();
  const CorrelationTable exact = correlate_rows(table, ranks(RankPolicy::exact), cells.labels);
  const CorrelationTable binned = correlate_rows(table, ranks(RankPolicy::sketch), cells.labels);
  EXPECT_TRUE(exact.exact_ranks);
  EXPECT_FALSE(binned.exact_ranks);
  EXPECT_EQ(exact.rank_error, 0.0);
  EXPECT_GT(binned.rank_error, 0.0);
  EXPECT_LT(binned.rank_error, 0.05);
  for (std::size_t g = 0; g < 3; ++g) {
    expect_near(exact.groups[g].r, binned.groups[g].r, binned.rank_error);
    expect_near(exact.groups[g].r, binned.groups[g].r, 1e-3);  // the bound is for the worst case
    EXPECT_EQ(exact.groups[g].n, binned.groups[g].n);
  }
}

TEST(Spearman, BinsOfWholeNumbersAreExact) {
  Cells cells(3'000, 0.0, 4);
  for (Numbers* column : {&cells.x, &cells.y, &cells.z}) {
    for (double& x : *column) x = std::clamp(std::floor(10.0 * x), -100.0, 100.0);
  }
  MemoryTable table = cells.table();
  const CorrelationTable binned = correlate_rows(table, ranks(RankPolicy::sketch));
  EXPECT_EQ(binned.rank_error, 0.0);
  expect_near(binned.groups[0].r, correlate_rows(table, ranks(RankPolicy::exact)).groups[0].r, 1e-12);
}

TEST(Spearman, HasTheSameBitsForAnyThreadsAndChunks) {
  const Cells cells(20'000, 0.1, 5);
  for (const RankPolicy policy : {RankPolicy::exact, RankPolicy::sketch}) {
    std::vector<CorrelationTable> results;
    for (const int threads : {1, 2, 7}) {
      MemoryTable table = cells.table(true);
      table.set_preferred_rows(threads == 2 ? 8'192 : 4'096);
      CorrelateOptions options = ranks(policy);
      options.engine.threads = threads;
      results.push_back(correlate_rows(table, options, cells.labels));
    }
    for (const CorrelationTable& other : results) {
      for (std::size_t g = 0; g < 3; ++g) EXPECT_EQ(other.groups[g].r, results.front().groups[g].r);
    }
  }
}

TEST(Kendall, LooksAtANamedSampleOfALargeTable) {
  const Cells cells(6'000, 0.0, 6);
  CorrelateOptions options = ranks(RankPolicy::automatic, CorrelationMethod::kendall);
  options.kendall_rows = 1'000;
  std::vector<CorrelationTable> results;
  for (const int threads : {1, 2, 7}) {
    MemoryTable table = cells.table();
    options.engine.threads = threads;
    results.push_back(correlate_rows(table, options, cells.labels));
  }
  MemoryTable table = cells.table();
  options.kendall_rows = 6'000;
  const CorrelationTable all = correlate_rows(table, options, cells.labels);
  EXPECT_EQ(all.sample_rows, 0);
  EXPECT_EQ(results.front().sample_rows, 1'000);
  EXPECT_THAT(results.front().notes, ::testing::ElementsAre(::testing::HasSubstr("sample of 1000 rows")));
  for (std::size_t g = 0; g < 3; ++g) {
    EXPECT_EQ(results.front().groups[g].n(0, 1), 1'000.0);
    expect_near(results.front().groups[g].r, all.groups[g].r, 0.1);
    for (const CorrelationTable& other : results) EXPECT_EQ(other.groups[g].r, results.front().groups[g].r);
  }
}

TEST(Kendall, KnowsNoWeights) {
  MemoryTable table = Cells(10, 0.0, 7).table(true);
  try {
    static_cast<void>(correlate_rows(table, ranks(RankPolicy::automatic, CorrelationMethod::kendall)));
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("'w'"));
    EXPECT_THAT(error.advice(), ::testing::HasSubstr("spearman"));
  }
}

}  // namespace
}  // namespace tessera
