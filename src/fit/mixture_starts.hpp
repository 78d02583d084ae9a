// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "comm/solo.hpp"
#include "fit/em.hpp"
#include "fit/row_collection.hpp"

namespace tessera {

/// Rows of the samples on which starts compete and numbers of components are chosen, at most.
inline constexpr std::int64_t kMixtureSampleRows = 16'384;

/// Rows of a sample on which `runs` fits take about a second.
[[nodiscard]] std::int64_t mixture_sample_rows(const MixtureOptions& options, std::int64_t features, int runs);

/// A sample of the rows in memory, which every rank holds: what is found on it is the same everywhere.
class MixtureSample {
 public:
  /// @param sample  at least one row
  MixtureSample(RowCollection sample, Backend& backend, const JobContext& job);

  [[nodiscard]] EmContext context() { return {*feeder_, backend_, comm_, quiet_}; }
  [[nodiscard]] std::int64_t rows() const { return sample_.values.rows(); }
  [[nodiscard]] const RowCollection& collection() const { return sample_; }
  /// [d] weighted mean of the rows that have the feature
  [[nodiscard]] std::vector<double> mean() const;
  /// The rows with the mean where a feature is missing, for clusterings that know no gaps.
  [[nodiscard]] WeightedPoints complete_points() const { return {complete_.view(), sample_.weights}; }

 private:
  RowCollection sample_;
  Matrix<float> complete_;
  std::vector<float> weights_;
  Backend& backend_;
  SilentObserver silent_;
  JobContext quiet_;
  SoloCommunicator comm_;
  std::unique_ptr<Feeder> feeder_;
};

/// The best of `options.restarts` starts on the sample by log-likelihood after `iterations` of EM: segments of the best k-means
/// clustering, then those of single k-means++ starts.
[[nodiscard]] EmRun best_start(MixtureSample& sample, const MixtureFrame& frame, const MixtureOptions& options, int iterations);

}  // namespace tessera
