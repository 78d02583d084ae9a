// SPDX-License-Identifier: Apache-2.0
#include "report/mixture_units.hpp"

#include <vector>

namespace tessera {
namespace {

/// A prepared value x stands for offset + factor * x.
struct Unit {
  double offset = 0.0, factor = 1.0;
};

std::vector<Unit> units_of(const FeaturePlan& plan) {
  std::vector<Unit> units;
  for (const FeatureSource& source : plan.sources) {
    const Unit unit{source.levels.empty() ? source.center : 0.0, source.scale / source.block_factor};
    units.insert(units.end(), static_cast<std::size_t>(source.feature_count), unit);
  }
  return units;
}

}  // namespace

MomentsInUnits in_original_units(const FeaturePlan& plan, const Mixture& mixture) {
  const std::vector<Unit> units = units_of(plan);
  const std::vector<int> numbers = mixture.numbers();
  const std::int64_t k = mixture.components(), d = mixture.features(), g = std::ssize(numbers);
  const auto unit = [&](std::int64_t j) -> const Unit& { return units[static_cast<std::size_t>(j)]; };
  const auto number = [&](std::int64_t j) -> const Unit& { return unit(numbers[static_cast<std::size_t>(j)]); };
  const bool spherical = mixture.covariance == Covariance::spherical;
  const bool matrices = mixture.covariance == Covariance::full || mixture.covariance == Covariance::tied;
  MomentsInUnits original{mixture.means, spherical ? Matrix<double>(k, g) : mixture.covariances};
  for (std::int64_t c = 0; c < k; ++c) {
    for (std::int64_t j = 0; j < d; ++j) original.means(c, j) = unit(j).offset + unit(j).factor * mixture.means(c, j);
  }
  Matrix<double>& covariances = original.covariances;
  for (std::int64_t i = 0; i < covariances.rows(); ++i) {
    for (std::int64_t j = 0; j < g; ++j) {
      const double prepared = mixture.covariances(i, spherical ? 0 : j);
      covariances(i, j) = prepared * number(j).factor * number(matrices ? i % g : j).factor;
    }
  }
  return original;
}

}  // namespace tessera
