// SPDX-License-Identifier: Apache-2.0
// The code of the CUDA kernels, run on the host over every block and thread, returns what plain float64 loops return.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "support/awkward_cases.hpp"
#include "support/kernel_twin.hpp"
#include "support/naive.hpp"

namespace tessera {
namespace {

using testing::AwkwardCase;
using testing::KernelTwin;
using testing::NaiveNearest;

constexpr std::int64_t kNoSumsOnChip = 1 << 10;  // bytes of shared memory that hold no sums
constexpr std::int64_t kHopper = 227 << 10;

void expect_equal_doubles(const std::vector<double>& got, const std::vector<double>& want) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (std::isnan(got[i]) && std::isnan(want[i])) continue;
    ASSERT_EQ(std::bit_cast<std::uint64_t>(got[i]), std::bit_cast<std::uint64_t>(want[i])) << "row " << i;
  }
}

void expect_equal_sums(const NearestStatistics& got, const NearestStatistics& want) {
  ASSERT_TRUE(got.sums == want.sums);
  ASSERT_TRUE(got.gap_sums == want.gap_sums);
  ASSERT_TRUE(got.gap_weights == want.gap_weights);
  ASSERT_TRUE(got.weights == want.weights);
  ASSERT_EQ(got.rows, want.rows);
}

std::vector<AwkwardCase> all_cases() {
  std::vector<AwkwardCase> cases = testing::awkward_values();
  for (AwkwardCase& made : testing::awkward_shapes()) cases.push_back(std::move(made));
  for (AwkwardCase& made : testing::awkward_gaps()) cases.push_back(std::move(made));
  return cases;
}

struct Setting {
  bool backwards;
  std::int32_t blocks;
  std::int64_t shared_bytes;
  bool tensors;
};
constexpr Setting kSettings[] = {
    {false, 1, kHopper, true}, {true, 3, kNoSumsOnChip, true}, {false, 3, kHopper, false}, {true, 1, kNoSumsOnChip, false}};

KernelTwin::Options options_of(const Setting& setting) {
  return {setting.backwards,
          setting.blocks,
          {.multiprocessors = 1, .shared_bytes_per_block = setting.shared_bytes, .tensor_screen = setting.tensors}};
}

