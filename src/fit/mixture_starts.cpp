// SPDX-License-Identifier: Apache-2.0
#include "fit/mixture_starts.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "fit/complete_rows.hpp"
#include "fit/point_clustering.hpp"

namespace tessera {
namespace {

/// Multiplications that the starts may take, about a second's, if each takes kIterations: where components are large, starts
/// compete on fewer rows.
constexpr double kMostWork = 4e10;
constexpr double kIterations = 20.0;
constexpr std::int64_t kLeastRows = 4096;

std::vector<std::int64_t> positive(const std::vector<double>& weights) {
  std::vector<std::int64_t> rows;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] > 0.0) rows.push_back(static_cast<std::int64_t>(i));
  }
  return rows;
}

}  // namespace

std::int64_t mixture_sample_rows(const MixtureOptions& options, std::int64_t features, double runs) {
  const double parameters = static_cast<double>(
      free_parameters(options.covariance == Covariance::full ? Covariance::full : Covariance::diag, options.segments,
                      std::ssize(number_features(features, options.categories)), options.categories));
  const double rows = kMostWork / (2.0 * parameters * runs * kIterations);
  return std::clamp(static_cast<std::int64_t>(rows), kLeastRows, kMixtureSampleRows);
}

MixtureSample::MixtureSample(const RowCollection& rows, Backend& backend, const JobContext& job)
    : MixtureSample(rows, rows.weights, backend, job) {}

MixtureSample::MixtureSample(const RowCollection& rows, std::vector<double> weights, Backend& backend, const JobContext& job)
    : rows_(rows), weights_(std::move(weights)), backend_(backend.host()), quiet_{silent_, job.cancel, job.threads} {
  for (const double weight : weights_) fit_weights_.push_back(static_cast<float>(weight));
  feeder_ = make_matrix_feeder(rows_.values.view(), fit_weights_, {}, 0, quiet_);
  complete_ = take_rows({rows_.values.view(), weights_}, positive(weights_));
  const std::vector<double> means = mean();
  const std::vector<float> fills(means.begin(), means.end());
  for (std::int64_t i = 0; i < complete_.rows.rows(); ++i) complete_row(complete_.rows.row(i), fills);
}

std::vector<double> MixtureSample::mean() const {
  std::vector<double> mean(static_cast<std::size_t>(rows_.values.columns()));
  for (std::size_t j = 0; j < mean.size(); ++j) {
    const auto each_value = [&](const auto& visit) {
      for (std::size_t i = 0; i < weights_.size(); ++i) {
        const float value = rows_.values(static_cast<std::int64_t>(i), static_cast<std::int64_t>(j));
        if (weights_[i] > 0.0 && !std::isnan(value)) visit(weights_[i], double{value});
      }
    };
    double total = 0.0;
    each_value([&](double weight, double) { total += weight; });
    each_value([&](double weight, double value) { mean[j] += weight / total * value; });
  }
  return mean;
}

Mixture clustered_start(MixtureSample& sample, const MixtureFrame& frame, const MixtureOptions& options,
                        const PointClusteringOptions& clustering) {
  const EmContext context = sample.context();
  const PointClustering segments = cluster_points(sample.complete_points(), clustering, &context.job.threads);
  return mixture_of_segments(context, segments.centroids, frame, options.covariance);
}

double least_sound_share(const Mixture& mixture, std::int64_t rows) {
  if (mixture.covariance == Covariance::tied) return 0.0;
  const std::int64_t columns = mixture.covariance == Covariance::full ? mixture.covariances.columns() : 1;
  return 2.0 * static_cast<double>(columns + 1) / static_cast<double>(rows);
}

EmRun best_run(const EmContext& context, std::vector<Mixture> starts, const MixtureFrame& frame, const StartContest& contest) {
  const auto is_sound = [&](const EmRun& run) {
    const Mixture& mixture = run.mixture;
    return mixture.components() == 1 || *std::ranges::min_element(mixture.weights) >= least_sound_share(mixture, contest.rows);
  };
  const auto is_better = [&](const EmRun& run, const EmRun& than) {
    const bool sound = is_sound(run);
    return sound != is_sound(than) ? sound : run.history.back() > than.history.back();
  };
  std::vector<EmRun> runs;
  const int first = starts.size() > 1 ? std::min(contest.short_iterations, contest.iterations) : contest.iterations;
  for (Mixture& start : starts) runs.push_back(run_em(context, std::move(start), frame, first, contest.tolerance));
  std::ranges::stable_sort(runs, is_better);
  runs.resize(std::min(runs.size(), static_cast<std::size_t>(contest.finalists)));
  EmRun* best = nullptr;
  for (EmRun& run : runs) {
    if (!run.converged && first < contest.iterations) {
      run = run_em(context, std::move(run.mixture), frame, contest.iterations - first, contest.tolerance);
    }
    if (best == nullptr || is_better(run, *best)) best = &run;
  }
  return std::move(*best);
}

EmRun best_start(MixtureSample& sample, const MixtureFrame& frame, const MixtureOptions& options, int iterations) {
  const EmContext context = sample.context();
  std::vector<Mixture> starts;
  for (int start = 0; start < options.restarts; ++start) {
    context.job.cancel.check();
    PointClusteringOptions clustering{.segments = options.segments, .seed = options.seed};
    if (start > 0) {
      clustering.stream = static_cast<std::uint64_t>(start);
      clustering.restarts = 1;
      clustering.failed_swaps = -1;
    }
    starts.push_back(clustered_start(sample, frame, options, clustering));
  }
  return best_run(context, std::move(starts), frame,
                  {.iterations = iterations, .tolerance = options.tolerance, .rows = sample.rows()});
}

}  // namespace tessera
