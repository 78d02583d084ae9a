// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/eigen_worker.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "exact/distance.hpp"

namespace tessera {
namespace {

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// The best scores of one row with their error bounds, and what no other centroid's score plus bound exceeds.
struct Screened {
  std::int32_t index[2] = {-1, -1};
  float score[2] = {-std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()};
  float error[2] = {0.0F, 0.0F};
  float rival = -std::numeric_limits<float>::infinity();

  /// Keeps the best `places` scores; whoever loses its place joins the rivals with its own bound.
  void offer(std::int32_t centroid, float value, float bound, int places) {
    for (int place = 0; place < places; ++place) {
      if (value > score[place]) {
        std::swap(value, score[place]);
        std::swap(bound, error[place]);
        std::swap(centroid, index[place]);
      }
    }
    rival = std::max(rival, value + bound);
  }
  /// No centroid whose score plus bound is less can be among the nearest `places`.
  [[nodiscard]] float threshold(int places) const {
    const float last = score[0] - error[0];
    return places == 1 ? last : std::min(last, score[1] - error[1]);
  }
};

class EigenWorker final : public NearestWorker {
 public:
  explicit EigenWorker(const ScreenCentroids& screen) : screen_(screen) {
    constexpr std::int64_t kScoreBytes = std::int64_t{1} << 20;  // the block of scores stays in the second-level cache
    const std::int64_t score_row_bytes = screen.segments() * static_cast<std::int64_t>(sizeof(float));
    block_rows_ = std::clamp<std::int64_t>(kScoreBytes / score_row_bytes, 8, 256);
    scores_.resize(block_rows_, screen.segments());
  }

  [[nodiscard]] std::int64_t block_rows() const override { return block_rows_; }

  std::int64_t nearest(MatrixView<const float> rows, std::span<const std::uint8_t> skip, const BlockResults& results) override {
    const MatrixView<const float> c = screen_.centroids;
    const Eigen::Map<const RowMajor> x_matrix(rows.data, rows.rows, rows.columns);
    const Eigen::Map<const RowMajor> c_matrix(c.data, c.rows, c.columns);
    scores_.topRows(rows.rows).noalias() = x_matrix * c_matrix.transpose();
    std::int64_t reference_rows = 0;
    for (std::int64_t i = 0; i < rows.rows; ++i) {
      const auto row = static_cast<std::size_t>(i);
      if (!skip.empty() && skip[row] != 0) continue;
      reference_rows += decide(rows, i, results) ? 0 : 1;
    }
    return reference_rows;
  }

  void distances(MatrixView<const float> rows, std::span<const std::int32_t> labels, std::span<double> distance2) override {
    for (std::int64_t i = 0; i < rows.rows; ++i) {
      const std::int32_t label = labels[static_cast<std::size_t>(i)];
      if (label >= 0) distance2[static_cast<std::size_t>(i)] = distance_to(rows, i, label);
    }
  }

  void accumulate(MatrixView<const float> rows, std::span<const std::int32_t> labels, std::span<const float> weights,
                  std::span<const double> unit, std::span<const double> inverse, MatrixView<double> sums) override {
    for (std::int64_t i = 0; i < rows.rows; ++i) {
      const auto row = static_cast<std::size_t>(i);
      if (labels[row] < 0) continue;
      const float* x = rows.data + i * rows.columns;
      double* sum = sums.data + labels[row] * sums.columns;
      if (weights.empty()) {
        for (std::int64_t j = 0; j < rows.columns; ++j) sum[j] += static_cast<double>(x[j]);
      } else {
        const auto weight = static_cast<double>(weights[row]);
        for (std::int64_t j = 0; j < rows.columns; ++j) {
          const auto feature = static_cast<std::size_t>(j);
          sum[j] += std::rint(weight * static_cast<double>(x[j]) * inverse[feature]) * unit[feature];
        }
      }
    }
  }

 private:
  [[nodiscard]] double distance_to(MatrixView<const float> rows, std::int64_t i, std::int32_t label) const {
    const MatrixView<const float> c = screen_.centroids;
    return exact::reference_distance2(rows.data + i * rows.columns, c.data + label * c.columns, c.columns);
  }

  /// Labels row i from its scores; returns whether the screen certified it.
  bool decide(MatrixView<const float> rows, std::int64_t i, const BlockResults& results) {
    const auto row = static_cast<std::size_t>(i);
    const int places = results.second.empty() ? 1 : 2;
    const float norm = row_norm(rows.row(i));
    float* scores = scores_.row(i).data();
    Screened screened;
    for (std::int64_t c = 0; c < screen_.segments(); ++c) {
      const auto centroid = static_cast<std::size_t>(c);
      scores[c] -= screen_.half_square[centroid];
      screened.offer(static_cast<std::int32_t>(c), scores[c], screen_.bound.error(norm, screen_.norm[centroid]), places);
    }
    const bool safe = screen_is_safe(norm, screen_.largest_norm);
    const float threshold = safe ? screened.threshold(places) : -std::numeric_limits<float>::infinity();
    const bool certified = safe && threshold > screened.rival;
    if (certified && places == 1) {
      results.first[row] = screened.index[0];
      if (!results.first_distance2.empty()) results.first_distance2[row] = distance_to(rows, i, screened.index[0]);
      return true;
    }
    exact::TwoNearest two;
    for (std::int64_t c = 0; c < screen_.segments(); ++c) {
      const auto centroid = static_cast<std::int32_t>(c);
      const float error = screen_.bound.error(norm, screen_.norm[static_cast<std::size_t>(c)]);
      if (safe && scores[c] + error < threshold) continue;
      two.offer(centroid, distance_to(rows, i, centroid));
    }
    results.first[row] = two.first;
    if (!results.first_distance2.empty()) results.first_distance2[row] = two.first_distance2;
    if (places == 2) {
      results.second[row] = two.second;
      results.second_distance2[row] = two.second_distance2;
    }
    return certified;
  }

  static float row_norm(std::span<const float> x) {
    float sum = 0.0F;
    for (const float value : x) sum += value * value;
    return exact::upper_norm(sum, static_cast<std::int64_t>(x.size()));
  }

  const ScreenCentroids& screen_;
  std::int64_t block_rows_ = 0;
  RowMajor scores_;
};

}  // namespace

std::unique_ptr<NearestWorker> make_eigen_worker(const ScreenCentroids& centroids) {
  return std::make_unique<EigenWorker>(centroids);
}

}  // namespace tessera
