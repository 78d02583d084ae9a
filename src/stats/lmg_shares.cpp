// SPDX-License-Identifier: Apache-2.0
#include "stats/lmg_shares.hpp"

#include <algorithm>
#include <array>

#include "stats/small_matrix.hpp"

namespace tessera::stats {
namespace {

constexpr double kDetermined = 1e-10;  // share of a predictor's variance that others leave: below it, none
constexpr auto kLanes = static_cast<std::size_t>(kLmgBatch);

/// One number of each problem of a batch, which take the same steps: what a step costs beside its arithmetic is paid once for
/// all.
using Lanes = std::array<double, kLanes>;

/// Share of all orders of d predictors in which a given set of `before` stands before a given predictor, and the rest after it.
std::vector<double> order_shares(std::size_t d) {
  std::vector<double> shares = {1.0 / static_cast<double>(d)};
  for (std::size_t before = 1; before < d; ++before) {
    shares.push_back(shares.back() * static_cast<double>(before) / static_cast<double>(d - before));
  }
  return shares;
}

/// R-squared of every subset of the predictors, by a walk over the tree "next predictor out or in", and what the shares need of
/// them. At each node the covariances of the predictors still to come and the outcome, given those that are in, are at hand;
/// taking one more in is one step of Gauss's elimination, and the nodes near the leaves, which are nearly all, have few
/// predictors to come.
///
/// The share of j is the sum over the sets S without j of share(|S|) * (R2(S + j) - R2(S)). A set of s with j in it counts
/// share(s - 1), without j it counts -share(s): the latter for all sets at once, the sum of both for those with j, which are
/// the subtrees below "j in".
class SubsetWalk {
  template <typename Matrix>
  auto& at(Matrix& matrix, std::size_t i, std::size_t j) const {
    return matrix[i * (d_ + 1) + j];
  }

 public:
  explicit SubsetWalk(std::span<const ImportanceProblem> problems)
      : d_(problems.front().outcome.size()), given_(d_ + 1, std::vector<Lanes>((d_ + 1) * (d_ + 1))), with_(d_) {
    const std::vector<double> share = order_shares(d_);
    for (std::size_t size = 0; size <= d_; ++size) {
      without_share_.push_back(size < d_ ? share[size] : 0.0);
      both_shares_.push_back(without_share_.back() + (size > 0 ? share[size - 1] : 0.0));
    }
    for (std::size_t lane = 0; lane < problems.size(); ++lane) {
      for (std::size_t i = 0; i < d_; ++i) {
        for (std::size_t j = i; j < d_; ++j) {
          at(given_.front(), i, j)[lane] =
              problems[lane].predictors(static_cast<std::int64_t>(i), static_cast<std::int64_t>(j));
        }
        at(given_.front(), i, d_)[lane] = problems[lane].outcome[i];
      }
    }
    Lanes all{};
    visit(0, 0, Lanes{}, given_.front(), all);
  }

  [[nodiscard]] Importance result(std::size_t lane) const {
    Importance importance;
    importance.r_squared = full_[lane];
    for (const Lanes& with : with_) importance.shares.push_back(std::max(0.0, with[lane] - without_[lane]));
    return importance;
  }

 private:
  /// @param size   of the set so far
  /// @param given  upper triangle from (next, next); outcome last
  /// @param sum    of both_shares * R2 over the sets of this subtree
  void visit(std::size_t next, std::size_t size, const Lanes& r_squared, const std::vector<Lanes>& given, Lanes& sum) {
    if (next == d_) {
      for (std::size_t l = 0; l < kLanes; ++l) {
        sum[l] = both_shares_[size] * r_squared[l];
        without_[l] += without_share_[size] * r_squared[l];
      }
      if (size == d_) full_ = r_squared;
      return;
    }
    Lanes out, in, inverse, grown;
    visit(next + 1, size, r_squared, given, out);
    const Lanes &variance = at(given, next, next), &with_outcome = at(given, next, d_);
    for (std::size_t l = 0; l < kLanes; ++l) {
      inverse[l] = variance[l] > kDetermined ? 1.0 / variance[l] : 0.0;  // 0: it adds nothing
      grown[l] = r_squared[l] + with_outcome[l] * with_outcome[l] * inverse[l];
    }
    // Nodes further down write to later matrices only.
    std::vector<Lanes>& left = given_[next + 1];
    for (std::size_t i = next + 1; i < d_; ++i) {
      Lanes slope;
      for (std::size_t l = 0; l < kLanes; ++l) slope[l] = at(given, next, i)[l] * inverse[l];
      for (std::size_t j = i; j <= d_; ++j) {
        const Lanes &own = at(given, i, j), &from = at(given, next, j);
        Lanes& rest = at(left, i, j);
        for (std::size_t l = 0; l < kLanes; ++l) rest[l] = own[l] - slope[l] * from[l];
      }
    }
    visit(next + 1, size + 1, grown, left, in);
    for (std::size_t l = 0; l < kLanes; ++l) {
      with_[next][l] += in[l];
      sum[l] = out[l] + in[l];
    }
  }

  std::size_t d_;
  std::vector<std::vector<Lanes>> given_;            ///< one a level of the tree
  std::vector<double> without_share_, both_shares_;  ///< [d + 1] by the size of a set
  std::vector<Lanes> with_;                          ///< [d] sums over the sets with a predictor
  Lanes without_{}, full_{};
};

bool is_defined(const ImportanceProblem& problem) {
  return all_finite(elements(problem.predictors)) && all_finite(problem.outcome);
}

}  // namespace

std::vector<Importance> lmg_batch(std::span<const ImportanceProblem> problems) {
  if (problems.empty()) return {};
  const std::size_t d = problems.front().outcome.size();
  std::vector<Importance> results(problems.size(), {std::vector<double>(d, kUndefined), kUndefined});
  if (d == 0 || d > static_cast<std::size_t>(kMostLmgPredictors)) return results;
  for (std::size_t first = 0; first < problems.size(); first += kLanes) {
    const std::span<const ImportanceProblem> batch = problems.subspan(first, std::min(kLanes, problems.size() - first));
    const SubsetWalk walk(batch);
    for (std::size_t lane = 0; lane < batch.size(); ++lane) {
      if (is_defined(batch[lane])) results[first + lane] = walk.result(lane);
    }
  }
  return results;
}

Importance lmg_shares(MatrixView<const double> predictors, std::span<const double> outcome) {
  const ImportanceProblem problem{predictors, outcome};
  return lmg_batch(std::span(&problem, 1)).front();
}

}  // namespace tessera::stats
