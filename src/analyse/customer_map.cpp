// SPDX-License-Identifier: Apache-2.0
#include "analyse/customer_map.hpp"

#include <cmath>
#include <numeric>
#include <span>

#include "exact/distance.hpp"

namespace tessera {
namespace {

using Direction = std::vector<double>;  ///< [d] of length 1, or all 0

constexpr int kMostIterations = 100;
constexpr double kIterationWork = 2e8;   ///< multiplications that finding a direction may take
constexpr double kEdgeShare = 0.005;     ///< of the sample beyond each edge of the map
constexpr double kMargin = 0.06;         ///< of the range, added on each side
constexpr double kLeastDensity = 0.012;  ///< of the densest field; less is not shown: it would be single customers
constexpr std::size_t kColumnsPerAxis = 5;
constexpr double kLeastCorrelation = 0.3;

double dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0.0;
  for (std::size_t j = 0; j < a.size(); ++j) sum += a[j] * b[j];
  return sum;
}

/// Points about their weighted mean, in float64.
struct Centred {
  Matrix<double> values;  ///< [n x d]
  std::vector<double> weights;
};

Direction mean_of(MatrixView<const float> points, std::span<const double> weights) {
  Direction mean(static_cast<std::size_t>(points.columns));
  double total = 0.0;
  for (std::int64_t i = 0; i < points.rows; ++i) {
    const double weight = weights[static_cast<std::size_t>(i)];
    for (std::size_t j = 0; j < mean.size(); ++j) mean[j] += weight * double{points(i, static_cast<std::int64_t>(j))};
    total += weight;
  }
  for (double& each : mean) each = total > 0.0 ? each / total : 0.0;
  return mean;
}

Centred centred(MatrixView<const float> points, std::span<const double> weights, const Direction& mean) {
  Centred result{Matrix<double>(points.rows, points.columns), {weights.begin(), weights.end()}};
  for (std::int64_t i = 0; i < points.rows; ++i) {
    for (std::int64_t j = 0; j < points.columns; ++j) {
      result.values(i, j) = double{points(i, j)} - mean[static_cast<std::size_t>(j)];
    }
  }
  return result;
}

/// Takes the given directions out of `vector` and gives it length 1; zero if nothing is left.
void make_direction(Direction& vector, const std::vector<Direction>& others) {
  const double before = std::sqrt(dot(vector, vector));
  for (const Direction& other : others) {
    const double along = dot(vector, other);
    for (std::size_t j = 0; j < vector.size(); ++j) vector[j] -= along * other[j];
  }
  const double length = std::sqrt(dot(vector, vector));
  const bool nothing = !(length > 1e-9 * before) || length == 0.0;
  for (double& each : vector) each = nothing ? 0.0 : each / length;
}

bool is_zero(const Direction& direction) { return dot(direction, direction) == 0.0; }

/// The direction of the largest weighted scatter at right angles to `others`, by power iteration from the point that lies
/// furthest out; zero if the points have no such scatter.
Direction leading_direction(const Centred& points, const std::vector<Direction>& others) {
  const std::int64_t n = points.values.rows();
  const auto d = static_cast<std::size_t>(points.values.columns());
  Direction direction(d);
  double furthest = 0.0;
  for (std::int64_t i = 0; i < n; ++i) {
    Direction candidate(points.values.row(i).begin(), points.values.row(i).end());
    const double size = points.weights[static_cast<std::size_t>(i)] * dot(candidate, candidate);
    if (!(size > furthest)) continue;
    make_direction(candidate, others);
    if (is_zero(candidate)) continue;
    furthest = size;
    direction = std::move(candidate);
  }
  const double work = static_cast<double>(n) * static_cast<double>(d);
  const int iterations = static_cast<int>(std::clamp(kIterationWork / std::max(1.0, work), 8.0, double{kMostIterations}));
  for (int iteration = 0; iteration < iterations && !is_zero(direction); ++iteration) {
    Direction next(d);
    for (std::int64_t i = 0; i < n; ++i) {
      const double along = points.weights[static_cast<std::size_t>(i)] * dot(points.values.row(i), direction);
      for (std::size_t j = 0; j < d; ++j) next[j] += along * points.values(i, static_cast<std::int64_t>(j));
    }
    make_direction(next, others);
    if (is_zero(next)) break;
    direction = std::move(next);
  }
  return direction;
}

std::vector<double> coordinates(const Centred& points, const Direction& direction) {
  std::vector<double> along(static_cast<std::size_t>(points.values.rows()));
  for (std::size_t i = 0; i < along.size(); ++i) along[i] = dot(points.values.row(static_cast<std::int64_t>(i)), direction);
  return along;
}

/// Prepared features that count backwards.
std::vector<bool> backwards(const FeaturePlan& plan) {
  std::vector<bool> backward(plan.feature_names.size(), false);
  for (const FeatureSource& source : plan.sources) {
    if (source.kind == Kind::date) backward[static_cast<std::size_t>(source.first_feature)] = true;
  }
  return backward;
}

/// The features that go along with an axis most.
std::vector<CustomerMap::AxisColumn> telling_columns(const Model& model, const Centred& sample,
                                                     const std::vector<double>& along) {
  const std::vector<bool> backward = backwards(model.plan);
  double total = 0.0;
  for (std::size_t i = 0; i < along.size(); ++i) total += sample.weights[i] * along[i] * along[i];
  std::vector<CustomerMap::AxisColumn> columns;
  for (std::size_t j = 0; j < backward.size(); ++j) {
    double together = 0.0, own = 0.0;
    for (std::size_t i = 0; i < along.size(); ++i) {
      const double value = sample.values(static_cast<std::int64_t>(i), static_cast<std::int64_t>(j));
      together += sample.weights[i] * value * along[i];
      own += sample.weights[i] * value * value;
    }
    const double scale = std::sqrt(total * own);
    const double correlation = scale > 0.0 ? together / scale : 0.0;
    if (std::fabs(correlation) >= kLeastCorrelation) {
      columns.push_back({model.plan.feature_names[j], backward[j] ? -correlation : correlation});
    }
  }
  std::stable_sort(columns.begin(), columns.end(),
                   [](const auto& a, const auto& b) { return std::fabs(a.weight) > std::fabs(b.weight); });
  columns.resize(std::min(columns.size(), kColumnsPerAxis));
  return columns;
}

/// What the map shows of an axis: nearly all of the sample, and every center.
void set_range(CustomerMap::Axis& axis, std::vector<double> along, const std::vector<double>& centers) {
  std::sort(along.begin(), along.end());
  const auto cut = static_cast<std::size_t>(kEdgeShare * static_cast<double>(along.size()));
  axis.low = along.empty() ? 0.0 : along[cut];
  axis.high = along.empty() ? 0.0 : along[along.size() - 1 - cut];
  for (const double center : centers) {
    axis.low = std::min(axis.low, center);
    axis.high = std::max(axis.high, center);
  }
  const double margin = axis.high > axis.low ? kMargin * (axis.high - axis.low) : 1.0;
  axis.low -= margin;
  axis.high += margin;
}

/// Counts on a grid, one layer per segment.
class Grid {
 public:
  Grid(const CustomerMap& map, int segments, std::int64_t rows) {
    // Variance grows by one cell a pass: about half of Scott's (1992) bandwidth, as segments have edges.
    passes_ = rows <= 300 ? 9 : rows <= 1'000 ? 6 : 4;
    low_x_ = map.axes[0].low;
    low_y_ = map.axes[1].low;
    width_ = (map.axes[0].high - low_x_) / static_cast<double>(kColumns);
    height_ = (map.axes[1].high - low_y_) / static_cast<double>(kRows);
    layers_.assign(static_cast<std::size_t>(segments), std::vector<double>(kColumns * kRows));
  }

