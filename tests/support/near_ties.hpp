// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace tessera::testing {

/// Rows, each with two centroids at nearly the same distance: reflected or moved along the border, then perturbed by an amount
/// between far below and far above what a certificate can tell.
class NearTies {
 public:
  /// @param dimensions  numbers of features to choose from  @param decades  perturbations go down to 10^-decades of the
  /// distance
  NearTies(double scale, double offset, std::vector<std::size_t> dimensions, double decades, std::uint64_t seed)
      : scale_(scale), offset_(offset), dimensions_(std::move(dimensions)), decades_(decades), bits_(seed) {}

  struct Tie {
    std::vector<float> x, a, b;
  };
  Tie next() {
    const std::size_t d = dimensions_[bits_() % dimensions_.size()];
    Tie tie{std::vector<float>(d), std::vector<float>(d), std::vector<float>(d)};
    const double disturbance = std::pow(10.0, -decades_ * static_cast<double>(bits_() >> 11) * 0x1p-53);
    const double side = std::exchange(reflected_, !reflected_) ? -1.0 : 1.0;
    for (std::size_t j = 0; j < d; ++j) {
      const double row = scale_ * (offset_ + bell_(bits_));
      const double apart = scale_ * bell_(bits_);
      tie.x[j] = static_cast<float>(row);
      tie.a[j] = static_cast<float>(row + apart);
      tie.b[j] = static_cast<float>(row + side * apart * (1.0 + disturbance * bell_(bits_)));
    }
    return tie;
  }
  [[nodiscard]] std::mt19937_64& bits() { return bits_; }

 private:
  double scale_, offset_;
  std::vector<std::size_t> dimensions_;
  double decades_;
  std::mt19937_64 bits_;
  std::normal_distribution<double> bell_;
  bool reflected_ = true;
};

/// What a certificate said of them.
struct TieTally {
  int certified = 0;
  int open = 0;
  int lies = 0;        ///< certified, and the reference disagrees
  int naive_lies = 0;  ///< the larger score is not the nearer centroid

  /// @param truth  whether the reference distance of the centroid with the larger score is less
  void note(bool is_certified, bool truth) {
    ++(is_certified ? certified : open);
    naive_lies += truth ? 0 : 1;
    lies += is_certified && !truth ? 1 : 0;
  }
};

}  // namespace tessera::testing
