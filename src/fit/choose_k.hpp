// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "core/job.hpp"
#include "fit/point_clustering.hpp"
#include "tessera/kmeans.hpp"
#include "tessera/prepare.hpp"

namespace tessera {

struct ChooseKOptions {
  int smallest = 1;                    ///< k range, inclusive; 1 is always a legal answer
  int largest = 10;
  std::uint64_t seed = 0;
  int references = 60;                 ///< tables of each of the two reference kinds; >= 50
  int resamples = 20;                  ///< refits for the stability
  double least_stability = 0.8;
  double least_share = 0.01;           ///< weight of the smallest segment over all
  int restarts = 3;
};

/// Chooses the number of segments on a bounded sample of prepared rows. k >= 2 is admissible only if its gain in dispersion
/// exceeds the 99th percentile of the maximum over k on reference tables of both kinds (uniform in the principal-axes box;
/// Gaussian of equal covariance; nominal sources permuted independently in both), it is stable under resampling and no segment
/// is too small. Among those: the largest gap-adjusted silhouette. Tibshirani, Walther & Hastie (2001); Ben-Hur et al. (2002).
/// @param plan tells which prepared features form a nominal source
[[nodiscard]] KSelection choose_k(const WeightedPoints& sample, const FeaturePlan& plan, const ChooseKOptions& options,
                                  const JobContext& job);

}  // namespace tessera
