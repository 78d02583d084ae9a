// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include "exact/log1p.hpp"
#include "tessera/prepare.hpp"

namespace tessera {

/// The transform of one value. log1p continues to negative values (of new customers) as an odd function: it is total and
/// monotone.
[[nodiscard]] inline double transform_value(Transform transform, double x) {
  if (transform == Transform::none) return x;
  return std::copysign(exact::log1p(std::fabs(x)), x);
}

/// The inverse.
[[nodiscard]] inline double invert_transform(Transform transform, double y) {
  return transform == Transform::none ? y : std::copysign(std::expm1(std::fabs(y)), y);
}

/// A numeric value (days before as-of for dates) in prepared units, before it is rounded onto the grid. Monotone in x.
[[nodiscard]] inline double prepare_value(const FeatureSource& source, double x) {
  return (transform_value(source.transform, x) - source.center) / source.scale * source.block_factor;
}

/// Prepared values are cut off here, at the largest power of two of float32, so that no customer ever becomes infinite.
inline constexpr double kLargestPrepared = 0x1p127;

[[nodiscard]] inline double clamp_prepared(double value) {
  const double below = value < kLargestPrepared ? value : kLargestPrepared;
  return below > -kLargestPrepared ? below : -kLargestPrepared;
}

/// True for nominal sources and for text with two levels: one prepared feature per level.
[[nodiscard]] inline bool is_one_hot(const FeatureSource& source) { return !source.levels.empty(); }

/// One-hot features are 0 or 1 / scale: the squared distance between two levels is 1.
inline constexpr double kOneHotScale = 1.41421356237309504880;

}  // namespace tessera
