// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>

#include "exact/approximate.hpp"
#include "exact/host_device.hpp"

namespace tessera::exact {

/// Bound of what separates a float32 screening score from the order of the reference distances (derived in docs/numerics.md).
///
/// A screen computes score = x.c - h with h = ||c||^2 / 2 rounded to float32, by float32 multiplications and additions in any
/// order, fused or not, accumulators starting at -h or at 0. Then with E = error(||x||, ||c||):
///   best - E(best) > second + E(second), evaluated in float32, proves that the reference distance of `best` is strictly less.
/// Norms must be upper bounds (see upper_norm). A NaN anywhere makes the comparison false: never certified.
struct ScreenBound {
  float cross = 0.0F;      ///< times ||x|| ||c||: d products, d additions, the comparison itself
  float centroid = 0.0F;   ///< times ||c||^2: rounding of h, its part in the additions, the reference's own rounding
  float row = 0.0F;        ///< times ||x||^2: the reference's own rounding
  float underflow = 0.0F;  ///< absolute: products and sums that underflow or are flushed to zero

  TESSERA_HOST_DEVICE float error(float row_norm, float centroid_norm) const {
    return cross * row_norm * centroid_norm + centroid * centroid_norm * centroid_norm + row * row_norm * row_norm + underflow;
  }
};

/// The bound for d features and arithmetic of unit roundoff `u` per accumulation step (float32: 2^-24).
TESSERA_HOST_DEVICE inline ScreenBound make_screen_bound(std::int64_t d, double u = 0x1p-24) {
  // d products and d additions, the start at -h, h itself, both sides of the final comparison; one part in 256 on top covers
  // the float32 evaluation of error() itself and gamma's denominator for every d that is allowed.
  const double steps = static_cast<double>(d) + 8.0;
  const double gamma = steps * u / (1.0 - steps * u) * (1.0 + 0x1p-8);
  const double reference =
      4.0 * steps * 0x1p-53;  // (d + 3) 2^-53 of ||x - c||^2 <= 2 ||x||^2 + 2 ||c||^2, in half units, doubled
  ScreenBound bound;
  bound.cross = static_cast<float>(gamma);
  bound.centroid = static_cast<float>(gamma + reference);
  bound.row = static_cast<float>(reference);
  bound.underflow = static_cast<float>(steps * 0x1p-125);
  return bound;
}

/// Bound of a screen on matrix units that multiply operands of fewer bits: x and c are rounded to x1 and c1, the products x1.c1
/// are exact, and every step of their sum, which starts at -h, is off by at most `u` of the largest partial sum (derived in
/// docs/numerics.md). Scores compare as those of ScreenBound do.
struct TensorBound {
  float unit = 0.0F;       ///< times the largest partial sum: accumulation, tags, the comparison
  float row = 0.0F;        ///< times ||x||^2: the reference's own rounding
  float underflow = 0.0F;  ///< absolute

  /// The bound for centroids that share norms, as a polynomial of those of a row.
  struct OfCentroids {
    float norm;    ///< times ||x||
    float rest;    ///< times ||x - x1||
    float square;  ///< times ||x||^2
    float constant;

    TESSERA_HOST_DEVICE float error(float row_norm, float row_rest) const {
      return fmaf(fmaf(square, row_norm, norm), row_norm, fmaf(rest, row_rest, constant));
    }
  };

  /// unit (||x|| + ||x - x1|| + C) C + row ||x||^2 + ||x - x1|| C + ||x|| ||c - c1||, C = ||c|| + ||c - c1||; for all norms,
  /// upper bounds are taken.
  TESSERA_HOST_DEVICE OfCentroids of(float centroid_norm, float centroid_rest) const {
    constexpr float kLoose = 1.0F + 0x1p-6F;  // the float32 roundings here, and those of error()
    const float c = centroid_norm + centroid_rest;
    return {(unit * c + centroid_rest) * kLoose, (unit * c + c) * kLoose, row * kLoose, unit * c * c * kLoose + underflow};
  }
};

/// The bound for sums of `terms` products; sums of `part` of them are made by matrix units and added up in float32.
/// @param tag_bits  low bits of a score that are replaced  @param u  at least 2^-24
TESSERA_HOST_DEVICE inline TensorBound make_tensor_bound(std::int64_t terms, std::int64_t part, int tag_bits, double u) {
  const std::int64_t parts = (terms + part - 1) / part;
  const double steps = static_cast<double>(terms) + 16.0;
  const double steps_of_part = static_cast<double>((terms < part ? terms : part) + parts) + 16.0;
  TensorBound bound;
  bound.unit = static_cast<float>(steps_of_part * u + ldexp(1.0, tag_bits - 22));
  bound.row = static_cast<float>(4.0 * steps * 0x1p-53);
  bound.underflow = static_cast<float>(steps * 0x1p-125);
  return bound;
}

/// What upper_norm adds: squares and partial sums below 2^-126 may be flushed to zero, 2 d of them at most, and the sum itself;
/// sqrt((2 d + 1) 2^-126) <= 2^-56 for d < 8,192.
inline constexpr float kFlushedNorm = 0x1p-56F;

/// What upper_norm multiplies by: the rounding errors of a sum of d squares in float32, halved by the square root, four times
/// over; of which the eight units more are for the root itself.
TESSERA_HOST_DEVICE inline float norm_slack(std::int64_t d) { return 1.0F + static_cast<float>(d + 8) * 0x1p-23F; }

/// An upper bound of a norm whose square was summed over d < 8,192 terms in float32, in any order (float64 sums: even closer).
TESSERA_HOST_DEVICE inline float upper_norm(float sum_of_squares, std::int64_t d) {
  return approximate_sqrt(sum_of_squares) * norm_slack(d) + kFlushedNorm;
}

/// Norms of a row and a centroid that add up to less than this cannot make a score overflow: |x.c|, ||c||^2 / 2 and the bound
/// stay far below float32's range, so that every score is finite and the certificate's comparisons mean what they say.
inline constexpr float kSafeReach = 0x1p60F;

/// Whether a row with this norm (an upper bound) may be screened; false for NaN.
TESSERA_HOST_DEVICE inline bool screen_is_safe(float row_norm, float largest_centroid_norm) {
  return row_norm + largest_centroid_norm < kSafeReach;
}

}  // namespace tessera::exact
