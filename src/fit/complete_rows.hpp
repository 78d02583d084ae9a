// SPDX-License-Identifier: Apache-2.0
// Samples are clustered on the host as complete rows; where MissingPolicy leaves gaps, this is what closes them.
#pragma once

#include <span>

#include "core/thread_pool.hpp"
#include "fit/row_collection.hpp"
#include "tessera/matrix.hpp"
#include "tessera/prepare.hpp"

namespace tessera {

/// Rows that gaps are filled from, at most: taken evenly out of the collection. Down to a sixteenth where that would take long.
inline constexpr std::int64_t kMostDonors = 1024;

/// Fills every gap with the value of the nearest other row that has the feature, by the partial distance over the features that
/// both have (nearest-neighbour hot deck: Chen and Shao 2000); ties to the first. Where no such row shares a feature, the fill
/// of the preparation takes its place. Plans that keep no gaps: nothing to do. A pure function of rows and plan.
void complete_by_neighbours(RowCollection& rows, const FeaturePlan& plan, ThreadPool& threads);

/// Fills every gap of `rows` with the value of the row's own centroid.
/// @param labels  [n] of the rows; empty: the nearest by the partial distance, which therefore stays the nearest
void complete_by_segments(Matrix<float>& rows, const Matrix<float>& centroids, std::span<const std::int32_t> labels = {});

/// Fills every gap of one row from `fills` [d].
void complete_row(std::span<float> row, std::span<const float> fills);

}  // namespace tessera