  [[nodiscard]] double width() const { return width_; }
  [[nodiscard]] double height() const { return height_; }

  /// False if the point lies outside.
  bool count(double x, double y, std::size_t segment, double weight) {
    const double column = std::floor((x - low_x_) / width_), row = std::floor((y - low_y_) / height_);
    if (!(column >= 0.0 && row >= 0.0 && column < static_cast<double>(kColumns) && row < static_cast<double>(kRows)))
      return false;
    layers_[segment][static_cast<std::size_t>(row) * kColumns + static_cast<std::size_t>(column)] += weight;
    return true;
  }

  void smooth() {
    for (std::vector<double>& layer : layers_) {
      for (int pass = 0; pass < passes_; ++pass) {
        smooth(layer, 1, kColumns, kColumns, kRows);
        smooth(layer, kColumns, kRows, 1, kColumns);
      }
    }
  }

  [[nodiscard]] std::vector<CustomerMap::Cell> cells() const {
    std::vector<double> density(kColumns * kRows);
    for (const std::vector<double>& layer : layers_) {
      for (std::size_t cell = 0; cell < density.size(); ++cell) density[cell] += layer[cell];
    }
    const double most = *std::max_element(density.begin(), density.end());
    std::vector<CustomerMap::Cell> cells;
    for (std::size_t cell = 0; cell < density.size(); ++cell) {
      if (!(density[cell] > kLeastDensity * most)) continue;
      std::size_t leading = 0;
      for (std::size_t s = 1; s < layers_.size(); ++s) {
        if (layers_[s][cell] > layers_[leading][cell]) leading = s;
      }
      cells.push_back({static_cast<int>(cell % kColumns), static_cast<int>(cell / kColumns),
                       std::round(1000.0 * density[cell] / most) / 1000.0, static_cast<int>(leading)});
    }
    return cells;
  }

