// SPDX-License-Identifier: Apache-2.0
#include "fit/null_test.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>

#include "exact/log1p.hpp"
#include "fit/row_subset.hpp"
#include "fit/segmentation_path.hpp"
#include "fit/silhouette.hpp"

namespace tessera {
namespace {

constexpr int kSilhouetteTables = 20;  // of each kind: the mean over so many is known to about 0.002
constexpr std::int64_t kSilhouetteRows = 400;
constexpr std::int64_t kMostCells = 40'000;  // of one table: bounds the time
constexpr std::int64_t kFewestRows = 400;    // even where that makes more cells
constexpr std::uint32_t kRowDraw = 0xFFFF'FFFEU;
constexpr double kLargestRatio = 1e12;  // of dispersions: k distinct rows leave none

/// What is kept of one table.
struct TableScore {
  std::vector<double> log_ratio;   ///< [K] log(W_1 / W_k)
  std::vector<double> silhouette;  ///< [K] empty if not asked for
};

double log_ratio(double whole, double within) {
  if (!(whole > 0.0)) return 0.0;
  const double ratio = within * kLargestRatio > whole ? whole / within : kLargestRatio;
  return exact::log1p(std::max(ratio - 1.0, 0.0));
}

TableScore score_table(const WeightedPoints& table, const NullTestOptions& options, std::uint32_t stream,
                       bool with_silhouette) {
  TableScore score;
  std::vector<std::vector<std::int32_t>> labelings;
  const std::int64_t bounded = std::min(table.points.rows, kSilhouetteRows);
  score.log_ratio.push_back(0.0);
  std::vector<PointClustering> path = segmentation_path(table, options.largest, options.seed, stream);
  for (std::size_t k = 1; k < path.size(); ++k) {
    score.log_ratio.push_back(log_ratio(path[0].inertia, path[k].inertia));
    path[k].labels.resize(static_cast<std::size_t>(bounded));
    if (with_silhouette) labelings.push_back(std::move(path[k].labels));
  }
  if (with_silhouette) {
    const WeightedPoints part{table.points.slice(0, bounded), table.weights.first(static_cast<std::size_t>(bounded))};
    score.silhouette = mean_silhouettes(part, labelings);
    score.silhouette.insert(score.silhouette.begin(), 0.0);
  }
  return score;
}

struct Spread {
  double mean = 0.0;
  double sd = 0.0;
};

/// Mean and standard deviation over the references, without the one left out (-1: with all).
template <typename Value>
Spread spread_of(std::span<const TableScore> references, std::ptrdiff_t left_out, const Value& value) {
  double count = 0.0;
  Spread spread;
  for (std::size_t r = 0; r < references.size(); ++r) {
    if (static_cast<std::ptrdiff_t>(r) == left_out) continue;
    spread.mean += value(references[r]);
    count += 1.0;
  }
  spread.mean /= count;
  for (std::size_t r = 0; r < references.size(); ++r) {
    if (static_cast<std::ptrdiff_t>(r) == left_out) continue;
    const double difference = value(references[r]) - spread.mean;
    spread.sd += difference * difference;
  }
  spread.sd = std::sqrt(spread.sd / (count - 1.0));
  return spread;
}

/// How far a table is above the references (without the one left out), in their standard deviations.
template <typename Value>
double standardised(const TableScore& score, std::span<const TableScore> references, std::ptrdiff_t left_out,
                    const Value& value) {
  const Spread spread = spread_of(references, left_out, value);
  // Coarse tables may leave no spread at all; differences in the last bits are no gain.
  return (value(score) - spread.mean) / std::max(spread.sd, 1e-9);
}

/// The gain of k (index) segments: the fall of log dispersion from k - 1 to k, provided that k segments are also more compact
/// as a whole than the references' are. The fall alone singles out the k that matters; the proviso keeps out tables with a
/// dense core (skewed, heavy tails), where some fall is larger although the whole never becomes as compact as the references
/// do.
double gain_of(const TableScore& score, std::span<const TableScore> references, std::ptrdiff_t left_out, std::size_t k) {
  const double whole = standardised(score, references, left_out, [k](const TableScore& s) { return s.log_ratio[k]; });
  const double step =
      standardised(score, references, left_out, [k](const TableScore& s) { return s.log_ratio[k] - s.log_ratio[k - 1]; });
  return whole > 0.0 ? step : std::min(whole, step);
}

/// The 99th percentile of the maxima: their own, or that of the Gumbel distribution with their mean and standard deviation
/// (Gumbel, Statistics of extremes, 1958) where it is higher, because the second largest of 60 is often below the true one by
/// chance.
double threshold_of(std::vector<double> maxima) {
  constexpr double kGumbel99 = 3.1367;  // (-log(-log 0.99) - Euler's constant) * sqrt(6) / pi
  const auto count = static_cast<double>(maxima.size());
  const double mean = std::accumulate(maxima.begin(), maxima.end(), 0.0) / count;
  double square = 0.0;
  for (const double maximum : maxima) square += (maximum - mean) * (maximum - mean);
  std::ranges::sort(maxima);
  const double place = 0.99 * (count - 1.0);
  const auto below = static_cast<std::size_t>(place);
  const double above = maxima[std::min(below + 1, maxima.size() - 1)];
  const double empirical = maxima[below] + (place - static_cast<double>(below)) * (above - maxima[below]);
  return std::max(empirical, mean + kGumbel99 * std::sqrt(square / (count - 1.0)));
}

NullComparison compare(const TableScore& sample, std::span<const TableScore> references) {
  NullComparison result;
  const std::size_t largest = sample.log_ratio.size();
  std::vector<double> maxima(references.size(), -std::numeric_limits<double>::infinity());
  result.gain.assign(largest, 0.0);
  result.silhouette.assign(largest, 0.0);
  for (std::size_t k = 1; k < largest; ++k) {
    result.gain[k] = gain_of(sample, references, -1, k);
    for (std::size_t r = 0; r < references.size(); ++r) {
      maxima[r] = std::max(maxima[r], gain_of(references[r], references, static_cast<std::ptrdiff_t>(r), k));
    }
    double scored = 0.0;
    for (const TableScore& reference : references) {
      if (reference.silhouette.empty()) continue;
      result.silhouette[k] += reference.silhouette[k];
      scored += 1.0;
    }
    result.silhouette[k] /= scored;
  }
  result.threshold = threshold_of(std::move(maxima));
  return result;
}

}  // namespace

NullTest test_against_references(const WeightedPoints& data, const FeaturePlan& plan, const NullTestOptions& options,
                                 const JobContext& job) {
  const std::int64_t most_rows = std::max(kFewestRows, kMostCells / data.points.columns);
  const std::vector<std::int64_t> order = random_order(data.points.rows, options.seed, kRowDraw);
  const RowSubset rows = take_rows(data, std::span(order).first(std::min(order.size(), static_cast<std::size_t>(most_rows))));
  const WeightedPoints sample = rows.points();
  const ReferenceTables tables(sample, plan, options.seed);
  const auto references = static_cast<std::size_t>(options.references);
  std::vector<TableScore> scores(kReferenceKinds * references + 1);
  job.threads.run(static_cast<std::int64_t>(scores.size()), [&](int /*thread*/, std::int64_t task) {
    const auto t = static_cast<std::size_t>(task);
    const auto stream = static_cast<std::uint32_t>(task);
    job.cancel.check();
    if (t == 0) {
      scores[t] = score_table(sample, options, stream, false);
      return;
    }
    const std::size_t number = (t - 1) % references;
    const Matrix<float> table = tables.draw(static_cast<ReferenceKind>((t - 1) / references), static_cast<int>(number));
    scores[t] = score_table({table.view(), sample.weights}, options, stream, number < kSilhouetteTables);
  });
  NullTest test;
  for (std::size_t kind = 0; kind < kReferenceKinds; ++kind) {
    test[kind] = compare(scores[0], std::span(scores).subspan(1 + kind * references, references));
  }
  return test;
}

}  // namespace tessera
