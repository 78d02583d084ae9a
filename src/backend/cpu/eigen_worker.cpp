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

  std::int64_t nearest(MatrixView<const float> rows, std::span<const std::int32_t> list,
                       const NearestResults& results) override {
    const MatrixView<const float> c = screen_.centroids;
    const Eigen::Map<const RowMajor> c_matrix(c.data, c.rows, c.columns);
    std::ranges::fill(results.slack, 0.0F);  // the plain path looks at every row in every pass
    std::int64_t reference_rows = 0;
    for (std::int64_t first = 0; first < std::ssize(list); first += block_rows_) {
      const std::int64_t count = std::min(block_rows_, std::ssize(list) - first);
      rows_.resize(count, rows.columns);
      for (std::int64_t i = 0; i < count; ++i) {
        std::ranges::copy(rows.row(list[static_cast<std::size_t>(first + i)]), rows_.row(i).data());
      }
      scores_.topRows(count).noalias() = rows_ * c_matrix.transpose();
      for (std::int64_t i = 0; i < count; ++i) reference_rows += decide(i, first + i, results) ? 0 : 1;
    }
    return reference_rows;
  }

  void nearest_gaps(MatrixView<const float> rows, const GapRows& gaps) override {
    for (std::size_t i = 0; i < gaps.list.size(); ++i) {
      exact::TwoNearest two;
      for (std::int64_t c = 0; c < screen_.segments(); ++c) {
        two.offer(static_cast<std::int32_t>(c),
                  exact::partial_distance2(rows.row(gaps.list[i]).data(), screen_.centroids.row(c).data(), rows.columns,
                                           gaps.factor[i]));
      }
      gaps.first[i] = two.first;
      gaps.second[i] = two.second;
      gaps.first_distance2[i] = two.first_distance2;
      gaps.second_distance2[i] = two.second_distance2;
    }
  }

  void distances(MatrixView<const float> rows, std::span<const std::int32_t> list, std::span<const std::int32_t> labels,
                 std::span<double> distance2) override {
    for (std::size_t i = 0; i < list.size(); ++i) distance2[i] = distance_to(rows.row(list[i]), labels[i]);
  }

  void move_rows(MatrixView<const float> rows, std::span<const Move> moves, const RowWeights& weights,
                 MatrixView<double> sums) override {
    for (const Move& move : moves) {
      const std::span<const float> x = rows.row(move.row);
      const double weight =
          weights.weights.empty() ? 1.0 : static_cast<double>(weights.weights[static_cast<std::size_t>(move.row)]);
      for (std::size_t j = 0; j < x.size(); ++j) {
        const double value = weights.weights.empty()
                                 ? static_cast<double>(x[j])
                                 : std::rint(weight * static_cast<double>(x[j]) * weights.inverse[j]) * weights.unit[j];
        if (move.to >= 0) sums.row(move.to)[j] += value;
        if (move.from >= 0) sums.row(move.from)[j] -= value;
      }
    }
  }

 private:
  [[nodiscard]] double distance_to(std::span<const float> x, std::int32_t label) const {
    return exact::reference_distance2(x.data(), screen_.centroids.row(label).data(), screen_.features());
  }

  /// Labels row i of the block from its scores; returns whether the screen certified it.
  bool decide(std::int64_t i, std::int64_t place, const NearestResults& results) {
    const auto row = static_cast<std::size_t>(place);
    const int places = results.second.empty() ? 1 : 2;
    const std::span<const float> x(rows_.row(i).data(), static_cast<std::size_t>(screen_.features()));
    const float norm = row_norm(x);
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
    results.first[row] = screened.index[0];
    if (places == 2) results.second[row] = screened.index[1];
    if (certified) return true;
    exact::TwoNearest two;
    for (std::int64_t c = 0; c < screen_.segments(); ++c) {
      const auto centroid = static_cast<std::int32_t>(c);
      const float error = screen_.bound.error(norm, screen_.norm[static_cast<std::size_t>(c)]);
      if (safe && scores[c] + error < threshold) continue;
      two.offer(centroid, distance_to(x, centroid));
    }
    results.first[row] = two.first;
    if (places == 2) results.second[row] = two.second;
    return false;
  }

  static float row_norm(std::span<const float> x) {
    float sum = 0.0F;
    for (const float value : x) sum += value * value;
    return exact::upper_norm(sum, static_cast<std::int64_t>(x.size()));
  }

  const ScreenCentroids& screen_;
  std::int64_t block_rows_ = 0;
  RowMajor rows_;  ///< of the present block
  RowMajor scores_;
};

}  // namespace

std::unique_ptr<NearestWorker> make_eigen_worker(const ScreenCentroids& centroids) {
  return std::make_unique<EigenWorker>(centroids);
}

}  // namespace tessera
