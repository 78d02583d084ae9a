// SPDX-License-Identifier: Apache-2.0
#include "prepare/fill_values.hpp"

#include <vector>

#include "exact/grid.hpp"
#include "prepare/prepared_value.hpp"

namespace tessera {
namespace {

exact::Grid grid_of(const FeaturePlan& plan, const FeatureSource& source) {
  return exact::make_grid(plan.grid_exponent[static_cast<std::size_t>(source.first_feature)]);
}

}  // namespace

float numeric_value(const FeaturePlan& plan, const FeatureSource& source, double x) {
  return exact::to_grid(clamp_prepared(prepare_value(source, x)), grid_of(plan, source));
}

float numeric_fill(const FeaturePlan& plan, const FeatureSource& source) {
  return numeric_value(plan, source, source.kind == Kind::date ? plan.as_of_days - source.fill : source.fill);
}

float level_value(const FeaturePlan& plan, const FeatureSource& source) {
  return exact::to_grid(source.block_factor / source.scale, grid_of(plan, source));
}

std::vector<float> fill_values(const FeaturePlan& plan) {
  std::vector<float> fills(plan.feature_names.size(), 0.0F);
  for (const FeatureSource& source : plan.sources) {
    if (is_one_hot(source)) {
      fills[static_cast<std::size_t>(source.first_feature + source.fill_level)] = level_value(plan, source);
    } else {
      fills[static_cast<std::size_t>(source.first_feature)] = numeric_fill(plan, source);
    }
  }
  return fills;
}

std::vector<std::uint8_t> gap_columns(const FeaturePlan& plan) {
  if (!keeps_gaps(plan.missing)) return {};
  std::vector<std::uint8_t> columns(plan.feature_names.size(), 0);
  for (const FeatureSource& source : plan.sources) columns[static_cast<std::size_t>(source.first_feature)] = 1;
  return columns;
}

}  // namespace tessera
