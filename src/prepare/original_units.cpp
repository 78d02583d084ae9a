// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "exact/grid.hpp"
#include "prepare/apply.hpp"
#include "prepare/prepared_value.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

std::vector<double> shares_of(const FeatureSource& source, std::span<const float> centroid) {
  std::vector<double> shares;
  double sum = 0.0;
  for (int f = 0; f < source.feature_count; ++f) {
    const double prepared = static_cast<double>(centroid[static_cast<std::size_t>(source.first_feature + f)]);
    const double share = std::clamp(prepared / source.block_factor * source.scale, 0.0, 1.0);
    shares.push_back(share);
    sum += share;
  }
  for (double& share : shares) share = sum > 0.0 ? share / sum : 0.0;
  return shares;
}

double original_value(const FeaturePlan& plan, const FeatureSource& source, float prepared) {
  const double transformed = static_cast<double>(prepared) / source.block_factor * source.scale + source.center;
  const double value = invert_transform(source.transform, transformed);
  return source.kind == Kind::date ? plan.as_of_days - value : value;
}

}  // namespace

std::vector<OriginalCentroid> to_original_units(const FeaturePlan& plan, MatrixView<const float> centroids) {
  std::vector<OriginalCentroid> originals(static_cast<std::size_t>(centroids.rows));
  for (std::int64_t i = 0; i < centroids.rows; ++i) {
    OriginalCentroid& original = originals[static_cast<std::size_t>(i)];
    const auto centroid = centroids.row(i);
    for (const FeatureSource& source : plan.sources) {
      if (is_one_hot(source)) {
        std::vector<double> shares = shares_of(source, centroid);
        original.values.push_back(static_cast<double>(std::max_element(shares.begin(), shares.end()) - shares.begin()));
        original.shares.push_back(std::move(shares));
      } else {
        original.values.push_back(original_value(plan, source, centroid[static_cast<std::size_t>(source.first_feature)]));
        original.shares.emplace_back();
      }
    }
  }
  return originals;
}

Matrix<float> from_original_units(const FeaturePlan& plan, MatrixView<const double> centroids) {
  Matrix<float> prepared(centroids.rows, plan.features());
  for (std::int64_t i = 0; i < centroids.rows; ++i) {
    for (std::size_t s = 0; s < plan.sources.size(); ++s) {
      const FeatureSource& source = plan.sources[s];
      const double x = centroids(i, static_cast<std::int64_t>(s));
      const exact::Grid grid = exact::make_grid(plan.grid_exponent[static_cast<std::size_t>(source.first_feature)]);
      if (is_one_hot(source)) {
        if (!(x >= 0.0 && x < source.feature_count && std::trunc(x) == x)) {
          throw DataError(fmt::format("{} is not the number of a level", x), {{}, {}, i, source.name},
                          fmt::format("give a whole number from 0 to {}", source.feature_count - 1));
        }
        prepared(i, source.first_feature + static_cast<int>(x)) = exact::to_grid(source.block_factor / source.scale, grid);
        continue;
      }
      if (!std::isfinite(x))
        throw DataError("a centroid's value is missing or infinite", {{}, {}, i, source.name}, "give a number");
      const double value = source.kind == Kind::date ? plan.as_of_days - x : x;
      prepared(i, source.first_feature) = exact::to_grid(clamp_prepared(prepare_value(source, value)), grid);
    }
  }
  return prepared;
}

}  // namespace tessera
