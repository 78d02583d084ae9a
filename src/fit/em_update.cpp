// SPDX-License-Identifier: Apache-2.0
#include "fit/em_update.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "stats/cholesky.hpp"
#include "stats/symmetric_eigen.hpp"

namespace tessera {
namespace {

/// Raises the covariance [d x d] to the floors where it is narrower. @returns whether it was
bool hold_at_floor(const std::vector<double>& floors, MatrixView<double> covariance) {
  const std::int64_t d = covariance.rows;
  Matrix<double> scaled(d, d), above(d, d);
  const auto root = [&](std::int64_t i) { return std::sqrt(floors[static_cast<std::size_t>(i)]); };
  for (std::int64_t i = 0; i < d; ++i) {
    for (std::int64_t j = 0; j < d; ++j) {
      scaled(i, j) = covariance(i, j) / (root(i) * root(j));
      above(i, j) = scaled(i, j) - (i == j ? 1.0 : 0.0);
    }
  }
  if (stats::cholesky(above.view())) return false;  // every eigenvalue is above 1
  const stats::SymmetricEigen eigen = stats::symmetric_eigen(scaled);
  for (std::int64_t i = 0; i < d; ++i) {
    for (std::int64_t j = 0; j <= i; ++j) {
      double sum = 0.0;
      for (std::int64_t e = 0; e < d; ++e) {
        sum += std::max(eigen.values[static_cast<std::size_t>(e)], 1.0) * eigen.vectors(e, i) * eigen.vectors(e, j);
      }
      covariance(i, j) = covariance(j, i) = sum * (root(i) * root(j));
    }
  }
  return true;
}

/// The most likely shares of levels that were counted, of which none may be below `least`.
std::vector<double> held_shares(std::span<const double> counts, double least) {
  std::vector<double> shares(counts.size(), least);
  std::vector<bool> held(counts.size(), false);
  for (bool settled = false; !settled;) {
    double free_count = 0.0, free_share = 1.0;
    for (std::size_t level = 0; level < counts.size(); ++level)
      (held[level] ? free_share -= least : free_count += counts[level]);
    // Nothing is known of a category that no row of the component has.
    if (!(free_count > 0.0)) return std::vector<double>(counts.size(), 1.0 / static_cast<double>(counts.size()));
    settled = true;
    for (std::size_t level = 0; level < counts.size(); ++level) {
      if (held[level]) continue;
      shares[level] = counts[level] / free_count * free_share;
      if (shares[level] >= least) continue;
      shares[level] = least;
      held[level] = true;
      settled = false;
    }
  }
  return shares;
}

/// Place of w z_i z_j, j >= i, among the packed sums.
std::int64_t pair_at(std::int64_t i, std::int64_t j, std::int64_t d) { return i * d - i * (i - 1) / 2 + (j - i); }

class Update {
 public:
  Update(const MixtureStatistics& statistics, const MixtureFrame& frame, Covariance covariance, double least_weight)
      : statistics_(statistics), frame_(frame), d_(statistics.first.columns()) {
    for (std::int64_t c = 0; c < statistics.first.rows(); ++c) {
      if (weight(c) > least_weight) update_.kept.push_back(c);
    }
    const std::int64_t k = std::ssize(update_.kept);
    Mixture& next = update_.mixture;
    next.covariance = covariance;
    next.categories = frame.categories;
    next.center = frame.center;
    next.means = Matrix<double>(k, std::ssize(frame.center));
    const std::vector<int> numbers = next.numbers();
    away_ = Matrix<double>(k, d_);
    double total = 0.0;
    for (const std::int64_t c : update_.kept) total += weight(c);
    for (std::int64_t c = 0; c < k; ++c) {
      const std::int64_t from = update_.kept[static_cast<std::size_t>(c)];
      next.weights.push_back(weight(from) / total);
      for (std::int64_t j = 0; j < d_; ++j) {
        away_(c, j) = statistics.first(from, j) / weight(from);
        const auto feature = static_cast<std::size_t>(numbers[static_cast<std::size_t>(j)]);
        next.means(c, static_cast<std::int64_t>(feature)) = frame.center[feature] + away_(c, j);
      }
      set_shares(c, statistics.levels.row(from));
    }
  }

  EmUpdate run() {
    switch (update_.mixture.covariance) {
      case Covariance::full:
        full();
        break;
      case Covariance::tied:
        tied();
        break;
      case Covariance::diag:
        diagonal();
        break;
      case Covariance::spherical:
        spherical();
        break;
    }
    return std::move(update_);
  }

