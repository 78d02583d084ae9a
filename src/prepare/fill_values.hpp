// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tessera/prepare.hpp"

namespace tessera {

/// The prepared value of x of a numeric source (days before as-of for dates).
[[nodiscard]] float numeric_value(const FeaturePlan& plan, const FeatureSource& source, double x);
/// The prepared value that stands for a missing cell of a numeric source: what MissingPolicy::impute writes.
[[nodiscard]] float numeric_fill(const FeaturePlan& plan, const FeatureSource& source);
/// The prepared value of a level that a row has; that of the others is 0.
[[nodiscard]] float level_value(const FeaturePlan& plan, const FeatureSource& source);

}  // namespace tessera
