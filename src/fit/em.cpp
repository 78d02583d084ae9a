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

MixtureStatistics sweep_once(const EmContext& context, const Mixture& mixture, SecondMoments second) {
  const auto pass = context.backend.mixture({.mixture = &mixture, .second = second, .statistics = true});
  return sweep(context.feeder, *pass, context.comm);
}

}  // namespace

MixtureFrame measure_frame(const EmContext& context, std::vector<double> center, const MixtureOptions& options) {
  const auto d = static_cast<std::int64_t>(center.size());
  Matrix<double> mean(1, d);
  std::ranges::copy(center, mean.data());
  const Mixture all = balls(center, std::move(mean), 1.0);
  const bool tied = options.covariance == Covariance::tied;
  const MixtureStatistics sums = sweep_once(context, all, tied ? SecondMoments::covariances : SecondMoments::variances);
  MixtureFrame frame;
  frame.center = std::move(center);
  frame.weight = sums.weights.front();
  if (!(frame.weight > 0.0)) throw DataError("no row can be used: all are rejected or of weight zero");
  if (tied) frame.scatter = Matrix<double>(d, d);
  std::int64_t pair = 0;
  for (std::int64_t i = 0; i < d; ++i) {
    const double away = sums.first(0, i) / frame.weight;
    const double variance = sums.second(0, tied ? pair : i) / frame.weight - away * away;
    // A column without variance has none to be measured by.
    frame.floors.push_back(options.least_variance * (variance > 0.0 ? variance : 1.0));
    for (std::int64_t j = i; tied && j < d; ++j) frame.scatter(i, j) = frame.scatter(j, i) = sums.second(0, pair++);
  }
  return frame;
}

Mixture mixture_of_segments(const EmContext& context, const Matrix<double>& centroids, const MixtureFrame& frame,
                            Covariance covariance) {
  const double floor = *std::ranges::max_element(frame.floors);
  const Mixture points = balls(frame.center, centroids, floor * kPointVariance);
  const MixtureStatistics sums = sweep_once(context, points, second_moments_of(covariance));
  return em_update(sums, frame, covariance, kLeastShare * frame.weight).mixture;
}

EmRun run_em(const EmContext& context, Mixture start, const MixtureFrame& frame, int max_iterations, double tolerance) {
  EmRun run;
  run.mixture = std::move(start);
  run.stop_reason = "iteration limit";
  bool comparable = false;  // with the iteration before: no component was dropped in between
  while (std::ssize(run.history) < max_iterations) {
    const Covariance covariance = run.mixture.covariance;
    const MixtureStatistics sums = sweep_once(context, run.mixture, second_moments_of(covariance));
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
