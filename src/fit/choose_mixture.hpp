// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/job.hpp"
#include "fit/choose_k.hpp"
#include "fit/row_collection.hpp"
#include "tessera/backend.hpp"
#include "tessera/kmeans.hpp"
#include "tessera/mixture.hpp"

namespace tessera {

struct ChooseMixtureOptions {
  int smallest = 1, largest = 10;  ///< numbers of components, inclusive
  double least_share = 0.01;       ///< of the weight that a component of the choice must hold, in [0, 1)
  MixtureCriterion criterion = MixtureCriterion::bic;
  int resamples = 10;  ///< refits on halves of the sample for the stability, even
  double least_stability = kLeastStability;
};

struct MixtureChoice {
  KSelection selection;
  Mixture mixture;  ///< the chosen one, as fitted to the sample
};

/// Fits that the choice takes, for mixture_sample_rows.
[[nodiscard]] double choice_runs(const ChooseMixtureOptions& options);

/// Fits mixtures of 1, ..., largest components to the sample (mixture_path) and takes the one of the least criterion (Schwarz
/// 1978, Akaike 1974, Biernacki et al. 2000) among those whose components all hold the least share and are sound
/// (least_sound_share); where none does, the smallest. One component is a legal answer. The stability on halves does not
/// choose: the verdict says where it speaks against the choice. A pure function of sample and options, for any number of
/// threads and at every instruction-set level.
/// @param sample  at least one row
/// @param fit     covariance, seed, restarts, tolerance, iterations
[[nodiscard]] MixtureChoice choose_mixture(const RowCollection& sample, Backend& backend, const MixtureOptions& fit,
                                           const ChooseMixtureOptions& options, const JobContext& job);

/// The number of components of the least criterion; 0 if none may be chosen.
[[nodiscard]] int best_components(const std::vector<MixtureCriteria>& all, MixtureCriterion criterion);

/// One sentence for people on what was chosen and why.
[[nodiscard]] std::string describe_choice(const KSelection& selection, const ChooseMixtureOptions& options);

}  // namespace tessera
