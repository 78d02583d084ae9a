// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analyse/doubt.hpp"
#include "analyse/hidden_cells.hpp"
#include "analyse/words.hpp"
#include "stats/contingency.hpp"
#include "stats/cramers_v.hpp"
#include "stats/partition_agreement.hpp"

namespace tessera {
namespace {

/// Levels to segments one to one, the largest cells first. Greedy: close to the best, and easy to follow.
void match(SegmentationComparison& comparison, double total) {
  const std::int64_t levels = comparison.weights.rows(), segments = comparison.weights.columns();
  struct Cell {
    double weight;
    std::int64_t level, segment;
  };
  std::vector<Cell> cells;
  for (std::int64_t i = 0; i < levels; ++i) {
    for (std::int64_t j = 0; j < segments; ++j) cells.push_back({comparison.weights(i, j), i, j});
  }
  std::stable_sort(cells.begin(), cells.end(), [](const Cell& a, const Cell& b) { return a.weight > b.weight; });
  comparison.matched_segment.assign(static_cast<std::size_t>(levels), -1);
  std::vector<bool> taken(static_cast<std::size_t>(segments));
  double agreed = 0.0;
  for (const Cell& cell : cells) {
    int& matched = comparison.matched_segment[static_cast<std::size_t>(cell.level)];
    if (matched >= 0 || taken[static_cast<std::size_t>(cell.segment)] || !(cell.weight > 0.0)) continue;
    matched = static_cast<int>(cell.segment);
    taken[static_cast<std::size_t>(cell.segment)] = true;
    agreed += cell.weight;
  }
  comparison.agreement = total > 0.0 ? agreed / total : kNoValue;
}

std::string verdict(double adjusted_rand) {
  if (adjusted_rand >= 0.8) return "nearly the same as";
  if (adjusted_rand >= 0.5) return "much like";
  if (adjusted_rand >= 0.2) return "loosely related to";
  return "hardly related to";
}

}  // namespace

std::vector<SegmentationComparison> compare_segmentations(const AnalysisPlan& plan, const AnalysisStatistics& statistics,
                                                          std::span<const ColumnProfile> profiles) {
  std::vector<SegmentationComparison> comparisons;
  for (std::size_t c = 0; c < plan.categories.size(); ++c) {
    const PlannedCategory& category = plan.categories[c];
    if (!category.compared) continue;
    SegmentationComparison& comparison = comparisons.emplace_back();
    comparison.column = profiles[static_cast<std::size_t>(category.profile)].name;
    comparison.levels = category.labels;
    const auto levels = std::ssize(category.labels);
    comparison.weights = Matrix<double>(levels, plan.segments);
    std::copy(statistics.category_weight[c].begin(), statistics.category_weight[c].end(), comparison.weights.data());
    const stats::Margins margins = stats::margins_of(comparison.weights.view());
    const Matrix<double> counts =
        stats::effective_counts(comparison.weights.view(), margins.total / statistics.effective_share());
    const stats::PartitionAgreement agreement = stats::partition_agreement(counts.view());
    comparison.adjusted_rand = agreement.adjusted_rand;
    comparison.adjusted_mutual_information = agreement.adjusted_mutual_information;
    comparison.cramers_v = stats::cramers_v(counts.view()).v;
    match(comparison, margins.total);
    comparison.words = fmt::format(
        "The segments are {} {} (adjusted Rand index {:.2f}); matched one to one, {} of the customers agree.",
        verdict(comparison.adjusted_rand), comparison.column, comparison.adjusted_rand, percent_words(comparison.agreement));
    const TotalledTable table(statistics.category_rows[c], {category.labels.size(), static_cast<std::size_t>(plan.segments)});
    const std::vector<bool> hidden = hidden_cells(table, plan.min_cell);
    for (std::int64_t l = 0; l < levels; ++l) {
      for (std::int64_t s = 0; s < plan.segments; ++s) {
        if (hidden[table.at({static_cast<std::size_t>(l), static_cast<std::size_t>(s)})]) comparison.weights(l, s) = kNoValue;
      }
    }
  }
  return comparisons;
}

}  // namespace tessera
