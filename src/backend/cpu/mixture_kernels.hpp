// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "backend/mixture_density.hpp"
#include "tessera/mixture_pass.hpp"

namespace tessera {

/// Rows that are worked on at a time; arrays below hold so many, rows beyond the last are zero.
inline constexpr std::int64_t kMixtureTileRows = 64;
/// Widths of products come in multiples of this.
inline constexpr std::int64_t kMixtureWidth = 8;

/// One tile on its way through a mixture pass. The arrays are as long as said, and aligned or not.
struct MixtureTile {
  std::int64_t rows = 0;
  const double* features = nullptr;    ///< [d x kMixtureTileRows] z, feature by feature
  const double* log_shares = nullptr;  ///< [k x kMixtureTileRows] log density of the row's categories; null: there are none
  double* distance2 = nullptr;         ///< [k x kMixtureTileRows] |W z - shift|^2
  double* probability = nullptr;       ///< [k x kMixtureTileRows] of the component given the row
  double* best = nullptr;              ///< [kMixtureTileRows] log density of the component of the greatest
  double* log_sum = nullptr;           ///< [kMixtureTileRows] log density of all less `best`
};

/// Pairs of features are written down by how far they are apart, counted around the circle of all: first z_i z_i, then
/// z_i z_(i + 1), and so on, i ascending. These runs are as long as there are features (half as long for the opposite ones of
/// an even number), so that whole vectors of them are whole cache lines.
[[nodiscard]] constexpr std::int64_t pairs_apart(std::int64_t features, std::int64_t apart) {
  return 2 * apart == features ? apart : features;
}

/// Rows whose products are to be written down.
struct MixtureRows {
  std::int64_t rows = 0;
  std::int64_t features = 0;
  const double* values = nullptr;  ///< [rows x stride] z twice, and at least kMixtureWidth zeros
  std::int64_t stride = 0;
  SecondMoments second = SecondMoments::none;
  double* products = nullptr;  ///< [rows x width] and kMixtureWidth more: z_i z_j (as `second` asks, see above), then z, then
                               ///< 1, then zeros
  std::int64_t width = 0;      ///< a multiple of kMixtureWidth
};

/// Rows whose products are summed.
struct MixtureProducts {
  std::int64_t components = 0;
  std::int64_t rows = 0;
  const double* shares = nullptr;    ///< [k x kMixtureTileRows] w r
  const double* products = nullptr;  ///< [rows x width]
  std::int64_t width = 0;            ///< a multiple of kMixtureWidth
  double* sums = nullptr;            ///< [k x width] added into
};

/// The arithmetic of a mixture pass at one instruction-set level. Every level returns the bits of the plain loops.
struct MixtureKernels {
  /// Fills distance2 from features: y_i = sum over j <= i of W_ij z_j on top of -shift_i (shared W: less shift_i afterwards),
  /// the squares of y on top of one another, all fused.
  void (*distances)(const MixtureDensity& density, const MixtureTile& tile) = nullptr;
  /// Fills probability, best and log_sum from distance2.
  void (*probabilities)(const MixtureDensity& density, const MixtureTile& tile) = nullptr;
  void (*fill_products)(const MixtureRows& rows) = nullptr;
  /// sums[c][f] = fma(shares[c][row], products[row][f], sums[c][f]), row after row.
  void (*add_products)(const MixtureProducts& products) = nullptr;
};

/// Plain loops: every other level equals them.
[[nodiscard]] MixtureKernels plain_mixture_kernels();

/// For an instruction-set level by name; "eigen" and levels without a variant of their own are served, too.
[[nodiscard]] MixtureKernels mixture_kernels_of(std::string_view level);

}  // namespace tessera
