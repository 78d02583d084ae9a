// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "analyse/keep_probability.hpp"
#include "core/job.hpp"
#include "feed/feeder.hpp"
#include "fit/choose_mixture.hpp"
#include "fit/row_collection.hpp"
#include "tessera/backend.hpp"
#include "tessera/communicator.hpp"
#include "tessera/segmentation.hpp"

namespace tessera {

/// Whole numbers of so many different values at most are categories to a mixture: as Gaussians they would end in components of
/// one value and no width, whose likelihood has no bound.
inline constexpr int kFewLevels = 4;

/// @throws ConfigError for what only one of the algorithms can do
void check_algorithm(const SegmentOptions& options);

/// What EM is asked to do, with the numbers that both algorithms know taken from `fit`.
[[nodiscard]] MixtureOptions mixture_options(const SegmentOptions& options, const KMeansOptions& fit, const FeaturePlan& plan);

/// Chooses the number of components on a sample, and has the mixture to start from.
[[nodiscard]] MixtureChoice select_components(Feeder& feeder, Backend& backend, const FeaturePlan& plan,
                                              const SegmentOptions& options, Communicator& comm, const JobContext& job);

/// How often customers keep their segment under refits to bootstrap samples of a sample.
[[nodiscard]] std::optional<KeepProbability> keep_components(Feeder& feeder, Backend& backend, const Mixture& mixture,
                                                             const MixtureOptions& fit, Communicator& comm,
                                                             const JobContext& job);

/// What a mixture has in common with k-means: means as centroids, weights, rows, iterations, notes.
[[nodiscard]] KMeansResult common_part(const MixtureResult& mixture);

/// The segments of a sample's rows; none without a mixture, where the nearest centroid says.
[[nodiscard]] std::vector<std::int32_t> component_labels(const Model& model, const RowCollection& sample, Backend& backend);

}  // namespace tessera
