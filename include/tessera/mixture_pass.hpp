// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "tessera/matrix.hpp"
#include "tessera/mixture.hpp"

namespace tessera {

struct Chunk;

/// Which second moments of the rows a pass is to sum.
enum class SecondMoments : std::uint8_t { none, variances, covariances };

/// What a mixture pass is to do. The mixture must outlive the pass.
struct MixtureTask {
  const Mixture* mixture = nullptr;
  SecondMoments second = SecondMoments::none;
  bool statistics = true;
  bool gaps = false;  ///< rows may lack numbers (NaN)
  /// Features whose levels are counted, others have moments. Those of the mixture, or any if the mixture has none.
  std::vector<CategoryBlock> categories = {};
};

/// Sums over rows of weight w, with r the probability of a component given the row and z = x - center of the g numbers. A row
/// that lacks a number counts with what the component expects of it and of its square, given the numbers that are there
/// (Ghahramani & Jordan 1994).
struct MixtureStatistics {
  double log_likelihood = 0.0;            ///< sum of w log density
  double completed_log_likelihood = 0.0;  ///< sum of w max over the components of their log density
  std::vector<double> weights;            ///< [k] sum of w r
  Matrix<double> first;                   ///< [k x g] sum of w r z
  Matrix<double> second;  ///< sum of w r z_i z_j: [k x 0], of variances [k x g], of covariances [k x g(g+1)/2] with j >= i,
                          ///< row after row
  Matrix<double> levels;  ///< [k x all levels of the categories, block after block] sum of w r of the level's rows
  std::vector<double> observed;  ///< [g] sum of w of the rows that have the number
  double incomplete = 0.0;       ///< sum of w of the rows that lack a number
  bool operator==(const MixtureStatistics&) const = default;
};

/// Per-row results of a mixture pass; every span is empty (not wanted) or as long as the chunk has rows. Rejected rows get
/// segment and runner-up -1 and NaN.
struct MixtureOutputs {
  std::span<std::int32_t> segment;          ///< most probable component, ties to the lowest index
  std::span<std::int32_t> runner_up;        ///< the next; -1 if k = 1
  std::span<double> probability;            ///< of the segment
  std::span<double> runner_up_probability;  ///< 0 if k = 1
  std::span<double> distance2;              ///< squared Mahalanobis distance to the segment, of the numbers that are there
  std::span<float> probabilities;           ///< [n x k]
  [[nodiscard]] bool wanted() const { return !segment.empty(); }
};

/// The expectation step of EM over all rows, and what the maximization step needs of it. Float64 throughout: rows in row order
/// within blocks of 4,096, blocks in a fixed tree, every multiplication that is added a fused one, exp and log our own. So the
/// bits are the same for any number of threads, any chunks and every instruction set.
class MixturePass {
 public:
  virtual ~MixturePass() = default;
  /// As NearestPass::holds.
  [[nodiscard]] virtual bool holds(std::int64_t first_row, std::int64_t rows) const {
    static_cast<void>(first_row);
    static_cast<void>(rows);
    return false;
  }
  /// Rows of weight 0 have no part in the statistics. Of chunks with flags, only rows that these say it of lack numbers.
  /// `outputs` has all of segment, runner_up, probability, runner_up_probability and distance2, or none of them; probabilities
  /// only with them. What is wanted of one chunk must be wanted of all.
  virtual void consume(const Chunk& chunk, const MixtureOutputs& outputs) = 0;
  /// The statistics of every chunk consumed; call once.
  [[nodiscard]] virtual MixtureStatistics finish() = 0;
};

/// Mixture passes over the same rows, as in EM: what a backend keeps of the rows spares it work in later passes. Results are
/// those of passes on their own.
class MixtureSeries {
 public:
  virtual ~MixtureSeries() = default;
  /// The next pass. It must see every row once. At most one pass is alive at a time, and it must be finished before the next;
  /// the series must outlive it. @throws as Backend::mixture
  [[nodiscard]] virtual std::unique_ptr<MixturePass> next(const MixtureTask& task) = 0;
};

}  // namespace tessera
