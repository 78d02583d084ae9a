// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "tessera/prepare.hpp"

namespace tessera {

/// The prepared value of x of a numeric source (days before as-of for dates).
[[nodiscard]] float numeric_value(const FeaturePlan& plan, const FeatureSource& source, double x);
/// The prepared value that stands for a missing cell of a numeric source: what MissingPolicy::impute writes.
[[nodiscard]] float numeric_fill(const FeaturePlan& plan, const FeatureSource& source);
/// The prepared value of a level that a row has; that of the others is 0.
[[nodiscard]] float level_value(const FeaturePlan& plan, const FeatureSource& source);

/// [d] the row that impute would make of one without a single cell: for those who need complete rows where
/// MissingPolicy leaves gaps.
[[nodiscard]] std::vector<float> fill_values(const FeaturePlan& plan);

}  // namespace tessera
