// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>

#include "exact/approximate.hpp"
#include "exact/host_device.hpp"

// What lets later passes of a fit leave rows alone (Hamerly, Making k-means even faster, 2010; derived in docs/numerics.md,
// section 5): the slack of a row is how much farther than the nearest every other centroid is, in true distance and beyond what
// the reference rounds; the drift of a segment is how much of that its centroid and the others have used up since the first
// pass. A row keeps its slack plus its segment's drift at that time, and stays where it is as long as that exceeds the drift.
namespace tessera::exact {

/// What a slack is cut by: factors of 1 + and 1 - kSlackLoose for the float32 roundings of its evaluation, kSlackRounding of
/// the squares it is made from, and kSlackRounding of the distance for what the reference rounds.
inline constexpr float kSlackLoose = 0x1p-18F;
inline constexpr float kSlackRounding = 0x1p-20F;

/// The slack of a certified row. U >= D^2 of the nearest and U + 2 (threshold - rival) <= D^2 of the others, so that the
/// distances differ by at least 2 (threshold - rival) / (sqrt(U + ...) + sqrt(U)): nothing cancels but in the difference, which
/// is exact to a bit.
/// @param norm  of the row, an upper bound  @param threshold  score less bound of the nearest
/// @param rival  greatest score plus bound of all others
TESSERA_HOST_DEVICE inline float slack_of(float norm, float threshold, float rival) {
  constexpr float kMost = 0x1p124F;    // where there is no other; more than those that are safe to screen can have
  constexpr float kLeast = 0x1p-100F;  // far from what is flushed to zero
  const float square = norm * norm;
  const float twice = threshold + threshold;
  const float nearest2 = fmaxf(kLeast, square - twice + (square + fabsf(twice)) * kSlackRounding);
  const float difference = fminf(2.0F * (threshold - rival), kMost);
  const float farther = approximate_sqrt(nearest2 + difference) * (1.0F + kSlackLoose);
  const float nearest = approximate_sqrt(nearest2) * (1.0F + kSlackLoose);
  const float gap = approximate_quotient(difference * (1.0F - kSlackLoose), farther + nearest);
  return fmaxf(0.0F, gap - farther * kSlackRounding);
}

/// The slack of a row whose two least reference distances are known.
TESSERA_HOST_DEVICE inline float slack_between(double first_distance2, double second_distance2) {
  const double farther = sqrt(second_distance2);
  const double cut = farther * static_cast<double>(kSlackRounding);
  const auto slack = static_cast<float>((farther - sqrt(first_distance2)) * (1.0 - static_cast<double>(kSlackLoose)) - cut);
  return slack > 0.0F ? slack : 0.0F;
}

/// What a row keeps. @param drift  of its segment, rounded down
TESSERA_HOST_DEVICE inline float kept_slack(float slack, float drift) {
  return (slack + drift) * (1.0F - 0x1p-22F);  // less than the rounding of the sum and of this product
}

/// What a pass adds to a segment's drift. @param own  how far its centroid moved  @param other  the farthest of the others
TESSERA_HOST_DEVICE inline double drift_of(double own, double other) {
  return (own + other) * (1.0 + 0x1p-29);  // more than the distances lose; what sums over passes lose, kept_slack covers
}

/// The drift as rows compare with it, and as they add it.
TESSERA_HOST_DEVICE inline float rounded_up(double drift) {
  const auto near = static_cast<float>(drift);
  return static_cast<double>(near) >= drift ? near : nextafterf(near, INFINITY);
}
TESSERA_HOST_DEVICE inline float rounded_down(double drift) {
  const auto near = static_cast<float>(drift);
  return static_cast<double>(near) <= drift ? near : nextafterf(near, -INFINITY);
}

}  // namespace tessera::exact
