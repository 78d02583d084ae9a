// SPDX-License-Identifier: Apache-2.0
#include "stats/partition_agreement.hpp"

#include <algorithm>
#include <cmath>

#include "stats/adjusted_rand.hpp"
#include "stats/contingency.hpp"
#include "stats/small_matrix.hpp"

namespace tessera::stats {
namespace {

constexpr double kNegligible = 1e-18;  // weight of a term, of the largest

double entropy(const std::vector<double>& sums, double total) {
  double result = 0.0;
  for (const double sum : sums) {
    if (sum > 0.0) result -= sum / total * std::log(sum / total);
  }
  return result;
}

double mutual_information(MatrixView<const double> counts, const Margins& margins) {
  double result = 0.0;
  for (std::int64_t i = 0; i < counts.rows; ++i) {
    for (std::int64_t j = 0; j < counts.columns; ++j) {
      const double count = counts(i, j);
      if (count > 0.0) result += count / margins.total * std::log(count / margins.expected(i, j));
    }
  }
  return std::max(0.0, result);
}

/// Expected share of one cell in the mutual information, when a and b of n rows are marked at random: a sum over the
/// hypergeometric distribution from its mode outwards, as far as terms have weight.
double expected_cell(double a, double b, double n) {
  const double most = std::min(a, b);
  const double least = std::max(0.0, a + b - n);
  const double mode = std::clamp(std::floor((a + 1.0) * (b + 1.0) / (n + 2.0)), least, most);
  double weights = 0.0;
  double sum = 0.0;
  const auto add = [&](double x, double weight) {
    weights += weight;
    if (x > 0.0) sum += weight * (x / n * std::log(n / a * (x / b)));
  };
  double weight = 1.0;
  for (double x = mode; x <= most && weight > kNegligible; x += 1.0) {
    add(x, weight);
    weight *= (a - x) / (x + 1.0) * ((b - x) / (n - a - b + x + 1.0));
  }
  weight = 1.0;
  for (double x = mode; x > least && weight > kNegligible;) {
    weight *= x / (a - x + 1.0) * ((n - a - b + x) / (b - x + 1.0));
    x -= 1.0;
    add(x, weight);
  }
  return sum / weights;
}

double adjusted_mutual_information(MatrixView<const double> counts) {
  const Matrix<double> whole = transformed(counts, [](double count) { return std::round(count); });
  const Margins margins = margins_of(whole.view());
  if (margins.total <= 0.0) return kUndefined;
  double expected = 0.0;
  for (const double row : margins.rows) {
    for (const double column : margins.columns) {
      if (row > 0.0 && column > 0.0) expected += expected_cell(row, column, margins.total);
    }
  }
  const double mean_entropy = (entropy(margins.rows, margins.total) + entropy(margins.columns, margins.total)) / 2.0;
  const double room = mean_entropy - expected;
  // Both partitions trivial: they agree.
  if (room <= 1e-12 * std::max(1.0, mean_entropy)) return 1.0;
  return (mutual_information(whole.view(), margins) - expected) / room;
}

}  // namespace

PartitionAgreement partition_agreement(MatrixView<const double> counts) {
  if (!is_table_of_counts(counts)) return {};
  const Margins margins = margins_of(counts);
  if (margins.total <= 0.0) return {};
  const double shared = mutual_information(counts, margins);
  const double given = entropy(margins.rows, margins.total);
  const double found = entropy(margins.columns, margins.total);
  PartitionAgreement result;
  result.adjusted_rand = adjusted_rand_index(counts);
  result.mutual_information = shared;
  result.adjusted_mutual_information = adjusted_mutual_information(counts);
  result.homogeneity = given > 0.0 ? shared / given : 1.0;
  result.completeness = found > 0.0 ? shared / found : 1.0;
  const double sum = result.homogeneity + result.completeness;
  result.v_measure = sum > 0.0 ? 2.0 * result.homogeneity * result.completeness / sum : 0.0;
  return result;
}

}  // namespace tessera::stats
