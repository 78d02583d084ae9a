// SPDX-License-Identifier: Apache-2.0
#include "correlate/mixed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>

#include "core/bytes.hpp"
#include "correlate/answer.hpp"
#include "correlate/co_moment_table.hpp"
#include "correlate/pearson.hpp"
#include "stats/analysis_of_variance.hpp"
#include "stats/contingency.hpp"
#include "stats/cramers_v.hpp"
#include "stats/moments.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

/// What one sweep tells of categories: sums of the numbers by level, and how often two levels meet.
class CategorySums {
 public:
  CategorySums(const CorrelationPlan& plan, Backend& backend, SegmentSweep& sweep)
      : plan_(plan), rows_(sweep.rows()), numbers_(plan.numbers()), categories_(plan.categories()) {
    check_memory(sweep);
    std::vector<std::unique_ptr<MomentsPass>> passes;
    for (const int number : numbers_) centers_.push_back(variable(number).center);
    TallyTask counts;
    for (std::size_t a = 0; a < categories_.size(); ++a) {
      if (!numbers_.empty()) passes.push_back(backend.moments(level_sums(a)));
      for (std::size_t b = a; b < categories_.size(); ++b) counts.counts.push_back(crossing({a, b}));
    }
    const std::unique_ptr<TallyPass> tally = backend.tally(counts);
    sweep.run([&](std::span<const AnalysisBlock> blocks) {
      for (const auto& pass : passes) pass->consume(blocks);
      tally->consume(blocks);
    });
    for (const auto& pass : passes) sums_.push_back(pass->finish());
    tally_ = tally->finish();
  }

  /// Of a number and a category, given by their places among these.
  [[nodiscard]] PairAnswer ratio(int segment, std::size_t number, std::size_t category) const {
    const GroupMoments& sums = sums_[category];
    const std::int64_t levels = sums.groups / plan_.segments;
    std::vector<stats::Moments> groups(static_cast<std::size_t>(levels));
    for (std::int64_t s = 0; s < plan_.segments; ++s) {
      if (segment >= 0 && s != segment) continue;
      for (std::int64_t level = 0; level < levels; ++level) {
        stats::Moments& group = groups[static_cast<std::size_t>(level)];
        group = stats::merged(group, moments(sums, s * levels + level, number));
      }
    }
    const stats::Moments all = stats::merged(groups);
    const stats::VarianceAnalysis test = stats::f_test(groups);
    PairAnswer answer;
    answer.rows = static_cast<double>(all.n);
    if (filled(groups) > 1) {
      const stats::Interval squared = stats::variance_explained(groups).interval;
      answer.correlation.r = stats::correlation_ratio(groups);
      answer.correlation.interval = {std::sqrt(squared.low), std::sqrt(squared.high)};
    }
    answer.correlation.n = all.effective_n();
    answer.correlation.test = {test.f, test.within_df, test.p};
    return answer;
  }

  /// Of two categories, by their places among these, first <= second.
  [[nodiscard]] PairAnswer cramers_v(int segment, std::size_t first, std::size_t second) const {
    const std::int64_t rows = levels(first), columns = levels(second);
    const std::size_t table = place(first, second);
    Matrix<double> counts(rows, columns);
    PairAnswer answer;
    double squares = 0.0;
    for (std::int64_t s = 0; s < plan_.segments; ++s) {
      if (segment >= 0 && s != segment) continue;
      double own = 0.0;
      for (std::int64_t cell = 0; cell < rows * columns; ++cell) {
        const auto at = static_cast<std::size_t>(s * rows * columns + cell);
        const auto n = static_cast<double>(tally_.rows[table][at]);
        const double weight =
            tally_.units.empty() ? n : std::ldexp(static_cast<double>(tally_.units[table][at]), plan_.columns.weight_exponent);
        answer.rows += n;
        own += weight;
        counts(cell / columns, cell % columns) += weight;
      }
      const auto at = static_cast<std::size_t>(s);
      if (own > 0.0) squares += own * rows_.weight_squares[at] / rows_.weight[at];
    }
    const Matrix<double> effective = stats::effective_counts(counts.view(), squares);
    const stats::Association association = stats::cramers_v(effective.view());
    answer.correlation.r = association.v;
    answer.correlation.interval = association.interval;
    answer.correlation.n = stats::margins_of(effective.view()).total;
    answer.correlation.test = stats::chi_squared_test(effective.view());
    return answer;
  }

