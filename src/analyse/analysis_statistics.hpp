// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "analyse/analysis_plan.hpp"
#include "core/job.hpp"
#include "feed/segment_sample.hpp"
#include "stats/co_moments.hpp"
#include "stats/moments.hpp"
#include "tessera/backend.hpp"
#include "tessera/table.hpp"

namespace tessera {

/// Moments of one series after another in groups, as statistics want them.
class SeriesMoments {
 public:
  SeriesMoments() = default;
  /// @param series  [columns] of `sums`
  SeriesMoments(GroupMoments sums, std::vector<int> series, std::vector<double> pivots)
      : sums_(std::move(sums)), series_(std::move(series)), pivots_(std::move(pivots)) {}

  [[nodiscard]] bool empty() const { return series_.empty(); }
  [[nodiscard]] stats::Moments of(std::int64_t group, int series) const;
  /// Of the rows that have both; only if pairs were summed.
  [[nodiscard]] stats::CoMoments of(std::int64_t group, int x, int y) const;
  /// All groups together.
  [[nodiscard]] stats::CoMoments total(std::span<const std::int64_t> groups, int x, int y) const;

 private:
  [[nodiscard]] std::int64_t place(int series) const;

  GroupMoments sums_;
  std::vector<int> series_;
  std::vector<double> pivots_;
};

/// What a table of plan.tables counts, by (period,) row and column, the last fastest.
struct TableStatistics {
  std::vector<std::int64_t> rows;
  std::vector<double> weight;
  SeriesMoments moments;  ///< series of KPIs; PlannedTable::parts() groups a cell
};

/// Everything that one sweep over the rows tells; all that the questions of this folder look at.
struct AnalysisStatistics {
  std::int64_t rows = 0;                   ///< of the table
  std::vector<std::int64_t> segment_rows;  ///< [k]
  std::vector<double> segment_weight;      ///< [k]
  double weight_squares = 0.0;             ///< over all segments
  SeriesMoments segments;                  ///< all series by segment
  SeriesMoments pairs;                     ///< plan.paired by segment, with co-moments
  std::vector<SeriesMoments> categories;   ///< [categories] series of KPIs by level x segment
  SeriesMoments periods;                   ///< series of KPIs by period x segment
  SeriesMoments period_pairs;              ///< both sides of ratios, the same, with co-moments
  SeriesMoments jackknife;                 ///< drivers and outcomes by segment x kJackknifeGroups, with co-moments
  std::vector<std::vector<std::int64_t>> category_rows;  ///< [categories][levels x segments]
  std::vector<std::vector<double>> category_weight;
  std::vector<TableStatistics> tables;    ///< [plan.tables]
  std::vector<std::int64_t> period_rows;  ///< [periods x segments]
  std::vector<double> period_weight;
  std::vector<std::vector<double>> category_period_weight;  ///< [categories][periods x levels]
  std::vector<std::vector<std::int64_t>> category_period_rows;
  std::vector<BinScale> scales;                 ///< [series] empty beyond the memory
  std::vector<std::vector<double>> bins;        ///< [series][segments x kBins] weights
  std::vector<std::vector<double>> event_bins;  ///< [kpis][segments x 2 x kBins] weights of durations: happened, not yet
  std::vector<SegmentSample> sample;            ///< one

  [[nodiscard]] double weight() const;
  [[nodiscard]] std::int64_t segmented_rows() const;
  /// n per weight: Kish's effective n of all rows over their weight.
  [[nodiscard]] double effective_share() const;
};

/// One sweep over the table.
[[nodiscard]] AnalysisStatistics collect_statistics(Table& table, const AnalysisPlan& plan, Backend& backend,
                                                    const JobContext& job, std::int64_t budget_bytes);

}  // namespace tessera
