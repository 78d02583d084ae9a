// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "stats/result.hpp"

namespace tessera::stats {

struct HistogramQuantile {
  double value = kUndefined;
  double error = kUndefined;  ///< the exact quantile lies within value +- error: at most the width of its bin
};

/// Quantile of values known by their histogram: linear within the bin that holds it. Undefined without weight.
/// @param edges    [b + 1] ascending; bin i holds edges[i] <= x < edges[i + 1], the last one its upper edge, too
/// @param weights  [b] >= 0
/// @param share    in [0, 1]
[[nodiscard]] HistogramQuantile histogram_quantile(std::span<const double> edges, std::span<const double> weights,
                                                   double share);

}  // namespace tessera::stats
