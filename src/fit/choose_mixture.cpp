// SPDX-License-Identifier: Apache-2.0
#include "fit/choose_mixture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "feed/mixture_sweep.hpp"
#include "fit/mixture_starts.hpp"

namespace tessera {
namespace {

double value_of(const MixtureFit& fit, MixtureCriterion criterion) {
  switch (criterion) {
    case MixtureCriterion::bic:
      return fit.bic();
    case MixtureCriterion::aic:
      return fit.aic();
    case MixtureCriterion::icl:
      return fit.icl();
  }
  return fit.bic();
}

MixtureCriteria judge(MixtureSample& sample, const MixtureFrame& frame, const MixtureOptions& options) {
  const Mixture mixture = best_start(sample, frame, options, options.max_iterations).mixture;
  const EmContext context = sample.context();
  const auto pass = context.backend.mixture({.mixture = &mixture, .second = SecondMoments::none, .statistics = true});
  const MixtureStatistics sums = sweep(context.feeder, *pass, context.comm);
  return {.segments = options.segments,
          .fit = {sums.log_likelihood, sums.completed_log_likelihood, frame.weight, free_parameters(mixture)},
          .smallest_share = mixture.components() < options.segments ? 0.0 : *std::ranges::min_element(mixture.weights)};
}

/// The number of components of the least criterion; 0 if none is allowed.
int best_by(const std::vector<MixtureCriteria>& all, MixtureCriterion criterion, double least_share) {
  int best = 0;
  double least = HUGE_VAL;
  for (const MixtureCriteria& each : all) {
    if (each.segments > 1 && each.smallest_share < least_share) continue;
    const double value = value_of(each.fit, criterion);
    if (best != 0 && !(value < least)) continue;
    best = each.segments;
    least = value;
  }
  return best;
}

std::string verdict_of(const KSelection& selection, const ChooseMixtureOptions& options) {
  const auto best = [&](MixtureCriterion criterion) { return best_by(selection.information, criterion, options.least_share); };
  std::string others;
  for (const MixtureCriterion criterion : {MixtureCriterion::bic, MixtureCriterion::icl, MixtureCriterion::aic}) {
    if (criterion == options.criterion) continue;
    others += fmt::format("{}{} asks for {}", others.empty() ? "" : ", ", to_string(criterion), best(criterion));
  }
  if (selection.chosen == 1) {
    return fmt::format("One Gaussian group describes the customers best: there are no segments by {} ({}).",
                       to_string(options.criterion), others);
  }
  return fmt::format("A mixture of {} Gaussian segments describes the customers best by {} ({}).", selection.chosen,
                     to_string(options.criterion), others);
}

}  // namespace

KSelection choose_mixture(RowCollection rows, Backend& backend, const MixtureOptions& fit, const ChooseMixtureOptions& options,
                          const JobContext& job) {
  MixtureSample sample(std::move(rows), backend, job);
  const MixtureFrame frame = measure_frame(sample.context(), sample.mean(), fit);
  KSelection selection;
  selection.automatic = true;
  selection.sample_rows = sample.rows();
  for (int k = options.smallest; k <= options.largest; ++k) {
    MixtureOptions own = fit;
    own.segments = k;
    selection.information.push_back(judge(sample, frame, own));
    job.observer.progress(k - options.smallest + 1);
  }
  const int best = best_by(selection.information, options.criterion, options.least_share);
  selection.chosen = best == 0 ? options.smallest : best;
  selection.verdict = verdict_of(selection, options);
  return selection;
}

}  // namespace tessera
