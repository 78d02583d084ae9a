// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analyse/profile.hpp"
#include "analyse/words.hpp"

namespace tessera {
namespace {

constexpr std::size_t kMostTraits = 12;
constexpr std::size_t kTraitsInName = 2;
constexpr double kNamingStrength = 0.35;  ///< of d or h
constexpr double kVeryStrength = 1.25;

/// Suppressed and empty groups have no traits.
std::vector<SegmentTrait> traits_of(const std::vector<ColumnAnalysis>& columns, std::size_t segment, std::int64_t min_cell) {
  std::vector<SegmentTrait> traits;
  for (const ColumnAnalysis& column : columns) {
    SegmentTrait best;
    best.column = column.column;
    if (!column.is_category) {
      const NumberSummary& own = column.segments[segment];
      if (own.n < min_cell || own.effect.measure.empty()) continue;
      best.value = own.mean;
      best.overall = column.overall.mean;
      best.effect = own.effect;
    } else {
      const CategorySummary& own = column.category_segments[segment];
      for (std::size_t l = 0; l < own.levels.size(); ++l) {
        const LevelShare& level = own.levels[l];
        if (level.effect.measure.empty() || (level.n > 0 && level.n < min_cell)) continue;
        const double gain = std::fabs(level.effect.value) - (best.effect.measure.empty() ? 0.0 : std::fabs(best.effect.value));
        // Of two levels that mirror each other, the one that there is more of describes better.
        if (gain < -1e-9 || (gain < 1e-9 && !(level.effect.value > 0.0))) continue;
        best.level = column.levels[l];
        best.value = level.share;
        best.overall = column.category_overall.levels[l].share;
        best.effect = level.effect;
      }
      if (best.effect.measure.empty()) continue;
    }
    best.words = trait_words(column, best);
    traits.push_back(std::move(best));
  }
  std::stable_sort(traits.begin(), traits.end(), [](const SegmentTrait& a, const SegmentTrait& b) {
    return std::fabs(a.effect.value) > std::fabs(b.effect.value);
  });
  if (traits.size() > kMostTraits) traits.resize(kMostTraits);
  return traits;
}

std::string name_of(const std::vector<ColumnAnalysis>& columns, const std::vector<SegmentTrait>& traits) {
  std::string name;
  for (std::size_t i = 0; i < std::min(traits.size(), kTraitsInName); ++i) {
    const SegmentTrait& trait = traits[i];
    const double size = std::fabs(trait.effect.value);
    if (size < kNamingStrength) break;
    const bool more = trait.effect.value > 0.0;
    if (!name.empty()) name += ", ";
    const auto column = std::find_if(columns.begin(), columns.end(), [&](const auto& c) { return c.column == trait.column; });
    if (!trait.level.empty()) {
      name += fmt::format("{} {} {}", more ? (trait.value > 0.5 ? "mostly" : "more") : "less", trait.column, trait.level);
    } else if (column->kind == Kind::date) {
      name += fmt::format("{} {}", more ? "late" : "early", trait.column);
    } else {
      name += fmt::format("{}{} {}", size >= kVeryStrength ? "very " : "", more ? "high" : "low", trait.column);
    }
  }
  return name.empty() ? "average" : name;
}

/// Two segments of the same name would be mistaken for each other.
void tell_apart(std::vector<AnalysisSegment>& segments) {
  for (std::size_t i = 0; i < segments.size(); ++i) {
    int same = 1;
    for (std::size_t j = 0; j < i; ++j) same += segments[j].default_name == segments[i].default_name ? 1 : 0;
    segments[i].name = same > 1 ? fmt::format("{} ({})", segments[i].default_name, same) : segments[i].default_name;
  }
  for (AnalysisSegment& segment : segments) segment.default_name = segment.name;
}

}  // namespace

std::vector<AnalysisSegment> name_segments(const AnalysisPlan& plan, const AnalysisStatistics& statistics,
                                           const std::vector<ColumnAnalysis>& columns, const AnalysisSource& source) {
  std::vector<AnalysisSegment> segments;
  const double weight = statistics.weight();
  for (std::size_t s = 0; s < static_cast<std::size_t>(plan.segments); ++s) {
    AnalysisSegment& segment = segments.emplace_back();
    segment.segment = static_cast<int>(s);
    segment.rows = statistics.segment_rows[s];
    segment.weight = statistics.segment_weight[s];
    segment.share = weight > 0.0 ? segment.weight / weight : 0.0;
    segment.suppressed = segment.rows < plan.min_cell;
    if (!source.labels.empty()) segment.label = source.labels[s];
    if (!segment.suppressed) segment.traits = traits_of(columns, s, plan.min_cell);
    segment.default_name = !source.labels.empty()  ? source.labels[s]
                           : !source.names.empty() ? source.names[s]
                           : plan.segments == 1    ? std::string("all customers")
                                                   : name_of(columns, segment.traits);
  }
  tell_apart(segments);
  return segments;
}

}  // namespace tessera
