// SPDX-License-Identifier: Apache-2.0
#include "stats/monte_carlo_independence.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "exact/philox.hpp"
#include "stats/contingency.hpp"
#include "stats/log_factorial.hpp"
#include "stats/small_matrix.hpp"

namespace tessera::stats {
namespace {

constexpr std::int64_t kEnoughExtremes = 100;
constexpr double kSlack = 1e-9;  // tables of equal chi-squared differ by rounding

/// Uniform numbers of one random table.
struct Draws {
  std::uint64_t seed;
  std::uint32_t table;
  std::uint64_t next = 0;

  double uniform() { return exact::random_uniform(seed, exact::Purpose::margins, next++, table); }
};

/// How many of `taken` balls are white, out of an urn of white and black ones: ratio of uniforms. Stadlober, The ratio of
/// uniforms approach for generating discrete random variates (1990). For taken and white at most half of all.
std::int64_t draw_half(std::int64_t white, std::int64_t black, std::int64_t taken, Draws& draws) {
  const std::int64_t most = std::min(white, taken);
  if (most == 0) return 0;
  const auto all = static_cast<double>(white + black);
  const double share = static_cast<double>(white) / all;
  const double mean = static_cast<double>(taken) * share;
  const double variance = mean * (1.0 - share) * ((all - static_cast<double>(taken)) / std::max(1.0, all - 1.0));
  const double width = 1.7155277699214135 * std::sqrt(variance + 0.5) + 0.8989161620588988;  // 2 sqrt(2 / e), 3 - 2 sqrt(3 / e)
  const auto log_weight = [&](std::int64_t x) {
    return -log_factorial(x) - log_factorial(white - x) - log_factorial(taken - x) - log_factorial(black - taken + x);
  };
  const auto mode = static_cast<std::int64_t>(static_cast<double>(taken + 1) * static_cast<double>(white + 1) / (all + 2.0));
  const double peak = log_weight(mode);
  for (;;) {
    const double u = draws.uniform();
    const double x = mean + 0.5 + width * (draws.uniform() - 0.5) / u;
    if (!(x >= 0.0 && x < static_cast<double>(most) + 1.0)) continue;
    const auto candidate = static_cast<std::int64_t>(x);
    if (2.0 * std::log(u) <= log_weight(candidate) - peak) return candidate;
  }
}

/// The same for any urn, by symmetry.
std::int64_t draw_hypergeometric(std::int64_t white, std::int64_t black, std::int64_t taken, Draws& draws) {
  if (white > black) return taken - draw_hypergeometric(black, white, taken, draws);
  if (2 * taken > white + black) return white - draw_half(white, black, white + black - taken, draws);
  return draw_half(white, black, taken, draws);
}

/// Margins of a table without its empty rows and columns.
struct WholeMargins {
  std::vector<std::int64_t> rows, columns;
};

/// Chi-squared of one random table: row by row, what is left of each column is an urn.
double random_chi_squared(const WholeMargins& margins, Draws draws) {
  std::vector<std::int64_t> left = margins.columns;
  std::int64_t all_left = 0;
  for (const std::int64_t column : left) all_left += column;
  const auto total = static_cast<double>(all_left);
  double chi_squared = 0.0;
  for (const std::int64_t row : margins.rows) {
    std::int64_t to_place = row;
    std::int64_t beyond = all_left;  // in this column and those to its right
    for (std::size_t j = 0; j < left.size(); ++j) {
      const std::int64_t here = draw_hypergeometric(left[j], beyond - left[j], to_place, draws);
      beyond -= left[j];
      to_place -= here;
      left[j] -= here;
      const double expected = static_cast<double>(row) * (static_cast<double>(margins.columns[j]) / total);
      const double apart = static_cast<double>(here) - expected;
      chi_squared += apart * apart / expected;
    }
    all_left -= row;
  }
  return chi_squared;
}

std::vector<std::int64_t> filled(const std::vector<double>& sums) {
  std::vector<std::int64_t> kept;
  for (const double sum : sums) {
    if (sum > 0.0) kept.push_back(static_cast<std::int64_t>(sum));
  }
  return kept;
}

}  // namespace

MonteCarloP monte_carlo_p(MatrixView<const double> counts, std::uint64_t seed, std::uint32_t stream, std::int64_t most) {
  if (!is_table_of_counts(counts)) return {};
  const Matrix<double> whole = transformed(counts, [](double count) { return std::round(count); });
  const Margins sums = margins_of(whole.view());
  const WholeMargins margins = {filled(sums.rows), filled(sums.columns)};
  if (margins.rows.size() < 2 || margins.columns.size() < 2) return {};
  const double observed = chi_squared_test(whole.view()).statistic;
  const std::uint64_t key = exact::random_bits(seed, exact::Purpose::margins, stream, 0);
  std::int64_t extremes = 0;
  for (std::int64_t table = 1; table <= most; ++table) {
    if (random_chi_squared(margins, {key, static_cast<std::uint32_t>(table)}) >= observed * (1.0 - kSlack)) ++extremes;
    if (extremes == kEnoughExtremes) return {static_cast<double>(extremes) / static_cast<double>(table), table};
  }
  return {static_cast<double>(extremes + 1) / static_cast<double>(most + 1), most};
}

}  // namespace tessera::stats
