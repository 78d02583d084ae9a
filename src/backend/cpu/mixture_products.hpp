// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "tessera/mixture_pass.hpp"

namespace tessera {

/// Products are formed and summed in vectors of so many.
inline constexpr std::int64_t kMixtureWidth = 8;

/// Where a vector of products comes from among a row's values: values[left + lane] * values[right + lane].
struct ProductVector {
  std::int32_t left = 0, right = 0;
};

/// How products of a row's numbers z are formed in whole vectors, whatever their number d.
///
/// A row's values are (z, 1) over and over, then z over and over, then ones. Product f of the pairs multiplies place f mod d of
/// z with place f mod (d + 1) of (z, 1). As d and d + 1 have no common divisor, the first floor((d + 1)^2 / 2) are all z_i z_j
/// and the first half of the z_i, each once: pairs on a circle of d + 1 places by how far they lie apart, but for those that
/// begin at the 1. A last run has the other z_i and the 1. Lanes between the runs hold products that nobody asks for.
class MixtureProducts {
 public:
  MixtureProducts(SecondMoments second, std::int64_t features);

  [[nodiscard]] std::int64_t features() const { return features_; }
  [[nodiscard]] const std::vector<ProductVector>& vectors() const { return vectors_; }
  /// Products of a row.
  [[nodiscard]] std::int64_t width() const { return static_cast<std::int64_t>(vectors_.size()) * kMixtureWidth; }
  /// Values of a row, a multiple of kMixtureWidth: (z, 1) is at 0, z alone at again(), the ones at ones().
  [[nodiscard]] std::int64_t stride() const { return ones() + kMixtureWidth; }
  [[nodiscard]] std::int64_t again() const { return again_; }
  [[nodiscard]] std::int64_t ones() const { return 2 * again_; }

  /// Places of 1, z_i and z_i z_j (variances: i = j) among the products.
  [[nodiscard]] std::int64_t weight() const { return last_run_ + features_; }
  [[nodiscard]] std::int64_t first(std::int64_t i) const { return i < paired_ ? pair(i, features_) : last_run_ + i; }
  [[nodiscard]] std::int64_t second(std::int64_t i, std::int64_t j) const {
    return second_ == SecondMoments::variances ? i : std::min(pair(i, j), pair(j, i));
  }

 private:
  /// f with f mod d = i and f mod (d + 1) = j.
  [[nodiscard]] std::int64_t pair(std::int64_t i, std::int64_t j) const {
    const std::int64_t circle = features_ + 1;
    return i + features_ * ((i - j + circle) % circle);
  }

  SecondMoments second_;
  std::int64_t features_;
  std::int64_t again_;
  std::int64_t paired_ = 0;    // z_i, i < paired_, are among the pairs
  std::int64_t last_run_ = 0;  // the others at last_run_ + i
  std::vector<ProductVector> vectors_;
};

}  // namespace tessera
