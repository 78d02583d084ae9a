// SPDX-License-Identifier: Apache-2.0
#include "fit/point_clustering.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "exact/philox.hpp"
#include "fit/point_set.hpp"

namespace tessera {
namespace {

constexpr int kMostGreedySegments = 2000;
constexpr int kLloydIterations = 100;      // of one start
constexpr int kSwapIterations = 20;        // of one swap that is tried
constexpr std::size_t kSwappedStarts = 3;  // the best starts go on to the swap search, which makes up for a bad start anyway

/// Random numbers of one start, in order.
class Draws {
 public:
  Draws(const PointClusteringOptions& options, int start)
      : seed_(options.seed), draw_(static_cast<std::uint32_t>(options.stream << 8U) + static_cast<std::uint32_t>(start)) {}
  double uniform() { return exact::random_uniform(seed_, exact::Purpose::start, next_++, draw_); }

 private:
  std::uint64_t seed_;
  std::uint32_t draw_;
  std::uint64_t next_ = 0;
};

/// One start: centroids on their way, with the assignment that belongs to them.
class Start {
 public:
  Start(const PointSet& points, const PointClusteringOptions& options, int number)
      : points_(&points),
        segments_(std::min<std::int64_t>(options.segments, points.size())),
        draws_(options, number),
        distance_(static_cast<std::size_t>(points.size())),
        position_(static_cast<std::size_t>(points.features())) {}

  /// Greedy k-means++, then Lloyd.
  void begin() {
    seed();
    lloyd(kLloydIterations, centroids_, assignment_);
  }

  /// Exchanges centroids for points drawn by D^2 until that has failed `failed_swaps` times in a row (0: a default from k).
  void search(int failed_swaps) {
    if (failed_swaps >= 0 && segments_ > 1 && segments_ < points_->size()) {
      swap_search(failed_swaps > 0 ? failed_swaps : default_failures());
    }
  }

  [[nodiscard]] const Matrix<double>& centroids() const { return centroids_; }
  [[nodiscard]] const PointSet::Assignment& assignment() const { return assignment_; }

  static void lloyd(const PointSet& points, int iterations, Matrix<double>& centroids, PointSet::Assignment& assignment) {
    points.assign(centroids, assignment);
    for (int i = 0; i < iterations; ++i) {
      const double before = assignment.inertia;
      points.update(assignment, centroids);
      points.assign(centroids, assignment);
      if (!(assignment.inertia < before)) break;
    }
  }

 private:
  void lloyd(int iterations, Matrix<double>& centroids, PointSet::Assignment& assignment) const {
    lloyd(*points_, iterations, centroids, assignment);
  }

  [[nodiscard]] int trials() const {
    return segments_ > kMostGreedySegments ? 1 : 2 + static_cast<int>(std::log(static_cast<double>(segments_)));
  }

  /// A point drawn with probability proportional to weight * importance; `total` is the sum of that.
  template <typename Importance>
  std::int64_t draw(double total, const Importance& importance) {
    double left = draws_.uniform() * total;
    std::int64_t last = 0;
    for (std::int64_t i = 0; i < points_->size(); ++i) {
      const double mass = points_->weight(i) * importance(i);
      if (mass <= 0.0) continue;
      last = i;
      left -= mass;
      if (left < 0.0) break;
    }
    return last;
  }

  /// Greedy k-means++: of a few points drawn by D^2, the one that lowers the inertia most.
  void seed() {
    centroids_ = Matrix<double>(segments_, points_->features());
    std::vector<double> nearest(distance_.size(), std::numeric_limits<double>::infinity());
    std::vector<double> best(distance_.size());
    double total = 0.0;
    for (std::int64_t i = 0; i < points_->size(); ++i) total += points_->weight(i);
    for (std::int64_t c = 0; c < segments_; ++c) {
      double best_total = std::numeric_limits<double>::infinity();
      const int tries = c == 0 ? 1 : trials();
      for (int t = 0; t < tries; ++t) {
        const std::int64_t point =
            draw(total, [&](std::int64_t i) { return c == 0 ? 1.0 : nearest[static_cast<std::size_t>(i)]; });
        points_->copy_point(point, position_);
        points_->distances_to(position_, distance_);
        double sum = 0.0;
        for (std::size_t i = 0; i < distance_.size(); ++i) {
          distance_[i] = std::min(distance_[i], nearest[i]);
          sum += points_->weight(static_cast<std::int64_t>(i)) * distance_[i];
        }
        if (sum < best_total) {
          best_total = sum;
          std::swap(best, distance_);
          std::ranges::copy(position_, centroids_.row(c).begin());
        }
      }
      nearest.swap(best);
      total = best_total;
    }
  }

