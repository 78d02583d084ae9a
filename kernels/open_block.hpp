// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "exact/distance.hpp"
#include "kernels/nearest_arguments.hpp"
#include "kernels/slab.hpp"
#include "kernels/team.hpp"

// Rows that a screen left open: which centroids may be the nearest, and what their reference distances say.
namespace tessera::kernels {

/// Which centroids may be the nearest of a block's open rows, in shared memory.
template <std::size_t kRows, std::size_t kSlots>
struct Candidates {
  std::int32_t centroid[kSlots][kRows];
  std::int32_t count[kRows];  ///< those included that there is no room for

  TESSERA_HOST_DEVICE void begin(int t) {
    if (t < static_cast<int>(kRows)) count[t] = 0;
  }
  TESSERA_HOST_DEVICE void note(int row, std::int32_t c) {
    const std::int32_t slot = take_place(&count[row]);
    if (slot < static_cast<int>(kSlots)) centroid[slot][row] = c;
  }
};

/// Their reference distances.
template <std::size_t kRows, std::size_t kSlots>
struct CandidateDistances {
  double distance2[kSlots][kRows];
};

TESSERA_HOST_DEVICE inline void write_result(const RowResults& results, std::int64_t row, const exact::TwoNearest& nearest) {
  results.label[row] = nearest.first;
  if (results.distance2 != nullptr) results.distance2[row] = nearest.first_distance2;
  if (results.second != nullptr) results.second[row] = nearest.second;
  if (results.second_distance2 != nullptr) results.second_distance2[row] = nearest.second_distance2;
}

/// The reference distance, four features at a time if there are four times as many.
TESSERA_HOST_DEVICE inline double distance2_by_fours(const float* x, const float* c, int d) {
  if (d % 4 != 0) return exact::reference_distance2(x, c, d);
  double sum = 0.0;
  for (int j = 0; j < d; j += 4) {
    const Float4 some = *reinterpret_cast<const Float4*>(x + j);
    const Float4 others = *reinterpret_cast<const Float4*>(c + j);
    sum = exact::reference_distance2(sum, some.v, others.v, 4);
  }
  return sum;
}

/// Decides the open rows of a block that have few candidates; calls crowd(row of the block) for the others.
/// @param open  the block's rows
template <std::size_t kRows, std::size_t kSlots, typename Team, typename Crowd>
TESSERA_HOST_DEVICE inline void decide_few(Team& team, int threads, const DecideArguments& a, const OpenRow* open, int rows,
                                           const Candidates<kRows, kSlots>& candidates,
                                           CandidateDistances<kRows, kSlots>& distances, Crowd crowd) {
  const int d = a.slab.d;
  team.each([&](int t, auto&) {
    for (int i = t; i < static_cast<int>(kSlots * kRows); i += threads) {
      const int slot = i / static_cast<int>(kRows);
      const int row = i % static_cast<int>(kRows);  // neighbours have the same slot: where it is empty for all, nobody waits
      if (row >= rows || candidates.count[row] > static_cast<int>(kSlots) || slot >= candidates.count[row]) continue;
      const std::int64_t c = candidates.centroid[slot][row];
      distances.distance2[slot][row] =
          distance2_by_fours(a.slab.rows + std::int64_t{open[row].row} * d, a.centroids.centroids + c * d, d);
    }
  });
  team.each([&](int t, auto&) {
    if (t >= rows) return;
    const std::int32_t count = candidates.count[t];
    if (count > static_cast<int>(kSlots)) {
      crowd(t);
      return;
    }
    if (count > a.wanted) add_shared_total(a.reference_rows, 1);
    exact::TwoNearest nearest;
    for (int slot = 0; slot < count; ++slot) {
      nearest.offer_in_any_order(candidates.centroid[slot][t], distances.distance2[slot][t]);
    }
    write_result(a.results, open[t].row, nearest);
    a.results.kept.keep_nothing(open[t].row);
  });
}

}  // namespace tessera::kernels
