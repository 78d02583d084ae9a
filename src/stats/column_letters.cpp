// SPDX-License-Identifier: Apache-2.0
#include "stats/column_letters.hpp"

#include <algorithm>
#include <tuple>

#include "stats/contingency.hpp"
#include "stats/proportion.hpp"

namespace tessera::stats {
namespace {

/// All pairs of columns in one row whose shares can be compared, the larger one first.
std::vector<ColumnContrast> pairs_of_row(MatrixView<const double> counts, std::span<const double> bases, std::int64_t row) {
  std::vector<ColumnContrast> pairs;
  const auto share = [&](std::int32_t column) {
    const double base = bases[static_cast<std::size_t>(column)];
    return Proportion{std::clamp(counts(row, column) / base, 0.0, 1.0), base};
  };
  const auto columns = static_cast<std::int32_t>(counts.columns);
  for (std::int32_t a = 0; a < columns; ++a) {
    for (std::int32_t b = a + 1; b < columns; ++b) {
      const ProportionDifference apart = compare_proportions(share(a), share(b));
      const bool a_larger = apart.difference > 0.0;
      pairs.push_back({row, a_larger ? a : b, a_larger ? b : a, apart.test.p});
    }
  }
  return pairs;
}

}  // namespace

std::vector<ColumnContrast> column_contrasts(MatrixView<const double> counts, std::span<const double> column_totals,
                                             Adjustment adjustment, double significance) {
  if (!is_table_of_counts(counts)) return {};
  const Margins margins = margins_of(counts);
  const std::span<const double> bases = column_totals.empty() ? margins.columns : column_totals;
  std::vector<ColumnContrast> contrasts;
  for (std::int64_t row = 0; row < counts.rows; ++row) {
    std::vector<ColumnContrast> pairs = pairs_of_row(counts, bases, row);
    std::vector<double> p(pairs.size());
    std::ranges::transform(pairs, p.begin(), &ColumnContrast::p);
    const std::vector<double> adjusted = adjusted_p(p, adjustment);
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      pairs[i].p = adjusted[i];
      if (adjusted[i] < significance) contrasts.push_back(pairs[i]);
    }
  }
  std::ranges::sort(contrasts, {}, [](const ColumnContrast& c) { return std::tuple(c.row, c.column, c.larger_than); });
  return contrasts;
}

std::string column_letter(std::int64_t column) {
  std::string letters;
  for (std::int64_t rest = column + 1; rest > 0; rest = (rest - 1) / 26) {
    letters.insert(letters.begin(), static_cast<char>('A' + (rest - 1) % 26));
  }
  return letters;
}

}  // namespace tessera::stats
