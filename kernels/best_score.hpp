// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "kernels/nearest_arguments.hpp"
#include "kernels/team.hpp"

// What screens find of a row, and what follows from it.
namespace tessera::kernels {

/// The best of some centroids for one row. A centroid's true score lies between `lower` and `upper` = score -+ bound.
/// kPair: the best two.
template <bool kPair>
struct BestScore {
  float lower = -INFINITY;  ///< the greatest
  float upper = -INFINITY;
  float rival = -INFINITY;  ///< greatest upper bound of all others
  std::int32_t place = -1;

  TESSERA_HOST_DEVICE void offer(float other_lower, float other_upper, std::int32_t other_place) {
    const bool better = other_lower > lower;
    rival = fmaxf(rival, better ? upper : other_upper);
    lower = better ? other_lower : lower;
    upper = better ? other_upper : upper;
    place = better ? other_place : place;
  }
  /// Joins the best of other centroids.
  TESSERA_HOST_DEVICE void join(const BestScore& other) {
    offer(other.lower, other.upper, other.place);
    rival = fmaxf(rival, other.rival);
  }
  /// Whether no other centroid can be among the nearest.
  [[nodiscard]] TESSERA_HOST_DEVICE bool is_certain() const { return lower > rival; }
  /// Centroids whose upper bound is below it are not among the nearest for certain.
  [[nodiscard]] TESSERA_HOST_DEVICE float threshold() const { return lower; }
};

template <>
struct BestScore<true> {
  float lower = -INFINITY;
  float upper = -INFINITY;
  float second_lower = -INFINITY;  ///< the second greatest
  float second_upper = -INFINITY;
  float rival = -INFINITY;
  std::int32_t place = -1;
  std::int32_t second_place = -1;

  TESSERA_HOST_DEVICE void offer(float other_lower, float other_upper, std::int32_t other_place) {
    const bool first = other_lower > lower;
    const bool second = other_lower > second_lower;  // or first
    rival = fmaxf(rival, second ? second_upper : other_upper);
    second_lower = first ? lower : second ? other_lower : second_lower;
    second_upper = first ? upper : second ? other_upper : second_upper;
    second_place = first ? place : second ? other_place : second_place;
    lower = first ? other_lower : lower;
    upper = first ? other_upper : upper;
    place = first ? other_place : place;
  }
  TESSERA_HOST_DEVICE void join(const BestScore& other) {
    offer(other.lower, other.upper, other.place);
    offer(other.second_lower, other.second_upper, other.second_place);
    rival = fmaxf(rival, other.rival);
  }
  [[nodiscard]] TESSERA_HOST_DEVICE bool is_certain() const { return second_lower > rival; }
  [[nodiscard]] TESSERA_HOST_DEVICE float threshold() const { return second_lower; }
};

/// What `kShares` threads found for each row of a block, in shared memory: [share][row].
/// @tparam kStride  the rows of a block and a few more, to spread what neighbours write over the banks
template <bool kPair, std::size_t kShares, std::size_t kStride>
struct BestPlaces {
  float lower[kShares][kStride];
  float upper[kShares][kStride];
  float second_lower[kPair ? kShares : 1][kStride];
  float second_upper[kPair ? kShares : 1][kStride];
  float rival[kShares][kStride];
  std::int32_t place[kShares][kStride];
  std::int32_t second_place[kPair ? kShares : 1][kStride];

  TESSERA_HOST_DEVICE void put(int share, int row, const BestScore<kPair>& best) {
    lower[share][row] = best.lower;
    upper[share][row] = best.upper;
    rival[share][row] = best.rival;
    place[share][row] = best.place;
    if constexpr (kPair) {
      second_lower[share][row] = best.second_lower;
      second_upper[share][row] = best.second_upper;
      second_place[share][row] = best.second_place;
    }
  }
  [[nodiscard]] TESSERA_HOST_DEVICE BestScore<kPair> get(int share, int row) const {
    if constexpr (kPair) {
      return {lower[share][row], upper[share][row], second_lower[share][row], second_upper[share][row],
              rival[share][row], place[share][row], second_place[share][row]};
    } else {
      return {lower[share][row], upper[share][row], rival[share][row], place[share][row]};
    }
  }
  /// The best of all of them.
  [[nodiscard]] TESSERA_HOST_DEVICE BestScore<kPair> join(int row) const {
    BestScore<kPair> best;
    for (int share = 0; share < static_cast<int>(kShares); ++share) best.join(get(share, row));
    return best;
  }
};

/// The label of a row if it is certified, with the runner-up if it is one of a pair (in either order), else a place in a list.
/// @param safe  whether scores of a row with this norm mean what they say
template <bool kPair>
TESSERA_HOST_DEVICE inline void conclude_row(const ScreenArguments& a, std::int64_t row, const BestScore<kPair>& best,
                                             float norm, bool safe) {
  a.results.label[row] = -1;
  if (a.slab.is(row, kRejectedRow)) {
    if (a.results.distance2 != nullptr) a.results.distance2[row] = static_cast<double>(NAN);
    if (a.results.second != nullptr) a.results.second[row] = -1;
    if (a.results.second_distance2 != nullptr) a.results.second_distance2[row] = static_cast<double>(NAN);
    return;
  }
  if (a.gaps.entries != nullptr && a.slab.is(row, kGapRow)) {
    a.gaps.entries[take_place(a.gaps.count)] = static_cast<std::int32_t>(row);
    return;
  }
  if (safe && best.is_certain()) {
    const std::int32_t label = a.centroids.place_centroid[best.place];
    a.results.label[row] = label;
    if constexpr (kPair) {
      a.results.second[row] = a.centroids.place_centroid[best.second_place];
      a.results.kept.keep_nothing(row);  // which of the two is nearer is not known yet
    } else if (a.results.kept.wanted()) {
      a.results.kept.keep(row, label, exact::slack_of(norm, best.threshold(), best.rival) * a.centroids.frame.unit());
    }
    return;
  }
  a.open.entries[take_place(a.open.count)] = {static_cast<std::int32_t>(row), safe ? best.threshold() : -INFINITY, norm};
}

}  // namespace tessera::kernels
