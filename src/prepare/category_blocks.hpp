// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "tessera/mixture.hpp"
#include "tessera/prepare.hpp"

namespace tessera {

/// The prepared features that stand for levels: those of nominal and of two-valued columns.
[[nodiscard]] std::vector<CategoryBlock> category_blocks(const FeaturePlan& plan);

}  // namespace tessera
