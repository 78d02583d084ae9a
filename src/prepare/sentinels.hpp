// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

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

[[nodiscard]] inline bool is_sentinel(double x) {
  if (!(std::fabs(x) < 1e7)) return false;
  const std::uint8_t place = kSentinelPlaces[sentinel_slot(static_cast<std::int64_t>(x))];
  return place != kNoSentinel && static_cast<double>(kSentinels[place]) == x;
}

/// Counts how often the least and the largest value of one column occur, if they are sentinels: others are not suspicious.
class SentinelCounter {
 public:
  /// @param min, max of the cells present
  template <typename T>
  void add(std::span<const T> values, double min, double max) {
    if (min <= lowest_.value) lowest_.add(values, min);
    if (max >= highest_.value) highest_.add(values, max);
  }

  /// Adds a warning for every sentinel that is frequent and stands apart from the other values.
  /// @param negatives cells below zero
  /// @param sums of all cells, about `frame`
  void warn(ColumnProfile& profile, bool dates, std::int64_t negatives, const Moments& sums, MomentFrame frame) const;

 private:
  struct Extreme {
    double value;
    std::int64_t rows = 0;  // 0 unless it is a sentinel

    template <typename T>
    void add(std::span<const T> values, double found) {
      if (found != value) *this = {found};
      if (is_sentinel(found)) rows += std::count(values.begin(), values.end(), static_cast<T>(found));
    }
  };
  Extreme lowest_{std::numeric_limits<double>::infinity()};
  Extreme highest_{-std::numeric_limits<double>::infinity()};
};

}  // namespace tessera
