// SPDX-License-Identifier: Apache-2.0
#include "analyse/analysis_statistics.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <utility>

namespace tessera {
namespace {

/// Series whose sums a pass adds up.
struct SeriesPass {
  std::unique_ptr<MomentsPass> pass;
  std::vector<int> series;
  std::vector<double> pivots;

  SeriesMoments finish() {
    if (!pass) return {};
    return {pass->finish(), std::move(series), std::move(pivots)};
  }
};

class Collector {
 public:
  Collector(const AnalysisPlan& plan, Backend& backend, std::int64_t budget_bytes) : plan_(plan), backend_(backend) {
    std::vector<int> all(plan.series.size());
    std::iota(all.begin(), all.end(), 0);
    segments_ = series_pass(all, {{AnalysisPlan::kSegmentCode}, {plan.segments}}, false);
    pairs_ = series_pass(plan.paired, {{AnalysisPlan::kSegmentCode}, {plan.segments}}, true);
    const std::vector<int> kpis = kpi_series();
    for (const PlannedCategory& category : plan.categories) {
      const auto levels = static_cast<std::int32_t>(category.labels.size());
      categories_.push_back(series_pass(kpis, {{category.code, AnalysisPlan::kSegmentCode}, {levels, plan.segments}}, false));
    }
    for (const PlannedTable& table : plan.tables) tables_.push_back(series_pass(kpis, crossing_of(table), false));
    if (plan.period_code >= 0) {
      const Crossing by_period{{plan.period_code, AnalysisPlan::kSegmentCode}, {periods(), plan.segments}};
      periods_ = series_pass(kpis, by_period, false);
      period_pairs_ = series_pass(ratio_series(), by_period, true);
    }
    if (!plan.outcomes.empty() && !plan.drivers.empty() && jackknife_bytes() <= budget_bytes) {
      jackknife_ =
          series_pass(driver_series(),
                      {{AnalysisPlan::kSegmentCode, AnalysisPlan::kJackknifeCode}, {plan.segments, kJackknifeGroups}}, true);
    }
    start_tally(budget_bytes);
    sample_ = std::make_unique<SegmentSample>(plan.segments, plan.series.size(), plan.columns.seed);
    result_.segment_weight.resize(static_cast<std::size_t>(plan.segments));
  }

  void consume(std::span<const AnalysisBlock> blocks) {
    for (SeriesPass* pass : {&segments_, &pairs_, &periods_, &period_pairs_, &jackknife_}) {
      if (pass->pass) pass->pass->consume(blocks);
    }
    for (std::vector<SeriesPass>* passes : {&categories_, &tables_}) {
      for (SeriesPass& pass : *passes) {
        if (pass.pass) pass.pass->consume(blocks);
      }
    }
    tally_->consume(blocks);
    sample_->consume(blocks, AnalysisPlan::kSegmentCode);
    for (const AnalysisBlock& block : blocks) {
      result_.rows += block.rows;
      if (block.weights != nullptr) add_weights(block);
    }
  }

  AnalysisStatistics finish() {
    result_.segments = segments_.finish();
    result_.pairs = pairs_.finish();
    for (SeriesPass& pass : categories_) result_.categories.push_back(pass.finish());
    for (SeriesPass& pass : tables_) result_.tables.push_back({{}, {}, pass.finish()});
    result_.periods = periods_.finish();
    result_.period_pairs = period_pairs_.finish();
    result_.jackknife = jackknife_.finish();
    take_tally();
    sample_->finish();
    result_.sample.push_back(std::move(*sample_));
    return std::move(result_);
  }

 private:
  [[nodiscard]] std::int32_t periods() const { return static_cast<std::int32_t>(plan_.periods.size()); }

