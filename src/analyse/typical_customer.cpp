// SPDX-License-Identifier: Apache-2.0
#include "analyse/typical_customer.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

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
    std::vector<double> distances(sample_.rows(s));
    for (const Trait& trait : traits_) {
      if (trait.code < 0) {
        add_number(trait, s, distances);
      } else {
        add_category(trait, s, distances);
      }
    }
    TypicalCustomer typical;
    if (distances.empty()) return typical;
    std::size_t nearest = 0;
    for (std::size_t row = 1; row < distances.size(); ++row) {
      if (distances[row] > distances[nearest]) continue;
      if (distances[row] < distances[nearest] || sample_.row_number(s, row) < sample_.row_number(s, nearest)) nearest = row;
    }
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

  /// The mean of |x - y| / the quartile range over the customers y of the sample.
  void add_number(const Trait& trait, std::int32_t segment, std::vector<double>& distances) const {
    const auto series = static_cast<std::size_t>(trait.series);
    const NumberSummary& all = trait.column->overall;
    const double quartiles = all.quartile_high - all.quartile_low;
    const double unit = quartiles > 0.0 ? quartiles : all.sd;
    const std::vector<double> sorted = sample_.sorted(segment, series);
    if (sorted.empty() || !(unit > 0.0)) return;
    std::vector<double> below(sorted.size() + 1);
    for (std::size_t i = 0; i < sorted.size(); ++i) below[i + 1] = below[i] + sorted[i];
    const auto n = static_cast<double>(sorted.size());
    const auto distance = [&](double x) {
      const auto at = static_cast<std::size_t>(std::lower_bound(sorted.begin(), sorted.end(), x) - sorted.begin());
      const auto smaller = static_cast<double>(at);
      return ((smaller * x - below[at]) + (below.back() - below[at] - (n - smaller) * x)) / (n * unit);
    };
    const double largest = std::max(distance(sorted.front()), distance(sorted.back()));
    for (std::size_t row = 0; row < distances.size(); ++row) {
      const double x = sample_.value(segment, row, series);
      distances[row] += std::isnan(x) ? largest : distance(x);
    }
  }

  /// The share of the segment that is of another level.
  void add_category(const Trait& trait, std::int32_t segment, std::vector<double>& distances) const {
    const std::vector<LevelShare>& levels = trait.column->category_segments[static_cast<std::size_t>(segment)].levels;
    for (std::size_t row = 0; row < distances.size(); ++row) {
      const std::int32_t level = level_of(trait, segment, row);
      distances[row] += level < 0 ? 1.0 : 1.0 - levels[static_cast<std::size_t>(level)].share;
    }
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
