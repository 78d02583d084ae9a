// SPDX-License-Identifier: Apache-2.0
#include "fit/complete_rows.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "exact/distance.hpp"

namespace tessera {
namespace {

bool has_gaps(std::span<const float> row) {
  return std::ranges::any_of(row, [](float x) { return std::isnan(x); });
}

std::int32_t nearest_by_known(std::span<const float> row, const Matrix<float>& centroids) {
  exact::TwoNearest nearest;
  for (std::int64_t c = 0; c < centroids.rows(); ++c) {
    nearest.offer(static_cast<std::int32_t>(c),
                  exact::partial_distance2(row.data(), centroids.row(c).data(), std::ssize(row), 1.0));
  }
  return nearest.first;
}

/// Rows that gaps are filled from, feature by feature, so that distances to neighbouring ones share vector registers.
class Donors {
 public:
  /// Takes `most` rows of `values` evenly.
  Donors(const Matrix<float>& values, std::int64_t most) : step_((values.rows() + most - 1) / most) {
    for (std::int64_t i = 0; i < values.rows(); i += step_) ++size_;
    const std::int64_t d = values.columns();
    value_.resize(size_ * static_cast<std::size_t>(d));
    known_.resize(value_.size());
    for (std::int64_t j = 0; j < d; ++j) {
      for (std::size_t i = 0; i < size_; ++i) {
        const float x = values(static_cast<std::int64_t>(i) * step_, j);
        const std::size_t at = static_cast<std::size_t>(j) * size_ + i;
        known_[at] = std::isnan(x) ? 0.0 : 1.0;
        value_[at] = std::isnan(x) ? 0.0 : static_cast<double>(x);
      }
    }
  }

  /// Fills the gaps of row number `row`; those that no donor can fill are left.
  void fill(std::int64_t row, std::span<float> x, std::vector<double>& distance2, std::vector<double>& shared) const {
    distance2.assign(size_, 0.0);
    shared.assign(size_, 0.0);
    for (std::size_t j = 0; j < x.size(); ++j) {
      if (!std::isnan(x[j])) add_feature(j, static_cast<double>(x[j]), distance2.data(), shared.data());
    }
    for (std::size_t i = 0; i < size_; ++i) {
      const bool usable = shared[i] > 0.0 && static_cast<std::int64_t>(i) * step_ != row;
      distance2[i] = usable ? distance2[i] / shared[i] : std::numeric_limits<double>::infinity();
    }
    for (std::size_t j = 0; j < x.size(); ++j) {
      if (!std::isnan(x[j])) continue;
      const double* const known = known_.data() + j * size_;
      double nearest = std::numeric_limits<double>::infinity();
      for (std::size_t i = 0; i < size_; ++i) {
        if (!(distance2[i] < nearest) || known[i] == 0.0) continue;
        nearest = distance2[i];
        x[j] = static_cast<float>(value_[j * size_ + i]);
      }
    }
  }

 private:
  /// Adds what feature j has to say: squared differences and counts of features that both have.
  void add_feature(std::size_t j, double x, double* distance2, double* shared) const {
    const double* const value = value_.data() + j * size_;
    const double* const known = known_.data() + j * size_;
    for (std::size_t i = 0; i < size_; ++i) {
      const double difference = (x - value[i]) * known[i];
      distance2[i] += difference * difference;
      shared[i] += known[i];
    }
  }

  std::int64_t step_;
  std::size_t size_ = 0;
  std::vector<double> value_, known_;  ///< [d x size]; 0 and 0 where a donor has a gap itself
};

}  // namespace

void complete_row(std::span<float> row, std::span<const float> fills) {
  std::transform(row.begin(), row.end(), fills.begin(), row.begin(),
                 [](float x, float fill) { return std::isnan(x) ? fill : x; });
}

void complete_by_neighbours(RowCollection& rows, const FeaturePlan& plan, ThreadPool& threads) {
  if (!keeps_gaps(plan.missing)) return;
  const std::vector<float> fills = fill_values(plan);
  std::vector<std::int64_t> open;
  for (std::int64_t i = 0; i < rows.values.rows(); ++i) {
    if (has_gaps(rows.values.row(i))) open.push_back(i);
  }
  if (open.empty()) return;
  constexpr std::int64_t kMostWork = 2'000'000'000;  // differences, about a second
  const std::int64_t affordable = kMostWork / (std::ssize(open) * rows.values.columns());
  const Donors donors(rows.values, std::clamp<std::int64_t>(affordable, kMostDonors / 16, kMostDonors));
  constexpr std::int64_t kTaskRows = 64;
  const std::int64_t tasks = (std::ssize(open) + kTaskRows - 1) / kTaskRows;
  threads.run(tasks, [&](int, std::int64_t task) {
    std::vector<double> distance2, shared;
    const std::int64_t end = std::min((task + 1) * kTaskRows, std::ssize(open));
    for (std::int64_t i = task * kTaskRows; i < end; ++i) {
      const std::int64_t row = open[static_cast<std::size_t>(i)];
      donors.fill(row, rows.values.row(row), distance2, shared);
      complete_row(rows.values.row(row), fills);
    }
  });
}

void complete_by_segments(Matrix<float>& rows, const Matrix<float>& centroids, std::span<const std::int32_t> labels) {
  for (std::int64_t i = 0; i < rows.rows(); ++i) {
    const std::span<float> row = rows.row(i);
    if (!has_gaps(row)) continue;
    complete_row(row, centroids.row(labels.empty() ? nearest_by_known(row, centroids) : labels[static_cast<std::size_t>(i)]));
  }
}

}  // namespace tessera
