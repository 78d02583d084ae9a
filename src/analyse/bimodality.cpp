// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "analyse/doubt.hpp"
#include "analyse/two_groups.hpp"
#include "analyse/words.hpp"
#include "stats/p_adjust.hpp"

namespace tessera {
namespace {

/// Rows that a look at a distribution takes.
constexpr std::int64_t kLeastRows = 50;
/// Different values: fewer are levels, not a distribution.
constexpr std::int64_t kLeastDistinct = 5;

BimodalityFinding finding_of(const std::string& column, int segment, const TwoGroups& look) {
  BimodalityFinding finding;
  finding.column = column;
  finding.segment = segment;
  finding.method = look.method;
  finding.statistic = look.statistic;
  finding.p = look.p;
  finding.n = look.n;
  finding.aside_share = look.aside_share;
  finding.valley = look.valley;
  finding.low_mode = look.low_mode;
  finding.high_mode = look.high_mode;
  finding.low_share = look.low_share;
  return finding;
}

std::string words_of(const BimodalityFinding& finding, const std::string& segment) {
  const bool aside = finding.aside_share > 0.0;
  return fmt::format("{} in \"{}\":{} two groups, {} of {} around {}, the others around {}", finding.column, segment,
                     aside ? fmt::format(" apart from {} at an end,", percent_words(finding.aside_share)) : "",
                     percent_words(finding.low_share), aside ? "the rest" : "the customers", number_words(finding.low_mode),
                     number_words(finding.high_mode));
}

}  // namespace

std::vector<BimodalityFinding> find_bimodality(const AnalysisPlan& plan, const AnalysisStatistics& statistics,
                                               std::span<const ColumnProfile> profiles,
                                               const std::vector<std::string>& segment_names, ThreadPool& threads) {
  struct Look {
    const PlannedNumber* number;
    std::int32_t segment;
    TwoGroups found = {};
  };
  std::vector<Look> looks;
  const auto profile_of = [&](const Look& look) -> const ColumnProfile& {
    return profiles[static_cast<std::size_t>(look.number->profile)];
  };
  for (const PlannedNumber& number : plan.numbers) {
    for (std::int32_t s = 0; s < plan.segments; ++s) looks.push_back({&number, s});
  }
  std::erase_if(looks, [&](const Look& look) {
    return profile_of(look).kind == Kind::date || profile_of(look).distinct < kLeastDistinct;
  });
  const std::int64_t least = std::max(kLeastRows, plan.min_cell);
  threads.run(std::ssize(looks), [&](int, std::int64_t i) {
    Look& look = looks[static_cast<std::size_t>(i)];
    const ColumnProfile& profile = profile_of(look);
    const std::vector<double> values =
        statistics.sample.front().sorted(look.segment, static_cast<std::size_t>(look.number->series));
    if (std::ssize(values) < least || values.front() == values.back()) return;
    look.found = look_for_two_groups(values, {profile.integral, profile.min, profile.max});
  });
  std::erase_if(looks, [&](const Look& look) { return look.found.n < least; });
  std::vector<BimodalityFinding> findings;
  for (const Look& look : looks) findings.push_back(finding_of(profile_of(look).name, look.segment, look.found));
  std::vector<double> p;
  for (const BimodalityFinding& finding : findings) p.push_back(finding.p);
  const std::vector<double> adjusted = stats::adjusted_p(p, stats::Adjustment::benjamini_hochberg);
  for (std::size_t i = 0; i < findings.size(); ++i) {
    BimodalityFinding& finding = findings[i];
    finding.p_adjusted = adjusted[i];
    finding.bimodal = are_two_groups(looks[i].found, adjusted[i]);
    if (finding.bimodal) finding.words = words_of(finding, segment_names[static_cast<std::size_t>(finding.segment)]);
  }
  std::stable_sort(findings.begin(), findings.end(), [](const BimodalityFinding& a, const BimodalityFinding& b) {
    if (a.bimodal != b.bimodal) return a.bimodal;
    const double p_a = std::isnan(a.p) ? 1.0 : a.p, p_b = std::isnan(b.p) ? 1.0 : b.p;
    return p_a < p_b;
  });
  return findings;
}

}  // namespace tessera
