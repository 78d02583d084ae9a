// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/moments_pass.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <string>
#include <vector>

#include "backend/cpu/cpu_backend.hpp"
#include "support/analysis_blocks.hpp"
#include "support/moments_cases.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

using testing::expect_equal;
using testing::make_raw_rows;
using testing::RawRows;
using testing::task_of;

GroupMoments run(const RawRows& raw, const MomentsTask& task, const std::string& level, int threads, std::size_t at_once) {
  ThreadPool pool(threads);
  CpuMomentsPass pass(task, level, pool);
  return testing::run(raw.blocks(), pass, at_once);
}

bool present(double x) { return !std::isnan(x); }

void expect_near(double value, double wanted, double scale, const char* what) {
  EXPECT_NEAR(value, wanted, 1e-13 * scale) << what;
}

/// Plain loops over the rows in float64.
void expect_moments(const GroupMoments& moments, const RawRows& raw, const MomentsTask& task) {
  const auto rows = static_cast<std::size_t>(raw.rows());
  for (std::int64_t group = 0; group < moments.groups; ++group) {
    const auto in_group = [&](std::size_t i) {
      const std::int32_t a = raw.codes[0][i], b = raw.codes[1][i];
      return a >= 0 && b >= 0 && a * 2 + b == group && (raw.weights.empty() || raw.weights[i] > 0.0);
    };
    for (std::size_t j = 0; j < task.columns.size(); ++j) {
      const auto& cells = raw.numbers[static_cast<std::size_t>(task.columns[j])];
      std::int64_t n = 0;
      long double weight = 0, squares = 0, first = 0, second = 0;
      for (std::size_t i = 0; i < rows; ++i) {
        if (!in_group(i) || !present(cells[i])) continue;
        const double w = raw.weights.empty() ? 1.0 : raw.weights[i];
        const double d = cells[i] - task.pivots[j];
        ++n;
        weight += w;
        squares += w * w;
        first += w * d;
        second += w * d * d;
      }
      const std::size_t at = moments.at(group, static_cast<std::int64_t>(j));
      ASSERT_EQ(moments.n[at], n);
      ASSERT_GT(n, 0);
      expect_near(moments.weight[at], static_cast<double>(weight), static_cast<double>(weight), "weight");
      expect_near(moments.weight_squares[at], static_cast<double>(squares), static_cast<double>(squares), "weight squares");
      expect_near(moments.first[at], static_cast<double>(first), static_cast<double>(second), "first");
      expect_near(moments.second[at], static_cast<double>(second), static_cast<double>(second), "second");
      if (!task.pairs) continue;
      for (std::size_t k = 0; k < task.columns.size(); ++k) {
        const auto& others = raw.numbers[static_cast<std::size_t>(task.columns[k])];
        long double rows_both = 0, pair_weight = 0, pair_squares = 0, pair_first = 0, pair_second = 0, product = 0;
        for (std::size_t i = 0; i < rows; ++i) {
          if (!in_group(i) || !present(cells[i]) || !present(others[i])) continue;
          const double w = raw.weights.empty() ? 1.0 : raw.weights[i];
          const double d = cells[i] - task.pivots[j];
          rows_both += 1;
          pair_weight += w;
          pair_squares += w * w;
          pair_first += w * d;
          pair_second += w * d * d;
          product += w * d * (others[i] - task.pivots[k]);
        }
        const std::size_t pair = moments.at(group, static_cast<std::int64_t>(j), static_cast<std::int64_t>(k));
        const auto scale = static_cast<double>(second) * static_cast<double>(task.columns.size()) * 4.0;
        EXPECT_EQ(moments.pair_rows[pair], static_cast<double>(rows_both));
        expect_near(moments.pair_weight[pair], static_cast<double>(pair_weight), static_cast<double>(weight), "pair weight");
        expect_near(moments.pair_weight_squares[pair], static_cast<double>(pair_squares), static_cast<double>(squares), "w w");
        expect_near(moments.pair_first[pair], static_cast<double>(pair_first), scale, "pair first");
        expect_near(moments.pair_second[pair], static_cast<double>(pair_second), scale, "pair second");
        expect_near(moments.pair_product[pair], static_cast<double>(product), scale * 4.0, "product");
      }
    }
  }
}

