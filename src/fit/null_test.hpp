// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/job.hpp"
#include "fit/point_clustering.hpp"
#include "fit/reference_tables.hpp"
#include "tessera/prepare.hpp"

namespace tessera {

struct NullTestOptions {
  int largest = 10;  ///< segments, >= 2
  std::uint64_t seed = 0;
  int references = 60;  ///< tables of each kind
};

/// How a sample compares with reference tables of one kind, for k = 1, 2, ..., largest (index k - 1).
struct NullComparison {
  std::vector<double> gain;  ///< log(W_{k-1} / W_k), less the references' mean, in their standard deviations; not more than
                             ///< the like of log(W_1 / W_k) where that is negative; 0 for k = 1
  std::vector<double> silhouette;  ///< the references' mean silhouette; 0 for k = 1
  double threshold = 0.0;          ///< 99th percentile over the references of the largest such gain over k
};

/// By ReferenceKind.
using NullTest = std::array<NullComparison, kReferenceKinds>;

/// Compares the dispersion W_k within 1, 2, ..., largest segments of a sample with that of reference tables of every kind, all
/// by the same segmentation_path. Tibshirani, Walther & Hastie, Estimating the number of clusters in a data set via the gap
/// statistic (2001), with the threshold on the maximum over k, so that trying many k makes no false finding likelier. Tables of
/// more than 40,000 cells are compared on a random part of their rows (at least 400).
/// @throws CancelledError
[[nodiscard]] NullTest test_against_references(const WeightedPoints& data, const FeaturePlan& plan,
                                               const NullTestOptions& options, const JobContext& job);

}  // namespace tessera