  struct Swap {
    double inertia = std::numeric_limits<double>::infinity();  // right after the exchange, before any Lloyd
    std::int64_t point = 0;
    std::int64_t leaving = 0;
  };

  /// The best centroid to exchange for `point`: every choice costs the same part (points go to the newcomer where it is nearer)
  /// plus what the leaver's own points lose by going to their second nearest.
  Swap evaluate(std::int64_t point) {
    points_->copy_point(point, position_);
    points_->distances_to(position_, distance_);
    loss_.assign(static_cast<std::size_t>(segments_), 0.0);
    double common = 0.0;
    for (std::size_t i = 0; i < distance_.size(); ++i) {
      const double w = points_->weight(static_cast<std::int64_t>(i));
      const double stays = std::min(assignment_.first[i], distance_[i]);
      common += w * stays;
      loss_[static_cast<std::size_t>(assignment_.label[i])] += w * (std::min(assignment_.second[i], distance_[i]) - stays);
    }
    const auto least = std::min_element(loss_.begin(), loss_.end());
    return {common + *least, point, least - loss_.begin()};
  }

  void swap_search(int most_failures) {
    Matrix<double> centroids;
    PointSet::Assignment assignment;
    for (int failures = 0; failures < most_failures && assignment_.inertia > 0.0;) {
      Swap best;
      for (int t = 0; t < trials(); ++t) {
        const Swap swap =
            evaluate(draw(assignment_.inertia, [&](std::int64_t i) { return assignment_.first[static_cast<std::size_t>(i)]; }));
        if (swap.inertia < best.inertia) best = swap;
      }
      // Lloyd regains part of what the bare exchange costs, but never much more than a segment's share.
      if (best.inertia < assignment_.inertia * (1.0 + 1.0 / static_cast<double>(segments_))) {
        centroids = centroids_;
        points_->copy_point(best.point, centroids.row(best.leaving));
        lloyd(kSwapIterations, centroids, assignment);
        if (assignment.inertia < assignment_.inertia * (1.0 - 1e-9)) {
          std::swap(centroids, centroids_);
          std::swap(assignment, assignment_);
          failures = 0;
          continue;
        }
      }
      ++failures;
    }
    lloyd(kLloydIterations, centroids_, assignment_);
  }

  [[nodiscard]] int default_failures() const { return static_cast<int>(std::min<std::int64_t>(8 + segments_ / 2, 40)); }

  const PointSet* points_;
  std::int64_t segments_;
  Draws draws_;
  Matrix<double> centroids_;
  PointSet::Assignment assignment_;
  std::vector<double> distance_;
  std::vector<double> position_;
  std::vector<double> loss_;
};

PointClustering publish(const PointSet& points, const Matrix<double>& centroids, const PointSet::Assignment& assignment) {
  PointClustering result{centroids, std::vector<std::int32_t>(points.group().size()), assignment.inertia};
  std::ranges::transform(points.group(), result.labels.begin(),
                         [&](std::int32_t group) { return assignment.label[static_cast<std::size_t>(group)]; });
  return result;
}

}  // namespace

PointClustering cluster_points(const WeightedPoints& data, const PointClusteringOptions& options, ThreadPool* threads) {
  const PointSet points(data);
  std::vector<Start> starts;
  for (int number = 0; number < options.restarts; ++number) starts.emplace_back(points, options, number);
  const auto for_each = [&](std::size_t count, const std::function<void(std::int64_t)>& task) {
    if (threads != nullptr) {
      threads->run(static_cast<std::int64_t>(count), [&](int /*thread*/, std::int64_t i) { task(i); });
    } else {
      for (std::size_t i = 0; i < count; ++i) task(static_cast<std::int64_t>(i));
    }
  };
  const auto inertia = [](const Start& start) { return start.assignment().inertia; };

  for_each(starts.size(), [&](std::int64_t i) { starts[static_cast<std::size_t>(i)].begin(); });
  std::ranges::stable_sort(starts, {}, inertia);
  const std::size_t searched = std::min(kSwappedStarts, starts.size());
  for_each(searched, [&](std::int64_t i) { starts[static_cast<std::size_t>(i)].search(options.failed_swaps); });
  const Start& best = *std::ranges::min_element(starts, {}, inertia);
  return publish(points, best.centroids(), best.assignment());
}

PointClustering refine_points(const WeightedPoints& data, const Matrix<double>& centroids) {
  const PointSet points(data);
  Matrix<double> moved = centroids;
  PointSet::Assignment assignment;
  Start::lloyd(points, kLloydIterations, moved, assignment);
  return publish(points, moved, assignment);
}

}  // namespace tessera
