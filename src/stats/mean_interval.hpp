// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stats/moments.hpp"

namespace tessera::stats {

/// Student's interval of a mean: mean +- t(effective n - 1) standard errors. Student (1908). Undefined for n <= 1; of no width
/// where all values are equal.
[[nodiscard]] Interval mean_interval(const Moments& moments, double confidence = kConfidence);

}  // namespace tessera::stats