 private:
  void set_shares(std::int64_t c, std::span<const double> counts) {
    Mixture& next = update_.mixture;
    for (const CategoryBlock& category : next.categories) {
      const auto levels = static_cast<std::size_t>(category.levels());
      const std::vector<double> shares =
          held_shares(counts.first(levels), frame_.least_share / static_cast<double>(category.levels()));
      for (int j = 0; j < category.count; ++j) {
        next.means(c, category.first + j) = category.one * shares[static_cast<std::size_t>(category.count == 1 ? 1 : j)];
      }
      counts = counts.subspan(levels);
    }
  }

  [[nodiscard]] double weight(std::int64_t c) const { return statistics_.weights[static_cast<std::size_t>(c)]; }
  [[nodiscard]] std::int64_t size() const { return std::ssize(update_.kept); }

  void full() {
    Matrix<double>& covariances = update_.mixture.covariances = Matrix<double>(size() * d_, d_);
    for (std::int64_t c = 0; c < size(); ++c) {
      const std::int64_t from = update_.kept[static_cast<std::size_t>(c)];
      const MatrixView<double> own = covariances.view().slice(c * d_, d_);
      for (std::int64_t i = 0; i < d_; ++i) {
        for (std::int64_t j = i; j < d_; ++j) {
          own(i, j) = own(j, i) = statistics_.second(from, pair_at(i, j, d_)) / weight(from) - away_(c, i) * away_(c, j);
        }
      }
      if (hold_at_floor(frame_.floors, own)) update_.held.push_back(c);
    }
  }

  /// What is left of the scatter of all rows once the means have had theirs.
  void tied() {
    Matrix<double>& covariance = update_.mixture.covariances = frame_.gaps ? scatter_of_components() : frame_.scatter;
    double total = 0.0;
    for (const std::int64_t from : update_.kept) total += weight(from);
    for (std::int64_t i = 0; i < d_; ++i) {
      for (std::int64_t j = 0; j < d_; ++j) {
        for (std::int64_t c = 0; c < size(); ++c) {
          covariance(i, j) -= weight(update_.kept[static_cast<std::size_t>(c)]) * away_(c, i) * away_(c, j);
        }
        covariance(i, j) /= total;
      }
    }
    if (hold_at_floor(frame_.floors, covariance.view())) {
      for (std::int64_t c = 0; c < size(); ++c) update_.held.push_back(c);
    }
  }

  /// Where numbers are missing, the scatter depends on what components expect of them.
  [[nodiscard]] Matrix<double> scatter_of_components() const {
    Matrix<double> scatter(d_, d_);
    for (const std::int64_t from : update_.kept) {
      for (std::int64_t i = 0; i < d_; ++i) {
        for (std::int64_t j = 0; j < d_; ++j) {
          scatter(i, j) += statistics_.second(from, pair_at(std::min(i, j), std::max(i, j), d_));
        }
      }
    }
    return scatter;
  }

  [[nodiscard]] double variance(std::int64_t c, std::int64_t j) const {
    const std::int64_t from = update_.kept[static_cast<std::size_t>(c)];
    return statistics_.second(from, j) / weight(from) - away_(c, j) * away_(c, j);
  }

  void diagonal() {
    Matrix<double>& variances = update_.mixture.covariances = Matrix<double>(size(), d_);
    for (std::int64_t c = 0; c < size(); ++c) {
      bool held = false;
      for (std::int64_t j = 0; j < d_; ++j) {
        const double own = variance(c, j), floor = frame_.floors[static_cast<std::size_t>(j)];
        held = held || !(own > floor);
        variances(c, j) = std::max(own, floor);
      }
      if (held) update_.held.push_back(c);
    }
  }

  void spherical() {
    Matrix<double>& variances = update_.mixture.covariances = Matrix<double>(size(), 1, 1.0);
    if (d_ == 0) return;
    const double floor = std::accumulate(frame_.floors.begin(), frame_.floors.end(), 0.0) / static_cast<double>(d_);
    for (std::int64_t c = 0; c < size(); ++c) {
      double sum = 0.0;
      for (std::int64_t j = 0; j < d_; ++j) sum += variance(c, j);
      const double own = sum / static_cast<double>(d_);
      if (!(own > floor)) update_.held.push_back(c);
      variances(c, 0) = std::max(own, floor);
    }
  }

  const MixtureStatistics& statistics_;
  const MixtureFrame& frame_;
  std::int64_t d_;       ///< numbers
  Matrix<double> away_;  ///< [k' x d] means less the centre
  EmUpdate update_;
};

}  // namespace

SecondMoments second_moments_of(Covariance covariance, const MixtureFrame& frame) {
  if (covariance == Covariance::full) return SecondMoments::covariances;
  if (covariance != Covariance::tied) return SecondMoments::variances;
  return frame.gaps ? SecondMoments::covariances : SecondMoments::none;
}

EmUpdate em_update(const MixtureStatistics& statistics, const MixtureFrame& frame, Covariance covariance, double least_weight) {
  return Update(statistics, frame, covariance, least_weight).run();
}

}  // namespace tessera
