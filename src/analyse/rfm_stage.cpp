// SPDX-License-Identifier: Apache-2.0
#include "analyse/rfm_stage.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace tessera {

std::string_view to_string(RfmStage stage) {
  constexpr std::array<std::string_view, kRfmStages> kWords = {"returns only", "new", "loyal", "active", "at risk", "lapsed"};
  return kWords[static_cast<std::size_t>(stage)];
}

RfmStage rfm_stage(const RfmValues& values, int frequency_score, double typical_gap_days) {
  if (values.frequency == 0) return RfmStage::returns_only;
  if (static_cast<double>(values.tenure_days) <= typical_gap_days) return RfmStage::new_customer;
  const double own = std::isnan(values.mean_gap_days) ? 0.0 : values.mean_gap_days;
  const double gap = std::max(own, typical_gap_days);
  const auto recency = static_cast<double>(values.recency_days);
  if (recency <= 2.0 * gap) return values.frequency >= 2 && frequency_score >= 4 ? RfmStage::loyal : RfmStage::active;
  return recency <= 4.0 * gap ? RfmStage::at_risk : RfmStage::lapsed;
}

double typical_gap_days(std::vector<double> gaps_days, std::int64_t covered_days) {
  if (gaps_days.empty()) return std::max(1.0, static_cast<double>(covered_days) / 4.0);
  const auto middle = gaps_days.begin() + (std::ssize(gaps_days) - 1) / 2;
  std::nth_element(gaps_days.begin(), middle, gaps_days.end());
  return std::max(1.0, *middle);
}

}  // namespace tessera
