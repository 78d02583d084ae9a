// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "analyse/kpi_request.hpp"
#include "feed/analysis_sweep.hpp"
#include "tessera/prepare.hpp"

namespace tessera {

/// Random groups of rows of the jackknife.
inline constexpr std::int32_t kJackknifeGroups = 64;
/// Columns of co-moments; their number grows with the square.
inline constexpr std::size_t kMostCorrelated = 64;

/// What is to be analysed, by names; the columns exist.
struct AnalysisWishes {
  std::vector<KpiSpec> kpis;
  std::vector<int> categories;              ///< of the profiles: cross-tabs besides those of nominal columns
  std::vector<std::pair<int, int>> tables;  ///< rows and columns of further cross-tabs
  std::vector<int> outcomes;                ///< of drivers; empty: chosen
  bool find_drivers = true;
  std::vector<int> drivers;  ///< empty: chosen
  std::vector<int> compare;  ///< given segmentations to be held against the segments
  int period = -1;
  std::vector<int> hidden;  ///< pii: never analysed
  std::int64_t min_cell = 10;
  int top_levels = 20;
  std::uint64_t seed = 0;
};

/// What the analysis knows of the table and of the segments.
struct AnalysisSource {
  std::span<const ColumnProfile> profiles;
  std::span<const ColumnLevels> levels;            ///< [columns]
  std::span<const std::optional<double>> medians;  ///< [columns] where they are known
  std::vector<std::string> used_in_fit;            ///< columns that the segments were made from
  int segments = 0;
  std::vector<std::string> labels;  ///< [segments] of a given segmentation
  std::vector<std::string> names;   ///< [segments] of a found one; empty: made of traits
  int by = -1;                      ///< its column; -1: labels are read from elsewhere
  LabelReader read_labels;
  int weight = -1;
  int weight_exponent = 0;
};

struct PlannedNumber {
  int profile = -1;
  int series = -1;
  bool used_in_fit = false;
};

struct PlannedCategory {
  int profile = -1;
  int code = -1;  ///< of AnalysisColumns::codes
  std::vector<std::string> labels;
  bool used_in_fit = false;
  bool asked = false;  ///< named by the user
  bool compared = false;
};

/// A cross-tab besides those of every category with the segments.
struct PlannedTable {
  int rows = -1;     ///< into AnalysisPlan::categories
  int columns = -1;  ///< the same; -1: the segments
  bool by_period = false;
  /// Groups that a cell is summed up in: of two categories one for each segment, so that who is in none does not count.
  [[nodiscard]] std::int32_t parts(std::int32_t segments) const { return columns < 0 ? 1 : segments; }
};

struct PlannedKpi {
  KpiSpec spec;
  int series = -1;
  int denominator = -1;  ///< series
  int event = -1;        ///< code column, 0 and 1
  bool used_in_fit = false;
  bool amount = false;  ///< never negative: totals can be shared out
};

/// A column of the correlations: a number, or 1 for one of two levels.
struct CorrelatedColumn {
  std::string name;
  int series = -1;
  bool used_in_fit = false;
  bool outcome = false;  ///< a KPI: no driver
  bool date = false;
};

/// What is known of a series before the sweep.
struct SeriesFacts {
  double center = 0.0;  ///< near the middle: pivot of sums, centre of bins
  double reach = 0.0;
  bool integral = false;
  bool may_miss = true;
};

/// What is swept, and what it means.
struct AnalysisPlan {
  static constexpr int kSegmentCode = 0;
  static constexpr int kJackknifeCode = 1;

  AnalysisColumns columns;          ///< numbers are the series
  std::vector<SeriesFacts> series;  ///< [series]
  std::int32_t segments = 0;
  std::vector<PlannedNumber> numbers;
  std::vector<PlannedCategory> categories;
  std::vector<PlannedKpi> kpis;
  std::vector<CorrelatedColumn> correlated;  ///< KPIs first; at most kMostCorrelated
  std::vector<int> paired;                   ///< series with co-moments: those of `correlated`, then of ratios
  std::vector<int> drivers;                  ///< into correlated
  struct Outcome {
    std::string name;
    int series = -1;
    bool used_in_fit = false;
  };
  std::vector<Outcome> outcomes;  ///< of drivers
  std::vector<PlannedTable> tables;
  int period_code = -1;
  std::vector<std::string> periods;
  std::int64_t min_cell = 10;
  std::vector<std::string> notes;
};

/// Decides what to sweep.
[[nodiscard]] AnalysisPlan plan_analysis(const AnalysisWishes& wishes, const AnalysisSource& source);

}  // namespace tessera
