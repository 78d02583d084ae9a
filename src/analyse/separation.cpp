// SPDX-License-Identifier: Apache-2.0
#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "analyse/doubt.hpp"
#include "analyse/results.hpp"
#include "stats/dip.hpp"
#include "stats/gaussian_overlap.hpp"

namespace tessera {
namespace {

/// Numeric columns that segments are held apart by: those that they were made from, else all.
std::vector<int> separating_series(const AnalysisPlan& plan) {
  std::vector<int> used, all;
  for (const CorrelatedColumn& column : plan.correlated) {
    if (column.outcome) continue;
    all.push_back(column.series);
    if (column.used_in_fit) used.push_back(column.series);
  }
  return used.empty() ? all : used;
}

struct Gaussian {
  Eigen::VectorXd mean;
  Matrix<double> covariance;
  bool sound = false;
};

/// Of a segment, in standard deviations of all customers, so that units do not matter.
Gaussian gaussian_of(const AnalysisStatistics& statistics, std::int64_t segment, const std::vector<int>& series,
                     const std::vector<double>& center, const std::vector<double>& scale) {
  const auto d = std::ssize(series);
  Gaussian own;
  own.mean = Eigen::VectorXd::Zero(d);
  own.covariance = Matrix<double>(d, d);
  own.sound = true;
  for (std::int64_t i = 0; i < d; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const stats::Moments moments = statistics.segments.of(segment, series[at]);
    own.sound = own.sound && moments.n > d + 1;
    own.mean(i) = (moments.mean - center[at]) / scale[at];
    for (std::int64_t j = i; j < d; ++j) {
      const auto other = static_cast<std::size_t>(j);
      const stats::CoMoments pair = statistics.pairs.of(segment, series[at], series[other]);
      const double covariance = pair.weight > 0.0 ? pair.xy / pair.weight / (scale[at] * scale[other]) : 0.0;
      own.covariance(i, j) = own.covariance(j, i) = covariance;
    }
  }
  return own;
}

/// The direction in which two segments lie furthest apart for their spread, in units of the columns. Fisher (1936).
Eigen::VectorXd discriminant(const Gaussian& a, const Gaussian& b, const std::vector<double>& scale) {
  const auto d = a.mean.size();
  Eigen::MatrixXd pooled(d, d);
  for (Eigen::Index i = 0; i < d; ++i) {
    for (Eigen::Index j = 0; j < d; ++j) pooled(i, j) = 0.5 * (a.covariance(i, j) + b.covariance(i, j));
  }
  pooled.diagonal().array() += 1e-6;
  return pooled.ldlt().solve(a.mean - b.mean).cwiseQuotient(Eigen::Map<const Eigen::VectorXd>(scale.data(), d));
}

/// The customers of both segments in the sample along that direction: as many of each as its share, so that the smaller one is
/// not blown up.
std::vector<double> projected(const AnalysisStatistics& statistics, const std::vector<int>& segments,
                              const std::vector<int>& series, const Eigen::VectorXd& direction) {
  const SegmentSample& sample = statistics.sample.front();
  double rate = INFINITY;
  for (const int s : segments) {
    const auto at = static_cast<std::size_t>(s);
    rate =
        std::min(rate, static_cast<double>(sample.rows(s)) / std::max(1.0, static_cast<double>(statistics.segment_rows[at])));
  }
  std::vector<double> values;
  for (const int s : segments) {
    const double wanted = rate * static_cast<double>(statistics.segment_rows[static_cast<std::size_t>(s)]);
    const auto rows = std::min(sample.rows(s), static_cast<std::size_t>(std::lround(wanted)));
    for (std::size_t row = 0; row < rows; ++row) {
      double sum = 0.0;
      for (std::size_t j = 0; j < series.size(); ++j) {
        sum += direction(static_cast<Eigen::Index>(j)) * sample.value(s, row, static_cast<std::size_t>(series[j]));
      }
      if (!std::isnan(sum)) values.push_back(sum);
    }
  }
  std::sort(values.begin(), values.end());
  return values;
}

/// Halves of one group have neither a gap between them nor a border that few customers live at.
const char* advice_for(const BoundaryPair& pair) {
  constexpr double kFarApart = 0.1;  // overlap of two normal densities 3.3 standard deviations apart
  constexpr double kBusyBorder = 0.1;
  if (std::isnan(pair.overlap)) return "";
  const bool gap = !(pair.dip_p > 0.05);
  if (pair.overlap < kFarApart) return gap ? "clearly apart" : "apart, but without a gap between them";
  const bool busy = std::isnan(pair.share) || pair.share >= kBusyBorder;
  return gap || !busy ? "touching" : "one group cut in two: consider merging";
}

}  // namespace

std::vector<BoundaryPair> pair_segments(const AnalysisPlan& plan, const AnalysisStatistics& statistics,
                                        const AssignmentCounts& counts, ThreadPool& threads) {
  const std::vector<int> series = separating_series(plan);
  std::vector<double> center, scale;
  for (const int s : series) {
    stats::Moments all;
    for (std::int64_t g = 0; g < plan.segments; ++g) all = stats::merged(all, statistics.segments.of(g, s));
    const double sd = std::sqrt(all.squares / all.weight);
    center.push_back(all.mean);
    scale.push_back(sd > 0.0 ? sd : 1.0);
  }
  std::vector<Gaussian> gaussians;
  for (std::int64_t s = 0; s < plan.segments; ++s) gaussians.push_back(gaussian_of(statistics, s, series, center, scale));
  std::vector<BoundaryPair> pairs;
  for (int s = 0; s < plan.segments; ++s) {
    for (int other = s + 1; other < plan.segments; ++other) pairs.push_back({.segment = s, .other = other});
  }
  threads.run(std::ssize(pairs), [&](int, std::int64_t i) {
    BoundaryPair& pair = pairs[static_cast<std::size_t>(i)];
    const auto k = static_cast<std::size_t>(plan.segments);
    const auto s = static_cast<std::size_t>(pair.segment), other = static_cast<std::size_t>(pair.other);
    if (!counts.boundary_pairs.empty()) {
      const std::int64_t both = statistics.segment_rows[s] + statistics.segment_rows[other];
      pair.rows = counts.boundary_pairs[s * k + other] + counts.boundary_pairs[other * k + s];
      pair.share = both > 0 ? static_cast<double>(pair.rows) / static_cast<double>(both) : kNoValue;
    }
    const Gaussian &a = gaussians[s], &b = gaussians[other];
    if (series.empty() || !a.sound || !b.sound) return;
    const stats::GaussianOverlap overlap = stats::gaussian_overlap({a.mean.data(), series.size()}, a.covariance.view(),
                                                                   {b.mean.data(), series.size()}, b.covariance.view());
    pair.distance = overlap.mahalanobis;
    pair.overlap = overlap.overlap;
    pair.dip_p = stats::dip_test(projected(statistics, {pair.segment, pair.other}, series, discriminant(a, b, scale))).p;
    pair.advice = advice_for(pair);
  });
  return pairs;
}

}  // namespace tessera
