// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tessera/matrix.hpp"
#include "tessera/mixture.hpp"

namespace tessera {

struct KMeansOptions {
  int segments = 8;  ///< k, 1..65,535
  std::uint64_t seed = 0;
  int restarts = 10;             ///< starts on the weighted candidates; the best goes to all rows; >= 1
  int max_iterations = 300;      ///< of Lloyd over all rows; >= 1
  double tolerance = 0.0;        ///< stop when no coordinate of a centroid moves further (prepared units); 0: fixed point
  bool strict_segments = false;  ///< fewer distinct rows than k is an error instead of fewer segments
  std::optional<Matrix<float>> initial_centroids;  ///< [k x d] prepared units; replaces seeding
};

struct KMeansIteration {
  double objective = 0.0;  ///< before the update, prepared units, weighted; monitoring only (from sums)
  double shift = 0.0;      ///< largest move of a coordinate
  std::int64_t reference_rows = 0;
};

/// A fitted k-means in canonical order: segments by weight, largest first, then by lexicographic centroid.
struct KMeansResult {
  Matrix<float> centroids;         ///< [k x d] prepared units
  std::vector<double> weights;     ///< [k] total weight
  std::vector<std::int64_t> rows;  ///< [k] rows of positive weight
  double inertia = 0.0;            ///< exact sum of w * d^2 over the published labels, rounded once
  int iterations = 0;
  bool converged = false;
  std::string stop_reason;  ///< "fixed point", "cycle", "objective did not fall", "tolerance", "iteration limit"
  std::vector<KMeansIteration> history;
  std::vector<std::string> notes;  ///< "only 3 distinct rows: 3 segments instead of 5"
};

/// One row of the table of criteria by which the number of segments was chosen. NaN: not computed for this k.
struct KCriteria {
  int segments = 1;
  double dispersion = 0.0;  ///< within-segment sum of squares on the sample
  double gain = 0.0;  ///< fall of log dispersion against k - 1 (if k is more compact than the references as a whole) beyond
                      ///< their mean, in their standard deviations; of the kind of reference that comes closest
  double gain_threshold = 0.0;       ///< 99th percentile over those references of the largest such gain over k
  double silhouette = 0.0;           ///< mean, exact, on the sample, Euclidean
  double adjusted_silhouette = 0.0;  ///< less the references' mean silhouette at this k
  double stability = 0.0;            ///< mean adjusted Rand index with refits on random halves, <= 1
  double smallest_share = 0.0;       ///< weight of the smallest segment over all
  bool admissible = false;
  std::string reason;  ///< why not admissible; empty if it is
};

struct KSelection {
  bool automatic = false;
  int chosen = 1;
  int best_in_business_window = 0;  ///< best of 3..5; 0 if none is admissible
  std::int64_t sample_rows = 0;
  std::vector<KCriteria> criteria;           ///< of k-means
  std::vector<MixtureCriteria> information;  ///< of mixtures
  std::string verdict;                       ///< one sentence for people
};

}  // namespace tessera
