// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tessera/mixture.hpp"
#include "tessera/prepare.hpp"

namespace tessera {

/// Means and covariances of a mixture in the units of the columns behind their transform: of a number under log1p those of the
/// logarithm, of a date days before the plan's date, of a level of a category its share (of the column's
/// higher value if it is one of two numbers, the mean). Shapes as in Mixture; a spherical one has a variance of every number,
/// [k x g].
struct MomentsInUnits {
  Matrix<double> means;
  Matrix<double> covariances;
};

[[nodiscard]] MomentsInUnits in_original_units(const FeaturePlan& plan, const Mixture& mixture);

}  // namespace tessera
