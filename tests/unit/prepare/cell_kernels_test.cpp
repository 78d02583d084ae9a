// SPDX-License-Identifier: Apache-2.0
#include "prepare/cell_kernels.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "prepare/distinct.hpp"
#include "support/instruction_sets.hpp"

namespace tessera {
namespace {

constexpr std::array<std::size_t, 14> kLengths = {0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 33, 1000, 4095, 4096};

/// Columns that are complete, have missing or infinite cells, zeros of both signs, whole numbers, extremes.
template <typename T>
std::vector<std::vector<T>> awkward_columns(std::size_t n) {
  using Limits = std::numeric_limits<T>;
  std::mt19937_64 random(n + 1);
  std::normal_distribution<T> normal(T(3), T(7));
  std::vector<std::vector<T>> columns(6, std::vector<T>(n));
  for (std::size_t i = 0; i < n; ++i) {
    const T x = normal(random);
    columns[0][i] = x;
    columns[1][i] = i % 5 == 2 ? Limits::quiet_NaN() : x;
    columns[2][i] = i % 7 == 1 ? Limits::infinity() : i % 11 == 3 ? -Limits::infinity() : std::round(x);
    columns[3][i] = i % 3 == 0 ? T(-0.0) : i % 3 == 1 ? T(0.0) : std::fabs(x);
    columns[4][i] = Limits::quiet_NaN();
    columns[5][i] = i % 2 == 0 ? Limits::max() : i % 4 == 1 ? Limits::denorm_min() : Limits::lowest();
  }
  return columns;
}

template <typename T>
class CellKernels : public ::testing::Test {};
using CellTypes = ::testing::Types<float, double>;
TYPED_TEST_SUITE(CellKernels, CellTypes);

TYPED_TEST(CellKernels, CountsEqualAPlainLoop) {
  for (const std::size_t n : kLengths) {
    for (const auto& values : awkward_columns<TypeParam>(n)) {
      CellCounts expected;
      for (const TypeParam x : values) {
        expected.missing += std::isfinite(x) ? 0 : 1;
        expected.infinite += std::isinf(x) ? 1 : 0;
        if (!std::isfinite(x)) continue;
        expected.zeros += x == 0 ? 1 : 0;
        expected.negatives += x < 0 ? 1 : 0;
        expected.min = std::min(expected.min, static_cast<double>(x));
        expected.max = std::max(expected.max, static_cast<double>(x));
      }
      const CellCounts found = count_cells(std::span<const TypeParam>(values));
      EXPECT_EQ(found.missing, expected.missing);
      EXPECT_EQ(found.infinite, expected.infinite);
      EXPECT_EQ(found.zeros, expected.zeros);
      EXPECT_EQ(found.negatives, expected.negatives);
      EXPECT_EQ(found.min, expected.min);
      EXPECT_EQ(found.max, expected.max);
      EXPECT_FALSE(found.min == 0.0 && std::signbit(found.min));
      EXPECT_FALSE(found.max == 0.0 && std::signbit(found.max));
    }
  }
}

/// The definition, lane by lane: eight lanes, cells in turn, missing ones as nothing, and a fixed way to add the lanes up.
template <typename T>
Moments lane_sums(std::span<const T> values, MomentFrame frame) {
  std::array<Moments, 8> lanes;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) continue;
    const double d = (static_cast<double>(values[i]) - frame.pivot) * frame.inverse_unit;
    Moments& lane = lanes[i % 8];
    lane.weight += 1.0;
    lane.first += d;
    lane.second += d * d;
    lane.third += d * d * d;
  }
  const auto four = [&](std::size_t a) { return lanes[a] + lanes[a + 4]; };
  return (four(0) + four(2)) + (four(1) + four(3));
}

bool same_bits(const Moments& a, const Moments& b) { return std::memcmp(&a, &b, sizeof(Moments)) == 0; }

