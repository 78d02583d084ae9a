// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "analyse/doubt.hpp"
#include "analyse/words.hpp"
#include "stats/dip.hpp"
#include "stats/discretised_mixture.hpp"
#include "stats/p_adjust.hpp"

namespace tessera {
namespace {

/// Rows that a look at a distribution takes.
constexpr std::int64_t kLeastRows = 50;
constexpr std::int64_t kMostSteps = 21, kLeastSteps = 5;

/// A scale such as 0..10: whole numbers within a short range.
bool is_scale(const ColumnProfile& profile) {
  return profile.integral && profile.max - profile.min + 1.0 <= static_cast<double>(kMostSteps) &&
         profile.max - profile.min + 1.0 >= static_cast<double>(kLeastSteps);
}

/// Where the values part best into two groups (least squares), and their means.
void find_modes(const std::vector<double>& values, BimodalityFinding& finding) {
  double total = 0.0;
  for (const double x : values) total += x;
  double below = 0.0, best = -1.0;
  const auto n = static_cast<double>(values.size());
  for (std::size_t i = 0; i + 1 < values.size(); ++i) {
    below += values[i];
    if (values[i] == values[i + 1]) continue;
    const double count = static_cast<double>(i + 1);
    const double low = below / count, high = (total - below) / (n - count);
    const double between = count * (n - count) * (high - low) * (high - low);
    if (!(between > best)) continue;
    best = between;
    finding.low_mode = low;
    finding.high_mode = high;
    finding.low_share = count / n;
  }
}

/// Whole numbers were rounded, and heaps of equal values dip by themselves. Each heap is spread evenly over the step that it
/// stands for, which leaves a distribution with one peak that one peak.
std::vector<double> spread_whole_numbers(std::vector<double> values) {
  for (std::size_t first = 0; first < values.size();) {
    std::size_t last = first;
    while (last < values.size() && values[last] == values[first]) ++last;
    const double step = values[first], count = static_cast<double>(last - first);
    for (std::size_t i = first; i < last; ++i) {
      values[i] = step - 0.5 + (static_cast<double>(i - first) + 0.5) / count;
    }
    first = last;
  }
  return values;
}

void test_scale(const ColumnProfile& profile, const std::vector<double>& values, BimodalityFinding& finding) {
  std::vector<double> counts(static_cast<std::size_t>(profile.max - profile.min) + 1);
  for (const double x : values) ++counts[static_cast<std::size_t>(x - profile.min)];
  const stats::DiscreteBimodality fit = stats::discretised_mixture(counts);
  finding.method = "two groups on a scale (difference of BIC)";
  finding.statistic = fit.delta_bic;
  finding.bimodal = stats::is_bimodal(fit);
  if (!finding.bimodal) return;
  finding.low_mode = std::clamp(profile.min + fit.lower.mean, profile.min, profile.max);
  finding.high_mode = std::clamp(profile.min + fit.upper.mean, profile.min, profile.max);
  finding.low_share = fit.lower.share;
}

}  // namespace

std::vector<BimodalityFinding> find_bimodality(const AnalysisPlan& plan, const AnalysisStatistics& statistics,
                                               std::span<const ColumnProfile> profiles,
                                               const std::vector<std::string>& segment_names) {
  std::vector<BimodalityFinding> findings;
  const SegmentSample& sample = statistics.sample.front();
  for (const PlannedNumber& number : plan.numbers) {
    const ColumnProfile& profile = profiles[static_cast<std::size_t>(number.profile)];
    if (profile.kind == Kind::date || profile.distinct < kLeastSteps) continue;
    for (std::int32_t s = 0; s < plan.segments; ++s) {
      const std::vector<double> values = sample.sorted(s, static_cast<std::size_t>(number.series));
      if (std::ssize(values) < std::max(kLeastRows, plan.min_cell) || values.front() == values.back()) continue;
      BimodalityFinding finding;
      finding.column = profile.name;
      finding.segment = s;
      finding.n = std::ssize(values);
      if (is_scale(profile)) {
        test_scale(profile, values, finding);
      } else {
        const stats::DipResult dip = stats::dip_test(profile.integral ? spread_whole_numbers(values) : values);
        finding.method = "Hartigan's dip test";
        finding.statistic = dip.dip;
        finding.p = dip.p;
        find_modes(values, finding);
      }
      findings.push_back(std::move(finding));
    }
  }
  std::vector<double> p;
  for (const BimodalityFinding& finding : findings) p.push_back(finding.p);
  const std::vector<double> adjusted = stats::adjusted_p(p, stats::Adjustment::benjamini_hochberg);
  for (std::size_t i = 0; i < findings.size(); ++i) {
    BimodalityFinding& finding = findings[i];
    finding.p_adjusted = adjusted[i];
    // Heaps of equal values dip without being two groups: the dip must be of some size, and neither group a splinter.
    constexpr double kLeastDip = 0.02, kLeastShare = 0.1;
    if (!std::isnan(finding.p)) {
      finding.bimodal = finding.p_adjusted < 0.01 && finding.statistic > kLeastDip && finding.low_share >= kLeastShare &&
                        finding.low_share <= 1.0 - kLeastShare;
    }
    if (!finding.bimodal) continue;
    finding.words = fmt::format("{} in \"{}\": two groups, {} of the customers around {}, the others around {}", finding.column,
                                segment_names[static_cast<std::size_t>(finding.segment)], percent_words(finding.low_share),
                                number_words(finding.low_mode), number_words(finding.high_mode));
  }
  std::stable_sort(findings.begin(), findings.end(), [](const BimodalityFinding& a, const BimodalityFinding& b) {
    if (a.bimodal != b.bimodal) return a.bimodal;
    const double p_a = std::isnan(a.p) ? 1.0 : a.p, p_b = std::isnan(b.p) ? 1.0 : b.p;
    return p_a < p_b;
  });
  return findings;
}

}  // namespace tessera
