// SPDX-License-Identifier: Apache-2.0
#include "correlate/answer.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "stats/correlation_repair.hpp"
#include "stats/p_adjust.hpp"
#include "stats/partial_correlation.hpp"

namespace tessera {
namespace {

constexpr double kUndefined = stats::kUndefined;

void set_both(Matrix<double>& matrix, std::int64_t i, std::int64_t j, double value) { matrix(i, j) = matrix(j, i) = value; }

/// Adjusts the p of all pairs of a matrix.
Matrix<double> adjusted(const Matrix<double>& p) {
  std::vector<double> values;
  for (std::int64_t i = 0; i < p.rows(); ++i) {
    for (std::int64_t j = i + 1; j < p.rows(); ++j) values.push_back(p(i, j));
  }
  const std::vector<double> adjusted = stats::adjusted_p(values, stats::Adjustment::benjamini_hochberg);
  Matrix<double> result(p.rows(), p.rows(), kUndefined);
  std::size_t at = 0;
  for (std::int64_t i = 0; i < p.rows(); ++i) {
    for (std::int64_t j = i + 1; j < p.rows(); ++j) set_both(result, i, j, adjusted[at++]);
  }
  return result;
}

/// The columns that have any spread: the others have no correlations to be repaired or held constant.
std::vector<std::int64_t> defined_columns(const Matrix<double>& r) {
  std::vector<std::int64_t> defined;
  for (std::int64_t i = 0; i < r.rows(); ++i) {
    if (!std::isnan(r(i, i))) defined.push_back(i);
  }
  return defined;
}

Matrix<double> chosen(const Matrix<double>& matrix, const std::vector<std::int64_t>& columns) {
  const auto m = std::ssize(columns);
  Matrix<double> part(m, m);
  for (std::int64_t i = 0; i < m; ++i) {
    for (std::int64_t j = 0; j < m; ++j)
      part(i, j) = matrix(columns[static_cast<std::size_t>(i)], columns[static_cast<std::size_t>(j)]);
  }
  return part;
}

/// The inverse of chosen().
Matrix<double> spread_out(const Matrix<double>& part, const std::vector<std::int64_t>& columns, std::int64_t m) {
  Matrix<double> matrix(m, m, kUndefined);
  for (std::int64_t i = 0; i < part.rows(); ++i) {
    for (std::int64_t j = 0; j < part.rows(); ++j)
      matrix(columns[static_cast<std::size_t>(i)], columns[static_cast<std::size_t>(j)]) = part(i, j);
  }
  return matrix;
}

/// Least effective n of any two different columns.
double least_n(const CorrelationGroup& group, const std::vector<std::int64_t>& columns) {
  const Matrix<double>& n = group.effective_n.rows() > 0 ? group.effective_n : group.n;
  double least = std::numeric_limits<double>::infinity();
  for (const std::int64_t i : columns) {
    for (const std::int64_t j : columns) {
      if (i != j) least = std::min(least, n(i, j));
    }
  }
  return least;
}

void hold_others(CorrelationGroup& group, const Matrix<double>& matrix, const std::vector<std::int64_t>& columns) {
  const auto m = group.r.rows();
  const stats::PartialCorrelations partial = stats::partial_correlations(matrix.view());
  group.partial = spread_out(partial.r, columns, m);
  group.partial_p = Matrix<double>(m, m, kUndefined);
  const double n = least_n(group, columns);
  for (std::int64_t i = 0; i < m; ++i) {
    for (std::int64_t j = i + 1; j < m; ++j) {
      const auto own = stats::correlation_of(group.partial(i, j), n, static_cast<double>(partial.held));
      // Where a pair has no p of its own for what it is, it has none here.
      if (!std::isnan(group.p(i, j))) set_both(group.partial_p, i, j, own.test.p);
    }
  }
}

}  // namespace

CorrelationGroup answer_group(const CorrelationPlan& plan, const CorrelatedRows& rows, int segment, const AnswerPair& answer,
                              const AnswerRules& rules) {
  const auto m = std::ssize(plan.variables);
  const bool weighted = plan.columns.weight >= 0;
  CorrelationGroup group;
  group.segment = segment;
  if (segment >= 0) group.name = plan.names[static_cast<std::size_t>(segment)];
  for (int s = 0; s < plan.segments; ++s) {
    if (segment >= 0 && s != segment) continue;
    group.rows += rows.rows[static_cast<std::size_t>(s)];
    group.weight += rows.weight[static_cast<std::size_t>(s)];
  }
  for (auto* matrix : {&group.r, &group.low, &group.high, &group.p}) *matrix = Matrix<double>(m, m, kUndefined);
  group.n = Matrix<double>(m, m);
  if (weighted) group.effective_n = Matrix<double>(m, m);
  for (std::int64_t i = 0; i < m; ++i) {
    for (std::int64_t j = i; j < m; ++j) {
      const PairAnswer pair = answer(i, j);
      const stats::Correlation& own = pair.correlation;
      set_both(group.n, i, j, pair.rows);
      if (weighted) set_both(group.effective_n, i, j, own.n);
      set_both(group.r, i, j, i == j && !std::isnan(own.r) ? 1.0 : own.r);
      if (i == j) continue;
      set_both(group.low, i, j, own.interval.low);
      set_both(group.high, i, j, own.interval.high);
      // Segments cut the columns that they were made from, and with them how these hang together.
      const bool circular = segment >= 0 && plan.variables[static_cast<std::size_t>(i)].variable.used_in_fit &&
                            plan.variables[static_cast<std::size_t>(j)].variable.used_in_fit;
      if (!circular) set_both(group.p, i, j, own.test.p);
    }
  }
  group.p_adjusted = adjusted(group.p);
  const std::vector<std::int64_t> columns = defined_columns(group.r);
  Matrix<double> matrix = chosen(group.r, columns);
  if (rules.repair && !columns.empty()) {
    stats::RepairedCorrelation repaired = stats::repaired_correlation(matrix);
    group.repair_largest = repaired.largest_change;
    group.repair_distance = repaired.distance;
    if (repaired.repaired) group.repaired = spread_out(repaired.matrix, columns, m);
    matrix = std::move(repaired.matrix);
  }
  if (rules.partials && columns.size() > 2) hold_others(group, matrix, columns);
  return group;
}

std::vector<CorrelationGroup> answer_groups(const CorrelationPlan& plan, const CorrelatedRows& rows,
                                            const std::function<AnswerPair(int segment)>& answer_of, const AnswerRules& rules) {
  std::vector<CorrelationGroup> groups;
  const int segments = plan.has_segments() ? plan.segments : 0;
  for (int segment = -1; segment < segments; ++segment)
    groups.push_back(answer_group(plan, rows, segment, answer_of(segment), rules));
  return groups;
}

}  // namespace tessera