TEST(CudaKernels, AllResultsEqualTheNaiveTwin) {
  for (const AwkwardCase& made : all_cases()) {
    const NaiveNearest want = testing::naive_nearest(made, made.centroids.view());
    for (const Setting& setting : kSettings) {
      SCOPED_TRACE(made.name + (setting.backwards ? ", backwards" : "") + (setting.tensors ? ", tensors" : ""));
      KernelTwin twin({made.centroids.view(), &made.units, true, true, made.columns}, options_of(setting));
      const std::size_t n = want.segment.size();
      NaiveNearest got{
          std::vector<std::int32_t>(n), std::vector<double>(n), std::vector<std::int32_t>(n), std::vector<double>(n), {}};
      twin.consume({0, made.rows.view(), made.weights, made.flags},
                   {got.segment, got.distance2, got.runner_up, got.runner_up_distance2});
      ASSERT_EQ(got.segment, want.segment);
      ASSERT_EQ(got.runner_up, want.runner_up);
      expect_equal_doubles(got.distance2, want.distance2);
      expect_equal_doubles(got.runner_up_distance2, want.runner_up_distance2);
      if (::testing::Test::HasFatalFailure()) return;
      const NearestStatistics found = twin.finish();
      expect_equal_sums(found, want.statistics);
      ASSERT_TRUE(found.objective == want.statistics.objective);
      ASSERT_EQ(twin.bad_row(), -1);
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
}

/// An iteration of a fit: only what the screen leaves open is decided by reference distances.
TEST(CudaKernels, LabelsAloneEqualTheNaiveTwin) {
  for (const AwkwardCase& made : all_cases()) {
    const NaiveNearest want = testing::naive_nearest(made, made.centroids.view());
    for (const Setting& setting : kSettings) {
      SCOPED_TRACE(made.name + (setting.backwards ? ", backwards" : "") + (setting.tensors ? ", tensors" : ""));
      KernelTwin twin({made.centroids.view(), &made.units, true, false, made.columns}, options_of(setting));
      std::vector<std::int32_t> segment(want.segment.size());
      twin.consume({0, made.rows.view(), made.weights, made.flags}, {segment, {}, {}, {}});
      ASSERT_EQ(segment, want.segment);
      expect_equal_sums(twin.finish(), want.statistics);
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
}

/// Sums that learn only of rows that moved, from pass to pass.
TEST(CudaKernels, MovesAddUpToTheSumsOfAllRows) {
  for (const AwkwardCase& made : all_cases()) {
    for (const Setting& setting : kSettings) {
      SCOPED_TRACE(made.name + (setting.backwards ? ", backwards" : "") + (setting.tensors ? ", tensors" : ""));
      testing::AwkwardRandom random(11);
      Matrix<float> centroids = made.centroids;
      std::vector<std::int32_t> previous(static_cast<std::size_t>(made.rows.rows()), -1);
      std::vector<Int128> totals;
      for (const float step : {0.0F, 1e-3F, 0.3F}) {
        for (std::int64_t c = 0; c < centroids.rows(); ++c) {
          for (float& value : centroids.row(c)) value *= 1.0F + step * static_cast<float>(random.bell());
        }
        const NaiveNearest want = testing::naive_nearest(made, centroids.view());
        KernelTwin twin({centroids.view(), &made.units, true, false, made.columns}, options_of(setting));
        if (!totals.empty()) twin.totals() = totals;
        twin.consume({0, made.rows.view(), made.weights, made.flags}, {}, previous);
        ASSERT_EQ(previous, want.segment);
        expect_equal_sums(twin.finish(), want.statistics);
        if (::testing::Test::HasFatalFailure()) return;
        totals = twin.totals();
      }
    }
  }
}

/// Rows whose labels only the reference can tell, at every distance from a border.
TEST(CudaKernels, RowsNearABorderEqualTheNaiveTwin) {
  testing::AwkwardRandom random(12);
  for (const std::int64_t d : {2, 15, 16, 17, 33, 48, 60, 90, 100, 128, 130, 260, 513}) {
    for (const std::int64_t k : {5, 33, 65, 200}) {
      SCOPED_TRACE(std::to_string(d) + " x " + std::to_string(k));
      constexpr std::int64_t kRows = 1000;
      AwkwardCase made =
          testing::make_case("borders", kRows, d, k, 0.0, random, [](std::int64_t, std::int64_t) { return 0.0; });
      for (std::int64_t c = 0; c < k; ++c) {
        for (float& value : made.centroids.row(c)) value = static_cast<float>((c % 5 == 0 ? 9.0 : 1.0) * random.bell());
      }
      for (std::int64_t i = 0; i < kRows; ++i) {
        const std::int64_t a = random.below(k), b = random.below(k);
        const double aside = std::ldexp(random.uniform() - 0.5, static_cast<int>(-(i % 30)));
        for (std::int64_t j = 0; j < d; ++j) {
          const auto from = static_cast<double>(made.centroids(a, j));
          made.rows(i, j) = static_cast<float>(from + (0.5 + aside) * (static_cast<double>(made.centroids(b, j)) - from));
        }
      }
      made.units = testing::put_on_grid(made.rows, {});
      const std::vector<std::int32_t> want = testing::naive_nearest(made, made.centroids.view()).segment;
      for (const Setting& setting : kSettings) {
        KernelTwin twin({made.centroids.view(), &made.units}, options_of(setting));
        std::vector<std::int32_t> segment(static_cast<std::size_t>(kRows));
        twin.consume({0, made.rows.view(), {}, {}}, {segment, {}, {}, {}});
        ASSERT_EQ(segment, want);
      }
    }
  }
}

/// A screen that certified nothing would pass every other test, slowly.
TEST(CudaKernels, ScreensRowsThatAreClearlyNearest) {
  testing::AwkwardRandom random(3);
  for (const std::int64_t k : {8, 40}) {
    const AwkwardCase made = testing::make_case("clear", 1000, 16, k, 0.1, random, [&](std::int64_t i, std::int64_t j) {
      return (i % 8 == j ? 20.0 : 0.0) + random.bell() * (k == 8 ? 1.0 : 3.0);
    });
    for (const bool tensors : {false, true}) {
      KernelTwin twin({made.centroids.view(), &made.units}, {.limits = {.tensor_screen = tensors}});
      twin.consume({0, made.rows.view(), {}, {}}, {});
      EXPECT_LT(twin.finish().reference_rows, tensors ? 50 : 10) << k;
      EXPECT_LT(twin.doubtful_rows(), 50) << k;
      EXPECT_EQ(twin.crowded_rows(), 0) << k;
    }
  }
}

/// Without groups, borders are near for many rows: what the screens leave to the next stage stays little.
TEST(CudaKernels, FewRowsOfUnstructuredDataAreLeftOpen) {
  testing::AwkwardRandom random(3);
  struct Shape {
    std::int64_t d, k;
    int most_doubtful = 80;  ///< more where sums are longer
    int most_open = 10;      ///< to float32 scores
  };
  constexpr cuda::DeviceLimits kGpu{.shared_bytes_per_block = kHopper, .tensor_screen = true};
  for (const Shape& shape : {Shape{8, 8}, {16, 64}, {64, 64}, {64, 256}, {128, 256}, {256, 16}, {400, 64, 160, 20}}) {
    AwkwardCase made = testing::make_case("bells", 2000, shape.d, shape.k, 0.0, random,
                                          [&](std::int64_t, std::int64_t) { return random.bell(); });
    for (std::int64_t c = 0; c < shape.k; ++c) {
      for (float& value : made.centroids.row(c)) value *= 0.5F;
    }
    KernelTwin twin({made.centroids.view(), &made.units}, {.limits = kGpu});
    twin.consume({0, made.rows.view(), {}, {}}, {});
    EXPECT_LT(twin.doubtful_rows(), shape.most_doubtful) << shape.d << " x " << shape.k;
    EXPECT_LE(twin.finish().reference_rows, twin.doubtful_rows()) << shape.d << " x " << shape.k;
    EXPECT_EQ(twin.crowded_rows(), 0) << shape.d << " x " << shape.k;

    KernelTwin scores({made.centroids.view(), &made.units}, {});
    scores.consume({0, made.rows.view(), {}, {}}, {});
    EXPECT_LT(scores.finish().reference_rows, shape.most_open) << shape.d << " x " << shape.k;

    KernelTwin pairs({made.centroids.view(), &made.units}, {});
    std::vector<std::int32_t> runner_up(2000);
    pairs.consume({0, made.rows.view(), {}, {}}, {{}, {}, runner_up, {}});
    EXPECT_LT(pairs.open_rows(), 20) << shape.d << " x " << shape.k;
  }
}

/// An offset of the data costs the screens no digits.
TEST(CudaKernels, ScreensRowsFarFromTheOrigin) {
  testing::AwkwardRandom random(4);
  const AwkwardCase made = testing::make_case("offset", 1000, 16, 8, 0.1, random, [&](std::int64_t i, std::int64_t j) {
    return 5000.0 + (i % 8 == j ? 20.0 : 0.0) + random.bell();
  });
  const NaiveNearest want = testing::naive_nearest(made, made.centroids.view());
  for (const bool tensors : {false, true}) {
    KernelTwin twin({made.centroids.view(), &made.units}, {.limits = {.tensor_screen = tensors}});
    std::vector<std::int32_t> segment(want.segment.size());
    twin.consume({0, made.rows.view(), {}, {}}, {segment, {}, {}, {}});
    EXPECT_EQ(segment, want.segment);
    EXPECT_LT(twin.finish().reference_rows, tensors ? 50 : 10);
    EXPECT_LT(twin.doubtful_rows(), 50);
  }
}

/// How much farther than its segment every other centroid is from a row, over the features that it has.
long double true_gap(const AwkwardCase& made, std::int64_t row, std::int32_t segment) {
  long double own = 0.0L;
  long double least = std::numeric_limits<long double>::infinity();
  for (std::int32_t c = 0; c < made.centroids.rows(); ++c) {
    long double square = 0.0L;
    for (std::int64_t j = 0; j < made.rows.columns(); ++j) {
      if (std::isnan(made.rows(row, j))) continue;
      const long double difference =
          static_cast<long double>(made.rows(row, j)) - static_cast<long double>(made.centroids(c, j));
      square += difference * difference;
    }
    (c == segment ? own : least) = c == segment ? std::sqrt(square) : std::min(least, std::sqrt(square));
  }
  return least - own;
}

/// What rows keep, so that later passes may leave them alone.
TEST(CudaKernels, SlackIsNeverMoreThanTheGap) {
  for (const AwkwardCase& made : all_cases()) {
    if (made.rows.rows() * made.rows.columns() * made.centroids.rows() > 20000000) continue;
    const NaiveNearest want = testing::naive_nearest(made, made.centroids.view());
    for (const Setting& setting : kSettings) {
      SCOPED_TRACE(made.name + (setting.backwards ? ", backwards" : "") + (setting.tensors ? ", tensors" : ""));
      KernelTwin twin({made.centroids.view(), &made.units, true, false, made.columns}, options_of(setting));
      twin.consume({0, made.rows.view(), made.weights, made.flags}, {});
      for (std::size_t i = 0; i < want.segment.size(); ++i) {
        if (want.segment[i] < 0) continue;
        ASSERT_GE(twin.slack()[i], 0.0F);
        // Not more than it is as a float: of subnormal ones that is all that there is to be had.
        const auto gap = static_cast<float>(true_gap(made, static_cast<std::int64_t>(i), want.segment[i]));
        ASSERT_LE(twin.slack()[i], gap > 0.0F ? gap : 0.0F) << "row " << i;
      }
    }
  }
}

/// A slack of 0 would pass the test above, and have passes look at every row.
TEST(CudaKernels, SlackOfClearRowsIsMostOfTheGap) {
  testing::AwkwardRandom random(3);
  for (const double offset : {0.0, 1000.0}) {
    for (const bool gaps : {false, true}) {
      AwkwardCase made = testing::make_case("clear", 1000, 16, 8, 0.1, random, [&](std::int64_t i, std::int64_t j) {
        return offset + (i % 8 == j ? 20.0 : 0.0) + random.bell();
      });
      if (gaps) testing::make_gaps(made, 0.3, 1, random);
      const NaiveNearest want = testing::naive_nearest(made, made.centroids.view());
      for (const bool tensors : {false, true}) {
        KernelTwin twin({made.centroids.view(), &made.units, true, false, made.columns},
                        {.limits = {.tensor_screen = tensors}});
        twin.consume({0, made.rows.view(), {}, made.flags}, {});
        int kept = 0;
        for (std::size_t i = 0; i < 1000; ++i) {
          const auto gap = static_cast<float>(true_gap(made, static_cast<std::int64_t>(i), want.segment[i]));
          kept += twin.slack()[i] > 0.9F * gap ? 1 : 0;
        }
        EXPECT_GT(kept, 900) << offset << (gaps ? ", gaps" : "") << (tensors ? ", tensors" : "");
      }
    }
  }
}

/// Distances alone: of certified rows, and of those that the reference decided.
TEST(CudaKernels, DistancesAloneEqualTheNaiveTwin) {
  for (const AwkwardCase& made : all_cases()) {
    const NaiveNearest want = testing::naive_nearest(made, made.centroids.view());
    for (const Setting& setting : kSettings) {
      SCOPED_TRACE(made.name + (setting.backwards ? ", backwards" : "") + (setting.tensors ? ", tensors" : ""));
      KernelTwin twin({made.centroids.view(), &made.units, true, true, made.columns}, options_of(setting));
      NaiveNearest got{std::vector<std::int32_t>(want.segment.size()), std::vector<double>(want.segment.size()), {}, {}, {}};
      twin.consume({0, made.rows.view(), made.weights, made.flags}, {got.segment, got.distance2, {}, {}});
      ASSERT_EQ(got.segment, want.segment);
      expect_equal_doubles(got.distance2, want.distance2);
      ASSERT_TRUE(twin.finish().objective == want.statistics.objective);
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
}

TEST(CudaKernels, NamesARowThatIsTooFarForTheObjective) {
  testing::AwkwardRandom random(5);
  AwkwardCase made =
      testing::make_case("far", 700, 3, 4, 0.1, random, [&](std::int64_t, std::int64_t) { return random.bell(); });
  made.units.objective_exponent = -40;
  for (const std::int64_t row : {600, 77}) {
    for (float& value : made.rows.row(row)) value = 1e4F;
  }
  KernelTwin twin({made.centroids.view(), &made.units, true, true}, {});
  twin.consume({5000, made.rows.view(), {}, {}}, {});
  EXPECT_EQ(twin.bad_row(), 5077);
}

}  // namespace
}  // namespace tessera
