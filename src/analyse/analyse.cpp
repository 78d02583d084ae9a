// SPDX-License-Identifier: Apache-2.0
#include "analyse/analyse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "analyse/association.hpp"
#include "analyse/crosstab.hpp"
#include "analyse/doubt.hpp"
#include "analyse/drivers.hpp"
#include "analyse/findings.hpp"
#include "analyse/kpi.hpp"
#include "analyse/profile.hpp"
#include "analyse/results.hpp"
#include "analyse/suppress.hpp"
#include "analyse/typical_customer.hpp"

namespace tessera {
namespace {

std::int64_t sampled_rows(const AnalysisPlan& plan, const AnalysisStatistics& statistics) {
  std::int64_t rows = 0;
  for (std::int32_t s = 0; s < plan.segments; ++s) rows += static_cast<std::int64_t>(statistics.sample.front().rows(s));
  return rows;
}

void add_notes(const AnalysisPlan& plan, const AnalysisStatistics& statistics, Analysis& analysis) {
  analysis.notes = plan.notes;
  if (statistics.scales.size() < plan.series.size()) {
    analysis.notes.push_back(
        fmt::format("medians and quartiles of the first {} columns only: --memory holds no more", statistics.scales.size()));
  }
  if (!plan.drivers.empty() && !plan.outcomes.empty() && statistics.jackknife.empty()) {
    analysis.notes.emplace_back("no drivers: --memory does not hold 64 groups of customers of so many segments and columns");
  }
  for (const KpiResult& kpi : analysis.kpis) {
    if (kpi.reason != "asked for") analysis.notes.push_back(fmt::format("KPI {}: {} ({})", kpi.name, kpi.formula, kpi.reason));
    if (kpi.type == KpiType::duration && std::isnan(kpi.overall.value)) {
      analysis.notes.push_back(
          fmt::format("KPI {}: fewer than half are known to have had the event, so that there is no median", kpi.name));
    }
    if (kpi.used_in_fit) {
      analysis.notes.push_back(fmt::format("KPI {}: the segments were made from it, so that it is not tested", kpi.name));
    }
  }
  const bool drives = std::any_of(plan.drivers.begin(), plan.drivers.end(),
                                  [&](int driver) { return plan.correlated[static_cast<std::size_t>(driver)].used_in_fit; });
  if (drives && plan.segments > 1) {
    analysis.notes.emplace_back(
        "within a segment the columns that it was made from vary less, which lowers their correlations with an outcome");
  }
  if (!analysis.weight_column.empty()) {
    analysis.notes.push_back(
        fmt::format("rows have weights: intervals and tests count {:.0f} effective rows (Kish)", analysis.effective_rows));
  }
}

/// A column's name as part of that of a file.
std::string file_word(const std::string& name) {
  std::string plain;
  for (const char c : name) {
    const bool kept = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (plain.size() < 40) plain += kept ? c : '_';
  }
  return plain;
}

void name_tables(Analysis& analysis) {
  std::size_t number = 0;
  const auto name = [&](const auto& table, const char* more) {
    const bool pair = table.column_column != "segment";
    return fmt::format("crosstabs/{:02}_{}{}{}.csv", ++number, file_word(table.row_column),
                       pair ? "_by_" + file_word(table.column_column) : "", more);
  };
  for (Crosstab& table : analysis.crosstabs) table.file = name(table, "");
  for (PeriodCrosstab& table : analysis.period_crosstabs) table.file = name(table, "_by_period");
}

}  // namespace

Analysis analyse(const AnalysisPlan& plan, const AnalysisStatistics& statistics, const AnalysisSource& source,
                 const AssignmentCounts& counts, ThreadPool& threads) {
  Analysis analysis;
  const auto name_of = [&](int column) {
    return column < 0 ? std::string() : source.profiles[static_cast<std::size_t>(column)].name;
  };
  analysis.by = name_of(source.by);
  analysis.weight_column = name_of(source.weight);
  analysis.periods = plan.periods;
  if (plan.period_code >= 0) {
    analysis.period_column = name_of(plan.columns.codes[static_cast<std::size_t>(plan.period_code)].column);
  }
  analysis.rows = statistics.rows;
  analysis.rejected = statistics.rows - statistics.segmented_rows();
  analysis.weight = statistics.weight();
  analysis.effective_rows = analysis.weight * statistics.effective_share();
  analysis.min_cell = plan.min_cell;
  analysis.sample_rows = sampled_rows(plan, statistics);
  analysis.quantile_error = kQuantileError;

  analysis.columns = profile_segments(plan, statistics, source.profiles);
  analysis.segments = name_segments(plan, statistics, analysis.columns, source);
  find_typical_customers(plan, statistics, analysis.columns, source.profiles, analysis.segments);
  std::vector<std::string> names;
  for (const AnalysisSegment& segment : analysis.segments) names.push_back(segment.name);
  analysis.kpis = compare_kpis(plan, statistics, source.profiles);
  analysis.crosstabs = cross_tabulate(plan, statistics, source.profiles, names);
  analysis.period_crosstabs = follow_crosstabs(plan, statistics, source.profiles, names);
  name_tables(analysis);
  analysis.share_trends = follow_shares(plan, statistics, source.profiles, names);
  for (const CorrelatedColumn& column : plan.correlated) {
    analysis.correlated.push_back({.name = column.name, .used_in_fit = column.used_in_fit});
  }
  analysis.correlations = correlate(plan, statistics);
  analysis.drivers = find_drivers(plan, statistics, threads);
  analysis.doubt.boundary = counts.boundary;
  analysis.doubt.outliers = counts.outliers;
  analysis.doubt.pairs = pair_segments(plan, statistics, counts, threads);
  analysis.doubt.bimodality = find_bimodality(plan, statistics, source.profiles, names, threads);
  analysis.doubt.comparisons = compare_segmentations(plan, statistics, source.profiles);
  suppress_small(analysis);
  add_notes(plan, statistics, analysis);
  analysis.findings = find_findings(analysis);
  return analysis;
}

}  // namespace tessera
