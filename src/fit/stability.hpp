// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "fit/point_clustering.hpp"

namespace tessera {

/// How far segments found on half of the rows are those found on all: refits k-means for every k on one of the two random
/// halves of a split, labels all rows by its nearest centroids, and compares these labels with the given ones by the adjusted
/// Rand index. Ben-Hur, Elisseeff & Guyon, A stability based method for discovering structure in clustered data (2002).
/// @param labelings  [K] labelings [n] of the sample in k = 1, 2, ..., K segments
/// @param number     which resample: 2s and 2s + 1 are complementary halves. A pure function of data, seed and number, so
///                   resamples may run on several threads
/// @return [K] adjusted Rand indices
[[nodiscard]] std::vector<double> half_sample_agreement(const WeightedPoints& sample,
                                                        std::span<const std::vector<std::int32_t>> labelings,
                                                        std::uint64_t seed, int number);

}  // namespace tessera
