// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stats/co_moments.hpp"

namespace tessera::stats {

/// A ratio of two sums over the same rows, sum of w y / sum of w x, such as revenue per order: what each row contributes to it
/// by linearization (delta method), ratio + (y - ratio * x) / mean of x. The mean of these is the ratio itself, so that
/// everything that is done with means (intervals, Welch's tests, effect sizes) can be done with ratios. Cochran, Sampling
/// Techniques (1977), chapter 6.
/// @return no rows where x sums to 0
[[nodiscard]] Moments ratio_moments(const CoMoments& moments);

}  // namespace tessera::stats
