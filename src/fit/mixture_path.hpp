// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "fit/mixture_starts.hpp"

namespace tessera {

/// How mixtures of 1, 2, ... components are searched for.
struct MixturePathOptions {
  int largest = 10;          ///< components of the last mixture, >= 1
  int splits = 4;            ///< tries to split a component of the mixture before
  int starts = 4;            ///< single k-means++ starts
  StartContest contest;      ///< its rows are those of the sample
  std::uint32_t number = 0;  ///< separates the random draws of several paths of one seed, below 2^19
};

/// One number of components.
struct MixtureStep {
  Mixture mixture;
  MixtureFit fit;                    ///< on the sample's rows
  std::vector<std::int32_t> labels;  ///< [n] most probable component of every row, those of weight 0 included
};

/// Mixtures of 1, 2, ..., largest components of a sample: each the best, after best_run, of the segments of one k-means path
/// that all share (segmentation_path), of splits of the mixture before, and of single k-means++ starts. A component is split
/// towards two of its rows: one drawn by its squared Mahalanobis distance, the other by the squared distance to that. So a step
/// costs little more than EM from a good start, and what k-means cannot see, splits find; after Verbeek, Vlassis & Krose,
/// Efficient greedy learning of Gaussian mixture models (2003). Mixtures may have fewer components where distinct rows run out.
/// A pure function of sample, weights and options.
[[nodiscard]] std::vector<MixtureStep> mixture_path(MixtureSample& sample, const MixtureFrame& frame, const MixtureOptions& fit,
                                                    const MixturePathOptions& options);

}  // namespace tessera
