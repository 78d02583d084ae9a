// SPDX-License-Identifier: Apache-2.0
#include "analyse/profile.hpp"

#include <algorithm>
#include <cmath>

#include "analyse/results.hpp"
#include "stats/contingency.hpp"
#include "stats/cramers_v.hpp"
#include "stats/kruskal_wallis.hpp"
#include "stats/proportion.hpp"
#include "stats/welch_test.hpp"

namespace tessera {
namespace {

class Profiler {
 public:
  Profiler(const AnalysisPlan& plan, const AnalysisStatistics& statistics, std::span<const ColumnProfile> profiles)
      : plan_(plan), statistics_(statistics), profiles_(profiles), segments_(static_cast<std::size_t>(plan.segments)) {}

  std::vector<ColumnAnalysis> run() {
    std::vector<std::pair<int, ColumnAnalysis>> columns;
    for (const PlannedNumber& number : plan_.numbers) columns.emplace_back(number.profile, describe(number));
    for (std::size_t c = 0; c < plan_.categories.size(); ++c) columns.emplace_back(plan_.categories[c].profile, describe(c));
    std::stable_sort(columns.begin(), columns.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<ColumnAnalysis> result;
    for (auto& [profile, column] : columns) result.push_back(std::move(column));
    adjust_tests(result);
    return result;
  }

 private:
  [[nodiscard]] ColumnAnalysis start(int profile, bool used_in_fit) const {
    const ColumnProfile& p = profiles_[static_cast<std::size_t>(profile)];
    ColumnAnalysis column;
    column.column = p.name;
    column.kind = p.kind;
    column.role = p.role;
    column.used_in_fit = used_in_fit;
    return column;
  }

  ColumnAnalysis describe(const PlannedNumber& number) {
    ColumnAnalysis column = start(number.profile, number.used_in_fit);
    std::vector<stats::Moments> groups;
    for (std::size_t s = 0; s < segments_; ++s)
      groups.push_back(statistics_.segments.of(static_cast<std::int64_t>(s), number.series));
    const stats::Moments all = stats::merged(groups);
    column.overall = summarize(all, statistics_.weight());
    const double sd = column.overall.sd;
    for (std::size_t s = 0; s < segments_; ++s) {
      NumberSummary& own = column.segments.emplace_back(summarize(groups[s], statistics_.segment_weight[s]));
      const stats::Moments rest = all_but(groups, s);
      own.z = sd > 0.0 ? (groups[s].mean - all.mean) / sd : kNoValue;
      own.effect = mean_effect(groups[s], rest);
      if (!number.used_in_fit) own.test = to_test("Welch's t test", stats::welch_test(groups[s], rest).test);
    }
    if (static_cast<std::size_t>(number.series) < statistics_.bins.size()) add_quantiles(number.series, column);
    column.effect = eta_effect(groups);
    if (number.used_in_fit) return column;
    const stats::VarianceAnalysis anova = stats::welch_anova(groups);
    column.test = to_test("Welch's analysis of variance", {anova.f, anova.between_df, anova.p});
    column.test.df2 = anova.within_df;
    if (static_cast<std::size_t>(number.series) < statistics_.bins.size()) test_ranks(number.series, column);
    return column;
  }

  /// From the bins: values of one bin are ties.
  void test_ranks(int series, ColumnAnalysis& column) const {
    const std::vector<double>& bins = statistics_.bins[static_cast<std::size_t>(series)];
    std::vector<std::int64_t> filled;
    for (std::int64_t bin = 0; bin < BinScale::kBins; ++bin) {
      for (std::size_t s = 0; s < segments_; ++s) {
        if (!(bins[s * BinScale::kBins + static_cast<std::size_t>(bin)] > 0.0)) continue;
        filled.push_back(bin);
        break;
      }
    }
    Matrix<double> counts(std::ssize(filled), static_cast<std::int64_t>(segments_));
    for (std::size_t i = 0; i < filled.size(); ++i) {
      for (std::size_t s = 0; s < segments_; ++s) {
        counts(static_cast<std::int64_t>(i), static_cast<std::int64_t>(s)) =
            bins[s * BinScale::kBins + static_cast<std::size_t>(filled[i])] * statistics_.effective_share();
      }
    }
    const stats::RankTest ranks = stats::kruskal_wallis(counts.view());
    column.rank_test = to_test("Kruskal-Wallis test", ranks.test);
    column.rank_effect = to_effect("epsilon squared", ranks.epsilon_squared, {}, kNotableEta);
  }

  static NumberSummary summarize(const stats::Moments& moments, double weight) {
    NumberSummary summary;
    summary.n = moments.n;
    summary.weight = moments.weight;
    summary.coverage = weight > 0.0 ? moments.weight / weight : 0.0;
    if (moments.n == 0) return summary;
    summary.mean = moments.mean;
    summary.sd = std::sqrt(moments.squares / moments.weight);
    return summary;
  }

  void add_quantiles(int series, ColumnAnalysis& column) const {
    const auto at = static_cast<std::size_t>(series);
    const BinValues values(statistics_.scales[at], plan_.series[at].integral);
    const std::vector<double>& bins = statistics_.bins[at];
    constexpr auto kBins = static_cast<std::size_t>(BinScale::kBins);
    const auto fill = [&](std::span<const double> own, NumberSummary& summary) {
      summary.quartile_low = quantile_of(own, values, 0.25);
      summary.median = quantile_of(own, values, 0.5);
      summary.quartile_high = quantile_of(own, values, 0.75);
    };
    std::vector<double> all(kBins);
    for (std::size_t s = 0; s < segments_; ++s) {
      const auto own = std::span(bins).subspan(s * kBins, kBins);
      for (std::size_t bin = 0; bin < kBins; ++bin) all[bin] += own[bin];
      fill(own, column.segments[s]);
    }
    fill(all, column.overall);
  }

  ColumnAnalysis describe(std::size_t c) {
    const PlannedCategory& category = plan_.categories[c];
    ColumnAnalysis column = start(category.profile, category.used_in_fit);
    column.is_category = true;
    column.levels = category.labels;
    const auto levels = category.labels.size();
    const auto& weights = statistics_.category_weight[c];
    const auto& rows = statistics_.category_rows[c];
    const MatrixView<const double> table{weights.data(), static_cast<std::int64_t>(levels),
                                         static_cast<std::int64_t>(segments_)};
    const stats::Margins margins = stats::margins_of(table);
    const Matrix<double> counts = stats::effective_counts(table, margins.total / statistics_.effective_share());
    const stats::Margins effective = stats::margins_of(counts.view());
    const Matrix<double> residuals = stats::adjusted_residuals(counts.view());
    column.category_segments.resize(segments_);
    column.category_overall.weight = margins.total;
    column.category_overall.coverage = margins.total / statistics_.weight();
    for (std::size_t l = 0; l < levels; ++l) {
      LevelShare all;
      all.share = margins.rows[l] / margins.total;
      for (std::size_t s = 0; s < segments_; ++s) {
        const std::size_t at = l * segments_ + s;
        const auto i = static_cast<std::int64_t>(l), j = static_cast<std::int64_t>(s);
        CategorySummary& segment = column.category_segments[s];
        LevelShare share;
        share.n = rows[at];
        share.share = margins.columns[s] > 0.0 ? weights[at] / margins.columns[s] : kNoValue;
        share.lift = all.share > 0.0 ? share.share / all.share : kNoValue;
        share.z = residuals(i, j);
        const double others = effective.total - effective.columns[s];
        const stats::ProportionDifference difference = stats::compare_proportions(
            {share.share, effective.columns[s]}, {(effective.rows[l] - counts(i, j)) / others, others});
        share.effect = to_effect("Cohen's h", difference.h, difference.h_interval, kNotableH);
        segment.n += rows[at];
        segment.levels.push_back(share);
        all.n += rows[at];
      }
      column.category_overall.n += all.n;
      column.category_overall.levels.push_back(all);
    }
    for (std::size_t s = 0; s < segments_; ++s) {
      column.category_segments[s].weight = margins.columns[s];
      const double weight = statistics_.segment_weight[s];
      column.category_segments[s].coverage = weight > 0.0 ? margins.columns[s] / weight : 0.0;
    }
    const stats::Association association = stats::cramers_v(counts.view());
    column.effect = to_effect("Cramer's V", association.v, association.interval, kNotableV);
    if (!category.used_in_fit) column.test = to_test("Pearson's chi-squared test", stats::chi_squared_test(counts.view()));
    return column;
  }

  static void adjust_tests(std::vector<ColumnAnalysis>& columns) {
    std::vector<TestResult*> any, ranks, one;
    for (ColumnAnalysis& column : columns) {
      any.push_back(&column.test);
      ranks.push_back(&column.rank_test);
      for (NumberSummary& segment : column.segments) one.push_back(&segment.test);
    }
    adjust(any, "all columns not used in the fit");
    adjust(ranks, "all numbers not used in the fit");
    adjust(one, "all segments and columns not used in the fit");
  }

  const AnalysisPlan& plan_;
  const AnalysisStatistics& statistics_;
  std::span<const ColumnProfile> profiles_;
  std::size_t segments_;
};

}  // namespace

std::vector<ColumnAnalysis> profile_segments(const AnalysisPlan& plan, const AnalysisStatistics& statistics,
                                             std::span<const ColumnProfile> profiles) {
  return Profiler(plan, statistics, profiles).run();
}

}  // namespace tessera
