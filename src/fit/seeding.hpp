// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "core/job.hpp"
#include "feed/feeder.hpp"
#include "tessera/backend.hpp"
#include "tessera/communicator.hpp"
#include "tessera/kmeans.hpp"

namespace tessera {

/// Rows up to which every row is a candidate.
inline constexpr std::int64_t kAllRowsAreCandidates = 16384;

/// Starting centroids [k' x d] for Lloyd over all rows, k' < k only if there are fewer distinct rows.
///
/// Small tables are their own candidates. For larger ones candidates come from k-means|| (Bahmani et al. 2012): in each round
/// row i is taken if u_i / (w_i * d_i^2) < l / phi (the 4 l least of them at most), with u_i from Philox keyed by row id, d_i
/// the reference distance to the candidates so far and phi the exact objective; so the candidates do not depend on chunks,
/// threads, ranks or backend. Each candidate stands for the exact mean and weight of the rows nearest to it, and the host
/// clusters these (cluster_points). Where the plan keeps gaps, rows of small tables are completed by their neighbours, and
/// candidates by the fills of the preparation, which only matter where no row of a candidate has the feature.
/// @param series  of the fit that is to follow: passes are aside of it
/// @throws DataError if no row has a positive weight
[[nodiscard]] Matrix<float> seed_centroids(Feeder& feeder, NearestSeries& series, Communicator& comm, const FeaturePlan& plan,
                                           const GridUnits& units, const KMeansOptions& options, const JobContext& job);

}  // namespace tessera
