// SPDX-License-Identifier: Apache-2.0
#include "analyse/keep_probability.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <tuple>
#include <utility>

#include "exact/philox.hpp"
#include "fit/point_clustering.hpp"

namespace tessera {
namespace {

constexpr std::int64_t kFewestRows = 20;     ///< per segment, else chance decides
constexpr std::int64_t kMostWork = 500'000;  ///< rows x segments x features: about a second
constexpr std::uint32_t kDraws = 1U << 30U;  ///< apart from the other resamples of the seed
constexpr std::uint64_t kStreams = 1U << 22U;
constexpr int kRestarts = 2;
constexpr int kFailedSwaps = 4;

struct Nearest {
  std::int32_t segment = 0, runner_up = -1;
  double margin = 1.0;
};

template <typename T>
Nearest nearest(std::span<const float> row, const Matrix<T>& centroids) {
  Nearest found;
  double first = std::numeric_limits<double>::infinity(), second = first;
  for (std::int64_t c = 0; c < centroids.rows(); ++c) {
    const auto centroid = centroids.row(c);
    double distance = 0.0;
    for (std::size_t j = 0; j < row.size(); ++j) {
      const double difference = static_cast<double>(row[j]) - static_cast<double>(centroid[j]);
      distance += difference * difference;
    }
    if (distance < first) {
      second = std::exchange(first, distance);
      found.runner_up = c == 0 ? -1 : found.segment;
      found.segment = static_cast<std::int32_t>(c);
    } else if (distance < second) {
      second = distance;
      found.runner_up = static_cast<std::int32_t>(c);
    }
  }
  const double near = std::sqrt(first), far = std::sqrt(second);
  if (found.runner_up >= 0) found.margin = far > 0.0 ? (far - near) / (far + near) : 0.0;
  return found;
}

/// Poisson(1) by inversion.
int poisson(double uniform) {
  int count = 0;
  double probability = 0x1.78b56362cef38p-2;  // exp(-1)
  for (double below = probability; uniform >= below && count < 20; below += probability) probability /= ++count;
  return count;
}

PointClustering refit(const RowCollection& sample, int segments, std::uint64_t seed, int number) {
  RowCollection drawn(sample.values.columns());
  for (std::size_t i = 0; i < sample.rows.size(); ++i) {
    const auto id = static_cast<std::uint64_t>(sample.rows[i].id);
    const int times =
        poisson(exact::random_uniform(seed, exact::Purpose::resample, id, kDraws + static_cast<std::uint32_t>(number)));
    if (times == 0) continue;
    drawn.add({0, sample.rows[i].id, times * sample.weights[i]}, sample.values.row(static_cast<std::int64_t>(i)));
  }
  if (drawn.rows.empty()) return {};
  PointClusteringOptions options;
  options.segments = segments;
  options.seed = seed;
  options.stream = kStreams + static_cast<std::uint64_t>(number);
  options.restarts = kRestarts;
  options.failed_swaps = kFailedSwaps;
  return cluster_points(drawn.points(), options);
}

/// Which segment each refitted one stands for, one to one, by greatest overlap; -1: none.
std::vector<std::int32_t> match(const Matrix<double>& overlap) {
  std::vector<std::tuple<double, std::int64_t, std::int64_t>> cells;
  for (std::int64_t s = 0; s < overlap.rows(); ++s) {
    for (std::int64_t r = 0; r < overlap.columns(); ++r) cells.emplace_back(-overlap(s, r), s, r);
  }
  std::ranges::sort(cells);
  std::vector<std::int32_t> stands_for(static_cast<std::size_t>(overlap.columns()), -1);
  std::vector<char> taken(static_cast<std::size_t>(overlap.rows()));
  for (const auto& [weight, s, r] : cells) {
    if (weight == 0.0 || taken[static_cast<std::size_t>(s)] != 0 || stands_for[static_cast<std::size_t>(r)] >= 0) continue;
    stands_for[static_cast<std::size_t>(r)] = static_cast<std::int32_t>(s);
    taken[static_cast<std::size_t>(s)] = 1;
  }
  return stands_for;
}

/// For each row whether it keeps its segment in one refit.
std::vector<char> kept_in(const RowCollection& sample, const std::vector<Nearest>& own, int segments, std::uint64_t seed,
                          int number) {
  std::vector<char> kept(own.size());
  const PointClustering fitted = refit(sample, segments, seed, number);
  if (fitted.centroids.rows() == 0) return kept;
  std::vector<std::int32_t> labels;
  Matrix<double> overlap(segments, fitted.centroids.rows());
  for (std::size_t i = 0; i < own.size(); ++i) {
    labels.push_back(nearest(sample.values.row(static_cast<std::int64_t>(i)), fitted.centroids).segment);
    overlap(own[i].segment, labels.back()) += sample.weights[i];
  }
  const std::vector<std::int32_t> stands_for = match(overlap);
  for (std::size_t i = 0; i < own.size(); ++i) {
    kept[i] = stands_for[static_cast<std::size_t>(labels[i])] == own[i].segment ? 1 : 0;
  }
  return kept;
}

struct Mean {
  double weight = 0.0, sum = 0.0;
  std::int64_t rows = 0;
  void add(double value, double of_weight) {
    weight += of_weight;
    sum += of_weight * value;
    ++rows;
  }
  [[nodiscard]] double value() const { return weight > 0.0 ? sum / weight : std::numeric_limits<double>::quiet_NaN(); }
};

KeepProbability summarize(const RowCollection& sample, const std::vector<Nearest>& own, const std::vector<double>& keep,
                          int segments, double boundary_margin) {
  const auto k = static_cast<std::size_t>(segments);
  Mean all, boundary, elsewhere, below;
  std::vector<Mean> of_segment(k), of_pair(k * k);
  for (std::size_t i = 0; i < own.size(); ++i) {
    const double weight = sample.weights[i];
    const auto [low, high] = std::minmax(own[i].segment, own[i].runner_up);
    const bool on_boundary = own[i].margin < boundary_margin;
    all.add(keep[i], weight);
    below.add(keep[i] < kKeepLeast ? 1.0 : 0.0, weight);
    of_segment[static_cast<std::size_t>(own[i].segment)].add(keep[i], weight);
    (on_boundary ? boundary : elsewhere).add(keep[i], weight);
    if (on_boundary) of_pair[static_cast<std::size_t>(low) * k + static_cast<std::size_t>(high)].add(keep[i], weight);
  }
  KeepProbability result{std::ssize(own), kKeepRefits, all.value(), {}, {}, boundary.value(), elsewhere.value(), below.value()};
  for (const Mean& mean : of_segment) result.segments.push_back(mean.value());
  for (std::size_t p = 0; p < of_pair.size(); ++p) {
    if (of_pair[p].rows == 0) continue;
    result.pairs.push_back({static_cast<int>(p / k), static_cast<int>(p % k), of_pair[p].rows, of_pair[p].value()});
  }
  return result;
}

}  // namespace

std::optional<KeepProbability> keep_probability(RowCollection sample, const Matrix<float>& centroids, std::uint64_t seed,
                                                double boundary_margin, ThreadPool& threads) {
  const std::int64_t k = centroids.rows();
  if (k < 2) return std::nullopt;
  sample.keep_smallest(kMostWork / (k * centroids.columns()));
  const std::int64_t rows = std::ssize(sample.rows);
  if (rows < k * kFewestRows) return std::nullopt;
  std::vector<Nearest> own;
  for (std::int64_t i = 0; i < rows; ++i) own.push_back(nearest(sample.values.row(i), centroids));
  std::vector<std::vector<char>> kept(kKeepRefits);
  threads.run(kKeepRefits, [&](int, std::int64_t number) {
    kept[static_cast<std::size_t>(number)] = kept_in(sample, own, static_cast<int>(k), seed, static_cast<int>(number));
  });
  std::vector<double> keep(own.size());
  for (std::size_t i = 0; i < own.size(); ++i) {
    int times = 0;
    for (const auto& refit : kept) times += refit[i];
    keep[i] = static_cast<double>(times) / kKeepRefits;
  }
  return summarize(sample, own, keep, static_cast<int>(k), boundary_margin);
}

}  // namespace tessera
