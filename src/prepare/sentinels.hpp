// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "prepare/block_moments.hpp"
#include "tessera/prepare.hpp"

namespace tessera {

/// Values that stand for "unknown" in practice. The first kNumberSentinels are looked for among numbers, the others among days:
/// 1899-12-30, 1900-01-01, 1970-01-01, 2099-12-31, 2999-12-31, 9999-12-31.
inline constexpr std::array<std::int32_t, 27> kSentinels = {
    -1,  -9,   -99, -999, -9999, -99999, 9,   99,     999,    9999, 99999, 999999, 9999999, 88,
    888, 8888, 98,  998,  9998,  77,     777, -25569, -25567, 0,    47481, 376199, 2932896};
inline constexpr std::size_t kNumberSentinels = 21;

/// A hash into 1,024 slots that tells the sentinels apart.
constexpr std::size_t sentinel_slot(std::int64_t value) {
  return static_cast<std::size_t>((static_cast<std::uint64_t>(value) * 0x9E3779B97F4A7C15U) >> 54);
}

/// Index into kSentinels by slot; kNoSentinel elsewhere.
inline constexpr std::uint8_t kNoSentinel = 0xFF;
inline constexpr auto kSentinelPlaces = [] {
  std::array<std::uint8_t, 1024> places{};
  places.fill(kNoSentinel);
  for (std::size_t i = 0; i < kSentinels.size(); ++i) places[sentinel_slot(kSentinels[i])] = static_cast<std::uint8_t>(i);
  return places;
}();
static_assert(
    [] {
      for (std::size_t i = 0; i < kSentinels.size(); ++i) {
        if (kSentinelPlaces[sentinel_slot(kSentinels[i])] != i) return false;
      }
      return true;
    }(),
    "two sentinels share a slot: choose another multiplier");

/// Counts the sentinels of one column.
class SentinelCounter {
 public:
  void add(double x) {
    if (std::fabs(x) >= 1e7) return;
    const auto whole = static_cast<std::int64_t>(x);
    const std::uint8_t place = kSentinelPlaces[sentinel_slot(whole)];
    if (place != kNoSentinel && static_cast<double>(kSentinels[place]) == x) ++rows_[place];
  }

  /// Adds a warning for every sentinel that is frequent and stands apart from the other values.
  /// @param negatives cells below zero
  /// @param sums of all cells, about `frame`
  void warn(ColumnProfile& profile, bool dates, std::int64_t negatives, const Moments& sums, MomentFrame frame) const;

 private:
  std::array<std::int64_t, kSentinels.size()> rows_{};
};

}  // namespace tessera
