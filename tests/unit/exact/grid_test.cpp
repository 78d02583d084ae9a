// SPDX-License-Identifier: Apache-2.0
#include "exact/grid.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace tessera::exact {
namespace {

TEST(Grid, CeilExponentIsTheSmallestPowerOfTwoThatCovers) {
  for (const double value : {1e-310, 1e-45, 0x1p-149, 0.3, 0.5, 0.5000001, 1.0, 1.0000001, 3.0, 4.0, 1e38, 3.4e38, 1e300}) {
    const int exponent = ceil_exponent(value);
    EXPECT_GE(std::ldexp(1.0, exponent), value);
    EXPECT_LT(std::ldexp(1.0, exponent - 1), value);
  }
  EXPECT_EQ(ceil_exponent(0.0), 0);
}

TEST(Grid, ExponentCoversWeightedValuesButNeverShrinksForSmallWeights) {
  EXPECT_EQ(grid_exponent(1.0, 1.0), -kGridBits);
  EXPECT_EQ(grid_exponent(1.0, 0.001), -kGridBits);
  EXPECT_EQ(grid_exponent(1.0, 1000.0), 10 - kGridBits);
  EXPECT_EQ(grid_exponent(0.0, 5.0), -kGridBits);
}

TEST(Grid, RoundedValuesAreMultiplesOfTheUnitAndRoundingAgainChangesNothing) {
  std::mt19937_64 bits(1);
  for (int trial = 0; trial < 200000; ++trial) {
    const double largest = std::ldexp(1.0 + static_cast<double>(bits() >> 12) * 0x1p-52, static_cast<int>(bits() % 250) - 148);
    const Grid grid = make_grid(grid_exponent(largest, 1.0));
    const double value =
        largest * std::ldexp(static_cast<double>(static_cast<std::int64_t>(bits())), -63 - static_cast<int>(bits() % 50));
    const float rounded = to_grid(value, grid);
    const double units = static_cast<double>(rounded) * grid.inverse;
    ASSERT_EQ(units, std::rint(units)) << value;
    ASSERT_LE(std::abs(units), std::ldexp(1.0, kGridBits));
    ASSERT_EQ(to_grid(rounded, grid), rounded);
    // Half a unit from the grid, half an ulp from float32.
    const double ulp = std::max(std::ldexp(1.0, std::ilogb(largest) - 40 + 2), std::abs(value) * 0x1p-23);
    ASSERT_LE(std::abs(static_cast<double>(rounded) - value), std::max(ulp, 0x1p-149)) << value;
  }
}

TEST(Grid, LargeFloatsLieOnTheGridAlready) {
  const float largest = 1000.0F;
  const Grid grid = make_grid(grid_exponent(largest, 1.0));
  for (float value = largest; value > largest * 0x1p-16F; value = std::nextafter(value, 0.0F) * 0.999F) {
    EXPECT_EQ(to_grid(value, grid), value);
  }
}

TEST(Grid, WeightTwoCountsLikeTheRowTwice) {
  std::mt19937_64 bits(2);
  const Grid grid = make_grid(grid_exponent(8.0, 4.0));
  for (int trial = 0; trial < 10000; ++trial) {
    const float value = to_grid(std::ldexp(static_cast<double>(static_cast<std::int64_t>(bits())), -60), grid);
    EXPECT_EQ(weighted_units(2.0F, value, grid), 2 * weighted_units(1.0F, value, grid));
    EXPECT_EQ(static_cast<double>(weighted_units(1.0F, value, grid)) * grid.unit, static_cast<double>(value));
  }
}

TEST(Grid, WeightedUnitsRoundTheExactProductTiesToEven) {
  const Grid grid = make_grid(0);
  EXPECT_EQ(weighted_units(0.5F, 3.0F, grid), 2);
  EXPECT_EQ(weighted_units(0.5F, 5.0F, grid), 2);
  EXPECT_EQ(weighted_units(0.5F, -3.0F, grid), -2);
  EXPECT_EQ(weighted_units(1.5F, 1.0F, grid), 2);
  EXPECT_EQ(units_of(2.5, grid), 2);
}

TEST(Grid, SumsOfUnitsAreExactInDoubleForAsManyRowsAsPromised) {
  const double largest = std::ldexp(1.0, kGridBits) - 1.0;  // odd, so that a lost bit shows
  double sum = 0.0;
  std::int64_t exact_sum = 0;
  for (std::int64_t row = 0; row < kExactDoubleRows; ++row) {
    sum += largest;
    exact_sum += static_cast<std::int64_t>(largest);
  }
  EXPECT_EQ(static_cast<std::int64_t>(sum), exact_sum);
  EXPECT_LE(static_cast<double>(kIntegerBlockRows) * std::ldexp(1.0, kGridBits), 0x1p62);
}

TEST(Grid, ExtremeColumnsHaveUsableGrids) {
  for (const float largest : {std::numeric_limits<float>::denorm_min(), 1e-40F, std::numeric_limits<float>::max()}) {
    const Grid grid = make_grid(grid_exponent(largest, 1e30));
    EXPECT_TRUE(std::isfinite(grid.inverse));
    EXPECT_GT(grid.unit, 0.0);
    EXPECT_EQ(grid.unit * grid.inverse, 1.0);
    const Grid plain = make_grid(grid_exponent(largest, 1.0));
    EXPECT_EQ(to_grid(largest, plain), largest);
  }
}

}  // namespace
}  // namespace tessera::exact
