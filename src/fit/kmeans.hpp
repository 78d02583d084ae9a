// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/job.hpp"
#include "feed/feeder.hpp"
#include "tessera/backend.hpp"
#include "tessera/communicator.hpp"
#include "tessera/kmeans.hpp"
#include "tessera/prepare.hpp"

namespace tessera {

/// The units in which a fit of rows prepared by `plan` counts; w * d^2 of any such row against centroids within the rows' range
/// (or the given initial ones) fits 62 bits.
[[nodiscard]] GridUnits fit_units(const FeaturePlan& plan, const Matrix<float>* initial_centroids = nullptr);

/// Exact k-means over all rows: k-means|| candidates, restarts and swaps on them, Lloyd to the fixed point, canonical order.
/// The result is a pure function of the prepared rows, weights and options: equal bits for any chunks, threads, ranks, backend.
/// O(n k d) per iteration. Lloyd (1982); k-means|| Bahmani et al. (2012); greedy k-means++ Arthur & Vassilvitskii (2007).
/// @param closing sees every chunk of the closing sweep, with the squared distances of its rows to their segments
/// @throws DataError (no row of positive weight; strict_segments and too few distinct rows), CancelledError
[[nodiscard]] KMeansResult fit_kmeans(Feeder& feeder, Backend& backend, Communicator& comm, const FeaturePlan& plan,
                                      const KMeansOptions& options, const JobContext& job, const RowVisit& closing = {});

}  // namespace tessera