  [[nodiscard]] Crossing crossing_of(const PlannedTable& table) const {
    Crossing groups;
    const auto add = [&](int code, std::size_t size) {
      groups.codes.push_back(code);
      groups.sizes.push_back(static_cast<std::int32_t>(size));
    };
    const auto add_category = [&](int category) {
      const PlannedCategory& own = plan_.categories[static_cast<std::size_t>(category)];
      add(own.code, own.labels.size());
    };
    if (table.by_period) add(plan_.period_code, plan_.periods.size());
    add_category(table.rows);
    if (table.columns >= 0) add_category(table.columns);
    add(AnalysisPlan::kSegmentCode, static_cast<std::size_t>(plan_.segments));  // who is in no segment is in no table
    return groups;
  }

  SeriesPass series_pass(const std::vector<int>& series, const Crossing& groups, bool pairs) {
    SeriesPass pass;
    if (series.empty()) return pass;
    MomentsTask task;
    task.groups = groups;
    task.pairs = pairs;
    for (const int s : series) {
      const SeriesFacts& facts = plan_.series[static_cast<std::size_t>(s)];
      task.columns.push_back(s);
      task.pivots.push_back(facts.center);
      task.may_miss.push_back(facts.may_miss ? 1 : 0);
    }
    pass.pivots = task.pivots;
    pass.series = series;
    pass.pass = backend_.moments(task);
    return pass;
  }

  [[nodiscard]] std::vector<int> kpi_series() const { return series_of(false); }
  [[nodiscard]] std::vector<int> ratio_series() const { return series_of(true); }
  [[nodiscard]] std::vector<int> series_of(bool ratios_only) const {
    std::vector<int> series;
    for (const PlannedKpi& kpi : plan_.kpis) {
      if (ratios_only && kpi.denominator < 0) continue;
      for (const int s : {kpi.series, kpi.denominator}) {
        if (s >= 0 && std::find(series.begin(), series.end(), s) == series.end()) series.push_back(s);
      }
    }
    return series;
  }

  [[nodiscard]] std::vector<int> driver_series() const {
    std::vector<int> series;
    for (const int driver : plan_.drivers) series.push_back(plan_.correlated[static_cast<std::size_t>(driver)].series);
    for (const AnalysisPlan::Outcome& outcome : plan_.outcomes) series.push_back(outcome.series);
    return series;
  }

  /// Most that the sums of the jackknife's groups take: with masks and weights, of several blocks at a time and in the tree.
  [[nodiscard]] std::int64_t jackknife_bytes() const {
    const std::int64_t d = std::ssize(plan_.drivers) + std::ssize(plan_.outcomes);
    constexpr std::int64_t kCopies = 16;
    return std::int64_t{plan_.segments} * kJackknifeGroups * (5 * d + 3) * (2 * d + 16) * 8 * kCopies;
  }

  void start_tally(std::int64_t budget_bytes) {
    TallyTask task;
    const Crossing by_segment{{AnalysisPlan::kSegmentCode}, {plan_.segments}};
    task.counts.push_back(by_segment);
    for (const PlannedCategory& category : plan_.categories) {
      const auto levels = static_cast<std::int32_t>(category.labels.size());
      task.counts.push_back({{category.code, AnalysisPlan::kSegmentCode}, {levels, plan_.segments}});
    }
    if (plan_.period_code >= 0) {
      task.counts.push_back({{plan_.period_code, AnalysisPlan::kSegmentCode}, {periods(), plan_.segments}});
      for (const PlannedCategory& category : plan_.categories) {
        const auto levels = static_cast<std::int32_t>(category.labels.size());
        task.counts.push_back({{plan_.period_code, category.code}, {periods(), levels}});
      }
    }
    for (const PlannedTable& table : plan_.tables) task.counts.push_back(crossing_of(table));
    // Counts, and what becomes of them, of as many series as the budget holds; KPIs are among the first in any case.
    const std::int64_t table_bytes = std::int64_t{plan_.segments} * BinScale::kBins * (plan_.columns.weight >= 0 ? 32 : 16);
    std::int64_t left = budget_bytes / table_bytes;
    for (const PlannedKpi& kpi : plan_.kpis) {
      if (kpi.spec.type != KpiType::duration || (left -= 2) < 0) continue;
      Crossing groups = by_segment;
      if (kpi.event >= 0) {
        groups.codes.push_back(kpi.event);
        groups.sizes.push_back(2);
      }
      event_histograms_.push_back(task.histograms.size());
      task.histograms.push_back({groups, kpi.series, scale_of(kpi.series)});
    }
    for (int s = 0; s < static_cast<int>(plan_.series.size()) && --left >= 0; ++s) {
      result_.scales.push_back(scale_of(s));
      task.histograms.push_back({by_segment, s, result_.scales.back()});
    }
    first_series_histogram_ = event_histograms_.size();
    tally_ = backend_.tally(task);
  }

