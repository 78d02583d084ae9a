// SPDX-License-Identifier: Apache-2.0
#include "prepare/category_blocks.hpp"

#include "prepare/fill_values.hpp"
#include "prepare/prepared_value.hpp"

namespace tessera {

std::vector<CategoryBlock> category_blocks(const FeaturePlan& plan) {
  std::vector<CategoryBlock> blocks;
  for (const FeatureSource& source : plan.sources) {
    if (is_one_hot(source)) {
      blocks.push_back({source.first_feature, source.feature_count, double{level_value(plan, source)}});
    } else if (source.kind == Kind::binary) {
      blocks.push_back({source.first_feature, 1, double{numeric_value(plan, source, source.center + source.scale)}});
    }
  }
  return blocks;
}

}  // namespace tessera
