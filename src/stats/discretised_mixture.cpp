// SPDX-License-Identifier: Apache-2.0
#include "stats/discretised_mixture.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "stats/bimodality.hpp"
#include "stats/distributions.hpp"
#include "stats/nelder_mead.hpp"

namespace tessera::stats {
namespace {

constexpr std::size_t kLeastSteps = 5;
constexpr double kLeastAnswers = 10.0;
constexpr double kLeastSd = 0.5;        // steps; narrower ones are single answers
constexpr double kLeastShare = 1e-300;  // of a step, so that its logarithm is finite
constexpr double kTolerance = 1e-12;    // of the log-likelihood, per answer
constexpr int kMostEvaluations = 4000;
constexpr int kRounds = 3;

using One = std::array<double, 2>;  ///< mean, log sd
using Two = std::array<double, 5>;  ///< mean, log sd, mean, log sd, logit of the first one's share

/// P(a < Z < b), from the tail in which it lies so that it keeps its digits.
double normal_between(double a, double b) { return a > 0.0 ? normal_cdf(-a) - normal_cdf(-b) : normal_cdf(b) - normal_cdf(a); }

/// A normal distribution before it is rounded and cut off; its mean may lie beyond the scale (J-shaped answers).
struct Latent {
  double share;
  double mean;
  double sd;
};

Latent normal_at(double share, double mean, double log_sd, std::size_t steps) {
  const auto range = static_cast<double>(steps);
  return {share, std::clamp(mean, -range, 2.0 * range), std::clamp(std::exp(log_sd), kLeastSd, range)};
}

/// Adds the shares of the steps.
void add_shares(const Latent& normal, std::span<double> shares) {
  const auto edge = [&](double at) { return (at - 0.5 - normal.mean) / normal.sd; };
  const double all = normal_between(edge(0.0), edge(static_cast<double>(shares.size())));
  if (!(all > 0.0)) return;
  for (std::size_t v = 0; v < shares.size(); ++v) {
    const auto at = static_cast<double>(v);
    shares[v] += normal.share * normal_between(edge(at), edge(at + 1.0)) / all;
  }
}

std::vector<double> shares_of(std::span<const Latent> normals, std::size_t steps) {
  std::vector<double> shares(steps);
  for (const Latent& normal : normals) add_shares(normal, shares);
  return shares;
}

double log_likelihood(std::span<const double> counts, std::span<const Latent> normals) {
  const std::vector<double> shares = shares_of(normals, counts.size());
  double sum = 0.0;
  for (std::size_t v = 0; v < counts.size(); ++v) {
    if (counts[v] > 0.0) sum += counts[v] * std::log(std::max(shares[v], kLeastShare));
  }
  return sum;
}

/// Mean and log sd of the steps [first, end), as a start.
One start_of(std::span<const double> counts, std::size_t first, std::size_t end) {
  double n = 0.0;
  double mean = 0.0;
  double squares = 0.0;
  for (std::size_t v = first; v < end; ++v) {
    if (counts[v] == 0.0) continue;
    n += counts[v];
    const double step = static_cast<double>(v) - mean;
    mean += step * (counts[v] / n);
    squares += counts[v] * step * (static_cast<double>(v) - mean);
  }
  return {mean, std::log(std::max(kLeastSd, n > 0.0 ? std::sqrt(squares / n) : 0.0))};
}

/// Minimizes a loss, several times from where it ended, in case the simplex had collapsed.
template <std::size_t kSize, typename Function>
std::array<double, kSize> fitted(Function loss, const std::array<double, kSize>& start, double tolerance) {
  std::array<double, kSize> steps;
  steps.fill(0.5);
  std::array<double, kSize> at = start;
  for (int round = 0; round < kRounds; ++round) at = nelder_mead<kSize>(loss, at, steps, tolerance, kMostEvaluations);
  return at;
}

Latent fit_one(std::span<const double> counts, double tolerance) {
  const auto normal = [&](const One& p) { return normal_at(1.0, p[0], p[1], counts.size()); };
  return normal(fitted<2>(
      [&](const One& p) {
        const Latent at = normal(p);
        return -log_likelihood(counts, {&at, 1});
      },
      start_of(counts, 0, counts.size()), tolerance));
}

using Pair = std::array<Latent, 2>;

/// From each of three ways to cut the scale in two.
Pair fit_two(std::span<const double> counts, double tolerance) {
  const auto normals = [&](const Two& p) {
    const double share = 1.0 / (1.0 + std::exp(-p[4]));
    return Pair{normal_at(share, p[0], p[1], counts.size()), normal_at(1.0 - share, p[2], p[3], counts.size())};
  };
  const auto loss = [&](const Two& p) { return -log_likelihood(counts, normals(p)); };
  Pair best{};
  double least = std::numeric_limits<double>::infinity();
  for (const std::size_t quarter : {std::size_t{1}, std::size_t{2}, std::size_t{3}}) {
    const std::size_t cut = std::max<std::size_t>(1, counts.size() * quarter / 4);
    const One lower = start_of(counts, 0, cut);
    const One upper = start_of(counts, cut, counts.size());
    const Two at = fitted<5>(loss, {lower[0], lower[1], upper[0], upper[1], 0.0}, tolerance);
    if (loss(at) >= least) continue;
    least = loss(at);
    best = normals(at);
  }
  return best;
}

/// What is left of a normal on the scale.
AnswerGroup answers_of(const Latent& normal, std::size_t steps) {
  const std::vector<double> shares = shares_of({&normal, 1}, steps);
  AnswerGroup group = {normal.share, 0.0, 0.0};
  double total = 0.0;
  for (std::size_t v = 0; v < steps; ++v) {
    total += shares[v];
    group.mean += shares[v] * static_cast<double>(v);
  }
  group.mean /= total;
  for (std::size_t v = 0; v < steps; ++v) {
    group.standard_deviation +=
        shares[v] / total * (static_cast<double>(v) - group.mean) * (static_cast<double>(v) - group.mean);
  }
  group.standard_deviation = std::sqrt(group.standard_deviation);
  return group;
}

/// Least share between two peaks, relative to the lower one; 1 with a single peak.
double valley_of(std::span<const double> shares) {
  double deepest = 1.0;
  for (std::size_t v = 1; v + 1 < shares.size(); ++v) {
    const double left = *std::max_element(shares.begin(), shares.begin() + static_cast<std::ptrdiff_t>(v));
    const double right = *std::max_element(shares.begin() + static_cast<std::ptrdiff_t>(v) + 1, shares.end());
    deepest = std::min(deepest, shares[v] / std::min(left, right));
  }
  return deepest;
}

}  // namespace

DiscreteBimodality discretised_mixture(std::span<const double> counts) {
  double n = 0.0;
  for (const double count : counts) {
    if (!(count >= 0.0)) return {};
    n += count;
  }
  if (counts.size() < kLeastSteps || !(n >= kLeastAnswers) || std::isinf(n)) return {};
  const Latent one = fit_one(counts, n * kTolerance);
  const Pair two = fit_two(counts, n * kTolerance);
  DiscreteBimodality result;
  result.one = answers_of(one, counts.size());
  result.lower = answers_of(two[0], counts.size());
  result.upper = answers_of(two[1], counts.size());
  if (result.lower.mean > result.upper.mean) std::swap(result.lower, result.upper);
  const double gain = 2.0 * (log_likelihood(counts, two) - log_likelihood(counts, {&one, 1}));
  result.delta_bic = gain - 3.0 * std::log(n);  // five parameters against two
  result.ashman_d =
      ashman_d(result.lower.mean, result.lower.standard_deviation, result.upper.mean, result.upper.standard_deviation);
  result.valley = valley_of(shares_of(two, counts.size()));
  return result;
}

bool is_bimodal(const DiscreteBimodality& fit) {
  return fit.delta_bic > 10.0 && fit.valley < 0.7 && std::min(fit.lower.share, fit.upper.share) >= 0.1;
}

}  // namespace tessera::stats
