// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/nearest_pass.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "backend/cpu/cpu_backend.hpp"
#include "exact/grid.hpp"
#include "support/awkward_cases.hpp"
#include "support/naive.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

using testing::AwkwardCase;

class CpuNearest : public ::testing::TestWithParam<std::string> {
 protected:
  static CpuLevel level() {
    for (const CpuLevel& candidate : supported_cpu_levels()) {
      if (candidate.name == GetParam()) return candidate;
    }
    throw std::logic_error("no such level");
  }
};

void expect_equal(const NearestStatistics& got, const NearestStatistics& want) {
  EXPECT_TRUE(got.sums == want.sums);
  EXPECT_TRUE(got.gap_sums == want.gap_sums);
  EXPECT_TRUE(got.gap_weights == want.gap_weights);
  EXPECT_TRUE(got.weights == want.weights);
  EXPECT_EQ(got.rows, want.rows);
  EXPECT_TRUE(got.objective == want.objective);
}

/// More rows of one segment than a float64 sum holds exactly, of odd numbers of units at the top of the grid.
TEST_P(CpuNearest, SumsStayExactBeyondWhatADoubleHolds) {
  constexpr std::int64_t kRows = 5 * exact::kExactDoubleRows + 17;
  Matrix<float> rows(kRows, 3);
  for (std::int64_t i = 0; i < kRows; ++i) {
    rows(i, 0) = 0x1.fffffep0F;
    rows(i, 1) = -0x1.fffffep0F;
    rows(i, 2) = i % 2 == 0 ? 0x1p-39F : 0x1.fffffep0F;
  }
  Matrix<float> centroids(2, 3);
  for (std::int64_t j = 0; j < 3; ++j) centroids(1, j) = 100.0F;
  const GridUnits units{{-39, -39, -39}, 0, -40};
  const std::vector<float> half(static_cast<std::size_t>(kRows), 0.5F);
  for (const auto& weights : {std::vector<float>{}, half}) {
    ThreadPool threads(2);
    CpuNearestPass pass({centroids.view(), &units, true, true}, level(), threads);
    pass.consume({0, rows.view(), weights, {}}, {});
    expect_equal(pass.finish(), testing::naive_nearest(rows.view(), weights, {}, centroids.view(), units).statistics);
  }
}

/// Too large for sums per thread: the second step over the chunk gives the same integers.
TEST_P(CpuNearest, SharedSumsEqualThreadSums) {
  std::vector<AwkwardCase> cases = testing::awkward_values();
  for (AwkwardCase& made : testing::awkward_gaps()) cases.push_back(std::move(made));
  for (AwkwardCase& made : cases) {
    const std::string name = !made.columns.empty() ? made.name.substr(5) : made.name;
    if (name != "weights" && name != "large_weights_rejected" && name != "many_segments") continue;
    SCOPED_TRACE(made.name);
    ThreadPool threads(3);
    CpuNearestPass pass({made.centroids.view(), &made.units, true, true, made.columns}, level(), threads, nullptr, 0);
    const std::int64_t half = made.rows.rows() / 2;
    const auto part = [&](auto span, std::int64_t first, std::int64_t count) {
      return span.empty() ? span : span.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
    };
    for (const std::int64_t first : {std::int64_t{0}, half}) {
      const std::int64_t count = first == 0 ? half : made.rows.rows() - half;
      pass.consume({first, made.rows.view().slice(first, count), part(std::span<const float>(made.weights), first, count),
                    part(std::span<const std::uint8_t>(made.flags), first, count)},
                   {});
    }
    expect_equal(pass.finish(), testing::naive_nearest(made.rows.view(), made.weights, made.flags, made.centroids.view(),
                                                       made.units, made.columns)
                                    .statistics);
  }
}

TEST_P(CpuNearest, APassWithoutUnitsOnlyLabels) {
  Matrix<float> rows(3, 1);
  rows(1, 0) = 1.0F;
  rows(2, 0) = 0.4F;
  Matrix<float> centroids(2, 1);
  centroids(1, 0) = 1.0F;
  ThreadPool threads(1);
  CpuNearestPass pass({centroids.view(), nullptr, false, false}, level(), threads);
  std::vector<std::int32_t> segment(3);
  std::vector<double> runner_up_distance2(3);
  pass.consume({0, rows.view(), {}, {}}, {segment, {}, {}, runner_up_distance2});
  EXPECT_THAT(segment, ::testing::ElementsAre(0, 1, 0));
  EXPECT_EQ(runner_up_distance2[0], 1.0);
  EXPECT_TRUE(pass.finish().rows.empty());
}

TEST_P(CpuNearest, AnObjectiveThatDoesNotFitNamesTheRow) {
  Matrix<float> rows(200, 1);
  rows(123, 0) = 1e6F;
  Matrix<float> centroids(2, 1);
  centroids(1, 0) = 1.0F;
  const GridUnits units{{-20}, 0, -40};
  ThreadPool threads(2);
  CpuNearestPass pass({centroids.view(), &units, true, true}, level(), threads);
  try {
    pass.consume({1000, rows.view(), {}, {}}, {});
    ADD_FAILURE() << "accepted";
  } catch (const NumericalError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("row 1123"));
  }
}

TEST_P(CpuNearest, RowsBeyondTheGridAreNotAddedUpSilently) {
  const Matrix<float> rows(1, 1, 0x1p60F);
  const Matrix<float> centroids(2, 1);
  const GridUnits units{{0}, 0, 100};
  ThreadPool threads(1);
  CpuNearestPass pass({centroids.view(), &units, true, false}, level(), threads);
  pass.consume({0, rows.view(), {}, {}}, {});
  EXPECT_THROW((void)pass.finish(), Error);
}

TEST_P(CpuNearest, RefusesImpossibleTasks) {
  ThreadPool threads(1);
  const Matrix<float> none(0, 3);
  const Matrix<float> featureless(3, 0);
  const Matrix<float> many(65536, 1);
  const Matrix<float> wide(2, 8193);
  const Matrix<float> fine(2, 1);
  for (const Matrix<float>* centroids : {&none, &featureless, &many, &wide}) {
    EXPECT_THROW(CpuNearestPass({centroids->view(), nullptr, false, false}, level(), threads), ConfigError);
  }
  EXPECT_THROW(CpuNearestPass({fine.view(), nullptr, true, false}, level(), threads), Error);
}

TEST_P(CpuNearest, AnEmptyChunkChangesNothing) {
  const Matrix<float> rows(0, 2);
  const Matrix<float> centroids(3, 2);
  const GridUnits units{{0, 0}, 0, 0};
  ThreadPool threads(2);
  CpuNearestPass pass({centroids.view(), &units, true, true}, level(), threads);
  pass.consume({0, rows.view(), {}, {}}, {});
  EXPECT_EQ(pass.finish().rows, std::vector<std::int64_t>(3));
}

INSTANTIATE_TEST_SUITE_P(Levels, CpuNearest, ::testing::ValuesIn([] {
                           std::vector<std::string> names;
                           for (const CpuLevel& level : supported_cpu_levels()) names.push_back(level.name);
                           return names;
                         }()),
                         [](const auto& parameter) { return parameter.param; });

}  // namespace
}  // namespace tessera
