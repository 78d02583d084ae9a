// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "analyse/rfm_totals.hpp"

namespace tessera {

/// Where a customer stands, by the first rule that holds. The typical gap G is the table's (typical_gap_days()); a customer's
/// own gap E is the larger of G and the mean gap between the orders, so that a slow rhythm is no alarm:
///   returns only  no purchase at all
///   new           the first purchase is at most G days ago
///   loyal         the last one is at most 2 E days ago, at least two orders, and a frequency score of 4 or 5
///   active        the last one is at most 2 E days ago
///   at risk       the last one is at most 4 E days ago
///   lapsed        longer ago
enum class RfmStage : std::uint8_t { returns_only, new_customer, loyal, active, at_risk, lapsed };
inline constexpr int kRfmStages = 6;
[[nodiscard]] std::string_view to_string(RfmStage stage);

[[nodiscard]] RfmStage rfm_stage(const RfmValues& values, int frequency_score, double typical_gap_days);

/// The lower median of the mean gaps of customers who bought on different days; if there are none, a quarter of the days that
/// the table covers; at least one day.
/// @param gaps_days positive, in any order; reordered. @param covered_days from the first to the last transaction
[[nodiscard]] double typical_gap_days(std::vector<double> gaps_days, std::int64_t covered_days);

}  // namespace tessera
