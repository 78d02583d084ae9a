// SPDX-License-Identifier: Apache-2.0
#include "fit/choose_mixture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "fit/mixture_path.hpp"
#include "fit/mixture_stability.hpp"

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

/// Parameters times rows up to which every start gets a long run: where that is cheap, nothing is left to short ones.
constexpr double kAllLong = 2e6;
constexpr int kFinalists = 3;

/// One start is that of the k-means path; splits of the mixture before and k-means++ share the others.
MixturePathOptions path_options(const MixtureOptions& fit, int largest, double work) {
  const int others = std::max(fit.restarts - 1, 1);
  return {.largest = largest,
          .splits = (others + 1) / 2,
          .starts = others / 2,
          .contest = {.finalists = work <= kAllLong ? fit.restarts + 1 : kFinalists,
                      .iterations = fit.max_iterations,
                      .tolerance = fit.tolerance}};
}

MixtureCriteria judge(const MixtureStep& step, int k, double stability, const ChooseMixtureOptions& options,
                      std::int64_t rows) {
  const Mixture& mixture = step.mixture;
  MixtureCriteria criteria{.segments = k, .fit = step.fit, .stability = stability};
  if (mixture.components() < k) {
    criteria.reason = fmt::format("only {} components found rows of their own", mixture.components());
    return criteria;
  }
  criteria.smallest_share = *std::ranges::min_element(mixture.weights);
  const double sound = least_sound_share(mixture, rows);
  if (k > 1 && criteria.smallest_share < std::max(options.least_share, sound)) {
    criteria.reason = fmt::format("too small a segment: {:.1f} % of the customers, {:.1f} % are wanted{}",
                                  std::floor(1000.0 * criteria.smallest_share) / 10.0,  // 0.98 is not 1.0 of 1.0 wanted
                                  100.0 * std::max(options.least_share, sound),
                                  sound > options.least_share ? " to tell its covariances" : "");
  }
  return criteria;
}

/// [K] mean agreements with refits on halves.
std::vector<double> stability_of(const RowCollection& sample, Backend& backend, const MixtureOptions& fit,
                                 const std::vector<double>& floors, const std::vector<std::vector<std::int32_t>>& labelings,
                                 int resamples, const JobContext& job) {
  if (sample.values.rows() < kFewestSelectionRows) {
    return std::vector<double>(labelings.size(), std::numeric_limits<double>::quiet_NaN());
  }
  std::vector<std::vector<double>> agreement(static_cast<std::size_t>(resamples));
  job.threads.run(resamples, [&](int /*thread*/, std::int64_t number) {
    agreement[static_cast<std::size_t>(number)] =
        half_mixture_agreement(sample, backend, fit, floors, labelings, static_cast<int>(number), job);
  });
  std::vector<double> mean(labelings.size());
  for (std::size_t k = 0; k < mean.size(); ++k) {
    for (const auto& resample : agreement) mean[k] += resample[k];
    mean[k] /= static_cast<double>(resamples);
  }
  return mean;
}

}  // namespace

double choice_runs(const ChooseMixtureOptions& options) {
  // A path fits on the average half of its largest number of components, from several starts; halves of rows, from fewer.
  return 0.5 * options.largest * (3.0 + 0.5 * options.resamples);
}

int best_components(const std::vector<MixtureCriteria>& all, MixtureCriterion criterion) {
  int best = 0;
  double least = HUGE_VAL;
  for (const MixtureCriteria& each : all) {
    if (!each.reason.empty()) continue;
    const double value = value_of(each.fit, criterion);
    if (best != 0 && !(value < least)) continue;
    best = each.segments;
    least = value;
  }
  return best;
}

MixtureChoice choose_mixture(const RowCollection& rows, Backend& backend, const MixtureOptions& fit,
                             const ChooseMixtureOptions& options, const JobContext& job) {
  MixtureSample sample(rows, backend, job);
  const MixtureFrame frame = measure_frame(sample.context(), sample.mean(), fit);
  job.observer.stage("choose", 0);
  const double parameters = static_cast<double>(free_parameters(
      fit.covariance, options.largest, std::ssize(number_features(rows.values.columns(), fit.categories)), fit.categories));
  const double work = parameters * static_cast<double>(rows.values.rows());
  std::vector<MixtureStep> steps = mixture_path(sample, frame, fit, path_options(fit, options.largest, work));
  std::vector<std::vector<std::int32_t>> labelings;
  for (MixtureStep& step : steps) labelings.push_back(std::move(step.labels));
  const std::vector<double> stability = stability_of(rows, backend, fit, frame.floors, labelings, options.resamples, job);

  MixtureChoice choice;
  KSelection& selection = choice.selection;
  selection.automatic = true;
  selection.sample_rows = rows.values.rows();
  for (int k = options.smallest; k <= options.largest; ++k) {
    const auto at = static_cast<std::size_t>(k - 1);
    selection.information.push_back(judge(steps[at], k, stability[at], options, selection.sample_rows));
  }
  const int best = best_components(selection.information, options.criterion);
  selection.chosen = best == 0 ? options.smallest : best;
  selection.verdict = describe_choice(selection, options);
  choice.mixture = std::move(steps[static_cast<std::size_t>(selection.chosen - 1)].mixture);
  return choice;
}

}  // namespace tessera
