// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "fit/mixture_starts.hpp"

namespace tessera {

/// How far the components found on half of the rows are those found on all: as half_sample_agreement of k-means, but refits are
/// mixtures (a mixture_path of the half, from fewer starts), and rows belong to their most probable component.
/// @param rows       the sample
/// @param floors     [d] least variances, those of the whole sample
/// @param labelings  [K] labelings [n] of the sample in 1, 2, ..., K components
/// @param number     which resample: 2s and 2s + 1 are complementary halves; resamples may run on several threads
/// @return [K] adjusted Rand indices, weighted
[[nodiscard]] std::vector<double> half_mixture_agreement(const RowCollection& rows, Backend& backend, const MixtureOptions& fit,
                                                         const std::vector<double>& floors,
                                                         std::span<const std::vector<std::int32_t>> labelings, int number,
                                                         const JobContext& job);

}  // namespace tessera