TYPED_TEST(CellKernels, SumsHaveTheBitsOfTheLanesWrittenOut) {
  for (const std::size_t n : kLengths) {
    for (const auto& values : awkward_columns<TypeParam>(n)) {
      const std::span<const TypeParam> cells(values);
      for (const MomentFrame frame : {MomentFrame{0.0, 1.0}, MomentFrame{2.75, 0x1p-5}, MomentFrame{-1e6, 0x1p-20}}) {
        // Cubes of the extremes are infinite, and infinities of both signs make NaN, which equals nothing.
        const auto is_extreme = [](TypeParam x) { return std::fabs(x) == std::numeric_limits<TypeParam>::max(); };
        if (std::any_of(values.begin(), values.end(), is_extreme)) continue;
        const Moments expected = lane_sums(cells, frame);
        EXPECT_TRUE(same_bits(sum_cells(cells, frame, false), expected)) << n;
        const std::vector<double> wide(values.begin(), values.end());
        EXPECT_TRUE(same_bits(sum_block(wide, {}, frame), expected)) << n;
        if (count_cells(cells).missing > 0) continue;
        EXPECT_TRUE(same_bits(sum_cells(cells, frame, true), expected)) << n;
      }
    }
  }
}

TYPED_TEST(CellKernels, WholeNumbersAreTold) {
  const double limit = std::is_same_v<TypeParam, float> ? 0x1p24 : 0x1p53;
  for (const std::size_t n : kLengths) {
    std::vector<TypeParam> values(n);
    for (std::size_t i = 0; i < n; ++i) values[i] = static_cast<TypeParam>(static_cast<int>(i * i) - 50);
    const std::span<const TypeParam> cells(values);
    EXPECT_TRUE(are_whole(cells, limit));
    if (n == 0) continue;
    for (const std::size_t place : {std::size_t{0}, n / 2, n - 1}) {
      const TypeParam before = values[place];
      values[place] = std::numeric_limits<TypeParam>::quiet_NaN();
      EXPECT_TRUE(are_whole(cells, limit)) << "missing cells do not count";
      values[place] = -std::numeric_limits<TypeParam>::infinity();
      EXPECT_TRUE(are_whole(cells, limit));
      values[place] = TypeParam(-0.5);
      EXPECT_FALSE(are_whole(cells, limit)) << n << " cells, cell " << place;
      values[place] = static_cast<TypeParam>(-limit);
      EXPECT_FALSE(are_whole(cells, limit));
      values[place] = static_cast<TypeParam>(limit - 1);
      EXPECT_TRUE(are_whole(cells, limit));
      values[place] = before;
    }
  }
}

TYPED_TEST(CellKernels, HashesAreThoseOfTheLevels) {
  for (const std::size_t n : kLengths) {
    for (const auto& values : awkward_columns<TypeParam>(n)) {
      for (const std::uint64_t threshold : {std::uint64_t{0}, std::uint64_t{1} << 62, ~std::uint64_t{0}}) {
        std::vector<std::uint64_t> expected, found(n);
        for (const TypeParam x : values) {
          const std::uint64_t hash = mix_bits(std::bit_cast<std::uint64_t>(static_cast<double>(x) + 0.0));
          if (std::isfinite(x) && hash < threshold) expected.push_back(hash);
        }
        found.resize(level_hashes(std::span<const TypeParam>(values), threshold, found.data()));
        EXPECT_EQ(found, expected);
      }
    }
  }
}