  [[nodiscard]] BinScale scale_of(int series) const {
    const SeriesFacts& facts = plan_.series[static_cast<std::size_t>(series)];
    return BinScale::around(facts.center, facts.reach);
  }

  void add_weights(const AnalysisBlock& block) {
    const std::int32_t* const segment = block.codes[AnalysisPlan::kSegmentCode];
    for (std::int64_t i = 0; i < block.rows; ++i) {
      if (segment[i] >= 0) result_.weight_squares += block.weights[i] * block.weights[i];
    }
  }

  /// Weights of a table of counts.
  [[nodiscard]] std::vector<double> weights_of(const std::vector<std::int64_t>& rows, const std::vector<Int128>* units) const {
    std::vector<double> weights(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      weights[i] = units == nullptr ? static_cast<double>(rows[i])
                                    : std::ldexp(static_cast<double>((*units)[i]), plan_.columns.weight_exponent);
    }
    return weights;
  }

  /// Of each cell, over the groups that it consists of.
  template <typename T>
  static std::vector<T> sums_of_parts(const std::vector<T>& groups, std::size_t parts) {
    std::vector<T> sums(groups.size() / parts);
    for (std::size_t i = 0; i < groups.size(); ++i) sums[i / parts] += groups[i];
    return sums;
  }

  void take_tally() {
    Tally tally = tally_->finish();
    const auto units_of = [&](std::size_t table) { return tally.units.empty() ? nullptr : &tally.units[table]; };
    const auto bins_of = [&](std::size_t histogram) {
      return weights_of(tally.bins[histogram], tally.bin_units.empty() ? nullptr : &tally.bin_units[histogram]);
    };
    std::size_t table = 0;
    result_.segment_rows = tally.rows[table];
    result_.segment_weight = weights_of(tally.rows[table], units_of(table));
    ++table;
    for (std::size_t c = 0; c < plan_.categories.size(); ++c, ++table) {
      result_.category_rows.push_back(tally.rows[table]);
      result_.category_weight.push_back(weights_of(tally.rows[table], units_of(table)));
    }
    if (plan_.period_code >= 0) {
      result_.period_rows = tally.rows[table];
      result_.period_weight = weights_of(tally.rows[table], units_of(table));
      ++table;
      for (std::size_t c = 0; c < plan_.categories.size(); ++c, ++table) {
        result_.category_period_rows.push_back(tally.rows[table]);
        result_.category_period_weight.push_back(weights_of(tally.rows[table], units_of(table)));
      }
    }
    for (std::size_t t = 0; t < plan_.tables.size(); ++t, ++table) {
      const auto parts = static_cast<std::size_t>(plan_.tables[t].parts(plan_.segments));
      result_.tables[t].rows = sums_of_parts(tally.rows[table], parts);
      result_.tables[t].weight = sums_of_parts(weights_of(tally.rows[table], units_of(table)), parts);
    }
    result_.event_bins.resize(plan_.kpis.size());
    std::size_t event = 0;
    for (std::size_t k = 0; k < plan_.kpis.size(); ++k) {
      if (plan_.kpis[k].spec.type != KpiType::duration || event >= event_histograms_.size()) continue;
      result_.event_bins[k] = bins_of(event_histograms_[event++]);
    }
    for (std::size_t s = 0; s < result_.scales.size(); ++s) {
      result_.bins.push_back(bins_of(first_series_histogram_ + s));
      tally.bins[first_series_histogram_ + s] = {};
    }
    if (plan_.columns.weight < 0) result_.weight_squares = result_.weight();
  }