 private:
  [[nodiscard]] const PlannedVariable& variable(int v) const { return plan_.variables[static_cast<std::size_t>(v)]; }
  [[nodiscard]] std::int32_t levels(std::size_t category) const { return variable(categories_[category]).levels; }
  /// Of a pair among the tables of counts: a row of pairs for each first category.
  [[nodiscard]] std::size_t place(std::size_t first, std::size_t second) const {
    std::size_t before = 0;
    for (std::size_t a = 0; a < first; ++a) before += categories_.size() - a;
    return before + second - first;
  }

  [[nodiscard]] Crossing crossing(std::initializer_list<std::size_t> categories) const {
    Crossing groups{{CorrelationPlan::kSegmentCode}, {plan_.segments}};
    for (const std::size_t category : categories) {
      groups.codes.push_back(variable(categories_[category]).place);
      groups.sizes.push_back(levels(category));
    }
    return groups;
  }

  [[nodiscard]] MomentsTask level_sums(std::size_t category) const {
    MomentsTask task;
    task.groups = crossing({category});
    for (const int number : numbers_) task.columns.push_back(variable(number).place);
    task.pivots = centers_;
    return task;
  }

  [[nodiscard]] stats::Moments moments(const GroupMoments& sums, std::int64_t group, std::size_t number) const {
    const std::size_t at = sums.at(group, static_cast<std::int64_t>(number));
    stats::Moments moments;
    moments.n = sums.n[at];
    moments.weight = sums.weight[at];
    moments.weight_squares = sums.weight_squares[at];
    if (!(moments.weight > 0.0)) return moments;
    moments.mean = sums.first[at] / moments.weight;  // from the column's center: differences keep their digits
    moments.squares = std::max(0.0, sums.second[at] - sums.first[at] * moments.mean);
    return moments;
  }

  static std::ptrdiff_t filled(const std::vector<stats::Moments>& groups) {
    return std::ranges::count_if(groups, [](const stats::Moments& group) { return group.n > 0; });
  }

  void check_memory(const SegmentSweep& sweep) const {
    std::int64_t all_levels = 0, cells = 0;
    for (const int category : categories_) all_levels += variable(category).levels;
    cells = all_levels * all_levels + all_levels * std::ssize(numbers_) * 16;
    const std::int64_t bytes = cells * plan_.segments * 24 * (sweep.job().threads.size() + 1);
    if (bytes <= sweep.budget_bytes() / 4) return;
    throw MemoryError(fmt::format("counting {} levels within {} segments takes {}, more than a quarter of the memory budget",
                                  all_levels, plan_.segments, format_bytes(bytes)),
                      "name fewer columns with --features, lower --top-levels, or raise --memory");
  }

  const CorrelationPlan& plan_;
  const CorrelatedRows& rows_;
  std::vector<int> numbers_, categories_;
  std::vector<double> centers_;
  std::vector<GroupMoments> sums_;  // [categories] by segment and level
  Tally tally_;
};

}  // namespace

std::vector<CorrelationGroup> mixed_groups(const CorrelationPlan& plan, Backend& backend, SegmentSweep& sweep) {
  const bool has_numbers = !plan.numbers().empty(), has_categories = !plan.categories().empty();
  std::optional<CoMomentTable> numbers;
  std::optional<CategorySums> categories;
  if (has_numbers) numbers.emplace(sweep_co_moments(plan, backend, sweep));
  if (has_categories) categories.emplace(plan, backend, sweep);
  std::vector<std::size_t> place(plan.variables.size());  // among the numbers, or among the categories
  std::size_t seen_numbers = 0, seen_categories = 0;
  for (std::size_t v = 0; v < place.size(); ++v)
    place[v] = plan.variables[v].variable.nominal ? seen_categories++ : seen_numbers++;
  const auto answer_of = [&](int segment) -> AnswerPair {
    return [&, segment](std::int64_t x, std::int64_t y) -> PairAnswer {
      const auto i = static_cast<std::size_t>(x), j = static_cast<std::size_t>(y);
      const bool nominal_x = plan.variables[i].variable.nominal, nominal_y = plan.variables[j].variable.nominal;
      if (nominal_x && nominal_y) return categories->cramers_v(segment, place[i], place[j]);
      if (nominal_x) return categories->ratio(segment, place[j], place[i]);
      if (nominal_y) return categories->ratio(segment, place[i], place[j]);
      return pearson_of(*numbers, segment, static_cast<std::int64_t>(place[i]), static_cast<std::int64_t>(place[j]));
    };
  };
  return answer_groups(plan, sweep.rows(), answer_of, {.repair = false, .partials = false});
}

}  // namespace tessera
