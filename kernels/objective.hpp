// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>

#include "exact/grid.hpp"
#include "kernels/nearest_arguments.hpp"
#include "kernels/team.hpp"

// The exact sum of w * d^2: terms of up to 62 bits, and up to d times that of rows with gaps, added up in halves so that those
// of a slab fit 64 bits.
namespace tessera::kernels {

inline constexpr int kObjectiveThreads = 256;
inline constexpr double kLargestTerm = 0x1p62;

/// A term, rounded to a whole number, in its halves.
TESSERA_HOST_DEVICE inline void add_term(double term, std::int64_t& low, std::int64_t& high) {
  constexpr std::int64_t kLow = std::int64_t{1} << kObjectiveLowBits;
  if (term <= kLargestTerm) {
    const std::int64_t units = llrint(term);
    low += units & (kLow - 1);
    high += units >> kObjectiveLowBits;
    return;
  }
  const double whole = floor(term * (1.0 / static_cast<double>(kLow)));  // a whole number already: both halves are exact
  low += static_cast<std::int64_t>(term - whole * static_cast<double>(kLow));
  high += static_cast<std::int64_t>(whole);
}

struct ObjectiveMemory {
  std::int64_t low[kObjectiveThreads];
  std::int64_t high[kObjectiveThreads];
};

struct ObjectiveState {};

template <typename Team>
TESSERA_HOST_DEVICE inline void add_objective(Team& team, const ObjectiveArguments& a, std::int64_t block, std::int64_t blocks,
                                              ObjectiveMemory& memory) {
  team.each([&](int t, ObjectiveState&) {
    std::int64_t low = 0;
    std::int64_t high = 0;
    TESSERA_NO_UNROLL
    for (std::int64_t row = block * kObjectiveThreads + t; row < a.slab.n; row += blocks * kObjectiveThreads) {
      const double weight = a.slab.weights == nullptr ? 1.0 : static_cast<double>(a.slab.weights[row]);
      if (a.label[row] < 0 || !(weight > 0.0)) continue;
      const double term = weight * a.distance2[row] * a.inverse;
      if (!(term <= (a.slab.is(row, kGapRow) ? kLargestTerm * a.slab.d : kLargestTerm))) {
        lower_to(a.bad_row, a.slab.first_row + row);
        continue;
      }
      add_term(term, low, high);
    }
    memory.low[t] = low;
    memory.high[t] = high;
  });
  for (int step = kObjectiveThreads / 2; step > 0; step /= 2) {
    team.each([&](int t, ObjectiveState&) {
      if (t >= step) return;
      memory.low[t] += memory.low[t + step];
      memory.high[t] += memory.high[t + step];
    });
  }
  team.alone([&](int t, ObjectiveState&) {
    if (t != 0) return;
    add_shared_total(a.halves, memory.low[0]);
    add_shared_total(a.halves + 1, memory.high[0]);
  });
}

}  // namespace tessera::kernels
