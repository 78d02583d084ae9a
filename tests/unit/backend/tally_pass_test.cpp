// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/tally_pass.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "backend/cpu/cpu_backend.hpp"
#include "support/analysis_blocks.hpp"
#include "support/tally_cases.hpp"

namespace tessera {
namespace {

using testing::make_raw_rows;
using testing::RawRows;
using testing::tally_task;

Tally run(const RawRows& raw, const TallyTask& task, int threads, std::size_t at_once, const std::string& level = "auto") {
  ThreadPool pool(threads);
  CpuTallyPass pass(task, level, pool);
  return testing::run(raw.blocks(), pass, at_once);
}

TEST(TallyPass, EqualsPlainLoops) {
  for (const bool weighted : {false, true}) {
    const RawRows raw = make_raw_rows(9'001, 3, {3, 2}, 0.2, weighted);
    const TallyTask task = tally_task(3);
    const Tally tally = run(raw, task, 2, 2);
    std::map<std::pair<int, int>, std::pair<std::int64_t, std::int64_t>> wanted;
    std::int64_t all = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(raw.rows()); ++i) {
      const std::int64_t unit = weighted ? raw.units[i] : 1;
      if (unit == 0) continue;
      ++all;
      auto& cell = wanted[{raw.codes[0][i], raw.codes[1][i]}];
      ++cell.first;
      cell.second += unit;
    }
    EXPECT_EQ(tally.rows[2][0], all);
    for (int a = 0; a < 3; ++a) {
      for (int b = 0; b < 2; ++b) {
        const auto group = static_cast<std::size_t>(a * 2 + b);
        const auto cell = wanted[{a, b}];
        EXPECT_EQ(tally.rows[0][group], cell.first);
        if (weighted) {
          EXPECT_EQ(tally.units[0][group], Int128{cell.second});
        }
      }
    }
    for (std::size_t j = 0; j < 3; ++j) {
      std::vector<std::int64_t> bins(3 * BinScale::kBins);
      for (std::size_t i = 0; i < static_cast<std::size_t>(raw.rows()); ++i) {
        if (raw.codes[0][i] < 0 || std::isnan(raw.numbers[j][i]) || (weighted && raw.units[i] == 0)) continue;
        ++bins[static_cast<std::size_t>(raw.codes[0][i] * BinScale::kBins +
                                        task.histograms[j].scale.bin_of(raw.numbers[j][i]))];
      }
      EXPECT_EQ(tally.bins[j], bins);
    }
  }
}

TEST(TallyPass, IsTheSameForAnyThreadsAndChunks) {
  const RawRows raw = make_raw_rows(5 * kAnalysisBlockRows + 3, 4, {3, 2}, 0.1, true);
  const Tally wanted = run(raw, tally_task(4), 1, 1);
  for (const int threads : {2, 7}) {
    const Tally tally = run(raw, tally_task(4), threads, 4);
    EXPECT_EQ(tally.rows, wanted.rows);
    EXPECT_EQ(tally.units, wanted.units);
    EXPECT_EQ(tally.bins, wanted.bins);
    EXPECT_EQ(tally.bin_units, wanted.bin_units);
  }
}

TEST(BinScale, EveryValueLiesWithinItsBin) {
  const BinScale scale = BinScale::around(50.0, 1000.0);
  int last = -1;
  for (double x = -950.0; x <= 1050.0; x += 0.0625) {
    const int bin = scale.bin_of(x);
    ASSERT_GE(bin, last);
    ASSERT_LT(bin, BinScale::kBins);
    ASSERT_LE(scale.edge(bin), x);
    ASSERT_GE(scale.edge(bin + 1), x);
    const double width = scale.edge(bin + 1) - scale.edge(bin);
    ASSERT_LE(width, std::max(std::fabs(x - 50.0) / 128.0, 1000.0 / 500'000.0)) << x;
    last = bin;
  }
}

TEST(BinScale, WholeNumbersNearTheCentreHaveTheirOwn) {
  const BinScale scale = BinScale::around(7.0, 1e6);
  for (int x = 7 - 255; x < 7 + 255; ++x) EXPECT_LT(scale.bin_of(x), scale.bin_of(x + 1)) << x;
}

TEST(BinScale, ExtremesAreCounted) {
  const BinScale scale = BinScale::around(0.0, 1.0);
  EXPECT_EQ(scale.bin_of(1e300), BinScale::kBins - 1);
  EXPECT_EQ(scale.bin_of(-1e300), 0);
  EXPECT_EQ(scale.bin_of(0.0), BinScale::kSide);
  EXPECT_EQ(scale.bin_of(1e-300), BinScale::kSide);
  const BinScale constant = BinScale::around(3.0, 0.0);
  EXPECT_EQ(constant.bin_of(3.0), BinScale::kSide);
  const BinScale tiny = BinScale::around(0.0, 1e-320);
  EXPECT_EQ(tiny.bin_of(1e-320), BinScale::kSide);
}

TEST(TallyPass, EveryLevelFindsTheSameBins) {
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal;
  for (const auto& [center, reach] : {std::pair(0.0, 10.0), {-3.5, 1e-3}, {1e12, 5e12}, {7.0, 0.0}, {0.0, 1e300}}) {
    const BinScale scale = BinScale::around(center, reach);
    std::vector<double> cells = {
        center, 0.0, -0.0, center + reach, center - reach, 1e308, -1e308, 5e-324, std::numeric_limits<double>::quiet_NaN()};
    for (int i = 0; i < 1000; ++i) cells.push_back(center + reach * normal(random) * std::exp2(-30.0 * normal(random)));
    for (const CpuLevel& level : supported_cpu_levels()) {
      std::vector<std::int32_t> bins(cells.size(), -1);
      analysis_kernels(level.name).find_bins(scale, cells.data(), std::ssize(cells), bins.data());
      for (std::size_t i = 0; i < cells.size(); ++i) {
        if (std::isfinite(cells[i] - center)) {
          ASSERT_EQ(bins[i], scale.bin_of(cells[i])) << cells[i] << " at " << level.name;
        } else {
          ASSERT_TRUE(bins[i] >= 0 && bins[i] < BinScale::kBins) << cells[i] << " at " << level.name;
        }
      }
    }
  }
}

}  // namespace
}  // namespace tessera