  const AnalysisPlan& plan_;
  Backend& backend_;
  SeriesPass segments_, pairs_, periods_, period_pairs_, jackknife_;
  std::vector<SeriesPass> categories_, tables_;
  std::unique_ptr<TallyPass> tally_;
  std::unique_ptr<SegmentSample> sample_;
  std::vector<std::size_t> event_histograms_;
  std::size_t first_series_histogram_ = 0;
  AnalysisStatistics result_;
};

}  // namespace

std::int64_t SeriesMoments::place(int series) const {
  return std::find(series_.begin(), series_.end(), series) - series_.begin();
}

stats::Moments SeriesMoments::of(std::int64_t group, int series) const {
  stats::Moments moments;
  const std::int64_t column = place(series);
  if (column == std::ssize(series_)) return moments;
  const std::size_t at = sums_.at(group, column);
  moments.n = sums_.n[at];
  moments.weight = sums_.weight[at];
  moments.weight_squares = sums_.weight_squares[at];
  if (!(moments.weight > 0.0)) return moments;
  const double mean = sums_.first[at] / moments.weight;
  moments.mean = pivots_[static_cast<std::size_t>(column)] + mean;
  moments.squares = std::max(0.0, sums_.second[at] - sums_.first[at] * mean);
  return moments;
}

stats::CoMoments SeriesMoments::of(std::int64_t group, int x, int y) const { return total(std::span(&group, 1), x, y); }

stats::CoMoments SeriesMoments::total(std::span<const std::int64_t> groups, int x, int y) const {
  stats::CoMoments moments;
  const std::int64_t i = place(x), j = place(y);
  if (i == std::ssize(series_) || j == std::ssize(series_)) return moments;
  double rows = 0.0, first_x = 0.0, first_y = 0.0, second_x = 0.0, second_y = 0.0, product = 0.0;
  for (const std::int64_t group : groups) {
    const std::size_t at = sums_.at(group, i, j), mirrored = sums_.at(group, j, i);
    rows += sums_.pair_rows[at];
    moments.weight += sums_.pair_weight[at];
    moments.weight_squares += sums_.pair_weight_squares[at];
    first_x += sums_.pair_first[at];
    second_x += sums_.pair_second[at];
    first_y += sums_.pair_first[mirrored];
    second_y += sums_.pair_second[mirrored];
    product += sums_.pair_product[at];
  }
  moments.n = static_cast<std::int64_t>(rows);
  if (!(moments.weight > 0.0)) return moments;
  const double mean_x = first_x / moments.weight, mean_y = first_y / moments.weight;
  moments.mean_x = pivots_[static_cast<std::size_t>(i)] + mean_x;
  moments.mean_y = pivots_[static_cast<std::size_t>(j)] + mean_y;
  moments.xx = std::max(0.0, second_x - first_x * mean_x);
  moments.yy = std::max(0.0, second_y - first_y * mean_y);
  moments.xy = product - first_x * mean_y;
  return moments;
}

double AnalysisStatistics::weight() const { return std::accumulate(segment_weight.begin(), segment_weight.end(), 0.0); }
std::int64_t AnalysisStatistics::segmented_rows() const {
  return std::accumulate(segment_rows.begin(), segment_rows.end(), std::int64_t{0});
}
double AnalysisStatistics::effective_share() const { return weight_squares > 0.0 ? weight() / weight_squares : 1.0; }

AnalysisStatistics collect_statistics(Table& table, const AnalysisPlan& plan, Backend& backend, const JobContext& job,
                                      std::int64_t budget_bytes) {
  Collector collector(plan, backend, budget_bytes / 4);
  sweep_for_analysis(table, plan.columns, job, budget_bytes / 2,
                     [&](std::span<const AnalysisBlock> blocks) { collector.consume(blocks); });
  return collector.finish();
}

}  // namespace tessera
