// SPDX-License-Identifier: Apache-2.0
#include "correlate/correlate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "correlate/mixed.hpp"
#include "correlate/pearson.hpp"
#include "correlate/rank_groups.hpp"
#include "correlate/segment_sweep.hpp"
#include "exact/grid.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

DataLocation location_of(const TableInfo& info, std::string column = {}) {
  return {info.path.string(), info.dataset, -1, std::move(column)};
}

/// The column of weights, if there is one.
void add_weights(const CorrelationSource& source, CorrelationPlan& plan) {
  for (std::size_t i = 0; i < source.profiles.size() && plan.columns.weight < 0; ++i) {
    const ColumnProfile& profile = source.profiles[i];
    if (profile.role != Role::weight) continue;
    plan.columns.weight = static_cast<int>(i);
    const auto largest = static_cast<double>(static_cast<float>(std::fmax(profile.max, 0.0)));
    if (largest > 0.0) plan.columns.weight_exponent = exact::ceil_exponent(largest) - exact::kGridBits;
  }
}

void check_columns(const CorrelationPlan& plan, const TableInfo& info) {
  if (plan.variables.size() >= 2) return;
  std::string why;
  constexpr std::size_t kMostNamed = 3;
  for (std::size_t i = 0; i < std::min(plan.left_out.size(), kMostNamed); ++i)
    why += fmt::format("{} {}: {}", i == 0 ? ":" : ";", plan.left_out[i].first, plan.left_out[i].second);
  throw DataError(
      fmt::format("{} of the columns can be correlated, and it takes two{}", plan.variables.empty() ? "none" : "one", why),
      location_of(info), "name columns with --features; --method mixed takes categories");
}

/// The column that takes most rows out, for the advice.
std::string most_missing(const CorrelationPlan& plan) {
  const auto most = std::ranges::max_element(plan.variables, {}, [](const PlannedVariable& v) { return v.variable.missing; });
  return most->variable.name;
}

void check_rows(const CorrelationPlan& plan, const CorrelatedRows& rows, const TableInfo& info) {
  if (rows.used() >= 2) return;
  const std::int64_t used = rows.used();
  if (rows.in_segments < 2) {
    throw DataError(
        fmt::format("{} in a segment, and a correlation takes two", rows.in_segments == 0 ? "no row is" : "one row is"),
        location_of(info), "name another column with --by, or another run with --segments");
  }
  if (rows.weighted < 2) {
    throw DataError(rows.weighted == 0 ? "every weight is 0" : "only one row has a weight above 0",
                    location_of(info, info.columns[static_cast<std::size_t>(plan.columns.weight)].name),
                    "name another column with --weight, or leave this one out with --ignore");
  }
  throw DataError(fmt::format("{} every column, and a correlation takes two", used == 0 ? "no row has" : "only one row has"),
                  location_of(info, most_missing(plan)),
                  "compare pairs with --missing pairwise, or leave out columns with many gaps");
}

void describe(const CorrelationPlan& plan, CorrelationTable& result) {
  if (result.sample_rows > 0)
    result.notes.push_back(
        fmt::format("tau is that of a random sample of {} rows of every group that has more", result.sample_rows));
  if (!result.exact_ranks)
    result.notes.push_back(
        fmt::format("ranks are those of bins of values: no correlation is farther than {:.2g} from that of exact ranks",
                    result.rank_error));
  for (const PlannedVariable& planned : plan.variables) result.variables.push_back(planned.variable);
  result.left_out = plan.left_out;
  for (const CorrelationGroup& group : result.groups) {
    if (group.repaired.rows() == 0) continue;
    result.notes.push_back(fmt::format(
        "{}: the rows that pairs have in common differ so much that no table could have this matrix; the nearest possible one "
        "changes no element by more than {:.2g}",
        group.segment < 0 ? "all customers" : group.name, group.repair_largest));
  }
}

}  // namespace

CorrelationTable correlate(Table& table, const CorrelationSource& source, const CorrelateOptions& options, Backend& backend,
                           const JobContext& job, std::int64_t budget_bytes) {
  const TableInfo& info = table.info();
  if (info.rows < 2) {
    throw DataError(info.rows == 0 ? "the table has no rows" : "the table has one row, and a correlation takes two",
                    location_of(info), "give more customers");
  }
  CorrelationPlan plan = plan_correlations(source, options.method);
  add_weights(source, plan);
  check_columns(plan, info);
  plan.columns.seed = options.seed;
  if (options.method == CorrelationMethod::kendall && plan.columns.weight >= 0) {
    throw ConfigError(fmt::format("Kendall's tau knows no weights, and '{}' is one",
                                  info.columns[static_cast<std::size_t>(plan.columns.weight)].name),
                      "take --method spearman, or leave the column out with --ignore");
  }

  CorrelationTable result;
  result.method = options.method;
  result.listwise = options.listwise;
  result.weighted = plan.columns.weight >= 0;
  result.rows = info.rows;
  SegmentSweep sweep(table, plan, options.listwise, job, budget_bytes);
  job.observer.stage("correlate", info.rows);
  switch (options.method) {
    case CorrelationMethod::pearson:
      result.groups = pearson_groups(plan, backend, sweep);
      break;
    case CorrelationMethod::spearman:
      result.groups = spearman_groups(plan, backend, sweep, options.ranks, result);
      break;
    case CorrelationMethod::kendall:
      result.groups = kendall_groups(plan, sweep, options.kendall_rows, result);
      break;
    case CorrelationMethod::mixed:
      result.groups = mixed_groups(plan, backend, sweep);
  }
  check_rows(plan, sweep.rows(), info);
  result.rows_used = sweep.rows().used();
  describe(plan, result);
  return result;
}

}  // namespace tessera
