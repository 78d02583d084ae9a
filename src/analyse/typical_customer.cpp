// SPDX-License-Identifier: Apache-2.0
#include "analyse/typical_customer.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tessera {
namespace {

/// A column as the customers of the sample have it.
struct Trait {
  const ColumnAnalysis* column = nullptr;
  int series = -1;  ///< of a number
  int code = -1;    ///< of a category
};

class Finder {
 public:
  Finder(const AnalysisPlan& plan, const AnalysisStatistics& statistics, std::span<const ColumnAnalysis> columns,
         std::span<const ColumnProfile> profiles)
      : sample_(statistics.sample.front()) {
    const auto column_of = [&](int profile) {
      const std::string& name = profiles[static_cast<std::size_t>(profile)].name;
      return &*std::find_if(columns.begin(), columns.end(), [&](const ColumnAnalysis& c) { return c.column == name; });
    };
    for (const PlannedNumber& number : plan.numbers) traits_.push_back({column_of(number.profile), number.series, -1});
    for (const PlannedCategory& category : plan.categories) traits_.push_back({column_of(category.profile), -1, category.code});
    if (std::any_of(traits_.begin(), traits_.end(), [](const Trait& trait) { return trait.column->used_in_fit; })) {
      std::erase_if(traits_, [](const Trait& trait) { return !trait.column->used_in_fit; });
    }
    std::stable_sort(traits_.begin(), traits_.end(), [](const Trait& a, const Trait& b) { return a.column < b.column; });
  }

  [[nodiscard]] TypicalCustomer find(std::size_t segment) const {
    const auto s = static_cast<std::int32_t>(segment);
    std::size_t nearest = 0;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t row = 0; row < sample_.rows(s); ++row) {
      double distance = 0.0;
      for (const Trait& trait : traits_) distance += distance_of(trait, segment, row);
      if (distance < least || (distance == least && sample_.row_number(s, row) < sample_.row_number(s, nearest))) {
        least = distance;
        nearest = row;
      }
    }
    TypicalCustomer typical;
    if (!std::isfinite(least)) return typical;
    typical.row = sample_.row_number(s, nearest);
    for (const Trait& trait : traits_) {
      TypicalValue value{.column = trait.column->column};
      if (trait.code < 0) {
        value.value = sample_.value(s, nearest, static_cast<std::size_t>(trait.series));
      } else if (const std::int32_t level = level_of(trait, s, nearest); level >= 0) {
        value.level = trait.column->levels[static_cast<std::size_t>(level)];
      }
      if (!value.level.empty() || !std::isnan(value.value)) typical.values.push_back(std::move(value));
    }
    return typical;
  }

 private:
  [[nodiscard]] std::int32_t level_of(const Trait& trait, std::int32_t segment, std::size_t row) const {
    const std::int32_t level = sample_.code(segment, row, static_cast<std::size_t>(trait.code));
    return level < std::ssize(trait.column->levels) ? level : -1;
  }

  [[nodiscard]] double distance_of(const Trait& trait, std::size_t segment, std::size_t row) const {
    const auto s = static_cast<std::int32_t>(segment);
    if (trait.code >= 0) {
      const std::vector<LevelShare>& levels = trait.column->category_segments[segment].levels;
      const auto commonest = std::max_element(levels.begin(), levels.end(),
                                              [](const LevelShare& a, const LevelShare& b) { return a.share < b.share; });
      return level_of(trait, s, row) == commonest - levels.begin() ? 0.0 : 1.0;
    }
    const double x = sample_.value(s, row, static_cast<std::size_t>(trait.series));
    if (std::isnan(x)) return 1.0;
    const NumberSummary &own = trait.column->segments[segment], &all = trait.column->overall;
    const double middle = std::isnan(own.median) ? own.mean : own.median;
    const double quartiles = all.quartile_high - all.quartile_low;
    const double unit = quartiles > 0.0 ? quartiles : all.sd;
    return unit > 0.0 ? std::fabs(x - middle) / unit : 0.0;
  }

  const SegmentSample& sample_;
  std::vector<Trait> traits_;
};

}  // namespace

void find_typical_customers(const AnalysisPlan& plan, const AnalysisStatistics& statistics,
                            std::span<const ColumnAnalysis> columns, std::span<const ColumnProfile> profiles,
                            std::vector<AnalysisSegment>& segments) {
  const Finder finder(plan, statistics, columns, profiles);
  for (AnalysisSegment& segment : segments) {
    if (!segment.suppressed) segment.typical = finder.find(static_cast<std::size_t>(segment.segment));
  }
}

}  // namespace tessera
