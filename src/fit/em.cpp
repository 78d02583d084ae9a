// SPDX-License-Identifier: Apache-2.0
#include "fit/em.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "feed/mixture_sweep.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

/// A component that holds less of all weight has lost its rows.
constexpr double kLeastShare = 1e-9;
/// Variance of the balls that stand for centroids, in the least one of components: so narrow that rows belong to the nearest
/// alone.
constexpr double kPointVariance = 1e-4;
/// By how much the mean log-likelihood may fall by rounding, of its size.
constexpr double kRounding = 1e-9;

/// Balls of variance `variance` and equal weights around the rows of `means`.
Mixture balls(std::vector<double> center, Matrix<double> means, double variance) {
  Mixture mixture;
  mixture.covariance = Covariance::spherical;
  mixture.center = std::move(center);
  mixture.weights.assign(static_cast<std::size_t>(means.rows()), 1.0 / static_cast<double>(means.rows()));
  mixture.covariances = Matrix<double>(means.rows(), 1, variance);
  mixture.means = std::move(means);
  return mixture;
}

MixtureStatistics sweep_once(const EmContext& context, const Mixture& mixture, SecondMoments second,
                             const std::vector<CategoryBlock>& categories) {
  const auto pass =
      context.backend.mixture({.mixture = &mixture, .second = second, .gaps = context.gaps, .categories = categories});
  return sweep(context.feeder, *pass, context.comm);
}

}  // namespace

MixtureFrame measure_frame(const EmContext& context, std::vector<double> center, const MixtureOptions& options) {
  const auto d = static_cast<std::int64_t>(center.size());
  Matrix<double> mean(1, d);
  std::ranges::copy(center, mean.data());
  const Mixture all = balls(center, std::move(mean), 1.0);
  const bool tied = options.covariance == Covariance::tied;
  const MixtureStatistics sums =
      sweep_once(context, all, tied ? SecondMoments::covariances : SecondMoments::variances, options.categories);
  MixtureFrame frame;
  frame.categories = options.categories;
  frame.center = std::move(center);
  frame.weight = sums.weights.front();
  frame.least_share = options.least_variance;
  frame.gaps = sums.incomplete > 0.0;
  if (!(frame.weight > 0.0)) throw DataError("no row can be used: all are rejected or of weight zero");
  const std::int64_t numbers = sums.first.columns();
  if (tied) frame.scatter = Matrix<double>(numbers, numbers);
  std::int64_t pair = 0;
  for (std::int64_t i = 0; i < numbers; ++i) {
    const double observed = sums.observed[static_cast<std::size_t>(i)];
    const double absent = frame.gaps ? std::max(frame.weight - observed, 0.0) : 0.0;
    // The ball expects its mean, 0, and its variance, 1, of a number that is absent.
    const double away = sums.first(0, i) / observed;
    const double variance = (sums.second(0, tied ? pair : i) - absent) / observed - away * away;
    // A column without variance has none to be measured by.
    frame.floors.push_back(options.least_variance * (variance > 0.0 ? variance : 1.0));
    for (std::int64_t j = i; tied && j < numbers; ++j) frame.scatter(i, j) = frame.scatter(j, i) = sums.second(0, pair++);
  }
  return frame;
}

Mixture mixture_of_segments(const EmContext& context, const Matrix<double>& centroids, const MixtureFrame& frame,
                            Covariance covariance) {
  const double floor = frame.floors.empty() ? 1.0 : *std::ranges::max_element(frame.floors);
  const Mixture points = balls(frame.center, centroids, floor * kPointVariance);
  const MixtureStatistics sums = sweep_once(context, points, second_moments_of(covariance, frame), frame.categories);
  return em_update(sums, frame, covariance, kLeastShare * frame.weight).mixture;
}

EmRun run_em(const EmContext& context, Mixture start, const MixtureFrame& frame, int max_iterations, double tolerance) {
  EmRun run;
  run.mixture = std::move(start);
  run.stop_reason = "iteration limit";
  const auto series = context.backend.mixture_series(context.feeder.rows());
  bool comparable = false;  // with the iteration before: no component was dropped in between
  while (std::ssize(run.history) < max_iterations) {
    const Covariance covariance = run.mixture.covariance;
    const MixtureTask task{.mixture = &run.mixture,
                           .second = second_moments_of(covariance, frame),
                           .gaps = context.gaps,
                           .categories = frame.categories};
    const MixtureStatistics sums = sweep(context.feeder, *series->next(task), context.comm);
    const double likelihood = sums.log_likelihood / frame.weight;
    if (!std::isfinite(likelihood)) {
      throw NumericalError("the log-likelihood is not a finite number", "look for extreme values among the features");
    }
    const double rise = comparable ? likelihood - run.history.back() : HUGE_VAL;
    run.history.push_back(likelihood);
    const std::int64_t before = run.mixture.components();
    EmUpdate update = em_update(sums, frame, covariance, kLeastShare * frame.weight);
    run.mixture = std::move(update.mixture);
    run.held = std::move(update.held);
    comparable = run.mixture.components() == before;
    run.dropped_at.insert(run.dropped_at.end(), static_cast<std::size_t>(before - run.mixture.components()),
                          std::ssize(run.history));
    context.job.observer.note(Observer::Level::detail, "iteration",
                              fmt::format("iteration {}: mean log-likelihood {:.10g}", run.history.size(), likelihood));
    if (!comparable || rise > tolerance) continue;
    const bool fell = rise < -kRounding * std::max(1.0, std::abs(likelihood));
    run.converged = !fell;
    run.stop_reason = fell ? "log-likelihood fell" : "log-likelihood settled";
    break;
  }
  return run;
}

}  // namespace tessera
