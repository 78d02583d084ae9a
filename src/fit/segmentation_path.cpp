// SPDX-License-Identifier: Apache-2.0
#include "fit/segmentation_path.hpp"

#include <algorithm>
#include <limits>

#include "fit/point_set.hpp"
#include "fit/random_stream.hpp"

namespace tessera {
namespace {

constexpr int kCandidates = 10;       // points tried for a new centroid
constexpr int kFewestIterations = 5;  // starts are slow
constexpr int kLloydIterations = 50;
constexpr double kSettled = 0.002;  // fall of the dispersion in one iteration, of the fall since the centroid came

class Path {
 public:
  Path(const PointSet& points, RandomStream random)
      : points_(points),
        random_(random),
        distance_(static_cast<std::size_t>(points.size())),
        other_(distance_.size()),
        position_(static_cast<std::size_t>(points.features())) {
    centroids_ = Matrix<double>(1, points.features());
    assignment_.label.assign(distance_.size(), 0);
    points_.update(assignment_, centroids_);
    points_.assign(centroids_, assignment_);
  }

  [[nodiscard]] bool exhausted() const { return centroids_.rows() >= points_.size() || !(assignment_.inertia > 0.0); }

  void add_centroid() {
    const double before = assignment_.inertia;
    Split best;
    for (int t = 0; t < kCandidates; ++t) {
      Split split = split_towards(draw());
      if (split.inertia < best.inertia) std::swap(best, split);
    }
    centroids_.resize_rows(centroids_.rows() + 1);
    std::ranges::copy(best.near, centroids_.row(best.parent).begin());
    std::ranges::copy(best.far, centroids_.row(centroids_.rows() - 1).begin());
    points_.assign(centroids_, assignment_);
    for (int i = 0; i < kLloydIterations; ++i) {
      const double inertia = assignment_.inertia;
      points_.update(assignment_, centroids_);
      points_.assign(centroids_, assignment_);
      if (i >= kFewestIterations && !(inertia - assignment_.inertia > kSettled * (before - assignment_.inertia))) break;
    }
  }

  [[nodiscard]] PointClustering publish() const {
    PointClustering result{centroids_, std::vector<std::int32_t>(points_.group().size()), assignment_.inertia};
    std::ranges::transform(points_.group(), result.labels.begin(),
                           [&](std::int32_t group) { return assignment_.label[static_cast<std::size_t>(group)]; });
    return result;
  }

 private:
  struct Split {
    double inertia = std::numeric_limits<double>::infinity();
    std::int64_t parent = 0;
    std::vector<double> near, far;  // two places for the parent's centroid
  };

  /// The parent's centroid in two: halfway to a point and as far on the other side. (A point itself would win no neighbours
  /// where there are many features: they are nearer to the centroid they have.)
  Split split_towards(std::int64_t point) {
    Split split;
    split.parent = assignment_.label[static_cast<std::size_t>(point)];
    points_.copy_point(point, position_);
    const auto centre = centroids_.row(split.parent);
    for (std::size_t j = 0; j < position_.size(); ++j) {
      const double step = (position_[j] - centre[j]) / 2.0;
      split.near.push_back(centre[j] - step);
      split.far.push_back(centre[j] + step);
    }
    points_.distances_to(split.near, distance_);
    points_.distances_to(split.far, other_);
    split.inertia = 0.0;
    for (std::size_t i = 0; i < distance_.size(); ++i) {
      const double first = assignment_.label[i] == split.parent ? assignment_.second[i] : assignment_.first[i];
      split.inertia += points_.weight(static_cast<std::int64_t>(i)) * std::min({distance_[i], other_[i], first});
    }
    return split;
  }

  /// A point drawn with probability proportional to weight * squared distance to its centroid.
  std::int64_t draw() {
    double left = random_.uniform() * assignment_.inertia;
    std::int64_t last = 0;
    for (std::int64_t i = 0; i < points_.size(); ++i) {
      const double mass = points_.weight(i) * assignment_.first[static_cast<std::size_t>(i)];
      if (mass <= 0.0) continue;
      last = i;
      left -= mass;
      if (left < 0.0) break;
    }
    return last;
  }

  const PointSet& points_;
  RandomStream random_;
  Matrix<double> centroids_;
  PointSet::Assignment assignment_;
  std::vector<double> distance_, other_;
  std::vector<double> position_;
};

}  // namespace

std::vector<PointClustering> segmentation_path(const WeightedPoints& data, int largest, std::uint64_t seed,
                                               std::uint32_t stream) {
  const PointSet points(data);
  Path path(points, RandomStream(seed, exact::Purpose::start, stream));
  std::vector<PointClustering> steps;
  steps.reserve(static_cast<std::size_t>(largest));
  for (int k = 1; k <= largest; ++k) {
    if (k > 1 && !path.exhausted()) path.add_centroid();
    steps.push_back(path.publish());
  }
  return steps;
}

}  // namespace tessera
