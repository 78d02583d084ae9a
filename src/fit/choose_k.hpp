// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "core/job.hpp"
#include "fit/point_clustering.hpp"
#include "tessera/kmeans.hpp"
#include "tessera/prepare.hpp"

namespace tessera {

/// Numbers of segments that businesses mostly act on.
inline constexpr int kBusinessSmallest = 3;
inline constexpr int kBusinessLargest = 5;

/// Adjusted Rand index with refits on halves from which on segments count as found again, of k-means and mixtures.
inline constexpr double kLeastStability = 0.8;
/// Fewer rows, and neither halves nor reference tables tell anything.
inline constexpr std::int64_t kFewestSelectionRows = 20;

struct ChooseKOptions {
  int smallest = 1;  ///< k range, inclusive; 1 <= smallest <= largest
  int largest = 10;
  std::uint64_t seed = 0;
  int references = 60;  ///< tables of each kind of reference; >= 50
  int resamples = 20;   ///< refits on halves of the sample for the stability; >= 2
  double least_stability = kLeastStability;
  double least_share = 0.01;   ///< weight of the smallest segment over all
  bool skip_hopeless = false;  ///< leave out the references (NaN) where no k is stable and large enough: they would not matter
};

/// Chooses the number of segments on a bounded sample of prepared rows (2,000 are plenty; of more than 400,000 cells a random
/// part of the rows is taken). k >= 2 is admissible only if its gain in dispersion exceeds the 99th percentile of the maximum
/// over k on reference tables of every kind (ReferenceKind: uniform in the principal-axes box; Gaussian of equal covariance;
/// the latter bent to unimodal columns of the table's own shapes; nominal and binary sources permuted independently), its
/// segments are found again on halves of the sample, and none is too small. Among those: the largest silhouette beyond the
/// references'; else one segment. If the range leaves 1 out and nothing is admissible, the clearest k of the range is chosen
/// and the verdict says so. A pure function of sample, plan and options: the same for any number of threads. docs/choosing-k.md
/// has the reasons and what was measured. Tibshirani, Walther & Hastie (2001); Ben-Hur, Elisseeff & Guyon (2002).
/// @param sample  [n x d], n >= 1, weights > 0
/// @param plan    tells which prepared features form a nominal or binary source
/// @throws ConfigError (range, references or resamples out of range), CancelledError
[[nodiscard]] KSelection choose_k(const WeightedPoints& sample, const FeaturePlan& plan, const ChooseKOptions& options,
                                  const JobContext& job);

/// One sentence for people on what was chosen and why.
[[nodiscard]] std::string describe_selection(const KSelection& selection, const ChooseKOptions& options);

}  // namespace tessera
