// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "stats/result.hpp"
#include "tessera/matrix.hpp"

namespace tessera::stats {

/// How far two segments, seen as Gaussians, lie apart. All but the distances are in [0, 1].
struct GaussianOverlap {
  double mahalanobis = kUndefined;    ///< distance of the means in the average covariance
  double bhattacharyya = kUndefined;  ///< distance >= 0: means and shapes
  double affinity = kUndefined;       ///< exp(-bhattacharyya): 1 for equal segments
  double auc = kUndefined;            ///< chance that the best linear score ranks a member of one above one of the other
  double overlap = kUndefined;        ///< common area of the two densities of that score: 1 for equal segments
};

/// Bhattacharyya (1943); Fukunaga, Introduction to Statistical Pattern Recognition (1990), section 3.4; overlapping coefficient
/// along the discriminant direction: Inman & Bradley (1989). Directions in which neither segment varies count only if the means
/// differ there: then nothing overlaps and distances are infinite. A segment that alone does not vary in a direction is taken
/// to have 10^-6 of the average variance there. Undefined with NaN.
/// @param mean_a, mean_b              [d]
/// @param covariance_a, covariance_b  [d x d]
[[nodiscard]] GaussianOverlap gaussian_overlap(std::span<const double> mean_a, MatrixView<const double> covariance_a,
                                               std::span<const double> mean_b, MatrixView<const double> covariance_b);

}  // namespace tessera::stats
