// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "backend/cpu/mixture_products.hpp"
#include "backend/mixture_density.hpp"
#include "tessera/mixture_pass.hpp"

namespace tessera {

/// Rows that are worked on at a time; arrays below hold so many. What is computed of rows beyond the last is never used.
inline constexpr std::int64_t kMixtureTileRows = 64;

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

/// Rows to load.
struct MixtureRows {
  std::int64_t count = 0;              ///< at least 1, at most kMixtureTileRows
  const std::int32_t* rows = nullptr;  ///< [count] of the table; times columns below 2^31
  const float* table = nullptr;        ///< [any x columns]
  std::int64_t columns = 0;
  std::span<const int> features;   ///< [d] columns wanted
  const double* center = nullptr;  ///< [d] to subtract
};

/// Rows whose products are to be summed.
struct MixtureSums {
  const MixtureProducts* products = nullptr;
  std::int64_t rows = 0;
  std::int64_t components = 0;
  const double* shares = nullptr;  ///< [k x kMixtureTileRows] w r
  const double* values = nullptr;  ///< [rows x products->stride()]
  double* sums = nullptr;          ///< [k x products->width()] added into
};

/// The arithmetic of a mixture pass at one instruction-set level. Every level returns the bits of the plain loops.
struct MixtureKernels {
  /// z = cell - center, feature by feature: features[j * kMixtureTileRows + t]. Rows beyond the last are the last again.
  void (*load_features)(const MixtureRows& rows, double* features) = nullptr;
  /// z, row by row: values[t * stride + j].
  void (*load_values)(const MixtureRows& rows, std::int64_t stride, double* values) = nullptr;
  /// Writes the rest of rows of values after z (MixtureProducts), but for the ones.
  void (*repeat_values)(const MixtureProducts& products, std::int64_t rows, double* values) = nullptr;
  /// Fills distance2 from features: y_i = sum over j <= i of W_ij z_j on top of -shift_i (shared W: less shift_i afterwards),
  /// the squares of y on top of one another, all fused.
  void (*distances)(const MixtureDensity& density, const MixtureTile& tile) = nullptr;
  /// Fills probability, best and log_sum from distance2.
  void (*probabilities)(const MixtureDensity& density, const MixtureTile& tile) = nullptr;
  /// sums[c][f] = fma(shares[c][row], product f of the row, sums[c][f]), row after row.
  void (*add_products)(const MixtureSums& sums) = nullptr;
};

/// Plain loops: every other level equals them.
[[nodiscard]] MixtureKernels plain_mixture_kernels();

/// For an instruction-set level by name; "eigen" and levels without a variant of their own are served, too.
[[nodiscard]] MixtureKernels mixture_kernels_of(std::string_view level);

}  // namespace tessera