TYPED_TEST(CellKernels, BracketsSplitCells) {
  constexpr TypeParam kInfinity = std::numeric_limits<TypeParam>::infinity();
  for (const std::size_t n : kLengths) {
    for (const auto& values : awkward_columns<TypeParam>(n)) {
      const std::array<std::array<TypeParam, 2>, 4> brackets = {
          {{-kInfinity, kInfinity}, {TypeParam(0), TypeParam(5)}, {TypeParam(3), TypeParam(3)}, {TypeParam(-2), TypeParam(0)}}};
      for (const auto& [low, high] : brackets) {
        BracketCounts expected;
        std::vector<TypeParam> inside, found(n);
        for (const TypeParam x : values) {
          expected.below += x < low ? 1 : 0;
          expected.at_low += x == low ? 1 : 0;
          expected.at_high += x == high ? 1 : 0;
          if (x > low && x < high) inside.push_back(x);
        }
        const BracketCounts counts = split_cells(std::span<const TypeParam>(values), low, high, found.data());
        EXPECT_EQ(counts.below, expected.below);
        EXPECT_EQ(counts.at_low, expected.at_low);
        EXPECT_EQ(counts.at_high, expected.at_high);
        ASSERT_EQ(counts.between, std::ssize(inside));
        found.resize(inside.size());
        EXPECT_TRUE(found == inside);
      }
    }
  }
}

/// Everything the kernels find in the awkward columns, as bits.
template <typename T>
std::vector<std::uint64_t> all_findings() {
  std::vector<std::uint64_t> bits;
  const auto note = [&](auto value) {
    if constexpr (std::is_floating_point_v<decltype(value)>) {
      bits.push_back(std::bit_cast<std::uint64_t>(static_cast<double>(value)));
    } else {
      bits.push_back(static_cast<std::uint64_t>(value));
    }
  };
  for (const std::size_t n : kLengths) {
    for (const auto& values : awkward_columns<T>(n)) {
      const std::span<const T> cells(values);
      const CellCounts counts = count_cells(cells);
      for (const auto count : {counts.missing, counts.infinite, counts.zeros, counts.negatives}) note(count);
      note(counts.min), note(counts.max);
      const Moments sums = sum_cells(cells, {0.1, 0x1p-3}, counts.missing == 0);
      for (const double sum : {sums.weight, sums.first, sums.second, sums.third}) note(std::isnan(sum) ? 0.0 : sum);
      note(are_whole(cells, 0x1p20));
      std::vector<std::uint64_t> hashes(n);
      hashes.resize(level_hashes(cells, std::uint64_t{1} << 62, hashes.data()));
      for (const std::uint64_t hash : hashes) note(hash);
      std::vector<T> between(n);
      const BracketCounts split = split_cells(cells, T(-1), T(4), between.data());
      for (const auto count : {split.below, split.at_low, split.between, split.at_high}) note(count);
      for (std::int64_t i = 0; i < split.between; ++i) note(between[static_cast<std::size_t>(i)]);
    }
  }
  return bits;
}

TYPED_TEST(CellKernels, EveryInstructionSetFindsTheSame) {
  const auto expected = all_findings<TypeParam>();
  testing::for_each_instruction_set(
      [&](const std::string& name) { EXPECT_TRUE(all_findings<TypeParam>() == expected) << name; });
}

TEST(TransposeCells, TurnsAnyShapeAtAnyAlignment) {
  for (const std::int64_t rows : {1, 3, 4, 5, 16, 17, 64}) {
    for (const std::int64_t columns : {1, 2, 3, 4, 5, 8, 13, 32}) {
      for (const std::ptrdiff_t gap : {0, 1, 6}) {
        const std::ptrdiff_t stride = columns * 4 + gap;
        std::vector<std::byte> table(static_cast<std::size_t>(rows * stride) + 1);
        std::byte* const data = table.data() + 1;
        for (std::int64_t i = 0; i < rows; ++i) {
          for (std::int64_t j = 0; j < columns; ++j) {
            const auto cell = static_cast<float>(100 * i + j);
            std::memcpy(data + i * stride + j * 4, &cell, sizeof(cell));
          }
        }
        const std::int64_t out_stride = rows + 3;
        std::vector<float> out(static_cast<std::size_t>(columns * out_stride), -1.0F);
        transpose_cells(data, stride, rows, columns, out.data(), out_stride);
        for (std::int64_t j = 0; j < columns; ++j) {
          for (std::int64_t i = 0; i < out_stride; ++i) {
            EXPECT_EQ(out[static_cast<std::size_t>(j * out_stride + i)], i < rows ? static_cast<float>(100 * i + j) : -1.0F);
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace tessera
