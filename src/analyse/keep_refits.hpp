// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "analyse/keep_probability.hpp"

namespace tessera {

/// Sampled rows per segment below which chance decides.
inline constexpr std::int64_t kKeepFewestRows = 20;

/// The segment of a sampled row, and how clear it is.
struct RowSegment {
  std::int32_t segment = 0, runner_up = -1;
  double margin = 1.0;
};

/// What one refit says of the sampled rows; no segments: it could not be made.
struct KeepRefit {
  std::vector<std::int32_t> labels;  ///< [n]
  std::int64_t segments = 0;
};

/// Weights [n] of the sampled rows in bootstrap sample `number`: each times a Poisson(1) number that seed, row id and number
/// determine (Hanley & MacGibbon 2006).
[[nodiscard]] std::vector<double> bootstrap_weights(const RowCollection& sample, std::uint64_t seed, int number);

/// Makes kKeepRefits refits, on several threads, matches their segments to the given ones one to one by greatest overlap, and
/// counts how often rows keep theirs.
/// @param own    [n]
/// @param refit  called with 0, ..., kKeepRefits - 1, from several threads at a time
[[nodiscard]] KeepProbability keep_over_refits(const RowCollection& sample, const std::vector<RowSegment>& own,
                                               std::int64_t segments, double boundary_margin,
                                               const std::function<KeepRefit(int)>& refit, ThreadPool& threads);

}  // namespace tessera