 private:
  /// Along lines of `length` cells that lie `step` apart; `lines` of them, `next` apart.
  static void smooth(std::vector<double>& layer, std::size_t step, std::size_t length, std::size_t next, std::size_t lines) {
    static constexpr std::array<double, 5> kKernel = {1.0 / 16, 4.0 / 16, 6.0 / 16, 4.0 / 16, 1.0 / 16};
    std::vector<double> line(length);
    for (std::size_t i = 0; i < lines; ++i) {
      for (std::size_t at = 0; at < length; ++at) {
        double sum = 0.0;
        for (std::size_t tap = 0; tap < kKernel.size(); ++tap) {
          if (at + tap < 2 || at + tap - 2 >= length) continue;
          sum += kKernel[tap] * layer[i * next + (at + tap - 2) * step];
        }
        line[at] = sum;
      }
      for (std::size_t at = 0; at < length; ++at) layer[i * next + at * step] = line[at];
    }
  }

  static constexpr std::size_t kColumns = 60, kRows = 40;
  int passes_ = 0;
  double low_x_ = 0.0, low_y_ = 0.0, width_ = 0.0, height_ = 0.0;
  std::vector<std::vector<double>> layers_;  ///< [k][rows x columns]
};

std::size_t nearest(const Model& model, const float* row) {
  exact::TwoNearest nearest;
  for (int s = 0; s < model.segments(); ++s) {
    nearest.offer(s, exact::reference_distance2(row, model.centroids.row(s).data(), model.centroids.columns()));
  }
  return static_cast<std::size_t>(std::max(0, nearest.first));
}

}  // namespace

CustomerMap map_customers(const Model& model, const WeightedPoints& sample, std::span<const std::int32_t> labels) {
  CustomerMap map;
  map.sample_rows = sample.points.rows;
  if (sample.points.rows == 0 || model.segments() == 0) return map;
  const Direction mean = mean_of(model.centroids.view(), model.weights);
  const Centred centers = centred(model.centroids.view(), model.weights, mean);
  const Centred points = centred(sample.points, sample.weights, mean);
  std::vector<Direction> directions;
  for (std::size_t axis = 0; axis < map.axes.size(); ++axis) {
    Direction direction = leading_direction(centers, directions);
    if (is_zero(direction)) direction = leading_direction(points, directions);
    directions.push_back(std::move(direction));
  }
  std::array<std::vector<double>, 2> along, centers_along;
  for (std::size_t axis = 0; axis < map.axes.size(); ++axis) {
    along[axis] = coordinates(points, directions[axis]);
    map.axes[axis].columns = telling_columns(model, points, along[axis]);
    if (!map.axes[axis].columns.empty() && map.axes[axis].columns.front().weight < 0.0) {  // to the right and upwards: more
      for (double& each : directions[axis]) each = -each;
      for (double& each : along[axis]) each = -each;
      for (CustomerMap::AxisColumn& column : map.axes[axis].columns) column.weight = -column.weight;
    }
    centers_along[axis] = coordinates(centers, directions[axis]);
    set_range(map.axes[axis], along[axis], centers_along[axis]);
  }
  Grid grid(map, model.segments(), sample.points.rows);
  double inside = 0.0;
  const double total = std::accumulate(points.weights.begin(), points.weights.end(), 0.0);
  for (std::size_t i = 0; i < along[0].size(); ++i) {
    const std::size_t segment = labels.empty() ? nearest(model, sample.points.row(static_cast<std::int64_t>(i)).data())
                                               : static_cast<std::size_t>(labels[i]);
    if (grid.count(along[0][i], along[1][i], segment, points.weights[i])) inside += points.weights[i];
  }
  map.inside_share = total > 0.0 ? inside / total : 0.0;
  grid.smooth();
  map.cell_width = grid.width();
  map.cell_height = grid.height();
  map.cells = grid.cells();
  for (int s = 0; s < model.segments(); ++s) {
    map.centers.push_back({s, centers_along[0][static_cast<std::size_t>(s)], centers_along[1][static_cast<std::size_t>(s)]});
  }
  return map;
}

}  // namespace tessera