TEST(MomentsPass, EqualsPlainLoops) {
  for (const bool weighted : {false, true}) {
    for (const bool pairs : {false, true}) {
      for (const int columns : {1, 5, 19}) {
        const RawRows raw = make_raw_rows(9'001, columns, {3, 2}, 0.2, weighted);
        const MomentsTask task = task_of(columns, pairs);
        expect_moments(run(raw, task, "eigen", 1, 1), raw, task);
      }
    }
  }
}

TEST(MomentsPass, CompleteColumnsNeedNoMasks) {
  const RawRows raw = make_raw_rows(5'000, 6, {3, 2}, 0.0, true);
  MomentsTask task = task_of(6, true);
  task.may_miss.assign(6, 0);
  const GroupMoments moments = run(raw, task, "eigen", 1, 1);
  expect_moments(moments, raw, task);
}

TEST(MomentsPass, HasTheSameBitsAtEveryLevelForAnyThreadsAndChunks) {
  for (const bool weighted : {false, true}) {
    const RawRows raw = make_raw_rows(70 * kAnalysisBlockRows + 77, 9, {3, 2}, 0.1, weighted);
    for (const bool pairs : {false, true}) {
      const MomentsTask task = task_of(9, pairs);
      const GroupMoments wanted = run(raw, task, "eigen", 1, 100);
      for (const CpuLevel& level : supported_cpu_levels()) {
        expect_equal(run(raw, task, level.name, 2, 5), wanted);
      }
      expect_equal(run(raw, task, "auto", 7, 3), wanted);
      expect_equal(run(raw, task, "auto", 1, 1), wanted);
    }
  }
}

TEST(MomentsPass, WeightTwoIsTheRowTwice) {
  RawRows once = make_raw_rows(3'000, 4, {3, 2}, 0.1, false);
  RawRows twice = once;
  once.weights.assign(3'000, 2.0);
  once.units.assign(3'000, 2);
  for (auto& column : twice.numbers) column.insert(column.end(), column.begin(), column.begin() + 3'000);
  for (auto& column : twice.codes) column.insert(column.end(), column.begin(), column.begin() + 3'000);
  const MomentsTask task = task_of(4, true);
  const GroupMoments a = run(once, task, "auto", 2, 9), b = run(twice, task, "auto", 2, 9);
  EXPECT_EQ(a.weight, b.weight);
  for (std::size_t i = 0; i < a.second.size(); ++i) {
    EXPECT_NEAR(a.first[i], b.first[i], 1e-13 * b.second[i]);
    EXPECT_NEAR(a.second[i], b.second[i], 1e-13 * b.second[i]);
  }
}

TEST(MomentsPass, RowsOfFloatsHaveTheBitsOfTheirColumns) {
  for (const bool weighted : {false, true}) {
    const testing::FloatRows rows = testing::make_float_rows(9'001, 0.1, weighted);
    const MomentsTask task = testing::float_task();
    ThreadPool pool(2);
    CpuMomentsPass pass(task, "auto", pool);
    expect_equal(testing::run(rows.blocks(), pass, 100), run(rows.raw, task, "auto", 2, 3));
  }
}

TEST(MomentsPass, RowsAreOnlyForPairsOfEveryNumber) {
  const std::vector<float> table(10, 0.0F);
  const std::vector<std::int32_t> codes(5, 0);
  AnalysisBlock block;
  block.rows = 5;
  block.codes = {codes.data(), codes.data()};
  block.number_rows = table.data();
  block.number_stride = 2;
  ThreadPool pool(1);
  CpuMomentsPass alone(task_of(2, false), "auto", pool), reversed(task_of(2, true), "auto", pool);
  EXPECT_THROW(alone.consume(std::span(&block, 1)), Error);
  EXPECT_THROW(reversed.consume(std::span(&block, 1)), Error);
}

TEST(MomentsPass, NothingOfNothing) {
  ThreadPool pool(2);
  CpuMomentsPass pass(task_of(3, true), "auto", pool);
  const GroupMoments moments = pass.finish();
  EXPECT_EQ(moments.groups, 6);
  EXPECT_THAT(moments.n, ::testing::Each(0));
}

}  // namespace
}  // namespace tessera
