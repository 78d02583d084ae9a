// SPDX-License-Identifier: Apache-2.0
#include "prepare/apply_kernels.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "exact/grid.hpp"
#include "exact/log1p.hpp"
#include "prepare/prepared_value.hpp"
#include "support/instruction_sets.hpp"

namespace tessera {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Halves, neighbours of powers of two, extremes, and random bits.
std::vector<double> awkward_values(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<double> values = {0.0,   -0.0,   0.5,          -0.5,       1.5,    2.5,        -2.5,         0.49999999999999994,
                                1e300, -1e300, 0x1p51 + 0.5, 0x1p52 + 1, 5e-324, 0x1p53 + 2, -0x1p51 - 0.5};
  for (int i = 0; i < 20'000; ++i) {
    const double x = std::bit_cast<double>(random());
    if (std::isfinite(x)) values.push_back(x);
    values.push_back(std::ldexp(static_cast<double>(static_cast<std::int64_t>(random())), -static_cast<int>(random() % 80)));
  }
  return values;
}

bool same_bits(float a, float b) { return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b); }

TEST(PrepareCells, RoundOntoTheGridAsDefined) {
  const std::vector<double> values = awkward_values(1);
  std::vector<float> found(values.size());
  std::vector<std::uint8_t> trouble(values.size(), 0);
  for (const int exponent : {-149, -42, -40, 0, 7, 87}) {
    const exact::Grid grid = exact::make_grid(exponent);
    PreparedColumns columns;
    columns.add(0.0, 1.0, 1.0, grid, 0.0F);
    prepare_cells(columns, 0, values, found.data(), trouble.data());
    for (std::size_t i = 0; i < values.size(); ++i) {
      EXPECT_TRUE(same_bits(found[i], exact::to_grid(clamp_prepared(values[i]), grid))) << values[i] << " " << exponent;
    }
  }
}

float naive_cell(const PreparedColumns& columns, std::size_t j, double x) {
  if (!std::isfinite(x)) return columns.fill[j];
  const double value = (x - columns.center[j]) / columns.scale[j] * columns.factor[j];
  return exact::to_grid(clamp_prepared(value), {columns.unit[j], columns.inverse_unit[j]});
}

template <typename T>
void expect_rows_as_defined() {
  std::mt19937_64 random(2);
  std::normal_distribution<double> normal(3.0, 50.0);
  constexpr std::size_t kWidth = 40;
  PreparedColumns columns;
  for (std::size_t j = 0; j < kWidth; ++j) {
    const exact::Grid grid = exact::make_grid(static_cast<int>(j % 7) - 40);
    columns.add(normal(random), std::fabs(normal(random)), j % 3 == 0 ? 1.0 : 0.7, grid,
                j % 5 == 4 ? std::numeric_limits<float>::quiet_NaN() : exact::to_grid(normal(random), grid));
  }
  for (const std::size_t count : {1U, 2U, 3U, 4U, 7U, 8U, 9U, 15U, 16U, 31U, 32U}) {
    for (const std::int64_t rows : {1, 2, 7, 100}) {
      const std::size_t first = random() % (kWidth - count), cells_wide = count + 3, out_wide = count + 2;
      std::vector<T> cells(static_cast<std::size_t>(rows) * cells_wide);
      for (std::size_t i = 0; i < cells.size(); ++i) {
        cells[i] = static_cast<T>(i % 41 == 5 ? kNaN : i % 67 == 9 ? -kInfinity : normal(random));
      }
      std::vector<float> out(static_cast<std::size_t>(rows) * out_wide, -7.0F);
      std::vector<std::uint8_t> trouble(static_cast<std::size_t>(rows), kUnseenLevel);
      prepare_rows({&columns, first, count}, cells.data(), static_cast<std::ptrdiff_t>(cells_wide * sizeof(T)), rows,
                   out.data(), static_cast<std::int64_t>(out_wide), trouble.data());
      for (std::size_t i = 0; i < static_cast<std::size_t>(rows); ++i) {
        bool missing = false;
        for (std::size_t j = 0; j < out_wide; ++j) {
          const double x = j < count ? static_cast<double>(cells[i * cells_wide + j]) : 0.0;
          missing = missing || !std::isfinite(x);
          EXPECT_TRUE(same_bits(out[i * out_wide + j], j < count ? naive_cell(columns, first + j, x) : -7.0F))
              << "row " << i << ", column " << j << " of " << count;
        }
        EXPECT_EQ(trouble[i], missing ? kUnseenLevel | kMissingCell : kUnseenLevel);
      }
    }
  }
}

TEST(PrepareRows, EqualTheNaiveTwinAtEveryInstructionSet) {
  testing::for_each_instruction_set([](const std::string& name) {
    SCOPED_TRACE(name);
    expect_rows_as_defined<float>();
    expect_rows_as_defined<double>();
  });
}

TEST(PrepareCells, FillMissingOnes) {
  PreparedColumns columns;
  columns.add(1.0, 2.0, 1.0, exact::make_grid(-40), 0.25F);
  for (const std::size_t n : {1U, 5U, 8U, 13U, 256U}) {
    std::vector<double> values(n);
    for (std::size_t i = 0; i < n; ++i) values[i] = i % 4 == 0 ? kNaN : i % 4 == 3 ? kInfinity : static_cast<double>(i);
    std::vector<float> out(n);
    std::vector<std::uint8_t> trouble(n, 0);
    prepare_cells(columns, 0, values, out.data(), trouble.data());
    for (std::size_t i = 0; i < n; ++i) {
      EXPECT_TRUE(same_bits(out[i], naive_cell(columns, 0, values[i])));
      EXPECT_EQ(trouble[i], std::isfinite(values[i]) ? 0 : kMissingCell);
    }
  }
}

TEST(Log1pCells, HaveTheBitsOfTheDefinition) {
  std::vector<double> values = awkward_values(3);
  for (int exponent = -70; exponent < 70; ++exponent) {
    for (const double m : {1.0, 1.1, 1.4142135623730950, 1.4142135623730951, 1.5, 1.9999}) {
      values.push_back(std::ldexp(m, exponent));
      values.push_back(-std::ldexp(m, exponent));
    }
  }
  values.insert(values.end(), {kNaN, kInfinity, -kInfinity});
  testing::for_each_instruction_set([&](const std::string& name) {
    SCOPED_TRACE(name);
    std::vector<double> found = values;
    log1p_cells(found);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!std::isfinite(values[i])) {
        EXPECT_FALSE(std::isfinite(found[i]));
        continue;
      }
      const double expected = transform_value(Transform::log1p, values[i]);
      EXPECT_EQ(std::bit_cast<std::uint64_t>(found[i]), std::bit_cast<std::uint64_t>(expected)) << values[i];
    }
  });
}

}  // namespace
}  // namespace tessera
