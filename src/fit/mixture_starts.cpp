// SPDX-License-Identifier: Apache-2.0
#include "fit/mixture_starts.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "fit/point_clustering.hpp"

namespace tessera {
namespace {

/// Multiplications that the starts may take, about a second's, if each takes kIterations: where components are large, starts
/// compete on fewer rows.
constexpr double kMostWork = 4e10;
constexpr double kIterations = 20.0;
constexpr std::int64_t kLeastRows = 4096;

}  // namespace

std::int64_t mixture_sample_rows(const MixtureOptions& options, std::int64_t features, int runs) {
  const double parameters = static_cast<double>(free_parameters(
      options.covariance == Covariance::full ? Covariance::full : Covariance::diag, options.segments, features));
  const double rows = kMostWork / (2.0 * parameters * static_cast<double>(runs) * kIterations);
  return std::clamp(static_cast<std::int64_t>(rows), kLeastRows, kMixtureSampleRows);
}

MixtureSample::MixtureSample(RowCollection sample, Backend& backend, const JobContext& job)
    : sample_(std::move(sample)), backend_(backend), quiet_{silent_, job.cancel, job.threads} {
  for (const double weight : sample_.weights) weights_.push_back(static_cast<float>(weight));
  feeder_ = make_matrix_feeder(sample_.values.view(), weights_, {}, 0, quiet_);
  complete_ = sample_.values;
  const std::vector<double> means = mean();
  for (std::int64_t i = 0; i < complete_.rows(); ++i) {
    for (std::int64_t j = 0; j < complete_.columns(); ++j) {
      if (std::isnan(complete_(i, j))) complete_(i, j) = static_cast<float>(means[static_cast<std::size_t>(j)]);
    }
  }
}

std::vector<double> MixtureSample::mean() const {
  std::vector<double> mean(static_cast<std::size_t>(sample_.values.columns()));
  for (std::size_t j = 0; j < mean.size(); ++j) {
    const auto each_value = [&](const auto& visit) {
      for (std::int64_t i = 0; i < rows(); ++i) {
        const float value = sample_.values(i, static_cast<std::int64_t>(j));
        if (!std::isnan(value)) visit(sample_.weights[static_cast<std::size_t>(i)], double{value});
      }
    };
    double total = 0.0;
    each_value([&](double weight, double) { total += weight; });
    each_value([&](double weight, double value) { mean[j] += weight / total * value; });
  }
  return mean;
}

EmRun best_start(MixtureSample& sample, const MixtureFrame& frame, const MixtureOptions& options, int iterations) {
  const EmContext context = sample.context();
  EmRun best;
  for (int start = 0; start < options.restarts; ++start) {
    context.job.cancel.check();
    PointClusteringOptions clustering{.segments = options.segments, .seed = options.seed};
    if (start > 0) {
      clustering.stream = static_cast<std::uint64_t>(start);
      clustering.restarts = 1;
      clustering.failed_swaps = -1;
    }
    const PointClustering segments = cluster_points(sample.complete_points(), clustering, &context.job.threads);
    EmRun run = run_em(context, mixture_of_segments(context, segments.centroids, frame, options.covariance), frame, iterations,
                       options.tolerance);
    if (start == 0 || run.history.back() > best.history.back()) best = std::move(run);
  }
  return best;
}

}  // namespace tessera
