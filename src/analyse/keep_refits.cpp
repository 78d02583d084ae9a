// SPDX-License-Identifier: Apache-2.0
#include "analyse/keep_refits.hpp"

#include <algorithm>
#include <limits>
#include <tuple>

#include "exact/philox.hpp"

namespace tessera {
namespace {

constexpr std::uint32_t kDraws = 1U << 30U;  ///< apart from the other resamples of the seed

/// Poisson(1) by inversion.
int poisson(double uniform) {
  int count = 0;
  double probability = 0x1.78b56362cef38p-2;  // exp(-1)
  for (double below = probability; uniform >= below && count < 20; below += probability) probability /= ++count;
  return count;
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
std::vector<char> kept_in(const RowCollection& sample, const std::vector<RowSegment>& own, std::int64_t segments,
                          const KeepRefit& refit) {
  std::vector<char> kept(own.size());
  if (refit.segments == 0) return kept;
  Matrix<double> overlap(segments, refit.segments);
  for (std::size_t i = 0; i < own.size(); ++i) overlap(own[i].segment, refit.labels[i]) += sample.weights[i];
  const std::vector<std::int32_t> stands_for = match(overlap);
  for (std::size_t i = 0; i < own.size(); ++i) {
    kept[i] = stands_for[static_cast<std::size_t>(refit.labels[i])] == own[i].segment ? 1 : 0;
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

KeepProbability summarize(const RowCollection& sample, const std::vector<RowSegment>& own, const std::vector<double>& keep,
                          std::int64_t segments, double boundary_margin) {
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

std::vector<double> bootstrap_weights(const RowCollection& sample, std::uint64_t seed, int number) {
  std::vector<double> weights = sample.weights;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const auto id = static_cast<std::uint64_t>(sample.rows[i].id);
    weights[i] *=
        poisson(exact::random_uniform(seed, exact::Purpose::resample, id, kDraws + static_cast<std::uint32_t>(number)));
  }
  return weights;
}

KeepProbability keep_over_refits(const RowCollection& sample, const std::vector<RowSegment>& own, std::int64_t segments,
                                 double boundary_margin, const std::function<KeepRefit(int)>& refit, ThreadPool& threads) {
  std::vector<std::vector<char>> kept(kKeepRefits);
  threads.run(kKeepRefits, [&](int, std::int64_t number) {
    kept[static_cast<std::size_t>(number)] = kept_in(sample, own, segments, refit(static_cast<int>(number)));
  });
  std::vector<double> keep(own.size());
  for (std::size_t i = 0; i < own.size(); ++i) {
    int times = 0;
    for (const auto& each : kept) times += each[i];
    keep[i] = static_cast<double>(times) / kKeepRefits;
  }
  return summarize(sample, own, keep, segments, boundary_margin);
}

}  // namespace tessera
