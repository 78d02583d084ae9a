// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/job.hpp"
#include "fit/row_collection.hpp"
#include "tessera/backend.hpp"
#include "tessera/kmeans.hpp"
#include "tessera/mixture.hpp"

namespace tessera {

struct ChooseMixtureOptions {
  int smallest = 1, largest = 10;  ///< numbers of components, inclusive
  double least_share = 0.01;       ///< of the weight that a component of the choice must hold, in [0, 1)
  MixtureCriterion criterion = MixtureCriterion::bic;
};

/// Fits mixtures of smallest, ..., largest components to the sample and takes the one of the least criterion (Schwarz 1978,
/// Akaike 1974, Biernacki et al. 2000) among those whose components all hold the least share; where none does, the smallest.
/// One component is a legal answer. The same sample gives the same choice everywhere.
/// @param fit  covariance, seed, restarts, tolerance, iterations
[[nodiscard]] KSelection choose_mixture(RowCollection sample, Backend& backend, const MixtureOptions& fit,
                                        const ChooseMixtureOptions& options, const JobContext& job);

}  // namespace tessera
