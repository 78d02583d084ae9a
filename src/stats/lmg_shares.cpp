// SPDX-License-Identifier: Apache-2.0
#include "stats/lmg_shares.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "stats/small_matrix.hpp"

namespace tessera::stats {
namespace {

constexpr double kDetermined = 1e-10;  // share of a predictor's variance that others leave: below it, none

/// R-squared of every subset of the predictors, by a walk over the tree "next predictor out or in". At each node the
/// covariances of the predictors still to come and the outcome, given those that are in, are at hand; taking one more in is one
/// step of Gauss's elimination, and the nodes near the leaves, which are nearly all, have few predictors to come.
class SubsetWalk {
 public:
  SubsetWalk(MatrixView<const double> predictors, std::span<const double> outcome)
      : d_(predictors.rows),
        r_squared_(std::size_t{1} << d_),
        given_(static_cast<std::size_t>(d_) + 1, Matrix<double>(d_ + 1, d_ + 1)) {
    Matrix<double>& all = given_.front();
    for (std::int64_t i = 0; i < d_; ++i) {
      for (std::int64_t j = i; j < d_; ++j) all(i, j) = predictors(i, j);
      all(i, d_) = outcome[static_cast<std::size_t>(i)];
    }
    visit(0, 0, 0.0, all);
  }

  /// [2^d] bit j of the index: predictor j is in.
  [[nodiscard]] std::vector<double> take() { return std::move(r_squared_); }

 private:
  /// @param given  upper triangle from (next, next); outcome last
  void visit(std::int64_t next, std::size_t subset, double r_squared, const Matrix<double>& given) {
    if (next == d_) {
      r_squared_[subset] = r_squared;
      return;
    }
    visit(next + 1, subset, r_squared, given);
    const std::size_t with_next = subset | std::size_t{1} << next;
    const double variance = given(next, next);
    if (variance <= kDetermined) {
      visit(next + 1, with_next, r_squared, given);
      return;
    }
    // Nodes further down write to later matrices only.
    Matrix<double>& left = given_[static_cast<std::size_t>(next) + 1];
    for (std::int64_t i = next + 1; i < d_; ++i) {
      const double slope = given(next, i) / variance;
      for (std::int64_t j = i; j <= d_; ++j) left(i, j) = given(i, j) - slope * given(next, j);
    }
    const double with_outcome = given(next, d_);
    visit(next + 1, with_next, r_squared + with_outcome * with_outcome / variance, left);
  }

  std::int64_t d_;
  std::vector<double> r_squared_;
  std::vector<Matrix<double>> given_;  ///< one a level of the tree
};

/// Share of all orders of d predictors in which a given set of `before` stands before a given predictor, and the rest after it.
std::vector<double> order_shares(std::int64_t d) {
  std::vector<double> shares = {1.0 / static_cast<double>(d)};
  for (std::int64_t before = 1; before < d; ++before) {
    shares.push_back(shares.back() * static_cast<double>(before) / static_cast<double>(d - before));
  }
  return shares;
}

/// Sum over the sets S without j of share(|S|) * (R2(S + j) - R2(S)), for each j. A set of s with j in it counts share(s - 1),
/// without j it counts -share(s): the latter for all sets at once, the sum of both for those with j, halving the sets from the
/// last predictor down, so that the whole takes O(2^d).
std::vector<double> mean_gains(std::vector<double> r_squared, std::int64_t d) {
  const std::vector<double> share = order_shares(d);
  double without = 0.0;
  for (std::size_t subset = 0; subset < r_squared.size(); ++subset) {
    const auto size = static_cast<std::size_t>(std::popcount(subset));
    const double as_before = size < share.size() ? share[size] : 0.0;
    const double as_after = size > 0 ? share[size - 1] : 0.0;
    without += as_before * r_squared[subset];
    r_squared[subset] *= as_before + as_after;
  }
  std::vector<double> gains(static_cast<std::size_t>(d));
  for (std::size_t j = gains.size(); j-- > 0;) {
    const std::size_t half = std::size_t{1} << j;
    double with = 0.0;
    for (std::size_t rest = 0; rest < half; ++rest) {
      with += r_squared[half + rest];
      r_squared[rest] += r_squared[half + rest];
    }
    gains[j] = std::max(0.0, with - without);
  }
  return gains;
}

}  // namespace

Importance lmg_shares(MatrixView<const double> predictors, std::span<const double> outcome) {
  const std::int64_t d = predictors.rows;
  if (d == 0 || d > kMostLmgPredictors || !all_finite(elements(predictors)) || !all_finite(outcome)) {
    return {std::vector<double>(outcome.size(), kUndefined), kUndefined};
  }
  std::vector<double> r_squared = SubsetWalk(predictors, outcome).take();
  const double all = r_squared.back();
  return {mean_gains(std::move(r_squared), d), all};
}

}  // namespace tessera::stats
